//! Durable state as pages see it: whole sections, which of them changed, and who may see what.
//!
//! The centre sees everything. A site sees the stage, the floor and the agenda like everybody, its own messages, and of
//! other sites no contact.

use conference::{Conference, Message, Site, State};
use wire::{
    AgendaView, ConferenceInfo, ConferenceView, Contact, FloorView, HolderView, ItemView, MessageView, PendingTake,
    Phase, PreviewView, Program, ProgramSource, QueueEntry, SiteSlug, SiteView, SpeakerView, SpeechClock, StageView,
    StateChange,
};

use crate::convert;

/// Who reads a view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// People at the centre.
    Centre,
    /// Pages and endpoints of a site.
    Site(SiteSlug),
    /// Big screens, of whatever site: no messages, no contacts.
    Screen,
}

/// Everything, as the centre sees it.
pub fn whole(conference: &Conference) -> ConferenceView {
    let state = conference.state();
    ConferenceView {
        conference: info(conference),
        sites: conference.wall().map(|site| site_view(site, state)).collect(),
        agenda: agenda(conference),
        floor: floor(state),
        stage: stage(state),
        messages: state.messages.latest.iter().map(message).collect(),
    }
}

/// What differs between two views of one conference, in the order in which a page should apply it.
pub fn changes(before: &ConferenceView, after: &ConferenceView) -> Vec<StateChange> {
    let mut changes = Vec::new();
    if before.conference != after.conference {
        changes.push(StateChange::Conference(after.conference.clone()));
    }
    // The sites of a conference and their order never change, so the two lists run in step.
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
        | (StateChange::Stage(_), StateChange::Stage(_)) => true,
        (StateChange::Site(later), StateChange::Site(earlier)) => later.slug == earlier.slug,
        (StateChange::Message(later), StateChange::Message(earlier)) => later.id == earlier.id,
        _ => false,
    }
}

/// The view that an audience may read.
pub fn view_for(audience: &Audience, mut view: ConferenceView) -> ConferenceView {
    if *audience == Audience::Centre {
        return view;
    }
    view.sites = view.sites.into_iter().map(|site| site_for(audience, site)).collect();
    view.messages.retain(|message| concerns(audience, message));
    view
}

/// The changes that an audience may read.
pub fn changes_for(audience: &Audience, changes: &[StateChange]) -> Vec<StateChange> {
    if *audience == Audience::Centre {
        return changes.to_vec();
    }
    let visible = changes.iter().filter_map(|change| match change {
        StateChange::Message(message) if !concerns(audience, message) => None,
        StateChange::Site(site) => Some(StateChange::Site(site_for(audience, site.clone()))),
        StateChange::Conference(_)
        | StateChange::Agenda(_)
        | StateChange::Floor(_)
        | StateChange::Stage(_)
        | StateChange::Message(_) => Some(change.clone()),
    });
    visible.collect()
}

/// True if some audience must not see the changes as others do: otherwise one text serves all.
pub fn is_private(changes: &[StateChange]) -> bool {
    changes.iter().any(|change| matches!(change, StateChange::Site(_) | StateChange::Message(_)))
}

fn site_for(audience: &Audience, mut site: SiteView) -> SiteView {
    let sees_contact = match audience {
        Audience::Centre => true,
        Audience::Site(reader) => site.slug == *reader,
        Audience::Screen => false,
    };
    if !sees_contact {
        site.contact = Contact::default();
    }
    site
}

fn concerns(audience: &Audience, message: &MessageView) -> bool {
    match (audience, &message.from) {
        (Audience::Centre, _) => true,
        (Audience::Screen, _) => false,
        (Audience::Site(reader), Some(from)) => from == reader,
        (Audience::Site(reader), None) => message.to.is_empty() || message.to.contains(reader),
    }
}

fn info(conference: &Conference) -> ConferenceInfo {
    let (setup, state) = (conference.setup(), conference.state());
    ConferenceInfo {
        id: wire::ConferenceId(setup.id.0.clone()),
        title: setup.title.clone(),
        phase: match state.phase {
            conference::Phase::Preparing => Phase::Preparing,
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

fn site_view(site: &Site, state: &State) -> SiteView {
    SiteView {
        slug: convert::site_out(site.slug.clone()),
        code: site.code.clone(),
        name: site.name.clone(),
        full_name: site.full_name.clone(),
        region: site.region.clone(),
        carrier: site.carrier.clone(),
        contact: Contact { name: site.contact.name.clone(), phone: site.contact.phone.clone() },
        column: site.column,
        row: site.row,
        hall: site.hall,
        muted: state.stage.muted.contains(&site.slug),
        presence: match state.roster.presence_of(&site.slug) {
            conference::Presence::Unknown => wire::Presence::Unknown,
            conference::Presence::Present => wire::Presence::Present,
            conference::Presence::Absent { reason } => wire::Presence::Absent { reason },
        },
        spoken_ms: state.roster.spoken_by(&site.slug),
    }
}

fn agenda(conference: &Conference) -> AgendaView {
    let agenda = &conference.state().agenda;
    let item = |item: &conference::Item| {
        let times = agenda.times.get(&item.id);
        ItemView {
            id: convert::item_out(item.id.clone()),
            title: item.title.clone(),
            speaker: item.speaker.as_ref().map(|speaker| SpeakerView {
                name: speaker.name.clone(),
                title: speaker.title.clone(),
                organisation: speaker.organisation.clone(),
            }),
            site: item.site.clone().map(convert::site_out),
            planned_ms: item.planned_ms,
            started_at: times.map(|times| times.started_at.0),
            finished_at: times.and_then(|times| times.finished_at).map(|at| at.0),
        }
    };
    AgendaView {
        items: conference.setup().agenda.iter().map(item).collect(),
        current: agenda.current.clone().map(convert::item_out),
    }
}

fn floor(state: &State) -> FloorView {
    let entry = |entry: &conference::QueueEntry| QueueEntry {
        site: convert::site_out(entry.site.clone()),
        kind: convert::request_kind_out(entry.kind),
        requested_at: entry.requested_at.0,
        invited: entry.invited,
    };
    let holder = |holder: &conference::Holder| HolderView {
        site: convert::site_out(holder.site.clone()),
        clock: SpeechClock {
            allowed_ms: holder.clock.allowed_ms,
            warning_ms: holder.clock.warning_ms,
            spoken_ms: holder.clock.spoken_ms,
            running_since: holder.clock.running_since.map(|at| at.0),
        },
        grace_until: holder.grace.map(|grace| grace.until.0),
    };
    FloorView {
        mode: convert::floor_mode_out(state.floor.mode),
        queue: state.floor.queue.iter().map(entry).collect(),
        cued: state.floor.cued.iter().cloned().map(convert::site_out).collect(),
        holder: state.floor.holder.as_ref().map(holder),
    }
}

fn stage(state: &State) -> StageView {
    let stage = &state.stage;
    let preview = |preview: &conference::Preview| PreviewView {
        id: wire::PreviewId(preview.id.0),
        layout: convert::layout_out(preview.layout),
        sources: preview.sources.iter().cloned().map(convert::source_out).collect(),
    };
    let pending = |pending: &conference::PendingTake| PendingTake {
        take: convert::take_out(pending.take),
        sources: pending.program.sources.iter().map(|part| convert::source_out(part.source.clone())).collect(),
        ordered_at: pending.ordered_at.0,
    };
    StageView {
        program: program(&stage.program),
        preview: stage.preview.as_ref().map(preview),
        pending: stage.pending.as_ref().map(pending),
        can_undo: stage.undo.is_some(),
    }
}

fn program(program: &conference::Program) -> Program {
    let source = |part: &conference::ProgramSource| ProgramSource {
        source: convert::source_out(part.source.clone()),
        slot: part.slot,
    };
    Program {
        layout: convert::layout_out(program.layout),
        sources: program.sources.iter().map(source).collect(),
        microphones: program.microphones.iter().cloned().map(convert::site_out).collect(),
        take: program.take.map(convert::take_out),
        since: program.since.0,
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
