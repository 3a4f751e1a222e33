//! Stories of the holding slide.

use conference::{
    holding::{MAX_TEXT_CHARS, MAX_TITLE_CHARS},
    *,
};

use crate::world::{HALL, World, camera, slug};

fn slide(title: &str) -> Command {
    Command::ShowHolding { title: title.to_owned(), text: String::new() }
}

fn shown(world: &World) -> Option<&str> {
    world.program().holding.as_ref().map(|holding| holding.title.as_str())
}

#[test]
fn the_slide_takes_the_place_of_every_picture_and_every_sound_at_once() {
    let mut world = World::new();
    world.put_on_air(Layout::SideBySide, &[camera("a"), camera(HALL)]);
    world.wait(5_000);
    world.order(Layout::Single, &[camera("b")]).unwrap();

    let bodies = world.lead(slide("Hội nghị tạm nghỉ")).unwrap();

    assert!(matches!(
        &bodies[..],
        [
            EventBody::TakeFailed { reason: TakeFailure::Superseded, .. },
            EventBody::StageCut { cause: CutCause::Holding, .. },
            EventBody::SpeechEnded { reason: SpeechEnd::Holding, spoken_ms: 5_000, .. },
        ]
    ));
    assert_eq!(shown(&world), Some("Hội nghị tạm nghỉ"));
    assert_eq!(
        (world.program().sources.len(), world.program().microphones.len()),
        (0, 0),
        "the hall is not heard either"
    );
    assert_eq!(world.holder_site(), None);
    assert_eq!(world.lead(slide("Hội nghị tạm nghỉ")), Err(Refusal::AlreadySo));
    world.lead(slide("Sự cố kỹ thuật")).unwrap();
    assert_eq!(shown(&world), Some("Sự cố kỹ thuật"));
}

#[test]
fn a_take_the_hall_or_an_undo_ends_the_slide() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.lead(slide("Tạm nghỉ")).unwrap();
    world.lead(Command::Undo).unwrap();
    assert_eq!(shown(&world), Some("Tạm nghỉ"), "until the take is shown");
    world.shown();
    assert_eq!(world.program().source_refs(), [camera("a")]);

    world.lead(slide("Tạm nghỉ")).unwrap();
    world.lead(Command::BackToHall).unwrap();
    assert_eq!(world.program().source_refs(), [camera(HALL)]);
    assert_eq!(world.program().microphones, [slug(HALL)]);

    world.lead(slide("Tạm nghỉ")).unwrap();
    world.put_on_air(Layout::Single, &[camera("b")]);
    assert_eq!(world.program().microphones, [slug(HALL), slug("b")]);
    assert_eq!(world.holder_site(), Some("b"));
}

#[test]
fn an_undo_brings_the_slide_back_by_a_cut_and_is_not_undone_itself() {
    let mut world = World::new();
    world.lead(slide("Tạm nghỉ")).unwrap();
    world.put_on_air(Layout::Single, &[camera("a")]);

    let bodies = world.lead(Command::Undo).unwrap();

    assert!(matches!(
        &bodies[..],
        [
            EventBody::StageCut { cause: CutCause::HoldingAgain, .. },
            EventBody::SpeechEnded { reason: SpeechEnd::Holding, .. },
        ]
    ));
    assert_eq!(shown(&world), Some("Tạm nghỉ"));
    assert_eq!(world.lead(Command::Undo), Err(Refusal::NothingToUndo));
}

#[test]
fn who_was_granted_the_floor_waits_behind_the_slide() {
    let mut world = World::new();
    world.lead(Command::Grant { site: slug("a") }).unwrap();
    world.lead(slide("Tạm nghỉ")).unwrap();
    assert_eq!(world.holder_site(), Some("a"));
    assert!(!world.holder().unwrap().on_air);
    world.put_on_air(Layout::Single, &[camera("a")]);
    assert!(world.holder().unwrap().on_air);
}

#[test]
fn the_lines_of_the_slide_are_short_and_readable() {
    let mut world = World::new();
    let mut sent = |title: &str, text: &str| {
        world.lead(Command::ShowHolding { title: title.to_owned(), text: text.to_owned() }).map(drop)
    };
    let title = Err(Refusal::BadText { max: MAX_TITLE_CHARS as u32 });
    let text = Err(Refusal::BadText { max: MAX_TEXT_CHARS as u32 });
    for bad in ["", "  ", &"x".repeat(MAX_TITLE_CHARS + 1), "Tạm\u{202E}nghỉ", "Tạm\nnghỉ"] {
        assert_eq!(sent(bad, ""), title, "{bad:?}");
    }
    assert_eq!(sent("Tạm nghỉ", &"x".repeat(MAX_TEXT_CHARS + 1)), text);
    assert_eq!(sent("Tạm nghỉ", "\u{7}"), text);
    assert_eq!(sent(&"ỉ".repeat(MAX_TITLE_CHARS), &"ỉ".repeat(MAX_TEXT_CHARS)), Ok(()));
}

#[test]
fn behind_the_slide_operators_see_hear_and_speak_as_ever_and_the_programme_is_empty() {
    let mut world = World::new();
    let console = ConnectionId(1);
    world
        .live
        .consoles
        .insert(console, ConsoleLive { media: true, solo: Some(slug("b")), talkback: [slug("c")].into(), wall: true });
    let player = ConnectionId(900);
    let whep = PlayerLive { media: true, place: PlayerPlace::Centre, plays: Plays::Programme };
    world.live.players.insert(player, whep);
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.preview(Layout::Single, &[camera("b")]).unwrap();
    let before = world.conference.routes(world.program(), &world.live).receivers[&console].clone();

    world.lead(slide("Tạm nghỉ")).unwrap();

    let routing = world.conference.routes(world.program(), &world.live);
    let programme = |slot: &Slot| matches!(slot, Slot::Program { .. } | Slot::ProgramContent);
    let kept = before.slots.into_iter().filter(|((slot, _), _)| !programme(slot)).collect();
    assert_eq!(routing.receivers[&console].slots, kept, "preview, wall and solo go on");
    assert!(routing.receivers[&player].slots.is_empty());
    let c = world.live.endpoint(&slug("c"), EndpointRole::Main).unwrap().connection;
    let heard: Vec<_> = routing.receivers[&c].slots.keys().collect();
    assert_eq!(heard, [&(Slot::Talkback, MediaKind::Audio)]);
    assert!(!routing.receivers[&c].picture.on_air && routing.receivers[&c].picture.cells.is_empty());
}
