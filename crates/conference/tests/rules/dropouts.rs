//! Stories of a holder who drops out: the grace time, and the standby who speaks meanwhile.

use conference::*;

use crate::world::{HALL, World, camera, slug};

const MAIN: EndpointRole = EndpointRole::Main;

/// Site a has spoken for ten seconds, of seven minutes, and its line is cut.
fn cut_off() -> World {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.lead(Command::ExtendSpeech { seconds: 120 }).unwrap();
    world.wait(10_000);
    world.drop_out("a", MAIN);
    world.wait(2_000);
    world
}

fn spoken(world: &World, site: &str) -> u64 {
    world.conference.state().roster.spoken_by(&slug(site))
}

fn first(world: &World) -> &QueueEntry {
    &world.conference.state().floor.queue[0]
}

#[test]
fn a_standby_sets_the_speech_aside_and_it_goes_on_with_its_time() {
    let mut world = cut_off();
    world.site("c", Command::RequestFloor { kind: RequestKind::Response }).unwrap();
    world.lead(Command::Invite { site: slug("d") }).unwrap();

    let bodies = world.put_on_air(Layout::Single, &[camera("b")]);

    assert!(matches!(
        &bodies[..],
        [
            EventBody::TakeShown { .. },
            EventBody::HolderSetAside { spoken_ms: 10_000, allowed_ms: 420_000, .. },
            EventBody::FloorGranted { on_air: true, spoken_ms: 0, .. },
        ]
    ));
    assert_eq!(world.holder_site(), Some("b"));
    assert_eq!(world.queue(), ["a", "d", "c"], "before those who were called and who respond");
    assert_eq!(spoken(&world, "a"), 0, "it is not over yet");

    world.join("a", MAIN);
    assert_eq!(world.holder_site(), Some("b"), "who is back waits for its turn");
    world.wait(30_000);
    world.lead(Command::EndSpeech).unwrap();
    world.lead(Command::Grant { site: slug("a") }).unwrap();
    let clock = world.holder().unwrap().clock;
    assert_eq!((clock.spoken_ms, clock.allowed_ms), (10_000, 420_000));
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.wait(5_000);
    world.lead(Command::EndSpeech).unwrap();
    assert_eq!((spoken(&world, "a"), spoken(&world, "b")), (15_000, 30_000), "the whole is counted, once");
}

#[test]
fn a_take_alone_lets_the_speech_go_on_too() {
    let mut world = cut_off();
    world.put_on_air(Layout::Single, &[camera("b")]);
    world.join("a", MAIN);
    world.put_on_air(Layout::Single, &[camera("a")]);
    let clock = world.holder().unwrap().clock;
    assert_eq!((world.holder_site(), clock.spoken_ms, clock.allowed_ms), (Some("a"), 10_000, 420_000));
    assert!(world.queue().is_empty());
}

#[test]
fn the_hall_in_the_picture_meanwhile_sets_the_speech_aside_and_the_hall_that_is_called_ends_it() {
    let mut world = cut_off();
    world.put_on_air(Layout::Single, &[camera(HALL)]);
    assert_eq!((world.holder_site(), world.queue()), (None, vec!["a"]));

    let mut world = cut_off();
    world.lead(Command::BackToHall).unwrap();
    assert_eq!((world.holder_site(), world.queue()), (None, vec![]));
    assert_eq!(spoken(&world, "a"), 10_000);
}

#[test]
fn a_holder_who_is_there_is_replaced_and_one_who_is_still_shown_keeps_its_place() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.wait(4_000);
    world.put_on_air(Layout::Single, &[camera("b")]);
    assert_eq!((spoken(&world, "a"), world.queue()), (4_000, vec![]), "nobody cut it off");

    world.put_on_air(Layout::Grid, &[camera("a"), camera("b"), camera("c")]);
    world.drop_out("a", MAIN);
    world.lead(Command::RemoveFromAir { site: slug("c") }).unwrap();
    assert_eq!(world.holder_site(), Some("a"));
    assert!(world.holder().unwrap().grace.is_some());
}

#[test]
fn of_two_who_are_cut_off_one_after_the_other_the_last_goes_on_first() {
    let mut world = cut_off();
    world.put_on_air(Layout::Single, &[camera("b")]);
    world.wait(3_000);
    world.drop_out("b", MAIN);
    world.put_on_air(Layout::Single, &[camera("c")]);
    assert_eq!(world.queue(), ["b", "a"]);
    let waiting: Vec<_> =
        world.conference.state().floor.queue.iter().map(|entry| entry.set_aside.unwrap().spoken_ms).collect();
    assert_eq!(waiting, [3_000, 10_000]);
}

#[test]
fn what_was_spoken_is_counted_when_the_speech_does_not_go_on() {
    let ends: [fn(&mut World); 4] = [
        |world| drop(world.site("a", Command::WithdrawRequest { site: slug("a") }).unwrap()),
        |world| drop(world.lead(Command::WithdrawRequest { site: slug("a") }).unwrap()),
        |world| drop(world.lead(Command::ClearQueue).unwrap()),
        |world| {
            world.lead(Command::OpenConference).unwrap();
            world.lead(Command::EndConference { confirmation: "test".to_owned() }).unwrap();
        },
    ];
    for end in ends {
        let mut world = cut_off();
        world.put_on_air(Layout::Single, &[camera("b")]);
        end(&mut world);
        assert_eq!(spoken(&world, "a"), 10_000);
        let queue = &world.conference.state().floor.queue;
        assert!(queue.iter().all(|entry| entry.set_aside.is_none()), "and counted once");
    }
}

#[test]
fn who_withdrew_and_asks_again_begins_anew() {
    let mut world = cut_off();
    world.put_on_air(Layout::Single, &[camera("b")]);
    world.site("a", Command::WithdrawRequest { site: slug("a") }).unwrap();
    world.site("a", Command::RequestFloor { kind: RequestKind::Request }).unwrap();
    assert!(first(&world).set_aside.is_none() && !first(&world).invited);
}

#[test]
fn who_was_set_aside_waits_like_others_and_can_be_moved() {
    let mut world = cut_off();
    world.lead(Command::SetFloorMode { mode: FloorMode::Queue }).unwrap();
    world.site("c", Command::RequestFloor { kind: RequestKind::Request }).unwrap();
    world.put_on_air(Layout::Single, &[camera("b")]);
    world.lead(Command::EndSpeech).unwrap();
    let c = Command::Grant { site: slug("c") };
    assert_eq!(world.lead(c.clone()), Err(Refusal::NotFirstInQueue { first: slug("a") }));
    let again = Command::RequestFloor { kind: RequestKind::Response };
    assert_eq!(world.site("a", again), Err(Refusal::AlreadyInQueue));
    world.lead(Command::ReorderQueue { site: slug("a"), position: 1 }).unwrap();
    world.lead(c).unwrap();
    assert_eq!(first(&world).set_aside, Some(SetAside { spoken_ms: 10_000, allowed_ms: 420_000 }));
}

#[test]
fn after_the_grace_time_the_floor_is_free_and_the_picture_is_the_operators_to_change() {
    let mut world = cut_off();
    world.wait(28_000);
    assert!(matches!(
        world.log.last().unwrap().body,
        EventBody::SpeechEnded { reason: SpeechEnd::GraceOver, spoken_ms: 10_000, .. }
    ));
    assert!(world.queue().is_empty());
    assert!(world.program().shows(&slug("a")));
}

#[test]
fn a_clock_that_was_paused_stays_so_when_its_holder_is_back() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.wait(10_000);
    world.lead(Command::PauseClock).unwrap();
    world.drop_out("a", MAIN);
    assert_eq!(world.lead(Command::ResumeClock), Err(Refusal::ClockState), "nobody is there to speak");
    world.join("a", MAIN);
    assert!(world.holder().unwrap().clock.running_since.is_none());
    world.lead(Command::ResumeClock).unwrap();
}

#[test]
fn with_a_full_queue_the_speech_ends_and_its_time_is_counted() {
    let mut large = crate::world::setup();
    let like = large.sites[1].clone();
    large.sites.extend((0..MAX_QUEUE).map(|number| Site { slug: slug(&format!("s-{number}")), ..like.clone() }));
    let mut world = World::of(large);
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.wait(10_000);
    for number in 0..MAX_QUEUE {
        world.lead(Command::Invite { site: slug(&format!("s-{number}")) }).unwrap();
    }
    let refused = world.lead(Command::Invite { site: slug("b") });
    assert_eq!(refused, Err(Refusal::QueueFull { limit: MAX_QUEUE as u32 }));
    world.drop_out("a", MAIN);
    world.put_on_air(Layout::Single, &[camera("b")]);
    assert_eq!((world.queue().len(), spoken(&world, "a")), (MAX_QUEUE, 10_000));
}

fn silent(world: &mut World, site: &str, silent_ms: u64) -> Vec<EventBody> {
    world.fact(Fact::SourceLost { site: slug(site), silent_ms })
}

fn arrives(world: &mut World, site: &str) -> Vec<EventBody> {
    world.fact(Fact::SourceArrives { site: slug(site) })
}

#[test]
fn who_is_in_touch_and_neither_seen_nor_heard_keeps_its_place_and_pays_for_no_silence() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.wait(10_000);
    assert_eq!(silent(&mut world, "b", 5_000), [], "it does not speak");
    assert_eq!(silent(&mut world, "a", 5_000).len(), 1);
    assert_eq!(silent(&mut world, "a", 6_000), [], "its place is held already");
    let holder = world.holder().unwrap();
    assert_eq!((holder.clock.spoken_ms, holder.clock.running_since), (5_000, None));
    assert_eq!(holder.grace.unwrap().until, world.now.plus(30_000));

    world.wait(8_000);
    assert_eq!(arrives(&mut world, "a").len(), 1);
    world.wait(1_000);
    assert_eq!(world.holder().unwrap().clock.spoken_at(world.now), 6_000);
    assert_eq!(arrives(&mut world, "a"), [], "it is there");
}

#[test]
fn who_has_dropped_out_is_not_there_for_what_was_still_on_its_way() {
    let mut world = cut_off();
    assert_eq!(arrives(&mut world, "a"), []);
    assert!(world.holder().unwrap().grace.is_some());
}

#[test]
fn a_line_that_goes_after_its_media_does_not_lengthen_the_grace_time() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    silent(&mut world, "a", 0);
    let until = world.holder().unwrap().grace.unwrap().until;
    world.wait(20_000);
    world.drop_out("a", MAIN);
    assert_eq!(world.holder().unwrap().grace.unwrap().until, until);
    world.wait(10_000);
    assert_eq!(world.holder_site(), None);
}
