//! Faults of picture and sound at a country of sites on virtual time: the planted ones are named, rightly, and nothing else is.

mod rooms;

use std::collections::BTreeMap;

use rooms::{planted_faults, raised_of_a_clean_run};

#[test]
fn planted_faults_are_all_named_rightly_and_no_other_is() {
    for seed in 0..10 {
        let [raised, expected] = planted_faults(seed);
        assert_eq!(raised, expected, "seed {seed}");
    }
}

#[test]
fn fifteen_clean_minutes_of_every_room_raise_nothing() {
    for seed in 100..103 {
        assert_eq!(raised_of_a_clean_run(seed), BTreeMap::new(), "seed {seed}");
    }
}
