//! The control lease: one operator changes the conference. It moves by hand-over, or by claim once its holder is missing.
//!
//! A browser that dies takes its connections with it at once; then the holder is missing for [`MISSING_AFTER`] before the lease
//! can be claimed, because a reload looks the same. A line that is cut says nothing; then the silence itself, [`SILENT_AFTER`], is
//! the wait. A claim that comes a moment too early is kept and granted when it may be: one key is enough. A restart of the server in
//! the middle of a conference takes it from nobody.

use std::time::{Duration, Instant};

use conference::Phase;
use wire::{ErrorCode, LeaseAction, Role, ServerMessage};

use super::task::{Now, Task};
use crate::access::millis;
use crate::live::{LeaseLive, SocketId, Who};

/// The lease may be claimed when its holder's page was away for so long: a reload takes less.
pub const MISSING_AFTER: Duration = Duration::from_secs(1);
/// A holder whose pages are connected and silent for so long is missing. Pages ping every second, so that a cut line is noticed
/// one to two seconds after the cut. Less than the silence after which a site counts as lost: here a person decides what follows.
pub const SILENT_AFTER: Duration = Duration::from_secs(2);

/// Who holds the lease, and who waits for it.
#[derive(Debug, Default)]
pub(super) struct Lease {
    holder: Option<Holder>,
    /// A claim that came before the holder was missing for long enough; the latest counts.
    claim: Option<Claim>,
    /// The holder that was noted for the time after a restart.
    noted: Option<String>,
}

#[derive(Debug)]
struct Holder {
    name: String,
    missing_since: Option<Instant>,
    /// It has worked at a console since: another of its pages, a plan or a chair's page, no longer stands for it.
    at_console: bool,
}

#[derive(Debug)]
struct Claim {
    name: String,
    socket: SocketId,
}

/// The holder's pages.
struct Pages {
    /// Its consoles.
    consoles: Seen,
    /// Consoles, plans, pages of the chair.
    any: Seen,
}

/// What is seen of some of the holder's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// One is heard.
    Here,
    /// They are connected, and silent since then.
    SilentSince(Instant),
    /// None is connected.
    Gone,
}

impl Lease {
    /// Name of the holder.
    pub(super) fn holder(&self) -> Option<&str> {
        self.holder.as_ref().map(|holder| holder.name.as_str())
    }

    /// The lease as pages see it.
    pub(super) fn live(&self, now: Now) -> Option<LeaseLive> {
        let holder = self.holder.as_ref()?;
        let ago = |since| millis(now.instant.saturating_duration_since(since));
        let missing_since = holder.missing_since.map(|since| now.wall.0.saturating_sub(ago(since)));
        Some(LeaseLive { holder: holder.name.clone(), missing_since })
    }

    /// Its holder is away.
    pub(super) fn is_missing(&self) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.missing_since.is_some())
    }

    fn give(&mut self, name: &str) {
        tracing::info!(name, "control lease");
        self.holder = Some(Holder { name: name.to_owned(), missing_since: None, at_console: false });
        self.claim = None;
    }

    /// The server was down; its holder is missing from now on, and finds it again if it comes soon.
    fn recall(&mut self, name: String, now: Instant) {
        self.noted = Some(name.clone());
        self.holder = Some(Holder { name, missing_since: Some(now), at_console: false });
    }

    /// The holder, if it is another than the one that was noted; counts as noted from here on.
    fn take_note(&mut self) -> Option<&str> {
        let holder = &self.holder.as_ref()?.name;
        if self.noted.as_ref() == Some(holder) {
            return None;
        }
        self.noted = Some(holder.clone());
        self.noted.as_deref()
    }

    fn is_claimable(&self, now: Instant) -> bool {
        let Some(holder) = &self.holder else { return true };
        holder.missing_since.is_some_and(|since| now.saturating_duration_since(since) >= MISSING_AFTER)
    }

    /// Gives the lease to the claimant, or notes that it is granted as soon as the holder was missing for long enough. False: the
    /// holder is here.
    fn claim(&mut self, name: &str, socket: SocketId, now: Instant) -> bool {
        if self.holder() == Some(name) {
            return true;
        }
        if self.is_claimable(now) {
            self.give(name);
            return true;
        }
        if self.is_missing() {
            self.claim = Some(Claim { name: name.to_owned(), socket });
        }
        self.is_missing()
    }

    /// Takes note of whether the holder is here. A claim that waited is granted, or handed back because the holder returned.
    fn watch(&mut self, now: Instant, pages: impl Fn(&str) -> Pages) -> Option<Claim> {
        let holder = self.holder.as_mut()?;
        let Pages { consoles, any } = pages(&holder.name);
        holder.at_console |= consoles == Seen::Here;
        match if holder.at_console { consoles } else { any } {
            Seen::Here => {
                holder.missing_since = None;
                return self.claim.take();
            }
            Seen::SilentSince(since) => holder.missing_since.get_or_insert(since),
            Seen::Gone => holder.missing_since.get_or_insert(now),
        };
        if self.is_claimable(now)
            && let Some(claim) = self.claim.take()
        {
            self.give(&claim.name);
        }
        None
    }
}

impl Task {
    /// Who was in control when the server stopped still is, if the conference was under way and the person may be.
    pub(super) fn recall_lease(&mut self, last: Option<String>) {
        let Some(name) = last else { return };
        let under_way = matches!(self.ledger.shown().state().phase, Phase::Rehearsal | Phase::Live);
        if under_way && matches!((self.tools.role_of)(&name), Some(Role::Lead | Role::Assistant)) {
            let now = self.now().instant;
            self.lease.recall(name, now);
        }
    }

    /// Notes a new holder for the time after a restart.
    pub(super) fn note_lease(&mut self) {
        if let Some(holder) = self.lease.take_note() {
            (self.tools.keep_lease)(holder);
        }
    }

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
        let seen = |last_heard: Option<Instant>| match last_heard {
            None => Seen::Gone,
            Some(last) if now.saturating_duration_since(last) < SILENT_AFTER => Seen::Here,
            Some(last) => Seen::SilentSince(last),
        };
        let returned = self.lease.watch(now, |name| {
            let own = || {
                peers.connected().filter(|peer| matches!(&peer.who, Who::Operator { .. }) && peer.who.name() == name)
            };
            Pages {
                consoles: seen(own().filter(|peer| peer.is_console()).map(|peer| peer.last_heard()).max()),
                any: seen(own().map(|peer| peer.last_heard()).max()),
            }
        });
        if let Some(claim) = returned {
            self.refuse_claim(claim.socket);
        }
    }

    pub(super) fn lease(&mut self, socket: SocketId, action: LeaseAction) {
        let now = self.now().instant;
        let Some(who) = self.peers.of_socket(socket).map(|peer| peer.who.clone()) else { return };
        let Who::Operator { name, role: Role::Lead | Role::Assistant } = &who else {
            return self.forbid(socket, "control lease");
        };
        self.watch_lease();
        match action {
            LeaseAction::Claim if self.lease.claim(name, socket, now) => {}
            LeaseAction::Claim => self.refuse_claim(socket),
            LeaseAction::HandOver { to } => self.hand_over(socket, name, &to),
        }
        self.publish_live();
    }

    fn hand_over(&mut self, socket: SocketId, from: &str, to: &str) {
        if self.lease.holder() != Some(from) {
            return self.forbid(socket, "handing over a lease that it does not hold");
        }
        let now = self.now().instant;
        let able = |who: &Who| matches!(who, Who::Operator { name, role: Role::Lead | Role::Assistant } if name == to);
        if self.peers.iter().any(|peer| able(&peer.who) && peer.is_heard(now)) {
            self.lease.give(to);
        } else {
            let detail = format!("{to} is not here, or may not hold the control lease");
            self.tell(socket, &ServerMessage::Error { code: ErrorCode::LeaseHeld, detail, fatal: false });
        }
    }

    fn refuse_claim(&mut self, socket: SocketId) {
        let detail = match self.lease.holder() {
            Some(holder) => format!("{holder} holds the control lease and is here"),
            None => "nobody holds the control lease".to_owned(),
        };
        self.tell(socket, &ServerMessage::Error { code: ErrorCode::LeaseHeld, detail, fatal: false });
    }
}
