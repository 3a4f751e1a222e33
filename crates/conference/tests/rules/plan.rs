//! The plan: edits by hand before the opening, what the files still say then, and what operators arrange among themselves.

use conference::{plan::*, *};

use crate::{
    invariants::replayed,
    world::{HALL, World, camera, other_setups, setup, slug},
};

fn details(change: impl FnOnce(&mut Details)) -> Command {
    let mut details = setup().details();
    change(&mut details);
    Command::SetDetails { details }
}

fn agenda(change: impl FnOnce(&mut Vec<Item>)) -> Command {
    let mut items = setup().agenda;
    change(&mut items);
    Command::SetAgenda { items }
}

fn sites(change: impl FnOnce(&mut Vec<Site>)) -> Command {
    let mut sites = setup().sites;
    change(&mut sites);
    Command::SetSites { sites }
}

fn titled(title: &str) -> Command {
    details(|details| details.title = title.to_owned())
}

fn problems(refusal: Result<Vec<EventBody>, Refusal>) -> Vec<String> {
    match refusal {
        Err(Refusal::BadPlan { problems }) => problems,
        other => panic!("not refused as a bad plan: {other:?}"),
    }
}

#[test]
fn an_edit_replaces_its_part_and_keeps_what_is_prepared() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("b")]);
    world.lead(Command::SetPreview { layout: Layout::Single, sources: vec![camera("c")] }).unwrap();
    world.lead(Command::Invite { site: slug("d") }).unwrap();
    let before = world.conference.state().clone();

    let bodies = world.lead(titled("Hội nghị")).unwrap();
    assert!(matches!(&bodies[..], [EventBody::SetupEdited { part: PlanPart::Details, .. }]));
    world.lead(agenda(|items| items.truncate(1))).unwrap();

    let state = world.conference.state();
    assert_eq!((&state.stage, &state.floor, &state.roster), (&before.stage, &before.floor, &before.roster));
    assert_eq!(world.conference.setup().title, "Hội nghị");
    assert_eq!(world.conference.setup().agenda.len(), 1);
    assert_eq!(state.plan.edited, [PlanPart::Details, PlanPart::Agenda].into());
    assert_eq!(world.lead(titled("Hội nghị")), Err(Refusal::AlreadySo));
}

#[test]
fn the_floor_mode_at_the_start_is_the_mode_from_the_edit_on() {
    let mut world = World::new();
    world.lead(Command::SetFloorMode { mode: FloorMode::Open }).unwrap();
    world.lead(titled("Hội nghị")).unwrap();
    assert_eq!(world.conference.state().floor.mode, FloorMode::Open, "another detail was edited");

    world.lead(details(|details| details.floor_mode = FloorMode::Closed)).unwrap();

    assert_eq!(world.conference.state().floor.mode, FloorMode::Closed);
}

#[test]
fn what_rests_on_a_site_that_is_gone_goes_with_it() {
    let mut world = World::new();
    world.put_on_air(Layout::SideBySide, &[camera("c"), camera("b")]);
    world.lead(Command::Invite { site: slug("d") }).unwrap();
    world.lead(Command::Invite { site: slug("a") }).unwrap();
    world.lead(Command::Mute { site: slug("c") }).unwrap();
    world.wait(3_000);

    world.lead(sites(|sites| sites.retain(|site| !["c", "d"].contains(&site.slug.as_str())))).unwrap();

    assert_eq!(world.program().source_refs(), [camera(HALL)]);
    assert_eq!(world.holder_site(), None);
    assert_eq!(world.queue(), ["a"]);
    assert!(world.conference.state().stage.muted.is_empty());
}

#[test]
fn a_tour_and_open_microphones_end_when_their_sites_are_edited_away() {
    let mut world = World::new();
    world.chair(Command::AllowMicrophones { allowed: true }).unwrap();
    world.chair(Command::OpenMicrophone { site: slug("d") }).unwrap();
    world.lead(Command::StartTour { sites: vec![slug("a"), slug("b")], dwell_ms: 5_000, repeat: true }).unwrap();
    world.shown();
    let without = |gone: &'static str| sites(move |sites| sites.retain(|site| site.slug != slug(gone)));

    world.lead(without("c")).unwrap();
    assert!(world.conference.state().stage.tour.is_some(), "c had no part in it");
    world.lead(without("b")).unwrap();
    assert_eq!(world.conference.state().stage.tour, None);
    assert_eq!(world.program().source_refs(), [camera(HALL)]);
    assert!(!world.program().tour);
    world.lead(without("d")).unwrap();

    assert!(world.conference.state().stage.opened.is_empty());
    assert_eq!(world.program().microphones, [slug(HALL)]);
}

#[test]
fn a_plan_that_would_not_be_valid_is_refused_with_what_is_wrong() {
    let mut world = World::new();
    let before = world.conference.clone();

    let no_hall = sites(|sites| sites[0].hall = false);
    assert_eq!(problems(world.lead(no_hall)), ["exactly one site must be the hall, found 0"]);
    let gone = sites(|sites| sites.retain(|site| site.slug != slug("a")));
    assert_eq!(problems(world.lead(gone)), ["agenda item report-a names the unknown site a"]);
    let thin = sites(|sites| sites[1].receive_kbps = Some(1));
    assert_eq!(problems(world.lead(thin)), ["receive_kbps of a must be from 250 to 100000"]);
    let layout = agenda(|items| items[0].layout = Some(Layout::SpeakerHall));
    let needs_a_site = "layout SpeakerHall of agenda item opening needs a site that is not the hall";
    assert_eq!(problems(world.lead(layout)), [needs_a_site]);
    let turned = titled("Hội\u{202E}nghị");
    assert_eq!(problems(world.lead(turned)).len(), 1, "what readers would not see as it was written");
    let long = agenda(|items| {
        let like = items[1].clone();
        items.extend((0..40).map(|number| Item {
            id: ItemId(format!("x-{number}")),
            title: String::new(),
            ..like.clone()
        }));
    });
    assert_eq!(problems(world.lead(long)).len(), MAX_PROBLEMS);
    let endless = agenda(|items| items[0].id = ItemId("ạ".repeat(100_000)));
    assert!(problems(world.lead(endless))[0].len() < 1_000);

    assert_eq!(world.conference, before);
}

#[test]
fn documents_of_an_item_are_bounded() {
    let mut world = World::new();
    let document = |id: &str| Document { id: id.to_owned(), name: "Báo cáo.pdf".to_owned(), bytes: 1_000 };
    let with = |documents: Vec<Document>| agenda(|items| items[1].documents = documents);

    world.lead(with((0..10).map(|number| document(&format!("d-{number}"))).collect())).unwrap();

    assert_eq!(world.conference.setup().agenda[1].documents.len(), 10);
    let eleven = (0..11).map(|number| document(&format!("d-{number}"))).collect();
    assert_eq!(problems(world.lead(with(eleven))), ["agenda item report-a has 11 documents, at most 10"]);
    assert_eq!(problems(world.lead(with(vec![document("d"), document("d")]))).len(), 1);
    assert_eq!(problems(world.lead(with(vec![document("../d")]))).len(), 1, "it is part of a path");
    let nameless = Document { name: String::new(), ..document("d") };
    assert_eq!(problems(world.lead(with(vec![nameless]))).len(), 1);
}

#[test]
fn a_locked_plan_and_a_conference_that_runs_are_not_edited() {
    let mut world = World::new();
    let lock = |locked| Command::LockPlan { locked };
    let edits = || [titled("x"), agenda(|items| items.truncate(1)), sites(|sites| sites.truncate(2))];
    let refused = |world: &mut World, refusal: Refusal| {
        for edit in edits() {
            assert_eq!(world.lead(edit), Err(refusal.clone()));
        }
    };
    assert_eq!(world.lead(lock(false)), Err(Refusal::AlreadySo));
    world.lead(lock(true)).unwrap();
    assert_eq!(world.lead(lock(true)), Err(Refusal::AlreadySo));
    refused(&mut world, Refusal::PlanLocked);
    world.lead(lock(false)).unwrap();
    world.lead(titled("y")).unwrap();

    world.lead(Command::StartRehearsal).unwrap();
    refused(&mut world, Refusal::Rehearsing);
    world.lead(Command::OpenConference).unwrap();
    refused(&mut world, Refusal::PlanLocked);
    assert_eq!(world.lead(lock(true)), Err(Refusal::AlreadySo), "it is locked anyway");
    assert_eq!(world.lead(lock(false)), Err(Refusal::PlanLocked));
    world.lead(Command::EndConference { confirmation: "test".to_owned() }).unwrap();
    refused(&mut world, Refusal::Ended);
}

#[test]
fn of_a_part_that_was_edited_the_files_count_no_more() {
    let mut world = World::new();
    world.lead(titled("Sửa tay")).unwrap();
    assert_eq!(world.restart(setup()), [], "they say nothing else of the other parts");

    let mut file = setup();
    file.title = "Tệp".to_owned();
    file.codec = VideoCodec::Vp8;
    file.agenda[1].planned_ms = 1_000;
    assert!(matches!(world.restart(file.clone())[..], [EventBody::SetupRecorded { .. }]));

    let counts = world.conference.setup();
    assert_eq!((counts.title.as_str(), counts.codec, counts.agenda[1].planned_ms), ("Sửa tay", VideoCodec::Vp8, 1_000));
    assert_eq!(world.conference.left_out_of(&file), [], "what was edited is not told again at each start");
    assert_eq!(world.restart(file.clone()), []);
    for read in other_setups().into_iter().chain([file]) {
        assert_eq!(replayed(read, &world.log), world.conference);
    }
}

#[test]
fn what_is_left_of_the_files_counts_only_if_it_fits_the_edits() {
    let mut world = World::new();
    let [smaller, moved] = other_setups();
    world.lead(agenda(|items| items[1].title = "Sửa tay".to_owned())).unwrap();
    let edited = world.conference.setup().clone();

    // Its item is of a site that the file has no more.
    assert_eq!(world.restart(smaller.clone()), []);
    assert_eq!(*world.conference.setup(), edited);
    assert!(world.conference.left_out_of(&smaller).contains(&SetupChange::SitesRemoved(vec![slug("a")])));

    world.restart(moved.clone());
    assert_eq!(world.conference.hall(), &slug("a"));
    assert_eq!(world.conference.setup().agenda[1].title, "Sửa tay");
}

#[test]
fn a_log_whose_first_record_is_an_edit_is_read_to_its_state_whatever_the_file_says() {
    let mut world = World::new();
    world.log.clear();
    world.conference = Conference::new(setup()).unwrap();
    world.put_on_air(Layout::Single, &[camera("a")]);

    let bodies = world.lead(titled("Sửa tay")).unwrap();

    assert!(matches!(bodies[..], [EventBody::SetupRecorded { .. }, EventBody::SetupEdited { .. }]));
    for file in other_setups() {
        assert_eq!(replayed(file, &world.log), world.conference);
    }
}

#[test]
fn regions_are_delegated_by_name_and_follow_the_sites() {
    let mut world = World::new();
    let delegate = |to: &str, regions: &[&str]| Command::DelegateRegions {
        to: to.to_owned(),
        regions: regions.iter().map(ToString::to_string).collect(),
    };
    let unknown = Refusal::UnknownRegion { region: "South".to_owned() };
    assert_eq!(world.lead(delegate("lan", &["North", "South"])), Err(unknown));
    assert_eq!(world.lead(delegate("lan", &[""])), Err(Refusal::UnknownRegion { region: String::new() }));
    for name in ["", " ", "a\u{200F}", &"x".repeat(65)] {
        assert_eq!(world.lead(delegate(name, &["North"])), Err(Refusal::BadText { max: 64 }));
    }
    assert_eq!(world.lead(delegate("lan", &[])), Err(Refusal::AlreadySo));

    world.lead(delegate("lan", &["North", "North"])).unwrap();
    assert_eq!(world.lead(delegate("lan", &["North"])), Err(Refusal::AlreadySo));
    for number in 1..MAX_DELEGATIONS {
        world.lead(delegate(&format!("op-{number}"), &["North"])).unwrap();
    }
    assert_eq!(world.lead(delegate("one-more", &["North"])), Err(Refusal::TooMany { limit: 32 }));

    let renamed = sites(|sites| sites.iter_mut().for_each(|site| site.region = "South".to_owned()));
    world.lead(renamed).unwrap();
    assert!(world.conference.state().plan.delegations.is_empty(), "nobody looks after a region that is no more");
    world.lead(Command::OpenConference).unwrap();
    world.lead(delegate("lan", &["South"])).unwrap();
    world.lead(delegate("lan", &[])).unwrap();
    assert!(world.conference.state().plan.delegations.is_empty());
}

#[test]
fn prepared_texts_are_few_and_short() {
    let mut world = World::new();
    let set = |texts: Vec<String>| Command::SetTemplates { texts };
    let bad = Err(Refusal::BadText { max: MAX_TEMPLATE_CHARS as u32 });
    for text in ["", "\n", "a\u{202E}", &"ạ".repeat(MAX_TEMPLATE_CHARS + 1)] {
        assert_eq!(world.lead(set(vec![text.to_owned()])), bad);
    }
    let many = vec!["x".to_owned(); MAX_TEMPLATES + 1];
    assert_eq!(world.lead(set(many)), Err(Refusal::TooMany { limit: MAX_TEMPLATES as u32 }));

    let texts = vec!["Kiểm tra micro\nXin cảm ơn".to_owned(), "ạ".repeat(MAX_TEMPLATE_CHARS)];
    world.lead(set(texts.clone())).unwrap();

    assert_eq!(world.conference.state().plan.templates, texts);
    assert_eq!(world.lead(set(texts)), Err(Refusal::AlreadySo));
    world.lead(set(vec![])).unwrap();
}
