//! Encoders and players on str0m, an implementation of WebRTC that shares nothing with the relay: an encoder comes by WHIP, a
//! player by WHEP, over real HTTP and UDP.

mod http;
mod seen;
mod stream;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use str0m::{
    Candidate, Event, IceConnectionState, Input, Output, Rtc,
    change::{SdpAnswer, SdpPendingOffer},
    media::{Direction, MediaKind, Mid, Simulcast, SimulcastLayer},
    net::{Protocol, Receive},
};
use tokio::{net::UdpSocket, task::JoinHandle};

use crate::Server;
pub use http::{Credential, Reply};
use seen::{Received, Seen};
use stream::Stream;

/// Packets of sound come this often; every second one comes with a picture.
const TICK: Duration = Duration::from_millis(20);
/// Longest wait for packets.
const PATIENCE: Duration = Duration::from_secs(10);
/// Layers of an encoder with simulcast, as RIDs.
const LAYERS: [&str; 3] = ["l", "m", "h"];

/// How an encoder comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoder {
    /// One layer.
    Plain,
    /// Three layers.
    Simulcast,
    /// One layer, and it waits for the relay's ClientHello, as ffmpeg does.
    Passive,
    /// One layer without sound.
    PictureAlone,
    /// Sound without a picture.
    SoundAlone,
}

/// One encoder or player.
pub struct Door {
    /// Path of its session.
    pub location: String,
    /// Entity tag of its ICE session.
    pub etag: String,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Door {
    /// Publishes by WHIP; each packet says `says`.
    pub async fn publish(server: &Server, token: &str, says: &'static str, encoder: Encoder) -> Result<Self> {
        let kinds: &[MediaKind] = match encoder {
            Encoder::Plain | Encoder::Simulcast | Encoder::Passive => &[MediaKind::Audio, MediaKind::Video],
            Encoder::PictureAlone => &[MediaKind::Video],
            Encoder::SoundAlone => &[MediaKind::Audio],
        };
        let plan: Vec<_> = kinds.iter().map(|kind| (*kind, Direction::SendOnly)).collect();
        let credential = Credential::Token(token.to_owned());
        Self::open(server, "/api/v1/whip", &credential, &plan, encoder, Some(says)).await
    }

    /// Plays by WHEP in so many pictures and one sound; `query` says what.
    pub async fn play(server: &Server, credential: &Credential, query: &str, pictures: usize) -> Result<Self> {
        let mut plan = vec![(MediaKind::Video, Direction::RecvOnly); pictures];
        plan.push((MediaKind::Audio, Direction::RecvOnly));
        Self::open(server, &format!("/api/v1/whep{query}"), credential, &plan, Encoder::Plain, None).await
    }

    async fn open(
        server: &Server,
        path: &str,
        credential: &Credential,
        plan: &[(MediaKind, Direction)],
        encoder: Encoder,
        says: Option<&'static str>,
    ) -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let (mut rtc, mids, offer, pending) = offering(&socket, plan, encoder)?;
        let reply = http::post(server, path, credential, "application/sdp", &offer)?;
        ensure!(reply.status == 201, "{path}: {} {}", reply.status, reply.body);
        rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&reply.body)?)?;
        let location = reply.header("location").context("no Location")?.to_owned();
        let etag = reply.header("etag").context("no ETag")?.to_owned();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let layers: &[&str] = if encoder == Encoder::Simulcast { &LAYERS } else { &[] };
        let lines = plan.iter().map(|(kind, _)| *kind).zip(mids.iter().copied());
        let stream = says.map(|says| Stream::new(says, lines, layers));
        let body = Body { rtc, socket, mids, seen: seen.clone(), stream };
        let task = tokio::spawn(async move {
            // Whoever waits for this door's packets finds out.
            let _ = body.live().await;
        });
        Ok(Self { location, etag, seen, task })
    }

    /// Ends the session.
    pub fn end(&self, server: &Server, credential: &Credential) -> Result<Reply> {
        http::delete(server, &self.location, credential)
    }

    /// Goes silent without a word, as a machine that loses its power does.
    pub fn vanish(&self) {
        self.task.abort();
    }

    /// Packets since `since` in a line that say `what`.
    pub fn heard(&self, since: Instant, line: usize, what: &str) -> usize {
        self.seen().packets.iter().filter(|one| one.at >= since && one.line == line && one.says(what)).count()
    }

    /// Packets since `since` in any line.
    pub fn heard_anything(&self, since: Instant) -> usize {
        self.seen().packets.iter().filter(|one| one.at >= since).count()
    }

    /// Packets of media in a line that do not say `what`; of a line of which nothing is expected, all.
    pub fn heard_others(&self, line: usize, what: Option<&str>) -> usize {
        let seen = self.seen();
        let other = |one: &&Received| one.line == line && one.is_media() && !what.is_some_and(|what| one.says(what));
        seen.packets.iter().filter(other).count()
    }

    /// Waits until at least `count` packets that say `what` came in a line.
    pub async fn until_heard(&self, line: usize, what: &str, count: usize) -> Result<()> {
        let (since, end) = (Instant::now(), Instant::now() + PATIENCE);
        while self.heard(since, line, what) < count {
            if Instant::now() > end || self.task.is_finished() {
                bail!("{what} in line {line}: {} of {count} packets", self.heard(since, line, what));
            }
            tokio::time::sleep(TICK).await;
        }
        Ok(())
    }

    /// How one take looked in a line, and the longest time between two of its pictures since the order.
    pub fn cut(&self, ordered: Instant, line: usize, before: &str, after: &str) -> Result<Duration> {
        self.seen().cut(ordered, line, before, after)
    }

    /// States of the connection so far: one that lives and is never negotiated again adds none.
    pub fn states(&self) -> Vec<IceConnectionState> {
        self.seen().states.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        locked(&self.seen)
    }
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn offering(
    socket: &UdpSocket,
    plan: &[(MediaKind, Direction)],
    encoder: Encoder,
) -> Result<(Rtc, Vec<Mid>, String, SdpPendingOffer)> {
    str0m::crypto::from_feature_flags().install_process_default();
    // An offer of the whole wall is long enough with one codec of each kind.
    let builder = Rtc::builder().set_rtp_mode(true).clear_codecs().enable_h264(true).enable_opus(true, false);
    let mut rtc = builder.build(Instant::now());
    rtc.add_local_candidate(Candidate::host(socket.local_addr()?, "udp")?);
    let mut change = rtc.sdp_api();
    let mut mids = Vec::new();
    for (kind, direction) in plan {
        let layered = encoder == Encoder::Simulcast && *kind == MediaKind::Video;
        let simulcast = layered.then(|| Simulcast { send: LAYERS.map(SimulcastLayer::new).to_vec(), recv: Vec::new() });
        mids.push(change.add_media(*kind, *direction, None, None, simulcast));
    }
    let (offer, pending) = change.apply().context("something was offered")?;
    let mut offer = offer.to_sdp_string();
    if encoder == Encoder::Passive {
        offer = offer.replace("a=setup:actpass", "a=setup:passive");
    }
    Ok((rtc, mids, offer, pending))
}

/// What the door's task owns.
struct Body {
    rtc: Rtc,
    socket: UdpSocket,
    mids: Vec<Mid>,
    seen: Arc<Mutex<Seen>>,
    stream: Option<Stream>,
}

impl Body {
    async fn live(mut self) -> Result<()> {
        let local = self.socket.local_addr()?;
        let mut ticks = tokio::time::interval(TICK);
        let mut buffer = vec![0; 2_048];
        loop {
            let due = self.drain().await?;
            tokio::select! {
                received = self.socket.recv_from(&mut buffer) => {
                    // A port that the relay has closed shows as an error of the next call.
                    let Ok((length, source)) = received else { continue };
                    let Ok(contents) = (&buffer[..length]).try_into() else { continue };
                    let receive = Receive { proto: Protocol::Udp, source, destination: local, contents };
                    self.rtc.handle_input(Input::Receive(Instant::now(), receive))?;
                }
                () = tokio::time::sleep_until(due.into()) => self.rtc.handle_input(Input::Timeout(Instant::now()))?,
                _ = ticks.tick() => {
                    if let Some(stream) = &mut self.stream && self.rtc.is_connected() {
                        stream.tick(&mut self.rtc)?;
                    }
                    self.rtc.handle_input(Input::Timeout(Instant::now()))?;
                }
            }
        }
    }

    /// Sends and notes everything; gives when str0m wants to be called again.
    async fn drain(&mut self) -> Result<Instant> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(due) => return Ok(due),
                Output::Transmit(transmit) => {
                    let _ = self.socket.send_to(&transmit.contents, transmit.destination).await;
                }
                Output::Event(Event::KeyframeRequest(request)) => {
                    if let Some(stream) = &mut self.stream {
                        stream.keyframe_asked(request.rid);
                    }
                }
                Output::Event(Event::RtpPacket(packet)) => {
                    let line = self.mids.iter().position(|mid| packet.header.ext_vals.mid == Some(*mid));
                    if let Some(line) = line {
                        let received = Received { at: Instant::now(), line, payload: packet.payload.to_vec() };
                        locked(&self.seen).packets.push(received);
                    }
                }
                Output::Event(Event::IceConnectionStateChange(state)) => locked(&self.seen).states.push(state),
                Output::Event(_) => {}
            }
        }
    }
}
