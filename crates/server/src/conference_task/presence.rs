//! Who is here and who is lost: what the log is told, and when a peer is forgotten. A blink of the line is neither.

use std::time::Duration;

use conference::{ConnectionId, DropReason, Fact};
use tokio::sync::broadcast::error::RecvError;
use wire::{EndpointRole, ErrorCode};

use super::letters::Departure;
use super::task::{Now, Task};
use crate::access::Revocation;
use crate::convert;
use crate::live::{Peer, Who};

/// An endpoint is said to be gone when it was not heard for so long and its media does not arrive either.
pub const DROPPED_AFTER: Duration = Duration::from_secs(3);
/// A lost endpoint is remembered for so long: consoles show which device is missing, and a line that comes back goes on
/// with its media connection, if the relay still has it. For the health its site is lost also after that.
pub const ENDPOINT_KEPT: Duration = Duration::from_secs(30 * 60);
/// An encoder or player without media is forgotten after so long, as the relay forgets it (RFC 7675): whoever comes back opens a
/// new session.
pub const DOOR_KEPT: Duration = Duration::from_secs(30);
/// A console without its page keeps its media connection for so long.
pub const CONSOLE_KEPT: Duration = Duration::from_secs(10);

enum Step {
    Joined,
    Dropped(DropReason),
    Forgotten,
}

impl Task {
    pub(super) fn watch_presence(&mut self) {
        let now = self.now();
        for peer in self.peers.iter_mut().filter(|peer| peer.door().is_some() && peer.media_arrives(now.instant)) {
            peer.last_heard = now.instant;
        }
        let steps: Vec<_> = self.peers.iter().filter_map(|peer| Some((peer.id, step(peer, now)?))).collect();
        for (id, step) in steps {
            match step {
                Step::Joined => self.log_joined(id),
                Step::Dropped(reason) => self.log_dropped(id, reason),
                Step::Forgotten => {
                    self.forget(id, ErrorCode::Replaced, "silent for too long");
                }
            }
        }
    }

    fn log_dropped(&mut self, id: ConnectionId, reason: DropReason) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let Who::Endpoint { site, role } = peer.who.clone() else { return };
        tracing::warn!(site = site.as_str(), ?role, ?reason, "endpoint lost");
        let role = convert::endpoint_in(role);
        let logged = self.happened(Fact::EndpointDropped { site, role, reason });
        if let Some(peer) = self.peers.get_mut(id) {
            peer.logged = !logged;
        }
    }

    /// A right ended: whoever came in by it leaves at once, with its media.
    pub(super) fn revocation(&mut self, revocation: Result<Revocation, RecvError>) {
        let affected: Vec<ConnectionId> = match revocation {
            Ok(revoked) => {
                self.wellbeing.revoked(&revoked);
                self.peers.iter().filter(|peer| peer.credential == revoked).map(|peer| peer.id).collect()
            }
            // Some revocations were missed: everybody proves anew who they are.
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "revocations missed; all pages reconnect");
                self.peers.iter().map(|peer| peer.id).collect()
            }
            Err(RecvError::Closed) => return,
        };
        for id in affected {
            self.log_gone(id, DropReason::Revoked);
            self.forget(id, ErrorCode::Revoked, "the right to be here has ended");
        }
    }

    /// Tells the log that an endpoint left, if the log says that it is here, and the health that it did so on purpose, if that is so.
    pub(super) fn log_gone(&mut self, id: ConnectionId, reason: DropReason) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let is_logged = peer.logged;
        let on_purpose = matches!(reason, DropReason::Left | DropReason::Revoked);
        // A screen is no line by which a site is judged.
        if let Some((site, EndpointRole::Main | EndpointRole::Backup)) = peer.seat().filter(|_| on_purpose) {
            self.wellbeing.goodbye(site);
        }
        if is_logged {
            self.log_dropped(id, reason);
        }
    }
}

fn step(peer: &Peer, now: Now) -> Option<Step> {
    let silent = now.instant.saturating_duration_since(peer.last_heard());
    if peer.door().is_some() {
        return door_step(peer, now, silent);
    }
    if let Who::Operator { .. } = peer.who {
        return (peer.control.is_none() && silent >= CONSOLE_KEPT).then_some(Step::Forgotten);
    }
    let lost = peer.is_lost(now.instant);
    if !lost {
        return (!peer.logged).then_some(Step::Joined);
    }
    if peer.logged {
        let reason = match (&peer.control, peer.departure) {
            (Some(_), _) => DropReason::TimedOut,
            (None, Some(Departure::Left)) => DropReason::Left,
            (None, Some(Departure::Cut) | None) => DropReason::Cut,
        };
        return (silent >= DROPPED_AFTER).then_some(Step::Dropped(reason));
    }
    (peer.control.is_none() && silent >= ENDPOINT_KEPT).then_some(Step::Forgotten)
}

fn door_step(peer: &Peer, now: Now, silent: Duration) -> Option<Step> {
    if peer.media_arrives(now.instant) {
        return (peer.seat().is_some() && !peer.logged).then_some(Step::Joined);
    }
    if peer.logged {
        return (silent >= DROPPED_AFTER).then_some(Step::Dropped(DropReason::Cut));
    }
    (silent >= DOOR_KEPT).then_some(Step::Forgotten)
}
