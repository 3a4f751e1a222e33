//! Pages come, resume, are replaced, are refused, are sent away.

use std::time::Duration;

use relay_core::{DisconnectReason, RelayEvent};
use server::access::{Revocation, TokenId};
use server::conference_task::{Departure, RelayOrder};
use server::config::Limits;
use server::socket::outbox::MAX_QUEUED_BYTES;
use wire::{
    ClientMessage, Command, EndpointRole, ErrorCode, FloorMode, InstanceId, Revision, Role, ServerMessage, StateChange,
};

use crate::world::{World, endpoint, operator};

#[tokio::test]
async fn a_welcome_holds_everything_that_a_page_needs() {
    let world = World::new().await;

    let mut page = world.visit(endpoint("cao-bang", EndpointRole::Main, "device")).await.unwrap();
    let welcome = page.welcome().await;

    assert_eq!(welcome.instance, InstanceId("first".to_owned()));
    assert_eq!(welcome.you.site.unwrap().0, "cao-bang");
    assert_eq!(welcome.you.role, Role::Site);
    assert_eq!(welcome.state.unwrap().sites.len(), 4);
    assert!(!welcome.media.lines.is_empty());
    assert_eq!(welcome.picture.cells[0].site.0, "hall");
    assert!(welcome.live.sites.keys().all(|site| site.0 == "cao-bang"), "a site reads its own live facts only");
}

#[tokio::test]
async fn a_page_that_comes_back_gets_what_it_missed_and_no_more() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let mut page = world.visit(endpoint("cao-bang", EndpointRole::Main, "device")).await.unwrap();
    let welcome = page.welcome().await;
    page.leave(Departure::Cut).await;
    lead.command(Command::SetFloorMode { mode: FloorMode::Open }).await.unwrap();
    lead.command(Command::SetFloorMode { mode: FloorMode::Queue }).await.unwrap();

    let mut visit = endpoint("cao-bang", EndpointRole::Main, "device");
    visit.instance = Some(welcome.instance);
    visit.since = Some(welcome.revision);
    let mut page = world.visit(visit).await.unwrap();

    assert!(page.welcome().await.state.is_none(), "no snapshot");
    let changes = page
        .until(|message| match message {
            ServerMessage::Event { changes, .. } => Some(changes),
            _ => None,
        })
        .await;
    assert!(matches!(&changes[..], [StateChange::Floor(floor)] if floor.mode == FloorMode::Queue), "{changes:?}");
}

#[tokio::test]
async fn a_page_of_another_instance_or_beyond_the_head_gets_a_snapshot() {
    let world = World::new().await;
    let visits = [("another", Revision(1)), ("first", Revision(1_000_000))];
    for (instance, since) in visits {
        let mut visit = endpoint("cao-bang", EndpointRole::Main, "device");
        visit.instance = Some(InstanceId(instance.to_owned()));
        visit.since = Some(since);

        let mut page = world.visit(visit).await.unwrap();

        assert!(page.welcome().await.state.is_some(), "{instance} {since:?}");
    }
}

#[tokio::test]
async fn the_same_device_replaces_itself_and_keeps_its_media() {
    let world = World::new().await;
    let (_hall, _) = world.site_with_media("hall").await;
    let (mut old, end) = world.site_with_media("cao-bang").await;

    let mut new = world.site("cao-bang").await;

    assert_eq!(old.closed().await.code, ErrorCode::Replaced);
    old.leave(Departure::Cut).await;
    let closed = |order: &RelayOrder| matches!(order, RelayOrder::Close(closed) if *closed == end);
    assert!(!world.relay.orders().iter().any(|(_, order)| closed(order)), "media never stopped");
    new.command(Command::RequestFloor { kind: wire::RequestKind::Request }).await.unwrap();
    assert_eq!(world.count("endpoint_joined").await, 2, "hall and site, once each");
}

#[tokio::test]
async fn another_device_is_refused_while_the_first_is_alive_and_the_attempt_is_audited() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let _first = world.site("cao-bang").await;

    let refused = world.visit(endpoint("cao-bang", EndpointRole::Main, "another")).await;

    assert_eq!(refused.err().map(|closing| closing.code), Some(ErrorCode::InUse));
    assert_eq!(world.audit.lock().unwrap().len(), 1);
    let refused_at = std::time::Instant::now();
    let told = lead
        .until(|message| match message {
            ServerMessage::Live(live) => live.sites.values().next()?.endpoints[0].second_device_at,
            _ => None,
        })
        .await;
    assert!(told > 0 && refused_at.elapsed() < Duration::from_secs(1), "operators are told within a second");
    assert!(world.visit(endpoint("cao-bang", EndpointRole::Backup, "another")).await.is_ok(), "the reserve is free");
}

#[tokio::test]
async fn another_device_takes_the_place_of_one_that_is_gone() {
    let world = World::new().await;
    let first = world.site("cao-bang").await;
    first.leave(Departure::Left).await;

    assert!(world.visit(endpoint("cao-bang", EndpointRole::Main, "another")).await.is_ok());
}

#[tokio::test]
async fn a_full_server_says_so_and_a_replacement_still_fits() {
    let world = World::with_room_for(Limits { endpoints: 1, consoles: 1, players: 1 }).await;
    let _lead = world.operator("lan", Role::Lead).await;
    let _site = world.site("cao-bang").await;

    let refused = world.visit(endpoint("ca-mau", EndpointRole::Main, "device")).await;

    assert_eq!(refused.err().map(|closing| closing.code), Some(ErrorCode::ServerFull));
    assert!(world.visit(operator("lan", Role::Lead)).await.is_ok());
}

#[tokio::test]
async fn a_blink_is_not_logged_and_a_drop_is_once() {
    let world = World::new().await;
    let (page, end) = world.site_with_media("cao-bang").await;
    page.leave(Departure::Cut).await;
    world.relay_events.send(RelayEvent::Disconnected { endpoint: end, reason: DisconnectReason::Silent }).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let back = world.site("cao-bang").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.count("endpoint_dropped").await, 0, "half a second is a blink");

    back.leave(Departure::Cut).await;
    tokio::time::sleep(Duration::from_millis(4_000)).await;

    assert_eq!(world.count("endpoint_dropped").await, 1);
    assert_eq!(world.count("endpoint_joined").await, 1);
    let _again = world.site("cao-bang").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(world.count("endpoint_joined").await, 2);
}

#[tokio::test]
async fn a_site_that_falls_silent_is_lost_for_the_centre_within_three_seconds() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_page, end) = world.site_with_media("cao-bang").await;
    world.track_stats(end, 0, Duration::ZERO);
    let cut = std::time::Instant::now();

    let wanted = |message| match message {
        ServerMessage::Live(live) => {
            let site = live.sites.iter().find(|(site, _)| site.0 == "cao-bang").map(|(_, live)| live.clone())?;
            (site.quality == wire::Quality::Lost).then_some(site)
        }
        _ => None,
    };
    let lost = lead.until(wanted).await;

    assert!(cut.elapsed() < Duration::from_secs(3), "told after {:?}", cut.elapsed());
    assert!(lost.lost_since.is_some());
}

#[tokio::test]
async fn a_revoked_token_closes_socket_and_media_within_a_second() {
    let world = World::new().await;
    let (mut page, end) = world.site_with_media("cao-bang").await;
    let (_other, _) = world.site_with_media("ca-mau").await;
    let revoked = Revocation::Token(TokenId("token-cao-bang-Main".to_owned()));

    let asked = std::time::Instant::now();
    world.revocations.send(revoked).unwrap();

    assert_eq!(page.closed().await.code, ErrorCode::Revoked);
    assert!(asked.elapsed() < Duration::from_secs(1));
    let closed = |order: &RelayOrder| matches!(order, RelayOrder::Close(closed) if *closed == end);
    world.relay_until(|relay| relay.orders().iter().any(|(_, order)| closed(order)).then_some(())).await;
    assert!(
        !world.relay.orders().iter().any(|(_, order)| matches!(order, RelayOrder::Close(closed) if *closed != end))
    );
}

#[tokio::test]
async fn a_newer_offer_closes_the_older_media_and_a_bad_one_closes_nothing() {
    let world = World::new().await;
    let (mut page, old) = world.site_with_media("cao-bang").await;

    page.say(ClientMessage::Offer { generation: 2, sdp: "bad".to_owned() }).await;
    page.until(|message| matches!(message, ServerMessage::OfferRefused { generation: 2, .. }).then_some(())).await;
    let closed = |order: &RelayOrder| matches!(order, RelayOrder::Close(closed) if *closed == old);
    assert!(!world.relay.orders().iter().any(|(_, order)| closed(order)));
    let new = world.connect_media(&mut page).await;

    assert_ne!(old, new);
    world.relay_until(|relay| relay.orders().iter().any(|(_, order)| closed(order)).then_some(())).await;
}

#[tokio::test]
async fn a_page_that_does_not_read_is_cut_at_the_bound_and_others_never_notice() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let mut deaf = world.operator("minh", Role::Assistant).await;
    let text = "x".repeat(2_000);
    let mut sent = 0;
    let mut closing = deaf.joined.outbox.closing();

    while closing.borrow().is_none() {
        lead.command(Command::SendMessage { to: vec![], text: text.clone() }).await.unwrap();
        sent += text.len();
        assert!(sent < 2 * MAX_QUEUED_BYTES, "cut at the bound");
    }

    assert!(closing.borrow_and_update().as_ref().is_some_and(|closing| closing.code == ErrorCode::TooSlow));
    assert!(sent > MAX_QUEUED_BYTES / 2);
    assert!(lead.command(Command::SetFloorMode { mode: FloorMode::Open }).await.is_ok());
    let waiting: usize = deaf.drain().iter().map(|message| serde_json::to_string(message).unwrap().len()).sum();
    assert!(waiting <= MAX_QUEUED_BYTES);
}

#[tokio::test]
async fn a_stop_tells_everybody() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;

    world.handle.stop().await;

    assert_eq!(lead.closed().await.code, ErrorCode::Stopping);
    assert!(world.visit(operator("minh", Role::Assistant)).await.is_err());
}
