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
    assert_eq!(wall, [HALL, "b", "c", "d", "e", "f", "a"]);
}

/// The largest conference: as many sites and items as are allowed, with names and titles as long as real ones get.
fn largest() -> Setup {
    let mut largest = setup();
    let place = "Ủy ban nhân dân tỉnh Thừa Thiên Huế, phòng họp số một".to_owned();
    let site = |number: usize| Site {
        slug: slug(&format!("thua-thien-hue-{number}")),
        full_name: place.clone(),
        contact: Contact { name: place.clone(), phone: "0234 000 0000".to_owned() },
        carrier: "Mạng TSLCD cấp I".to_owned(),
        ..largest.sites[1].clone()
    };
    let hall = largest.sites[0].clone();
    let sites = (1..MAX_SITES).map(site).collect::<Vec<_>>();
    let item = |number: usize| Item {
        id: ItemId(format!("bc-{number}")),
        title: format!("Báo cáo tham luận của {place} về công tác triển khai bầu cử đại biểu Quốc hội khóa XV"),
        speaker: Some(Speaker { name: place.clone(), title: place.clone(), organisation: place.clone() }),
        site: Some(sites[number % sites.len()].slug.clone()),
        planned_ms: 420_000,
        layout: None,
        documents: Vec::new(),
    };
    largest.agenda = (0..setup::MAX_ITEMS).map(item).collect();
    largest.sites = [vec![hall], sites].concat();
    largest
}

#[test]
fn the_largest_conference_fits_and_one_whose_texts_are_all_too_long_together_does_not() {
    let mut setup = largest();
    let event = |setup: &Setup| EventBody::SetupRecorded { setup: setup.clone() };
    assert_eq!(setup.validate(), Ok(()));
    let stamped = Event { at: Millis(0), actor: SYSTEM_ACTOR.to_owned(), command_id: None, body: event(&setup) };
    let bytes = serde_json::to_vec(&stamped.encode().body).unwrap().len();
    assert!(bytes <= MAX_SETUP_BYTES, "{bytes}");

    for item in &mut setup.agenda {
        item.title = "ạ".repeat(setup::MAX_NAME_CHARS);
    }

    let errors = setup.validate().unwrap_err();
    assert!(matches!(errors[..], [SetupError::TooLarge { bytes }] if bytes > MAX_SETUP_BYTES), "{errors:?}");
}

#[test]
fn a_text_without_a_bound_would_be_a_log_without_one() {
    let mut wrong = setup();
    let long = "x".repeat(setup::MAX_NAME_CHARS + 1);
    wrong.sites[1].full_name.clone_from(&long);
    wrong.sites[2].contact.phone.clone_from(&long);
    wrong.support_phone = long;

    let errors = wrong.validate().unwrap_err();

    assert_eq!(errors.len(), 3, "{errors:?}");
    let of = |field: &str, of: &str| {
        let named = |error: &&SetupError| matches!(error, SetupError::LongText { field: f, of: o, chars: 301 } if *f == field && o == of);
        errors.iter().filter(named).count()
    };
    assert_eq!((of("full_name", "a"), of("contact_phone", "b"), of("support_phone", "test")), (1, 1, 1));
}
