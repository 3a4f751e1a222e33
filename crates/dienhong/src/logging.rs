//! Logs go to standard error; standard output is for what a person asked for.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use server::config::{LogConfig, LogFormat};
use tracing_subscriber::EnvFilter;

/// Starts logging for the life of the process.
pub(crate) fn start(config: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.filter).with_context(|| format!("log.filter {:?}", config.filter))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match config.format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().flatten_event(true).init(),
    }
    Ok(())
}
