//! Stories of the floor, the clock, the agenda, messages and restarts.

use conference::*;

use crate::world::{HALL, World, actor, camera, slug};

fn ask(world: &mut World, site: &str, kind: RequestKind) {
    world.site(site, Command::RequestFloor { kind }).unwrap();
}

#[test]
fn responses_outrank_requests_and_who_is_called_comes_first() {
    let mut world = World::new();
    ask(&mut world, "a", RequestKind::Request);
    ask(&mut world, "b", RequestKind::Response);
    world.lead(Command::Invite { site: slug("c") }).unwrap();
    ask(&mut world, "d", RequestKind::Response);
    assert_eq!(world.queue(), ["c", "b", "d", "a"]);
    world.lead(Command::ReorderQueue { site: slug("a"), position: 1 }).unwrap();
    assert_eq!(world.queue(), ["c", "a", "b", "d"]);
}

#[test]
fn a_response_goes_behind_responses_and_before_requests_wherever_an_operator_moved_them() {
    let mut world = World::new();
    for (site, kind) in [
        ("a", RequestKind::Request),
        ("b", RequestKind::Response),
        ("c", RequestKind::Request),
        ("d", RequestKind::Response),
    ] {
        ask(&mut world, site, kind);
    }
    assert_eq!(world.queue(), ["b", "d", "a", "c"]);
    world.lead(Command::ReorderQueue { site: slug("d"), position: 3 }).unwrap();
    ask(&mut world, "e", RequestKind::Response);
    assert_eq!(world.queue(), ["b", "a", "c", "d", "e"], "no response passes another");
    let beyond = Command::ReorderQueue { site: slug("a"), position: 5 };
    assert_eq!(world.lead(beyond), Err(Refusal::OutOfRange { min: 0, max: 4 }));
    assert_eq!(world.lead(Command::ReorderQueue { site: slug("f"), position: 0 }), Err(Refusal::NotInQueue));
    assert_eq!(world.lead(Command::ReorderQueue { site: slug("b"), position: 0 }), Err(Refusal::AlreadySo));
}

#[test]
fn who_is_called_while_waiting_keeps_its_place_and_may_be_granted_out_of_order() {
    let mut world = World::new();
    world.lead(Command::SetFloorMode { mode: FloorMode::Queue }).unwrap();
    ask(&mut world, "a", RequestKind::Request);
    ask(&mut world, "b", RequestKind::Request);
    world.lead(Command::Invite { site: slug("b") }).unwrap();
    assert_eq!(world.lead(Command::Invite { site: slug("b") }), Err(Refusal::AlreadySo));
    assert_eq!(world.queue(), ["a", "b"]);
    world.lead(Command::Grant { site: slug("b") }).unwrap();
    assert_eq!((world.holder_site(), world.queue()), (Some("b"), vec!["a"]), "the others keep their places");
    assert_eq!(world.lead(Command::Invite { site: slug("b") }), Err(Refusal::AlreadySo), "it speaks already");
}

#[test]
fn a_queue_is_served_in_order_except_by_the_chair() {
    let mut world = World::new();
    world.lead(Command::SetFloorMode { mode: FloorMode::Queue }).unwrap();
    ask(&mut world, "a", RequestKind::Request);
    ask(&mut world, "b", RequestKind::Request);
    let grant = |site: &str| Command::Grant { site: slug(site) };
    assert_eq!(world.lead(grant("b")), Err(Refusal::NotFirstInQueue { first: slug("a") }));
    world.chair(grant("b")).unwrap();
    assert_eq!(world.lead(grant("a")), Err(Refusal::FloorHeld { holder: slug("b") }));
    assert_eq!(world.queue(), ["a"], "the others keep their places");
}

#[test]
fn modes_decide_how_sites_may_ask() {
    let mut world = World::new();
    world.lead(Command::SetFloorMode { mode: FloorMode::Closed }).unwrap();
    let request = Command::RequestFloor { kind: RequestKind::Request };
    assert_eq!(world.site("a", request.clone()), Err(Refusal::FloorClosed));
    world.lead(Command::SetFloorMode { mode: FloorMode::Open }).unwrap();
    world.site("a", request.clone()).unwrap();
    assert_eq!(world.holder_site(), Some("a"), "a free floor is given at once");
    world.site("b", request.clone()).unwrap();
    assert_eq!(world.queue(), ["b"]);
    assert_eq!(world.site("b", request.clone()), Err(Refusal::AlreadyInQueue));
    assert_eq!(world.site(HALL, request), Err(Refusal::AlreadySo), "the hall needs no floor");
}

#[test]
fn the_clock_runs_from_the_moment_on_air_and_warns() {
    let mut world = World::new();
    world.lead(Command::Grant { site: slug("a") }).unwrap();
    world.wait(5_000);
    assert_eq!(world.holder().unwrap().clock.spoken_at(world.now), 0);
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.wait(250_000);
    assert_eq!(world.holder().unwrap().clock.time_at(world.now), SpeechTime::Warning(50_000));
    world.lead(Command::PauseClock).unwrap();
    world.wait(100_000);
    world.lead(Command::ResumeClock).unwrap();
    world.wait(60_000);
    assert_eq!(world.holder().unwrap().clock.time_at(world.now), SpeechTime::Over(10_000));
    world.lead(Command::ExtendSpeech { seconds: 30 }).unwrap();
    assert_eq!(world.holder().unwrap().clock.time_at(world.now), SpeechTime::Warning(20_000));
    world.lead(Command::EndSpeech).unwrap();
    assert_eq!(world.conference.state().roster.spoken_by(&slug("a")), 310_000);
}

#[test]
fn a_report_has_the_time_that_the_agenda_plans() {
    let mut world = World::new();
    let report = ItemId::from("report-a");
    assert_eq!(world.lead(Command::StartItem { item: report.clone(), current: None }), Err(Refusal::NotOpen));
    world.lead(Command::OpenConference).unwrap();
    world.lead(Command::StartItem { item: report, current: None }).unwrap();
    world.put_on_air(Layout::Single, &[camera("a")]);
    assert_eq!(world.holder().unwrap().clock.allowed_ms, 420_000);
    world.put_on_air(Layout::Single, &[camera("b")]);
    assert_eq!(world.holder_site(), Some("b"));
    assert_eq!(world.holder().unwrap().clock.allowed_ms, 300_000);
}

#[test]
fn an_interruption_cuts_the_sound_and_leaves_the_picture() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.chair(Command::Interrupt).unwrap();
    assert!(world.program().shows(&slug("a")));
    assert_eq!(world.program().microphones, [slug(HALL)]);
    assert_eq!(world.holder_site(), None);
    world.lead(Command::Grant { site: slug("a") }).unwrap();
    assert_eq!(world.program().microphones, [slug(HALL), slug("a")], "a new grant opens it again");
    assert!(world.holder().unwrap().clock.running_since.is_some());
}

#[test]
fn the_halls_own_page_interrupts_and_no_other_sites_page() {
    let mut world = World::new();
    assert_eq!(world.site(HALL, Command::Interrupt), Err(Refusal::NoHolder));
    world.put_on_air(Layout::Single, &[camera("a")]);
    for site in ["a", "b"] {
        assert_eq!(world.site(site, Command::Interrupt), Err(Refusal::Forbidden));
    }
    world.site(HALL, Command::Interrupt).unwrap();
    assert_eq!((world.holder_site(), world.program().microphones.clone()), (None, vec![slug(HALL)]));
    assert_eq!(world.site(HALL, Command::EndSpeech), Err(Refusal::Forbidden), "that is the chair's");
}

#[test]
fn an_interrupted_site_stays_cut_while_others_come_and_go() {
    let mut world = World::new();
    world.put_on_air(Layout::Grid, &[camera("a"), camera("b"), camera("c")]);
    world.chair(Command::Interrupt).unwrap();
    world.lead(Command::RemoveFromAir { site: slug("c") }).unwrap();
    assert_eq!(world.program().microphones, [slug(HALL), slug("b")]);
    world.put_on_air(Layout::SideBySide, &[camera("b"), camera("a")]);
    assert_eq!(world.program().microphones, [slug(HALL), slug("b")]);
    world.put_on_air(Layout::Single, &[camera("a")]);
    assert_eq!(world.program().microphones, [slug(HALL), slug("a")]);
}

#[test]
fn the_floor_survives_a_dropout() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.wait(10_000);
    world.drop_out("a", EndpointRole::Main);
    world.wait(20_000);
    world.join("a", EndpointRole::Main);
    assert_eq!(world.holder().unwrap().clock.spoken_at(world.now), 10_000);
    assert!(world.holder().unwrap().clock.running_since.is_some());

    world.drop_out("a", EndpointRole::Main);
    world.wait(30_000);
    assert_eq!(world.holder_site(), None, "after the grace time the floor is free");
    assert_eq!(world.conference.state().roster.spoken_by(&slug("a")), 10_000);
}

#[test]
fn a_reserve_line_keeps_the_speech_going() {
    let mut world = World::new();
    world.join("a", EndpointRole::Backup);
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.drop_out("a", EndpointRole::Main);
    assert!(world.holder().unwrap().clock.running_since.is_some());
}

#[test]
fn a_restart_voids_presence_stops_the_clock_and_fails_the_take() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.wait(10_000);
    world.order(Layout::Single, &[camera("b")]).unwrap();
    world.wait(1_000);
    world.live = Live::default();
    world.now = world.now.plus(3_600_000);

    world.fact(Fact::ServerStarted { instance: InstanceId::from("second") });

    let state = world.conference.state();
    assert!(state.roster.connected.is_empty());
    assert!(state.stage.pending.is_none());
    assert_eq!(world.holder().unwrap().clock.spoken_ms, 10_000, "the time of the last event, not of the restart");
    world.wait(5_000);
    world.join("a", EndpointRole::Main);
    assert!(world.holder().unwrap().clock.running_since.is_some());
    assert!(world.program().shows(&slug("a")));
}

#[test]
fn the_end_needs_the_typed_id_and_leaves_only_what_is_safe() {
    let mut world = World::new();
    world.lead(Command::OpenConference).unwrap();
    world.put_on_air(Layout::Single, &[camera("a")]);
    let end = |text: &str| Command::EndConference { confirmation: text.to_owned() };
    assert_eq!(world.lead(end("Test")), Err(Refusal::WrongConfirmation));
    world.lead(end("test")).unwrap();
    assert_eq!(world.holder_site(), None);
    assert_eq!(world.lead(Command::Grant { site: slug("a") }), Err(Refusal::Ended));
    world.lead(Command::BackToHall).unwrap();
}

#[test]
fn messages_are_read_by_those_whom_they_concern() {
    let mut world = World::new();
    world.site("a", Command::SendMessage { to: vec![], text: "Mất tiếng".to_owned() }).unwrap();
    world.lead(Command::SendMessage { to: vec![slug("b")], text: "Chuẩn bị".to_owned() }).unwrap();
    let read = |id| Command::AcknowledgeMessage { message: MessageId(id) };
    assert_eq!(world.site("a", read(2)), Err(Refusal::UnknownMessage { message: MessageId(2) }));
    world.site("b", read(2)).unwrap();
    assert_eq!(world.site("b", read(2)), Err(Refusal::AlreadySo));
    world.lead(read(1)).unwrap();
    let latest = &world.conference.state().messages.latest;
    assert!(latest[0].acknowledged.contains(CENTRE) && latest[1].acknowledged.contains("b"));
    let long = "x".repeat(MAX_TEXT_CHARS + 1);
    let refused = world.site("a", Command::SendMessage { to: vec![], text: long });
    assert_eq!(refused, Err(Refusal::BadText { max: 2_000 }));
}

#[test]
fn a_cleared_queue_leaves_nobody_of_it_cued() {
    let mut world = World::new();
    for site in ["a", "b"] {
        world.site(site, Command::RequestFloor { kind: RequestKind::Request }).unwrap();
    }
    world.lead(Command::Cue { site: slug("b") }).unwrap();
    world.lead(Command::Cue { site: slug("c") }).unwrap();

    world.lead(Command::ClearQueue).unwrap();

    assert!(world.queue().is_empty());
    let cued: Vec<_> = world.conference.state().floor.cued.iter().cloned().collect();
    assert_eq!(cued, [slug("c")], "who was cued without asking is still next");
}

#[test]
fn an_interruption_means_who_spoke_when_the_key_was_pressed() {
    let mut world = World::new();
    world.lead(Command::OpenConference).unwrap();
    world.put_on_air(Layout::Single, &[camera("a")]);
    let given = |command: Command, speaker: &str| Request {
        id: CommandId("x".to_owned()),
        actor: actor(Role::Chair, None),
        seen: None,
        command,
        age_ms: 0,
        speaker: Some(slug(speaker)),
    };
    let handle = |world: &World, request: Request| world.conference.handle(&request, &world.live, world.now);
    assert!(handle(&world, given(Command::Interrupt, "a")).is_ok());

    // A take comes between what the chair saw and the key.
    world.put_on_air(Layout::Single, &[camera("b")]);

    let held = Err(Refusal::FloorHeld { holder: slug("b") });
    for command in [Command::Interrupt, Command::EndSpeech, Command::PauseClock, Command::ExtendSpeech { seconds: 60 }]
    {
        assert_eq!(handle(&world, given(command.clone(), "a")), held, "{command:?}");
    }
    world.lead(Command::BackToHall).unwrap();
    assert_eq!(handle(&world, given(Command::Interrupt, "a")), Err(Refusal::NoHolder));
}

/// Clock of the holder: spoken so far and allowed, ms.
fn clock(world: &World) -> (u64, u64) {
    let holder = world.holder().expect("somebody speaks");
    (holder.clock.spoken_at(world.now), holder.clock.allowed_ms)
}

#[test]
fn a_speech_that_an_undo_brings_back_goes_on_with_its_clock() {
    let mut world = World::new();
    world.lead(Command::OpenConference).unwrap();
    world.put_on_air(Layout::Single, &[camera("a")]);
    let (_, allowed) = clock(&world);
    world.wait(20_000);
    world.lead(Command::BackToHall).unwrap();
    world.wait(3_000);

    world.lead(Command::Undo).unwrap();
    world.shown();

    assert_eq!(clock(&world), (20_000, allowed), "the hall's seconds are not the speaker's");
    world.wait(5_000);
    world.lead(Command::EndSpeech).unwrap();
    assert_eq!(world.conference.state().roster.spoken_by(&slug("a")), 25_000, "counted once");
}

#[test]
fn the_chair_calls_a_speech_back_that_ended_a_moment_ago() {
    let mut world = World::new();
    world.lead(Command::OpenConference).unwrap();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.wait(20_000);
    world.chair(Command::EndSpeech).unwrap();
    world.wait(CALL_BACK_MS);
    world.chair(Command::Grant { site: slug("a") }).unwrap();
    assert_eq!(clock(&world).0, 20_000);

    world.chair(Command::EndSpeech).unwrap();
    world.wait(CALL_BACK_MS + 1);
    world.chair(Command::Grant { site: slug("a") }).unwrap();
    assert_eq!(clock(&world).0, 0, "another speech");
    assert_eq!(world.conference.state().roster.spoken_by(&slug("a")), 20_000);
}

#[test]
fn who_waits_in_open_mode_is_not_overtaken() {
    let mut world = World::new();
    world.lead(Command::OpenConference).unwrap();
    world.lead(Command::SetFloorMode { mode: FloorMode::Queue }).unwrap();
    ask(&mut world, "a", RequestKind::Request);
    world.lead(Command::SetFloorMode { mode: FloorMode::Open }).unwrap();

    ask(&mut world, "b", RequestKind::Request);

    assert_eq!((world.holder_site(), world.queue()), (None, vec!["a", "b"]));
}
