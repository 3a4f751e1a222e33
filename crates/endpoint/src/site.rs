//! A simulated site: keeps control and media alive for ever, as a page does.
//!
//! Control and media live apart: a lost WebSocket does not touch a peer connection that works. Media is built anew when the
//! server's instance changes, when ICE fails, or when nothing arrives although something is on air.

mod figures;
mod line_check;
mod visit;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use webrtc::peer_connection::RTCPeerConnectionState;
use wire::{
    ClientKind, ClientMessage, ErrorCode, Hello, InstanceId, MediaPlan, Picture, Revision, ServerMessage, SiteCheck,
    TakeId, Uplink, Welcome,
};

pub(crate) use visit::visit;

use crate::backoff::{Backoff, until_connected};
use crate::camera::rids;
use crate::control::{Control, ServerAddress};
use crate::fault::Fault;
use crate::meter::Meter;
use crate::patience::{CONTROL_FRESH, MediaFacts, Patience};
use crate::peer::{Peer, PeerEvent, Streams};
use crate::receive::{Receivers, receive};
use crate::report::{Observation, Report};
use crate::slots;
use crate::speech::Seed;
use crate::studio::Studio;
use crate::test_card::Detail;
use crate::transfer::Carried;
use crate::workshop::Workshop;

/// A connection attempt is given up after this: a server that is being killed may accept and never answer.
const CONNECT_PATIENCE: Duration = Duration::from_millis(1_500);
/// Heartbeat.
const PING_EVERY: Duration = Duration::from_secs(1);
/// Without any message of the server for this long the control connection is dead.
const CONTROL_DEAD: Duration = Duration::from_secs(4);
/// Statistics to the server.
const STATS_EVERY: Duration = Duration::from_secs(2);
/// How often media is looked after.
const MEDIA_CHECK_EVERY: Duration = Duration::from_millis(250);
/// Pause before another offer after the relay refused one.
const REFUSED_PAUSE: Duration = Duration::from_secs(1);
/// Pause after the server said that the token is not (or no longer) valid; a new conference may accept it later.
const UNAUTHORIZED_PAUSE: Duration = Duration::from_secs(5);

/// Takes that were shown and not yet told: at most one is awaited at a time, control may be away for some.
const MAX_SHOWN: usize = 16;

/// Who joins, and how.
#[derive(Debug, Clone)]
pub struct SiteConfig {
    /// Where.
    pub server: ServerAddress,
    /// Token of the join link.
    pub token: String,
    /// Index in the conference's list of sites, for marker and tone.
    pub index: u16,
    /// Name to draw.
    pub name: String,
    /// How much its picture gives to encode and to send.
    pub detail: Detail,
    /// White picture and beep at one instant, every 1.28 s, instead of a steady tone ([`crate::clapper`]).
    pub clapper: bool,
    /// Syllables and pauses instead of a steady tone; a clapper does not speak.
    pub speech: Option<Seed>,
    /// What is out of order. The server is not told.
    pub fault: Option<Fault>,
    /// Decode pictures and all sound, instead of reading SEI markers and a window of sound a second.
    pub decode: bool,
    /// Tones that can be told apart when listening: number of sites with the hall.
    pub tones: u16,
    /// Where its pictures are encoded.
    pub workshop: Workshop,
    /// It has its line checked once its media is up, and tells here how far that is.
    pub check: Option<mpsc::Sender<SiteCheck>>,
}

/// Joins and stays. Ends only when dropped.
pub async fn run(config: SiteConfig, report: Report) -> std::convert::Infallible {
    let mut site = Site::new(config, report);
    let mut backoff = Backoff::default();
    loop {
        let server = site.config.server.clone();
        let report = site.report.clone();
        // One line for an outage, however many attempts it takes.
        let mut told = false;
        let failed = |error: Option<anyhow::Error>| {
            if !std::mem::replace(&mut told, true) {
                control_lost(&report, error.map_or_else(|| "no answer".to_owned(), |error| format!("{error:#}")));
            }
        };
        let mut control = until_connected(&mut backoff, CONNECT_PATIENCE, || Control::connect(&server), failed).await;
        let ended = site.talk(&mut control, &mut backoff).await;
        drop(control);
        control_lost(&site.report, format!("{:#}", ended.error));
        site.report.update(|summary| summary.control = false);
        let unauthorized = matches!(ended.fatal, Some((ErrorCode::Unauthorized | ErrorCode::Revoked, _)));
        let pause = if unauthorized { UNAUTHORIZED_PAUSE } else { backoff.next_wait(&mut rand::rng()) };
        tokio::time::sleep(pause).await;
    }
}

fn control_lost(report: &Report, reason: String) {
    report.observe(&Observation::ControlLost { reason });
}

/// Why a control connection ended.
struct Ended {
    error: anyhow::Error,
    /// The server sent the site away, and said why.
    fatal: Option<(ErrorCode, String)>,
}

impl From<anyhow::Error> for Ended {
    fn from(error: anyhow::Error) -> Self {
        Self { error, fatal: None }
    }
}

struct Site {
    config: SiteConfig,
    device: String,
    studio: Studio,
    meter: Arc<Meter>,
    report: Report,
    shown_sender: mpsc::Sender<(TakeId, u32)>,
    shown: mpsc::Receiver<(TakeId, u32)>,
    /// What the line carried.
    carried_sender: mpsc::Sender<Carried>,
    carried: mpsc::Receiver<Carried>,
    /// It has asked for its check.
    check_asked: bool,
    /// Instance and revision that were seen last.
    known: Option<(InstanceId, Revision)>,
    media: Option<Media>,
    generation: u32,
    patience: Patience,
    plan: Option<MediaPlan>,
    /// Since when something is on air, so that media is due.
    due_since: Option<Instant>,
    /// Since when control has been heard without a gap, from this connection's Welcome on; and when it was last heard.
    control_since: Option<Instant>,
    control_heard: Instant,
    welcomes: u32,
    rtt: Duration,
}

/// The current peer connection; dropping it ends its tasks.
struct Media {
    peer: Peer,
    tasks: JoinSet<()>,
    receivers: Receivers,
    offered_at: Instant,
    connected_at: Option<Instant>,
    /// Since when ICE has had no answer.
    disconnected_at: Option<Instant>,
    streams: Option<Streams>,
    /// An offer that was refused is repeated then.
    refused_at: Option<Instant>,
}

impl Site {
    fn new(config: SiteConfig, report: Report) -> Self {
        let (shown_sender, shown) = mpsc::channel(MAX_SHOWN);
        let (carried_sender, carried) = mpsc::channel(1);
        Self {
            device: uuid::Uuid::new_v4().to_string(),
            studio: Studio::new(&config),
            meter: Arc::default(),
            report,
            shown_sender,
            shown,
            carried_sender,
            carried,
            check_asked: false,
            known: None,
            media: None,
            generation: 0,
            patience: Patience::default(),
            plan: None,
            due_since: None,
            control_since: None,
            control_heard: Instant::now(),
            welcomes: 0,
            rtt: Duration::ZERO,
            config,
        }
    }

    /// Serves one control connection until it ends.
    async fn talk(&mut self, control: &mut Control, backoff: &mut Backoff) -> Ended {
        match self.serve(control, backoff).await {
            Ok(never) => match never {},
            Err(ended) => ended,
        }
    }

    async fn serve(&mut self, control: &mut Control, backoff: &mut Backoff) -> Result<std::convert::Infallible, Ended> {
        control.send(&ClientMessage::Hello(self.hello())).await?;
        let mut ping = ticks(PING_EVERY);
        let mut stats = ticks(STATS_EVERY);
        let mut check = ticks(MEDIA_CHECK_EVERY);
        (self.control_since, self.control_heard) = (None, Instant::now());
        let mut pinged: Option<(u64, Instant)> = None;
        let mut nonce = 0;
        loop {
            tokio::select! {
                message = control.receive() => {
                    self.heard();
                    match message? {
                        ServerMessage::Welcome(welcome) => {
                            backoff.reset();
                            self.welcomed(control, *welcome).await?;
                        }
                        ServerMessage::Pong { nonce, .. } => {
                            if let Some((_, sent)) = pinged.take_if(|(sent, _)| *sent == nonce) {
                                self.rtt = sent.elapsed();
                            }
                        }
                        message => self.message(control, message).await?,
                    }
                }
                event = next_event(&mut self.media) => self.peer_event(event),
                Some(Carried { up_kbps, down_kbps }) = self.carried.recv() => {
                    control.send(&ClientMessage::Transferred { up_kbps, down_kbps }).await?;
                }
                Some((take, elapsed_ms)) = self.shown.recv() => self.tell_shown(control, take, elapsed_ms).await?,
                _ = ping.tick() => {
                    if self.control_heard.elapsed() > CONTROL_DEAD {
                        return Err(anyhow::anyhow!("the server is silent").into());
                    }
                    nonce += 1;
                    pinged = Some((nonce, Instant::now()));
                    control.send(&ClientMessage::Ping { nonce }).await?;
                }
                _ = stats.tick() => {
                    if self.control_since.is_some() {
                        control.send(&ClientMessage::Stats(self.stats())).await?;
                    }
                }
                _ = check.tick() => {
                    self.check_media(control).await?;
                    self.ask_for_check(control).await?;
                }
            }
        }
    }

    fn hello(&self) -> Hello {
        Hello {
            protocol: wire::PROTOCOL_VERSION,
            client: ClientKind::Site,
            token: Some(self.config.token.clone()),
            conference: None,
            device: self.device.clone(),
            instance: self.known.as_ref().map(|(instance, _)| instance.clone()),
            since: self.known.as_ref().map(|(_, revision)| *revision),
            deflate: false,
        }
    }

    fn heard(&mut self) {
        let now = Instant::now();
        if now.duration_since(self.control_heard) > CONTROL_FRESH {
            self.control_since = self.control_since.map(|_| now);
        }
        self.control_heard = now;
    }

    async fn welcomed(&mut self, control: &mut Control, welcome: Welcome) -> anyhow::Result<()> {
        self.welcomes += 1;
        self.control_since = Some(self.control_heard);
        let restarted = self.known.as_ref().is_none_or(|(instance, _)| *instance != welcome.instance);
        // A server that has started anew knows of no check.
        self.check_asked &= !restarted;
        let welcomes = self.welcomes;
        self.report.update(|summary| {
            summary.site = welcome.you.site.as_ref().map_or_else(String::new, |site| site.0.clone());
            summary.welcomes = welcomes;
            summary.control = true;
        });
        self.report.observe(&Observation::Welcomed { instance: welcome.instance.0.clone(), times: welcomes });
        self.known = Some((welcome.instance, welcome.revision));
        self.picture(&welcome.picture);
        self.uplink(welcome.uplink);
        let replanned = self.plan.as_ref() != Some(&welcome.media);
        self.plan = Some(welcome.media);
        control.send(&ClientMessage::Status(line_check::status(self.config.check.is_some()))).await?;
        if restarted || replanned || self.media.is_none() {
            self.build_media(control, if restarted { "another instance" } else { "another plan" }).await?;
        }
        Ok(())
    }

    async fn message(&mut self, control: &mut Control, message: ServerMessage) -> Result<(), Ended> {
        match message {
            ServerMessage::Event { revision, .. } => {
                if let Some((_, known)) = &mut self.known {
                    *known = revision;
                }
            }
            ServerMessage::Answer { generation, sdp } if generation == self.generation => {
                if let Err(error) = self.answered(sdp).await {
                    tracing::warn!(error = format!("{error:#}"), site = %self.config.name, "an answer that cannot be used");
                    self.build_media(control, "the answer cannot be used").await?;
                }
            }
            ServerMessage::OfferRefused { generation, detail } if generation == self.generation => {
                tracing::warn!(detail, site = %self.config.name, "the offer was refused");
                if let Some(media) = &mut self.media {
                    media.refused_at = Some(Instant::now());
                }
            }
            // Of an older offer.
            ServerMessage::Answer { .. } | ServerMessage::OfferRefused { .. } => {}
            ServerMessage::Picture(picture) => self.picture(&picture),
            ServerMessage::Cut { take, cuts, picture } => {
                self.picture(&picture);
                if let Some((take, elapsed_ms)) = self.meter.cut(Instant::now(), take, &cuts) {
                    self.tell_shown(control, take, elapsed_ms).await?;
                }
            }
            ServerMessage::Uplink(uplink) => self.uplink(uplink),
            ServerMessage::Check(check) => self.checked(check),
            ServerMessage::Error { code, detail, fatal } => {
                // Whoever checks the line reads it in a sentence.
                if !fatal || self.config.check.is_none() {
                    tracing::warn!(?code, detail, fatal, site = %self.config.name, "the server complains");
                }
                if fatal {
                    return Err(Ended { error: anyhow::anyhow!("{code:?}: {detail}"), fatal: Some((code, detail)) });
                }
            }
            // Operators' and readers' business.
            ServerMessage::Welcome(_)
            | ServerMessage::Live(_)
            | ServerMessage::Health(_)
            | ServerMessage::Accepted { .. }
            | ServerMessage::Refused { .. }
            | ServerMessage::TakeReport(_)
            | ServerMessage::Talkback { .. }
            | ServerMessage::Pong { .. } => {}
        }
        Ok(())
    }

    fn picture(&mut self, picture: &Picture) {
        let slots: Vec<String> = picture.cells.iter().map(|cell| slots::name(cell.slot)).collect();
        let now = Instant::now();
        self.due_since = if slots.is_empty() { None } else { self.due_since.or(Some(now)) };
        self.meter.picture(now, &slots);
    }

    fn uplink(&mut self, uplink: Uplink) {
        if self.studio.uplink(uplink) {
            self.report.observe(&Observation::Uplink { layers: rids(uplink) });
        }
    }

    async fn tell_shown(&self, control: &mut Control, take: TakeId, elapsed_ms: u32) -> anyhow::Result<()> {
        self.report.observe(&Observation::Shown { take: take.0, elapsed_ms });
        control.send(&ClientMessage::Shown { take, elapsed_ms }).await
    }

    /// Builds a new peer connection and offers it.
    async fn build_media(&mut self, control: &mut Control, reason: &'static str) -> anyhow::Result<()> {
        let Some(plan) = self.plan.clone() else { return Ok(()) };
        self.generation += 1;
        let generation = self.generation;
        let state = "rebuilding".to_owned();
        self.report.observe(&Observation::Media { generation, state, reason: Some(reason.to_owned()) });
        if let Some(mut old) = self.media.take() {
            // The new camera waits for the encoders that the old one holds.
            old.tasks.abort_all();
            self.patience.rebuilt(old.peer.last_packet().is_some());
            tokio::spawn(async move { old.peer.close().await });
        }
        self.meter.restart();
        self.report.update(|summary| {
            summary.offers = generation;
            summary.media = false;
        });
        let peer = Peer::offer(&plan, self.config.server.local_media_address()).await?;
        control.send(&ClientMessage::Offer { generation, sdp: peer.offer.clone() }).await?;
        self.media = Some(Media {
            peer,
            tasks: JoinSet::new(),
            receivers: Receivers {
                lines: slots::received(&plan).into(),
                report: self.report.clone(),
                meter: Arc::clone(&self.meter),
                shown: self.shown_sender.clone(),
                codec: plan.codec,
                decode: self.config.decode,
                tones: self.config.tones,
                echo: self.studio.echo(),
            },
            offered_at: Instant::now(),
            connected_at: None,
            disconnected_at: None,
            streams: None,
            refused_at: None,
        });
        Ok(())
    }

    async fn answered(&mut self, sdp: String) -> anyhow::Result<()> {
        let Some(media) = &mut self.media else { return Ok(()) };
        let streams = media.peer.answered(sdp).await?;
        if media.connected_at.is_some() {
            self.studio.start(&mut media.tasks, streams, &self.report);
        } else {
            media.streams = Some(streams);
        }
        Ok(())
    }

    fn peer_event(&mut self, event: Option<PeerEvent>) {
        let Some(media) = &mut self.media else { return };
        match event {
            Some(PeerEvent::Track(track)) => {
                media.tasks.spawn(receive(track, media.receivers.clone()));
            }
            Some(PeerEvent::State(state)) => {
                let generation = self.generation;
                let up = state == RTCPeerConnectionState::Connected;
                self.report.observe(&Observation::Media { generation, state: state.to_string(), reason: None });
                self.report.update(|summary| summary.media = up);
                let unanswered = state == RTCPeerConnectionState::Disconnected;
                media.disconnected_at = unanswered.then(Instant::now);
                if up {
                    media.connected_at.get_or_insert_with(Instant::now);
                    if let Some(streams) = media.streams.take() {
                        self.studio.start(&mut media.tasks, streams, &self.report);
                    }
                } else if state == RTCPeerConnectionState::Failed || state == RTCPeerConnectionState::Closed {
                    // The next check, at most 250 ms away, builds a new one.
                    media.refused_at = Some(Instant::now() - REFUSED_PAUSE);
                }
            }
            None => media.refused_at = Some(Instant::now() - REFUSED_PAUSE),
        }
    }

    async fn check_media(&mut self, control: &mut Control) -> anyhow::Result<()> {
        let now = Instant::now();
        // Before Welcome it is not known for whom an offer would be.
        let Some(control_since) = self.control_since else { return Ok(()) };
        let reason = match &self.media {
            None => Some("none"),
            Some(media) => match media.refused_at {
                Some(at) => (now.duration_since(at) >= REFUSED_PAUSE).then_some("refused or failed"),
                None => self.patience.exhausted(
                    now,
                    MediaFacts {
                        offered_at: media.offered_at,
                        connected_at: media.connected_at,
                        disconnected_at: media.disconnected_at,
                        last_packet: media.peer.last_packet(),
                        due_since: self.due_since,
                        control_since,
                        control_heard: self.control_heard,
                    },
                ),
            },
        };
        match reason {
            Some(reason) => self.build_media(control, reason).await,
            None => Ok(()),
        }
    }
}

async fn next_event(media: &mut Option<Media>) -> Option<PeerEvent> {
    match media {
        Some(media) if media.refused_at.is_none() => media.peer.events.recv().await,
        _ => std::future::pending().await,
    }
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
