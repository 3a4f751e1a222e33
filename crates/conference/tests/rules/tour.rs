//! Stories of the tour (lướt điểm cầu).

use conference::{
    tour::{MAX_DWELL_MS, MIN_DWELL_MS},
    *,
};

use crate::world::{HALL, World, camera, slug};

fn tour_of(sites: &[&str], repeat: bool) -> Command {
    Command::StartTour { sites: sites.iter().map(|site| slug(site)).collect(), dwell_ms: 5_000, repeat }
}

/// Who is shown by the tour now.
fn toured(world: &World) -> Option<&str> {
    let program = Some(world.program()).filter(|program| program.tour)?;
    program.sources.first().map(|part| part.source.site.as_str())
}

fn ends(world: &World) -> Vec<TourEnd> {
    let end = |event: &Event| match event.body {
        EventBody::TourEnded { reason } => Some(reason),
        _ => None,
    };
    world.log.iter().filter_map(end).collect()
}

#[test]
fn sites_are_shown_by_turns_in_silence_and_then_comes_back_what_was_on_air() {
    let mut world = World::new();
    world.put_on_air(Layout::SpeakerHall, &[camera("f"), camera(HALL)]);
    world.lead(Command::EndSpeech).unwrap();
    world.lead(tour_of(&["a", "b", "c"], false)).unwrap();
    assert!(world.program().shows(&slug("f")), "until the first is shown");

    let mut seen = Vec::new();
    for _ in 0..3 {
        world.play(0);
        seen.push(toured(&world).unwrap().to_owned());
        assert_eq!(world.program().microphones, [slug(HALL)]);
        assert_eq!(world.holder_site(), None, "a tour gives nobody the floor");
        world.play(5_000);
    }

    assert_eq!(seen, ["a", "b", "c"]);
    assert_eq!(ends(&world), [TourEnd::Done]);
    assert_eq!(world.program().layout, Layout::SpeakerHall);
    assert_eq!(world.program().source_refs(), [camera("f"), camera(HALL)]);
    assert_eq!(world.holder_site(), None, "and its end gives the floor to nobody either");
    assert_eq!(world.program().microphones, [slug(HALL), slug("f")]);
    assert_eq!(world.lead(Command::Undo), Err(Refusal::NothingToUndo));
}

#[test]
fn a_tour_of_all_begins_anew_when_it_is_told_to() {
    let mut world = World::new();
    world.lead(tour_of(&[], true)).unwrap();
    let tour = world.stage().tour.clone().unwrap();
    assert_eq!(tour.sites, ["a", "b", "c", "d", "e", "f"].map(slug), "all but the hall, in the order of the wall");
    world.play(5_000 * 6);
    assert_eq!(toured(&world), Some("a"));
    assert_eq!(ends(&world), []);
}

#[test]
fn a_step_lasts_from_the_moment_it_is_shown() {
    let mut world = World::new();
    world.lead(tour_of(&["a", "b"], false)).unwrap();
    world.wait(900);
    world.shown();
    world.wait(4_999);
    assert!(world.stage().pending.is_none() && toured(&world) == Some("a"));
    world.wait(1);
    assert!(world.stage().pending_program().unwrap().shows(&slug("b")));
}

#[test]
fn who_sends_no_picture_is_passed_over_and_who_drops_out_is_left_at_once() {
    let mut world = World::new();
    world.drop_out("a", EndpointRole::Main);
    world.live.endpoints.get_mut(&(slug("c"), EndpointRole::Main)).unwrap().camera = false;
    world.lead(tour_of(&["a", "b", "c", "d"], false)).unwrap();
    world.play(0);
    assert_eq!(toured(&world), Some("b"));

    world.drop_out("b", EndpointRole::Main);
    world.play(0);

    assert_eq!(toured(&world), Some("d"));
}

#[test]
fn a_site_with_a_reserve_line_stays_in_the_picture() {
    let mut world = World::new();
    world.join("a", EndpointRole::Backup);
    world.lead(tour_of(&["a", "b"], false)).unwrap();
    world.play(0);
    world.drop_out("a", EndpointRole::Main);
    world.play(4_000);
    assert_eq!(toured(&world), Some("a"));
}

#[test]
fn a_step_that_fails_is_passed_over_and_a_tour_on_which_all_fail_ends() {
    let mut world = World::new();
    world.lead(tour_of(&["a", "b"], false)).unwrap();
    let take = world.stage().last_take;
    world.fact(Fact::TakeFailed { take, reason: TakeFailure::NoKeyframe });
    world.play(0);
    assert_eq!(toured(&world), Some("b"));

    world.lead(Command::BackToHall).unwrap();
    world.lead(tour_of(&["a", "b", "c"], true)).unwrap();
    // Nobody reports: the stage's own deadline ends each step.
    world.wait(60_000);
    assert_eq!(ends(&world), [TourEnd::Superseded, TourEnd::NobodyToShow]);
    assert_eq!(world.program().source_refs(), [camera(HALL)]);
}

#[test]
fn a_tour_whose_order_was_taken_back_ends() {
    let mut world = World::new();
    world.lead(tour_of(&["a", "b"], true)).unwrap();
    let take = world.stage().last_take;
    world.fact(Fact::TakeFailed { take, reason: TakeFailure::Superseded });
    assert_eq!(ends(&world), [TourEnd::Superseded]);
    world.play(20_000);
    assert_eq!(toured(&world), None);
}

#[test]
fn of_a_tour_that_begins_anew_the_only_one_who_sends_stays_until_nobody_does() {
    let mut world = World::new();
    world.lead(tour_of(&["a", "b"], true)).unwrap();
    world.play(0);
    world.drop_out("b", EndpointRole::Main);
    let takes = world.stage().last_take;
    world.play(20_000);
    assert_eq!((toured(&world), world.stage().last_take), (Some("a"), takes), "no take of what is shown");

    world.drop_out("a", EndpointRole::Main);
    world.play(0);

    assert_eq!(ends(&world), [TourEnd::NobodyToShow]);
    assert_eq!(world.program().source_refs(), [camera(HALL)]);
}

#[test]
fn a_tour_that_is_stopped_brings_back_what_was_before_it() {
    let mut world = World::new();
    assert_eq!(world.lead(Command::StopTour), Err(Refusal::NoTour));
    world.lead(tour_of(&["a", "b"], false)).unwrap();
    let bodies = world.lead(Command::StopTour).unwrap();
    assert!(
        matches!(&bodies[..], [EventBody::TakeFailed { .. }, EventBody::TourEnded { reason: TourEnd::Stopped }]),
        "nobody was shown yet: nothing is to be brought back"
    );

    world.lead(tour_of(&["a", "b"], false)).unwrap();
    world.play(5_000);
    assert_eq!(toured(&world), Some("b"));
    world.lead(Command::StopTour).unwrap();
    world.shown();
    assert_eq!(world.program().source_refs(), [camera(HALL)]);
}

#[test]
fn what_cannot_be_brought_back_is_the_hall_and_the_slide_is_cut_to() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("f")]);
    world.lead(Command::EndSpeech).unwrap();
    world.lead(tour_of(&["a"], false)).unwrap();
    world.play(1_000);
    world.drop_out("f", EndpointRole::Main);
    let bodies = world.lead(Command::StopTour).unwrap();
    assert!(matches!(&bodies[1], EventBody::StageCut { cause: CutCause::BackToHall, .. }));
    assert_eq!(world.program().source_refs(), [camera(HALL)]);

    world.lead(Command::ShowHolding { title: "Tạm nghỉ".to_owned(), text: String::new() }).unwrap();
    world.lead(tour_of(&["a"], false)).unwrap();
    world.play(5_000);
    assert!(world.program().holding.is_some());
    assert!(matches!(world.log.last().unwrap().body, EventBody::StageCut { cause: CutCause::HoldingAgain, .. }));
}

#[test]
fn any_other_change_of_the_stage_ends_the_tour_and_an_undo_brings_back_what_was_before_it() {
    type Change = fn(&mut World) -> Result<Vec<EventBody>, Refusal>;
    let changes: [Change; 4] = [
        |world| world.order(Layout::Single, &[camera("d")]),
        |world| world.lead(Command::BackToHall),
        |world| world.lead(Command::RemoveFromAir { site: slug("b") }),
        |world| world.lead(Command::ShowHolding { title: "Tạm nghỉ".to_owned(), text: String::new() }),
    ];
    for change in changes {
        // While a step is under way, and while one is shown.
        for wait in [4_999, 5_000] {
            let mut world = World::new();
            world.put_on_air(Layout::Single, &[camera("f")]);
            world.lead(Command::EndSpeech).unwrap();
            world.lead(tour_of(&["b", "c"], true)).unwrap();
            world.shown();
            world.wait(wait);

            change(&mut world).unwrap();

            assert_eq!(ends(&world), [TourEnd::Superseded]);
            world.play(20_000);
            assert_eq!(toured(&world), None, "it does not go on");
            world.lead(Command::Undo).unwrap();
            world.shown();
            assert_eq!(world.program().source_refs(), [camera("f")]);
        }
    }
}

#[test]
fn an_undo_ends_the_tour_and_brings_back_what_was_before_it() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("f")]);
    world.chair(Command::Interrupt).unwrap();
    world.lead(tour_of(&["a", "b"], false)).unwrap();
    world.lead(Command::Undo).unwrap();
    assert_eq!((ends(&world), &world.stage().pending), (vec![TourEnd::Superseded], &None), "nobody was shown yet");
    assert_eq!(world.program().source_refs(), [camera("f")]);

    world.lead(tour_of(&["a", "b"], false)).unwrap();
    world.play(5_000);
    world.lead(Command::Undo).unwrap();
    world.shown();

    assert_eq!(world.program().source_refs(), [camera("f")]);
    assert_eq!(world.program().microphones, [slug(HALL)], "who was interrupted before the tour is so after it");
    assert_eq!(world.holder_site(), None);
}

#[test]
fn who_is_shown_by_the_tour_can_be_taken_and_speaks_then() {
    let mut world = World::new();
    world.lead(tour_of(&["a", "b"], false)).unwrap();
    world.play(1_000);
    let before = world.conference.routes(world.program(), &world.live);

    world.order(Layout::Single, &[camera("a")]).unwrap();
    let coming = world.conference.routes(world.stage().pending_program().unwrap(), &world.live);
    world.shown();

    let at_b = world.live.endpoint(&slug("b"), EndpointRole::Main).unwrap().connection;
    let (before, coming) = (&before.receivers[&at_b].slots, &coming.receivers[&at_b].slots);
    let picture = (Slot::Program { index: 1 }, MediaKind::Video);
    let sound = (Slot::Program { index: 1 }, MediaKind::Audio);
    assert_eq!(before.get(&picture), coming.get(&picture), "the picture stays as it is");
    assert!(!before.contains_key(&sound) && coming.contains_key(&sound));
    assert_eq!(world.program().microphones, [slug(HALL), slug("a")]);
    assert!(world.holder().unwrap().clock.running_since.is_some());
    assert_eq!(world.order(Layout::Single, &[camera("a")]), Err(Refusal::AlreadySo), "a second time nothing changes");
}

#[test]
fn a_tour_is_refused_with_its_reason() {
    let mut world = World::new();
    let refused = |world: &mut World, sites: &[&str], dwell_ms| {
        let sites = sites.iter().map(|site| slug(site)).collect();
        world.lead(Command::StartTour { sites, dwell_ms, repeat: false }).unwrap_err()
    };
    assert_eq!(refused(&mut world, &["a", "x"], 5_000), Refusal::UnknownSite { site: slug("x") });
    assert_eq!(refused(&mut world, &["a", "b", "a"], 5_000), Refusal::TooMany { limit: 2 }, "nobody twice");
    assert_eq!(refused(&mut world, &[HALL], 5_000), Refusal::NobodyToShow, "the hall is no stop");
    let bounds = Refusal::OutOfRange { min: u64::from(MIN_DWELL_MS), max: u64::from(MAX_DWELL_MS) };
    for dwell_ms in [0, MIN_DWELL_MS - 1, MAX_DWELL_MS + 1] {
        assert_eq!(refused(&mut world, &["a"], dwell_ms), bounds);
    }
    world.drop_out("a", EndpointRole::Main);
    assert_eq!(refused(&mut world, &["a"], 5_000), Refusal::NobodyToShow);
    world.lead(Command::Grant { site: slug("b") }).unwrap();
    assert_eq!(refused(&mut world, &["c"], 5_000), Refusal::FloorHeld { holder: slug("b") });
    world.lead(Command::EndSpeech).unwrap();
    world.order(Layout::Single, &[camera("b")]).unwrap();
    assert_eq!(refused(&mut world, &["c"], 5_000), Refusal::TakePending);
    world.lead(Command::BackToHall).unwrap();
    world.lead(tour_of(&["c"], false)).unwrap();
    assert_eq!(refused(&mut world, &["d"], 5_000), Refusal::AlreadySo);
}

#[test]
fn the_floor_can_be_granted_during_a_tour_and_the_clock_waits() {
    let mut world = World::new();
    world.lead(tour_of(&["a", "b"], false)).unwrap();
    world.play(1_000);
    world.lead(Command::Grant { site: slug("a") }).unwrap();
    assert!(!world.holder().unwrap().on_air, "it is seen and not heard");
    assert_eq!(world.program().microphones, [slug(HALL)]);
    world.play(4_000);
    assert_eq!((toured(&world), world.holder_site()), (Some("b"), Some("a")));
    world.put_on_air(Layout::Single, &[camera("a")]);
    assert!(world.holder().unwrap().on_air);
    assert_eq!(world.holder().unwrap().clock.spoken_at(world.now), 0);
}

#[test]
fn a_grant_to_who_is_in_the_picture_comes_before_a_tour_that_has_shown_nobody_yet() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.lead(Command::EndSpeech).unwrap();
    world.lead(tour_of(&["b"], false)).unwrap();
    world.lead(Command::Grant { site: slug("a") }).unwrap();
    assert_eq!(ends(&world), [TourEnd::Superseded]);
    assert!(world.holder().unwrap().clock.running_since.is_some());
    world.play(20_000);
    assert_eq!((toured(&world), world.holder_site()), (None, Some("a")));
}

#[test]
fn a_site_that_asks_for_an_open_floor_during_a_tour_waits_for_the_air_too() {
    let mut world = World::new();
    world.lead(Command::SetFloorMode { mode: FloorMode::Open }).unwrap();
    world.lead(tour_of(&["a"], true)).unwrap();
    world.play(0);
    world.site("a", Command::RequestFloor { kind: RequestKind::Request }).unwrap();
    assert!(!world.holder().unwrap().on_air);
    assert_eq!(world.program().microphones, [slug(HALL)]);
}

#[test]
fn a_restart_and_the_end_of_the_conference_end_the_tour_where_it_is() {
    let mut world = World::new();
    world.lead(Command::OpenConference).unwrap();
    world.lead(tour_of(&["a", "b"], true)).unwrap();
    world.play(1_000);
    world.restart(crate::world::setup());
    assert_eq!((ends(&world), toured(&world)), (vec![TourEnd::Over], Some("a")));
    for site in ["a", "b", HALL] {
        world.join(site, EndpointRole::Main);
    }

    // A tour that begins where another was left ends where that one began.
    world.lead(tour_of(&["b"], false)).unwrap();
    world.play(5_000);
    assert_eq!(world.program().source_refs(), [camera(HALL)]);

    world.lead(tour_of(&["b"], true)).unwrap();
    world.play(0);
    world.lead(Command::EndConference { confirmation: "test".to_owned() }).unwrap();
    assert_eq!(ends(&world), [TourEnd::Over, TourEnd::Done, TourEnd::Over]);
    assert_eq!(toured(&world), Some("b"));
}

#[test]
fn the_best_layer_of_the_next_site_flows_before_its_turn() {
    let mut world = World::new();
    world.lead(tour_of(&["a", "b", "c"], false)).unwrap();
    world.play(0);
    world.live.endpoints.get_mut(&(slug("b"), EndpointRole::Main)).unwrap().camera = false;
    let wishes = world.conference.routes(world.program(), &world.live).wishes;
    let wished = |site: &str| {
        let connection = world.live.endpoint(&slug(site), EndpointRole::Main).unwrap().connection;
        wishes.get(&Track { connection, kind: TrackKind::Camera }).copied()
    };
    assert_eq!(["a", "b", "c", "d"].map(wished), [Some(Quality::High), None, Some(Quality::High), None]);
}

#[test]
fn a_site_that_is_shown_in_passing_is_told_so_and_sees_its_return() {
    let mut world = World::new();
    world.lead(tour_of(&["a"], true)).unwrap();
    world.play(0);
    let at_a = world.live.endpoint(&slug("a"), EndpointRole::Main).unwrap().connection;
    let a = world.conference.routes(world.program(), &world.live).receivers[&at_a].clone();
    assert!(a.picture.on_air);
    assert!(a.slots.contains_key(&(Slot::Return, MediaKind::Video)));
    assert_eq!(a.picture.cells[0].site, slug(HALL), "it sees the hall, as who is alone on air does");
}
