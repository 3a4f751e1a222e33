//! Who is at the centre: one entry for each person, whatever pages that person has open.

use std::collections::BTreeMap;

use conference::SiteSlug;
use wire::{ClientKind, OperatorLive};

use super::door::Client;
use super::peer::{Peer, Peers, Who};
use crate::convert;

impl Peers {
    /// Operators with an open page, by name.
    pub fn operators(&self) -> Vec<OperatorLive> {
        let mut by_name: BTreeMap<&str, OperatorLive> = BTreeMap::new();
        for peer in self.connected() {
            let (Who::Operator { name, role }, Client::Page(page)) = (&peer.who, &peer.client) else { continue };
            let operator = by_name.entry(name).or_insert_with(|| OperatorLive {
                name: name.clone(),
                role: *role,
                pages: Vec::new(),
                since: peer.since,
                solo: None,
                talkback: Vec::new(),
            });
            add_page(operator, *page, peer);
        }
        by_name.into_values().collect()
    }
}

/// Two consoles of one person may listen and speak to different sites: the first solo is told, and all talkback.
fn add_page(operator: &mut OperatorLive, page: ClientKind, peer: &Peer) {
    operator.pages.push(page);
    operator.pages.sort_unstable();
    operator.since = operator.since.min(peer.since);
    let named = |site: &SiteSlug| convert::site_out(site.clone());
    operator.solo = operator.solo.take().or_else(|| peer.solo.as_ref().map(named));
    operator.talkback.extend(peer.talkback.iter().map(named));
    operator.talkback.sort_unstable();
    operator.talkback.dedup();
}
