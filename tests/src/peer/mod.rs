//! A media peer that has its keys in its own hand: what it seals is authentic and may be anything.
//!
//! No library of WebRTC sends malformed packets; this one sends whatever it is told beside its own honest stream, and keeps what
//! arrives. A task of its own answers the control connection, proves the path each second and streams.

mod handshake;
pub mod rtp;
mod sdp;
mod srtp;
mod stream;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use wire::{ClientKind, ClientMessage, DeviceState, EndpointStatus, MediaKind, ServerMessage, Slot, Welcome};

use crate::{Client, Operator, Server};
use handshake::Identity;
use rtp::{Packet, Received};
use srtp::Keys;
pub use stream::Source;
use stream::Stream;

/// The path is proven this often; the relay forgets a peer after 30 s of silence.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// Sound packets are this long; every second one comes with a picture.
const TICK: Duration = Duration::from_millis(20);
/// ICE credentials of the peer; the relay only compares them.
const UFRAG: &str = "peer";
const PASSWORD: &str = "a-password-of-24-letters";

/// What a peer does beside receiving.
pub struct Habits {
    /// What its packets say; none: it sends nothing by itself.
    pub says: Option<&'static str>,
    /// Changes the offer on its way.
    pub munge: Box<dyn Fn(String) -> String>,
}

impl Habits {
    /// Streams.
    pub fn says(what: &'static str) -> Self {
        Self { says: Some(what), munge: Box::new(|offer| offer) }
    }

    /// Only receives.
    pub fn silent() -> Self {
        Self { says: None, munge: Box::new(|offer| offer) }
    }
}

/// What a peer has seen.
#[derive(Default)]
pub struct Seen {
    /// Packets in its lines.
    pub received: Vec<Received>,
    /// Requests for a keyframe of its own sources, by SSRC.
    pub keyframe_requests: Vec<(Instant, u32)>,
    /// Messages of the control connection after the answer.
    pub messages: Vec<ServerMessage>,
    /// Bytes of all datagrams that arrived.
    pub bytes: usize,
    /// Transactions of checks that the relay answered.
    pub answered: Vec<[u8; 12]>,
    /// Where its own streams are.
    pub sources: Vec<Source>,
}

/// A connected peer.
pub struct Peer {
    /// The server's first word.
    pub welcome: Welcome,
    /// SSRCs that the relay sends, with their lines.
    pub lines: HashMap<u32, (Slot, MediaKind)>,
    /// M-lines that the relay rejected.
    pub rejected: usize,
    /// The relay's ICE user fragment towards this peer.
    pub relay_ufrag: String,
    relay_password: String,
    orders: mpsc::UnboundedSender<Order>,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

enum Order {
    Rtp(Vec<u8>, usize, u64),
    Rtcp(Vec<u8>),
    Raw(Vec<u8>),
    Say(ClientMessage),
    Stream(bool),
    Vanish,
    Flush(oneshot::Sender<()>),
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Peer {
    /// Joins as a site and connects its media.
    pub async fn site(server: &Server, token: &str, habits: Habits) -> Result<Self> {
        Self::connect(server, Client::join(server, ClientKind::Site, token).await?, habits).await
    }

    /// Opens a console and connects its media.
    pub async fn console(server: &Server, operator: &Operator) -> Result<Self> {
        Self::connect(server, Client::console(server, operator).await?, Habits::silent()).await
    }

    async fn connect(server: &Server, mut client: Client, habits: Habits) -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        socket.connect(server.media()).await?;
        let identity = Identity::generate()?;
        let own = sdp::Own { ufrag: UFRAG, password: PASSWORD, fingerprint: &identity.fingerprint };
        let sdp = (habits.munge)(sdp::offer(&client.welcome.media, &own));
        client.send(&ClientMessage::Offer { generation: 1, sdp }).await?;
        let answer = client.until(|message| match message {
            ServerMessage::Answer { sdp, .. } => Some(Ok(sdp.clone())),
            ServerMessage::OfferRefused { detail, .. } => Some(Err(detail.clone())),
            _ => None,
        });
        let answer = match answer.await? {
            Ok(sdp) => sdp::read_answer(&sdp)?,
            Err(detail) => bail!("offer refused: {detail}"),
        };
        let check = handshake::check(&answer.ufrag, UFRAG, &answer.password)?;
        let keys = handshake::run(&socket, &check, &identity).await?;
        client.send(&ClientMessage::Status(status())).await?;

        let welcome = client.welcome.clone();
        let lines = answer.ssrcs.iter().zip(&welcome.media.lines);
        let lines: HashMap<_, _> = lines.filter_map(|(ssrc, line)| Some(((*ssrc)?, (line.slot, line.kind)))).collect();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (orders, inbox) = mpsc::unbounded_channel();
        let stream = habits.says.map(|what| Stream::new(what, &welcome.media));
        let relay = (answer.ufrag.clone(), answer.password.clone());
        let body =
            Body { client, socket, keys, relay, lines: lines.clone(), seen: seen.clone(), stream, streams: true };
        let task = tokio::spawn(async move {
            // Whoever waits for this peer's packets finds out.
            let _ = body.live(inbox).await;
        });
        let sdp::Answer { ufrag: relay_ufrag, password: relay_password, rejected, .. } = answer;
        Ok(Self { welcome, lines, rejected, relay_ufrag, relay_password, orders, seen, task })
    }

    /// Seals a packet and sends it.
    pub fn send(&self, packet: &Packet) {
        let (bytes, header) = packet.bytes();
        self.order(Order::Rtp(bytes, header, packet.index));
    }

    /// Seals a compound of RTCP and sends it.
    pub fn send_rtcp(&self, packet: Vec<u8>) {
        self.order(Order::Rtcp(packet));
    }

    /// Sends bytes as they are.
    pub fn send_raw(&self, datagram: Vec<u8>) {
        self.order(Order::Raw(datagram));
    }

    /// Waits until everything that was ordered so far is sent.
    pub async fn flush(&self) -> Result<()> {
        let (done, waits) = oneshot::channel();
        self.order(Order::Flush(done));
        waits.await.context("the peer has ended")
    }

    /// Sends a check with another peer's user fragment and its own password; gives its transaction.
    pub fn check_as(&self, ufrag: &str) -> Result<[u8; 12]> {
        let check = handshake::check(ufrag, UFRAG, &self.relay_password)?;
        let transaction = check[8..20].try_into()?;
        self.send_raw(check);
        Ok(transaction)
    }

    /// Says something on the control connection.
    pub fn say(&self, message: ClientMessage) {
        self.order(Order::Say(message));
    }

    /// Stops its own stream, or lets it go on; everything else goes on in any case.
    pub fn stream(&self, on: bool) {
        self.order(Order::Stream(on));
    }

    /// Goes silent without a word, as a machine that loses its power does: nothing is closed.
    pub fn vanish(&self) {
        self.order(Order::Vanish);
    }

    /// What was seen so far.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// SSRC that the relay sends in a line.
    pub fn ssrc_of(&self, slot: Slot, kind: MediaKind) -> Result<u32> {
        let found = self.lines.iter().find(|(_, line)| **line == (slot, kind));
        Ok(*found.with_context(|| format!("no line {slot:?} {kind:?}"))?.0)
    }

    /// Packets since `since` that say `what`, in a line of this kind in a slot.
    pub fn heard(&self, since: Instant, what: &str, wanted: impl Fn(Slot, MediaKind) -> bool) -> usize {
        let seen = self.seen();
        let hits = seen.received.iter().filter(|one| one.at >= since && wanted(one.slot, one.kind) && one.says(what));
        hits.count()
    }

    /// Waits until at least `count` such packets came.
    pub async fn until_heard(&self, what: &str, count: usize, wanted: impl Fn(Slot, MediaKind) -> bool) -> Result<()> {
        let (since, end) = (Instant::now(), Instant::now() + Duration::from_secs(10));
        while self.heard(since, what, &wanted) < count {
            if Instant::now() > end || self.task.is_finished() {
                bail!("{what}: {} of {count} packets", self.heard(since, what, &wanted));
            }
            tokio::time::sleep(TICK).await;
        }
        Ok(())
    }

    fn order(&self, order: Order) {
        // The task ends when the server closes the connection; then there is nobody to send to.
        let _ = self.orders.send(order);
    }
}

fn status() -> EndpointStatus {
    EndpointStatus {
        camera: DeviceState::Live,
        microphone: DeviceState::Live,
        sound_playing: true,
        content: false,
        visible: true,
        device_changes: 0,
        browser: None,
    }
}

/// What the peer's task owns.
struct Body {
    client: Client,
    socket: UdpSocket,
    keys: Keys,
    /// The relay's user fragment and password.
    relay: (String, String),
    lines: HashMap<u32, (Slot, MediaKind)>,
    seen: Arc<Mutex<Seen>>,
    stream: Option<Stream>,
    /// The stream flows.
    streams: bool,
}

impl Body {
    async fn live(mut self, mut orders: mpsc::UnboundedReceiver<Order>) -> Result<()> {
        let mut checks = tokio::time::interval(CHECK_EVERY);
        let mut ticks = tokio::time::interval(TICK);
        let mut buffer = [0; 2_048];
        loop {
            tokio::select! {
                received = self.socket.recv(&mut buffer) => {
                    // A port that the relay has closed shows as an error of the next call.
                    if let Ok(length) = received { self.take(&mut buffer[..length]); }
                }
                message = self.client.next() => self.seen().messages.push(message?),
                order = orders.recv() => match order {
                    Some(order) => self.obey(order).await?,
                    None => return Ok(()),
                },
                _ = checks.tick() => {
                    let check = handshake::check(&self.relay.0, UFRAG, &self.relay.1)?;
                    let _ = self.socket.send(&check).await;
                }
                _ = ticks.tick() => self.tick().await?,
            }
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tick(&mut self) -> Result<()> {
        let Some(stream) = self.stream.as_mut().filter(|_| self.streams) else { return Ok(()) };
        let packets = stream.tick();
        let sources = stream.sources();
        self.seen().sources = sources;
        for packet in packets {
            let (bytes, header) = packet.bytes();
            let sealed = self.keys.seal_rtp(bytes, header, packet.index)?;
            let _ = self.socket.send(&sealed).await;
        }
        Ok(())
    }

    async fn obey(&mut self, order: Order) -> Result<()> {
        let datagram = match order {
            Order::Rtp(packet, header, index) => self.keys.seal_rtp(packet, header, index)?,
            Order::Rtcp(packet) => self.keys.seal_rtcp(packet)?,
            Order::Raw(datagram) => datagram,
            Order::Say(message) => return self.client.send(&message).await,
            Order::Stream(on) => {
                self.streams = on;
                return Ok(());
            }
            Order::Vanish => std::future::pending().await,
            Order::Flush(done) => {
                // Whoever waited may have stopped waiting.
                let _ = done.send(());
                return Ok(());
            }
        };
        // Larger than a datagram can be: the kernel refuses it, which is as good as any other refusal.
        let _ = self.socket.send(&datagram).await;
        Ok(())
    }

    fn take(&mut self, datagram: &mut [u8]) {
        self.seen().bytes += datagram.len();
        match (datagram.first(), datagram.get(1)) {
            (Some(1), Some(1)) => {
                let transaction: Option<[u8; 12]> = datagram.get(8..20).and_then(|bytes| bytes.try_into().ok());
                self.seen().answered.extend(transaction);
            }
            (Some(128..=191), Some(192..=223)) => {
                let Some(compound) = self.keys.open_rtcp(datagram) else { return };
                for ssrc in keyframe_requests(&compound) {
                    self.seen().keyframe_requests.push((Instant::now(), ssrc));
                    if let Some(stream) = &mut self.stream {
                        stream.keyframe_asked(ssrc);
                    }
                }
            }
            (Some(128..=191), Some(_)) => {
                let Some((ssrc, payload)) = self.keys.open_rtp(datagram) else { return };
                let Some(&(slot, kind)) = self.lines.get(&ssrc) else { return };
                self.seen().received.push(Received { at: Instant::now(), slot, kind, payload });
            }
            _ => {}
        }
    }
}

/// Media SSRCs of the PLIs in a compound (RFC 4585 §6.3.1).
fn keyframe_requests(compound: &[u8]) -> Vec<u32> {
    let mut asked = Vec::new();
    let mut rest = compound;
    while let [first, kind, high, low, ..] = *rest {
        let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
        let Some(part) = rest.get(..length) else { break };
        if let (206, 1, Some(ssrc)) = (kind, first & 0x1f, part.get(8..12)) {
            asked.push(u32::from_be_bytes([ssrc[0], ssrc[1], ssrc[2], ssrc[3]]));
        }
        rest = &rest[length..];
    }
    asked
}
