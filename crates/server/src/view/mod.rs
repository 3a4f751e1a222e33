//! Durable state as pages see it: whole sections, which of them changed, and who may see what.
//!
//! The centre sees everything but the names of delegates, which it asks for when it wants them. A site sees the stage, the floor
//! and the agenda like everybody, its own delegates and messages, of other sites no contact, and nothing of the desk.

mod agenda;
mod audience;
mod desk;
mod floor;
mod site;
mod stage;

use conference::{Conference, Message};
use wire::{ConferenceInfo, ConferenceView, MessageView, Phase, SiteSlug, SiteView, StateChange};

pub use audience::{Audience, changes_for, is_private, view_for};
pub use site::delegates;

use crate::convert;

/// Everything that anybody may read; what one audience may, [`view_for`] says.
pub fn whole(conference: &Conference) -> ConferenceView {
    let state = conference.state();
    ConferenceView {
        conference: info(conference),
        sites: conference.wall().map(|site| site::view(site, state)).collect(),
        agenda: agenda::view(conference),
        floor: floor::view(state),
        stage: stage::view(state),
        messages: state.messages.latest.iter().map(message).collect(),
        desk: desk::view(conference),
    }
}

/// True if two views have the same sites in the same order, the same of them the hall. If not, no set of changes leads from one
/// to the other: pages are loaded anew.
pub fn same_sites(before: &ConferenceView, after: &ConferenceView) -> bool {
    before.sites.iter().map(place).eq(after.sites.iter().map(place))
}

fn place(site: &SiteView) -> (&SiteSlug, bool) {
    (&site.slug, site.hall)
}

/// What differs between two views with [`same_sites`], in the order in which a page should apply it.
pub fn changes(before: &ConferenceView, after: &ConferenceView) -> Vec<StateChange> {
    let mut changes = Vec::new();
    if before.conference != after.conference {
        changes.push(StateChange::Conference(after.conference.clone()));
    }
    // Both have the same sites in the same order ([`same_sites`]).
    let sites = before.sites.iter().zip(&after.sites).filter(|(old, new)| old != new);
    changes.extend(sites.map(|(_, new)| StateChange::Site(new.clone())));
    if before.agenda != after.agenda {
        changes.push(StateChange::Agenda(after.agenda.clone()));
    }
    if before.floor != after.floor {
        changes.push(StateChange::Floor(after.floor.clone()));
    }
    if before.stage != after.stage {
        changes.push(StateChange::Stage(after.stage.clone()));
    }
    if before.desk != after.desk {
        changes.push(StateChange::Desk(after.desk.clone()));
    }
    let known = |message: &&MessageView| !before.messages.contains(message);
    changes.extend(after.messages.iter().filter(known).cloned().map(StateChange::Message));
    changes
}

/// What a page that missed several sets of changes needs: the latest of each section.
pub fn merged(sets: impl IntoIterator<Item = Vec<StateChange>>) -> Vec<StateChange> {
    let mut merged: Vec<StateChange> = Vec::new();
    for change in sets.into_iter().flatten() {
        merged.retain(|earlier| !replaces(&change, earlier));
        merged.push(change);
    }
    merged
}

fn replaces(later: &StateChange, earlier: &StateChange) -> bool {
    match (later, earlier) {
        (StateChange::Conference(_), StateChange::Conference(_))
        | (StateChange::Agenda(_), StateChange::Agenda(_))
        | (StateChange::Floor(_), StateChange::Floor(_))
        | (StateChange::Stage(_), StateChange::Stage(_))
        | (StateChange::Desk(_), StateChange::Desk(_)) => true,
        (StateChange::Site(later), StateChange::Site(earlier)) => later.slug == earlier.slug,
        (StateChange::Message(later), StateChange::Message(earlier)) => later.id == earlier.id,
        _ => false,
    }
}

fn info(conference: &Conference) -> ConferenceInfo {
    let (setup, state) = (conference.setup(), conference.state());
    ConferenceInfo {
        id: wire::ConferenceId(setup.id.0.clone()),
        title: setup.title.clone(),
        phase: match state.phase {
            conference::Phase::Preparing => Phase::Preparing,
            conference::Phase::Rehearsal => Phase::Rehearsal,
            conference::Phase::Live => Phase::Live,
            conference::Phase::Ended => Phase::Ended,
        },
        opened_at: state.opened_at.map(|at| at.0),
        ended_at: state.ended_at.map(|at| at.0),
        codec: convert::codec_out(setup.codec),
        hall: convert::site_out(setup.hall().clone()),
        support_phone: setup.support_phone.clone(),
    }
}

fn message(message: &Message) -> MessageView {
    MessageView {
        id: wire::MessageId(message.id.0),
        from: message.from.clone().map(convert::site_out),
        sender: message.sender.clone(),
        to: message.to.iter().cloned().map(convert::site_out).collect(),
        text: message.text.clone(),
        sent_at: message.sent_at.0,
        acknowledged: message.acknowledged.iter().cloned().collect(),
    }
}
