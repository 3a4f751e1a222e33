//! The agenda: what the start of an item does, and items that are left out.

use conference::*;

use crate::world::{HALL, World, camera, setup, slug};

fn item(id: &str) -> ItemId {
    ItemId::from(id)
}

/// A live conference whose report from a is given in this layout.
fn with_report_in(layout: Option<Layout>) -> World {
    let mut plan = setup();
    plan.agenda[1].layout = layout;
    let mut world = World::of(plan);
    world.lead(Command::OpenConference).unwrap();
    world
}

fn preview(world: &World) -> Option<(Layout, Vec<SourceRef>)> {
    let preview = world.conference.state().stage.preview.clone();
    preview.map(|preview| (preview.layout, preview.sources))
}

#[test]
fn the_start_of_an_item_names_the_current_one_that_the_sender_saw() {
    let mut world = with_report_in(None);
    let start = |current: Option<&str>| Command::StartItem { item: item("report-a"), current: current.map(item) };

    assert_eq!(world.lead(start(Some("opening"))), Err(Refusal::ItemChanged { current: None }));
    world.start_item("opening").unwrap();
    assert_eq!(world.lead(start(None)), Err(Refusal::ItemChanged { current: Some(item("opening")) }));
    let bodies = world.chair(start(Some("opening"))).unwrap();

    let [finished, started] = [item("opening"), item("report-a")];
    assert_eq!(bodies[..2], [EventBody::ItemFinished { item: finished }, EventBody::ItemStarted { item: started }]);
    assert_eq!(world.lead(start(Some("report-a"))), Err(Refusal::AlreadySo));
}

#[test]
fn its_site_is_in_preview_in_its_layout() {
    let content = SourceRef::content(slug("a"));
    let expected = [
        (None, Layout::Single, vec![camera("a")]),
        (Some(Layout::Single), Layout::Single, vec![camera("a")]),
        (Some(Layout::SpeakerHall), Layout::SpeakerHall, vec![camera("a"), camera(HALL)]),
        (Some(Layout::SideBySide), Layout::SideBySide, vec![camera("a"), camera(HALL)]),
        (Some(Layout::Grid), Layout::Grid, vec![camera("a"), camera(HALL)]),
        (Some(Layout::ContentSpeaker), Layout::ContentSpeaker, vec![content, camera("a")]),
    ];
    for (planned, layout, sources) in expected {
        let mut world = with_report_in(planned);
        world.start_item("report-a").unwrap();

        assert_eq!(preview(&world), Some((layout, sources)), "{planned:?}");

        // And it can be taken, the moment that its sources are there.
        world.live.endpoints.get_mut(&(slug("a"), EndpointRole::Main)).unwrap().content = true;
        let preview = world.conference.state().stage.last_preview;
        world.lead(Command::Take { preview }).unwrap();
        world.shown();
        assert_eq!(world.holder_site(), Some("a"));
        assert_eq!(world.holder().unwrap().clock.allowed_ms, 420_000, "the time that the agenda plans");
    }
}

#[test]
fn an_item_of_the_hall_previews_the_hall_unless_it_is_on_air() {
    let mut world = with_report_in(None);
    world.start_item("opening").unwrap();
    assert_eq!(preview(&world), None, "the hall is on air");

    world.put_on_air(Layout::Single, &[camera("b")]);
    world.start_item("report-a").unwrap();
    world.start_item("opening").unwrap();

    assert_eq!(preview(&world), Some((Layout::Single, vec![camera(HALL)])));
}

#[test]
fn what_is_in_preview_already_keeps_its_number_and_an_item_without_a_site_changes_nothing() {
    let mut plan = setup();
    plan.agenda[0].site = None;
    let mut world = World::of(plan);
    world.lead(Command::OpenConference).unwrap();
    world.lead(Command::SetPreview { layout: Layout::Single, sources: vec![camera("a")] }).unwrap();
    let before = world.conference.state().stage.preview.clone();

    let started = |id: &str| EventBody::ItemStarted { item: item(id) };
    assert_eq!(world.start_item("opening"), Ok(vec![started("opening")]));
    let finished = EventBody::ItemFinished { item: item("opening") };
    assert_eq!(world.start_item("report-a"), Ok(vec![finished, started("report-a")]));

    assert_eq!(world.conference.state().stage.preview, before);
}

#[test]
fn a_site_that_a_tour_shows_is_put_into_preview_all_the_same() {
    let mut world = with_report_in(None);
    world.lead(Command::StartTour { sites: vec![slug("a")], dwell_ms: 5_000, repeat: true }).unwrap();
    world.shown();
    assert!(world.program().tour && world.program().source_refs() == [camera("a")]);

    world.start_item("report-a").unwrap();

    assert_eq!(preview(&world), Some((Layout::Single, vec![camera("a")])));
}

#[test]
fn the_agenda_says_again_what_is_written_under_the_picture() {
    let mut world = with_report_in(None);
    world.lead(Command::SetLowerThird { lower_third: LowerThird::Hidden }).unwrap();

    let bodies = world.start_item("opening").unwrap();

    assert_eq!(bodies.last(), Some(&EventBody::LowerThirdSet { lower_third: LowerThird::Automatic }));
    assert!(world.conference.state().stage.lower_third.is_automatic());
}

#[test]
fn an_item_that_is_left_out_is_not_current_and_one_that_is_started_is_not_left_out() {
    let mut world = with_report_in(None);
    let skip = |skipped| Command::SkipItem { item: item("report-a"), skipped };
    let skipped = |skipped| EventBody::ItemSkipped { item: item("report-a"), skipped };
    assert_eq!(world.lead(skip(false)), Err(Refusal::AlreadySo));

    assert_eq!(world.chair(skip(true)), Ok(vec![skipped(true)]));
    assert_eq!(world.lead(skip(true)), Err(Refusal::AlreadySo));
    let bodies = world.start_item("report-a").unwrap();
    assert_eq!(bodies[..2], [skipped(false), EventBody::ItemStarted { item: item("report-a") }]);

    let finished = EventBody::ItemFinished { item: item("report-a") };
    assert_eq!(world.lead(skip(true)), Ok(vec![finished, skipped(true)]), "it ends first");
    assert_eq!(world.conference.state().agenda.current, None);
    assert_eq!(world.lead(Command::FinishItem { item: item("report-a") }), Err(Refusal::AlreadySo));
    let unknown = Command::SkipItem { item: item("none"), skipped: true };
    assert_eq!(world.lead(unknown), Err(Refusal::UnknownItem { item: item("none") }));
}

#[test]
fn items_start_and_end_in_a_conference_only_but_can_be_left_out_before() {
    let mut world = World::new();
    assert_eq!(world.start_item("opening"), Err(Refusal::NotOpen));
    world.lead(Command::SkipItem { item: item("opening"), skipped: true }).unwrap();

    world.lead(Command::OpenConference).unwrap();

    assert!(world.conference.state().agenda.skipped.contains(&item("opening")));
}

#[test]
fn lines_under_the_picture_are_bounded_and_can_be_read() {
    let mut world = World::new();
    let text = |name: &str, description: &str| Command::SetLowerThird {
        lower_third: LowerThird::Text { name: name.to_owned(), description: description.to_owned() },
    };
    let bad = Err(Refusal::BadText { max: 300 });
    for (name, description) in [("", "x"), (" ", ""), ("a\u{202E}b", ""), ("a", "b\nc"), (&"x".repeat(301), "")] {
        assert_eq!(world.lead(text(name, description)), bad, "{name:?} {description:?}");
    }

    world.lead(text("Ông Nguyễn Văn A", "")).unwrap();

    assert_eq!(world.lead(text("Ông Nguyễn Văn A", "")), Err(Refusal::AlreadySo));
    assert_eq!(world.lead(Command::ShowNames { shown: true }), Err(Refusal::AlreadySo));
    world.lead(Command::ShowNames { shown: false }).unwrap();
    assert!(world.conference.state().stage.names_hidden);
}

/// World with a conference and a text of somebody's own under the picture of `a`.
fn with_own_text() -> World {
    let mut world = with_report_in(None);
    world.put_on_air(Layout::Single, &[camera("a")]);
    let (name, description) = ("Bà Trần Thị B".to_owned(), "Giám đốc Sở Y tế".to_owned());
    world.lead(Command::SetLowerThird { lower_third: LowerThird::Text { name, description } }).unwrap();
    world
}

#[test]
fn a_text_of_ones_own_names_nobody_else() {
    let automatic = EventBody::LowerThirdSet { lower_third: LowerThird::Automatic };

    let mut world = with_own_text();
    assert_eq!(world.put_on_air(Layout::Single, &[camera("b")]).last(), Some(&automatic), "another site");

    let mut world = with_own_text();
    assert_eq!(world.lead(Command::BackToHall).unwrap().last(), Some(&automatic), "a cut");

    let mut world = with_own_text();
    world.put_on_air(Layout::SideBySide, &[camera("a"), camera("b")]);
    assert!(!world.stage().lower_third.is_automatic(), "the same person in another layout");

    world.lead(Command::SetLowerThird { lower_third: LowerThird::Hidden }).unwrap();
    world.put_on_air(Layout::Single, &[camera("b")]);
    assert_eq!(world.stage().lower_third, LowerThird::Hidden, "nothing written is nobody's name");
}

#[test]
fn an_item_sets_the_clock_also_of_who_is_on_air_already() {
    let mut world = with_report_in(None);
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.wait(4_000);
    let planned = world.conference.setup().item(&item("report-a")).unwrap().planned_ms;

    world.start_item("report-a").unwrap();

    let clock = &world.holder().expect("still speaks").clock;
    assert_eq!((clock.spoken_at(world.now), clock.allowed_ms), (0, planned));
    assert!(clock.running_since.is_some());
    assert_eq!(world.conference.state().roster.spoken_by(&slug("a")), 4_000);
}

#[test]
fn an_item_that_began_by_mistake_begins_anew() {
    let mut world = with_report_in(None);
    world.start_item("report-a").unwrap();
    world.wait(5_000);
    world.start_item("opening").unwrap();
    world.wait(60_000);

    world.start_item("report-a").unwrap();

    let times = world.conference.state().agenda.times[&item("report-a")];
    assert_eq!((times.started_at, times.finished_at), (world.now, None));
}

#[test]
fn what_was_said_before_the_opening_is_not_counted() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.wait(3_000);
    world.lead(Command::BackToHall).unwrap();
    assert_eq!(world.conference.state().roster.spoken_by(&slug("a")), 3_000);

    world.lead(Command::OpenConference).unwrap();

    assert_eq!(world.conference.state().roster.spoken_by(&slug("a")), 0);
}
