//! Stories of what flows where.

use conference::*;

use crate::world::{HALL, World, camera, slug};

const CONSOLE: ConnectionId = ConnectionId(1);

fn connection(world: &World, site: &str, role: EndpointRole) -> ConnectionId {
    world.live.endpoint(&slug(site), role).unwrap().connection
}

fn receiver(world: &World, site: &str, role: EndpointRole) -> Receiver {
    world.conference.routes(world.program(), &world.live).receivers[&connection(world, site, role)].clone()
}

fn console(world: &World) -> Receiver {
    world.conference.routes(world.program(), &world.live).receivers[&CONSOLE].clone()
}

fn source_of(receiver: &Receiver, slot: Slot, kind: MediaKind) -> Option<ConnectionId> {
    receiver.slots.get(&(slot, kind)).map(|feed| feed.track.connection)
}

#[test]
fn everybody_sees_who_is_alone_on_air_and_that_site_sees_the_hall() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    let (main, slot_0, slot_1) = (EndpointRole::Main, Slot::Program { index: 0 }, Slot::Program { index: 1 });
    let (at_a, at_hall) = (connection(&world, "a", main), connection(&world, HALL, main));

    let b = receiver(&world, "b", main);
    assert_eq!(source_of(&b, slot_1, MediaKind::Video), Some(at_a));
    assert_eq!(b.picture.audio, [0, 1]);
    let a = receiver(&world, "a", main);
    assert_eq!(source_of(&a, slot_0, MediaKind::Video), Some(at_hall));
    assert_eq!(source_of(&a, Slot::Return, MediaKind::Video), Some(at_a));
    assert_eq!(a.picture.audio, [0]);
    assert!(a.picture.on_air && !b.picture.on_air);
    let hall = receiver(&world, HALL, main);
    assert_eq!(source_of(&hall, slot_1, MediaKind::Video), Some(at_a));
    assert_eq!(hall.picture.audio, [1]);
}

#[test]
fn the_hall_sees_itself_and_never_hears_itself() {
    let world = World::new();
    let hall = receiver(&world, HALL, EndpointRole::Main);
    let own = connection(&world, HALL, EndpointRole::Main);
    assert_eq!(source_of(&hall, Slot::Program { index: 0 }, MediaKind::Video), Some(own));
    assert_eq!(hall.picture.audio, [0_u32; 0]);
}

#[test]
fn one_device_of_a_site_plays_the_sound() {
    let mut world = World::new();
    world.join("b", EndpointRole::Backup);
    world.join("b", EndpointRole::Screen);
    let plays = |world: &World, role| receiver(world, "b", role).picture.plays_sound;
    assert!(plays(&world, EndpointRole::Screen) && !plays(&world, EndpointRole::Main));
    world.live.endpoints.get_mut(&(slug("b"), EndpointRole::Screen)).unwrap().sound_playing = false;
    assert!(!plays(&world, EndpointRole::Screen) && plays(&world, EndpointRole::Main));
    world.drop_out("b", EndpointRole::Main);
    assert!(plays(&world, EndpointRole::Backup));
}

#[test]
fn the_reserve_line_is_the_source_when_the_main_line_is_gone() {
    let mut world = World::new();
    world.join("a", EndpointRole::Backup);
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.drop_out("a", EndpointRole::Main);
    let b = receiver(&world, "b", EndpointRole::Main);
    let backup = connection(&world, "a", EndpointRole::Backup);
    assert_eq!(source_of(&b, Slot::Program { index: 1 }, MediaKind::Video), Some(backup));
    assert_eq!(source_of(&b, Slot::Program { index: 1 }, MediaKind::Audio), Some(backup));
}

#[test]
fn a_reserve_line_that_works_is_the_source_while_the_main_line_is_connected_without_a_picture() {
    let mut world = World::new();
    world.join("a", EndpointRole::Backup);
    world.put_on_air(Layout::Single, &[camera("a")]);
    let source =
        |world: &World, kind| source_of(&receiver(world, "b", EndpointRole::Main), Slot::Program { index: 1 }, kind);
    let (main, backup) = (connection(&world, "a", EndpointRole::Main), connection(&world, "a", EndpointRole::Backup));
    assert_eq!(source(&world, MediaKind::Video), Some(main));

    world.live.endpoints.get_mut(&(slug("a"), EndpointRole::Main)).unwrap().camera = false;

    assert_eq!(source(&world, MediaKind::Video), Some(backup));
    assert_eq!(source(&world, MediaKind::Audio), Some(backup), "sound and picture go together");
    world.live.endpoints.get_mut(&(slug("a"), EndpointRole::Backup)).unwrap().camera = false;
    assert_eq!(source(&world, MediaKind::Video), Some(main), "two lines without a picture: main");
}

#[test]
fn a_console_has_preview_wall_and_solo_and_no_site_notices() {
    let mut world = World::new();
    let solo = ConsoleLive { media: true, solo: Some(slug("b")), talkback: [slug("c")].into(), wall: true };
    world.live.consoles.insert(CONSOLE, solo);
    let before = receiver(&world, "a", EndpointRole::Main);
    world.lead(Command::Mute { site: slug("b") }).unwrap();
    world.lead(Command::SetPreview { layout: Layout::Single, sources: vec![camera("b")] }).unwrap();

    let at_b = connection(&world, "b", EndpointRole::Main);
    let seen = console(&world);
    assert_eq!(source_of(&seen, Slot::Preview { index: 0 }, MediaKind::Video), Some(at_b));
    assert_eq!(source_of(&seen, Slot::Preview { index: 0 }, MediaKind::Audio), None, "a preview is silent");
    assert_eq!(source_of(&seen, Slot::Solo, MediaKind::Audio), Some(at_b), "solo hears a muted site");
    assert_eq!(source_of(&seen, Slot::Wall { index: 2 }, MediaKind::Video), Some(at_b));
    assert_eq!(receiver(&world, "a", EndpointRole::Main), before);
    let c = receiver(&world, "c", EndpointRole::Main);
    assert_eq!(source_of(&c, Slot::Talkback, MediaKind::Audio), Some(CONSOLE));
    let wishes = world.conference.routes(world.program(), &world.live).wishes;
    assert_eq!(wishes[&Track { connection: at_b, kind: TrackKind::Camera }], Quality::High);
}

#[test]
fn content_flows_in_its_slot_and_the_speaker_is_heard() {
    let mut world = World::new();
    world.live.endpoints.get_mut(&(slug("a"), EndpointRole::Main)).unwrap().content = true;
    world.put_on_air(Layout::ContentSpeaker, &[SourceRef::content(slug("a")), camera("a")]);
    let b = receiver(&world, "b", EndpointRole::Main);
    let at_a = connection(&world, "a", EndpointRole::Main);
    assert_eq!(source_of(&b, Slot::ProgramContent, MediaKind::Video), Some(at_a));
    assert_eq!(source_of(&b, Slot::Program { index: 1 }, MediaKind::Audio), Some(at_a));
    let a = receiver(&world, "a", EndpointRole::Main);
    assert_eq!(a.picture.cells[1].site, slug(HALL), "the speaker sees the hall beside its slides");
}

#[test]
fn the_preview_and_the_next_three_of_the_queue_are_watched_at_their_best() {
    let mut world = World::new();
    let watched = |world: &World| world.conference.routes(world.program(), &world.live).watched;
    assert!(watched(&world).is_empty());

    world.join("a", EndpointRole::Backup);
    world.lead(Command::SetPreview { layout: Layout::Single, sources: vec![camera(HALL)] }).unwrap();
    for site in ["a", "b", "c", "d"] {
        world.lead(Command::Invite { site: slug(site) }).unwrap();
    }

    let expected = [HALL, "a", "b", "c"].map(|site| connection(&world, site, EndpointRole::Main));
    assert_eq!(watched(&world), expected.into());
    let wishes = world.conference.routes(world.program(), &world.live).wishes;
    let wish = |site| {
        let camera = Track { connection: connection(&world, site, EndpointRole::Main), kind: TrackKind::Camera };
        wishes.get(&camera).copied()
    };
    assert_eq!(["a", "b", "c", "d"].map(wish), [Some(Quality::High), Some(Quality::High), Some(Quality::High), None]);

    world.drop_out("a", EndpointRole::Main);
    let backup = connection(&world, "a", EndpointRole::Backup);
    assert!(watched(&world).contains(&backup), "the reserve line would go on air");
}

const PLAYER: ConnectionId = ConnectionId(900);

fn player(world: &mut World, place: PlayerPlace, plays: Plays) -> Receiver {
    world.live.players.insert(PLAYER, PlayerLive { media: true, place, plays });
    world.conference.routes(world.program(), &world.live).receivers[&PLAYER].clone()
}

#[test]
fn a_player_sees_who_is_on_air_and_hears_the_floor_holder_else_the_hall() {
    let mut world = World::new();
    let main = EndpointRole::Main;
    let (at_hall, at_a) = (connection(&world, HALL, main), connection(&world, "a", main));
    let slot = Slot::Program { index: 0 };

    let before = player(&mut world, PlayerPlace::Centre, Plays::Programme);
    assert_eq!(source_of(&before, slot, MediaKind::Video), Some(at_hall));
    assert_eq!(source_of(&before, slot, MediaKind::Audio), Some(at_hall));

    world.order(Layout::Single, &[camera("a")]).unwrap();
    let pending = world.conference.state().stage.pending_program().unwrap().clone();
    let coming = world.conference.routes(&pending, &world.live).receivers[&PLAYER].clone();
    world.shown();
    let taken = player(&mut world, PlayerPlace::Centre, Plays::Programme);
    assert_eq!(source_of(&taken, slot, MediaKind::Video), Some(at_a));
    assert_eq!(source_of(&taken, slot, MediaKind::Audio), Some(at_a), "a take gives the floor");
    assert_eq!(coming.slots, taken.slots, "sound and picture are cut together");

    let at_home = player(&mut world, PlayerPlace::Screen(slug("a")), Plays::Programme);
    assert_eq!(source_of(&at_home, slot, MediaKind::Video), Some(at_hall), "alone on air, it sees the hall");
    assert_eq!(source_of(&at_home, slot, MediaKind::Audio), Some(at_hall), "and never hears itself");
    world.lead(Command::Interrupt).unwrap();
    let interrupted = player(&mut world, PlayerPlace::Centre, Plays::Programme);
    assert_eq!(source_of(&interrupted, slot, MediaKind::Audio), Some(at_hall));
}

#[test]
fn a_player_beside_a_sites_devices_sounds_only_while_none_of_them_can() {
    let mut world = World::new();
    let slot = (Slot::Program { index: 0 }, MediaKind::Audio);
    let beside = || PlayerPlace::Site(slug("b"));

    assert!(!player(&mut world, beside(), Plays::Programme).slots.contains_key(&slot), "the page plays it");
    world.live.endpoints.get_mut(&(slug("b"), EndpointRole::Main)).unwrap().receives = false;
    assert!(player(&mut world, beside(), Plays::Programme).slots.contains_key(&slot), "an encoder plays nothing");
    let encoder = connection(&world, "b", EndpointRole::Main);
    assert!(!world.conference.routes(world.program(), &world.live).receivers.contains_key(&encoder));

    let second = PlayerLive { media: true, place: beside(), plays: Plays::Programme };
    world.live.players.insert(ConnectionId(901), second);
    let routing = world.conference.routes(world.program(), &world.live);
    assert!(!routing.receivers[&ConnectionId(901)].slots.contains_key(&slot), "the first one plays it already");
}

#[test]
fn a_player_as_a_sites_screen_takes_the_sound_over() {
    let mut world = World::new();
    let screen = player(&mut world, PlayerPlace::Screen(slug("b")), Plays::Programme);

    assert!(screen.picture.plays_sound);
    assert!(!receiver(&world, "b", EndpointRole::Main).picture.plays_sound);
}

#[test]
fn the_centres_players_see_one_site_or_all_of_them() {
    let mut world = World::new();
    let at_b = connection(&world, "b", EndpointRole::Main);

    let one = player(&mut world, PlayerPlace::Centre, Plays::Site(slug("b")));
    assert_eq!(source_of(&one, Slot::Preview { index: 0 }, MediaKind::Video), Some(at_b));
    assert_eq!(source_of(&one, Slot::Preview { index: 0 }, MediaKind::Audio), Some(at_b));

    let wall = player(&mut world, PlayerPlace::Centre, Plays::Wall);
    let tiles = wall.slots.keys().filter(|(slot, _)| matches!(slot, Slot::Wall { .. })).count();
    assert_eq!(tiles, crate::world::SITES.len());
    assert_eq!(source_of(&wall, Slot::Wall { index: 2 }, MediaKind::Video), Some(at_b));
}
