//! What no item names any more is removed, after a day: until then somebody may still put it back.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use wire::ConferenceId;

use super::{DocumentId, Documents};

/// A document that no item names is kept for so long, seen by one start of the server.
pub const UNNAMED_KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How often it is looked.
pub const SWEEP_EVERY: Duration = Duration::from_secs(10 * 60);

impl Documents {
    /// Takes note of what the items of a conference name, and removes what none has named for [`UNNAMED_KEPT`]. Gives how many.
    pub async fn sweep(&self, conference: &ConferenceId, named: &BTreeSet<DocumentId>, now: Instant) -> usize {
        let removed = self.take_unnamed(conference, named, now);
        for path in &removed {
            match tokio::fs::remove_file(path).await {
                Ok(()) => tracing::info!(path = %path.display(), "a document that no item names was removed"),
                Err(error) => tracing::warn!(path = %path.display(), %error, "a document cannot be removed"),
            }
        }
        removed.len()
    }

    fn take_unnamed(&self, conference: &ConferenceId, named: &BTreeSet<DocumentId>, now: Instant) -> Vec<PathBuf> {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let mut removed = Vec::new();
        let mut freed = 0;
        shelves.by_id.retain(|(of, id), entry| {
            if of != conference {
                return true;
            }
            if named.contains(id) {
                entry.unnamed_since = None;
                return true;
            }
            let since = *entry.unnamed_since.get_or_insert(now);
            let stays = now.saturating_duration_since(since) < UNNAMED_KEPT;
            if !stays {
                freed += entry.stored.bytes;
                removed.push(entry.stored.path.clone());
            }
            stays
        });
        shelves.bytes -= freed;
        removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn stored(documents: &Documents, conference: &ConferenceId, name: &str) -> DocumentId {
        let mut incoming = documents.begin(conference, name, None).await.unwrap();
        incoming.write(b"%PDF-1.7").await.unwrap();
        incoming.finish().await.unwrap().0
    }

    #[tokio::test]
    async fn what_no_item_names_for_a_day_is_removed_and_everything_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let documents = Documents::open(folder.path()).unwrap();
        let (one, other) = (ConferenceId("one".to_owned()), ConferenceId("other".to_owned()));
        let named = stored(&documents, &one, "a.pdf").await;
        let taken_out = stored(&documents, &one, "b.pdf").await;
        let elsewhere = stored(&documents, &other, "c.pdf").await;
        let (start, both) = (Instant::now(), BTreeSet::from([named, taken_out]));

        // Named again within the day: the day begins anew.
        assert_eq!(documents.sweep(&one, &BTreeSet::from([named]), start).await, 0);
        assert_eq!(documents.sweep(&one, &both, start + UNNAMED_KEPT / 2).await, 0);
        assert_eq!(documents.sweep(&one, &BTreeSet::from([named]), start + UNNAMED_KEPT).await, 0);
        assert_eq!(documents.sweep(&one, &BTreeSet::from([named]), start + UNNAMED_KEPT * 2).await, 1);

        assert!(documents.find(&one, named).is_some_and(|stored| stored.path.exists()));
        assert!(documents.find(&other, elsewhere).is_some());
        assert!(documents.find(&one, taken_out).is_none());
        // A start finds what is left.
        let reopened = Documents::open(folder.path()).unwrap();
        assert!(reopened.find(&one, named).is_some() && reopened.find(&one, taken_out).is_none());
    }

    #[tokio::test]
    async fn an_upload_that_is_not_finished_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let documents = Documents::open(folder.path()).unwrap();
        let conference = ConferenceId("one".to_owned());

        let mut incoming = documents.begin(&conference, "a.pdf", None).await.unwrap();
        incoming.write(b"%PDF-1.7").await.unwrap();
        drop(incoming);

        let left = std::fs::read_dir(folder.path().join(super::super::DOCUMENTS_FOLDER).join("one")).unwrap();
        assert_eq!(left.count(), 0);
        for _ in 0..20 {
            let incoming = documents.begin(&conference, "a.pdf", None).await;
            assert!(incoming.is_ok(), "its room was given back");
        }
    }
}
