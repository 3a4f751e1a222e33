//! Hostile bytes at every door: a clear error or silence, never a panic, never a stopped conference.

use std::time::Duration;

use acceptance::{Bytes, Client, Operator, Server};
use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, Stream, StreamExt};
use tokio::net::UdpSocket;
use tokio_tungstenite::tungstenite::{Error, Message};
use wire::{ClientKind, ClientMessage, Command, ErrorCode, FloorMode, Refusal, ServerMessage};

/// Datagrams per kind: enough to hit every branch, small enough for a shared machine.
const DATAGRAMS: u32 = 2_000;

/// Longest wait for an answer or a close.
const PATIENCE: Duration = Duration::from_secs(7);

/// The server is ready, and somebody can still come in with a sign-in and is known. The first start's link works once, so that
/// whoever has signed in already brings that sign-in.
async fn still_alive(server: &Server, operator: Option<Operator>) -> Result<()> {
    let (status, text) = server.get("/readyz", &[])?;
    assert_eq!(status, 200, "{text}");
    let operator = operator.map_or_else(|| server.sign_in(), Ok).context("nobody can sign in any more")?;
    let mut console = Client::console(server, &operator).await?;
    console.accepted(Command::SetFloorMode { mode: FloorMode::Open }).await?;
    Ok(())
}

/// The first error that the server names on this socket, whether it is the last thing that it says, and whether the socket was
/// closed in order after that.
async fn named_error(
    socket: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
) -> Result<(ErrorCode, bool, bool)> {
    let mut named = None;
    let read = async {
        while let Some(message) = socket.next().await {
            match message? {
                Message::Text(text) => {
                    if let ServerMessage::Error { code, detail, fatal } = serde_json::from_str(&text)? {
                        ensure!(!detail.is_empty(), "{code:?} without words");
                        named = named.or(Some((code, fatal)));
                        if !fatal {
                            return Ok(false);
                        }
                    }
                }
                Message::Close(_) => return Ok(true),
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
        bail!("the socket ended without a close")
    };
    let closed = tokio::time::timeout(PATIENCE, read).await.context("neither an answer nor a close")??;
    let (code, fatal) = named.context("closed without a named error")?;
    Ok((code, fatal, closed))
}

fn hostile_datagrams(seed: u64) -> impl Iterator<Item = Vec<u8>> {
    let mut bytes = Bytes(seed);
    (0..DATAGRAMS).map(move |i| {
        let length = usize::try_from(bytes.next() % 1_600).unwrap_or(0);
        let mut packet = bytes.fill(length);
        let lead: &[u8] = match i % 8 {
            0 => &[0x00, 0x01, 0x00, 0x10, 0x21, 0x12, 0xa4, 0x42], // STUN Binding with a wrong length
            1 => &[0x01, 0x01, 0xff, 0xff, 0x21, 0x12, 0xa4, 0x42], // STUN response nobody asked for
            2 => &[0x16, 0xfe, 0xfd, 0x00, 0x00],                   // DTLS handshake
            3 => &[0x17, 0xfe, 0xff, 0xff, 0xff],                   // DTLS application data
            4 => &[0x80, 0x60],                                     // RTP
            5 => &[0xbf, 0xe0],                                     // RTP with padding, extension, 15 CSRCs
            6 => &[0x80, 0xc8, 0xff, 0xff],                         // RTCP SR with a wrong length
            _ => &[],
        };
        let n = lead.len().min(packet.len());
        packet[..n].copy_from_slice(&lead[..n]);
        packet
    })
}

#[tokio::test]
async fn hostile_datagrams_get_silence_and_the_conference_goes_on() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let mut console = Client::console(&server, &operator).await?;
    let socket = UdpSocket::bind("127.0.0.1:0").await?;

    for packet in hostile_datagrams(0x1234_5678) {
        socket.send_to(&packet, server.media()).await?;
    }

    let mut buffer = [0; 2_048];
    let answer = tokio::time::timeout(Duration::from_millis(500), socket.recv_from(&mut buffer)).await;
    assert!(answer.is_err(), "something answered a stranger: {answer:?}");
    assert!(console.command(Command::SetFloorMode { mode: FloorMode::Queue }).await?.is_ok());
    still_alive(&server, Some(operator)).await
}

#[tokio::test]
async fn malformed_and_oversized_json_is_answered_clearly_and_closes_at_most_its_own_socket() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let mut console = Client::console(&server, &operator).await?;
    let deep = "[".repeat(100_000);
    let huge = format!("{{\"type\":\"ping\",\"nonce\":1,\"x\":\"{}\"}}", "a".repeat(wire::MAX_MESSAGE_BYTES));
    let bad = ["", "{", "null", "[]", "{\"type\":\"no_such\"}", "{\"type\":\"command\"}", "\u{0}", &deep];

    // A text that cannot be read costs itself alone; one that is too large costs the connection, which is told why.
    let mut site = Client::join(&server, ClientKind::Site, &server.token("cao-bang", "main")?).await?;
    for text in bad {
        site.send_text(text).await?;
        let (code, fatal, _) = named_error(&mut site.socket).await.with_context(|| format!("{text:.40}…"))?;
        assert_eq!((code, fatal), (ErrorCode::BadMessage, false), "{text:.40}…");
    }
    let answer = site.command(Command::RequestFloor { kind: wire::RequestKind::Request }).await?;
    assert!(matches!(answer, Ok(_) | Err(Refusal::FloorClosed)), "{answer:?}");
    site.send_text(&huge).await?;
    assert_eq!(named_error(&mut site.socket).await?, (ErrorCode::TooLarge, true, true));
    for path in ["/api/v1/sign-in", "/api/v1/sign-in/link"] {
        for body in ["", "{", "[]", &huge] {
            let (status, _, text) = server.post(path, body, &[])?;
            assert!((400..500).contains(&status), "{path} {body:.20}: {status} {text}");
            let problem: serde_json::Value = serde_json::from_str(&text).with_context(|| format!("{path}: {text}"))?;
            assert_eq!(problem["status"], status, "{path} {body:.20}: {text}");
        }
    }
    assert!(console.command(Command::SetFloorMode { mode: FloorMode::Queue }).await?.is_ok());
    still_alive(&server, Some(operator)).await
}

#[tokio::test]
async fn a_socket_that_is_not_text_or_says_no_hello_is_closed() -> Result<()> {
    let server = Server::start().await?;

    for first in
        [Message::binary(vec![0xff; 1_000]), Message::text("{\"type\":\"ping\",\"nonce\":1}"), Message::text("{")]
    {
        let mut socket = Client::socket(&server, None).await?;
        socket.send(first.clone()).await?;
        assert_eq!(named_error(&mut socket).await?, (ErrorCode::BadMessage, true, true), "{first:?}");
    }
    // Whoever says nothing at all is told, too, when the time for a hello is over.
    let mut silent = Client::socket(&server, None).await?;
    assert_eq!(named_error(&mut silent).await?, (ErrorCode::BadMessage, true, true));
    still_alive(&server, None).await
}

#[tokio::test]
async fn bad_offers_are_refused_with_words() -> Result<()> {
    let server = Server::start().await?;
    let mut site = Client::join(&server, ClientKind::Site, &server.token("cao-bang", "main")?).await?;
    let lines = (0..1_000).map(|i| format!("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:{i}\r\n")).collect::<String>();
    let many = format!("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n{lines}");
    let plain = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n";
    let offers = [String::new(), "v=0".into(), "x".repeat(100_000), many, plain.into()];

    for (generation, sdp) in (1..).zip(offers) {
        site.send(&ClientMessage::Offer { generation, sdp }).await?;
        let refused = site.until(|message| match message {
            ServerMessage::OfferRefused { generation: of, detail } if *of == generation => Some(detail.clone()),
            ServerMessage::Answer { generation: of, sdp } if *of == generation => Some(format!("ANSWER {sdp}")),
            _ => None,
        });
        let detail = refused.await?;
        assert!(!detail.is_empty() && !detail.starts_with("ANSWER"), "offer {generation}: {detail}");
    }
    let answer = site.command(Command::RequestFloor { kind: wire::RequestKind::Request }).await?;
    assert!(matches!(answer, Ok(_) | Err(Refusal::FloorClosed)), "{answer:?}");
    still_alive(&server, None).await
}
