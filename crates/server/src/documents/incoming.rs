//! A document on its way to the disk.

use std::path::{Path, PathBuf};

use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;
use wire::ConferenceId;

use super::kind::{Kind, LOOKED_AT_BYTES};
use super::{DocumentError, DocumentId, MAX_DOCUMENT_BYTES, Room, Stored, UNFINISHED};

/// A document that comes in pieces. One that is not finished leaves nothing behind.
#[derive(Debug)]
pub struct Incoming {
    conference: ConferenceId,
    id: DocumentId,
    kind: Kind,
    folder: PathBuf,
    file: File,
    unfinished: Unfinished,
    beginning: Vec<u8>,
    bytes: u64,
    room: Room,
}

/// Removes the file unless it was moved to its place.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It was moved, or the next start removes it.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Incoming {
    pub(super) async fn begin(
        folder: PathBuf,
        conference: ConferenceId,
        kind: Kind,
        room: Room,
    ) -> Result<Self, DocumentError> {
        tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).await?;
        let id = Uuid::now_v7();
        let path = folder.join(format!("{id}.{UNFINISHED}"));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).await?;
        let (unfinished, beginning) = (Unfinished(path), Vec::with_capacity(LOOKED_AT_BYTES));
        Ok(Self { conference, id, kind, folder, file, unfinished, beginning, bytes: 0, room })
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// It is too large with it, not what its name says, or the disk fails.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), DocumentError> {
        self.bytes += piece.len() as u64;
        if self.bytes > self.room.bytes {
            return Err(DocumentError::TooLarge);
        }
        let looked = self.beginning.len();
        self.beginning.extend(piece.iter().take(LOOKED_AT_BYTES - looked));
        // As soon as it can be seen: nobody should send megabytes for nothing.
        if looked < LOOKED_AT_BYTES
            && self.beginning.len() == LOOKED_AT_BYTES
            && !self.kind.fits(&self.beginning, false)
        {
            return Err(DocumentError::WrongContent);
        }
        Ok(self.file.write_all(piece).await?)
    }

    /// Puts it in its place, durably. Gives its id and size.
    ///
    /// # Errors
    /// It is empty, not what its name says, or the disk fails.
    pub async fn finish(mut self) -> Result<(DocumentId, u64), DocumentError> {
        if self.bytes == 0 {
            return Err(DocumentError::Empty);
        }
        if !self.kind.fits(&self.beginning, self.bytes == self.beginning.len() as u64) {
            return Err(DocumentError::WrongContent);
        }
        self.file.flush().await?;
        self.file.sync_all().await?;
        let path = self.folder.join(format!("{}.{}", self.id, self.kind.extension()));
        tokio::fs::rename(&self.unfinished.0, &path).await?;
        sync_folder(&self.folder).await?;
        let stored = Stored { path, kind: self.kind, bytes: self.bytes };
        self.room.keep(self.conference, self.id, stored);
        Ok((self.id, self.bytes))
    }
}

/// A name is durable once its folder is.
async fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder).await?.sync_all().await
}

// What is reserved for an upload never exceeds one document.
const _: () = assert!(MAX_DOCUMENT_BYTES < super::MAX_TOTAL_BYTES);
