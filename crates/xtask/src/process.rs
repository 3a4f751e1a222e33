//! Starting other programs.

use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How often a process that was asked to stop is looked at.
const POLL: Duration = Duration::from_millis(50);

/// A command in a folder of the project.
pub(crate) fn command(folder: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_this_package) {
            command.env_remove(name);
        }
    }
    command
}

/// `cargo run` tells us about our own package. A cargo that we start would take it for its user's wish, and build scripts that
/// watch these variables would run anew whenever somebody calls cargo by hand in between.
fn is_of_this_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}

/// Runs it in the terminal; fails if it does.
pub(crate) fn run(mut command: Command) -> anyhow::Result<()> {
    let shown = shown(&command);
    let status = command.status().with_context(|| shown.clone())?;
    ensure!(status.success(), "{shown}: {}", ended(status));
    Ok(())
}

/// Runs it in the terminal and shows each line of its standard output to `see` as well.
pub(crate) fn run_seen(mut command: Command, mut see: impl FnMut(&str)) -> anyhow::Result<ExitStatus> {
    let shown = shown(&command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| shown.clone())?;
    let stdout = child.stdout.take().context("standard output is piped")?;
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    // Test output may hold any bytes.
    while reader.read_until(b'\n', &mut line).with_context(|| shown.clone())? > 0 {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        see(text.trim_end());
        line.clear();
    }
    child.wait().context(shown)
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// How it ended, in words.
pub(crate) fn ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => "ended".into(),
    }
}

/// Starts it in a process group of its own: Ctrl-C in the terminal reaches us alone and we stop our children in order.
pub(crate) fn spawn_apart(mut command: Command) -> anyhow::Result<Child> {
    let shown = shown(&command);
    command.process_group(0).spawn().context(shown)
}

/// Asks it to stop and waits; after `patience` it is killed.
pub(crate) fn stop(child: &mut Child, patience: Duration) -> anyhow::Result<()> {
    if child.try_wait()?.is_some() {
        return Ok(());
    }
    let pid = Pid::from_raw(child.id().cast_signed());
    kill(pid, Signal::SIGTERM).context("SIGTERM")?;
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        std::thread::sleep(POLL);
    }
    child.kill()?;
    child.wait()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_seen_even_without_an_end_or_with_strange_bytes() {
        let mut lines = Vec::new();
        let command = command(Path::new("/"), "printf", &["one\\n\\377two\\nlast"]);

        let status = run_seen(command, |line| lines.push(line.to_owned())).unwrap();

        assert!(status.success());
        assert_eq!(lines, ["one", "\u{fffd}two", "last"]);
    }

    #[test]
    fn what_cargo_says_of_this_package_is_not_passed_on() {
        assert!(is_of_this_package("CARGO_PKG_VERSION") && is_of_this_package("CARGO_MANIFEST_DIR"));
        assert!(!is_of_this_package("CARGO_HOME") && !is_of_this_package("CARGO_TARGET_DIR"));
        let kept: Vec<_> = command(Path::new("/"), "true", &[])
            .get_envs()
            .map(|(name, value)| (name.to_owned(), value.is_some()))
            .collect();
        assert!(kept.contains(&("CARGO_MANIFEST_DIR".into(), false)), "{kept:?}");
    }

    #[test]
    fn a_process_that_will_not_stop_is_killed() {
        let script = "trap '' TERM; echo ready; while :; do sleep 0.1; done";
        let mut command = command(Path::new("/"), "sh", &["-c", script]);
        command.stdout(Stdio::piped());
        let mut child = spawn_apart(command).unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();

        stop(&mut child, Duration::from_millis(200)).unwrap();

        assert_eq!(child.wait().unwrap().signal(), Some(9));
    }
}
