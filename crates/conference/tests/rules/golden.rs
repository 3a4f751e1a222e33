//! The golden log of each release: what was written once must be read for ever, to the same state.
//!
//! The files of a release are written once, by it (`GOLDEN=write cargo test -p conference golden` writes those of [`PRESENT`]), and
//! never after it: a change that does not read them needs a new version of the event and a step of its upcast.

use std::{collections::BTreeSet, fs, path::PathBuf};

use conference::*;

use crate::{
    invariants::replayed,
    world::{HALL, SITES, World, camera, other_setups, setup, slug},
};

/// The version whose files the next release keeps.
const PRESENT: &str = "0.2.0";

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

/// What was written by a version: its log, the setup that counts at its end, and the state.
struct Golden {
    log: Vec<EncodedEvent>,
    setup: Setup,
    state: serde_json::Value,
}

impl Golden {
    fn read(version: &str) -> Self {
        let text = |end: &str| fs::read_to_string(path(&format!("{version}.{end}"))).unwrap();
        Self {
            log: text("jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            setup: serde_json::from_str(&text("setup.json")).unwrap(),
            state: serde_json::from_str(&text("state.json")).unwrap(),
        }
    }

    fn write(version: &str, world: &World) {
        let write = |end: &str, text: String| fs::write(path(&format!("{version}.{end}")), text).unwrap();
        let line = |event: &Event| serde_json::to_string(&event.encode()).unwrap() + "\n";
        write("jsonl", world.log.iter().map(line).collect());
        write("setup.json", serde_json::to_string_pretty(world.conference.setup()).unwrap() + "\n");
        write("state.json", serde_json::to_string_pretty(world.conference.state()).unwrap() + "\n");
    }

    fn events(&self) -> Vec<Event> {
        self.log.iter().map(|encoded| Event::decode(encoded).unwrap()).collect()
    }

    fn kinds(&self) -> BTreeSet<String> {
        self.log.iter().map(|encoded| encoded.kind.clone()).collect()
    }
}

#[test]
fn the_log_of_0_1_0_is_read_to_its_state_with_the_setup_of_the_file() {
    let golden = Golden::read("0.1.0");

    let conference = replayed(golden.setup.clone(), &golden.events());

    assert_eq!(serde_json::to_value(conference.state()).unwrap(), golden.state);
    let mut newer = every_kind();
    newer.retain(|kind| !golden.kinds().contains(kind));
    assert_eq!(newer, BTreeSet::from(["setup_recorded".to_owned()]), "kinds that 0.1.0 did not have");
}

#[test]
fn the_log_of_the_present_version_is_read_to_its_state_whatever_the_file_says() {
    if std::env::var("GOLDEN").is_ok_and(|wish| wish == "write") {
        Golden::write(PRESENT, &morning());
    }
    let golden = Golden::read(PRESENT);

    for file in other_setups().into_iter().chain([setup()]) {
        let conference = replayed(file, &golden.events());

        assert_eq!(serde_json::to_value(conference.state()).unwrap(), golden.state);
        assert_eq!(*conference.setup(), golden.setup);
    }
    assert_eq!(golden.kinds(), every_kind(), "the golden log holds every kind of event");
}

#[test]
fn what_a_newer_program_wrote_is_refused() {
    let world = World::new();
    let mut encoded = world.log[0].encode();
    encoded.version += 1;
    assert!(matches!(Event::decode(&encoded), Err(DecodeError::NewerVersion { version: 2, known: 1, .. })));
    encoded.version = 1;
    encoded.kind = "unheard_of".to_owned();
    assert!(matches!(Event::decode(&encoded), Err(DecodeError::BadShape { .. })));
}

#[test]
fn a_recorded_setup_without_a_hall_is_refused_before_it_is_applied() {
    let mut recorded = World::new().log.remove(1).encode();
    recorded.body["setup"]["sites"][0]["hall"] = false.into();
    assert!(matches!(Event::decode(&recorded), Err(DecodeError::HallCount { found: 0 })));
}

/// Names of all kinds, from the parser itself, so that a new one cannot be forgotten.
fn every_kind() -> BTreeSet<String> {
    let error = serde_json::from_str::<EventBody>(r#"{"kind":"?","body":{}}"#).unwrap_err().to_string();
    let (_, names) = error.split_once("expected one of").expect("the parser lists what it knows");
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// A rehearsal with another file, then a morning in which everything happens once.
fn morning() -> World {
    let [rehearsed, _] = other_setups();
    let mut world = World::of(rehearsed);
    world.put_on_air(Layout::SideBySide, &[camera("b"), camera("c")]);
    world.site("c", Command::RequestFloor { kind: RequestKind::Request }).unwrap();
    world.restart(setup());
    for site in SITES {
        world.join(site, EndpointRole::Main);
    }
    world.join("a", EndpointRole::Screen);
    for site in ["a", "b"] {
        world.lead(Command::MarkPresence { site: slug(site), present: true, reason: String::new() }).unwrap();
    }
    let absent = Command::MarkPresence { site: slug("d"), present: false, reason: "Mất điện".to_owned() };
    world.lead(absent).unwrap();
    world.lead(Command::OpenConference).unwrap();
    world.lead(Command::StartItem { item: ItemId::from("opening"), current: None }).unwrap();
    world.wait(60_000);
    reports(&mut world);
    discussion(&mut world);
    world.fact(Fact::JournalCaughtUp { late: 2 });
    world.fact(Fact::ServerStarted { instance: InstanceId::from("second") });
    world.join(HALL, EndpointRole::Main);
    world.lead(Command::FinishItem { item: ItemId::from("report-a") }).unwrap();
    world.lead(Command::EndConference { confirmation: "test".to_owned() }).unwrap();
    world
}

fn reports(world: &mut World) {
    let current = Some(ItemId::from("opening"));
    world.lead(Command::StartItem { item: ItemId::from("report-a"), current }).unwrap();
    world.lead(Command::Cue { site: slug("a") }).unwrap();
    world.lead(Command::Cue { site: slug("b") }).unwrap();
    world.lead(Command::Uncue { site: slug("b") }).unwrap();
    world.put_on_air(Layout::SpeakerHall, &[camera("a"), camera(HALL)]);
    world.wait(30_000);
    world.lead(Command::PauseClock).unwrap();
    world.lead(Command::ResumeClock).unwrap();
    world.lead(Command::ExtendSpeech { seconds: 60 }).unwrap();
    world.drop_out("a", EndpointRole::Main);
    world.wait(5_000);
    world.join("a", EndpointRole::Main);
    world.chair(Command::Interrupt).unwrap();
    world.lead(Command::BackToHall).unwrap();
    world.lead(Command::Undo).unwrap();
    world.shown();
    world.order(Layout::Single, &[camera("b")]).unwrap();
    let take = world.conference.state().stage.last_take;
    world.fact(Fact::TakeFailed { take, reason: TakeFailure::NoKeyframe });
    world.lead(Command::ClearPreview).unwrap();
    world.lead(Command::RemoveFromAir { site: slug("a") }).unwrap();
}

fn discussion(world: &mut World) {
    world.lead(Command::MuteAll).unwrap();
    world.lead(Command::Unmute { site: slug("b") }).unwrap();
    world.lead(Command::Mute { site: slug("b") }).unwrap();
    world.lead(Command::SetFloorMode { mode: FloorMode::Queue }).unwrap();
    for site in ["a", "b", "c"] {
        world.site(site, Command::RequestFloor { kind: RequestKind::Request }).unwrap();
    }
    world.lead(Command::ReorderQueue { site: slug("c"), position: 0 }).unwrap();
    world.lead(Command::Invite { site: slug("c") }).unwrap();
    world.site("a", Command::WithdrawRequest { site: slug("a") }).unwrap();
    world.lead(Command::Grant { site: slug("c") }).unwrap();
    world.put_on_air(Layout::Grid, &[camera("c"), camera("b"), camera(HALL)]);
    world.wait(90_000);
    world.lead(Command::EndSpeech).unwrap();
    world.lead(Command::ClearQueue).unwrap();
    world.site("b", Command::SendMessage { to: vec![], text: "Nghe rõ".to_owned() }).unwrap();
    world.lead(Command::AcknowledgeMessage { message: MessageId(1) }).unwrap();
    world.lead(Command::SendMessage { to: vec![slug("b")], text: "Cảm ơn".to_owned() }).unwrap();
}
