//! Rules of what flows to whom.

use std::collections::BTreeMap;

use conference::*;

pub fn hold(conference: &Conference, program: &Program, live: &Live) {
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
        let heard = site != hall && program.microphones.contains(site);
        assert!(receiver.picture.on_air || !(program.shows(site) || heard), "{site} is not told that it is on air");
        assert!(!receiver.picture.on_air || program.slot_of(site).is_some(), "{site} is told that it is on air");
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
    if program.holding.is_some() {
        nothing_of_the_programme(&routing, live);
    }
}

/// The holding slide is drawn by the pages: nothing flows for it.
fn nothing_of_the_programme(routing: &Routing, live: &Live) {
    for (connection, receiver) in &routing.receivers {
        assert!(receiver.picture.cells.is_empty() && receiver.picture.audio.is_empty());
        for (slot, _) in receiver.slots.keys() {
            let programme = matches!(slot, Slot::Program { .. } | Slot::ProgramContent);
            assert!(!programme, "{connection:?} gets {slot:?} behind the slide: {:?}", live.players.get(connection));
        }
    }
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
