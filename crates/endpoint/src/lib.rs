//! A headless site: joins a conference as a page does, sends a live test card and tone, measures what it receives.
//!
//! It never uses anything that a page could not know: a server address and the token of a join link.
//!
//! ```text
//!  test_card ─▶ encoder ─▶ packetize ─┐                      ┌─▶ picture (SEI marker, or decoded)
//!  tone ─────▶ opus ──────────────────┴─▶ peer ◀── relay ────┴─▶ sound (tones)
//!                                          ▲ offer/answer            │ events
//!                                          control ◀── WebSocket     ▼ report (JSON lines)
//! ```
//!
//! What it deliberately lacks: real cameras and microphones, VP8 encoding, congestion control.
#![forbid(unsafe_code)]

pub mod annexb;
mod card_files;
pub mod encoder;
pub mod frame;
mod lettering;
pub mod marker;
pub mod packetize;
pub mod sei;
pub mod sound;
pub mod test_card;
pub mod tone;
