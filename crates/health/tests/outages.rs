//! Scripted outages of a country of 64 sites on virtual time: what belongs together is one incident with its cause, and nothing
//! else is one.

mod country;

use country::{
    Score, overlapping_outages, region_drop_told_after, scripted_outages, single_drop_told_after, told_of_a_clean_run,
};

const SEEDS: u64 = 50;
/// A drop is told by then, ms.
const TOLD_WITHIN_MS: u64 = 3_000;

fn assert_good(score: &Score) {
    let (precision, recall) = (score.precision(), score.recall());
    assert!(precision >= 0.95 && recall >= 0.95, "precision {precision:.3}, recall {recall:.3}: {score:?}");
}

#[test]
fn incidents_are_precise_and_complete() {
    assert_good(&scripted_outages(SEEDS));
}

#[test]
fn faults_that_overlap_are_told_apart() {
    assert_good(&overlapping_outages(SEEDS));
}

#[test]
fn a_single_drop_is_an_incident_within_three_seconds() {
    for seed in 0..SEEDS {
        let after = single_drop_told_after(seed);
        assert!(after <= TOLD_WITHIN_MS, "seed {seed}: {after} ms");
    }
}

#[test]
fn a_region_that_is_cut_at_once_is_one_incident_within_three_seconds() {
    for seed in 0..SEEDS {
        let after = region_drop_told_after(seed);
        assert!(after <= TOLD_WITHIN_MS, "seed {seed}: {after} ms");
    }
}

#[test]
fn fifteen_clean_minutes_have_no_alarm_and_no_incident() {
    for seed in 0..3 {
        assert_eq!(told_of_a_clean_run(seed), [], "seed {seed}");
    }
}
