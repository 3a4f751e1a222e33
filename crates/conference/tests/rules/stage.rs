//! Stories of the stage.

use conference::*;

use crate::world::{HALL, World, camera, slug};

#[test]
fn a_take_is_ordered_then_shown() {
    let mut world = World::new();
    world.order(Layout::Single, &[camera("a")]).unwrap();
    assert!(world.program().shows(&slug(HALL)), "until it is shown the old picture stays");
    assert_eq!(world.order(Layout::Single, &[camera("b")]), Err(Refusal::TakePending));

    world.shown();

    assert_eq!(world.program().sources, [ProgramSource { source: camera("a"), slot: Some(1) }]);
    assert_eq!(world.program().microphones, [slug(HALL), slug("a")]);
    assert_eq!(world.holder_site(), Some("a"));
}

#[test]
fn a_take_that_fails_leaves_everything() {
    let mut world = World::new();
    let before = world.program().clone();
    world.order(Layout::Single, &[camera("a")]).unwrap();

    world.wait(10_000);

    assert_eq!(*world.program(), before);
    assert_eq!(world.holder_site(), None);
    assert!(matches!(world.log.last().unwrap().body, EventBody::TakeFailed { reason: TakeFailure::NoKeyframe, .. }));
}

#[test]
fn a_source_that_follows_another_is_a_rewrite_of_its_slot() {
    let mut world = World::new();
    world.put_on_air(Layout::SideBySide, &[camera("a"), camera("b")]);
    world.put_on_air(Layout::SideBySide, &[camera("b"), camera("c")]);
    assert_eq!(world.program().slot_of(&slug("b")), Some(2), "who stays keeps its slot");
    assert_eq!(world.program().slot_of(&slug("c")), Some(1), "who comes gets the slot that is free");
    world.put_on_air(Layout::Single, &[camera("d")]);
    assert_eq!(world.program().slot_of(&slug("d")), Some(1));
}

#[test]
fn a_take_names_the_preview_that_was_seen() {
    let mut world = World::new();
    assert_eq!(world.lead(Command::Take { preview: PreviewId(1) }), Err(Refusal::PreviewEmpty));
    world.lead(Command::SetPreview { layout: Layout::Single, sources: vec![camera("a")] }).unwrap();
    world.lead(Command::SetPreview { layout: Layout::Single, sources: vec![camera("b")] }).unwrap();
    let refused = world.lead(Command::Take { preview: PreviewId(1) });
    assert_eq!(refused, Err(Refusal::PreviewChanged { preview: Some(PreviewId(2)) }));
}

#[test]
fn an_offline_source_is_refused_and_one_that_leaves_fails_the_take() {
    let mut world = World::new();
    world.order(Layout::Single, &[camera("a")]).unwrap();
    world.drop_out("a", EndpointRole::Main);
    assert!(world.conference.state().stage.pending.is_none());

    let refused = world.order(Layout::SpeakerHall, &[camera("a"), camera(HALL)]);

    assert_eq!(refused, Err(Refusal::SourceOffline { site: slug("a") }));
}

#[test]
fn layouts_take_what_they_can_show() {
    let mut world = World::new();
    let mut refused = |layout, sources: &[SourceRef]| {
        let outcome = world.lead(Command::SetPreview { layout, sources: sources.to_vec() });
        matches!(outcome, Err(Refusal::LayoutMismatch { .. }))
    };
    let (a, b, c, d, hall) = (camera("a"), camera("b"), camera("c"), camera("d"), camera(HALL));
    let content = SourceRef::content(slug("a"));
    assert!(refused(Layout::Single, &[]));
    assert!(refused(Layout::Single, &[a.clone(), b.clone()]));
    assert!(refused(Layout::SideBySide, &[a.clone(), a.clone()]));
    assert!(refused(Layout::SpeakerHall, &[hall.clone(), a.clone()]));
    assert!(refused(Layout::ContentSpeaker, &[a.clone(), content.clone()]));
    assert!(refused(Layout::SideBySide, &[content.clone(), SourceRef::content(slug("b"))]), "one content slot");
    assert!(refused(Layout::Grid, &[a.clone(), b.clone(), c.clone(), d.clone(), hall.clone()]), "four parts");
    assert!(!refused(Layout::Grid, &[a.clone(), b.clone(), c.clone(), d]));
    assert!(!refused(Layout::Grid, &[a.clone(), b, c, hall]));
    assert!(!refused(Layout::ContentSpeaker, &[content, a]));
}

#[test]
fn the_hall_is_called_at_once_and_that_can_be_undone() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.order(Layout::Single, &[camera("b")]).unwrap();

    world.lead(Command::BackToHall).unwrap();

    assert_eq!(world.program().source_refs(), [camera(HALL)]);
    assert!(world.conference.state().stage.pending.is_none());
    assert_eq!(world.holder_site(), None);
    assert_eq!(world.lead(Command::BackToHall), Err(Refusal::AlreadySo));
    world.lead(Command::Undo).unwrap();
    world.shown();
    assert_eq!(world.program().source_refs(), [camera("a")]);
    assert_eq!(world.lead(Command::Undo), Err(Refusal::NothingToUndo));
}

#[test]
fn an_undo_whose_source_is_gone_goes_to_the_hall() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.put_on_air(Layout::Single, &[camera("b")]);
    world.drop_out("a", EndpointRole::Main);
    world.lead(Command::Undo).unwrap();
    world.shown();
    assert_eq!(world.program().source_refs(), [camera(HALL)]);
}

#[test]
fn a_site_is_taken_off_the_air_at_once() {
    let mut world = World::new();
    world.put_on_air(Layout::Grid, &[camera("a"), camera("b"), camera("c")]);
    world.lead(Command::RemoveFromAir { site: slug("a") }).unwrap();
    assert_eq!(world.program().source_refs(), [camera("b"), camera("c")]);
    assert_eq!(world.program().slot_of(&slug("b")), Some(2));
    assert_eq!(world.holder_site(), None);
    assert_eq!(world.lead(Command::RemoveFromAir { site: slug(HALL) }), Err(Refusal::HallProtected));
    let gone = world.lead(Command::RemoveFromAir { site: slug("a") });
    assert_eq!(gone, Err(Refusal::NotOnAir { site: slug("a") }));
}

#[test]
fn a_mute_outlives_takes_and_spares_the_hall_when_it_is_for_all() {
    let mut world = World::new();
    world.lead(Command::MuteAll).unwrap();
    world.put_on_air(Layout::Single, &[camera("a")]);
    assert_eq!(world.program().microphones, [slug(HALL)]);
    world.lead(Command::Unmute { site: slug("a") }).unwrap();
    assert_eq!(world.program().microphones, [slug(HALL), slug("a")]);
    world.lead(Command::Mute { site: slug(HALL) }).unwrap();
    assert_eq!(world.program().microphones, [slug("a")]);
}
