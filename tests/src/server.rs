//! A server process with a data folder that outlives it.

use std::{
    fs::OpenOptions,
    net::{SocketAddr, TcpListener, UdpSocket},
    ops::RangeInclusive,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// Longest time from the start of the process to a served `/readyz`.
const START_DEADLINE: Duration = Duration::from_secs(20);

/// Where servers listen: below what Linux gives to sockets that ask for no number. Otherwise another test's connection could
/// have the number before the server is there, or between two of its lives.
const PORTS: RangeInclusive<u16> = 16_384..=32_767;
/// Numbers tried before there is taken to be no free one.
const ATTEMPTS: usize = 100;

/// What the server writes last at its start.
const ADDRESSES_FILE: &str = "addresses.json";

/// A running server.
pub struct Server {
    child: Child,
    data: TempDir,
    http: SocketAddr,
    media: SocketAddr,
    log: PathBuf,
}

/// A join link of the demo, from `demo-links.json` in the data folder.
#[derive(Debug, Clone, Deserialize)]
pub struct Link {
    /// Site.
    pub site: String,
    /// `main`, `backup` or `screen`.
    pub endpoint: String,
    /// Join token.
    pub token: String,
}

/// An operator who has signed in.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Value of the `Cookie` header.
    pub cookie: String,
}

impl Server {
    /// Starts a server with the sample conference and a new data folder.
    pub async fn start() -> Result<Self> {
        let data = TempDir::new()?;
        let http = free_port()?;
        let media = free_port()?;
        let log = log_file()?;
        let child = spawn(data.path(), http, media, &log)?;
        let mut server = Self { child, data, http, media, log };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// Address of the HTTP listener.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Address of the media port.
    pub fn media(&self) -> SocketAddr {
        self.media
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Ends the process as `kill -9` does.
    pub async fn kill(&mut self) -> Result<()> {
        self.child.kill().await.context("kill -9")
    }

    /// Starts it again on the same ports and data. Gives the time until it was ready.
    pub async fn restart(&mut self) -> Result<Duration> {
        let start = Instant::now();
        self.child = spawn(self.data.path(), self.http, self.media, &self.log)?;
        self.wait_until_ready().await?;
        Ok(start.elapsed())
    }

    /// Join tokens of all sites.
    pub fn links(&self) -> Result<Vec<Link>> {
        let path = self.data.path().join("demo-links.json");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let value: serde_json::Value = serde_json::from_str(&text)?;
        let list = value.get("links").unwrap_or(&value).clone();
        Ok(serde_json::from_value(list)?)
    }

    /// Token of one endpoint.
    pub fn token(&self, site: &str, endpoint: &str) -> Result<String> {
        let links = self.links()?;
        let link = links.into_iter().find(|link| link.site == site && link.endpoint == endpoint);
        Ok(link.with_context(|| format!("no link for {site}/{endpoint}"))?.token)
    }

    /// `GET` with headers. Gives status and body, whatever the status.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<(u16, String)> {
        let mut request = agent().get(format!("http://{}{path}", self.http));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.call()?;
        Ok((response.status().as_u16(), response.body_mut().read_to_string()?))
    }

    /// `POST` of JSON with headers. Gives status, `Set-Cookie` and body, whatever the status.
    pub fn post(&self, path: &str, body: &str, headers: &[(&str, &str)]) -> Result<(u16, Option<String>, String)> {
        let mut request =
            agent().post(format!("http://{}{path}", self.http)).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send(body)?;
        let cookie = response.headers().get("set-cookie").and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok((response.status().as_u16(), cookie, response.body_mut().read_to_string()?))
    }

    /// Everything that the server has logged since this test began.
    pub fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.log)?)
    }

    /// Signs in with the one-time link that this start of the server made.
    pub fn sign_in(&self) -> Result<Operator> {
        let addresses = std::fs::read_to_string(self.data.path().join(ADDRESSES_FILE))?;
        let addresses: serde_json::Value = serde_json::from_str(&addresses)?;
        let link = addresses["sign_in"].as_str().context("addresses.json has no sign_in")?;
        let token = link.rsplit(['#', '/', '=']).next().context("sign-in link has no token")?;
        let body = serde_json::json!({ "token": token }).to_string();
        let (status, cookie, text) = self.post("/api/v1/sign-in/link", &body, &[])?;
        let Some(cookie) = cookie.filter(|_| status == 200) else { bail!("sign-in: {status} {text}") };
        Ok(Operator { cookie: cookie.split(';').next().unwrap_or_default().to_owned() })
    }

    /// Runs another command of the program on the data folder. Gives whether it went well, and what it printed.
    pub async fn run(&self, arguments: &[&str]) -> Result<(bool, String)> {
        let output = Command::new(binary()).args(arguments).arg("--data").arg(self.data.path()).output().await?;
        let text = [output.stdout, output.stderr].concat();
        Ok((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_DEADLINE;
        loop {
            let announced = self.data.path().join(ADDRESSES_FILE).exists();
            if announced && self.get("/readyz", &[]).is_ok_and(|(status, _)| status == 200) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended at its start: {status}\n{}", self.log()?);
            }
            if Instant::now() > deadline {
                bail!("the server was not ready after {START_DEADLINE:?}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Speaks to a server; an error status is an answer.
pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .into()
}

/// A log named by its test stays after it: for whoever has to find out why the test failed.
fn log_file() -> Result<PathBuf> {
    static STARTS: AtomicU32 = AtomicU32::new(0);
    let folder = root().join("target/system-logs");
    std::fs::create_dir_all(&folder)?;
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("unknown").replace("::", "-");
    let path = folder.join(format!("{test}-{}.log", STARTS.fetch_add(1, Ordering::Relaxed)));
    std::fs::write(&path, "")?;
    Ok(path)
}

fn spawn(data: &Path, http: SocketAddr, media: SocketAddr, log: &Path) -> Result<Child> {
    // The file of the last start must not be taken for this one's.
    if let Err(error) = std::fs::remove_file(data.join(ADDRESSES_FILE)) {
        ensure!(error.kind() == std::io::ErrorKind::NotFound, "{ADDRESSES_FILE}: {error}");
    }
    let binary = binary();
    Command::new(&binary)
        .arg("serve")
        .arg("--demo")
        .arg("--config")
        .arg(root().join("config/dienhong.toml"))
        .arg("--data")
        .arg(data)
        .env("DIENHONG__HTTP__LISTEN", http.to_string())
        .env("DIENHONG__HTTPS__ENABLED", "false")
        .env("DIENHONG__MEDIA__LISTEN", media.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(OpenOptions::new().append(true).open(log)?)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("start {} (build it with `cargo build -p dienhong`)", binary.display()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The program under test.
pub fn binary() -> PathBuf {
    std::env::var_os("DIENHONG_BIN").map_or_else(|| root().join("target/debug/dienhong"), PathBuf::from)
}

/// An address of which nobody uses the port, for connections or for datagrams: the media port takes both.
fn free_port() -> Result<SocketAddr> {
    for _ in 0..ATTEMPTS {
        let address = SocketAddr::from(([127, 0, 0, 1], rand::random_range(PORTS)));
        if TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no free port among {ATTEMPTS} of {PORTS:?}")
}
