//! The HTTP side of a whole server, asked without sockets.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod abuse;
mod documents;
mod doors;
mod health;
mod line_checks;
mod links;
mod operators;
mod pages;
mod roles;
mod surfaces;
mod world;
