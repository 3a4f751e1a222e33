//! Prometheus: its own tool accepts rules and figures, and a real one reads a running server and raises an alert.

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
