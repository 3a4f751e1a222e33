//! Network namespaces that go away with their owner.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, anyhow, ensure};
use nix::sched::{CloneFlags, setns};
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// Every namespace of ours is called this, the owner's process, a number and a name: a later start finds what a killed one
/// left.
const PREFIX: &str = "dienhong-bed-";
/// Where `ip netns` keeps them.
const NAMESPACES: &str = "/run/netns";

/// Stars of one process may live at the same time.
static MADE: AtomicU32 = AtomicU32::new(0);

/// A network namespace, removed when dropped.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// A new namespace with a loopback device that is up.
    pub fn new(name: &str) -> anyhow::Result<Self> {
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let namespace = Self { name: format!("{PREFIX}{}-{made}-{name}", std::process::id()) };
        run("ip", &["netns", "add", &namespace.name])
            .context("network namespaces cannot be made: this needs root and the command `ip` (Debian: iproute2)")?;
        namespace.ip(&["link", "set", "lo", "up"])?;
        Ok(namespace)
    }

    /// Its name, for `ip netns exec`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `ip` in this namespace.
    pub fn ip(&self, arguments: &[&str]) -> anyhow::Result<()> {
        run("ip", &[&["-n", self.name.as_str()], arguments].concat())
    }

    /// A command that runs in this namespace.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// Does something on a thread of this namespace: devices and sockets that it makes belong here for ever.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> anyhow::Result<T> + Send) -> anyhow::Result<T> {
        let file = File::open(self.file()).with_context(|| self.name.clone())?;
        std::thread::scope(|scope| {
            let thread = scope.spawn(move || {
                setns(file, CloneFlags::CLONE_NEWNET).context("entering a network namespace")?;
                work()
            });
            thread.join().map_err(|_| anyhow!("the thread in {} panicked", self.name))?
        })
    }

    fn file(&self) -> PathBuf {
        Path::new(NAMESPACES).join(&self.name)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Nobody to tell; whatever stays is found by the next start.
        let _ = run("ip", &["netns", "delete", &self.name]);
    }
}

/// Removes namespaces of processes that are gone. Those of living ones are left alone.
pub(crate) fn remove_leftovers() {
    let Ok(entries) = fs::read_dir(NAMESPACES) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if owner(&name).is_some_and(|owner| kill(owner, None).is_err()) {
            let _ = run("ip", &["netns", "delete", &name]);
        }
    }
}

/// The process that made a namespace, if it is one of ours.
fn owner(name: &str) -> Option<Pid> {
    let (owner, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
    owner.parse().ok().map(Pid::from_raw)
}

fn run(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let line = || format!("{program} {}", arguments.join(" "));
    let Output { status, stderr, .. } = Command::new(program).args(arguments).output().with_context(line)?;
    ensure!(status.success(), "{}: {}", line(), String::from_utf8_lossy(&stderr).trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_namespaces_of_ours_have_an_owner() {
        assert_eq!(owner("dienhong-bed-123-server"), Some(Pid::from_raw(123)));
        assert_eq!(owner("dienhong-bed-x-server"), None);
        assert_eq!(owner("123-server"), None);
    }
}
