//! Fuzz targets: whatever the network or a page may send, through the public doors of `relay-core` and `wire`.
//!
//! Each target is a function of bytes that panics if something is wrong, in a file named by what it attacks. The short run
//! (`tests/short.rs`) gives it the committed seeds, the inputs that failed once (`regressions/`) and mutations of both; the
//! long run (`cargo xtask fuzz`) lets libFuzzer look for new ones, led by coverage.
//!
//! ```text
//!  bytes ─▶ script (steps) ─▶ stun | demux ──────────▶ relay-core ─▶ what it sends and tells ─▶ invariants
//!                         └─▶ rtp | rtcp ─▶ sealing ─▶     ▲
//!  bytes ─▶ sdp ───────────────────────────────────────────┘
//!  bytes ─▶ wire_json ─▶ wire
//! ```
//!
//! `rtp` and `rtcp` attack from behind valid keys: everything is sealed as a connected peer would seal it, and a second peer
//! opens what the relay makes of it. What the targets lack: a DTLS handshake under attack (`relay-core`'s own tests damage one)
//! and sockets (the system tests).

mod offer;
mod packet;
mod peer;
mod reception;
mod script;
mod sealed;
mod sealing;
mod seeds;

pub mod demux;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod stun;
pub mod wire_json;

pub use seeds::{Seed, seeds};

/// A target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: that of its module, its binary and its folders of seeds and regressions.
    pub name: &'static str,
    /// Panics if the input shows a fault.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 6] = [
    Target { name: "stun", run: stun::run },
    Target { name: "demux", run: demux::run },
    Target { name: "sdp", run: sdp::run },
    Target { name: "rtp", run: rtp::run },
    Target { name: "rtcp", run: rtcp::run },
    Target { name: "wire_json", run: wire_json::run },
];
