//! Who comes in, as what, and for how long.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tokio_tungstenite::tungstenite::Message;
use wire::{ClientKind, ClientMessage, EndpointRole, ErrorCode, Hello, ServerMessage};

use crate::server_world::{ServerWorld, hello};

#[tokio::test]
async fn a_console_comes_in_by_its_cookie_and_a_site_by_its_token() {
    let world = ServerWorld::start().await;
    let cookie = world.cookie("lan").await;
    let mut console = world.open(Some(&cookie)).await;
    let mut site = world.open(None).await;

    console.say(&ClientMessage::Hello(hello(ClientKind::Console, None))).await;
    let token = world.token("cao-bang", EndpointRole::Main).await;
    site.say(&ClientMessage::Hello(hello(ClientKind::Site, Some(token)))).await;

    assert_eq!(console.welcomed().await.you.name, "lan");
    let you = site.welcomed().await.you;
    assert_eq!((you.name.as_str(), you.endpoint), ("Cao Bằng", Some(EndpointRole::Main)));
}

#[tokio::test]
async fn a_page_that_can_inflate_gets_its_welcome_deflated_and_its_offer_need_not_wait_for_it() {
    let world = ServerWorld::start().await;
    let token = world.token("cao-bang", EndpointRole::Screen).await;
    let mut screen = world.open(None).await;

    screen.say(&ClientMessage::Hello(Hello { deflate: true, ..hello(ClientKind::Screen, Some(token)) })).await;
    screen.say(&ClientMessage::Offer { generation: 1, sdp: "nonsense".to_owned() }).await;

    let Some(Ok(Message::Binary(packed))) = screen.stream.next().await else { panic!("the welcome comes first") };
    let welcome = serde_json::from_reader(flate2::read::DeflateDecoder::new(&packed[..])).unwrap();
    let ServerMessage::Welcome(welcome) = welcome else { panic!("the welcome comes first, not {welcome:?}") };
    assert_eq!(welcome.you.endpoint, Some(EndpointRole::Screen));
    let refused = |message| matches!(message, ServerMessage::OfferRefused { generation: 1, .. }).then_some(());
    screen.until(refused).await;
}

#[tokio::test]
async fn whoever_proves_nothing_is_sent_away_and_audited() {
    let world = ServerWorld::start().await;
    let screen_token = world.token("cao-bang", EndpointRole::Screen).await;
    let hellos = [
        hello(ClientKind::Console, None),
        hello(ClientKind::Site, None),
        hello(ClientKind::Site, Some("guessed".to_owned())),
        hello(ClientKind::Site, Some(screen_token)),
    ];
    for hello in hellos {
        let mut client = world.open(None).await;

        client.say(&ClientMessage::Hello(hello.clone())).await;

        assert_eq!(client.sent_away().await, ErrorCode::Unauthorized, "{hello:?}");
    }
    let rows = world.server.app().access.audit_rows(None, 100).await.unwrap();
    assert!(rows.iter().filter(|row| row.what.starts_with("connect as")).count() >= 4, "{rows:?}");
}

#[tokio::test]
async fn a_page_of_another_version_is_told_to_reload() {
    let world = ServerWorld::start().await;
    let mut client = world.open(None).await;

    client.say(&ClientMessage::Hello(Hello { protocol: 999, ..hello(ClientKind::Console, None) })).await;

    assert_eq!(client.sent_away().await, ErrorCode::WrongProtocol);
}

#[tokio::test]
async fn whoever_says_nothing_or_something_else_first_is_sent_away() {
    let world = ServerWorld::start().await;
    let mut silent = world.open(None).await;
    let mut hasty = world.open(None).await;

    let opened = Instant::now();
    hasty.say(&ClientMessage::Ping { nonce: 1 }).await;

    assert_eq!(hasty.sent_away().await, ErrorCode::BadMessage);
    assert_eq!(silent.sent_away().await, ErrorCode::BadMessage);
    assert!(opened.elapsed() >= Duration::from_secs(4) && opened.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn a_sign_out_closes_the_console_within_a_second() {
    let world = ServerWorld::start().await;
    let cookie = world.cookie("lan").await;
    let mut console = world.open(Some(&cookie)).await;
    console.say(&ClientMessage::Hello(hello(ClientKind::Console, None))).await;
    console.welcomed().await;

    let asked = Instant::now();
    let headers = [(axum::http::header::COOKIE, cookie.parse().unwrap())].into_iter().collect();
    world.server.app().access.sign_out(&headers).await.unwrap();

    assert_eq!(console.sent_away().await, ErrorCode::Revoked);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn the_relay_refuses_an_offer_that_is_none_and_the_connection_stays() {
    let world = ServerWorld::start().await;
    let mut site = world.site("cao-bang").await;

    for sdp in ["", "v=0\r\n", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"] {
        site.say(&ClientMessage::Offer { generation: 1, sdp: sdp.to_owned() }).await;
        site.until(|message| matches!(message, ServerMessage::OfferRefused { generation: 1, .. }).then_some(())).await;
    }
    site.say(&ClientMessage::Ping { nonce: 7 }).await;
    site.until(|message| matches!(message, ServerMessage::Pong { nonce: 7, .. }).then_some(())).await;
}

#[tokio::test]
async fn a_stop_says_goodbye() {
    let world = ServerWorld::start().await;
    let mut console = world.console("lan").await;

    let ServerWorld { server, folder: _folder, .. } = world;
    let stop = tokio::spawn(server.stop());

    assert_eq!(console.sent_away().await, ErrorCode::Stopping);
    stop.await.unwrap();
}
