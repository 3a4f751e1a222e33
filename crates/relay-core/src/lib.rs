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

mod client_hello;
mod consent;
mod demux;
mod dtls;
mod early;
mod handshakes;
mod ice_lite;
mod ids;
mod inflow;
mod last_flight;
mod negotiated;
mod peer;
mod plane;
mod relay;
mod routes;
mod rtp_wire;
mod sdp;
mod srtp;
mod tuple;

pub use consent::{CONSENT_TIMEOUT, SELECTED_SILENCE};
pub use demux::{MAX_DATAGRAM_BYTES, is_known_protocol};
pub use dtls::{CertificateError, DtlsCertificate};
pub use ids::*;
pub use inflow::MAX_INCOMING;
pub use last_flight::LastFlight;
pub use negotiated::*;
pub use peer::{DisconnectReason, SETUP_TIMEOUT};
pub use plane::*;
pub use relay::{Relay, RelayConfig, RelayEvent};
pub use routes::*;
pub use sdp::{
    Answer, Candidate, LineDirection, LineMismatch, LinePlan, MAX_LINES, MAX_SDP_BYTES, OfferError, OfferOutline,
    OutlineLine, RestartError, Transport, outline,
};
pub use tuple::{ConnectionNumber, Tuple};
