//! `cargo xtask run`: builds everything and keeps the server, and in a demonstration the simulated sites, running.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use anyhow::Context;

use crate::{doctor, process, web, workspace};

/// Time for the server to tell its pages that it stops and to close its journal.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the processes are looked at.
const LOOK: Duration = Duration::from_millis(200);
const BINARY: &str = "target/debug/dienhong";
/// What a demonstration server writes into its data folder before it accepts anybody; the simulated sites read it.
const JOIN_LINKS: &str = "demo-links.json";
/// Environment of the server that overrides the address of its plain HTTP listener.
const HTTP_LISTENER: &str = "DIENHONG__HTTP__LISTEN";

/// What is to run.
pub(crate) struct Wish {
    /// So many simulated sites; none: no demonstration.
    pub(crate) sites: Option<u32>,
    pub(crate) config: PathBuf,
    pub(crate) data: PathBuf,
    /// Port of plain HTTP on this machine; none: as configured.
    pub(crate) port: Option<u16>,
    /// More arguments for the server.
    pub(crate) serve: Vec<String>,
}

/// What the person at the terminal does.
enum Input {
    Stop,
    StartAgain,
}

/// Runs until Ctrl-C, or until the server ends by itself.
pub(crate) fn run(root: &Path, wish: &Wish) -> anyhow::Result<ExitCode> {
    doctor::provide(doctor::Purpose::Run)?;
    web::build(root)?;
    process::run(process::command(root, &workspace::cargo(), &["build", "--package", "dienhong"]))?;

    let inputs = listen()?;
    let server = Server::Running { child: process::spawn_apart(serve_command(root, wish))?, again: false };
    let mut show = Show { root, wish, server, sites: Sites::Waiting };
    let code = show.attend(&inputs);
    show.stop()?;
    code
}

/// The server's process.
enum Server {
    Running {
        child: Child,
        /// It was started again by hand.
        again: bool,
    },
    /// For somebody to start it again.
    Ended,
}

/// The process of the simulated sites.
enum Sites {
    /// Not started: not wanted, or the server has not written their join links yet.
    Waiting,
    Running(Child),
    Ended,
}

struct Show<'a> {
    root: &'a Path,
    wish: &'a Wish,
    server: Server,
    sites: Sites,
}

impl Show<'_> {
    /// Waits for the terminal and looks after the processes.
    fn attend(&mut self, inputs: &Receiver<Input>) -> anyhow::Result<ExitCode> {
        loop {
            let input = match inputs.recv_timeout(LOOK) {
                Ok(input) => Some(input),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Input::Stop),
            };
            if let Some(code) = self.look_at_server()? {
                return Ok(code);
            }
            match input {
                Some(Input::Stop) => return Ok(ExitCode::SUCCESS),
                Some(Input::StartAgain) if matches!(self.server, Server::Ended) => {
                    let child = process::spawn_apart(serve_command(self.root, self.wish))?;
                    self.server = Server::Running { child, again: true };
                }
                Some(Input::StartAgain) | None => {}
            }
            self.look_at_sites()?;
        }
    }

    /// A killed server does not end the simulated sites: seeing them come back is what the demonstration is for.
    fn look_at_server(&mut self) -> anyhow::Result<Option<ExitCode>> {
        let Server::Running { child, again } = &mut self.server else { return Ok(None) };
        let Some(status) = child.try_wait()? else { return Ok(None) };
        match after_end(status, *again) {
            End::Everything(code) => Ok(Some(code)),
            End::Waits => {
                let by_hand = process::shown(&serve_command(self.root, self.wish));
                println!(
                    "\nThe server ended ({}). Enter starts it again, Ctrl-C ends everything.",
                    process::ended(status)
                );
                println!("By hand: {by_hand}\n");
                self.server = Server::Ended;
                Ok(None)
            }
        }
    }

    fn look_at_sites(&mut self) -> anyhow::Result<()> {
        match (&mut self.sites, self.wish.sites) {
            (Sites::Waiting, Some(count)) if self.root.join(&self.wish.data).join(JOIN_LINKS).exists() => {
                self.sites = Sites::Running(process::spawn_apart(simulate_command(self.root, self.wish, count))?);
            }
            (Sites::Running(child), _) => {
                if let Some(status) = child.try_wait()? {
                    println!("\nThe simulated sites ended ({}).", process::ended(status));
                    self.sites = Sites::Ended;
                }
            }
            (Sites::Waiting | Sites::Ended, _) => {}
        }
        Ok(())
    }

    /// The sites first: the server then sees them leave and not break off.
    fn stop(&mut self) -> anyhow::Result<()> {
        if let Sites::Running(child) = &mut self.sites {
            process::stop(child, PATIENCE)?;
        }
        if let Server::Running { child, .. } = &mut self.server {
            process::stop(child, PATIENCE)?;
        }
        Ok(())
    }
}

#[derive(Debug, PartialEq)]
enum End {
    /// With this code.
    Everything(ExitCode),
    /// For somebody to start the server again.
    Waits,
}

/// A server that gave up at its first start (a busy port, a mistake in the configuration) has said why; one that was
/// killed, or that could not start again, is waited for.
fn after_end(status: ExitStatus, started_again: bool) -> End {
    match status.code() {
        Some(code) if !started_again => End::Everything(ExitCode::from(u8::try_from(code).unwrap_or(1))),
        Some(_) | None => End::Waits,
    }
}

fn serve_command(root: &Path, wish: &Wish) -> Command {
    let mut command = process::command(root, BINARY, &["serve"]);
    command.arg("--config").arg(&wish.config).arg("--data").arg(&wish.data);
    if wish.sites.is_some() {
        command.arg("--demo");
    }
    if let Some(port) = wish.port {
        command.env(HTTP_LISTENER, format!("127.0.0.1:{port}"));
    }
    command.args(&wish.serve);
    command
}

fn simulate_command(root: &Path, wish: &Wish, sites: u32) -> Command {
    let mut command = process::command(root, BINARY, &["simulate"]);
    command.arg("--sites").arg(sites.to_string()).arg("--data").arg(&wish.data);
    command
}

fn listen() -> anyhow::Result<Receiver<Input>> {
    let (inputs, received) = channel();
    let stop: Sender<Input> = inputs.clone();
    ctrlc::set_handler(move || {
        // Nobody listens any more when everything is being stopped already.
        let _ = stop.send(Input::Stop);
    })
    .context("listening for Ctrl-C")?;
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            if line.is_err() || inputs.send(Input::StartAgain).is_err() {
                return;
            }
        }
    });
    Ok(received)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn wish(sites: Option<u32>) -> Wish {
        Wish { sites, config: "c.toml".into(), data: "d".into(), port: None, serve: vec!["--verbose".into()] }
    }

    #[test]
    fn a_killed_server_is_waited_for_and_a_refused_start_is_not() {
        let killed = ExitStatus::from_raw(9);
        let refused = ExitStatus::from_raw(2 << 8);

        assert_eq!(after_end(killed, false), End::Waits);
        assert_eq!(after_end(killed, true), End::Waits);
        assert_eq!(after_end(refused, false), End::Everything(ExitCode::from(2)));
        assert_eq!(after_end(refused, true), End::Waits);
    }

    #[test]
    fn only_a_demonstration_names_itself_to_the_server() {
        let root = Path::new("/");

        let plain = process::shown(&serve_command(root, &wish(None)));
        let demo = process::shown(&serve_command(root, &wish(Some(63))));

        assert_eq!(plain, "target/debug/dienhong serve --config c.toml --data d --verbose");
        assert_eq!(demo, "target/debug/dienhong serve --config c.toml --data d --demo --verbose");
    }

    /// A program in the place of the real one that notes its start and its stop in `log`.
    const FAKE: &str = "#!/bin/sh
trap 'echo \"$1 stopped\" >> log; exit 0' TERM
echo \"$1 $$\" >> log
mkdir -p d && touch d/demo-links.json
while :; do sleep 0.02; done
";

    /// Waits until the log has a line more than `seen` and answers with it; does `meanwhile` as long as it waits.
    fn next_line(root: &Path, seen: &mut usize, meanwhile: impl Fn()) -> String {
        for _ in 0..500 {
            let log = std::fs::read_to_string(root.join("log")).unwrap_or_default();
            if let Some(line) = log.lines().nth(*seen) {
                *seen += 1;
                return line.to_owned();
            }
            meanwhile();
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("nothing more happened after {seen} lines");
    }

    #[test]
    fn the_sites_outlive_a_killed_server_and_everything_stops_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        let binary = root.join(BINARY);
        std::fs::create_dir_all(binary.parent().unwrap()).unwrap();
        std::fs::write(&binary, FAKE).unwrap();
        process::run(process::command(&root, "chmod", &["+x", BINARY])).unwrap();
        let (inputs, received) = channel();
        let show = std::thread::spawn({
            let root = root.clone();
            move || {
                let wish = wish(Some(2));
                let child = process::spawn_apart(serve_command(&root, &wish)).unwrap();
                let server = Server::Running { child, again: false };
                let mut show = Show { root: &root, wish: &wish, server, sites: Sites::Waiting };
                let code = show.attend(&received).unwrap();
                show.stop().unwrap();
                code
            }
        });
        let mut seen = 0;

        let first = next_line(&root, &mut seen, || ());
        let sites = next_line(&root, &mut seen, || ());
        let pid = first.strip_prefix("serve ").unwrap();
        process::run(process::command(&root, "kill", &["-9", pid])).unwrap();
        // Somebody who presses Enter before the end of the server was noticed presses it again.
        let second = next_line(&root, &mut seen, || inputs.send(Input::StartAgain).unwrap());
        inputs.send(Input::Stop).unwrap();

        assert_eq!(show.join().unwrap(), ExitCode::SUCCESS);
        assert!(sites.starts_with("simulate "), "{sites}");
        assert!(second.starts_with("serve ") && second != first, "{second}");
        assert_eq!(next_line(&root, &mut seen, || ()), "simulate stopped");
        assert_eq!(next_line(&root, &mut seen, || ()), "serve stopped");
    }
}
