//! Faults for drills and tests: a journal that is slow or that refuses, switched while it runs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::{
    APPEND_DEADLINE, Answer, Appended, Cause, CommandId, Finding, Head, Journal, JournalError, NewEvent, Seq,
    StoredEvent, StreamId,
};

/// What the disk is made to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fault {
    /// Each commit takes this much longer. Commits wait for each other, as they do for a real disk; one that would be
    /// answered after [`APPEND_DEADLINE`] is refused then with [`Cause::Late`] and not written.
    pub fsync_delay: Duration,
    /// What becomes of an append after that.
    pub fate: Fate,
}

/// What becomes of an append.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fate {
    /// It is passed on.
    #[default]
    Commit,
    /// It is refused with this cause and not written.
    Refuse(Cause),
    /// It is written, and its sender is told [`JournalError::OutcomeUnknown`], as by a disk that stalls in the commit.
    LoseAnswer,
}

/// Passes everything on to another journal, and its appends through the current [`Fault`]. Reads are not disturbed.
#[derive(Debug)]
pub struct FaultyJournal {
    inner: Arc<dyn Journal>,
    fault: Mutex<Fault>,
    /// Held during a commit.
    disk: tokio::sync::Mutex<()>,
}

impl FaultyJournal {
    /// A journal without a fault so far.
    #[must_use]
    pub fn new(inner: Arc<dyn Journal>) -> Self {
        Self { inner, fault: Mutex::new(Fault::default()), disk: tokio::sync::Mutex::new(()) }
    }

    /// Switches the fault; appends that come later see it.
    pub fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// The fault as it is switched now.
    #[must_use]
    pub fn fault(&self) -> Fault {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for FaultyJournal {
    fn append<'a>(&'a self, stream: &'a StreamId, after: Seq, events: Vec<NewEvent>) -> Answer<'a, Appended> {
        Box::pin(async move {
            let fault = self.fault();
            let delayed = async {
                let disk = self.disk.lock().await;
                if !fault.fsync_delay.is_zero() {
                    tokio::time::sleep(fault.fsync_delay).await;
                }
                disk
            };
            let late = JournalError::Unavailable { cause: Cause::Late };
            let _disk = tokio::time::timeout(APPEND_DEADLINE, delayed).await.map_err(|_elapsed| late)?;
            match fault.fate {
                Fate::Commit => self.inner.append(stream, after, events).await,
                Fate::Refuse(cause) => Err(JournalError::Unavailable { cause }),
                Fate::LoseAnswer => {
                    self.inner.append(stream, after, events).await?;
                    Err(JournalError::OutcomeUnknown)
                }
            }
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
