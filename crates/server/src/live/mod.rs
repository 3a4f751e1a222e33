//! Facts that are not history: who is connected, what arrives of them, how good it is. Kept in memory, rebuilt by
//! reconnecting.
//!
//! A [`Peer`] is a page or endpoint as people mean it: "Cao Bằng's main line", "Lan's console". It outlives its WebSocket
//! and its media connection, each of which may be cut and come back without the other.

mod arrival;
mod calls;
mod door;
mod lines;
mod offering;
mod operators;
mod peer;
mod readiness;
mod reserve;
mod view;

pub use arrival::{Arrival, SILENCE_DBFS, SILENT_AFTER, TrackArrival};
pub use calls::{CALL_AT_MOST, CALL_KEPT, Calls};
pub use door::{Client, Door, DoorKind, ResourceId};
pub use lines::Line;
pub use offering::{Offering, WaitingOffer};
pub use peer::{Control, Heard, Media, Peer, Peers, SocketId, Who};
pub use reserve::{INTERRUPTED_AFTER, STEADY_AFTER};
pub use view::{LeaseLive, SiteVerdict, Surroundings, Working, live_for, quality_out, reason_out, site_live};
