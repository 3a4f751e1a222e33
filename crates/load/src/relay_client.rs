//! The load's end of the conversation with the relay process.

use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use anyhow::{Context, bail};

use crate::{
    bed::Bed,
    orders::{News, Order},
};

/// The relay process must be up by then: it makes a certificate and binds a socket.
const START_PATIENCE: Duration = Duration::from_secs(10);

/// A running relay process; it ends with this value.
#[derive(Debug)]
pub struct RelayClient {
    child: Child,
    /// To the thread that writes: a relay that is slow to read must not keep the load from reading its socket.
    orders: Option<Sender<Vec<u8>>>,
    news: Receiver<News>,
    address: SocketAddr,
}

impl RelayClient {
    /// Starts the relay process on its core.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn start(bed: &Bed) -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("the own program")?;
        let mut child = Command::new(own)
            .args(["relay", "--core", &bed.server_core.to_string()])
            .args(["--bind", &format!("{}:0", bed.network.server)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the relay process")?;
        let mut pipe = child.stdin.take().context("standard input is piped")?;
        let (orders, queue) = mpsc::channel::<Vec<u8>>();
        thread::spawn(move || {
            // The pipe closes when no more orders can come, which ends the relay process.
            while let Ok(line) = queue.recv() {
                if pipe.write_all(&line).is_err() {
                    return;
                }
            }
        });
        let out = child.stdout.take().context("standard output is piped")?;
        let (sender, news) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(out).lines() {
                let Ok(line) = line else { return };
                // A line that cannot be read ends the conversation, which the load notices.
                let Ok(news) = serde_json::from_str(&line) else { return };
                if sender.send(news).is_err() {
                    return;
                }
            }
        });
        let News::Listening { address } = news.recv_timeout(START_PATIENCE).context("the relay process is silent")?
        else {
            bail!("the relay process begins with something else than its address")
        };
        Ok(Self { child, orders: Some(orders), news, address })
    }

    /// Its socket.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives an order.
    ///
    /// # Errors
    ///
    /// The relay process is gone.
    pub fn order(&mut self, order: &Order) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        let orders = self.orders.as_ref().context("orders go in until the end")?;
        orders.send(line).ok().context("the relay process is gone")
    }

    /// The next news, if any.
    ///
    /// # Errors
    ///
    /// The relay process is gone.
    pub fn news(&mut self) -> anyhow::Result<Option<News>> {
        match self.news.try_recv() {
            Ok(news) => Ok(Some(news)),
            Err(mpsc::TryRecvError::Empty) => Ok(None),
            Err(mpsc::TryRecvError::Disconnected) => bail!("the relay process is gone"),
        }
    }
}

impl Drop for RelayClient {
    fn drop(&mut self) {
        // The end of its standard input ends it.
        self.orders = None;
        let _ = self.child.wait();
    }
}
