//! Logs go to standard error; standard output is for what a person asked for.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use server::config::{LogConfig, LogFormat};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::telemetry::SpanLayer;

/// Starts logging for the life of the process. What is logged is the configuration's business and tells nothing of what
/// `spans`, if there are any, see.
pub(crate) fn start(config: &LogConfig, spans: Option<SpanLayer>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.filter).with_context(|| format!("log.filter {:?}", config.filter))?;
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = match config.format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    };
    let mut layers = vec![lines];
    layers.extend(spans);
    tracing_subscriber::registry().with(layers).init();
    Ok(())
}
