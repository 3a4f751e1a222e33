//! The janus process, with a configuration of its own in a temporary folder.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::{bed::Bed, cores, orders::Usage};

/// The room's number.
pub const ROOM: u64 = 1;
/// Lines of its log that are told when it has ended.
const LOG_LINES: usize = 5;

/// One event loop, because one core is measured; ICE-lite, as our relay is; nothing else is loaded. Sessions do not end
/// by themselves.
const SERVER: &str = r#"general: {
    debug_level = 3
    session_timeout = 0
    event_loops = 1
}
nat: {
    ice_lite = true
    ice_enforce_list = "load0"
}
plugins: {
    disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so"
}
transports: {
    disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_rabbitmq.so,libjanus_websockets.so"
}
events: {
    broadcast = false
}
"#;

/// The codecs that the load sends; its bit rate is its own.
const VIDEOROOM: &str = r#"room-1: {
    description = "load"
    publishers = 1
    bitrate = 0
    fir_freq = 0
    audiocodec = "opus"
    videocodec = "h264"
    h264_profile = "42e01f"
}
"#;

/// It can be started here.
pub fn is_installed() -> bool {
    // It knows no `--version`; its help ends well.
    Command::new("janus").arg("--help").output().is_ok_and(|output| output.status.success())
}

/// A running janus; it ends with this value.
#[derive(Debug)]
pub struct JanusProcess {
    child: Child,
    folder: TempDir,
}

impl JanusProcess {
    /// Starts it on the server's core.
    ///
    /// # Errors
    ///
    /// It cannot be started, or its files cannot be written.
    pub fn start(bed: &Bed) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a folder for Janus")?;
        let socket = folder.path().join("api");
        let transport = format!(
            "general: {{\n    enabled = true\n    json = \"compact\"\n    path = \"{}\"\n    type = \"SOCK_SEQPACKET\"\n}}\n",
            socket.display()
        );
        for (name, text) in [
            ("janus.jcfg", SERVER),
            ("janus.plugin.videoroom.jcfg", VIDEOROOM),
            ("janus.transport.pfunix.jcfg", &transport),
        ] {
            fs::write(folder.path().join(name), text).context(name)?;
        }
        let log = File::create(folder.path().join("log"))?;
        // It inherits the core of who starts it, with all its threads.
        cores::pin(bed.server_core)?;
        // It ends with this process, however that ends.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "janus", "--config"])
            .arg(folder.path().join("janus.jcfg"))
            .arg("--configs-folder")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn();
        cores::pin(bed.load_core)?;
        Ok(Self { child: child.context("janus")?, folder })
    }

    /// Its Unix socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("api")
    }

    /// What it has used.
    ///
    /// # Errors
    ///
    /// It is gone.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        cores::usage_of(self.child.id())
    }

    /// Fails if it has ended.
    ///
    /// # Errors
    ///
    /// It has ended; with the end of its log.
    pub fn check(&mut self) -> anyhow::Result<()> {
        let Some(status) = self.child.try_wait()? else { return Ok(()) };
        bail!("janus ended ({status}): {}", tail(&self.folder.path().join("log")))
    }
}

fn tail(path: &Path) -> String {
    let log = fs::read(path).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join(" / ")
}

impl Drop for JanusProcess {
    fn drop(&mut self) {
        // Nobody else speaks to it, and its orderly end would take seconds.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
