//! The configuration: a TOML file, values of the environment before it, and the files of the conferences that it names.
//!
//! Everything that is wrong is named with its file and line, not only the first thing; a key that nobody knows is wrong too,
//! because a mistyped limit must not be a missing limit. `dienhong check-config` prints the same as a start would.
//! Whether the files of a conference still count is another question, which its log answers ([`crate::conference_task`]).

mod conference_file;
mod environment;
mod health;
mod problem;
mod section;
mod sites_file;
mod webhooks;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use wire::Role;

pub use conference_file::ConferenceFile;
pub use environment::{PREFIX, variables};
pub use problem::{Place, Problem, Problems};

use problem::{Collector, SourceText};
use section::{Reading, Section, or_problem, parse};

use crate::tls::{self, TlsError};
use crate::webhooks::WebhookConfig;

/// Conferences of one server: each has a task, a media plane and 63 sites.
pub const MAX_CONFERENCES: usize = 16;
/// Addresses that answers name: each is a line of every SDP.
const MAX_ANNOUNCED: usize = 8;
/// Proxies in front: each request's list of senders is compared with them.
const MAX_PROXIES: usize = 16;
/// Endpoints and consoles of all conferences together, unless configured: 64 sites with three endpoints each.
const DEFAULT_ENDPOINTS: u64 = 192;
/// Operators' pages unless configured.
const DEFAULT_CONSOLES: u64 = 32;
/// Players unless configured: one beside the devices of each site.
const DEFAULT_PLAYERS: u64 = 64;
/// ICE servers that encoders and players are told of: each is a header of every answer.
const MAX_ICE_SERVERS: usize = 4;
/// No machine carries more endpoints than this; a larger number is a mistake.
const MOST_ENDPOINTS: u64 = 10_000;

/// The whole configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerConfig {
    /// Plain HTTP, for this machine and for a proxy in front.
    pub http: HttpConfig,
    /// HTTPS; none: switched off.
    pub https: Option<HttpsConfig>,
    /// The media port.
    pub media: MediaConfig,
    /// Bounds.
    pub limits: Limits,
    /// Bounds of the health judgement.
    pub health: ::health::Settings,
    /// Logs.
    pub log: LogConfig,
    /// Operators that exist from the start.
    pub operators: Vec<OperatorConfig>,
    /// Who is told of incidents.
    pub webhooks: Vec<WebhookConfig>,
    /// Conferences, in the order of the file; the first is the one that consoles open.
    pub conferences: Vec<ConferenceFile>,
}

/// Plain HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Origins besides the server's own that pages may come from, for a proxy: `https://hop.example.vn`.
    pub origins: Vec<String>,
    /// Addresses of proxies in front: whom they name in `X-Forwarded-For` is taken for the sender of a request.
    pub trusted_proxies: Vec<IpAddr>,
}

/// HTTPS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpsConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The certificate.
    pub certificate: CertificateConfig,
}

/// Where the certificate of HTTPS comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateConfig {
    /// Made by the server and kept in the data folder.
    SelfSigned {
        /// Names and addresses in it, besides localhost.
        names: Vec<String>,
    },
    /// PEM files.
    Files {
        /// The certificate with its chain.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
    },
}

/// The media port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaConfig {
    /// Where to listen for UDP; port 0 takes a free one. `[::]` listens on IPv6 and IPv4.
    pub listen: SocketAddr,
    /// Media over TCP is taken at the same port number.
    pub tcp: bool,
    /// Addresses at which sites reach it; empty: those of the machine.
    pub announce: Vec<IpAddr>,
    /// STUN servers that encoders and players are told of (RFC 9725 §4.6), `stun:host:port`.
    pub ice_servers: Vec<String>,
}

/// Bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Endpoints of sites connected at the same time; more are refused clearly.
    pub endpoints: usize,
    /// Consoles connected at the same time.
    pub consoles: usize,
    /// Players (WHEP) connected at the same time, beside those that are a site's screen.
    pub players: usize,
}

/// Logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// Form of a line.
    pub format: LogFormat,
    /// What is logged, in the syntax of `tracing_subscriber::EnvFilter`.
    pub filter: String,
}

/// Form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// An operator that exists from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorConfig {
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
}

impl ServerConfig {
    /// Reads a configuration with the variables given (see [`variables`]).
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn load(file: &Path, environment: &BTreeMap<String, String>) -> Result<Self, Problems> {
        let problems = Collector::default();
        let config = read(file, environment, &problems);
        match (config, problems.into_problems()) {
            (Some(config), problems) if problems.is_empty() => Ok(config),
            (_, problems) => Err(Problems(problems)),
        }
    }
}

fn read(file: &Path, variables: &BTreeMap<String, String>, problems: &Collector) -> Option<ServerConfig> {
    let source = SourceText::read(file, problems)?;
    let document = parse(&source, problems);
    let overrides = environment::overrides(variables);
    let reading = Reading { source: &source, problems, overrides: &overrides };
    let root = Section::root(&reading, document.get_ref());
    let folder = file.parent().unwrap_or(Path::new("."));
    let config = ServerConfig {
        http: http(root.section("http")),
        https: https(root.section("https"), folder),
        media: media(root.section("media")),
        limits: limits(root.section("limits")),
        health: health::read(root.section("health")),
        log: log(root.section("log")),
        operators: operators(&root),
        webhooks: webhooks::read(&root, folder),
        conferences: conferences(&root, folder, problems),
    };
    if let Some(https) = config.https.as_ref().filter(|https| collide(config.http.listen, https.listen)) {
        let text =
            format!("`https.listen` {} and `http.listen` {} are the same port", https.listen, config.http.listen);
        root.problem(root.section("https").place_of("listen"), text);
    }
    environment::unknown_sections(&overrides, &["http", "https", "media", "limits", "health", "log"], problems);
    environment::whole_tables(&overrides, &["operators", "webhooks"], problems);
    root.finish();
    Some(config)
}

fn http(section: Section<'_>) -> HttpConfig {
    let listen = section.parsed("listen", "an address with a port, for example 127.0.0.1:8080");
    let mut origins = Vec::new();
    for (origin, place) in section.texts("origins").unwrap_or_default() {
        if is_origin(&origin) {
            origins.push(origin);
        } else {
            section.problem(
                place,
                format!("{origin:?} is no origin: write scheme and host alone, https://hop.example.vn"),
            );
        }
    }
    let mut trusted_proxies = Vec::new();
    for (address, place) in section.texts("trusted_proxies").unwrap_or_default() {
        match address.parse::<IpAddr>() {
            Ok(address) if !address.is_unspecified() => trusted_proxies.push(address.to_canonical()),
            Ok(_) | Err(_) => {
                section.problem(place, format!("{address:?} is no address of a proxy: write one address, 127.0.0.1"));
            }
        }
    }
    if trusted_proxies.len() > MAX_PROXIES {
        section.problem(section.place_of("trusted_proxies"), format!("at most {MAX_PROXIES} trusted proxies"));
    }
    section.finish();
    let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)));
    HttpConfig { listen, origins, trusted_proxies }
}

/// True if both cannot listen at the same time. Port 0 takes a free one.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let overlap = one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && overlap
}

fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '*', '@', '?', '#']))
}

fn https(section: Section<'_>, folder: &Path) -> Option<HttpsConfig> {
    let on = section.flag("enabled").unwrap_or(true);
    let listen = section.parsed("listen", "an address with a port, for example 0.0.0.0:8443");
    let mut names = Vec::new();
    for (name, place) in section.texts("names").unwrap_or_default() {
        match tls::check_name(&name) {
            Ok(()) => names.push(name),
            Err(error) => section.problem(place, format!("{name:?} cannot stand in a certificate: {error}")),
        }
    }
    let certificate = match (section.text("certificate"), section.text("key")) {
        (Some(certificate), Some(key)) => {
            let (certificate, key) = (folder.join(certificate), folder.join(key));
            check_certificate(&section, &certificate, &key);
            CertificateConfig::Files { certificate, key }
        }
        (None, None) => CertificateConfig::SelfSigned { names },
        (Some(_), None) => {
            section.problem(section.place_of("certificate"), "`https.certificate` needs `https.key`");
            CertificateConfig::SelfSigned { names }
        }
        (None, Some(_)) => {
            section.problem(section.place_of("key"), "`https.key` needs `https.certificate`");
            CertificateConfig::SelfSigned { names }
        }
    };
    section.finish();
    let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8443)));
    on.then_some(HttpsConfig { listen, certificate })
}

/// Files that are not there, are no PEM, or do not fit together.
fn check_certificate(section: &Section<'_>, certificate: &Path, key: &Path) {
    let mut missing = false;
    for (file, name) in [(certificate, "certificate"), (key, "key")] {
        if let Err(error) = std::fs::File::open(file) {
            section.problem(section.place_of(name), format!("`https.{name}` {}: {error}", file.display()));
            missing = true;
        }
    }
    if missing {
        return;
    }
    if let Err(error) = tls::from_files(certificate, key) {
        let of_key = matches!(&error, TlsError::Pem { path, .. } if path == key);
        let name = if of_key { "key" } else { "certificate" };
        section.problem(section.place_of(name), format!("`https.{name}`: {error}"));
    }
}

fn media(section: Section<'_>) -> MediaConfig {
    let listen = section.parsed("listen", "an address with a port, for example 0.0.0.0:5004");
    let tcp = section.flag("tcp").unwrap_or(true);
    let mut announce = Vec::new();
    for (address, place) in section.texts("announce").unwrap_or_default() {
        match address.parse::<IpAddr>() {
            Ok(address) if !address.is_unspecified() => announce.push(address),
            Ok(_) | Err(_) => section.problem(place, format!("{address:?} is no address that sites could reach")),
        }
    }
    if announce.len() > MAX_ANNOUNCED {
        section.problem(section.place_of("announce"), format!("at most {MAX_ANNOUNCED} announced addresses"));
    }
    let mut ice_servers = Vec::new();
    for (uri, place) in section.texts("ice_servers").unwrap_or_default() {
        if is_stun_uri(&uri) {
            ice_servers.push(uri);
        } else {
            section.problem(place, format!("{uri:?} is no STUN server, for example stun:stun.example.org:3478"));
        }
    }
    if ice_servers.len() > MAX_ICE_SERVERS {
        section.problem(section.place_of("ice_servers"), format!("at most {MAX_ICE_SERVERS} ICE servers"));
    }
    section.finish();
    let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 5004)));
    MediaConfig { listen, tcp, announce, ice_servers }
}

/// RFC 7064, as far as it fits into a header without quoting.
fn is_stun_uri(uri: &str) -> bool {
    let host = uri.strip_prefix("stun:").or_else(|| uri.strip_prefix("stuns:"));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(allowed))
}

fn limits(section: Section<'_>) -> Limits {
    let count = |key: &str, default: u64| {
        let number = section.number(key, 1..=MOST_ENDPOINTS).unwrap_or(default);
        usize::try_from(number).unwrap_or(usize::MAX)
    };
    let limits = Limits {
        endpoints: count("endpoints", DEFAULT_ENDPOINTS),
        consoles: count("consoles", DEFAULT_CONSOLES),
        players: count("players", DEFAULT_PLAYERS),
    };
    section.finish();
    limits
}

fn log(section: Section<'_>) -> LogConfig {
    let format = section.word("format", &["text", "json"]).unwrap_or(LogFormat::Text);
    let filter = section.text("filter").unwrap_or_else(|| "info".to_owned());
    if let Err(error) = EnvFilter::try_new(&filter) {
        section.problem(section.place_of("filter"), format!("`log.filter` {filter:?}: {error}"));
    }
    section.finish();
    LogConfig { format, filter }
}

fn operators(root: &Section<'_>) -> Vec<OperatorConfig> {
    let mut operators: Vec<OperatorConfig> = Vec::new();
    for entry in root.sections("operators") {
        let name = entry.required("name");
        let role = entry.word("role", &["lead", "assistant", "chair", "secretary", "technician"]);
        if role.is_none() && entry.text("role").is_none() {
            entry.problem(entry.place(), "`operators.role` is missing");
        }
        if let (Some(name), Some(role)) = (name, role) {
            if operators.iter().any(|other| other.name == name) {
                entry.problem(entry.place(), format!("the operator {name:?} is named twice"));
            }
            operators.push(OperatorConfig { name, role });
        }
        entry.finish();
    }
    operators
}

fn conferences(root: &Section<'_>, folder: &Path, problems: &Collector) -> Vec<ConferenceFile> {
    let files = root.texts("conferences").unwrap_or_default();
    if files.is_empty() {
        root.problem(root.place_of("conferences"), "`conferences` must name at least one file");
    }
    if files.len() > MAX_CONFERENCES {
        root.problem(root.place_of("conferences"), format!("at most {MAX_CONFERENCES} conferences"));
    }
    let mut read: Vec<ConferenceFile> = Vec::new();
    for (file, place) in files {
        let path = folder.join(&file);
        let there = path.try_exists().map_err(|error| format!("{file}: {error}"));
        let there = or_problem(there, place.clone(), problems);
        if there == Some(false) {
            problems.add(place.clone(), format!("the conference file {file} is not there ({})", path.display()));
        }
        let conference = if there == Some(true) { conference_file::read(&path, problems) } else { None };
        if let Some(conference) = conference {
            if read.iter().any(|other| other.setup.id == conference.setup.id) {
                problems.add(place, format!("two conferences have the id {}", conference.setup.id));
            }
            read.push(conference);
        }
    }
    read
}
