//! Whatever a client sends costs that client alone.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use wire::{ClientMessage, Command, ErrorCode, FloorMode, ServerMessage};

use crate::server_world::{Client, ServerWorld};

async fn error(client: &mut Client) -> ErrorCode {
    client
        .until(|message| match message {
            ServerMessage::Error { code, .. } => Some(code),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn what_is_no_message_is_named_and_too_much_of_it_ends_the_connection() {
    let world = ServerWorld::start().await;
    let mut site = world.site("cao-bang").await;
    let deep = "[".repeat(100_000);
    let bad = ["", "{", "null", r#"{"type":"no such"}"#, r#"{"type":"ping"}"#, r#"{"type":"ping","nonce":-1}"#, &deep];

    for text in bad {
        site.say_text(text).await;
        assert_eq!(error(&mut site).await, ErrorCode::BadMessage);
    }
    for _ in 0..3 {
        site.say_text("again").await;
    }

    assert_eq!(site.sent_away().await, ErrorCode::BadMessage);
    let mut again = world.site("cao-bang").await;
    again.say(&ClientMessage::Ping { nonce: 1 }).await;
    again.until(|message| matches!(message, ServerMessage::Pong { .. }).then_some(())).await;
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_connection_with_the_reason() {
    let world = ServerWorld::start().await;
    let mut site = world.site("cao-bang").await;

    let sdp = "x".repeat(wire::MAX_MESSAGE_BYTES);
    let text = serde_json::to_string(&ClientMessage::Offer { generation: 1, sdp }).unwrap();
    // The server may hang up before it has read everything.
    let _ = site.stream.send(Message::text(text)).await;

    assert_eq!(site.sent_away().await, ErrorCode::TooLarge);
}

#[tokio::test]
async fn a_flood_ends_the_flooder_and_others_work_on() {
    let world = ServerWorld::start().await;
    let mut lead = world.console("lan").await;
    let site = world.site("cao-bang").await;

    let (mut sink, mut stream) = site.stream.split();
    let ping = serde_json::to_string(&ClientMessage::Ping { nonce: 1 }).unwrap();
    let flood = async { while sink.send(Message::text(ping.clone())).await.is_ok() {} };
    let reader = async {
        let mut codes = Vec::new();
        while let Some(Ok(message)) = stream.next().await {
            if let Message::Text(text) = message
                && let ServerMessage::Error { code, fatal, .. } = serde_json::from_str(&text).unwrap()
            {
                codes.push((code, fatal));
            }
        }
        codes
    };
    let (_, codes) = tokio::time::timeout(Duration::from_secs(20), async { tokio::join!(flood, reader) })
        .await
        .expect("the flood ends");

    assert!(codes.iter().all(|(code, _)| *code == ErrorCode::TooMany), "{codes:?}");
    assert!(!codes.is_empty());
    let asked = Instant::now();
    assert!(lead.command(Command::SetFloorMode { mode: FloorMode::Open }).await.is_ok());
    assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_and_others_work_on() {
    let world = ServerWorld::start().await;
    let mut lead = world.console("lan").await;
    // Never polled: its kernel's buffers fill, then its outbox.
    let mut deaf = world.console("minh").await;

    // Long in bytes, so that few of them fill the bound: a page may not say more than a few hundred things at once.
    let text = "𝄞".repeat(2_000);
    let figures = || world.server.app().lobby.conference(None).unwrap().figures();
    // Figures are a quarter of a second old.
    while figures().sockets < 2 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let started = Instant::now();
    while figures().sockets > 1 {
        lead.command(Command::SendMessage { to: vec![], text: text.clone() }).await.unwrap();
        // As fast as a page may go on speaking.
        tokio::time::sleep(Duration::from_millis(25)).await;
        assert!(started.elapsed() < Duration::from_secs(60), "cut at the bound");
    }

    // What was on its way still arrives; then the connection ends.
    while deaf.next().await.is_some() {}
    assert!(lead.command(Command::SetFloorMode { mode: FloorMode::Open }).await.is_ok());
}
