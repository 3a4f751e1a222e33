//! Documents of agendas: files that people at the centre upload and sites read. They lie in the data folder, one folder for each
//! conference, named by a number that the server draws and by their kind; nothing that came from outside is ever part of a path.
//!
//! ```text
//!  upload ─▶ Incoming ── write … write ─▶ finish: on the disk, counted ─▶ an item of the agenda names it ─▶ readers
//!                 └ dropped: gone                        └ no item names it for a day: removed
//! ```

mod incoming;
mod kind;
mod sweep;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;
use wire::ConferenceId;

pub use incoming::Incoming;
pub use kind::Kind;
pub use sweep::{SWEEP_EVERY, UNNAMED_KEPT};

/// Folder in the data folder.
pub const DOCUMENTS_FOLDER: &str = "documents";
/// Largest document: a report with pictures; 63 sites that all read it at once must not take the line from the media.
pub const MAX_DOCUMENT_BYTES: u64 = 20 * 1024 * 1024;
/// Most bytes of all documents together: a hundred of the largest; the disk is the journal's first.
pub const MAX_TOTAL_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Most documents: of an agenda of 500 items each has ten.
pub const MAX_DOCUMENTS: usize = 5_000;
/// Uploads at the same time: two desks, each with a few files.
const MAX_UPLOADS: usize = 4;
/// What an upload that is not finished is named by.
const UNFINISHED: &str = "part";

/// Names a document.
pub type DocumentId = Uuid;

/// Why a document was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Its name does not say a kind that is taken.
    #[error("documents are {}", Kind::names())]
    UnknownKind,
    /// It is not what its name says.
    #[error("the content is not what the name says")]
    WrongContent,
    /// It is too large.
    #[error("a document has at most {MAX_DOCUMENT_BYTES} bytes")]
    TooLarge,
    /// It has no content.
    #[error("the document is empty")]
    Empty,
    /// There is no room for it.
    #[error("there is no room for more documents: at most {MAX_DOCUMENTS}, of {MAX_TOTAL_BYTES} bytes together")]
    Full,
    /// Others are being uploaded.
    #[error("{MAX_UPLOADS} uploads are under way; try again in a moment")]
    Busy,
    /// The disk.
    #[error("the document cannot be stored")]
    Disk(#[from] std::io::Error),
}

/// A document that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Where its content is.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// Its size.
    pub bytes: u64,
}

/// All documents of the server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Documents {
    folder: Arc<Path>,
    shelves: Arc<Mutex<Shelves>>,
    uploads: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Shelves {
    by_id: BTreeMap<(ConferenceId, DocumentId), Entry>,
    /// Bytes of all of them, and those that uploads under way may need.
    bytes: u64,
    /// Uploads under way.
    coming: usize,
}

#[derive(Debug)]
struct Entry {
    stored: Stored,
    /// Since when no item names it, as far as this start of the server has seen.
    unnamed_since: Option<Instant>,
}

impl Documents {
    /// Finds the documents in the data folder. What an upload left unfinished is removed, and what is no document is left alone.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn open(data: &Path) -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        let folder = data.join(DOCUMENTS_FOLDER);
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let mut shelves = Shelves::default();
        for conference in std::fs::read_dir(&folder)? {
            let conference = conference?;
            if conference.file_type()?.is_dir() {
                let id = ConferenceId(conference.file_name().to_string_lossy().into_owned());
                shelves.fill(&id, &conference.path())?;
            }
        }
        let (shelves, uploads) = (Arc::new(Mutex::new(shelves)), Arc::new(Semaphore::new(MAX_UPLOADS)));
        Ok(Self { folder: folder.into(), shelves, uploads })
    }

    /// Begins to take a document of this name; `bytes`: its size, if that is known.
    ///
    /// # Errors
    /// Why it is not taken.
    pub async fn begin(
        &self,
        conference: &ConferenceId,
        name: &str,
        bytes: Option<u64>,
    ) -> Result<Incoming, DocumentError> {
        let kind = Kind::of_name(name).ok_or(DocumentError::UnknownKind)?;
        if bytes.is_some_and(|bytes| bytes > MAX_DOCUMENT_BYTES) {
            return Err(DocumentError::TooLarge);
        }
        let permit = Arc::clone(&self.uploads).try_acquire_owned().map_err(|_| DocumentError::Busy)?;
        let room = self.reserve(bytes.unwrap_or(MAX_DOCUMENT_BYTES), permit)?;
        Incoming::begin(self.folder.join(&conference.0), conference.clone(), kind, room).await
    }

    /// A document, if there is one of this id.
    pub fn find(&self, conference: &ConferenceId, id: DocumentId) -> Option<Stored> {
        let shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        shelves.by_id.get(&(conference.clone(), id)).map(|entry| entry.stored.clone())
    }

    fn reserve(&self, bytes: u64, permit: OwnedSemaphorePermit) -> Result<Room, DocumentError> {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        if shelves.bytes + bytes > MAX_TOTAL_BYTES || shelves.by_id.len() + shelves.coming >= MAX_DOCUMENTS {
            return Err(DocumentError::Full);
        }
        shelves.bytes += bytes;
        shelves.coming += 1;
        Ok(Room { shelves: Arc::clone(&self.shelves), bytes, _permit: permit })
    }
}

/// Room for one upload; given back when it is dropped.
#[derive(Debug)]
struct Room {
    shelves: Arc<Mutex<Shelves>>,
    bytes: u64,
    _permit: OwnedSemaphorePermit,
}

impl Room {
    fn keep(&self, conference: ConferenceId, id: DocumentId, stored: Stored) {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        shelves.bytes += stored.bytes;
        // Nobody has had the time to name it.
        shelves.by_id.insert((conference, id), Entry { stored, unnamed_since: Some(Instant::now()) });
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        shelves.bytes -= self.bytes;
        shelves.coming -= 1;
    }
}

impl Shelves {
    fn fill(&mut self, conference: &ConferenceId, folder: &Path) -> std::io::Result<()> {
        for file in std::fs::read_dir(folder)? {
            let path = file?.path();
            let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
            let id = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| Uuid::try_parse(stem).ok());
            match (id, Kind::of_extension(extension)) {
                (Some(id), Some(kind)) => {
                    let bytes = path.metadata()?.len();
                    self.bytes += bytes;
                    let stored = Stored { path, kind, bytes };
                    self.by_id.insert((conference.clone(), id), Entry { stored, unnamed_since: None });
                }
                (Some(_), None) if extension == UNFINISHED => std::fs::remove_file(&path)?,
                _ => tracing::warn!(path = %path.display(), "no document"),
            }
        }
        Ok(())
    }
}
