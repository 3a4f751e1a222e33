//! A relay on loopback that is spoken to by hand, to try a browser or an encoder against it:
//!
//! ```text
//! offer 1 send:video:simulcast send:audio      m-lines of the offer, then the offer's lines, then a dot
//! offer 2 receive:video:hall receive:audio:hall
//! route 2/0 1/0 high                           slot 2/0 carries the track 1/0 from now on
//! take 7 2/0 3/0 high                          as take 7, once the track 3/0 has a keyframe
//! ```
//!
//! Answers are printed with a dot behind them, events as they come.

use std::{
    error::Error,
    io::{BufRead, Write},
};

use relay::{Certificate, Relay, RelayConfig, RelayHandle};
use relay_core::{
    Codec, EndpointId, Feed, Kind, Layer, LineDirection, LineId, LinePlan, Routes, SlotId, TakeId, TrackId,
};

type Fault = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let codec = if std::env::args().any(|argument| argument == "vp8") { Codec::Vp8 } else { Codec::H264 };
    let mut seed = [0; 32];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut seed)?;
    let (handle, mut events) = Relay::start(RelayConfig {
        bind: "127.0.0.1:0".parse()?,
        tcp: true,
        announced: vec![],
        certificate: Certificate::generate()?,
        codec,
        seed,
    })?;
    writeln!(std::io::stdout(), "listening {}", handle.local_addr())?;
    std::thread::spawn(move || {
        while let Some(event) = events.blocking_recv() {
            let _ = writeln!(std::io::stdout(), "event {event:?}");
        }
    });
    let mut routes = Routes::default();
    let mut lines = std::io::stdin().lock().lines();
    while let Some(line) = lines.next() {
        let line = line?;
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["offer", endpoint, plan @ ..] => {
                let sdp: Vec<String> = lines
                    .by_ref()
                    .take_while(|line| line.as_ref().is_ok_and(|line| line != "."))
                    .collect::<Result<_, _>>()?;
                offer(&handle, EndpointId(endpoint.parse()?), plan, sdp.join("\r\n") + "\r\n").await?;
            }
            ["route", slot, track, layer] => {
                route(&mut routes, slot, track, layer)?;
                handle.set_routes(routes.clone()).await?;
            }
            ["take", take, slot, track, layer] => {
                route(&mut routes, slot, track, layer)?;
                handle.order_take(TakeId(take.parse()?), routes.clone()).await?;
            }
            [] => {}
            _ => writeln!(std::io::stdout(), "not understood: {line}")?,
        }
    }
    handle.shutdown().await;
    Ok(())
}

async fn offer(handle: &RelayHandle, endpoint: EndpointId, plan: &[&str], sdp: String) -> Result<(), Fault> {
    let plan = plan.iter().map(|word| line_plan(word)).collect::<Result<_, _>>()?;
    match handle.accept_offer(endpoint, plan, sdp).await {
        Ok(answer) => writeln!(std::io::stdout(), "answer {}\n{}.", endpoint.0, answer.sdp)?,
        Err(error) => writeln!(std::io::stdout(), "refused {} {error}", endpoint.0)?,
    }
    Ok(())
}

fn route(routes: &mut Routes, slot: &str, track: &str, layer: &str) -> Result<(), Fault> {
    let (endpoint, line) = place(slot)?;
    let (from, from_line) = place(track)?;
    let layer = match layer {
        "low" => Layer::Low,
        "mid" => Layer::Mid,
        _ => Layer::High,
    };
    let track = TrackId { endpoint: from, line: from_line };
    routes.slots.insert(SlotId { endpoint, line }, Feed { track, layer, rank: 0 });
    Ok(())
}

fn line_plan(word: &str) -> Result<LinePlan, Fault> {
    let mut parts = word.split(':');
    let direction = match parts.next() {
        Some("send") => LineDirection::FromEndpoint,
        Some("receive") => LineDirection::ToEndpoint,
        _ => return Err(format!("{word}: neither send nor receive").into()),
    };
    let kind = match parts.next() {
        Some("video") => Kind::Video,
        Some("audio") => Kind::Audio,
        _ => return Err(format!("{word}: neither audio nor video").into()),
    };
    let last = parts.next();
    let simulcast = last == Some("simulcast");
    Ok(LinePlan { kind, direction, simulcast, msid: last.filter(|_| !simulcast).map(str::to_owned) })
}

fn place(word: &str) -> Result<(EndpointId, LineId), Fault> {
    let (endpoint, line) = word.split_once('/').ok_or_else(|| format!("{word}: not endpoint/line"))?;
    Ok((EndpointId(endpoint.parse()?), LineId(line.parse()?)))
}
