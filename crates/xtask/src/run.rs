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

/// What is to run.
pub(crate) struct Wish {
    /// So many simulated sites; none: no demonstration.
    pub(crate) sites: Option<u32>,
    pub(crate) config: PathBuf,
    pub(crate) data: PathBuf,
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
    doctor::require()?;
    web::build(root)?;
    process::run(process::command(root, &workspace::cargo(), &["build", "--package", "dienhong"]))?;

    let inputs = listen()?;
    let mut server = process::spawn_apart(serve_command(root, wish))?;
    let mut sites = match wish.sites {
        Some(count) => Some(process::spawn_apart(simulate_command(root, wish, count))?),
        None => None,
    };
    let code = attend(root, wish, &mut server, &inputs);
    // The sites first: the server then sees them leave and not break off.
    if let Some(sites) = &mut sites {
        process::stop(sites, PATIENCE)?;
    }
    process::stop(&mut server, PATIENCE)?;
    code
}

/// Waits for the terminal and looks after the server. A killed server does not end the simulated sites: seeing them
/// come back is what the demonstration is for.
fn attend(root: &Path, wish: &Wish, server: &mut Child, inputs: &Receiver<Input>) -> anyhow::Result<ExitCode> {
    let mut running = true;
    let mut started_again = false;
    loop {
        match inputs.recv_timeout(LOOK) {
            Ok(Input::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(ExitCode::SUCCESS),
            Ok(Input::StartAgain) if !running => {
                *server = process::spawn_apart(serve_command(root, wish))?;
                (running, started_again) = (true, true);
            }
            Ok(Input::StartAgain) | Err(RecvTimeoutError::Timeout) => {}
        }
        if !running {
            continue;
        }
        let Some(status) = server.try_wait()? else { continue };
        match after_end(status, started_again) {
            End::Everything(code) => return Ok(code),
            End::Waits => {
                println!(
                    "\nThe server ended ({}). Enter starts it again, Ctrl-C ends everything.",
                    process::ended(status)
                );
                println!("By hand: {}\n", process::shown(&serve_command(root, wish)));
                running = false;
            }
        }
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
        Wish { sites, config: "c.toml".into(), data: "d".into(), serve: vec!["--verbose".into()] }
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
}
