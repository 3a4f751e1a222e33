//! The same load against Janus's videoroom, as Debian has it: one publisher, and subscribers that answer its offers.
//!
//! ```text
//!  World ──JSON over a Unix socket──▶ janus (videoroom, one event loop, the server's core)
//!    │                                  ▲
//!    └──────── UDP, one port of Janus for each peer
//! ```

mod client;
mod process;
mod sdp;
mod world;

pub use process::is_installed;
pub use world::{JanusWorld, PUBLISHER};
