//! The histories get everywhere: what never comes up in them is not tested by them.

use std::{cell::RefCell, collections::BTreeSet};

use conference::*;
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::{perform, step};
use crate::{golden::every_kind, world::World};

/// Endings and causes that histories must come to, beside every kind of event.
const ENDINGS: [&str; 18] = [
    "tour_ended stopped",
    "tour_ended done",
    "tour_ended superseded",
    "tour_ended nobody_to_show",
    "tour_ended over",
    "stage_cut back_to_hall",
    "stage_cut site_removed",
    "stage_cut holding",
    "stage_cut holding_again",
    "speech_ended ended",
    "speech_ended interrupted",
    "speech_ended replaced",
    "speech_ended back_to_hall",
    "speech_ended holding",
    "speech_ended removed",
    "speech_ended grace_over",
    "speech_ended conference_ended",
    "floor_granted again",
];
/// At most; it ends as soon as everything has come up.
const HISTORIES: u32 = 20_000;

/// What happened, by its name, and how it ended or why.
fn names(body: &EventBody) -> Vec<String> {
    let value = serde_json::to_value(body).unwrap();
    let kind = value["kind"].as_str().unwrap();
    let body = &value["body"];
    let why = body["reason"].as_str().or(body["cause"]["type"].as_str()).map(str::to_owned);
    let again = (body["spoken_ms"].as_u64() > Some(0)).then(|| "again".to_owned());
    let endings = why.into_iter().chain(again).map(|ending| format!("{kind} {ending}"));
    endings.chain([kind.to_owned()]).collect()
}

#[test]
fn everything_comes_up_in_random_histories() {
    let mut all: BTreeSet<String> = every_kind();
    all.extend(ENDINGS.map(str::to_owned));
    let lacking = RefCell::new(all);
    let config = Config { cases: HISTORIES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));

    let outcome = runner.run(&prop::collection::vec(step(), 60..120), |steps| {
        if lacking.borrow().is_empty() {
            return Ok(());
        }
        let mut world = World::new();
        steps.into_iter().for_each(|step| perform(&mut world, step));
        for name in world.log.iter().flat_map(|event| names(&event.body)) {
            lacking.borrow_mut().remove(&name);
        }
        Ok(())
    });

    outcome.unwrap();
    assert_eq!(lacking.into_inner(), BTreeSet::new(), "never came up");
}
