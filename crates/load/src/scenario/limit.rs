//! The physical limit, in a process of its own on the relay's core, with receivers that are drained.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};

use crate::{bed::Bed, limit::Limit, subject::Subject, window::Window, world::World};

/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(20);

/// Measures the limit.
///
/// # Errors
///
/// The process fails, or the load did not keep up.
pub fn run(bed: &Bed, receivers: usize, together: u32, seconds: u64) -> anyhow::Result<Limit> {
    let mut world = World::start(bed)?;
    let arguments = [
        ("--core", bed.server_core.to_string()),
        ("--server", bed.network.server.to_string()),
        ("--first-peer", bed.network.first_peer.to_string()),
        ("--port", world.traffic.port().to_string()),
        ("--receivers", receivers.to_string()),
        ("--seconds", seconds.to_string()),
        ("--together", together.to_string()),
    ];
    let before = world.snapshot()?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg("limit")
        .args(arguments.iter().flat_map(|(name, value)| [*name, value.as_str()]))
        .stdout(Stdio::piped())
        .spawn()
        .context("the limit's process")?;
    while child.try_wait()?.is_none() {
        world.run_for(LOOK)?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("the limit's process failed");
    }
    let window: Window = world.snapshot()?.since(&before);
    if let Some(why) = window.void() {
        bail!("the limit is void: {why}");
    }
    serde_json::from_slice(&output.stdout).context("the limit's process tells what it measured")
}
