//! The relay process: the relay as the server starts it, told by lines of JSON instead of by a server.

use std::{
    io::{BufRead, Write, stdin, stdout},
    net::SocketAddr,
    thread,
};

use anyhow::Context;
use rand::RngExt;
use relay::{Certificate, Relay, RelayConfig, RelayEvent, RelayHandle};
use relay_core::{
    Answer, Codec, EndpointId, Feed, Flow, Kind, Layer, LineDirection, LineId, LinePlan, PlaneEvent, SlotId, TakeId,
    TrackId,
};

use crate::{
    cores,
    orders::{Agreed, Extensions, Line, News, Order, Routes},
};

/// Layers by their number in orders.
const LAYERS: [Layer; 3] = [Layer::Low, Layer::Mid, Layer::High];

/// Runs until standard input ends.
///
/// # Errors
///
/// The relay cannot be started, or an order cannot be read.
pub fn run(core: usize, bind: SocketAddr) -> anyhow::Result<()> {
    // Before anything is started, so that every thread inherits it.
    cores::pin(core)?;
    let (handle, mut events) = Relay::start(RelayConfig {
        bind,
        tcp: true,
        announced: Vec::new(),
        certificate: Certificate::generate()?,
        codec: Codec::H264,
        seed: rand::rng().random(),
    })?;
    tell(&News::Listening { address: handle.local_addr() })?;
    let teller = thread::spawn(move || {
        while let Some(event) = events.blocking_recv() {
            // Statistics are read and dropped, as a server without pages would.
            if let Some(news) = news_of(event)
                && tell(&news).is_err()
            {
                return;
            }
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for line in stdin().lock().lines() {
        let order = serde_json::from_str(&line?).context("an order")?;
        if let Some(news) = runtime.block_on(carry_out(&handle, order))? {
            tell(&news)?;
        }
    }
    runtime.block_on(handle.shutdown());
    // It ends with the relay's thread, whose end closes the queue of events.
    let _ = teller.join();
    Ok(())
}

fn tell(news: &News) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(news)?;
    line.push(b'\n');
    let mut out = stdout().lock();
    out.write_all(&line)?;
    out.flush().context("standard output")
}

async fn carry_out(handle: &RelayHandle, order: Order) -> anyhow::Result<Option<News>> {
    match order {
        Order::Offer { endpoint, plan, sdp } => {
            let plan = plan.into_iter().map(line_plan).collect();
            Ok(Some(match handle.accept_offer(EndpointId(endpoint), plan, sdp).await {
                Ok(answer) => answered(endpoint, answer),
                Err(error) => News::Refused { endpoint, reason: error.to_string() },
            }))
        }
        Order::Close { endpoint } => {
            handle.close(EndpointId(endpoint)).await?;
            Ok(None)
        }
        Order::Routes(routes) => {
            handle.set_routes(routes_of(&routes)).await?;
            Ok(None)
        }
        Order::Take { take, routes } => {
            handle.order_take(TakeId(take), routes_of(&routes)).await?;
            Ok(None)
        }
        Order::Usage => Ok(Some(News::Usage(cores::usage()?))),
    }
}

fn line_plan(line: Line) -> LinePlan {
    LinePlan {
        kind: if line.video { Kind::Video } else { Kind::Audio },
        direction: if line.sends { LineDirection::FromEndpoint } else { LineDirection::ToEndpoint },
        simulcast: line.simulcast,
        msid: Some(line.stream),
    }
}

fn answered(endpoint: u64, answer: Answer) -> News {
    let agreed = |flow: &Flow| match flow {
        Flow::Inactive => Agreed::default(),
        Flow::Incoming { payload_type, .. } => Agreed { payload_type: *payload_type, ssrc: None, rtx_ssrc: None },
        Flow::Outgoing { payload_type, ssrc, rtx_ssrc, .. } => {
            Agreed { payload_type: *payload_type, ssrc: Some(*ssrc), rtx_ssrc: *rtx_ssrc }
        }
    };
    let ids = answer.negotiated.extensions;
    News::Answered {
        endpoint,
        sdp: answer.sdp,
        lines: answer.negotiated.lines.iter().map(|line| agreed(&line.flow)).collect(),
        extensions: Extensions {
            mid: ids.mid,
            rid: ids.rid,
            transport_cc: ids.transport_cc,
            audio_level: ids.audio_level,
        },
    }
}

fn routes_of(routes: &Routes) -> relay_core::Routes {
    let layer = |number: u8| LAYERS[usize::from(number).min(LAYERS.len() - 1)];
    let track = |endpoint: u64, line: u16| TrackId { endpoint: EndpointId(endpoint), line: LineId(line) };
    let slots = routes.slots.iter().map(|route| {
        let slot = SlotId { endpoint: EndpointId(route.to), line: LineId(route.slot) };
        (slot, Feed { track: track(route.from, route.track), layer: layer(route.layer), rank: 1 })
    });
    let wishes = routes.wishes.iter().map(|wish| (track(wish.from, wish.track), layer(wish.layer)));
    let mut all = relay_core::Routes::default();
    all.slots.extend(slots);
    all.wishes.extend(wishes);
    all
}

fn news_of(event: RelayEvent) -> Option<News> {
    match event {
        RelayEvent::Connected { endpoint } => Some(News::Connected { endpoint: endpoint.0 }),
        RelayEvent::Disconnected { endpoint, reason } => {
            Some(News::Disconnected { endpoint: endpoint.0, reason: format!("{reason:?}") })
        }
        RelayEvent::Plane(PlaneEvent::TakeDone { take, elapsed, .. }) => {
            Some(News::TakeDone { take: take.0, elapsed_us: u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX) })
        }
        RelayEvent::Plane(PlaneEvent::TakeFailed { take, reason }) => {
            Some(News::TakeFailed { take: take.0, reason: format!("{reason:?}") })
        }
        RelayEvent::Plane(PlaneEvent::LayersWanted { track, layers }) => Some(News::LayersWanted {
            endpoint: track.endpoint.0,
            line: track.line.0,
            layers: layers.into_iter().map(|layer| layer as u8).collect(),
        }),
        RelayEvent::Plane(
            PlaneEvent::TrackStats(_)
            | PlaneEvent::ReceiverStats(_)
            | PlaneEvent::Readiness { .. }
            | PlaneEvent::Ceiling { .. }
            | PlaneEvent::Levels(_),
        ) => None,
    }
}
