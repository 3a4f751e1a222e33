//! What changed, to everybody whom it concerns; each message is serialised once for each audience.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use conference::{Live, SiteSlug};
use wire::{ConferenceView, LiveView, Picture, Revision, ServerMessage, StateChange};

use super::task::Task;
use crate::convert;
use crate::live::{Peer, SocketId, Surroundings, Who, Working, live_for};
use crate::view::{self, Audience};

/// Sets of changes that are kept for pages that resume: at ten commands a second, a cut of a minute and a half.
pub const MAX_KEPT_CHANGES: usize = 1_024;
/// Sites are told their live facts every so many ticks: a page that watches itself needs one a second.
const SITE_LIVE_TICKS: u64 = 4;

/// What was published last.
#[derive(Debug)]
pub(super) struct Publisher {
    view: ConferenceView,
    revision: u64,
    /// Of the ledger, when it was published last: what has not changed since is not told again.
    version: Option<u64>,
    kept: VecDeque<(u64, Vec<StateChange>)>,
    /// Changes up to this revision are not kept any more.
    forgotten: u64,
    live: BTreeMap<Audience, LiveView>,
    live_ticks: u64,
    spoken_to: BTreeSet<SiteSlug>,
}

impl Publisher {
    pub(super) fn new(view: ConferenceView, revision: u64) -> Self {
        Self {
            view,
            revision,
            version: None,
            kept: VecDeque::new(),
            forgotten: revision,
            live: BTreeMap::new(),
            live_ticks: 0,
            spoken_to: BTreeSet::new(),
        }
    }

    /// Revision of what pages know.
    pub(super) fn revision(&self) -> Revision {
        Revision(self.revision)
    }

    /// The whole state as it was published.
    pub(super) fn view(&self) -> &ConferenceView {
        &self.view
    }

    /// What a page missed that knows everything up to `since`; none if that is no longer known.
    ///
    /// A revision may be published twice, when something was acted on while a batch was under way, so that the set of
    /// `since` itself is told again: whole sections do no harm twice.
    pub(super) fn missed(&self, since: Revision) -> Option<Vec<StateChange>> {
        if since.0 < self.forgotten || since.0 > self.revision {
            return None;
        }
        let sets = self.kept.iter().filter(|(revision, _)| *revision >= since.0);
        Some(view::merged(sets.map(|(_, changes)| changes.clone())))
    }

    /// Notes the sites that are spoken to privately; the earlier ones are handed back.
    pub(super) fn spoken_to(&mut self, sites: BTreeSet<SiteSlug>) -> BTreeSet<SiteSlug> {
        std::mem::replace(&mut self.spoken_to, sites)
    }

    /// Takes a state in which the sites are others than before: nobody can resume across it.
    fn begin_anew(&mut self, view: ConferenceView, revision: u64) {
        self.revision = self.revision.max(revision);
        self.view = view;
        self.kept.clear();
        self.forgotten = self.revision;
        self.live.clear();
    }

    /// Takes the new state; what changed comes back.
    fn advance(&mut self, view: ConferenceView, revision: u64) -> Vec<StateChange> {
        // Revisions never go back for a page, even when what was acted on early took fewer events in the end.
        self.revision = self.revision.max(revision);
        let changes = view::changes(&self.view, &view);
        self.view = view;
        if !changes.is_empty() {
            self.kept.push_back((self.revision, changes.clone()));
        }
        while self.kept.len() > MAX_KEPT_CHANGES {
            if let Some((revision, _)) = self.kept.pop_front() {
                self.forgotten = revision + 1;
            }
        }
        changes
    }
}

impl Task {
    /// Tells everybody how the durable state changed.
    pub(super) fn publish_changes(&mut self) {
        let version = Some(self.ledger.version());
        if self.publisher.version == version {
            return;
        }
        self.publisher.version = version;
        let shown = self.ledger.shown();
        let (view, revision) = (view::whole(shown), shown.state().revision);
        let edited = self.tools.setup.send_if_modified(|known| {
            let edited = **known != *shown.setup();
            if edited {
                *known = Arc::new(shown.setup().clone());
            }
            edited
        });
        if edited {
            self.watch_other_sites();
        }
        if edited && !view::same_sites(self.publisher.view(), &view) {
            self.publisher.begin_anew(view, revision);
            self.sites_changed = true;
            return;
        }
        let changes = self.publisher.advance(view, revision);
        if changes.is_empty() {
            return;
        }
        let revision = self.publisher.revision();
        let mut texts: BTreeMap<Option<Audience>, Option<Utf8Bytes>> = BTreeMap::new();
        let private = view::is_private(&changes);
        for peer in self.peers.iter() {
            let Some(control) = &peer.control else { continue };
            let audience = peer.who.audience();
            let text = texts.entry(private.then(|| audience.clone())).or_insert_with(|| {
                let changes = view::changes_for(&audience, &changes);
                (!changes.is_empty()).then(|| text_of(&ServerMessage::Event { revision, changes }))
            });
            if let Some(text) = text {
                control.outbox.push(text.clone());
            }
        }
    }

    /// Live facts as they are now.
    pub(super) fn live_view(&self) -> LiveView {
        let now = self.now();
        let working = Working { journal: self.ledger.journal_ok(), relay: self.relay_keeps_up };
        let verdicts = &self.wellbeing.verdicts;
        let around = Surroundings { lease: self.lease.live(now), calls: &self.calls, verdicts, working };
        self.peers.live_view(around, now.instant, now.wall.0)
    }

    /// Tells the live facts to those for whom they changed.
    pub(super) fn publish_live(&mut self) {
        let view = self.live_view();
        let sites_too = self.publisher.live_ticks.is_multiple_of(SITE_LIVE_TICKS);
        self.publisher.live_ticks += 1;
        let mut texts: BTreeMap<Audience, Option<Utf8Bytes>> = BTreeMap::new();
        for peer in self.peers.iter() {
            let Some(control) = &peer.control else { continue };
            let audience = peer.who.audience();
            if audience != Audience::Centre && !sites_too {
                continue;
            }
            let known = &mut self.publisher.live;
            let text = texts.entry(audience.clone()).or_insert_with(|| {
                let view = live_for(&audience, &view);
                let same = known.get(&audience).is_some_and(|known| is_same(known, &view));
                (!same).then(|| {
                    let text = text_of(&ServerMessage::Live(Box::new(view.clone())));
                    known.insert(audience, view);
                    text
                })
            });
            if let Some(text) = text {
                control.outbox.push(text.clone());
            }
        }
    }

    /// The programme as a peer is to show it.
    pub(super) fn picture_of(&self, who: &Who, live: &Live) -> Picture {
        let conference = self.ledger.shown();
        let program = conference.state().stage.program();
        let picture = match who {
            Who::Operator { .. } => conference.console_picture(program),
            Who::Endpoint { site, role } => conference.picture(site, convert::endpoint_in(*role), program, live),
        };
        convert::picture_out(&picture)
    }

    /// Tells pictures to those for whom they changed; those for whom a take made a cut learn of both together.
    pub(super) fn tell_pictures(&mut self, live: &Live) {
        let mut cuts = self.takes.cuts_to_tell();
        let pictures: Vec<_> = self.peers.iter().map(|peer| (peer.id, self.picture_of(&peer.who, live))).collect();
        for (id, picture) in pictures {
            let Some(peer) = self.peers.get_mut(id) else { continue };
            let cut = cuts.remove(&id);
            if cut.is_none() && peer.picture.as_ref() == Some(&picture) {
                continue;
            }
            peer.picture = Some(picture.clone());
            let message = match cut {
                Some((take, cuts)) => ServerMessage::Cut { take, cuts, picture },
                None => ServerMessage::Picture(picture),
            };
            tell_peer(peer, &message);
        }
    }

    /// Tells one page something.
    pub(super) fn tell(&mut self, socket: SocketId, message: &ServerMessage) {
        if let Some(peer) = self.peers.of_socket(socket) {
            tell_peer(peer, message);
        }
    }

    /// Tells all consoles something.
    pub(super) fn tell_consoles(&self, message: &ServerMessage) {
        let text = text_of(message);
        let consoles = self.peers.iter().filter(|peer| peer.is_console());
        for control in consoles.filter_map(|peer| peer.control.as_ref()) {
            control.outbox.push(text.clone());
        }
    }
}

/// Tells a peer something, if its page is connected.
pub(super) fn tell_peer(peer: &Peer, message: &ServerMessage) {
    if let Some(control) = &peer.control {
        control.outbox.push(text_of(message));
    }
}

/// A message as it travels.
pub(super) fn text_of(message: &ServerMessage) -> Utf8Bytes {
    serde_json::to_string(message).expect("messages of `wire` are plain JSON").into()
}

/// Two views that differ in nothing but the clock.
fn is_same(one: &LiveView, other: &LiveView) -> bool {
    one.sites == other.sites
        && one.operators == other.operators
        && one.lease == other.lease
        && one.lease_missing_since == other.lease_missing_since
        && one.journal_ok == other.journal_ok
        && one.relay_keeps_up == other.relay_keeps_up
}
