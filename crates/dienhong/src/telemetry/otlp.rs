//! OTLP over HTTP, as protobuf.
//!
//! ```text
//!  a span ends ─▶ queue, bounded ─▶ one thread ── POST, with a deadline ──▶ collector
//! ```
//!
//! That thread alone waits for the collector. What finds the queue full is left out, a batch that is not taken is lost, and a
//! stop waits [`FLUSH_WITHIN`] at most.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Key, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use tokio::sync::oneshot;
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::FilterFn;
use ureq::Agent;

use super::{SpanLayer, is_wanted};

/// Spans that wait for the thread, about 1 KB each. It empties the queue every five seconds.
const MAX_QUEUED: usize = 2_048;
/// Spans of one POST.
const MAX_BATCH: usize = 512;
/// One POST takes no longer, and none of the three repetitions begins after this time; so a batch is through after twice as long.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// A collector answers with a few bytes.
const MAX_ANSWER_BYTES: u64 = 64 * 1_024;
/// The stop of the server waits so long for what is queued; a service manager gives ten seconds or more in all.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);
/// Only spans of this crate: what others write into theirs, nobody here has looked at.
const OURS: &str = "server";
/// Where neither `OTEL_SERVICE_NAME` nor `OTEL_RESOURCE_ATTRIBUTES` gives a name, the SDK says this.
const NAMELESS: &str = "unknown_service";

/// The export of spans.
pub(crate) enum Telemetry {
    /// Nobody wants any.
    Off,
    /// The environment says something that cannot be done.
    Broken(ExporterBuildError),
    /// Under way.
    On(SdkTracerProvider),
}

impl Telemetry {
    /// Exports spans from now on, if the environment names a collector. The layer belongs into the log's subscriber.
    pub(crate) fn start() -> (Self, Option<SpanLayer>) {
        if !is_wanted() {
            return (Self::Off, None);
        }
        let provider = match exporter() {
            Ok(exporter) => provider(exporter),
            Err(error) => return (Self::Broken(error), None),
        };
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
            .with_location(false)
            .with_threads(false)
            .with_context_activation(false)
            .with_filter(FilterFn::new(is_exported).with_max_level_hint(LevelFilter::DEBUG));
        (Self::On(provider), Some(Box::new(layer)))
    }

    /// Says what became of it, once there is a log. A conference does not depend on its traces, so nothing here ends a start.
    pub(crate) fn announce(&self) {
        match self {
            Self::Off => {}
            Self::Broken(error) => tracing::error!(%error, "spans are not exported"),
            Self::On(_) => tracing::info!("spans are exported by OTLP"),
        }
    }

    /// Sends what is queued, for [`FLUSH_WITHIN`] at most.
    pub(crate) async fn stop(self) {
        let Self::On(provider) = self else { return };
        let (done, flushed) = oneshot::channel();
        // A thread of its own, because the end of the runtime would wait for one of the runtime's.
        std::thread::spawn(move || {
            // Whoever asked to stop twice no longer listens.
            let _ = done.send(provider.shutdown_with_timeout(FLUSH_WITHIN));
        });
        if let Ok(Err(error)) = flushed.await {
            tracing::warn!(%error, "the last spans were not exported");
        }
    }
}

/// Events stay in the log: they name people.
fn is_exported(metadata: &Metadata<'_>) -> bool {
    let crate_name = metadata.target().split("::").next();
    metadata.is_span() && crate_name == Some(OURS)
}

fn exporter() -> Result<SpanExporter, ExporterBuildError> {
    SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(ANSWERS_WITHIN)
        .with_http_client(Collector::new())
        .build()
}

fn provider(exporter: SpanExporter) -> SdkTracerProvider {
    let bounds =
        BatchConfigBuilder::default().with_max_queue_size(MAX_QUEUED).with_max_export_batch_size(MAX_BATCH).build();
    let batches = BatchSpanProcessor::builder(exporter).with_batch_config(bounds).build();
    SdkTracerProvider::builder().with_span_processor(batches).with_resource(resource()).build()
}

/// Who this is, for the collector.
fn resource() -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let known = Resource::builder().with_attribute(version);
    let named = Resource::builder().build().get(&Key::new("service.name"));
    match named.is_some_and(|name| !name.as_str().starts_with(NAMELESS)) {
        true => known.build(),
        false => known.with_service_name(env!("CARGO_PKG_NAME")).build(),
    }
}

/// The way to the collector.
#[derive(Debug)]
struct Collector {
    agent: Agent,
    /// The last POST failed: a collector that is away is told once, and not every five seconds.
    failing: AtomicBool,
}

impl Collector {
    fn new() -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(ANSWERS_WITHIN))
            .max_redirects(0)
            .http_status_as_error(false)
            .build();
        Self { agent: Agent::new_with_config(config), failing: AtomicBool::new(false) }
    }

    fn post(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        let (head, body) = request.into_parts();
        let (head, mut body) = self.agent.run(Request::from_parts(head, &body[..]))?.into_parts();
        let body = body.with_config().limit(MAX_ANSWER_BYTES).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }

    /// Tells the log when it begins to fail, and when it is over.
    fn note(&self, answer: &Result<Response<Bytes>, ureq::Error>) {
        let problem = match answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(answer.status().to_string()),
            Err(error) => Some(error.to_string()),
        };
        let failed = self.failing.swap(problem.is_some(), Ordering::Relaxed);
        match problem {
            Some(problem) if !failed => {
                tracing::warn!(problem, "the collector takes no spans; they are lost until it does")
            }
            None if failed => tracing::info!("the collector takes spans again"),
            Some(_) | None => {}
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    /// Blocks: only the thread of the batches comes here.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.post(request);
        self.note(&answer);
        Ok(answer?)
    }
}
