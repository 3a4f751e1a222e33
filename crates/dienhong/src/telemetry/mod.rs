//! Spans of the server for a collector of OpenTelemetry: the cargo feature `telemetry`.
//!
//! They go out where the environment names a collector, and nowhere else. Deliberately not here: figures, which Prometheus
//! reads, and logs.

#[cfg(not(feature = "telemetry"))]
mod absent;
#[cfg(feature = "telemetry")]
mod otlp;

#[cfg(not(feature = "telemetry"))]
pub(crate) use absent::Telemetry;
#[cfg(feature = "telemetry")]
pub(crate) use otlp::Telemetry;

use tracing_subscriber::{Layer, Registry};

/// What sees spans beside the log.
pub(crate) type SpanLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Who sets one of these wants spans (OTLP exporter specification, "Endpoint URLs for OTLP/HTTP").
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// True if the environment names a collector.
fn is_wanted() -> bool {
    ENDPOINTS.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
