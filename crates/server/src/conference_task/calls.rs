//! A site calls the control room, and somebody there answers.

use wire::{EndpointRole, Role, SiteSlug};

use super::task::Task;
use crate::convert;
use crate::live::{SocketId, Who};

impl Task {
    /// A site's page calls or hangs up for its own site; an operator ends the call of a site.
    pub(super) fn call(&mut self, socket: SocketId, named: Option<SiteSlug>, calling: bool) {
        let now = self.now();
        let Some(peer) = self.peers.of_socket(socket) else { return };
        let named = named.map(convert::site_in);
        let changed = match (peer.who.clone(), named) {
            (Who::Endpoint { site, role: EndpointRole::Main | EndpointRole::Backup }, named)
                if named.as_ref().is_none_or(|named| *named == site) =>
            {
                if calling {
                    self.calls.begin(site, now.instant, now.wall.0)
                } else {
                    self.calls.end(&site)
                }
            }
            (Who::Operator { role: Role::Lead | Role::Assistant, .. }, Some(site)) if !calling => self.calls.end(&site),
            (Who::Operator { .. } | Who::Endpoint { .. }, _) => return self.forbid(socket, "call"),
        };
        if changed {
            self.publish_live();
        }
    }

    /// Ends calls of sites that are gone or no part of the conference any more.
    pub(super) fn watch_calls(&mut self) {
        let now = self.now().instant;
        let (peers, setup) = (&self.peers, self.ledger.shown().setup());
        self.calls.watch(now, |site| {
            let pages = || peers.connected().filter_map(|peer| peer.seat());
            let is_line =
                |(of, role): (&conference::SiteSlug, EndpointRole)| of == site && role != EndpointRole::Screen;
            setup.site(site).is_some() && pages().any(is_line)
        });
    }
}
