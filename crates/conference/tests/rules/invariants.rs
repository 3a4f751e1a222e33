//! What must hold after every step, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use conference::*;

use crate::world;

/// Between one event and the next.
pub fn after_event(before: &State, conference: &Conference, event: &Event) {
    let after = conference.state();
    assert!(event.at >= before.last_at, "event time never decreases");
    assert_eq!(after.revision, before.revision + 1);
    match &event.body {
        EventBody::TakeOrdered { .. } => assert!(before.stage.pending.is_none(), "at most one take is under way"),
        EventBody::FloorGranted { .. } => assert!(before.floor.holder.is_none(), "at most one floor holder"),
        EventBody::SpeechEnded { site, spoken_ms, .. } => {
            let holder = before.floor.holder.as_ref().expect("only a holder's speech ends");
            assert_eq!(holder.site, *site);
            assert!(*spoken_ms <= holder.clock.spoken_at(event.at));
            assert_eq!(after.roster.spoken_by(site), before.roster.spoken_by(site) + spoken_ms);
        }
        _ => {}
    }
    // A setup is recorded before anybody is connected: no line that is in use is laid anew.
    if matches!(event.body, EventBody::SetupRecorded { .. }) {
        return;
    }
    // A site that stays on air keeps its slot.
    for (slot, site) in &before.stage.program.slots {
        if let Some(kept) = after.stage.program.slot_of(site) {
            assert_eq!(kept, *slot, "{site} moved from its slot");
        }
    }
}

/// At rest.
pub fn now(conference: &Conference, live: &Live) {
    known(conference);
    stage(conference);
    floor(conference);
    bounds(conference);
    let stage = &conference.state().stage;
    for program in [Some(stage.program()), stage.pending_program()].into_iter().flatten() {
        routes(conference, program, live);
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

/// No state names a site or an item that is not in the setup.
fn known(conference: &Conference) {
    let (setup, state) = (conference.setup(), conference.state());
    let stage = &state.stage;
    let programs = [Some(stage.program()), stage.pending_program(), stage.undo.as_ref().map(|undo| &undo.program)];
    let on_stage = programs.into_iter().flatten().flat_map(|program| {
        let sources = program.sources.iter().map(|part| &part.source.site);
        sources.chain(program.slots.values()).chain(&program.microphones)
    });
    let previewed = stage.preview.iter().flat_map(|preview| &preview.sources).map(|source| &source.site);
    let marked = stage.muted.iter().chain(&stage.closed);
    let floor = &state.floor;
    let waiting = floor.queue.iter().map(|entry| &entry.site).chain(&floor.cued);
    let holder = floor.holder.iter().map(|holder| &holder.site);
    let roster = &state.roster;
    let listed = roster.connected.keys().chain(roster.presence.keys()).chain(roster.spoken_ms.keys());
    let written = state.messages.latest.iter().flat_map(|message| message.from.iter().chain(&message.to));
    for site in on_stage.chain(previewed).chain(marked).chain(waiting).chain(holder).chain(listed).chain(written) {
        assert!(setup.site(site).is_some(), "{site} is unknown");
    }
    for by in state.messages.latest.iter().flat_map(|message| &message.acknowledged) {
        assert!(by == CENTRE || setup.site(&world::slug(by)).is_some(), "{by} is unknown");
    }
    for item in state.agenda.times.keys().chain(&state.agenda.current) {
        assert!(setup.item(item).is_some(), "{item} is unknown");
    }
}

fn stage(conference: &Conference) {
    let stage = &conference.state().stage;
    let hall = conference.hall();
    assert_eq!(stage.program.slots.get(&0), Some(hall), "slot 0 is the hall's");
    let hall_open = stage.program.microphones.contains(hall);
    assert_eq!(hall_open, !stage.muted.contains(hall), "the hall is heard unless it is muted");
    assert!(!stage.program.sources.is_empty());
    for part in &stage.program.sources {
        assert_eq!(part.slot.is_some(), part.source.kind == SourceKind::Camera);
        assert!(part.slot.is_none() || part.slot == stage.program.slot_of(&part.source.site));
    }
    let owners: BTreeSet<_> = stage.program.slots.values().collect();
    assert_eq!(owners.len(), stage.program.slots.len(), "no site has two slots");
    for site in &stage.program.microphones {
        assert!(!stage.muted.contains(site) && !stage.closed.contains(site));
        assert!(site == hall || stage.program.shows(site), "{site} is heard and not on air");
    }
}

fn floor(conference: &Conference) {
    let floor = &conference.state().floor;
    let waiting: BTreeSet<_> = floor.queue.iter().map(|entry| &entry.site).collect();
    assert_eq!(waiting.len(), floor.queue.len(), "no site waits twice");
    assert!(!waiting.contains(conference.hall()));
    let Some(holder) = &floor.holder else { return };
    assert!(!waiting.contains(&holder.site) && !floor.cued.contains(&holder.site));
    assert_ne!(holder.site, *conference.hall());
    let running = holder.clock.running_since.is_some();
    assert!(!running || (holder.on_air && holder.grace.is_none()), "the clock runs on air only");
    assert!(!holder.on_air || conference.state().stage.program.shows(&holder.site), "the speaker is in the picture");
}

fn bounds(conference: &Conference) {
    let state = conference.state();
    assert!(state.floor.queue.len() <= MAX_QUEUE);
    assert!(state.messages.latest.len() <= MAX_MESSAGES);
    assert!(state.commands.len() <= 4_096);
}

fn routes(conference: &Conference, program: &Program, live: &Live) {
    let routing = conference.routes(program, live);
    assert_eq!(routing, conference.routes(program, live), "routes are a function");
    let owner: BTreeMap<ConnectionId, &SiteSlug> =
        live.endpoints.iter().map(|((site, _), endpoint)| (endpoint.connection, site)).collect();
    let hall = conference.hall();
    let mut sounding: BTreeMap<&SiteSlug, usize> = BTreeMap::new();
    for ((site, role), endpoint) in &live.endpoints {
        let Some(receiver) = routing.receivers.get(&endpoint.connection) else { continue };
        let mut has_sound = receiver.picture.plays_sound;
        for ((slot, kind), feed) in &receiver.slots {
            if *slot == Slot::Talkback {
                assert!(live.consoles.get(&feed.track.connection).is_some_and(|c| c.talkback.contains(site)));
                continue;
            }
            let source = owner[&feed.track.connection];
            match (slot, kind) {
                (Slot::Return, MediaKind::Video) => assert_eq!(source, site),
                (_, MediaKind::Audio) => {
                    assert_ne!(source, site, "own sound at {site} {role:?}");
                    assert!(program.microphones.contains(source), "{source} is not open");
                    has_sound = true;
                }
                (_, MediaKind::Video) => {
                    assert!(program.shows(source) || source == hall, "{source} is off air and seen at {site}");
                }
            }
            assert!(*role != EndpointRole::Screen || matches!(slot, Slot::Program { .. } | Slot::ProgramContent));
        }
        *sounding.entry(site).or_default() += usize::from(has_sound);
        for cell in &receiver.picture.cells {
            assert!(program.shows(&cell.site) || cell.site == *hall);
        }
    }
    for (connection, player) in live.players.iter().filter(|(_, player)| player.media) {
        let receiver = &routing.receivers[connection];
        player_routes(conference, program, player, receiver, &owner);
        if let Some(site) = player.place.site() {
            *sounding.entry(site).or_default() += usize::from(receiver.picture.plays_sound);
        }
    }
    assert!(sounding.values().all(|devices| *devices <= 1), "one device of a site plays the programme's sound");
}

fn player_routes(
    conference: &Conference,
    program: &Program,
    player: &PlayerLive,
    receiver: &Receiver,
    owner: &BTreeMap<ConnectionId, &SiteSlug>,
) {
    for ((slot, kind), feed) in &receiver.slots {
        let source = owner[&feed.track.connection];
        assert_ne!((Some(source), *kind), (player.place.site(), MediaKind::Audio), "own sound at a player of {source}");
        match &player.plays {
            Plays::Programme => match kind {
                MediaKind::Audio => assert!(program.microphones.contains(source), "{source} is not open"),
                MediaKind::Video => {
                    assert!(program.shows(source) || source == conference.hall(), "{source} is off air")
                }
            },
            Plays::Site(site) => assert_eq!(source, site),
            Plays::Wall => assert!(matches!(slot, Slot::Wall { .. } | Slot::Program { .. })),
        }
    }
    let sounds = receiver.slots.keys().filter(|(_, kind)| *kind == MediaKind::Audio).count();
    assert!(sounds <= 1, "nobody mixes for a player");
}
