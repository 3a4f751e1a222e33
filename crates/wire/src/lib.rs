//! What pages, endpoints and the server say to each other: the JSON of the WebSocket and of the HTTP API.
//!
//! This crate has shapes and no logic. The server turns these into commands of the conference core in one place;
//! the pages get TypeScript of the same shapes by `cargo xtask codegen`.
//!
//! ```text
//!  page                                server
//!   │ hello{client, token?, since?} ──▶ │
//!   │ ◀── welcome{instance, revision, you, media, state}
//!   │ offer{generation, sdp} ─────────▶ │
//!   │ ◀──────── answer{generation, sdp} │
//!   │ command{id, command} ───────────▶ │  appended to the journal first
//!   │ ◀──────── accepted{id, revision}  │
//!   │ ◀── event{revision, changes}      │  what changed, whole sections, in order
//!   │ ◀── live{…}                       │  facts that are not history: levels, readiness, connections
//! ```
//!
//! Times are milliseconds since the Unix epoch (`…_at`) or plain milliseconds (`…_ms`). JSON numbers stay below 2^53.

mod client;
mod command;
mod finite;
mod health;
mod http;
mod ids;
mod line_check;
mod live;
mod media;
mod plan;
mod refusal;
mod server;
mod surface;
mod view;

pub use client::*;
pub use command::*;
pub use health::*;
pub use http::*;
pub use ids::*;
pub use line_check::*;
pub use live::*;
pub use media::*;
pub use plan::*;
pub use refusal::*;
pub use server::*;
pub use surface::*;
pub use view::*;

/// Largest WebSocket message that the server reads, in bytes: a command that replaces the largest agenda or list of sites that a
/// conference may have (448 KiB as it is logged). An offer of 84 media lines is about 137 KB.
pub const MAX_MESSAGE_BYTES: usize = 512 * 1024;
/// Largest text of a message between a site and the centre, in characters.
pub const MAX_TEXT_CHARS: usize = 2_000;
/// Version of this protocol. A page of another version is told to reload.
pub const PROTOCOL_VERSION: u32 = 1;
/// Where the WebSocket is opened.
pub const SOCKET_PATH: &str = "/api/v1/ws";
