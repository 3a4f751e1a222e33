//! Networks for tests: a star of network namespaces, the server in the middle and one namespace for each line, whose
//! packets are delayed, lost and throttled on their way.
//!
//! ```text
//!  namespace of a line            this process              namespace of the server
//!  10.77.n.2  ── TUN ──▶  up:   pace ─▶ lose ─▶ delay  ──▶ TUN ──  10.77.0.1
//!             ◀── TUN ──  down: delay ◀─ lose ◀─ pace  ◀── TUN
//! ```
//!
//! Real packets of real programs pass (UDP, TCP, whatever they send), and nothing of the machine's own network is touched.
//! The kernel's own tool for this, `netem`, is often not built in. Packets held in a netfilter queue would do as well, but
//! want a packet filter with that target, and the crate for them cannot wait for a packet and for a time at once; a TUN
//! device needs only itself.
//!
//! What it deliberately lacks: reordering, damage to packets, IPv6, ways from one line to another.
#![forbid(unsafe_code)]

mod line;
mod namespace;
mod pump;
mod star;

pub use line::{Fate, Impairment, Line};
pub use namespace::Namespace;
pub use pump::{Counts, Way};
pub use star::{Star, StarLine};
