//! The program as a person at a terminal meets it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

#[cfg(feature = "telemetry")]
#[path = "program/telemetry.rs"]
mod telemetry;

/// A start or a stop takes far less; a machine that builds beside the tests is slow.
const PATIENCE: Duration = Duration::from_secs(30);

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dienhong"));
    command.stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A server on free ports; killed when the test ends.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(data: &Path, http: &str, more: &[&str]) -> Command {
    let mut command = program();
    command
        .args(["serve", "--config"])
        .arg(examples().join("dienhong.toml"))
        .arg("--data")
        .arg(data)
        .args(more)
        .env("DIENHONG__HTTP__LISTEN", http)
        .env("DIENHONG__HTTPS__LISTEN", "127.0.0.1:0")
        .env("DIENHONG__MEDIA__LISTEN", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts a server on a port of its own.
fn start_here(data: &Path, more: &[&str]) -> (Serving, Value) {
    start(serve(data, "127.0.0.1:0", more), data)
}

/// Starts a server and waits until it says where it listens.
fn start(mut server: Command, data: &Path) -> (Serving, Value) {
    let file = data.join("addresses.json");
    let serving = Serving(server.spawn().unwrap());
    let begun = Instant::now();
    while !file.exists() {
        assert!(begun.elapsed() < PATIENCE, "the server did not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    (serving, serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap())
}

/// Asks it to stop as a service manager does, and gives what it printed.
fn stop(mut serving: Serving) -> Output {
    let asked = Command::new("kill").args(["-TERM", &serving.0.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = serving.0.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < PATIENCE, "the server did not stop");
        std::thread::sleep(Duration::from_millis(20));
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    serving.0.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
    serving.0.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
    Output { status, stdout, stderr }
}

fn address(addresses: &Value) -> String {
    addresses["http"].as_str().unwrap().replace("http://localhost", "127.0.0.1")
}

#[test]
fn a_right_configuration_and_a_wrong_one() {
    let right = program().arg("check-config").arg(examples().join("dienhong.toml")).output().unwrap();
    assert!(right.status.success(), "{}", text(&right.stdout));
    assert!(text(&right.stdout).contains("bau-cu-2021: 64 sites with the hall, 7 items"), "{}", text(&right.stdout));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.toml");
    std::fs::write(&file, "conferences = []\n[http]\nlisten = 7\n").unwrap();
    let wrong = program().arg("check-config").arg(&file).output().unwrap();
    assert!(!wrong.status.success());
    let lines = text(&wrong.stdout);
    assert!(lines.contains("wrong.toml:1: ") && lines.contains("wrong.toml:3: "), "{lines}");
}

#[test]
fn the_description_of_the_api_is_json() {
    let output = program().arg("openapi").output().unwrap();
    let description: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(description["openapi"], "3.1.0");
}

#[test]
fn a_server_starts_stops_and_leaves_a_whole_log() {
    let data = tempfile::tempdir().unwrap();
    let (serving, addresses) = start_here(data.path(), &[]);
    assert!(TcpStream::connect(address(&addresses)).is_ok());
    assert_eq!(addresses["sign_in"], Value::Null);

    let output = stop(serving);

    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert_eq!(printed.matches("(shown once)").count(), 2, "{printed}");
    let log = program().args(["verify-log", "--data"]).arg(data.path()).output().unwrap();
    assert!(log.status.success(), "{}", text(&log.stdout));
    assert!(text(&log.stdout).contains("The log is whole."), "{}", text(&log.stdout));

    let reset = program().args(["reset-password", "lead", "--data"]).arg(data.path()).output().unwrap();
    assert!(text(&reset.stdout).starts_with("New password of lead: "), "{}", text(&reset.stderr));
    let nobody = program().args(["reset-password", "nobody", "--data"]).arg(data.path()).output().unwrap();
    assert!(!nobody.status.success());
    assert_eq!(text(&nobody.stderr).lines().count(), 1, "{}", text(&nobody.stderr));
}

#[test]
fn what_is_wrong_with_the_log_is_told_in_words_until_it_is_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    stop(start_here(data.path(), &[]).0);
    let mark = data.path().join("journal.high-water.json");
    std::fs::remove_file(&mark).unwrap();
    let run = |what: &str| {
        let output = program().args([what, "--data"]).arg(data.path()).output().unwrap();
        (output.status.success(), text(&output.stdout))
    };
    let told = |(whole, printed): (bool, String)| {
        assert!(!whole && printed.contains("the file of the high-water mark is gone"), "{printed}");
    };

    told(run("verify-log"));
    told(run("verify-log"));
    assert!(!mark.exists(), "verifying changes nothing");
    std::fs::remove_file(data.path().join("addresses.json")).unwrap();
    stop(start_here(data.path(), &[]).0);
    told(run("verify-log"));

    let (done, printed) = run("acknowledge-findings");
    assert!(done && printed.contains("Acknowledged: the file of the high-water mark is gone"), "{printed}");
    let (whole, printed) = run("verify-log");
    assert!(whole && printed.contains("The log is whole."), "{printed}");
}

#[test]
fn a_busy_port_is_one_clear_line() {
    let data = tempfile::tempdir().unwrap();
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = busy.local_addr().unwrap().to_string();

    let output = serve(data.path(), &place, &[]).output().unwrap();

    assert!(!output.status.success());
    let expected = format!("dienhong: http.listen: {place} is in use by another program");
    assert_eq!(text(&output.stderr).trim(), expected);
}

#[test]
fn a_connection_that_dawdles_is_closed() {
    let data = tempfile::tempdir().unwrap();
    let (serving, addresses) = start_here(data.path(), &["--demo"]);
    let mut slow = TcpStream::connect(address(&addresses)).unwrap();
    let mut silent = TcpStream::connect(address(&addresses)).unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nHost: loc").unwrap();
    for stream in [&slow, &silent] {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
    }

    // Closed by the server: the reads end, with or without a last word.
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).unwrap();
    silent.read_to_end(&mut rest).unwrap();

    assert!(!text(&rest).starts_with("HTTP/1.1 200"), "{}", text(&rest));
    let mut quick = TcpStream::connect(address(&addresses)).unwrap();
    quick.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    quick.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"), "{answer}");
    let printed = text(&stop(serving).stdout);
    assert!(printed.contains("/sign-in#"), "{printed}");
}
