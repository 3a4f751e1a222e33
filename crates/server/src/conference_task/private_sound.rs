//! Solo and talkback: sound between an operator and a site that nobody else hears.

use std::collections::BTreeSet;
use std::time::Duration;

use wire::{EndpointRole, Role, ServerMessage, SiteSlug};

use super::task::Task;
use crate::convert;
use crate::live::{SocketId, Who};

/// A private word is cut off after so long: a key that sticks must not keep a line open.
pub const TALKBACK_AT_MOST: Duration = Duration::from_secs(60);

impl Task {
    pub(super) fn solo(&mut self, socket: SocketId, site: Option<SiteSlug>) {
        if !self.is_console_of_operator(socket) {
            return self.forbid(socket, "solo");
        }
        let site = site.map(convert::site_in).filter(|site| self.ledger.shown().setup().site(site).is_some());
        if let Some(peer) = self.peers.of_socket(socket) {
            peer.solo = site;
        }
    }

    pub(super) fn talkback(&mut self, socket: SocketId, sites: Vec<SiteSlug>) {
        if !self.is_console_of_operator(socket) {
            return self.forbid(socket, "talkback");
        }
        let shown = self.ledger.shown();
        let known = sites.into_iter().map(convert::site_in).filter(|site| shown.setup().site(site).is_some());
        let known: BTreeSet<_> = known.filter(|site| shown.is_off_air(site)).collect();
        let now = self.now().instant;
        let Some(peer) = self.peers.of_socket(socket) else { return };
        // Choosing other sites while the key is held does not lengthen the word.
        let running = peer.talkback_until.filter(|_| !peer.talkback.is_empty());
        peer.talkback_until = (!known.is_empty()).then(|| running.unwrap_or(now + TALKBACK_AT_MOST));
        peer.talkback = known;
    }

    /// Cuts off private words that last too long, or whose operator is gone.
    pub(super) fn end_long_talkback(&mut self) {
        let now = self.now().instant;
        for peer in self.peers.iter_mut() {
            let over = peer.talkback_until.is_some_and(|until| until <= now);
            if over || (!peer.talkback.is_empty() && !peer.is_heard(now)) {
                peer.talkback.clear();
                peer.talkback_until = None;
            }
        }
    }

    /// Tells sites that private sound begins or ends. For a site that comes on air it has ended, also when it is off air again.
    pub(super) fn tell_talkback(&mut self) {
        let shown = self.ledger.shown();
        for peer in self.peers.iter_mut() {
            peer.talkback.retain(|site| shown.is_off_air(site));
        }
        let spoken_to: BTreeSet<_> = self.peers.iter().flat_map(|peer| peer.talkback.iter().cloned()).collect();
        let before = self.publisher.spoken_to(spoken_to.clone());
        for site in before.symmetric_difference(&spoken_to) {
            let active = spoken_to.contains(site);
            let is_of_site = |who: &Who| matches!(who, Who::Endpoint { site: own, role: EndpointRole::Main | EndpointRole::Backup } if own == site);
            for peer in self.peers.iter().filter(|peer| is_of_site(&peer.who)) {
                super::publish::tell_peer(peer, &ServerMessage::Talkback { active });
            }
        }
    }

    /// Other pages have neither the lines nor the keys for it.
    fn is_console_of_operator(&mut self, socket: SocketId) -> bool {
        let who = self.peers.of_socket(socket).filter(|peer| peer.is_console()).map(|peer| &peer.who);
        matches!(who, Some(Who::Operator { role: Role::Lead | Role::Assistant, .. }))
    }
}
