//! What a setup must be.

use conference::*;

use crate::world::{HALL, setup, slug};

#[test]
fn everything_that_is_wrong_is_named() {
    let mut wrong = setup();
    wrong.sites[1].slug = slug("b");
    wrong.sites[3].hall = true;
    wrong.sites[4].slug = slug("Đà Nẵng");
    wrong.agenda[1].id = wrong.agenda[0].id.clone();
    wrong.agenda[1].site = Some(slug("nowhere"));
    wrong.speech.grace_ms = u64::MAX;

    let errors = Conference::new(wrong).unwrap_err();

    assert_eq!(errors.len(), 6, "{errors:?}");
    assert!(errors.contains(&SetupError::HallCount { found: 2 }));
    assert!(errors.contains(&SetupError::DuplicateSite { site: slug("b") }));
    assert!(errors.contains(&SetupError::BadId { value: "Đà Nẵng".to_owned() }));
}

#[test]
fn the_wall_begins_with_the_hall() {
    let mut rotated = setup();
    rotated.sites.rotate_left(2);
    let conference = Conference::new(rotated).unwrap();
    let wall: Vec<&str> = conference.wall().map(|site| site.slug.as_str()).collect();
    assert_eq!(wall, [HALL, "b", "c", "d", "a"]);
}
