//! The control lease: one operator changes the conference. It moves by hand-over, or by claim once its holder is missing.

use std::time::{Duration, Instant};

use wire::{LeaseAction, Role};

use super::task::Task;
use crate::live::{SocketId, Who};

/// The lease may be claimed when its holder was away for so long: a reload of the page takes less.
pub const MISSING_AFTER: Duration = Duration::from_secs(2);

/// Who holds the lease.
#[derive(Debug, Default)]
pub(super) struct Lease {
    holder: Option<Holder>,
}

#[derive(Debug)]
struct Holder {
    name: String,
    missing_since: Option<Instant>,
}

impl Lease {
    /// Name of the holder.
    pub(super) fn holder(&self) -> Option<&str> {
        self.holder.as_ref().map(|holder| holder.name.as_str())
    }

    fn give(&mut self, name: &str) {
        tracing::info!(name, "control lease");
        self.holder = Some(Holder { name: name.to_owned(), missing_since: None });
    }

    fn is_claimable(&self, now: Instant) -> bool {
        match &self.holder {
            None => true,
            Some(holder) => {
                holder.missing_since.is_some_and(|since| now.saturating_duration_since(since) >= MISSING_AFTER)
            }
        }
    }

    /// Takes note of whether the holder is here.
    fn watch(&mut self, now: Instant, is_here: impl Fn(&str) -> bool) {
        if let Some(holder) = &mut self.holder {
            match is_here(&holder.name) {
                true => holder.missing_since = None,
                false => {
                    holder.missing_since.get_or_insert(now);
                }
            }
        }
    }
}

impl Task {
    /// The first lead to connect gets a lease that nobody holds.
    pub(super) fn lease_at_arrival(&mut self, who: &Who) {
        if let Who::Operator { name, role: Role::Lead } = who
            && self.lease.holder().is_none()
        {
            self.lease.give(name);
        }
        self.watch_lease();
    }

    pub(super) fn watch_lease(&mut self) {
        let now = self.now().instant;
        let peers = &self.peers;
        self.lease.watch(now, |name| {
            peers
                .iter()
                .any(|peer| matches!(&peer.who, Who::Operator { .. }) && peer.who.name() == name && peer.is_heard(now))
        });
    }

    pub(super) fn lease(&mut self, socket: SocketId, action: LeaseAction) {
        let now = self.now().instant;
        let Some(who) = self.peers.of_socket(socket).map(|peer| peer.who.clone()) else { return };
        let Who::Operator { name, role: Role::Lead | Role::Assistant } = &who else {
            return self.forbid(socket, "control lease");
        };
        match action {
            LeaseAction::Claim if self.lease.is_claimable(now) => self.lease.give(name),
            // The answer is the live view: it names who holds it.
            LeaseAction::Claim => {}
            LeaseAction::HandOver { to } => {
                let able = |who: &Who| matches!(who, Who::Operator { name, role: Role::Lead | Role::Assistant } if *name == to);
                let is_here = self.peers.iter().any(|peer| able(&peer.who) && peer.is_heard(now));
                if self.lease.holder() != Some(name) {
                    return self.forbid(socket, "handing over a lease that it does not hold");
                }
                if is_here {
                    self.lease.give(&to);
                }
            }
        }
        self.publish_live();
    }
}
