//! Prometheus: its own tool accepts rules and figures, and a real one reads a running server and raises an alert. Rules and the dashboard
//! know no series that the server does not have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use acceptance::Server;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

/// A scrape every second, and Prometheus takes a few to start.
const SEEN_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Width of a dashboard of Grafana.
const GRID_COLUMNS: u64 = 24;

fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/prometheus")
}

async fn promtool(arguments: &[&str], input: &str) -> Result<()> {
    let mut tool = Command::new("promtool");
    tool.args(arguments).current_dir(rules()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut tool = tool.spawn().context("promtool (Debian: prometheus)")?;
    let mut stdin = tool.stdin.take().context("piped")?;
    stdin.write_all(input.as_bytes()).await?;
    drop(stdin);
    let output = tool.wait_with_output().await?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(output.status.success(), "{arguments:?}: {} {}", text(&output.stdout), text(&output.stderr));
    Ok(())
}

#[tokio::test]
async fn promtool_accepts_configuration_rules_and_figures() -> Result<()> {
    promtool(&["check", "config", "prometheus.yml"], "").await?;
    promtool(&["test", "rules", "alerts.test.yml"], "").await?;
    let server = Server::start().await?;
    let (status, figures) = server.get("/metrics", &[("accept", "text/plain")])?;
    ensure!(status == 200, "{status}");
    promtool(&["check", "metrics"], &figures).await
}

fn dashboard() -> Result<Value> {
    Ok(serde_json::from_slice(&std::fs::read(rules().join("../grafana/dashboards/dienhong.json"))?)?)
}

/// Names of our series in a text.
fn series(text: &str) -> BTreeSet<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("dienhong_")).collect()
}

#[tokio::test]
async fn rules_and_dashboard_name_no_series_that_the_server_does_not_have() -> Result<()> {
    let server = Server::start().await?;
    let (_, figures) = server.get("/metrics", &[("accept", "text/plain")])?;
    let known = series(&figures);
    let rules = std::fs::read_to_string(rules().join("alerts.yml"))?;
    let dashboard = dashboard()?;
    let panels = dashboard["panels"].as_array().context("panels")?;
    let expressions = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let expressions: Vec<&str> = expressions.filter_map(|target| target["expr"].as_str()).collect();
    let expressions = expressions.join(" ");
    let used: BTreeSet<&str> = series(&rules).union(&series(&expressions)).copied().collect();
    let unknown: Vec<&&str> = used.difference(&known).collect();
    ensure!(unknown.is_empty() && used.len() > 10, "unknown: {unknown:?}, used: {used:?}");
    Ok(())
}

#[test]
fn no_panel_of_the_dashboard_covers_another() -> Result<()> {
    let dashboard = dashboard()?;
    let mut taken: BTreeMap<(u64, u64), &str> = BTreeMap::new();
    for panel in dashboard["panels"].as_array().context("panels")? {
        let title = panel["title"].as_str().context("title")?;
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap_or_default());
        ensure!(w > 0 && h > 0 && x + w <= GRID_COLUMNS, "{title}: {x} {y} {w} {h}");
        for place in (x..x + w).flat_map(|column| (y..y + h).map(move |row| (column, row))) {
            let other = taken.insert(place, title);
            ensure!(other.is_none(), "{title} covers {other:?}");
        }
    }
    Ok(())
}

/// A Prometheus with the project's rules that reads one server; it ends with this value.
struct Prometheus {
    process: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    fn start(server: &Server) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = std::fs::read_to_string(rules().join("prometheus.yml"))?;
        let config =
            config.replace("127.0.0.1:8080", &server.http().to_string()).replace("interval: 5s", "interval: 1s");
        std::fs::write(folder.path().join("prometheus.yml"), config)?;
        std::fs::copy(rules().join("alerts.yml"), folder.path().join("alerts.yml"))?;
        let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={free}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("prometheus (Debian: prometheus)")?;
        Ok(Self { process, address: format!("http://{free}"), _folder: folder })
    }

    fn ask(&self, path: &str) -> Option<Value> {
        ureq::get(&format!("{}{path}", self.address)).call().ok()?.body_mut().read_json().ok()
    }

    /// Waits until an instant query has this value.
    async fn until(&mut self, query: &str, wanted: &str) -> Result<()> {
        let began = Instant::now();
        loop {
            ensure!(self.process.try_wait()?.is_none(), "prometheus has ended");
            let answer = self.ask(&format!("/api/v1/query?query={query}"));
            if answer.as_ref().is_some_and(|answer| answer["data"]["result"][0]["value"][1] == wanted) {
                return Ok(());
            }
            ensure!(began.elapsed() < SEEN_WITHIN, "{query} is not {wanted}: {answer:?}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

#[tokio::test]
async fn a_real_prometheus_reads_the_server_and_notices_its_death() -> Result<()> {
    let mut server = Server::start().await?;
    let mut prometheus = Prometheus::start(&server)?;

    prometheus.until("up", "1").await?;
    prometheus.until("dienhong_journal_writable", "1").await?;
    prometheus.until("dienhong_endpoints", "0").await?;
    let types = prometheus.ask("/api/v1/metadata").context("metadata")?;
    ensure!(types["data"]["dienhong_take_seconds"][0]["type"] == "histogram", "{types}");

    server.kill().await?;
    prometheus.until("up", "0").await?;
    // `for: 15s` of the rule: pending first, and nobody is rung for a restart.
    prometheus.until("ALERTS%7Balertname%3D%22DienhongDown%22%2Calertstate%3D%22pending%22%7D", "1").await
}
