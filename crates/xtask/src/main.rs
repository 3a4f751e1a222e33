//! The project's scripts, one subcommand each. `cargo xtask help` lists them.
//!
//! Deliberately small: this is built before anything else, so it has few dependencies and no async. It starts the
//! ordinary tools (cargo, npm, the `dienhong` binary) and knows nothing of conferences.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod bench;
mod bench_relay;
mod codegen;
mod doctor;
mod fuzz;
mod process;
mod python;
mod run;
mod rust;
mod test;
mod web;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Runs, tests and generates.")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds pages and server and starts them with the sample conference on SQLite in ./data.
    Run {
        /// Also starts simulated sites, as a process of their own that outlives the server.
        #[arg(long)]
        demo: bool,
        /// How many simulated sites.
        #[arg(long, default_value_t = 63, requires = "demo")]
        sites: u32,
        /// Configuration of the server.
        #[arg(long, default_value = "config/dienhong.toml")]
        config: PathBuf,
        /// Folder of the database, the certificate and the keys.
        #[arg(long, default_value = "data")]
        data: PathBuf,
        /// Port of plain HTTP on this machine, instead of the configured one.
        #[arg(long)]
        port: Option<u16>,
        /// More arguments for `dienhong serve`.
        #[arg(last = true)]
        serve: Vec<String>,
    },
    /// Runs everything: format, sizes, arrows, lints, generated files, tests, pages, browsers.
    Test {
        /// Runs only the stages whose name contains this.
        #[arg(long)]
        only: Option<String>,
    },
    /// Measures, and prints each figure with its goal and verdict; fails if one is missed.
    Bench {
        /// What to measure.
        #[command(subcommand)]
        what: Bench,
    },
    /// Attacks the relay and the wire messages with made-up inputs for long; fails and names the input if something breaks.
    /// (The tests do it for a few seconds.)
    Fuzz {
        /// What to attack: stun, demux, sdp, rtp, rtcp, wire_json; all of them if nothing is named.
        targets: Vec<String>,
        /// For so long, divided among the targets.
        #[arg(long, default_value_t = 12)]
        minutes: u64,
    },
    /// Generates the TypeScript and the OpenAPI description of the wire messages.
    Codegen {
        /// Changes nothing; fails if a generated file is stale.
        #[arg(long)]
        check: bool,
    },
    /// Checks what must be installed and prints one line that installs the rest.
    Doctor,
}

#[derive(Subcommand)]
enum Bench {
    /// Lips, cuts and long delays, through networks of namespaces (needs root).
    Network {
        /// Writes the figures here as JSON too.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// The whole system: takes at 63 sites, recovery after a kill, off-air sound, a cut control connection, a layer
    /// that is switched on.
    EndToEnd {
        /// Writes the figures here as JSON too.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// The console: keys that an operator needs, work of its main thread, answers to keys, memory over half an hour, conflicts.
    Console {
        /// Writes the figures here as JSON too.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// Health: incidents and faults on virtual time, nine planted faults of 63 sites found and named three times, outages on real lines,
    /// fifteen clean minutes, costs; half an hour, as root.
    Health {
        /// Writes the figures here as JSON too.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// The media relay alone: cost of a packet, latency, takes, connections, against the limit of this machine.
    Relay {
        /// Writes what was measured here as JSON.
        #[arg(long)]
        json: Option<PathBuf>,
        /// Writes a plot of cost against receivers here, as SVG.
        #[arg(long)]
        plot: Option<PathBuf>,
        /// More arguments for `load run`.
        #[arg(last = true)]
        load: Vec<String>,
    },
}

fn main() -> ExitCode {
    run(Arguments::parse().task).unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

fn run(task: Task) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    match task {
        Task::Run { demo, sites, config, data, port, serve } => {
            let sites = demo.then_some(sites);
            run::run(&root, &run::Wish { sites, config, data, port, serve })
        }
        Task::Test { only } => test::run(&root, only.as_deref()),
        Task::Bench { what: Bench::Network { json } } => bench::network(&root, json.as_deref()),
        Task::Bench { what: Bench::EndToEnd { json } } => bench::end_to_end(&root, json.as_deref()),
        Task::Bench { what: Bench::Console { json } } => bench::console(&root, json.as_deref()),
        Task::Bench { what: Bench::Health { json } } => bench::health(&root, json.as_deref()),
        Task::Bench { what: Bench::Relay { json, plot, load } } => {
            bench_relay::relay(&root, json.as_deref(), plot.as_deref(), &load)
        }
        Task::Fuzz { targets, minutes } => fuzz::fuzz(&root, &targets, minutes),
        Task::Codegen { check: false } => {
            codegen::write(&root)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Codegen { check: true } => {
            let stale = codegen::stale(&root)?;
            for file in &stale {
                println!("stale: {file}");
            }
            if !stale.is_empty() {
                println!("`cargo xtask codegen` brings them up to date");
            }
            Ok(if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Task::Doctor => Ok(if doctor::report() { ExitCode::SUCCESS } else { ExitCode::FAILURE }),
    }
}
