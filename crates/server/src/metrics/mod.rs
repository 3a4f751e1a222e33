//! What the server tells Prometheus. The names are stable: dashboards depend on them.
//!
//! Figures of a conference are read when they are asked for; durations are observed where they happen, by wrappers around
//! the journal and the relay's events, so that neither knows of metrics.

mod classic;
mod journal;
mod relay;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::conference_task::ConferenceHandle;
pub use classic::classic;
pub use journal::MeteredJournal;
pub use relay::tap;

/// Upper ends of the buckets of a take, s: the goal is 0.4 s, the give-up is 1 s.
const TAKE_BUCKETS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.7, 1.0];
/// Upper ends of the buckets of an append, s: 0.06 ms on a good disk, 20 ms on a bad one, 1.8 s is the deadline.
const APPEND_BUCKETS: [f64; 10] = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 1.8];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfConference {
    conference: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    conference: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Verdict {
    conference: String,
    quality: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Direction {
    conference: String,
    direction: &'static str,
}

type Totals<L> = Family<L, Counter<u64, AtomicU64>>;
type Seconds<L> = Family<L, Counter<f64, AtomicU64>>;
type Gauges = Family<OfConference, Gauge>;

/// All metrics of the process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Series>);

#[derive(Debug)]
struct Series {
    registry: Registry,
    sockets: Gauges,
    endpoints: Gauges,
    consoles: Gauges,
    media: Gauges,
    sites: Family<Verdict, Gauge>,
    alarms: Gauges,
    incidents: Gauges,
    health_seconds: Seconds<OfConference>,
    health_bytes: Gauges,
    health_rows_lost: Counter,
    revision: Gauges,
    journal_writable: Gauges,
    unwritten: Gauges,
    relay_running: Gauges,
    commands: Totals<Outcome>,
    takes: Totals<Outcome>,
    slow_readers: Totals<OfConference>,
    take_seconds: Family<OfConference, Histogram, fn() -> Histogram>,
    append_seconds: Histogram,
    append_failures: Counter,
    journal_findings: Gauge,
    packets: Totals<Direction>,
    bytes: Totals<Direction>,
    retransmitted: Totals<OfConference>,
    lost: Totals<OfConference>,
}

/// The relay of one conference as it is observed.
#[derive(Debug, Clone)]
pub struct RelayWatch {
    conference: String,
    metrics: Metrics,
    running: Arc<AtomicBool>,
}

impl RelayWatch {
    /// False once the relay's thread has ended.
    pub fn running(&self) -> bool {
        self.running.load(Ordering::Relaxed)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Registers everything.
    pub fn new() -> Self {
        let take_histogram: fn() -> Histogram = || Histogram::new(TAKE_BUCKETS);
        let mut series = Series {
            registry: Registry::with_prefix("dienhong"),
            sockets: Family::default(),
            endpoints: Family::default(),
            consoles: Family::default(),
            media: Family::default(),
            sites: Family::default(),
            alarms: Family::default(),
            incidents: Family::default(),
            health_seconds: Family::default(),
            health_bytes: Family::default(),
            health_rows_lost: Counter::default(),
            revision: Family::default(),
            journal_writable: Family::default(),
            unwritten: Family::default(),
            relay_running: Family::default(),
            commands: Family::default(),
            takes: Family::default(),
            slow_readers: Family::default(),
            take_seconds: Family::new_with_constructor(take_histogram),
            append_seconds: Histogram::new(APPEND_BUCKETS),
            append_failures: Counter::default(),
            journal_findings: Gauge::default(),
            packets: Family::default(),
            bytes: Family::default(),
            retransmitted: Family::default(),
            lost: Family::default(),
        };
        series.register();
        Self(Arc::new(series))
    }

    /// Everything in the text format of OpenMetrics.
    pub fn text(&self, conferences: &[ConferenceHandle], relays: &[RelayWatch]) -> String {
        for conference in conferences {
            self.0.read(conference);
        }
        for relay in relays {
            let label = OfConference { conference: relay.conference.clone() };
            self.0.relay_running.get_or_create(&label).set(relay.running().into());
        }
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = encode(&mut text, &self.0.registry);
        text
    }

    /// Notes how much was found wrong with the log at the start and before.
    pub fn found_in_journal(&self, findings: usize) {
        self.0.journal_findings.set(i64::try_from(findings).unwrap_or(i64::MAX));
    }

    /// Begins to watch the relay of a conference. Its series are there from now on: a dashboard tells 0 from "not known".
    pub fn watch_relay(&self, conference: &wire::ConferenceId) -> RelayWatch {
        let label = OfConference { conference: conference.0.clone() };
        drop(self.0.take_seconds.get_or_create(&label));
        drop(self.0.retransmitted.get_or_create(&label));
        drop(self.0.lost.get_or_create(&label));
        for direction in ["in", "out"] {
            let label = Direction { conference: conference.0.clone(), direction };
            drop(self.0.packets.get_or_create(&label));
            drop(self.0.bytes.get_or_create(&label));
        }
        RelayWatch { conference: conference.0.clone(), metrics: self.clone(), running: Arc::new(AtomicBool::new(true)) }
    }
}

impl Series {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("sockets", "Open WebSockets", self.sockets.clone());
        registry.register("endpoints", "Endpoints of sites that are here", self.endpoints.clone());
        registry.register("consoles", "Consoles that are here", self.consoles.clone());
        registry.register("media_connections", "Media connections that are up", self.media.clone());
        registry.register("sites", "Sites by their verdicts", self.sites.clone());
        registry.register("alarms", "Alarms that are open", self.alarms.clone());
        registry.register("incidents", "Incidents that are open", self.incidents.clone());
        registry.register("health_seconds", "Time that judging the sites took", self.health_seconds.clone());
        registry.register("health_bytes", "Memory of the sites' curves", self.health_bytes.clone());
        registry.register("health_rows_lost", "Points and entries not kept", self.health_rows_lost.clone());
        registry.register("journal_events", "Durable events", self.revision.clone());
        registry.register("journal_writable", "1 while the journal can be written", self.journal_writable.clone());
        registry.register("journal_unwritten_events", "Acted on, not written yet", self.unwritten.clone());
        registry.register("relay_running", "1 while the media relay runs", self.relay_running.clone());
        registry.register("commands", "Commands by outcome", self.commands.clone());
        registry.register("takes", "Takes by outcome", self.takes.clone());
        registry.register("slow_readers", "Pages cut because they did not read", self.slow_readers.clone());
        registry.register("take_seconds", "From the order of a take to the switch", self.take_seconds.clone());
        registry.register("journal_append_seconds", "Durable appends", self.append_seconds.clone());
        registry.register("journal_append_failures", "Appends that failed", self.append_failures.clone());
        registry.register(
            "journal_findings",
            "What is wrong with the event log and not acknowledged",
            self.journal_findings.clone(),
        );
        registry.register("relay_packets", "Media packets by direction", self.packets.clone());
        registry.register("relay_bytes", "Media bytes by direction", self.bytes.clone());
        registry.register("relay_retransmitted_packets", "Packets sent again", self.retransmitted.clone());
        registry.register("relay_lost_packets", "Packets lost on the way to the relay", self.lost.clone());
    }

    fn read(&self, conference: &ConferenceHandle) {
        let figures = conference.figures();
        let label = OfConference { conference: conference.id().0.clone() };
        let gauge = |gauges: &Gauges, value: usize| {
            gauges.get_or_create(&label).set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        gauge(&self.sockets, figures.sockets);
        gauge(&self.endpoints, figures.endpoints);
        gauge(&self.consoles, figures.consoles);
        gauge(&self.media, figures.media);
        gauge(&self.alarms, figures.alarms);
        gauge(&self.incidents, figures.incidents);
        gauge(&self.health_bytes, figures.health_bytes);
        // All conferences keep theirs in one file.
        self.health_rows_lost.inner().store(conference.health_store().lost_rows(), Ordering::Relaxed);
        let health_seconds = figures.health_took.as_secs_f64();
        self.health_seconds.get_or_create(&label).inner().store(health_seconds.to_bits(), Ordering::Relaxed);
        for (quality, count) in ["good", "weak", "bad", "lost"].into_iter().zip(figures.sites) {
            let label = Verdict { conference: label.conference.clone(), quality };
            self.sites.get_or_create(&label).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        gauge(&self.unwritten, figures.unwritten);
        gauge(&self.journal_writable, figures.journal_ok.into());
        self.revision.get_or_create(&label).set(i64::try_from(figures.revision).unwrap_or(i64::MAX));
        let total = |totals: &Totals<Outcome>, outcome: &'static str, value: u64| {
            let label = Outcome { conference: label.conference.clone(), outcome };
            totals.get_or_create(&label).inner().store(value, Ordering::Relaxed);
        };
        total(&self.commands, "accepted", figures.accepted);
        total(&self.commands, "refused", figures.refused);
        total(&self.takes, "shown", figures.takes_shown);
        total(&self.takes, "failed", figures.takes_failed);
        self.slow_readers.get_or_create(&label).inner().store(figures.slow_readers, Ordering::Relaxed);
    }
}
