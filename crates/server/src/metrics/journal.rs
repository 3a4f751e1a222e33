//! A journal whose appends are timed.

use std::sync::Arc;
use std::time::Instant;

use journal::{Answer, Appended, CommandId, Finding, Head, Journal, NewEvent, Seq, StoredEvent, StreamId};

use super::Metrics;

/// Times the appends of another journal.
#[derive(Debug)]
pub struct MeteredJournal {
    inner: Arc<dyn Journal>,
    metrics: Metrics,
}

impl MeteredJournal {
    /// Around `inner`.
    pub fn new(inner: Arc<dyn Journal>, metrics: Metrics) -> Self {
        Self { inner, metrics }
    }
}

impl Journal for MeteredJournal {
    fn append<'a>(&'a self, stream: &'a StreamId, after: Seq, events: Vec<NewEvent>) -> Answer<'a, Appended> {
        Box::pin(async move {
            let started = Instant::now();
            let appended = self.inner.append(stream, after, events).await;
            match &appended {
                Ok(_) => self.metrics.0.append_seconds.observe(started.elapsed().as_secs_f64()),
                Err(_) => {
                    self.metrics.0.append_failures.inc();
                }
            }
            appended
        })
    }

    fn read<'a>(&'a self, stream: &'a StreamId, after: Seq, limit: u32) -> Answer<'a, Vec<StoredEvent>> {
        self.inner.read(stream, after, limit)
    }

    fn head<'a>(&'a self, stream: &'a StreamId) -> Answer<'a, Head> {
        self.inner.head(stream)
    }

    fn find_command<'a>(&'a self, stream: &'a StreamId, command: &'a CommandId) -> Answer<'a, Vec<StoredEvent>> {
        self.inner.find_command(stream, command)
    }

    fn streams(&self) -> Answer<'_, Vec<StreamId>> {
        self.inner.streams()
    }

    fn verify(&self) -> Answer<'_, Vec<Finding>> {
        self.inner.verify()
    }

    fn close(&self) -> Answer<'_, ()> {
        self.inner.close()
    }
}
