//! A headless site: joins a conference as a page does, sends a live test card and tone, measures what it receives.
//!
//! It never uses anything that a page could not know: a server address and the token of a join link.
//!
//! ```text
//!  test_card ─▶ encoder ─▶ packetize ─┐                        ┌─▶ assemble ─▶ watch (marker) ─┐
//!  tone ─▶ speech ─▶ sound (Opus) ────┴─▶ camera ─▶ peer ◀─────┴─▶ watch (tones) ──────────────┤
//!                                                    ▲ offer, answer        relay              ▼
//!                              control (WebSocket) ──┴── site ◀── meter ◀── receive ──▶ report (JSON lines)
//! ```
//!
//! [`fault`] spoils pictures and samples before they are encoded, if it is told to; [`measures`] puts what is encoded into numbers for
//! the server, which never learns of a fault otherwise.
//!
//! What it deliberately lacks: real cameras and microphones, VP8 encoding, congestion control, TLS.
#![forbid(unsafe_code)]

pub mod annexb;
pub mod assemble;
pub mod backoff;
pub mod camera;
mod card_files;
pub mod check;
pub mod clapper;
pub mod cli;
mod control;
pub mod echo;
pub mod encoder;
pub mod fault;
mod feedback;
pub mod frame;
mod lettering;
pub mod links;
pub mod marker;
pub mod measures;
mod meter;
pub mod packetize;
mod patience;
mod peer;
mod receive;
pub mod report;
pub mod sei;
mod site;
mod slots;
pub mod sound;
pub mod speech;
mod studio;
pub mod test_card;
pub mod tone;
mod transfer;
pub mod watch;
mod workshop;

pub use cli::{EndpointArgs, SimulateArgs};
pub use control::ServerAddress;
pub use site::{SiteConfig, run};
pub use workshop::Workshop;
