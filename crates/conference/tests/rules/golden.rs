//! The golden log of each release: what was written once must be read for ever, to the same state.
//!
//! The files of a release are written once, by it (`GOLDEN=write cargo test -p conference golden` writes those of [`PRESENT`]), and
//! never after it: a change that does not read them needs a new version of the event and a step of its upcast.

mod morning;

use std::{collections::BTreeSet, fs, path::PathBuf};

use conference::*;
use morning::morning;

use crate::{
    invariants::replayed,
    world::{World, other_setups, setup, variants},
};

/// The version whose files the next release keeps.
const PRESENT: &str = "0.3.0";
/// Kinds of event that 0.2.0 brought.
const NEW_IN_0_2_0: [&str; 1] = ["setup_recorded"];
/// Kinds of event that 0.3.0 brought.
const NEW_IN_0_3_0: [&str; 20] = [
    "setup_edited",
    "plan_locked",
    "rehearsal_started",
    "rehearsal_ended",
    "regions_delegated",
    "quorum_set",
    "templates_set",
    "lower_third_set",
    "names_shown",
    "tour_started",
    "tour_moved",
    "tour_ended",
    "all_unmuted",
    "microphones_allowed",
    "microphone_opened",
    "microphone_shut",
    "holder_set_aside",
    "set_aside_ended",
    "item_skipped",
    "delegates_set",
];

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

    fn kinds_it_lacks(&self) -> BTreeSet<String> {
        let mut lacking = every_kind();
        lacking.retain(|kind| !self.log.iter().any(|encoded| encoded.kind == *kind));
        lacking
    }

    /// A log that records its setup needs no file.
    fn is_read_with_any_file(&self) {
        for file in other_setups().into_iter().chain([setup()]) {
            let conference = replayed(file, &self.events());

            assert_eq!(serde_json::to_value(conference.state()).unwrap(), self.state);
            assert_eq!(*conference.setup(), self.setup);
        }
    }
}

#[test]
fn the_log_of_0_1_0_is_read_to_its_state_with_the_setup_of_the_file() {
    let golden = Golden::read("0.1.0");

    let conference = replayed(golden.setup.clone(), &golden.events());

    assert_eq!(serde_json::to_value(conference.state()).unwrap(), golden.state);
    let newer = NEW_IN_0_2_0.iter().chain(&NEW_IN_0_3_0);
    assert_eq!(golden.kinds_it_lacks(), newer.map(ToString::to_string).collect());
}

#[test]
fn the_log_of_0_2_0_is_read_to_its_state_whatever_the_file_says() {
    let golden = Golden::read("0.2.0");

    golden.is_read_with_any_file();
    assert_eq!(golden.kinds_it_lacks(), NEW_IN_0_3_0.map(str::to_owned).into());
}

#[test]
fn the_log_of_the_present_version_is_read_to_its_state_whatever_the_file_says() {
    if std::env::var("GOLDEN").is_ok_and(|wish| wish == "write") {
        Golden::write(PRESENT, &morning());
    }
    let golden = Golden::read(PRESENT);

    golden.is_read_with_any_file();
    assert_eq!(golden.kinds_it_lacks(), BTreeSet::new(), "the golden log holds every kind of event");
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
    recorded.kind = "setup_edited".to_owned();
    recorded.body["part"] = "sites".into();
    assert!(matches!(Event::decode(&recorded), Err(DecodeError::HallCount { found: 0 })));
}

/// Names of all kinds.
pub fn every_kind() -> BTreeSet<String> {
    variants::<EventBody>(r#"{"kind":"?","body":{}}"#)
}
