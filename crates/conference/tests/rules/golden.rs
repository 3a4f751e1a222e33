//! The golden log of each release: what was written once must be read for ever, to the same state.
//!
//! The files are written once, by the release (`GOLDEN=write cargo test -p conference golden`), and never after it: a change that
//! does not read them needs a new version of the event and a step of its upcast.

use std::{collections::BTreeSet, fs, path::PathBuf};

use conference::*;

use crate::world::{HALL, World, camera, slug};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

#[test]
fn the_log_of_0_1_0_is_read_to_its_state() {
    if std::env::var("GOLDEN").is_ok_and(|wish| wish == "write") {
        let world = morning();
        let line = |event: &Event| serde_json::to_string(&event.encode()).unwrap() + "\n";
        fs::write(path("0.1.0.jsonl"), world.log.iter().map(line).collect::<String>()).unwrap();
        let setup = serde_json::to_string_pretty(world.conference.setup()).unwrap() + "\n";
        fs::write(path("0.1.0.setup.json"), setup).unwrap();
        let state = serde_json::to_string_pretty(world.conference.state()).unwrap() + "\n";
        fs::write(path("0.1.0.state.json"), state).unwrap();
    }
    let log = fs::read_to_string(path("0.1.0.jsonl")).unwrap();
    let setup: Setup = serde_json::from_str(&fs::read_to_string(path("0.1.0.setup.json")).unwrap()).unwrap();
    let mut conference = Conference::new(setup).unwrap();
    let mut kinds = BTreeSet::new();

    for line in log.lines() {
        let encoded: EncodedEvent = serde_json::from_str(line).unwrap();
        conference.apply(&Event::decode(&encoded).unwrap());
        kinds.insert(encoded.kind);
    }

    let state: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(path("0.1.0.state.json")).unwrap()).unwrap();
    assert_eq!(serde_json::to_value(conference.state()).unwrap(), state);
    assert_eq!(kinds, every_kind(), "the golden log holds every kind of event");
}

#[test]
fn what_a_newer_program_wrote_is_refused() {
    let mut encoded = World::new().log[0].encode();
    encoded.version += 1;
    assert!(matches!(Event::decode(&encoded), Err(DecodeError::NewerVersion { version: 2, known: 1, .. })));
    encoded.version = 1;
    encoded.kind = "unheard_of".to_owned();
    assert!(matches!(Event::decode(&encoded), Err(DecodeError::BadShape { .. })));
}

/// Names of all kinds, from the parser itself, so that a new one cannot be forgotten.
fn every_kind() -> BTreeSet<String> {
    let error = serde_json::from_str::<EventBody>(r#"{"kind":"?","body":{}}"#).unwrap_err().to_string();
    let (_, names) = error.split_once("expected one of").expect("the parser lists what it knows");
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// A morning in which everything happens once.
fn morning() -> World {
    let mut world = World::new();
    world.join("a", EndpointRole::Screen);
    for site in ["a", "b"] {
        world.lead(Command::MarkPresence { site: slug(site), present: true, reason: String::new() }).unwrap();
    }
    let absent = Command::MarkPresence { site: slug("d"), present: false, reason: "Mất điện".to_owned() };
    world.lead(absent).unwrap();
    world.lead(Command::OpenConference).unwrap();
    world.lead(Command::StartItem { item: ItemId::from("opening") }).unwrap();
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
    world.lead(Command::StartItem { item: ItemId::from("report-a") }).unwrap();
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
