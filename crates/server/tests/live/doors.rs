//! Encoders and players: they come in by an offer over HTTP, and leave by a request, by silence, or when their right ends.

use std::time::Duration;

use conference::Plays;
use relay_core::{DisconnectReason, EndpointId, Kind, OfferOutline, OutlineLine, RelayEvent};
use server::access::{Revocation, TokenId};
use server::conference_task::{DoorCaller, DoorPatch, DoorRefused, Opened, Opening, Patched, RelayOrder};
use server::config::Limits;
use server::live::{DoorKind, INTERRUPTED_AFTER, ResourceId, STEADY_AFTER, Who};
use wire::{EndpointRole, ErrorCode, Role};

use crate::reserve::{carried_by, live_on};
use crate::world::{World, endpoint, operator, slug};

/// An offer of sound and picture.
pub fn outline(sends: bool, lines: &[Kind]) -> OfferOutline {
    let line = |kind: &Kind| OutlineLine { kind: Some(*kind), sends, receives: !sends };
    OfferOutline { ufrag: "first".to_owned(), lines: lines.iter().map(line).collect() }
}

pub fn encoder(site: &str, role: EndpointRole) -> Opening {
    Opening {
        who: Who::Endpoint { site: slug(site), role },
        credential: token(site, role),
        kind: DoorKind::Publishes,
        sdp: "offer".to_owned(),
        outline: outline(true, &[Kind::Audio, Kind::Video]),
        address: None,
    }
}

pub fn player(site: &str, role: EndpointRole) -> Opening {
    let kind = DoorKind::Plays(Plays::Programme);
    Opening { kind, outline: outline(false, &[Kind::Video, Kind::Audio]), ..encoder(site, role) }
}

fn token(site: &str, role: EndpointRole) -> Revocation {
    Revocation::Token(TokenId(format!("token-{site}-{role:?}")))
}

fn caller(opened: &Opened, site: &str, publishes: bool) -> DoorCaller {
    let resource = opened.resource.clone();
    DoorCaller { resource, publishes, credential: token(site, EndpointRole::Main) }
}

/// Opens a door and says that the relay is connected.
pub async fn connected(world: &World, opening: Opening) -> (Opened, EndpointId) {
    let opened = world.handle.open_door(opening).await.unwrap();
    let endpoint = EndpointId(opened.sdp.split(' ').nth(1).unwrap().parse().unwrap());
    world.relay_events.send(RelayEvent::Connected { endpoint }).unwrap();
    (opened, endpoint)
}

fn code(refused: Result<Opened, DoorRefused>) -> Option<ErrorCode> {
    match refused {
        Err(DoorRefused::Closed(closing)) => Some(closing.code),
        _ => None,
    }
}

async fn until_closed(world: &World, endpoint: EndpointId) {
    let closed = |order: &RelayOrder| matches!(order, RelayOrder::Close(closed) if *closed == endpoint);
    world.relay_until(|relay| relay.orders().iter().any(|(_, order)| closed(order)).then_some(())).await;
}

#[tokio::test]
async fn an_encoder_is_its_site_is_logged_and_is_gone_when_it_says_so() {
    let world = World::new().await;
    let (_page, screen) = world.site_with_media("cao-bang").await;

    let (opened, encoder) = connected(&world, encoder("hall", EndpointRole::Main)).await;
    world.relay_until(|relay| relay.receivers_of(encoder).contains(&screen).then_some(())).await;
    world.logged("endpoint_joined", 2).await;
    world.handle.close_door(caller(&opened, "hall", true)).await.unwrap();

    until_closed(&world, encoder).await;
    world.logged("endpoint_dropped", 1).await;
    assert!(world.relay.receivers_of(encoder).is_empty());
    let again = world.handle.close_door(caller(&opened, "hall", true)).await;
    assert_eq!(again, Err(DoorRefused::Gone));
}

#[tokio::test]
async fn an_encoder_that_never_connects_is_not_said_to_be_here() {
    let world = World::new().await;
    world.handle.open_door(encoder("cao-bang", EndpointRole::Main)).await.unwrap();

    tokio::time::sleep(Duration::from_millis(600)).await;

    assert_eq!(world.count("endpoint_joined").await, 0);
}

#[tokio::test]
async fn a_second_device_is_refused_while_the_first_is_alive_whatever_it_is() {
    let world = World::new().await;
    let (_opened, encoding) = connected(&world, encoder("cao-bang", EndpointRole::Main)).await;
    let _page = world.site("ca-mau").await;

    let rival = world.handle.open_door(encoder("cao-bang", EndpointRole::Main)).await;
    assert_eq!(code(rival), Some(ErrorCode::InUse));
    let page = world.visit(endpoint("cao-bang", EndpointRole::Main, "device")).await;
    assert_eq!(page.err().map(|closing| closing.code), Some(ErrorCode::InUse));
    let beside_a_page = world.handle.open_door(encoder("ca-mau", EndpointRole::Main)).await;
    assert_eq!(code(beside_a_page), Some(ErrorCode::InUse));
    assert_eq!(world.audit.lock().unwrap().len(), 3, "operators are told");
    assert!(world.handle.open_door(encoder("cao-bang", EndpointRole::Backup)).await.is_ok(), "another place is free");

    world.relay_events.send(RelayEvent::Disconnected { endpoint: encoding, reason: DisconnectReason::Silent }).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(world.handle.open_door(encoder("cao-bang", EndpointRole::Main)).await.is_ok(), "the first one is gone");
}

#[tokio::test]
async fn a_silent_encoder_is_dropped_and_its_place_is_free() {
    let world = World::new().await;
    let (_opened, _) = connected(&world, encoder("cao-bang", EndpointRole::Main)).await;
    world.logged("endpoint_joined", 1).await;

    // Nothing of it ever arrives: three seconds in which it might begin, three until it is called gone.
    world.logged("endpoint_dropped", 1).await;

    assert!(world.handle.open_door(encoder("cao-bang", EndpointRole::Main)).await.is_ok());
}

#[tokio::test]
async fn a_revoked_token_ends_encoder_and_players_within_a_second() {
    let world = World::new().await;
    let (_encoder, encoding) = connected(&world, encoder("cao-bang", EndpointRole::Main)).await;
    let (_player, playing) = connected(&world, player("cao-bang", EndpointRole::Main)).await;
    world.logged("endpoint_joined", 1).await;
    let asked = std::time::Instant::now();

    world.revocations.send(token("cao-bang", EndpointRole::Main)).unwrap();

    until_closed(&world, encoding).await;
    until_closed(&world, playing).await;
    assert!(asked.elapsed() < Duration::from_secs(1));
    world.logged("endpoint_dropped", 1).await;
}

#[tokio::test]
async fn a_session_is_its_owners_alone() {
    let world = World::new().await;
    let (opened, _) = connected(&world, encoder("cao-bang", EndpointRole::Main)).await;

    let other = world.handle.close_door(caller(&opened, "ca-mau", true)).await;
    assert_eq!(other, Err(DoorRefused::NotYours { owner: "cao-bang".to_owned() }));
    let wrong_door = world.handle.close_door(caller(&opened, "cao-bang", false)).await;
    assert_eq!(wrong_door, Err(DoorRefused::Gone));
    let guessed = DoorCaller { resource: ResourceId("guessed".to_owned()), ..caller(&opened, "cao-bang", true) };
    assert_eq!(world.handle.close_door(guessed).await, Err(DoorRefused::Gone));
    let patch = DoorPatch { if_match: Some("*".to_owned()), ufrag: Some("stolen".to_owned()) };
    let restart = world.handle.patch_door(caller(&opened, "ca-mau", true), patch).await;
    assert_eq!(restart, Err(DoorRefused::NotYours { owner: "cao-bang".to_owned() }));
}

#[tokio::test]
async fn candidates_are_noted_and_other_credentials_restart_ice_under_a_new_tag() {
    let world = World::new().await;
    let (opened, _) = connected(&world, encoder("cao-bang", EndpointRole::Main)).await;
    let patch = |if_match: Option<&str>, ufrag: Option<&str>| {
        let patch = DoorPatch { if_match: if_match.map(str::to_owned), ufrag: ufrag.map(str::to_owned) };
        world.handle.patch_door(caller(&opened, "cao-bang", true), patch)
    };

    assert_eq!(patch(Some(&opened.etag), Some("first")).await, Ok(Patched::Noted));
    assert_eq!(patch(Some(&opened.etag), None).await, Ok(Patched::Noted));
    assert_eq!(patch(None, None).await, Err(DoorRefused::NoTag));
    assert_eq!(patch(Some("\"other\""), None).await, Err(DoorRefused::OldTag));

    let Patched::Restarted { fragment, etag } = patch(Some("*"), Some("second")).await.unwrap() else {
        panic!("other credentials restart ICE")
    };
    assert!(fragment.contains("second") && etag != opened.etag, "{fragment} {etag}");
    assert_eq!(patch(Some(&opened.etag), None).await, Err(DoorRefused::OldTag));
    assert_eq!(patch(Some(&etag), Some("second")).await, Ok(Patched::Noted));
}

#[tokio::test]
async fn patches_of_one_session_are_done_one_after_the_other() {
    let world = World::new().await;
    let (opened, _) = connected(&world, encoder("cao-bang", EndpointRole::Main)).await;
    let patch = |tag: &str, ufrag: &str| {
        let patch = DoorPatch { if_match: Some(tag.to_owned()), ufrag: Some(ufrag.to_owned()) };
        world.handle.patch_door(caller(&opened, "cao-bang", true), patch)
    };

    // All are sent before the relay answers the first.
    let tag = &opened.etag;
    let (second, late, noted, any) =
        tokio::join!(patch(tag, "second"), patch(tag, "third"), patch("*", "second"), patch("*", "fourth"));

    assert!(matches!(second, Ok(Patched::Restarted { .. })), "{second:?}");
    assert_eq!(late, Err(DoorRefused::OldTag), "its tag is of the session before the second");
    assert_eq!(noted, Ok(Patched::Noted), "the session has these credentials by then");
    assert!(matches!(&any, Ok(Patched::Restarted { fragment, .. }) if fragment.contains("fourth")), "{any:?}");

    let waiting = (0..10).map(|number| patch("*", ["odd", "even"][number % 2]));
    let answers = futures_util::future::join_all(waiting).await;
    let refused = answers.iter().filter(|answer| **answer == Err(DoorRefused::TooOften)).count();
    assert!(refused >= 1, "those that wait are bounded: {answers:?}");
    world.handle.close_door(caller(&opened, "cao-bang", true)).await.unwrap();
    assert_eq!(patch("*", "fifth").await, Err(DoorRefused::Gone));
}

#[tokio::test]
async fn players_of_both_lines_of_a_site_change_nothing_in_which_line_carries_it() {
    let world = World::new().await;
    let (_watching, viewer) = world.site_with_media("ca-mau").await;
    let (_main, main) = connected(&world, encoder("hall", EndpointRole::Main)).await;
    let (_reserve, reserve) = connected(&world, encoder("hall", EndpointRole::Backup)).await;
    let (_one, _) = connected(&world, player("hall", EndpointRole::Main)).await;
    let (_other, _) = connected(&world, player("hall", EndpointRole::Backup)).await;

    live_on(&world, &[], &[main, reserve, viewer], STEADY_AFTER + Duration::from_millis(200)).await;
    carried_by(&world, main, reserve, viewer).await;
    for line in 0..2 {
        world.track_stats(main, line, INTERRUPTED_AFTER);
        world.track_stats(reserve, line, Duration::ZERO);
    }

    let elapsed = carried_by(&world, reserve, main, viewer).await;
    assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
}

#[tokio::test]
async fn a_refused_offer_leaves_nothing_behind() {
    let world = World::new().await;

    let bad = Opening { sdp: "bad".to_owned(), ..encoder("cao-bang", EndpointRole::Main) };
    assert!(matches!(world.handle.open_door(bad).await, Err(DoorRefused::Offer(_))));
    let unfit = Opening { outline: outline(true, &[]), ..encoder("cao-bang", EndpointRole::Main) };
    assert!(matches!(world.handle.open_door(unfit).await, Err(DoorRefused::Unfit(_))));
    let nowhere = Opening { kind: DoorKind::Plays(Plays::Site(slug("nowhere"))), ..player("hall", EndpointRole::Main) };
    assert!(matches!(world.handle.open_door(nowhere).await, Err(DoorRefused::UnknownSite)));

    assert!(world.handle.open_door(encoder("cao-bang", EndpointRole::Main)).await.is_ok());
}

#[tokio::test]
async fn a_flood_of_offers_of_one_token_is_stopped_and_others_notice_nothing() {
    let world = World::new().await;
    let bad = || Opening { sdp: "bad".to_owned(), ..encoder("cao-bang", EndpointRole::Main) };
    let mut refused = 0;
    for _ in 0..50 {
        refused += usize::from(world.handle.open_door(bad()).await.err() == Some(DoorRefused::TooOften));
    }

    assert!(refused >= 35, "{refused} of 50");
    assert!(world.handle.open_door(encoder("ca-mau", EndpointRole::Main)).await.is_ok());
}

#[tokio::test]
async fn players_stand_beside_a_sites_devices_and_have_room_of_their_own() {
    let world = World::with_room_for(Limits { endpoints: 2, consoles: 1, players: 5 }).await;
    let (_page, _) = world.site_with_media("cao-bang").await;
    let (_encoder, hall) = connected(&world, encoder("hall", EndpointRole::Main)).await;

    for _ in 0..4 {
        let (_player, playing) = connected(&world, player("cao-bang", EndpointRole::Main)).await;
        world.relay_until(|relay| relay.receivers_of(hall).contains(&playing).then_some(())).await;
    }
    let fifth = world.handle.open_door(player("cao-bang", EndpointRole::Main)).await;
    assert_eq!(code(fifth), Some(ErrorCode::ServerFull), "a token has at most four players");
    assert!(world.handle.open_door(player("ca-mau", EndpointRole::Main)).await.is_ok());
    let sixth = world.handle.open_door(player("da-nang", EndpointRole::Main)).await;
    assert_eq!(code(sixth), Some(ErrorCode::ServerFull), "the server has room for five");
    let screen = world.handle.open_door(player("ca-mau", EndpointRole::Screen)).await;
    assert_eq!(code(screen), Some(ErrorCode::ServerFull), "a screen is an endpoint of its site");
    assert_eq!(world.count("endpoint_dropped").await, 0);
    assert!(world.visit(operator("lan", Role::Lead)).await.is_ok(), "and consoles have theirs");
}

#[tokio::test]
async fn a_player_by_a_screens_token_is_the_sites_screen() {
    let world = World::new().await;
    let (_player, _) = connected(&world, player("cao-bang", EndpointRole::Screen)).await;

    world.logged("endpoint_joined", 1).await;
    let page = world.visit(endpoint("cao-bang", EndpointRole::Screen, "device")).await;
    assert_eq!(page.err().map(|closing| closing.code), Some(ErrorCode::InUse));
}
