//! `network-bed`: a star of namespaces for as long as its standard input is open.
//!
//! The first line is `{"lines": ["a", "b"], "seed": 7}`, and the answer says where everything is. Each further line changes
//! one line of the star, `{"line": "a", "up": {"delay_ms": 30}, "down": {"loss": 0.1, "cut": true}}`, and is answered with what
//! became of that line's packets so far; both directions can be left out. A mistake is answered and ends nothing.

use std::io::Write;

use anyhow::Context;
use network_bed::{Counts, Impairment, Star};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader, Stdin, stdin};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    lines: Vec<String>,
    seed: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    line: String,
    up: Option<Impairment>,
    down: Option<Impairment>,
}

#[derive(Serialize)]
struct Place {
    name: String,
    namespace: String,
    address: String,
}

#[derive(Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
enum Answer {
    Ready { server: Place, lines: Vec<Place> },
    Changed { up: Counts, down: Counts },
    Refused { reason: String },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    // The star is dropped on every way out.
    tokio::select! {
        served = serve() => served,
        _ = terminated.recv() => Ok(()),
        _ = interrupted.recv() => Ok(()),
    }
}

async fn serve() -> anyhow::Result<()> {
    let mut input = BufReader::new(stdin()).lines();
    let order = input.next_line().await?.context("the first line says which lines the star has")?;
    let order: Order = serde_json::from_str(&order).context("the first line")?;
    let names: Vec<&str> = order.lines.iter().map(String::as_str).collect();
    let star = Star::new(&names, order.seed)?;
    answer(&ready(&star))?;
    obey(&star, &mut input).await
}

async fn obey(star: &Star, input: &mut tokio::io::Lines<BufReader<Stdin>>) -> anyhow::Result<()> {
    while let Some(text) = input.next_line().await? {
        let changed = change(star, &text);
        answer(&changed.unwrap_or_else(|error| Answer::Refused { reason: format!("{error:#}") }))?;
    }
    Ok(())
}

fn change(star: &Star, text: &str) -> anyhow::Result<Answer> {
    let change: Change = serde_json::from_str(text)?;
    let line = star.line(&change.line)?;
    for (way, impairment) in [(&line.up, change.up), (&line.down, change.down)] {
        if let Some(impairment) = impairment {
            way.set(impairment);
        }
    }
    Ok(Answer::Changed { up: line.up.counts(), down: line.down.counts() })
}

fn ready(star: &Star) -> Answer {
    let place = |name: &str, namespace: &str, address: std::net::Ipv4Addr| Place {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        address: address.to_string(),
    };
    let lines = star.lines().map(|(name, line)| place(name, line.namespace().name(), line.address())).collect();
    Answer::Ready { server: place("server", star.server().name(), star.server_address()), lines }
}

fn answer(answer: &Answer) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, answer)?;
    output.write_all(b"\n")?;
    Ok(output.flush()?)
}
