//! What must hold after every step, whatever happened.

mod events;
mod floor;
mod routes;
mod stage;

use conference::*;

use crate::world;

pub use events::after_event;

/// At rest.
pub fn now(conference: &Conference, live: &Live) {
    known(conference);
    stage::holds(conference);
    floor::holds(conference);
    bounds(conference);
    plan(conference);
    let stage = &conference.state().stage;
    for program in [Some(stage.program()), stage.pending_program()].into_iter().flatten() {
        routes::hold(conference, program, live);
    }
}

/// A replay of the journal's bytes gives the same setup and the same state, byte for byte, whatever the file says now.
pub fn replays(conference: &Conference, log: &[Event]) {
    let read: Vec<Event> = log.iter().map(written_and_read).collect();
    assert_eq!(read, log);
    for file in world::other_setups().into_iter().chain([conference.setup().clone()]) {
        let replay = replayed(file, &read);
        let bytes = |conference: &Conference| serde_json::to_vec(conference.state()).unwrap();
        assert_eq!(bytes(&replay), bytes(conference));
        assert_eq!(replay, *conference);
    }
}

/// The fold of a log as a start does it, with what is in the file then.
pub fn replayed(file: Setup, log: &[Event]) -> Conference {
    let mut conference = Conference::new(file).unwrap();
    while log.iter().try_for_each(|event| conference.replay(event)).is_break() {}
    conference
}

fn written_and_read(event: &Event) -> Event {
    let bytes = serde_json::to_vec(&event.encode()).unwrap();
    Event::decode(&serde_json::from_slice::<EncodedEvent>(&bytes).unwrap()).unwrap()
}

/// A rehearsal remembers what was before it, and nobody looks after a region that is not there.
fn plan(conference: &Conference) {
    let (setup, state) = (conference.setup(), conference.state());
    assert_eq!(state.plan.rehearsal.is_some(), state.phase == Phase::Rehearsal);
    assert!(state.plan.rehearsal.iter().all(|before| before.floor.holder.is_none()));
    for region in state.plan.delegations.values().flatten() {
        assert!(setup.sites.iter().any(|site| site.region == *region), "{region} is unknown");
    }
    let current = state.agenda.current.as_ref();
    assert!(current.is_none_or(|current| !state.agenda.skipped.contains(current)), "what is left out is not current");
}

/// No state names a site or an item that is not in the setup.
fn known(conference: &Conference) {
    let (setup, state) = (conference.setup(), conference.state());
    let stage = &state.stage;
    let (undo, tour) = (stage.undo.as_ref(), stage.tour.as_ref());
    let before = [undo.map(|undo| &undo.program), tour.map(|tour| &tour.before)];
    let programs = [Some(stage.program()), stage.pending_program()].into_iter().chain(before);
    let on_stage = programs.flatten().flat_map(|program| {
        let sources = program.sources.iter().map(|part| &part.source.site);
        sources.chain(program.slots.values()).chain(&program.microphones)
    });
    let previewed = stage.preview.iter().flat_map(|preview| &preview.sources).map(|source| &source.site);
    let toured = tour.iter().flat_map(|tour| &tour.sites);
    let marked = stage.muted.iter().chain(&stage.closed).chain(&stage.opened).chain(toured);
    let floor = &state.floor;
    let waiting = floor.queue.iter().map(|entry| &entry.site).chain(&floor.cued);
    let holder = floor.holder.iter().map(|holder| &holder.site);
    let roster = &state.roster;
    let listed = roster.connected.keys().chain(roster.presence.keys()).chain(roster.spoken_ms.keys());
    let listed = listed.chain(roster.delegates.keys());
    let written = state.messages.latest.iter().flat_map(|message| message.from.iter().chain(&message.to));
    for site in on_stage.chain(previewed).chain(marked).chain(waiting).chain(holder).chain(listed).chain(written) {
        assert!(setup.site(site).is_some(), "{site} is unknown");
    }
    for by in state.messages.latest.iter().flat_map(|message| &message.acknowledged) {
        assert!(by == CENTRE || setup.site(&world::slug(by)).is_some(), "{by} is unknown");
    }
    for item in state.agenda.times.keys().chain(&state.agenda.current).chain(&state.agenda.skipped) {
        assert!(setup.item(item).is_some(), "{item} is unknown");
    }
}

fn bounds(conference: &Conference) {
    let state = conference.state();
    assert!(state.floor.queue.len() <= MAX_QUEUE);
    assert!(state.messages.latest.len() <= MAX_MESSAGES);
    assert!(state.commands.len() <= 4_096);
}
