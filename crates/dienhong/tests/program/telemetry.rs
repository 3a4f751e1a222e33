//! The program with a collector of spans, and with one that does not answer.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use super::{serve, start, stop, text};

/// A stop waits two seconds for a collector; the rest is the stop itself, on a machine that builds beside it. Without a deadline it
/// would wait for the POST under way and the next one, ten seconds.
const STOPS_WITHIN: Duration = Duration::from_secs(6);

/// A span as a collector gets it.
#[derive(Debug)]
struct Span {
    service: String,
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Span {
    fn is(&self, name: &str, attributes: &[(&str, &str)]) -> bool {
        let has = |(key, value): &(&str, &str)| self.attributes.get(*key).is_some_and(|given| given == value);
        self.name == name && attributes.iter().all(has)
    }
}

/// Takes what is posted until the test ends.
fn collector() -> (SocketAddr, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (posts, posted) = channel();
    std::thread::spawn(move || listener.incoming().for_each(|stream| take_post(stream.unwrap(), &posts)));
    (address, posted)
}

fn take_post(stream: TcpStream, posts: &Sender<(String, Vec<u8>)>) {
    let mut reader = BufReader::new(&stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    // The test may have seen enough.
    let _ = posts.send((head, body));
}

/// The fields of a protobuf message that are messages, texts or whole numbers.
fn fields(mut message: &[u8]) -> Vec<(u64, Vec<u8>)> {
    fn varint(message: &mut &[u8]) -> u64 {
        let end = message.iter().position(|byte| byte & 0x80 == 0).unwrap();
        let (number, rest) = message.split_at(end + 1);
        *message = rest;
        number.iter().rev().fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f))
    }
    let mut fields = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        let length = match key & 7 {
            0 => {
                fields.push((key >> 3, varint(&mut message).to_string().into_bytes()));
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut message)).unwrap(),
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (value, rest) = message.split_at(length);
        fields.push((key >> 3, value.to_vec()));
        message = rest;
    }
    fields
}

fn inner(message: &[u8], number: u64) -> Vec<Vec<u8>> {
    fields(message).into_iter().filter(|(field, _)| *field == number).map(|(_, value)| value).collect()
}

/// `KeyValue`s of a field: texts, and whole numbers as text.
fn attributes(message: &[u8], number: u64) -> BTreeMap<String, String> {
    let pairs = inner(message, number).into_iter();
    let value = |pair: &[u8]| fields(&inner(pair, 2)[0]).into_iter().next().map(|(_, value)| text(&value));
    pairs.map(|pair| (text(&inner(&pair, 1)[0]), value(&pair).unwrap_or_default())).collect()
}

/// `ExportTraceServiceRequest` → `ResourceSpans` → `ScopeSpans` → `Span` (opentelemetry-proto, trace/v1/trace.proto).
fn spans(export: &[u8]) -> Vec<Span> {
    let mut found = Vec::new();
    for of_resource in inner(export, 1) {
        let service = attributes(&inner(&of_resource, 1)[0], 1)["service.name"].clone();
        for span in inner(&of_resource, 2).iter().flat_map(|of_scope| inner(of_scope, 2)) {
            let name = text(&inner(&span, 5)[0]);
            found.push(Span { service: service.clone(), name, attributes: attributes(&span, 9) });
        }
    }
    found
}

/// For whom each answer is one, whatever its status.
fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

fn post(url: &str, cookie: &str, body: &str) -> ureq::http::Response<ureq::Body> {
    agent().post(url).header("content-type", "application/json").header("cookie", cookie).send(body).unwrap()
}

#[test]
fn spans_of_requests_and_commands_reach_a_collector_without_secrets_and_names() {
    let (collector, posted) = collector();
    let data = tempfile::tempdir().unwrap();
    let mut command = serve(data.path(), "127.0.0.1:0", &["--demo"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{collector}")).env("OTEL_SERVICE_NAME", "phong-hop");
    let (serving, addresses) = start(command, data.path());
    let http = addresses["http"].as_str().unwrap();
    let secret = addresses["sign_in"].as_str().unwrap().split_once('#').unwrap().1;

    let signed_in = post(&format!("{http}/api/v1/sign-in/link"), "", &format!(r#"{{"token":"{secret}"}}"#));
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    let commands = format!("{http}/api/v1/conferences/bau-cu-2021/commands");
    let answer = post(&commands, cookie, r#"{"command":{"type":"back_to_hall"}}"#);
    agent().get(format!("{http}/join/{secret}")).call().unwrap();
    agent().delete(format!("{http}/api/v1/operators/lan")).call().unwrap();
    stop(serving);

    let posts: Vec<_> = posted.try_iter().collect();
    let spans: Vec<_> = posts.iter().flat_map(|(_, body)| spans(body)).collect();
    let (head, _) = &posts[0];
    assert!(head.starts_with("post /v1/traces ") && head.contains("content-type: application/x-protobuf"), "{head}");
    assert!(spans.iter().all(|span| span.service == "phong-hop"), "{spans:#?}");
    let status = answer.status().as_u16().to_string();
    for (name, attributes) in [
        ("http", &[("path", "/api/v1/conferences/bau-cu-2021/commands"), ("status", &status)][..]),
        ("http", &[("path", "/join/…"), ("method", "GET")]),
        ("http", &[("path", "/api/v1/operators/…"), ("status", "401")]),
        ("command", &[("conference", "bau-cu-2021"), ("kind", "BackToHall"), ("role", "Lead")]),
    ] {
        assert!(spans.iter().any(|span| span.is(name, attributes)), "{name} {attributes:?} in {spans:#?}");
    }
    for (_, body) in &posts {
        let body = text(body);
        assert!(!body.contains(secret) && !body.contains("operators/lan"), "{body}");
    }
}

#[test]
fn a_collector_that_never_answers_delays_a_stop_by_no_more_than_its_deadline() {
    // The system accepts connections for it; nobody reads them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut command = serve(data.path(), "127.0.0.1:0", &[]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", silent.local_addr().unwrap()));
    command.env("OTEL_BSP_SCHEDULE_DELAY", "100");
    let (serving, addresses) = start(command, data.path());
    let http = addresses["http"].as_str().unwrap();

    // A POST is under way, and the next one waits behind it.
    for _ in 0..2 {
        assert_eq!(ureq::get(format!("{http}/healthz")).call().unwrap().status(), 200);
        std::thread::sleep(Duration::from_millis(300));
    }
    let begun = Instant::now();
    let output = stop(serving);

    assert!(begun.elapsed() < STOPS_WITHIN, "{:?}", begun.elapsed());
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("the last spans were not exported"), "{}", text(&output.stderr));
}
