//! Janus's API over a Unix socket that keeps messages apart: one JSON object each.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read},
    os::fd::AsRawFd,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use nix::sys::socket::{MsgFlags, send};
use serde_json::{Value, json};
use socket2::{Domain, SockAddr, Socket, Type};

/// Janus listens by then.
const START_PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries to reach it.
const RETRY: Duration = Duration::from_millis(50);
/// Longer than any answer with SDP.
const MESSAGE_BYTES: usize = 65_536;

/// A conversation with Janus.
#[derive(Debug)]
pub struct JanusClient {
    socket: Socket,
    transaction: u64,
    /// Answers that were not looked at.
    answers: VecDeque<Value>,
    buffer: Vec<u8>,
}

impl JanusClient {
    /// Reaches a janus that is starting.
    ///
    /// # Errors
    ///
    /// It does not listen, or `check` says that it has ended.
    pub fn connect(path: &Path, mut check: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Self> {
        let patience = Instant::now() + START_PATIENCE;
        loop {
            let socket = Socket::new(Domain::UNIX, Type::SEQPACKET, None).context("a Unix socket")?;
            if socket.connect(&SockAddr::unix(path)?).is_ok() {
                socket.set_nonblocking(true)?;
                let buffer = vec![0; MESSAGE_BYTES];
                return Ok(Self { socket, transaction: 0, answers: VecDeque::new(), buffer });
            }
            check()?;
            if Instant::now() > patience {
                bail!("janus does not listen within {START_PATIENCE:?}");
            }
            thread::sleep(RETRY);
        }
    }

    /// Asks for something; gives the number under which the answer comes.
    ///
    /// # Errors
    ///
    /// Janus does not take it.
    pub fn ask(&mut self, mut message: Value) -> anyhow::Result<u64> {
        self.transaction += 1;
        message["transaction"] = json!(self.transaction.to_string());
        let bytes = serde_json::to_vec(&message)?;
        // One call is one message; it either fits or fails.
        send(self.socket.as_raw_fd(), &bytes, MsgFlags::MSG_NOSIGNAL).context("janus does not take a message")?;
        Ok(self.transaction)
    }

    /// The next thing that Janus says without having been asked; answers are kept for [`Self::answer`].
    ///
    /// # Errors
    ///
    /// The connection is gone, or a message is no JSON.
    pub fn hear(&mut self) -> anyhow::Result<Option<Value>> {
        loop {
            let count = match (&self.socket).read(&mut self.buffer) {
                Ok(0) => bail!("janus closed the connection"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error).context("janus"),
            };
            let message: Value = serde_json::from_slice(&self.buffer[..count]).context("a message of janus")?;
            if message["janus"] == "ack" {
                continue;
            }
            if message["transaction"].is_string() {
                self.answers.push_back(message);
            } else {
                return Ok(Some(message));
            }
        }
    }

    /// The answer to a question, if it has come.
    ///
    /// # Errors
    ///
    /// Janus refuses.
    pub fn answer(&mut self, transaction: u64) -> anyhow::Result<Option<Value>> {
        let own = json!(transaction.to_string());
        let Some(at) = self.answers.iter().position(|answer| answer["transaction"] == own) else { return Ok(None) };
        let answer = self.answers.remove(at).context("it was found there")?;
        let refusal = [&answer["error"]["reason"], &answer["plugindata"]["data"]["error"]];
        if let Some(reason) = refusal.into_iter().find_map(Value::as_str) {
            bail!("janus refuses: {reason}");
        }
        Ok(Some(answer))
    }
}
