//! Starts the real binary on ports of its own and talks to it as pages do.
//!
//! Each test has its own server and data folder, so that a kill or a flood in one cannot disturb another.

mod bytes;
mod client;
pub mod door;
pub mod peer;
mod server;

pub use bytes::Bytes;
pub use client::Client;
pub use peer::{Habits, Peer};
pub use server::{Link, Operator, Server, binary};
