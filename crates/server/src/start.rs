//! From a configuration to a running server, and back.
//!
//! Start: data folder, access, journal, then for each conference its log, which knows its sites and its codec, its relay and its
//! task, then the ports. Stop is the other way round, each step with its deadline: pages are told, requests end, the journal is
//! closed last.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use conference::{Setup, VideoCodec};
use journal::{Journal, SqliteJournal};
use relay::{Certificate, Relay, RelayConfig, RelayHandle};
use relay_core::{Codec, RelayEvent};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use wire::{ConferenceId, InstanceId, Role, SiteSlug};

use crate::access::{Access, AccessError, AuditEntry, NewPassword, Secret, system_clock};
use crate::app::App;
use crate::conference_task::{ConferenceHandle, HealthBeginning, LeaseMemory, Recalled, Surroundings};
use crate::config::{ConferenceFile, ServerConfig};
use crate::documents::{Documents, SWEEP_EVERY};
use crate::health_store::HealthDatabase;
use crate::http::{self, Scheme};
use crate::listener::{self, Listener};
use crate::metrics::{MeteredJournal, Metrics, RelayWatch, tap};
use crate::socket::Lobby;
use crate::tls;
use crate::webhooks::Webhooks;

/// The event log in the data folder.
pub const JOURNAL_FILE: &str = "journal.db";
/// The lead that exists if the configuration names none.
const DEFAULT_LEAD: &str = "lead";
/// A conference tells its pages and writes what is left within this time; the journal's own deadline is 1.8 s.
const CONFERENCE_STOPS_WITHIN: Duration = Duration::from_secs(4);
/// Requests that run when the server stops may take this long.
const REQUESTS_END_WITHIN: Duration = Duration::from_secs(2);
/// The journal writes its mark within this time.
const JOURNAL_CLOSES_WITHIN: Duration = Duration::from_secs(2);

/// How a server is started.
#[derive(Debug, Clone)]
pub struct StartOptions {
    /// The data folder; made if it is not there.
    pub data: PathBuf,
    /// A demonstration: one-time sign-in link instead of passwords.
    pub demo: bool,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// Plain HTTP.
    pub http: SocketAddr,
    /// HTTPS.
    pub https: Option<SocketAddr>,
    /// Media, one for each conference in the order of the configuration.
    pub media: Vec<SocketAddr>,
    /// Addresses at which sites reach it, by configuration; empty: those of the machine.
    pub announced: Vec<IpAddr>,
}

/// A running server.
pub struct Server {
    app: App,
    addresses: Addresses,
    conferences: Vec<Running>,
    journal: Arc<dyn Journal>,
    listeners: Vec<Listener>,
    sweeper: JoinHandle<()>,
    health: HealthDatabase,
    new_passwords: Vec<NewPassword>,
    sign_in_link: Option<Secret>,
}

/// A conference with its relay.
struct Running {
    handle: ConferenceHandle,
    relay: RelayHandle,
    watch: RelayWatch,
}

impl Server {
    /// Starts everything.
    ///
    /// # Errors
    /// What could not be started, in one line.
    pub async fn start(config: &ServerConfig, options: &StartOptions) -> anyhow::Result<Self> {
        let data = options.data.as_path();
        make_folder(data).with_context(|| format!("data folder {}", data.display()))?;
        // Ports first: a busy one is the most common mistake, and nothing else should have happened by then.
        let http_socket = listener::bind(config.http.listen, "http.listen")?;
        let https_socket = match &config.https {
            Some(https) => {
                Some((listener::bind(https.listen, "https.listen")?, tls::server_config(&https.certificate, data)?))
            }
            None => None,
        };
        let access = Access::open(data, system_clock()).await?;
        let metrics = Metrics::new();
        let journal = open_journal(data, &metrics).await?;
        let health = HealthDatabase::open(data).await?;
        let instance = InstanceId(uuid::Uuid::now_v7().to_string());
        let webhooks = Webhooks::start(&config.webhooks, instance.clone());
        let parts = Parts {
            config,
            data,
            access: &access,
            journal: &journal,
            health: &health,
            webhooks: &webhooks,
            metrics: &metrics,
            instance: &instance,
        };
        let mut conferences = Vec::new();
        for (index, file) in config.conferences.iter().enumerate() {
            conferences.push(parts.start_conference(index, file).await?);
        }
        let mut handles = conferences.iter().map(|running| running.handle.clone());
        let first = handles.next().context("a server needs a conference")?;
        let app = App {
            access: access.clone(),
            lobby: Lobby::new(access.clone(), first, handles),
            instance,
            origins: config.http.origins.clone().into(),
            trusted_proxies: config.http.trusted_proxies.clone().into(),
            ice_servers: config.media.ice_servers.clone().into(),
            metrics,
            rates: Arc::default(),
            feeds: Arc::default(),
            transfers: Arc::default(),
            documents: Documents::open(data).context("documents")?,
            relays: conferences.iter().map(|running| running.watch.clone()).collect(),
        };
        let sweeper = tokio::spawn(sweep_documents(app.documents.clone(), app.conferences()));
        let (new_passwords, sign_in_link) = admit_operators(&access, config, options.demo).await?;
        let media = conferences.iter().map(|running| running.relay.local_addr()).collect();
        let mut listeners = vec![Listener::serve(http_socket, None, http::router(app.clone(), Scheme::Http))?];
        if let Some((socket, tls)) = https_socket {
            listeners.push(Listener::serve(socket, Some(tls), http::router(app.clone(), Scheme::Https))?);
        }
        let addresses = Addresses {
            http: listeners[0].address(),
            https: listeners.get(1).map(Listener::address),
            media,
            announced: config.media.announce.clone(),
        };
        Ok(Self { app, addresses, conferences, journal, listeners, sweeper, health, new_passwords, sign_in_link })
    }

    /// Where it listens.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What requests see.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Passwords that this start made, to be shown once.
    pub fn new_passwords(&self) -> &[NewPassword] {
        &self.new_passwords
    }

    /// Token of the one-time sign-in link of a demonstration.
    pub fn sign_in_link(&self) -> Option<&Secret> {
        self.sign_in_link.as_ref()
    }

    /// The conferences, in the order of the configuration.
    pub fn conferences(&self) -> impl Iterator<Item = &ConferenceHandle> {
        self.conferences.iter().map(|running| &running.handle)
    }

    /// Stops in order: pages are told, requests end, media ends, everything is written.
    pub async fn stop(self) {
        tracing::info!("stopping");
        self.sweeper.abort();
        for running in &self.conferences {
            within(CONFERENCE_STOPS_WITHIN, "a conference", running.handle.stop()).await;
        }
        for listener in &self.listeners {
            listener.begin_stop(REQUESTS_END_WITHIN);
        }
        for listener in self.listeners {
            listener.stopped().await;
        }
        for running in &self.conferences {
            running.relay.shutdown().await;
        }
        within(JOURNAL_CLOSES_WITHIN, "the journal", async {
            if let Err(error) = self.journal.close().await {
                tracing::warn!(%error, "the journal did not close well");
            }
        })
        .await;
        within(JOURNAL_CLOSES_WITHIN, "the health database", self.health.close()).await;
        self.app.access.close().await;
        tracing::info!("stopped");
    }
}

/// What every conference is started with.
struct Parts<'a> {
    config: &'a ServerConfig,
    data: &'a Path,
    access: &'a Access,
    journal: &'a Arc<dyn Journal>,
    health: &'a HealthDatabase,
    webhooks: &'a Webhooks,
    metrics: &'a Metrics,
    instance: &'a InstanceId,
}

impl Parts<'_> {
    async fn start_conference(&self, index: usize, file: &ConferenceFile) -> anyhow::Result<Running> {
        let (journal, instance) = (Arc::clone(self.journal), self.instance.clone());
        let recalled = Recalled::read(file.setup.clone(), journal, instance, &system_clock())
            .await
            .with_context(|| format!("conference {}", file.setup.id))?;
        // From here on the setup that counts: what the log says, not the file.
        let setup = recalled.setup();
        let id = ConferenceId(setup.id.0.clone());
        let sites: Vec<SiteSlug> = setup.sites.iter().map(|site| SiteSlug(site.slug.0.clone())).collect();
        self.access.ensure_tokens(&id, &sites).await?;
        let (relay, events) = self.start_relay(index, setup)?;
        let watch = self.metrics.watch_relay(&id);
        let (audit, roll) = (self.access.clone(), self.access.clone());
        let surroundings = Surroundings {
            relay: Arc::new(relay.clone()),
            relay_events: tap(watch.clone(), events),
            revocations: self.access.revocations(),
            audit: Arc::new(move |refused| {
                let (who, what, reason, address) = (refused.who, refused.what, refused.reason, refused.address);
                audit.audit(AuditEntry { who, what, reason, address });
            }),
            limits: self.config.limits,
            role_of: Arc::new(move |name| roll.role_of(name)),
            lease: self.lease_memory(&id).await?,
            health: self.health_beginning(&id).await?,
        };
        let handle = ConferenceHandle::spawn(recalled, surroundings).await;
        Ok(Running { handle, relay, watch })
    }

    async fn health_beginning(&self, conference: &ConferenceId) -> anyhow::Result<HealthBeginning> {
        let store = self.health.of(conference);
        let before = store.told(u64::MAX).await?;
        let last_check = store.last_check().await?;
        let (webhooks, id) = (self.webhooks.clone(), conference.clone());
        let listener = Arc::new(move |entry: &wire::HealthEntry| webhooks.entry(&id, entry));
        Ok(HealthBeginning { settings: self.config.health, store, before, last_check, listener })
    }

    async fn lease_memory(&self, conference: &ConferenceId) -> Result<LeaseMemory, AccessError> {
        let last = self.access.lease_of(conference).await?;
        let (access, conference) = (self.access.clone(), conference.clone());
        let keep = Arc::new(move |holder: &str| {
            if !access.keep_lease(&conference, holder) {
                tracing::warn!(holder, "the control lease's new holder was not written down");
            }
        });
        Ok(LeaseMemory { last, keep })
    }

    fn start_relay(
        &self,
        index: usize,
        setup: &Setup,
    ) -> anyhow::Result<(RelayHandle, mpsc::UnboundedReceiver<RelayEvent>)> {
        let bind = media_address(self.config.media.listen, index)?;
        Relay::start(RelayConfig {
            bind,
            tcp: self.config.media.tcp,
            announced: self.config.media.announce.clone(),
            certificate: Certificate::load_or_create(self.data)?,
            codec: match setup.codec {
                VideoCodec::H264 => Codec::H264,
                VideoCodec::Vp8 => Codec::Vp8,
            },
            seed: rand::random(),
        })
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse if self.config.media.tcp => anyhow::anyhow!(
                "media.listen: {bind} is in use by another program (UDP or TCP; `tcp = false` leaves the TCP port alone)"
            ),
            std::io::ErrorKind::AddrInUse => anyhow::anyhow!("media.listen: {bind} is in use by another program"),
            _ => anyhow::anyhow!("media.listen: cannot listen on {bind}: {error}"),
        })
    }
}

/// Each further conference has the next port; with port 0 each takes a free one.
fn media_address(first: SocketAddr, index: usize) -> anyhow::Result<SocketAddr> {
    let mut address = first;
    if first.port() != 0 {
        let port = u16::try_from(index).ok().and_then(|index| first.port().checked_add(index));
        address.set_port(port.context("media.listen: no port is left for the last conference")?);
    }
    Ok(address)
}

/// Removes documents that no item names any more.
async fn sweep_documents(documents: Documents, conferences: Vec<ConferenceHandle>) {
    let mut look = tokio::time::interval(SWEEP_EVERY);
    loop {
        look.tick().await;
        for conference in &conferences {
            documents.sweep(conference.id(), &http::named_documents(conference), Instant::now()).await;
        }
    }
}

async fn open_journal(data: &Path, metrics: &Metrics) -> anyhow::Result<Arc<dyn Journal>> {
    let opened = SqliteJournal::open(&data.join(JOURNAL_FILE)).await.context("journal")?;
    for finding in &opened.findings {
        tracing::error!(%finding, "the journal is not whole; `dienhong verify-log` tells more");
    }
    metrics.found_in_journal(opened.findings.len());
    Ok(Arc::new(MeteredJournal::new(Arc::new(opened.journal), metrics.clone())))
}

/// Operators of the configuration exist; a demonstration gets a link, everything else passwords.
async fn admit_operators(
    access: &Access,
    config: &ServerConfig,
    demo: bool,
) -> anyhow::Result<(Vec<NewPassword>, Option<Secret>)> {
    for operator in &config.operators {
        access.ensure_operator(&operator.name, operator.role).await?;
    }
    let lead_of = |operators: Vec<crate::access::OperatorRow>| {
        operators.into_iter().find(|operator| operator.role == Role::Lead).map(|operator| operator.name)
    };
    let lead = match lead_of(access.operators().await?) {
        Some(lead) => lead,
        None => {
            access.ensure_operator(DEFAULT_LEAD, Role::Lead).await?;
            DEFAULT_LEAD.to_owned()
        }
    };
    if demo {
        Ok((Vec::new(), Some(access.create_sign_in_link(&lead))))
    } else {
        Ok((access.fill_passwords().await?, None))
    }
}

fn make_folder(data: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data)
}

async fn within(time: Duration, what: &str, work: impl Future<Output = ()>) {
    if tokio::time::timeout(time, work).await.is_err() {
        tracing::error!(what, ?time, "did not stop in time");
    }
}
