//! `dienhong check`: the line check of a site without a browser, with a test card for a camera.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use tokio::sync::mpsc;
use wire::{CheckItem, CheckReport, CheckState, CheckVerdict, CheckedItem, SiteCheck};

use crate::control::ServerAddress;
use crate::report::Reports;
use crate::site::{self, SiteConfig};
use crate::speech::Seed;
use crate::test_card::Detail;
use crate::workshop::Workshop;

/// A check takes a minute; with everybody else's at the same time three.
const DONE_WITHIN: Duration = Duration::from_secs(240);
/// Path of a join link before its token.
const JOIN: &str = "/join/";
/// Steps of the check that may wait to be read: it has five.
const STEPS: usize = 16;

/// One site's line.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// The site's join link, for example http://127.0.0.1:8080/join/TOKEN.
    #[arg(long)]
    pub link: String,
    /// Write what was found as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Joins as the site, has its line checked, prints what was found. True: nothing is wrong with the line; camera and microphone are not looked
/// at.
///
/// # Errors
/// The link is none, or the check came to no end.
pub async fn run_check(args: CheckArgs) -> anyhow::Result<bool> {
    let (server, token) = parts(&args.link)?;
    let (steps, mut step) = mpsc::channel(STEPS);
    let config = SiteConfig {
        server,
        token,
        index: 0,
        name: "check".to_owned(),
        detail: Detail::Calm,
        clapper: false,
        speech: Some(Seed(1)),
        fault: None,
        decode: false,
        tones: 1,
        workshop: Workshop::new().context("starting the encoders")?,
        check: Some(steps),
    };
    let report = Reports::to_nowhere().of_site(config.index, &config.name, config.decode);
    let site = tokio::spawn(site::run(config, report));
    let checked = tokio::time::timeout(DONE_WITHIN, until_done(&mut step, args.json)).await;
    site.abort();
    let report = checked.context("the check came to no end: is the link right, and the server there?")??;
    if args.json {
        say(&serde_json::to_string_pretty(&report)?);
    } else {
        say(&table(&report));
    }
    Ok(is_good(&report))
}

/// Everything that can be known without a camera and a microphone is good.
fn is_good(report: &CheckReport) -> bool {
    let looked_at = |item: &&CheckedItem| !matches!(item.item, CheckItem::Camera | CheckItem::Microphone);
    report.items.iter().filter(looked_at).all(|item| item.verdict == CheckVerdict::Good)
}

async fn until_done(step: &mut mpsc::Receiver<SiteCheck>, quiet: bool) -> anyhow::Result<CheckReport> {
    while let Some(check) = step.recv().await {
        let told = match check.state {
            CheckState::Observing => "watching picture, sound and line for 40 s …",
            CheckState::Waiting => "waiting for others who fill their lines …",
            CheckState::Transferring => "filling the line in both directions …",
            CheckState::Done => return check.report.context("the server says nothing of what it found"),
            CheckState::Absent => bail!("the server does not see this site"),
            CheckState::OnAir => bail!("the site is on air: it is not disturbed"),
        };
        if !quiet {
            say(told);
        }
    }
    bail!("the connection ended")
}

/// Server and token of a join link.
fn parts(link: &str) -> anyhow::Result<(ServerAddress, String)> {
    let server = ServerAddress::parse(link)?;
    let (_, token) = link.split_once(JOIN).with_context(|| format!("`{link}` is no join link: {JOIN}… is missing"))?;
    let token = token.trim_end_matches('/');
    anyhow::ensure!(!token.is_empty(), "`{link}` names no token");
    Ok((server, token.to_owned()))
}

fn table(report: &CheckReport) -> String {
    let mut lines = vec![format!("{:<12} {:<8} {:>14}  fault", "item", "verdict", "measured")];
    for item in &report.items {
        let value = item.value.map_or_else(String::new, |value| measured(item.item, value));
        let fault = item.fault.map_or_else(String::new, |fault| word(&fault));
        lines.push(format!("{:<12} {:<8} {value:>14}  {fault}", word(&item.item), word(&item.verdict)));
    }
    lines.push(match report.fault {
        Some(fault) => format!("verdict: {} – mend first: {}", word(&report.verdict), word(&fault)),
        None => format!("verdict: {}", word(&report.verdict)),
    });
    lines.join("\n")
}

fn measured(item: CheckItem, value: f32) -> String {
    match item {
        CheckItem::Up | CheckItem::Down => format!("{value:.0} kbit/s"),
        CheckItem::Loss | CheckItem::Speaker => format!("{:.1} %", value * 100.0),
        CheckItem::Delay => format!("{value:.0} ms"),
        CheckItem::Stability => format!("{value:.0} breaks"),
        CheckItem::Path => format!("{:.0} % charge", value * 100.0),
        CheckItem::Camera | CheckItem::Microphone => String::new(),
    }
}

/// The name of a code, as the API has it.
fn word(code: &impl serde::Serialize) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(word)) => word.replace('_', " "),
        _ => String::new(),
    }
}

/// A line for the person who called; a closed output is no reason to fail.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

#[cfg(test)]
mod tests {
    use wire::CheckFault;

    use super::*;

    #[test]
    fn a_join_link_has_a_server_and_a_token() {
        let (server, token) = parts("http://127.0.0.1:8080/join/abc/").unwrap();
        assert_eq!((server, token.as_str()), (ServerAddress::parse("http://127.0.0.1:8080").unwrap(), "abc"));
        for wrong in ["http://127.0.0.1:8080/", "http://127.0.0.1:8080/join/", "127.0.0.1/join/abc"] {
            assert!(parts(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_was_found_is_a_table() {
        let item = |item, verdict, fault, value| CheckedItem { item, verdict, fault, value };
        let report = CheckReport {
            verdict: CheckVerdict::Weak,
            fault: Some(CheckFault::NarrowUp),
            items: vec![
                item(CheckItem::Camera, CheckVerdict::Good, None, None),
                item(CheckItem::Up, CheckVerdict::Weak, Some(CheckFault::NarrowUp), Some(301.4)),
            ],
            echo_judged: true,
        };
        let text = table(&report);
        assert!(text.contains("up           weak         301 kbit/s  narrow up"), "{text}");
        assert!(text.ends_with("verdict: weak – mend first: narrow up"), "{text}");
    }
}
