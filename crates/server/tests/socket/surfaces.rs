//! A panel of buttons: it acts by HTTP, and its lamps come by WebSocket.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use server::access::SurfaceId;
use tokio_tungstenite::tungstenite::{Error, Message};
use wire::{ClientMessage, Command, ConferenceId, Lamp, LeaseAction, RequestKind, ServerMessage, SiteSlug, TallyView};

use crate::server_world::{Client, Feed, PATIENCE, ServerWorld};

fn slug(text: &str) -> SiteSlug {
    SiteSlug(text.to_owned())
}

/// The next lamps; none once the feed is over.
async fn lamps(feed: &mut Feed) -> Option<TallyView> {
    loop {
        match tokio::time::timeout(PATIENCE, feed.next()).await.expect("lamps in time") {
            Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(_)) | Err(Error::Protocol(_) | Error::Io(_))) | None => return None,
            Some(Ok(_)) => {}
            Some(Err(error)) => panic!("{error}"),
        }
    }
}

async fn lamps_until(feed: &mut Feed, wanted: impl Fn(&TallyView) -> bool) -> TallyView {
    loop {
        let seen = lamps(feed).await.expect("the feed lives");
        if wanted(&seen) {
            return seen;
        }
    }
}

async fn status(refused: Result<Feed, Error>) -> u16 {
    match refused {
        Err(Error::Http(answer)) => answer.status().as_u16(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_do_what_the_console_does_and_lamps_say_so() {
    let world = ServerWorld::start().await;
    let mut console = world.console("lan").await;
    let (_, token) = world.surface("lan").await;
    let mut feed = world.feed(Some(&token)).await.unwrap();
    let first = lamps_until(&mut feed, |seen| seen.lease.as_deref() == Some("lan")).await;
    assert_eq!(first.preview, None);

    world.act("preview_site?site=cao-bang", &token).await.unwrap();
    let seen = lamps_until(&mut feed, |seen| seen.preview.is_some()).await;
    assert_eq!(seen.sites[&slug("cao-bang")].lamp, Lamp::Preview);

    // The take names the preview that the lamps named, and is refused with its reason: the site sends nothing.
    let preview = seen.preview.unwrap().0;
    let stale = world.act(&format!("take?preview={}", preview + 1), &token).await.unwrap_err();
    let offline = world.act(&format!("take?preview={preview}"), &token).await.unwrap_err();
    assert_eq!(stale["refusal"]["code"], "preview_changed");
    assert_eq!(offline["refusal"]["code"], "source_offline");
    assert!(offline["status"] == 409 && offline["type"] == "/problems/refused");

    world.act("set_floor_mode?mode=queue", &token).await.unwrap();
    for name in ["cao-bang", "ca-mau"] {
        let mut site = world.site(name).await;
        site.command(Command::RequestFloor { kind: RequestKind::Request }).await.unwrap();
    }
    world.act("clear_preview", &token).await.unwrap();
    let seen = lamps_until(&mut feed, |seen| seen.preview.is_none() && seen.queue.len() == 2).await;
    assert_eq!(seen.sites[&slug("ca-mau")].lamp, Lamp::Requested);
    world.act("next_request", &token).await.unwrap();
    lamps_until(&mut feed, |seen| seen.sites[&slug("cao-bang")].lamp == Lamp::Preview).await;
    world.act("next_request", &token).await.unwrap();
    lamps_until(&mut feed, |seen| seen.sites[&slug("ca-mau")].lamp == Lamp::Preview).await;
    world.act("previous_request", &token).await.unwrap();
    lamps_until(&mut feed, |seen| seen.sites[&slug("cao-bang")].lamp == Lamp::Preview).await;

    world.act("mute?site=cao-bang", &token).await.unwrap();
    lamps_until(&mut feed, |seen| seen.sites[&slug("cao-bang")].muted).await;
    world.act("open_conference", &token).await.unwrap();
    world.act("next_item", &token).await.unwrap();
    let seen = lamps_until(&mut feed, |seen| seen.item.is_some()).await;
    assert_eq!(seen.item.unwrap().0, "mo");
    world.act("next_item", &token).await.unwrap();
    lamps_until(&mut feed, |seen| seen.item.as_ref().is_some_and(|item| item.0 == "ket")).await;
    let none = world.act("next_item", &token).await.unwrap_err();
    assert_eq!(none["type"], "/problems/conflict");
    hand_over(&mut console, &world).await;
    let refused = world.act("back_to_hall", &token).await.unwrap_err();
    assert_eq!(refused["refusal"]["holder"], "minh", "a surface has the lease only while its operator has it");
    world.server.stop().await;
}

/// The lead gives the lease away.
async fn hand_over(console: &mut Client, world: &ServerWorld) {
    let mut minh = world.console("minh").await;
    let action = LeaseAction::HandOver { to: "minh".to_owned() };
    console.say(&ClientMessage::Lease { action }).await;
    minh.until(|message| match message {
        ServerMessage::Live(live) if live.lease.as_deref() == Some("minh") => Some(()),
        _ => None,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_surface_that_sends_no_header_says_its_token_first() {
    let world = ServerWorld::start().await;
    let (_, token) = world.surface("thu-ky").await;

    let mut feed = world.feed(None).await.unwrap();
    // Some modules keep their line alive by a byte, and end their texts with a new line.
    feed.send(Message::binary(vec![0])).await.unwrap();
    feed.send(Message::text(format!("{token}\r\n"))).await.unwrap();
    let seen = lamps(&mut feed).await.unwrap();
    assert_eq!(seen.sites.len(), 3);

    let mut wrong = world.feed(None).await.unwrap();
    wrong.send(Message::text("surface-khong-co")).await.unwrap();
    match tokio::time::timeout(PATIENCE, wrong.next()).await.unwrap() {
        Some(Ok(Message::Text(text))) => assert!(text.contains("\"status\":401"), "{text}"),
        other => panic!("{other:?}"),
    }
    assert!(lamps(&mut wrong).await.is_none());
    let of_site = world.token("cao-bang", wire::EndpointRole::Main).await;
    assert_eq!(status(world.feed(Some(&of_site)).await).await, 403);
    assert_eq!(status(world.feed(Some("surface-khong-co")).await).await, 401);
    world.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_ends_with_its_surface_and_with_the_server() {
    let world = ServerWorld::start().await;
    let (id, token) = world.surface("lan").await;
    let (_, other) = world.surface("lan").await;
    let (mut feed, mut stays) = (world.feed(Some(&token)).await.unwrap(), world.feed(Some(&other)).await.unwrap());
    assert!(lamps(&mut feed).await.is_some() && lamps(&mut stays).await.is_some());

    let access = &world.server.app().access;
    assert!(access.remove_surface(&ConferenceId("hop".to_owned()), SurfaceId(id), None).await.unwrap());
    let asked = Instant::now();

    while lamps(&mut feed).await.is_some() {}
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    world.console("lan").await.command(Command::MuteAll).await.unwrap();
    lamps_until(&mut stays, |seen| seen.sites[&slug("cao-bang")].muted).await;
    world.server.stop().await;
    while lamps(&mut stays).await.is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn lamps_come_whole_and_at_most_twenty_times_a_second() {
    let world = ServerWorld::start().await;
    let mut console = world.console("lan").await;
    let (_, token) = world.surface("lan").await;
    let mut feed = world.feed(Some(&token)).await.unwrap();
    lamps(&mut feed).await.unwrap();
    let began = Instant::now();

    for _ in 0..60 {
        console.command(Command::MuteAll).await.unwrap();
        console.command(Command::UnmuteAll).await.unwrap();
    }
    let last = console.command(Command::Mute { site: slug("ca-mau") }).await.unwrap();
    let mut texts = 1;
    while lamps(&mut feed).await.unwrap().revision < last {
        texts += 1;
    }

    let most = 2 + began.elapsed().as_millis() / 50;
    assert!(texts <= most, "{texts} texts in {:?}", began.elapsed());
    world.server.stop().await;
}
