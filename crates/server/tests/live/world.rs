//! A hall and three sites, with hands for everything around them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use conference::Setup;
use journal::fault::{Fault, FaultyJournal};
use journal::{Journal, SqliteJournal};
use relay_core::{
    EndpointId, Layer, LayerStats, LineId, LinePlan, OfferError, PlaneEvent, RelayEvent, Routes, SlotId, TakeId,
    TrackId, TrackStats,
};
use server::access::{Clock, Revocation, SignInId, TokenId, system_clock};
use server::conference_task::{
    ConferenceHandle, Departure, HealthBeginning, Joined, LeaseMemory, MediaRelay, Pending, Recalled, Refused,
    RelayOrder, Sender, Surroundings, Visit,
};
use server::config::Limits;
use server::health_store::HealthDatabase;
use server::live::Who;
use server::socket::outbox::Closing;
use tokio::sync::{broadcast, mpsc};
use wire::{
    ClientKind, ClientMessage, Command, CommandId, EndpointRole, InstanceId, Refusal, Revision, Role, ServerMessage,
    Welcome,
};

use crate::samples::quick;
pub use crate::samples::{camera, setup, slug};

/// More than any test needs.
const ROOM: Limits = Limits { endpoints: 100, consoles: 100, players: 100 };

/// Nothing here takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a world is started.
struct Start {
    file: Setup,
    instance: &'static str,
    limits: Limits,
    clock: Clock,
    fault: Fault,
    health: health::Settings,
    lease: Arc<Mutex<Option<String>>>,
}

impl Default for Start {
    fn default() -> Self {
        Self {
            file: setup(),
            instance: "first",
            limits: ROOM,
            clock: system_clock(),
            fault: Fault::default(),
            health: quick(),
            lease: Arc::default(),
        }
    }
}

/// Keeps what the relay was told; answers every offer.
#[derive(Debug, Default)]
pub struct RecordingRelay {
    orders: Mutex<Vec<(Instant, RelayOrder)>>,
}

impl RecordingRelay {
    pub fn orders(&self) -> Vec<(Instant, RelayOrder)> {
        self.orders.lock().unwrap().clone()
    }

    /// The routes that it was told last.
    pub fn routes(&self) -> Routes {
        let orders = self.orders();
        let routes = orders.iter().rev().find_map(|(_, order)| match order {
            RelayOrder::SetRoutes(routes) => Some(routes.clone()),
            _ => None,
        });
        routes.unwrap_or_default()
    }

    pub fn takes(&self) -> Vec<(Instant, TakeId, Routes)> {
        let take = |(at, order): (Instant, RelayOrder)| match order {
            RelayOrder::OrderTake(take, routes) => Some((at, take, routes)),
            _ => None,
        };
        self.orders().into_iter().filter_map(take).collect()
    }

    /// Endpoints that get the sound or picture of `from` in some slot.
    pub fn receivers_of(&self, from: EndpointId) -> Vec<EndpointId> {
        let routes = self.routes();
        let mut receivers: Vec<_> = routes
            .slots
            .iter()
            .filter(|(_, feed)| feed.track.endpoint == from)
            .map(|(slot, _)| slot.endpoint)
            .collect();
        receivers.dedup();
        receivers
    }
}

impl MediaRelay for RecordingRelay {
    fn accept_offer(
        &self,
        endpoint: EndpointId,
        lines: Vec<LinePlan>,
        sdp: String,
    ) -> Pending<'static, Result<String, OfferError>> {
        let count = lines.len();
        Box::pin(async move {
            match sdp.as_str() {
                "bad" => Err(OfferError::Syntax("bad".to_owned())),
                _ => Ok(format!("answer {} {count} \r\na=ice-ufrag:relay-{}\r\n", endpoint.0, endpoint.0)),
            }
        })
    }

    fn restart_ice(
        &self,
        endpoint: EndpointId,
        remote_ufrag: String,
    ) -> Pending<'static, Result<String, relay_core::RestartError>> {
        Box::pin(async move { Ok(format!("a=ice-ufrag:restarted-{}-{remote_ufrag}\r\n", endpoint.0)) })
    }

    fn order(&self, order: RelayOrder) -> Pending<'_, ()> {
        self.orders.lock().unwrap().push((Instant::now(), order));
        Box::pin(std::future::ready(()))
    }
}

pub struct World {
    pub handle: ConferenceHandle,
    pub relay: Arc<RecordingRelay>,
    pub relay_events: mpsc::UnboundedSender<RelayEvent>,
    pub revocations: broadcast::Sender<Revocation>,
    pub journal: Arc<FaultyJournal>,
    pub audit: Arc<Mutex<Vec<Refused>>>,
    pub folder: tempfile::TempDir,
    /// Who held the control lease at last.
    pub lease: Arc<Mutex<Option<String>>>,
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::in_folder(folder, Start::default()).await
    }

    pub async fn with_clock(clock: Clock) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), Start { clock, ..Start::default() }).await
    }

    pub async fn with_room_for(limits: Limits) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), Start { limits, ..Start::default() }).await
    }

    /// Starts with a journal that has this fault from the first moment on.
    pub async fn with_fault(fault: Fault) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), Start { fault, ..Start::default() }).await
    }

    async fn in_folder(folder: tempfile::TempDir, start: Start) -> Self {
        let limits = start.limits;
        let opened = SqliteJournal::open(&folder.path().join("journal.db")).await.unwrap();
        assert!(opened.findings.is_empty(), "{:?}", opened.findings);
        let journal = Arc::new(FaultyJournal::new(Arc::new(opened.journal)));
        journal.set(start.fault);
        let relay = Arc::new(RecordingRelay::default());
        let (relay_events, incoming) = mpsc::unbounded_channel();
        let (revocations, revoked) = broadcast::channel(16);
        let audit: Arc<Mutex<Vec<Refused>>> = Arc::default();
        let audited = Arc::clone(&audit);
        let lease = start.lease;
        let (last, kept_lease) = (lease.lock().unwrap().clone(), Arc::clone(&lease));
        let store =
            HealthDatabase::open(folder.path()).await.unwrap().of(&wire::ConferenceId("bau-cu-2021".to_owned()));
        let before = store.told(u64::MAX).await.unwrap();
        let last_check = store.last_check().await.unwrap();
        let health = HealthBeginning { settings: start.health, store, before, last_check, listener: Arc::new(|_| ()) };
        let around = Surroundings {
            relay: Arc::clone(&relay) as Arc<dyn MediaRelay>,
            relay_events: incoming,
            revocations: revoked,
            audit: Arc::new(move |refused| audited.lock().unwrap().push(refused)),
            limits,
            role_of: Arc::new(|name| match name {
                "lan" => Some(Role::Lead),
                "hoa" | "minh" => Some(Role::Assistant),
                _ => None,
            }),
            lease: LeaseMemory {
                last,
                keep: Arc::new(move |name| *kept_lease.lock().unwrap() = Some(name.to_owned())),
            },
            health,
        };
        let kept = Arc::clone(&journal) as Arc<dyn Journal>;
        let recalled =
            Recalled::read(start.file, kept, InstanceId(start.instance.to_owned()), &start.clock).await.unwrap();
        let handle = ConferenceHandle::spawn(recalled, around).await;
        Self { handle, relay, relay_events, revocations, journal, audit, folder, lease }
    }

    /// Stops everything without a word, as a crash would, and starts anew on the same files.
    pub async fn restart(self) -> Self {
        self.restart_with(setup(), Fault::default()).await
    }

    /// The same with another file, and a journal with this fault.
    pub async fn restart_with(self, file: Setup, fault: Fault) -> Self {
        let Self { handle, relay_events, revocations, journal, folder, lease, .. } = self;
        drop((handle, relay_events, revocations));
        journal.close().await.unwrap();
        drop(journal);
        Self::in_folder(folder, Start { file, fault, instance: "second", lease, ..Start::default() }).await
    }

    pub async fn visit(&self, visit: Visit) -> Result<Page, Closing> {
        let joined = self.handle.connect(visit).await?;
        Ok(Page { joined, handle: self.handle.clone(), answers: Vec::new(), ready: Default::default() })
    }

    pub async fn operator(&self, name: &str, role: Role) -> Page {
        self.visit(operator(name, role)).await.unwrap()
    }

    /// A page of a site, welcomed.
    pub async fn site(&self, site: &str) -> Page {
        let mut page = self.visit(endpoint(site, EndpointRole::Main, "device")).await.unwrap();
        page.welcome().await;
        page
    }

    /// A page of a site with media that is up and devices that work.
    pub async fn site_with_media(&self, site: &str) -> (Page, EndpointId) {
        let mut page = self.site(site).await;
        let endpoint = self.connect_media(&mut page).await;
        let status = wire::EndpointStatus {
            camera: wire::DeviceState::Live,
            microphone: wire::DeviceState::Live,
            sound_playing: true,
            content: false,
            visible: true,
            device_changes: 0,
            browser: None,
        };
        page.say(ClientMessage::Status(status)).await;
        (page, endpoint)
    }

    /// Offers, gets the answer, and says that the relay is connected.
    pub async fn connect_media(&self, page: &mut Page) -> EndpointId {
        page.say(ClientMessage::Offer { generation: 1, sdp: "offer".to_owned() }).await;
        let sdp = page
            .until(|message| match message {
                ServerMessage::Answer { sdp, .. } => Some(sdp),
                _ => None,
            })
            .await;
        let number = sdp.split(' ').nth(1).unwrap().parse().unwrap();
        self.relay_events.send(RelayEvent::Connected { endpoint: EndpointId(number) }).unwrap();
        EndpointId(number)
    }

    pub fn plane(&self, event: PlaneEvent) {
        self.relay_events.send(RelayEvent::Plane(event)).unwrap();
    }

    /// The relay's report of a second of one line in which it was silent for so long at its end.
    pub fn track_stats(&self, endpoint: EndpointId, line: u16, silent_for: Duration) {
        let flowing = LayerStats {
            layer: Layer::Low,
            bits: 150_000,
            packets: 30,
            lost: 0,
            frames: 10,
            keyframes: 1,
            jitter_ms: 1.0,
        };
        self.plane(PlaneEvent::TrackStats(TrackStats {
            track: TrackId { endpoint, line: LineId(line) },
            layers: vec![flowing],
            level_dbfs: None,
            synced: true,
            silent_for,
        }));
    }

    pub fn take_done(&self, take: TakeId, cuts: Vec<(SlotId, u32)>) {
        self.plane(PlaneEvent::TakeDone { take, at: Instant::now(), elapsed: Duration::from_millis(40), cuts });
    }

    /// Waits until something about the relay's orders holds.
    pub async fn relay_until<T>(&self, found: impl Fn(&RecordingRelay) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = found(&self.relay) {
                return found;
            }
            assert!(started.elapsed() < PATIENCE, "the relay was never told: {:#?}", self.relay.orders().last());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Kinds of the events in the log.
    pub async fn log(&self) -> Vec<wire::LoggedEvent> {
        self.handle.events(Revision(0), 1_000).await.unwrap()
    }

    /// Waits until the log holds as many events of a kind.
    pub async fn logged(&self, kind: &str, wanted: usize) {
        let started = Instant::now();
        while self.count(kind).await != wanted {
            assert!(started.elapsed() < PATIENCE, "{kind} {wanted} times: {:#?}", self.log().await);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub async fn count(&self, kind: &str) -> usize {
        self.log().await.iter().filter(|event| event.kind == kind).count()
    }
}

pub fn operator(name: &str, role: Role) -> Visit {
    Visit {
        who: Who::Operator { name: name.to_owned(), role },
        credential: Revocation::SignIn(SignInId(format!("sign-in-{name}"))),
        client: ClientKind::Console,
        device: format!("desk-{name}"),
        instance: None,
        since: None,
        address: None,
    }
}

pub fn endpoint(site: &str, role: EndpointRole, device: &str) -> Visit {
    Visit {
        who: Who::Endpoint { site: slug(site), role },
        credential: Revocation::Token(TokenId(format!("token-{site}-{role:?}"))),
        client: if role == EndpointRole::Screen { ClientKind::Screen } else { ClientKind::Site },
        device: device.to_owned(),
        instance: None,
        since: None,
        address: None,
    }
}

pub fn http_sender(name: &str, role: Role) -> Sender {
    Sender { who: Who::Operator { name: name.to_owned(), role }, address: None }
}

/// A page: its outbox and its voice.
pub struct Page {
    pub joined: Joined,
    handle: ConferenceHandle,
    /// Answers that were read while something else was looked for.
    answers: Vec<(CommandId, Result<Revision, Refusal>)>,
    /// Verdicts on sources, by site, as this page was told last.
    pub ready: std::collections::BTreeMap<String, wire::Readiness>,
}

static LAST_COMMAND: AtomicU64 = AtomicU64::new(0);

pub fn new_id() -> CommandId {
    CommandId(format!("command-{}", LAST_COMMAND.fetch_add(1, Ordering::Relaxed)))
}

impl Page {
    pub async fn say(&self, message: ClientMessage) {
        self.joined.heard.note(tokio::time::Instant::now().into_std());
        self.handle.page_says(self.joined.socket, message).await.unwrap();
    }

    /// Sends a command without waiting for its answer.
    pub async fn send(&self, command: Command) -> CommandId {
        let id = new_id();
        self.say(ClientMessage::Command { id: id.clone(), seen: None, command, age_ms: 0, speaker: None }).await;
        id
    }

    /// Sends a command and waits for its answer.
    pub async fn command(&mut self, command: Command) -> Result<Revision, Refusal> {
        let id = self.send(command).await;
        self.answer(&id).await
    }

    pub async fn answer(&mut self, wanted: &CommandId) -> Result<Revision, Refusal> {
        loop {
            if let Some(place) = self.answers.iter().position(|(id, _)| id == wanted) {
                return self.answers.remove(place).1;
            }
            self.next().await;
        }
    }

    pub async fn next(&mut self) -> ServerMessage {
        let text = tokio::time::timeout(PATIENCE, self.joined.outbox.next()).await;
        let text = text.expect("a message in time").expect("the connection lives");
        let message = serde_json::from_str(&text).unwrap();
        match &message {
            ServerMessage::Accepted { id, revision } => self.answers.push((id.clone(), Ok(*revision))),
            ServerMessage::Refused { id, reason } => self.answers.push((id.clone(), Err(reason.clone()))),
            ServerMessage::Live(live) => {
                self.ready.extend(live.sites.iter().map(|(site, live)| (site.0.clone(), live.ready)));
            }
            _ => {}
        }
        message
    }

    /// Reads until `wanted` finds what it looks for.
    pub async fn until<T>(&mut self, wanted: impl Fn(ServerMessage) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.next().await) {
                return found;
            }
        }
    }

    pub async fn welcome(&mut self) -> Welcome {
        match self.next().await {
            ServerMessage::Welcome(welcome) => *welcome,
            other => panic!("the welcome comes first, not {other:?}"),
        }
    }

    /// Everything that waits.
    pub fn drain(&mut self) -> Vec<ServerMessage> {
        let texts = std::iter::from_fn(|| self.joined.outbox.try_next());
        texts.map(|text| serde_json::from_str(&text).unwrap()).collect()
    }

    pub async fn closed(&mut self) -> Closing {
        let mut closing = self.joined.outbox.closing();
        let closing = tokio::time::timeout(PATIENCE, closing.wait_for(Option::is_some)).await;
        closing.expect("closed in time").unwrap().clone().unwrap()
    }

    pub async fn leave(self, departure: Departure) {
        self.handle.disconnect(self.joined.socket, departure).await;
    }

    /// Puts a site on air as far as the relay's order; the preview's id is found in the state.
    pub async fn order_take(&mut self, site: &str) -> CommandId {
        self.command(Command::SetPreview { layout: wire::Layout::Single, sources: vec![camera(site)] }).await.unwrap();
        let (_, view) = self.handle.state(server::view::Audience::Centre).await.unwrap();
        self.send(Command::Take { preview: view.stage.preview.unwrap().id }).await
    }
}
