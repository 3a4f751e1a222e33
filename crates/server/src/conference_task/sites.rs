//! The sites of a conference come, go or change places while it is prepared: every page joins anew, because walls, media lines and
//! what a page knows go by the list of sites. What is not a page and belongs to a site that stays goes on undisturbed.

use conference::{ConnectionId, Plays, SiteSlug};
use wire::ErrorCode;

use super::task::Task;
use crate::live::{Client, DoorKind, Peer, Who};

const DETAIL: &str = "the list of sites changed";

/// What a change of the list means for a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// Its lines go by the list, or its site is gone.
    Leaves,
    /// The page is loaded anew and takes its own place again.
    JoinsAnew,
    /// Nothing.
    Stays,
}

impl Task {
    /// Sends everybody away who knows the old list, if it changed; whoever asked for the change is answered first. False: it did not.
    pub(super) fn follow_sites(&mut self) -> bool {
        if !std::mem::take(&mut self.sites_changed) {
            return false;
        }
        tracing::info!("the list of sites changed: pages join anew");
        self.send_answers();
        let setup = self.ledger.shown().setup();
        self.budgets.keep(|site| setup.site(site).is_some());
        let gone = |site: &SiteSlug| setup.site(site).is_none();
        let meaning = |peer: &Peer| match peer.who.site().or(plays(peer)).is_some_and(gone) {
            true => Meaning::Leaves,
            false => meaning(peer),
        };
        let meant: Vec<(ConnectionId, Meaning)> = self.peers.iter().map(|peer| (peer.id, meaning(peer))).collect();
        for (id, meaning) in meant {
            match meaning {
                Meaning::Leaves => drop(self.forget(id, ErrorCode::SitesChanged, DETAIL)),
                Meaning::JoinsAnew => {
                    let control = self.peers.get_mut(id).and_then(|peer| peer.control.as_ref());
                    control.inspect(|control| control.outbox.close(ErrorCode::SitesChanged, DETAIL));
                }
                Meaning::Stays => {}
            }
        }
        self.watch_calls();
        true
    }
}

/// The one site that a player plays.
fn plays(peer: &Peer) -> Option<&SiteSlug> {
    match &peer.door()?.kind {
        DoorKind::Plays(Plays::Site(site)) => Some(site),
        DoorKind::Plays(Plays::Programme | Plays::Wall) | DoorKind::Publishes => None,
    }
}

fn meaning(peer: &Peer) -> Meaning {
    match (&peer.client, &peer.who) {
        (Client::Door(door), _) => match door.kind {
            DoorKind::Plays(Plays::Wall) => Meaning::Leaves,
            DoorKind::Plays(Plays::Programme | Plays::Site(_)) | DoorKind::Publishes => Meaning::Stays,
        },
        (Client::Page(_), Who::Operator { .. }) => Meaning::Leaves,
        (Client::Page(_), Who::Endpoint { .. }) => Meaning::JoinsAnew,
    }
}
