//! `dienhong serve`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use server::config::{ServerConfig, variables};
use server::start::{Server, StartOptions};
use tokio::signal::unix::{SignalKind, signal};

use crate::telemetry::Telemetry;
use crate::{logging, say, say_error};

/// What a server needs.
#[derive(Args)]
pub(crate) struct ServeArgs {
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Folder of everything that stays: event log, tokens, certificates; made if it is not there
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Prints a one-time sign-in link and join links at each start
    #[arg(long)]
    demo: bool,
}

pub(crate) async fn run(arguments: ServeArgs) -> anyhow::Result<ExitCode> {
    let config = match ServerConfig::load(&arguments.config, &variables()) {
        Ok(config) => config,
        Err(problems) => {
            say_error(&format!("the configuration is wrong\n{problems}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    let (telemetry, spans) = Telemetry::start();
    logging::start(&config.log, spans)?;
    telemetry.announce();
    // Before anything is started: a signal meanwhile must not end the process half way.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let options = StartOptions { data: arguments.data.clone(), demo: arguments.demo };
    let server = Server::start(&config, &options).await?;
    say(server::announce::announce(&server, &arguments.data).await.trim_end());
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    let stopped = async {
        server.stop().await;
        telemetry.stop().await;
    };
    tokio::select! {
        () = stopped => Ok(ExitCode::SUCCESS),
        // Who asks twice does not want to wait.
        _ = interrupt.recv() => Ok(ExitCode::FAILURE),
    }
}
