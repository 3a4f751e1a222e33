//! What every server that is measured has: peers, a usage, time that passes.

use std::time::{Duration, Instant};

use crate::{orders::Usage, traffic::Traffic, window::Window};

/// A server under load, with its peers.
pub trait Subject {
    /// The peers.
    fn traffic(&mut self) -> &mut Traffic;

    /// What the server's process has used.
    ///
    /// # Errors
    ///
    /// It cannot be told.
    fn usage(&mut self) -> anyhow::Result<Usage>;

    /// Hears what the server's control side says.
    ///
    /// # Errors
    ///
    /// The server is gone, or says what it must not.
    fn hear(&mut self) -> anyhow::Result<()>;

    /// Lets time pass.
    ///
    /// # Errors
    ///
    /// Something of the load failed.
    fn run_for(&mut self, duration: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + duration;
        loop {
            let more = self.traffic().read()?;
            self.hear()?;
            self.traffic().act()?;
            if Instant::now() >= until {
                return Ok(());
            }
            if !more {
                self.traffic().rest(until);
            }
        }
    }

    /// The counters of this moment.
    ///
    /// # Errors
    ///
    /// A usage cannot be told.
    fn snapshot(&mut self) -> anyhow::Result<Window> {
        let usage = self.usage()?;
        self.traffic().window(usage)
    }

    /// Runs for a while and tells what that cost on both sides.
    ///
    /// # Errors
    ///
    /// Something of the load failed.
    fn measure(&mut self, duration: Duration) -> anyhow::Result<Window> {
        let before = self.snapshot()?;
        self.run_for(duration)?;
        Ok(self.snapshot()?.since(&before))
    }
}
