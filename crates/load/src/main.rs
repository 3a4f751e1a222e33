//! Load for the media relay: real DTLS-SRTP peers against the real relay, and what it costs.
//!
//! One program in three roles: `run` is the load and starts the others on the other core; `relay` is the relay as the server
//! has it, told by lines of JSON; `limit` seals and sends and does nothing else. Where Janus is installed, it gets the same
//! load. It knows nothing of conferences and decodes no pictures.
//!
//! ```text
//!  run (peers, publishers, figures) ──orders──▶ relay, or janus
//!            │        ▲◀──────news──────────────┘ ▲
//!            └────────┴──────── UDP, loopback ─────┘
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod bed;
mod cores;
mod crowd;
mod delivery;
mod document;
mod feedback;
mod figures;
mod h264;
mod handshake;
mod janus;
mod limit;
mod line;
mod missing;
mod offer;
mod orders;
mod peer;
mod plot;
mod quantile;
mod relay_client;
mod relay_process;
mod report;
mod run;
mod scenario;
mod socket;
mod stamp;
mod stream;
mod stun;
mod subject;
mod traffic;
mod verdicts;
mod window;
mod world;

use std::{
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::{bed::Network, limit::LimitTerms, run::RunTerms};

#[derive(Parser)]
#[command(name = "load", about = "Measures the media relay.")]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Measures, prints the table, fails if a goal is missed.
    Run(RunTerms),
    /// The relay process; started by `run`.
    Relay {
        /// Its core.
        #[arg(long)]
        core: usize,
        /// Its socket.
        #[arg(long, default_value = "127.0.0.1:0")]
        bind: SocketAddr,
    },
    /// Seals and sends; started by `run`.
    Limit {
        /// Its core.
        #[arg(long)]
        core: usize,
        /// Its address.
        #[arg(long)]
        server: Ipv4Addr,
        /// The first receiver's address.
        #[arg(long)]
        first_peer: Ipv4Addr,
        /// Port of the receivers.
        #[arg(long)]
        port: u16,
        /// Receivers.
        #[arg(long)]
        receivers: usize,
        /// How long.
        #[arg(long)]
        seconds: u64,
        /// Packets that leave in one go.
        #[arg(long)]
        together: u32,
    },
}

fn main() -> ExitCode {
    match act(Arguments::parse().role) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn act(role: Role) -> anyhow::Result<ExitCode> {
    match role {
        Role::Run(terms) => run::run(&terms),
        Role::Relay { core, bind } => relay_process::run(core, bind).map(|()| ExitCode::SUCCESS),
        Role::Limit { core, server, first_peer, port, receivers, seconds, together } => {
            let network = Network { server, first_peer };
            let limit = limit::measure(LimitTerms { core, network, port, receivers, seconds, together })?;
            println!("{}", serde_json::to_string(&limit)?);
            Ok(ExitCode::SUCCESS)
        }
    }
}
