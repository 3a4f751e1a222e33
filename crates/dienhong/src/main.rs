//! `dienhong`: the server of a conference held in many places, and the commands around it.

mod check_config;
mod logging;
mod openapi;
mod reset_password;
mod serve;
mod telemetry;
mod verify_log;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use server::config::{LogConfig, LogFormat};

/// What headless sites log: the media library below them warns of every packet that comes before its keys.
const SITES_LOG: &str = "warn,endpoint=info,rtc=error,rtc_dtls=error";

/// What a check logs.
const CHECK_LOG: &str = "error,endpoint=warn,rtc=off,rtc_dtls=off";

#[derive(Parser)]
#[command(
    name = "dienhong",
    version,
    about = "Conferences held in many places: signalling server, media relay, console"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server
    Serve(serve::ServeArgs),
    /// Runs one headless site
    Endpoint(endpoint::cli::EndpointArgs),
    /// Runs many headless sites in one process
    Simulate(endpoint::cli::SimulateArgs),
    /// Checks the line of a site by its join link, without a browser: exit code 1 unless everything is good
    Check(endpoint::check::CheckArgs),
    /// Writes a site's test card as files for a browser's fake camera and microphone
    TestCard(endpoint::cli::TestCardArgs),
    /// Names everything that is wrong with a configuration, by file and line
    CheckConfig {
        /// The configuration
        file: PathBuf,
    },
    /// Gives an operator a new password and prints it once
    ResetPassword(reset_password::ResetPasswordArgs),
    /// Prints the description of the HTTP API (OpenAPI 3.1)
    Openapi,
    /// Verifies the whole event log, every event and every checkpoint; changes nothing
    VerifyLog(verify_log::VerifyLogArgs),
    /// Takes note of what was found wrong with the event log, which is reported until then
    AcknowledgeFindings(verify_log::VerifyLogArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Endpoint(arguments) => sites(endpoint::cli::run_endpoint(arguments)).await,
        Command::Simulate(arguments) => sites(endpoint::cli::run_simulate(arguments)).await,
        Command::Check(arguments) => check(arguments).await,
        Command::TestCard(arguments) => endpoint::cli::write_test_card(&arguments).map(|()| ExitCode::SUCCESS),
        Command::CheckConfig { file } => check_config::run(&file),
        Command::ResetPassword(arguments) => reset_password::run(arguments).await,
        Command::Openapi => openapi::run(),
        Command::VerifyLog(arguments) => verify_log::run(arguments).await,
        Command::AcknowledgeFindings(arguments) => verify_log::acknowledge(arguments).await,
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            // One line with its causes: this is read by people who did not write the program.
            say_error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Headless sites have no configuration of their own; they log what a person at the terminal wants to see.
async fn sites(run: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    logging::start(&LogConfig { format: LogFormat::Text, filter: SITES_LOG.to_owned() }, None)?;
    run.await.map(|()| ExitCode::SUCCESS)
}

/// What was found decides the exit code; of the site's own log only what went wrong is of interest.
async fn check(arguments: endpoint::check::CheckArgs) -> anyhow::Result<ExitCode> {
    logging::start(&LogConfig { format: LogFormat::Text, filter: CHECK_LOG.to_owned() }, None)?;
    let good = endpoint::check::run_check(arguments).await?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A line for the person who called; a closed output is no reason to fail.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn say_error(text: &str) {
    let _ = writeln!(std::io::stderr(), "dienhong: {text}");
}
