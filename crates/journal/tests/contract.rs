//! The contract of a journal, on SQLite and through the wrapper that injects faults.

use std::path::PathBuf;
use std::sync::Arc;

use journal::contract::Store;
use journal::fault::FaultyJournal;
use journal::{Answer, Journal, JournalError, SqliteJournal};

/// A folder of its own for each case; it goes when the case ends.
struct SqliteStore {
    folder: tempfile::TempDir,
}

impl SqliteStore {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("journal.db")
    }
}

impl Store for SqliteStore {
    fn open(&self) -> Answer<'_, Arc<dyn Journal>> {
        Box::pin(async move {
            let opened = SqliteJournal::open(&self.database()).await.expect("the journal opens");
            assert_eq!(opened.findings, []);
            Ok::<Arc<dyn Journal>, JournalError>(Arc::new(opened.journal))
        })
    }
}

struct FaultyStore(SqliteStore);

impl Store for FaultyStore {
    fn open(&self) -> Answer<'_, Arc<dyn Journal>> {
        Box::pin(async move {
            let faulty: Arc<dyn Journal> = Arc::new(FaultyJournal::new(self.0.open().await?));
            Ok(faulty)
        })
    }
}

mod sqlite {
    use super::SqliteStore;

    journal::contract_tests!(SqliteStore::new());
}

mod faulty {
    use super::{FaultyStore, SqliteStore};

    journal::contract_tests!(FaultyStore(SqliteStore::new()));
}
