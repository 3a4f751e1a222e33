//! `dienhong check`: the line check of a site without a browser, with a test card for a camera.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::Args;
use tokio::sync::{mpsc, oneshot};
use wire::{CheckItem, CheckReport, CheckState, CheckVerdict, CheckedItem, SiteCheck};

use crate::control::ServerAddress;
use crate::report::Reports;
use crate::site::{self, SiteConfig};
use crate::speech::Seed;
use crate::test_card::Detail;
use crate::workshop::Workshop;

/// A check takes a minute; with everybody else's at the same time three.
const DONE_WITHIN: Duration = Duration::from_secs(240);
/// The site has left within this time: a goodbye, and the end of its media.
const LEFT_WITHIN: Duration = Duration::from_secs(5);
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
/// The link is none or not valid any more, the server is not there, the site is connected already, or the check came to no end.
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
        // A copy stays here: why the site ended says more than that its steps did.
        check: Some(steps.clone()),
    };
    let report = visited(config, until_done(&mut step, args.json)).await?;
    if args.json {
        say(&serde_json::to_string_pretty(&report)?);
    } else {
        say(&table(&report));
    }
    Ok(is_good(&report))
}

/// Visits as the site until its check is over, and lets it say goodbye, whatever came out.
async fn visited(
    config: SiteConfig,
    until_done: impl Future<Output = anyhow::Result<CheckReport>>,
) -> anyhow::Result<CheckReport> {
    let report = Reports::to_nowhere().of_site(config.index, &config.name, config.decode);
    let (leave, asked) = oneshot::channel();
    let mut site = tokio::spawn(site::visit(config, report, asked));
    let checked = tokio::select! {
        // A report that has come is not lost because the connection ends with it.
        biased;
        checked = tokio::time::timeout(DONE_WITHIN, until_done) => {
            checked.context("the check came to no end").flatten()
        }
        interrupted = tokio::signal::ctrl_c() => {
            Err(interrupted.err().map_or_else(|| anyhow!("broken off"), anyhow::Error::from))
        }
        ended = &mut site => {
            // It was not asked to leave, so it gives why it did.
            ended.context("the site failed")??;
            bail!("the site left");
        }
    };
    // Who has ended already needs no asking.
    let _ = leave.send(());
    if tokio::time::timeout(LEFT_WITHIN, &mut site).await.is_err() {
        site.abort();
    }
    checked
}

/// Everything that can be known without a camera and a microphone is good; of a loudspeaker to which nothing was sent nothing can.
fn is_good(report: &CheckReport) -> bool {
    let looked_at = |item: &&CheckedItem| match item.item {
        CheckItem::Camera | CheckItem::Microphone => false,
        CheckItem::Speaker => item.verdict != CheckVerdict::Unknown,
        _ => true,
    };
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
