//! The WebSocket of a whole server on loopback: real journal, real access, real relay, a client that is not ours.

// A test that cannot go on should say where.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod admission;
mod bounds;
mod conflicts;
mod edited_files;
mod roles;
mod server_world;
mod surfaces;
