//! Stories of microphones beyond the picture, and of mutes for many.

use conference::{microphones::MAX_OPENED, *};

use crate::world::{HALL, World, camera, slug};

fn open(site: &str) -> Command {
    Command::OpenMicrophone { site: slug(site) }
}

fn close(site: &str) -> Command {
    Command::CloseMicrophone { site: slug(site) }
}

fn allowed() -> World {
    let mut world = World::new();
    world.chair(Command::AllowMicrophones { allowed: true }).unwrap();
    world
}

fn heard(world: &World) -> Vec<&str> {
    world.program().microphones.iter().map(SiteSlug::as_str).collect()
}

fn opened(world: &World) -> Vec<&str> {
    world.stage().opened.iter().map(SiteSlug::as_str).collect()
}

fn receiver(world: &World, site: &str) -> Receiver {
    let connection = world.live.endpoint(&slug(site), EndpointRole::Main).unwrap().connection;
    world.conference.routes(world.program(), &world.live).receivers[&connection].clone()
}

#[test]
fn a_site_is_heard_without_its_picture_when_the_chair_allows_it() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    assert_eq!(world.chair(open("b")), Err(Refusal::MicrophonesNotAllowed));
    world.chair(Command::AllowMicrophones { allowed: true }).unwrap();
    assert_eq!(world.chair(Command::AllowMicrophones { allowed: true }), Err(Refusal::AlreadySo));

    world.chair(open("b")).unwrap();

    assert_eq!(heard(&world), [HALL, "a", "b"]);
    assert_eq!(world.program().source_refs(), [camera("a")], "the picture is as it was");
    assert_eq!(world.holder_site(), Some("a"), "and so is the floor");
    assert_eq!(receiver(&world, "c").picture.audio, [0, 1, 2]);
    let b = receiver(&world, "b");
    assert_eq!(b.picture.audio, [0, 1], "it never hears itself");
    assert!(b.picture.on_air, "its page says that it is heard");
    assert!(!b.slots.contains_key(&(Slot::Return, MediaKind::Video)), "no picture, no return");

    world.lead(close("b")).unwrap();
    assert_eq!(heard(&world), [HALL, "a"]);
    assert!(!receiver(&world, "b").picture.on_air);
    assert_eq!(world.lead(close("b")), Err(Refusal::AlreadySo));
}

#[test]
fn what_cannot_be_opened_is_refused_with_its_reason() {
    let mut world = allowed();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.drop_out("f", EndpointRole::Main);
    assert_eq!(world.lead(open("x")), Err(Refusal::UnknownSite { site: slug("x") }));
    assert_eq!(world.lead(open(HALL)), Err(Refusal::AlreadySo));
    assert_eq!(world.lead(open("a")), Err(Refusal::AlreadySo), "the picture opens it");
    assert_eq!(world.lead(open("f")), Err(Refusal::SourceOffline { site: slug("f") }));
    world.lead(open("b")).unwrap();
    assert_eq!(world.lead(open("b")), Err(Refusal::AlreadySo));
    world.lead(open("c")).unwrap();
    assert_eq!(world.lead(open("d")), Err(Refusal::TooManyMicrophones { limit: MAX_OPENED as u32 }));
    world.lead(close("b")).unwrap();
    world.order(Layout::Single, &[camera("d")]).unwrap();
    assert_eq!(world.lead(open("e")), Err(Refusal::TakePending), "what is coming has its slots already");
}

#[test]
fn with_four_sites_in_the_picture_or_the_slide_there_is_no_room() {
    let mut world = allowed();
    world.put_on_air(Layout::Grid, &[camera("a"), camera("b"), camera("c"), camera("d")]);
    assert_eq!(world.lead(open("e")), Err(Refusal::TooManyMicrophones { limit: 0 }));
    world.lead(Command::ShowHolding { title: "Tạm nghỉ".to_owned(), text: String::new() }).unwrap();
    assert_eq!(world.lead(open("e")), Err(Refusal::TooManyMicrophones { limit: 0 }));
    world.put_on_air(Layout::Grid, &[camera("a"), camera("b"), camera("c"), camera(HALL)]);
    world.lead(open("e")).unwrap();
    assert_eq!(world.lead(open("f")), Err(Refusal::TooManyMicrophones { limit: 1 }));
}

#[test]
fn takes_leave_open_what_they_do_not_need_and_nobody_changes_its_slot() {
    let mut world = allowed();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.lead(open("b")).unwrap();
    world.lead(open("c")).unwrap();
    let slots = |world: &World| ["b", "c"].map(|site| world.program().slot_of(&slug(site)));
    let before = slots(&world);

    world.put_on_air(Layout::Single, &[camera("d")]);

    assert_eq!((opened(&world), slots(&world)), (vec!["b", "c"], before));
    assert_eq!(heard(&world), [HALL, "d", "b", "c"], "in the order of the slots");

    world.put_on_air(Layout::SideBySide, &[camera("b"), camera("d")]);
    assert_eq!((opened(&world), slots(&world)), (vec!["c"], before), "b is in the picture now");
    world.put_on_air(Layout::Single, &[camera("d")]);
    assert_eq!(heard(&world), [HALL, "d", "c"], "and is not heard when it leaves it");
}

#[test]
fn a_picture_that_needs_all_slots_closes_the_highest() {
    let mut world = allowed();
    world.lead(open("e")).unwrap();
    world.lead(open("f")).unwrap();
    world.put_on_air(Layout::Grid, &[camera("a"), camera("b"), camera("c"), camera(HALL)]);
    assert_eq!(opened(&world), ["e"]);
    world.put_on_air(Layout::Grid, &[camera("a"), camera("b"), camera("c"), camera("d")]);
    assert_eq!(opened(&world), [""; 0]);
}

#[test]
fn a_take_that_fails_closes_nothing() {
    let mut world = allowed();
    world.lead(open("b")).unwrap();
    world.order(Layout::Grid, &[camera("a"), camera("b"), camera("c"), camera("d")]).unwrap();
    world.wait(5_000);
    assert_eq!(heard(&world), [HALL, "b"]);
}

#[test]
fn a_microphone_that_is_closed_while_a_take_is_coming_stays_closed() {
    let mut world = allowed();
    world.lead(open("b")).unwrap();
    world.order(Layout::Single, &[camera("a")]).unwrap();
    assert_eq!(world.stage().pending_program().unwrap().microphones, [HALL, "b", "a"].map(slug));
    world.lead(close("b")).unwrap();
    world.shown();
    assert_eq!(heard(&world), [HALL, "a"]);
}

#[test]
fn forbidding_closes_all_of_them() {
    let mut world = allowed();
    world.lead(open("b")).unwrap();
    world.lead(open("c")).unwrap();
    let bodies = world.chair(Command::AllowMicrophones { allowed: false }).unwrap();
    assert_eq!(
        bodies,
        [
            EventBody::MicrophoneShut { site: slug("b") },
            EventBody::MicrophoneShut { site: slug("c") },
            EventBody::MicrophonesAllowed { allowed: false },
        ]
    );
    assert_eq!(heard(&world), [HALL]);
}

#[test]
fn the_hall_and_the_slide_close_all_of_them_and_an_undo_opens_none() {
    for command in [Command::BackToHall, Command::ShowHolding { title: "Tạm nghỉ".to_owned(), text: String::new() }]
    {
        let mut world = allowed();
        world.put_on_air(Layout::Single, &[camera("a")]);
        world.lead(open("b")).unwrap();
        world.lead(command).unwrap();
        assert_eq!(opened(&world), [""; 0]);
        world.lead(Command::Undo).unwrap();
        world.shown();
        assert_eq!(heard(&world), [HALL, "a"]);
    }
    // Also when the hall is in the picture alone already.
    let mut world = allowed();
    world.lead(open("b")).unwrap();
    world.lead(Command::BackToHall).unwrap();
    assert_eq!(heard(&world), [HALL]);
    assert_eq!(world.lead(Command::BackToHall), Err(Refusal::AlreadySo));
}

#[test]
fn a_site_that_is_only_heard_can_be_taken_off_the_air() {
    let mut world = allowed();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.lead(open("b")).unwrap();
    let bodies = world.lead(Command::RemoveFromAir { site: slug("b") }).unwrap();
    assert_eq!(bodies, [EventBody::MicrophoneShut { site: slug("b") }], "the picture stays as it is");
    world.lead(open("b")).unwrap();
    world.lead(Command::RemoveFromAir { site: slug("a") }).unwrap();
    assert_eq!(heard(&world), [HALL, "b"], "the removal of one closes no other");
}

#[test]
fn a_mute_wins_and_an_interruption_closes() {
    let mut world = allowed();
    world.lead(open("b")).unwrap();
    world.lead(Command::Mute { site: slug("b") }).unwrap();
    assert_eq!((heard(&world), opened(&world)), (vec![HALL], vec!["b"]));
    world.lead(Command::Unmute { site: slug("b") }).unwrap();
    assert_eq!(heard(&world), [HALL, "b"]);

    world.lead(Command::Grant { site: slug("b") }).unwrap();
    world.chair(Command::Interrupt).unwrap();
    assert_eq!((heard(&world), opened(&world)), (vec![HALL], vec![]));
    world.chair(open("b")).unwrap();
    assert_eq!(heard(&world), [HALL, "b"], "opened by hand, it is heard again");
}

#[test]
fn whose_content_alone_is_shown_can_be_opened() {
    let mut world = allowed();
    world.live.endpoints.get_mut(&(slug("a"), EndpointRole::Main)).unwrap().content = true;
    world.put_on_air(Layout::SideBySide, &[camera("b"), SourceRef::content(slug("a"))]);
    assert_eq!(heard(&world), [HALL, "b"]);
    let slot = world.program().slot_of(&slug("a"));
    world.lead(open("a")).unwrap();
    assert_eq!((heard(&world), world.program().slot_of(&slug("a"))), (vec![HALL, "b", "a"], slot));
    world.lead(close("a")).unwrap();
    assert_eq!(world.program().slot_of(&slug("a")), slot, "its content is shown as before");
}

#[test]
fn a_tour_closes_nobody_and_who_is_shown_in_passing_can_be_asked_something() {
    let mut world = allowed();
    world.lead(open("b")).unwrap();
    let sites = ["a", "b", "c"].map(slug).to_vec();
    world.lead(Command::StartTour { sites, dwell_ms: 5_000, repeat: false }).unwrap();
    world.play(0);
    assert_eq!(heard(&world), [HALL, "b"]);
    world.lead(open("a")).unwrap();
    assert_eq!(heard(&world), [HALL, "b", "a"]);
    world.lead(close("a")).unwrap();
    for _ in 0..3 {
        world.play(5_000);
        assert_eq!(heard(&world), [HALL, "b"], "its own turn changes nothing either");
    }
    assert!(world.stage().tour.is_none());
}

#[test]
fn others_are_muted_but_not_the_hall_nor_who_has_the_floor() {
    let mut world = World::new();
    world.put_on_air(Layout::Grid, &[camera("a"), camera("b"), camera(HALL)]);
    world.lead(Command::MuteOthers).unwrap();
    assert_eq!(heard(&world), [HALL, "a"]);
    assert_eq!(world.stage().muted.len(), 5);
    assert_eq!(world.lead(Command::MuteOthers), Err(Refusal::AlreadySo));
    world.lead(Command::MuteAll).unwrap();
    assert_eq!(heard(&world), [HALL]);
}

#[test]
fn everybody_can_be_heard_again_whether_muted_or_interrupted() {
    let mut world = World::new();
    world.put_on_air(Layout::Grid, &[camera("a"), camera("b"), camera(HALL)]);
    assert_eq!(world.lead(Command::UnmuteAll), Err(Refusal::AlreadySo));
    world.chair(Command::Interrupt).unwrap();
    for site in ["b", HALL] {
        world.lead(Command::Mute { site: slug(site) }).unwrap();
    }
    assert_eq!(heard(&world), [""; 0]);
    let bodies = world.lead(Command::UnmuteAll).unwrap();
    assert_eq!(bodies, [EventBody::AllUnmuted { sites: ["a", "b", HALL].map(slug).to_vec() }]);
    assert_eq!(heard(&world), [HALL, "a", "b"]);
}

#[test]
fn a_restart_leaves_microphones_open_and_they_are_heard_when_their_sites_are_back() {
    let mut world = allowed();
    world.lead(open("b")).unwrap();
    world.lead(Command::OpenConference).unwrap();
    world.restart(crate::world::setup());
    for site in [HALL, "b", "c"] {
        world.join(site, EndpointRole::Main);
    }
    assert_eq!(receiver(&world, "c").picture.audio, [0, 1]);
    assert!(receiver(&world, "c").slots.contains_key(&(Slot::Program { index: 1 }, MediaKind::Audio)));
}
