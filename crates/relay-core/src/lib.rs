//! The media relay without sockets: datagrams in, datagrams out, time passed in.
//!
//! It knows endpoints, media lines, slots, layers and [`Routes`]. It knows nothing of conferences, sites or people,
//! and it owns no clock, no socket, no thread and no unsafe code.
//!
//! ```text
//!  datagram ─▶ demux ─▶ ice_lite | dtls | srtp ─▶ plane (source ▸ forward ▸ slot) ─▶ srtp ─▶ datagram
//!                                                   ▲ Routes, takes
//! ```
#![forbid(unsafe_code)]

mod ids;
mod negotiated;
mod plane;
mod routes;

pub use ids::*;
pub use negotiated::*;
pub use plane::*;
pub use routes::*;
