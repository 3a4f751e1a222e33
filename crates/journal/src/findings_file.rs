//! What was found wrong with the log, kept in a file beside the database until somebody acknowledges it.
//!
//! A finding at start is about what was there before it; the events of the start itself move the high-water mark on, and the
//! log then looks whole. So what was found is written down first.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::Finding;

/// Findings that are kept; by then nobody needs more to know that the log is not to be trusted.
pub(crate) const MAX_FINDINGS: usize = 100;
/// Larger than [`MAX_FINDINGS`] with the longest names of streams; a file beyond it is not ours.
const MAX_FILE_BYTES: u64 = 256 * 1024;

#[derive(Debug, Clone)]
pub(crate) struct FindingsFile {
    path: PathBuf,
}

impl FindingsFile {
    pub(crate) fn beside(database: &Path) -> Self {
        Self { path: database.with_extension("findings.json") }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What is written down. A file that cannot be understood is a finding itself: somebody wrote to it.
    pub(crate) fn load(&self) -> Vec<Finding> {
        match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Ok(metadata) if metadata.len() <= MAX_FILE_BYTES => {}
            Ok(_) | Err(_) => return vec![Finding::FindingsUnreadable],
        }
        let read = fs::read(&self.path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        read.unwrap_or_else(|| vec![Finding::FindingsUnreadable])
    }

    /// Adds what is new. Whoever reads the file sees the old or the new one.
    pub(crate) fn add(&self, found: &[Finding]) -> io::Result<Vec<Finding>> {
        let mut all = found.to_vec();
        let known = self.load();
        let grows = found.iter().any(|finding| !known.contains(finding));
        all.extend(known.into_iter().filter(|finding| !found.contains(finding)));
        // The oldest are the ones to keep: they are what the later ones may follow from.
        let surplus = all.len().saturating_sub(MAX_FINDINGS);
        all.drain(..surplus);
        if grows {
            let new = self.path.with_extension("new");
            let mut file = File::create(&new)?;
            file.write_all(&serde_json::to_vec_pretty(&all)?)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)?;
        }
        Ok(all)
    }

    /// Forgets everything.
    pub(crate) fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
