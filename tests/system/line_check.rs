//! The line check with real headless sites: faults are in their pixels and samples alone, and the check has to find and name them.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use acceptance::{Client, Operator, Server};
use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;
use tokio::process::{Child, Command};
use wire::{
    CheckFault, CheckItem, CheckRun, CheckState, CheckVerdict, ClientKind, ClientMessage, HealthView, Quality,
    SignedCheck, SiteSlug,
};

/// Sites beside the hall: the five with a fault, and as many without.
const SITES: usize = 10;
/// Sites join and are good within this time, also on a busy machine.
const JOINED_WITHIN: Duration = Duration::from_secs(90);
/// A check takes forty seconds and the transfers; this is what a rehearsal of all sites may take.
const CHECKED_WITHIN: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A site that is missed raises its alarm within this time, several times over.
const MISSED_WITHIN: Duration = Duration::from_secs(20);
/// A check that cannot be made ends within this time, also on a busy machine.
const REFUSED_WITHIN: Duration = Duration::from_secs(20);
/// A page is heard this often.
const PING_EVERY: Duration = Duration::from_millis(500);
/// Decides what is said, and so what the faults do to it.
const SEED: &str = "7";

/// Sites with a fault: slug, the word of the command line, and the name that the check must give it.
const FAULTS: [(&str, &str, CheckFault); 5] = [
    ("ha-giang", "silent-microphone", CheckFault::SilentMicrophone),
    ("cao-bang", "clipping", CheckFault::Clipping),
    ("bac-kan", "black", CheckFault::BlackPicture),
    ("tuyen-quang", "frozen", CheckFault::FrozenPicture),
    ("lao-cai", "echo", CheckFault::Echo),
];

struct Sites {
    _process: Child,
}

/// The hall, which speaks on air, and sites of which some are out of order.
fn simulate(server: &Server) -> Result<Sites> {
    let mut command = Command::new(acceptance::binary());
    command.args(["simulate", "--server", &format!("http://{}", server.http())]);
    command.arg("--links").arg(server.data().join("demo-links.json"));
    command.args(["--sites", &SITES.to_string(), "--hall", "--decode", "0", &format!("--speech={SEED}")]);
    for (site, fault, _) in FAULTS {
        command.arg("--fault").arg(format!("{site}={fault}"));
    }
    command.arg("--report").arg(server.data().join("sites.jsonl"));
    let process = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().context("sites")?;
    Ok(Sites { _process: process })
}

struct Centre<'a> {
    server: &'a Server,
    operator: Operator,
    base: String,
}

impl<'a> Centre<'a> {
    fn of(server: &'a Server) -> Result<Self> {
        let operator = server.sign_in()?;
        let (_, conferences) = server.get("/api/v1/conferences", &[("cookie", &operator.cookie)])?;
        let conferences: Value = serde_json::from_str(&conferences)?;
        let id = conferences[0]["id"].as_str().context("a conference")?;
        Ok(Self { server, operator, base: format!("/api/v1/conferences/{id}") })
    }

    fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T> {
        let (status, text) = self.server.get(&format!("{}{path}", self.base), &[("cookie", &self.operator.cookie)])?;
        ensure!(status == 200, "{path}: {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }

    async fn until<T>(&self, within: Duration, found: impl Fn(&HealthView) -> Option<T>) -> Result<T> {
        let began = Instant::now();
        loop {
            let view: HealthView = self.get("/health")?;
            if let Some(found) = found(&view) {
                return Ok(found);
            }
            ensure!(began.elapsed() < within, "{view:#?}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Checks everybody.
    async fn check(&self) -> Result<CheckRun> {
        let (origin, cookie) = (format!("http://{}", self.server.http()), self.operator.cookie.clone());
        let headers = [("cookie", cookie.as_str()), ("origin", origin.as_str())];
        let (status, _, text) = self.server.post(&format!("{}/line-checks", self.base), "{}", &headers)?;
        ensure!(status == 202, "{status} {text}");
        let over = |view: &HealthView| view.check.clone().filter(|run| run.ended_at.is_some());
        self.until(CHECKED_WITHIN, over).await
    }
}

fn found(run: &CheckRun) -> BTreeMap<&str, Option<CheckFault>> {
    let present = run.sites.iter().filter(|(_, site)| site.state == CheckState::Done);
    present.map(|(site, check)| (site.0.as_str(), check.report.as_ref().and_then(|report| report.fault))).collect()
}

#[tokio::test]
async fn a_check_finds_exactly_the_sites_that_are_out_of_order_and_names_what_it_is() -> Result<()> {
    let server = Server::start().await?;
    let _sites = simulate(&server)?;
    let centre = Centre::of(&server)?;
    let all_good = |view: &HealthView| {
        let good = view.sites.values().filter(|site| site.quality == Some(Quality::Good)).count();
        (good > SITES).then_some(())
    };
    centre.until(JOINED_WITHIN, all_good).await?;

    let run = centre.check().await?;

    let wrong: BTreeMap<&str, Option<CheckFault>> =
        found(&run).into_iter().filter(|(_, fault)| fault.is_some()).collect();
    let planted: BTreeMap<&str, Option<CheckFault>> =
        FAULTS.iter().map(|(site, _, fault)| (*site, Some(*fault))).collect();
    ensure!(wrong == planted, "{wrong:#?}\n{run:#?}");
    ensure!(found(&run).len() == SITES + 1, "the hall is checked as well: nobody is on air before the opening");
    let absent = run.sites.values().filter(|site| site.state == CheckState::Absent).count();
    ensure!(absent == run.sites.len() - SITES - 1, "{absent}");

    signed(&centre, &run)?;
    checked_by_hand(&server).await?;
    not_missed(&centre, "ca-mau").await
}

/// The report that is kept is what was shown, and its signature holds for exactly that.
fn signed(centre: &Centre<'_>, run: &CheckRun) -> Result<()> {
    let signed: SignedCheck = centre.get(&format!("/line-checks/{}", run.number))?;
    let kept: CheckRun = serde_json::from_str(&signed.report)?;
    ensure!(kept == *run, "{kept:#?}");
    ensure!(kept.sites[&SiteSlug("cao-bang".to_owned())].by.is_some(), "who started it is in the report");
    let bytes = |text: &str| STANDARD.decode(text);
    let key = UnparsedPublicKey::new(&ED25519, bytes(&signed.public_key)?);
    ensure!(key.verify(signed.report.as_bytes(), &bytes(&signed.signature)?).is_ok(), "the signature does not hold");
    let changed = signed.report.replacen("cao-bang", "cao_bang", 1);
    ensure!(key.verify(changed.as_bytes(), &bytes(&signed.signature)?).is_err(), "a changed report is not noticed");
    Ok(())
}

/// A site checks its own line without a browser.
async fn checked_by_hand(server: &Server) -> Result<()> {
    let token = server.token("ca-mau", "main")?;
    let link = format!("http://{}/join/{token}", server.http());
    let (good, text) = check(&["--link", &link, "--json"]).await?;
    ensure!(good, "{text}");
    let start = text.find('{').context("JSON")?;
    let report: wire::CheckReport = serde_json::from_str(&text[start..=text.rfind('}').context("JSON")?])?;
    // It has no camera and no microphone, and says nothing of those of the site.
    let unknown = [CheckItem::Camera, CheckItem::Microphone];
    for item in &report.items {
        let expected = if unknown.contains(&item.item) { CheckVerdict::Unknown } else { CheckVerdict::Good };
        ensure!(item.verdict == expected, "{report:#?}");
    }
    let (good, text) = check(&["--link", "http://127.0.0.1:9/nothing"]).await?;
    ensure!(!good && text.contains("is no join link"), "{text}");
    Ok(())
}

/// A site that was here for its check alone has gone on purpose.
async fn not_missed(centre: &Centre<'_>, site: &str) -> Result<()> {
    let site = SiteSlug(site.to_owned());
    let began = Instant::now();
    while began.elapsed() < MISSED_WITHIN {
        let view: HealthView = centre.get("/health")?;
        let alarms: Vec<_> = view.alarms.iter().filter(|alarm| alarm.site == site).collect();
        ensure!(alarms.is_empty(), "{alarms:#?}");
        let incidents: Vec<_> = view.incidents.iter().filter(|incident| incident.sites.contains_key(&site)).collect();
        ensure!(incidents.is_empty(), "{incidents:#?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_check_that_cannot_be_made_ends_at_once_and_says_why() -> Result<()> {
    let server = Server::start().await?;
    let link = |token: &str| format!("http://{}/join/{token}", server.http());

    refused(&link("of-nobody"), "the link is not valid").await?;
    refused("http://127.0.0.1:9/join/of-nobody", "no server answers").await?;

    let token = server.token("cao-bang", "main")?;
    let mut page = Client::join(&server, ClientKind::Site, &token).await?;
    let staying = tokio::spawn(async move {
        while page.send(&ClientMessage::Ping { nonce: 1 }).await.is_ok() {
            tokio::time::sleep(PING_EVERY).await;
        }
    });
    refused(&link(&token), "the site is connected already: check its line from its page or from the centre").await?;
    ensure!(!staying.is_finished(), "the page has kept its seat");
    staying.abort();
    Ok(())
}

/// The check of this link fails soon, with this sentence and no report.
async fn refused(link: &str, sentence: &str) -> Result<()> {
    let checked = tokio::time::timeout(REFUSED_WITHIN, check(&["--link", link])).await;
    let (good, text) = checked.with_context(|| format!("{link}: it goes on trying"))??;
    ensure!(!good && text.contains(sentence), "{link}: {text}");
    ensure!(text.lines().count() == 1, "one sentence is enough: {text}");
    Ok(())
}

/// `dienhong check`: whether everything was good, and what it printed.
async fn check(arguments: &[&str]) -> Result<(bool, String)> {
    let mut command = Command::new(acceptance::binary());
    let output = command.arg("check").args(arguments).kill_on_drop(true).output().await?;
    let text = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}
