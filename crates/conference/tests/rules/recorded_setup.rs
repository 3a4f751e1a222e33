//! The setup is in the log: when it is recorded, what it changes, and that no file has a say in a replay.

use conference::*;

use crate::{
    invariants::replayed,
    world::{HALL, World, camera, other_setups, setup, slug},
};

fn recorded(bodies: &[EventBody]) -> bool {
    matches!(bodies, [EventBody::SetupRecorded { .. }])
}

#[test]
fn the_first_start_records_the_setup_and_a_second_one_with_the_same_file_does_not() {
    let mut world = World::new();
    assert!(matches!(&world.log[1].body, EventBody::SetupRecorded { setup: recorded } if *recorded == setup()));

    assert_eq!(world.restart(setup()), []);
}

#[test]
fn another_file_while_preparing_is_recorded_and_the_preparation_starts_anew() {
    let mut world = World::new();
    let [smaller, _] = other_setups();
    world.put_on_air(Layout::Single, &[camera("b")]);
    world.order(Layout::Single, &[camera("c")]).unwrap();
    world.lead(Command::SetFloorMode { mode: FloorMode::Open }).unwrap();
    world.lead(Command::Invite { site: slug("d") }).unwrap();
    world.lead(Command::Cue { site: slug("d") }).unwrap();
    let (last_take, last_preview) =
        (world.conference.state().stage.last_take, world.conference.state().stage.last_preview);

    assert!(recorded(&world.restart(smaller.clone())));

    let state = world.conference.state();
    assert_eq!(*world.conference.setup(), smaller);
    assert_eq!(state.stage.program.source_refs(), [camera(HALL)]);
    assert_eq!((&state.stage.preview, &state.stage.pending, &state.stage.undo), (&None, &None, &None));
    assert_eq!((state.stage.last_take, state.stage.last_preview), (last_take, last_preview), "numbers run on");
    assert_eq!(
        state.floor,
        Floor { mode: FloorMode::Queue, queue: vec![], cued: Default::default(), holder: None, ended: None }
    );
    world.join("c", EndpointRole::Main);
    world.join(HALL, EndpointRole::Main);
    world.put_on_air(Layout::Single, &[camera("c")]);
}

#[test]
fn of_sites_that_are_left_everything_else_stays_and_of_others_nothing() {
    let mut world = World::new();
    let [without_a, _] = other_setups();
    for site in ["a", "b"] {
        world.lead(Command::MarkPresence { site: slug(site), present: true, reason: String::new() }).unwrap();
        world.lead(Command::Mute { site: slug(site) }).unwrap();
        world.put_on_air(Layout::Single, &[camera(site)]);
        world.wait(2_000);
        world.site(site, Command::SendMessage { to: vec![], text: format!("from {site}") }).unwrap();
    }
    for to in [vec![], vec![slug("a")], vec![slug("a"), slug("b")]] {
        world.lead(Command::SendMessage { to, text: "from the centre".to_owned() }).unwrap();
    }
    for site in ["a", "b"] {
        world.site(site, Command::AcknowledgeMessage { message: MessageId(3) }).unwrap();
    }
    world.lead(Command::BackToHall).unwrap();

    world.restart(without_a);

    let state = world.conference.state();
    assert_eq!(state.roster.presence.keys().collect::<Vec<_>>(), [&slug("b")]);
    assert_eq!(state.roster.spoken_ms.keys().collect::<Vec<_>>(), [&slug("b")]);
    assert_eq!(state.stage.muted.iter().collect::<Vec<_>>(), [&slug("b")]);
    let messages: Vec<_> = state.messages.latest.iter().map(|message| (message.id.0, message.to.clone())).collect();
    assert_eq!(messages, [(2, vec![]), (3, vec![]), (5, vec![slug("b")])], "what was for a alone is for nobody");
    assert_eq!(state.messages.latest[1].acknowledged.iter().collect::<Vec<_>>(), ["b"]);
    assert_eq!(state.messages.last, 5);
    let as_site = world.site("a", Command::SendMessage { to: vec![], text: "x".to_owned() });
    assert_eq!(as_site, Err(Refusal::UnknownSite { site: slug("a") }), "a link outlives its site");
}

#[test]
fn once_the_conference_is_open_the_recorded_setup_counts_for_ever() {
    let mut world = World::new();
    world.lead(Command::OpenConference).unwrap();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.lead(Command::StartItem { item: ItemId::from("report-a"), current: None }).unwrap();
    for file in other_setups() {
        world.fact(Fact::ServerStarted { instance: InstanceId::from("again") });
        let before = world.conference.clone();
        assert_eq!(world.fact(Fact::SetupRead { setup: file }), []);
        assert_eq!(world.conference, before);
    }
    world.lead(Command::EndConference { confirmation: "test".to_owned() }).unwrap();
    let ended = world.conference.clone();

    let [smaller, moved] = other_setups();
    assert_eq!(world.fact(Fact::SetupRead { setup: smaller.clone() }), []);

    assert_eq!(replayed(smaller, &world.log), ended);
    assert_eq!(replayed(moved, &world.log), ended);
}

#[test]
fn another_hall_while_preparing_has_slot_0_and_needs_no_floor() {
    let mut world = World::new();
    let [_, moved] = other_setups();
    world.put_on_air(Layout::SideBySide, &[camera("a"), camera(HALL)]);
    world.chair(Command::Interrupt).unwrap();
    world.lead(Command::Cue { site: slug("b") }).unwrap();

    world.restart(moved);

    assert_eq!(world.program().slots.get(&0), Some(&slug("a")));
    assert_eq!(world.program().microphones, [slug("a")], "though it was closed as a site");
    assert_eq!(world.holder_site(), None);
    assert_eq!(world.lead(Command::Grant { site: slug("a") }), Err(Refusal::AlreadySo));
}

#[test]
fn a_setup_of_another_conference_or_one_that_is_wrong_is_never_recorded() {
    let mut world = World::new();
    let mut other = setup();
    other.id = ConferenceId::from("other");
    let mut wrong = setup();
    wrong.sites[0].hall = false;
    let before = world.conference.clone();

    for file in [other, wrong] {
        assert_eq!(world.fact(Fact::SetupRead { setup: file }), []);
    }

    assert_eq!(world.conference, before);
}

/// A log of a version that recorded no setup, in the middle of its conference.
fn live_without_a_recorded_setup() -> World {
    let mut old = World::new();
    old.lead(Command::OpenConference).unwrap();
    old.put_on_air(Layout::Single, &[camera("a")]);
    old.log.retain(|event| !matches!(event.body, EventBody::SetupRecorded { .. }));
    old.conference = replayed(setup(), &old.log);
    old
}

#[test]
fn a_live_log_from_before_setups_were_recorded_records_the_one_it_is_folded_with() {
    let mut world = live_without_a_recorded_setup();
    let before = world.conference.state().clone();

    assert!(recorded(&world.fact(Fact::SetupRead { setup: setup() })));

    assert_eq!(world.conference.state().stage, before.stage);
    assert_eq!(world.conference.state().floor, before.floor);
    for file in other_setups() {
        assert_eq!(replayed(file, &world.log), world.conference, "also what was before the record is folded with it");
    }
}

#[test]
fn what_an_old_log_says_of_sites_that_its_file_left_out_is_dropped_when_the_file_is_recorded() {
    let mut world = live_without_a_recorded_setup();
    let [without_a, _] = other_setups();
    // Until it was recorded, an edit of the file changed the fold: here a is on air and speaks, but is in no list.
    world.conference = replayed(without_a.clone(), &world.log);
    world.live = Live::default();
    let read = Fact::SetupRead { setup: without_a.clone() };

    let events = world.conference.handle_fact(read, world.now);
    for event in &events {
        world.conference.apply(event);
    }

    world.log.extend(events);
    crate::invariants::now(&world.conference, &world.live);
    assert_eq!(world.program().source_refs(), [camera(HALL)]);
    assert_eq!(world.holder_site(), None);
    assert_eq!(world.conference.state().phase, Phase::Live);
    assert_eq!(replayed(setup(), &world.log), world.conference);
}

#[test]
fn what_differs_is_named() {
    let recorded = setup();
    let [smaller, mut moved] = other_setups();
    moved.sites[0].name = "D".to_owned();
    moved.agenda.reverse();
    let changes = |file: &Setup| recorded.changes_in(file).iter().map(ToString::to_string).collect::<Vec<_>>();

    assert_eq!(recorded.changes_in(&recorded), []);
    let named = ["codec Vp8 instead of H264", "sites removed: a", "agenda items removed: report-a", "floor mode"];
    assert_eq!(changes(&smaller), named);
    let named = ["hall a instead of hall", "sites changed: hall, a, f", "order of the sites", "order of the agenda"];
    assert_eq!(changes(&moved), named);
    assert_eq!(smaller.changes_in(&recorded)[1], SetupChange::SitesAdded(vec![slug("a")]));
}

#[test]
fn a_long_list_of_what_differs_is_cut() {
    let mut larger = setup();
    let like = larger.sites[1].clone();
    larger.sites.extend((0..25).map(|number| Site { slug: slug(&format!("s-{number}")), ..like.clone() }));

    let changes = setup().changes_in(&larger);

    let text = changes[0].to_string();
    assert!(text.ends_with("s-8, s-9 and 15 more"), "{text}");
}
