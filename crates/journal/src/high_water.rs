//! The high-water mark: how far each stream was durable once, in a file outside the database.
//!
//! The database alone cannot tell that its end is missing (a restored copy, a damaged WAL, deleted rows). The mark is
//! written lazily, after the commit, so it may lie behind the log but never before it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::JoinHandle;

use crate::{EventHash, Head, Seq, StreamId};

/// How long a raised mark waits for company before it is written: the last events before a crash are covered up to this
/// time, and the disk gets four more fsyncs a second at most.
const LAZINESS: Duration = Duration::from_millis(250);
/// Larger than the marks of 4,096 streams; a file beyond it is not ours.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Stored {
    streams: BTreeMap<StreamId, StoredMark>,
}

#[derive(Serialize, Deserialize)]
struct StoredMark {
    seq: Seq,
    hash: String,
}

/// What the file says.
#[derive(Debug)]
pub(crate) enum Remembered {
    Missing,
    Unreadable,
    Marks(BTreeMap<StreamId, Head>),
}

impl Remembered {
    pub(crate) fn marks(&self) -> &BTreeMap<StreamId, Head> {
        static NONE: BTreeMap<StreamId, Head> = BTreeMap::new();
        match self {
            Self::Marks(marks) => marks,
            Self::Missing | Self::Unreadable => &NONE,
        }
    }

    pub(crate) fn into_marks(self) -> BTreeMap<StreamId, Head> {
        match self {
            Self::Marks(marks) => marks,
            Self::Missing | Self::Unreadable => BTreeMap::new(),
        }
    }
}

/// The file itself.
#[derive(Debug, Clone)]
pub(crate) struct HighWaterFile {
    path: PathBuf,
}

impl HighWaterFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn load(&self) -> Remembered {
        match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Remembered::Missing,
            Ok(metadata) if metadata.len() <= MAX_FILE_BYTES => {}
            Ok(_) | Err(_) => return Remembered::Unreadable,
        }
        fs::read(&self.path).ok().and_then(|bytes| parse(&bytes)).map_or(Remembered::Unreadable, Remembered::Marks)
    }

    /// Replaces the file as a whole: whoever reads it sees the old or the new one.
    fn store(&self, marks: &BTreeMap<StreamId, Head>) -> io::Result<()> {
        let streams = marks
            .iter()
            .map(|(stream, head)| (stream.clone(), StoredMark { seq: head.seq, hash: head.hash.to_string() }))
            .collect();
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec_pretty(&Stored { streams })?)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        match self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => File::open(folder)?.sync_all(),
            None => File::open(".")?.sync_all(),
        }
    }
}

fn parse(bytes: &[u8]) -> Option<BTreeMap<StreamId, Head>> {
    let stored: Stored = serde_json::from_slice(bytes).ok()?;
    stored
        .streams
        .into_iter()
        .map(|(stream, mark)| Some((stream, Head { seq: mark.seq, hash: EventHash::from_hex(&mark.hash)? })))
        .collect()
}

/// Keeps the file up with the log, lazily, in a task of its own: a slow disk under the file delays no append.
#[derive(Debug, Clone)]
pub(crate) struct HighWater {
    marks: watch::Sender<BTreeMap<StreamId, Head>>,
    stop: Arc<Notify>,
    task: Arc<Mutex<Option<JoinHandle<io::Result<()>>>>>,
}

impl HighWater {
    /// Writes the file once, so that from now on its absence means something, and starts to keep it. The task holds
    /// `lock` until it has written the last mark, so that no other one writes to the same file.
    pub(crate) async fn start(
        file: HighWaterFile,
        marks: BTreeMap<StreamId, Head>,
        lock: Arc<File>,
    ) -> io::Result<Self> {
        if let Err(error) = store(&file, marks.clone()).await {
            // A full disk must not keep the conference from coming back; the next event that is written tries again.
            tracing::error!(%error, "the high-water mark cannot be written");
        }
        let (marks, changes) = watch::channel(marks);
        let stop = Arc::new(Notify::new());
        let kept = keep(file, changes, stop.clone());
        let task = tokio::spawn(async move {
            let stored = kept.await;
            drop(lock);
            stored
        });
        Ok(Self { marks, stop, task: Arc::new(Mutex::new(Some(task))) })
    }

    /// Notes that the stream is durable up to this event.
    pub(crate) fn raise(&self, stream: StreamId, head: Head) {
        self.marks.send_modify(|marks| {
            marks.insert(stream, head);
        });
    }

    /// Forgets all marks for these.
    pub(crate) fn replace(&self, heads: BTreeMap<StreamId, Head>) {
        self.marks.send_replace(heads);
    }

    /// Writes what is not written yet and ends.
    pub(crate) async fn stop(&self) -> io::Result<()> {
        self.stop.notify_one();
        match self.task.lock().await.take() {
            Some(task) => task.await.map_err(io::Error::other)?,
            None => Ok(()),
        }
    }
}

async fn keep(
    file: HighWaterFile,
    mut changes: watch::Receiver<BTreeMap<StreamId, Head>>,
    stop: Arc<Notify>,
) -> io::Result<()> {
    loop {
        let stopped = tokio::select! {
            changed = changes.changed() => changed.is_err(),
            () = stop.notified() => true,
        };
        let stopped = stopped
            || tokio::select! {
                () = tokio::time::sleep(LAZINESS) => false,
                () = stop.notified() => true,
            };
        let marks = changes.borrow_and_update().clone();
        let stored = store(&file, marks).await;
        if stopped {
            return stored;
        }
        // Tried again with the next change; the log itself is not in danger.
        if let Err(error) = stored {
            tracing::warn!(%error, path = %file.path().display(), "the high-water mark could not be written");
        }
    }
}

async fn store(file: &HighWaterFile, marks: BTreeMap<StreamId, Head>) -> io::Result<()> {
    let file = file.clone();
    tokio::task::spawn_blocking(move || file.store(&marks)).await.map_err(io::Error::other)?
}
