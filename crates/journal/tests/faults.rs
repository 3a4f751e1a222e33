//! A store that is slow, locked, full or failing: typed answers within the bound, and nothing half done.

use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::contract::event;
use journal::fault::{Fate, Fault, FaultyJournal};
use journal::{Cause, Finding, Journal, JournalError, Seq, SqliteJournal, StreamId, open_pool};

/// What an operator waits for a reason, at most.
const PROMISE: Duration = Duration::from_secs(2);

fn stream() -> StreamId {
    StreamId("bau-cu-2021".into())
}

async fn open(folder: &tempfile::TempDir) -> SqliteJournal {
    SqliteJournal::open(&folder.path().join("journal.db")).await.expect("the journal opens").journal
}

async fn count(journal: &dyn Journal) -> usize {
    journal.read(&stream(), Seq::START, 100).await.expect("read").len()
}

#[tokio::test]
async fn a_lock_held_by_another_is_answered_in_time_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let journal = Arc::new(open(&folder).await);
    let other = open_pool(&folder.path().join("journal.db"), 1).await.expect("the database opens");
    let lock = other.begin_with("BEGIN IMMEDIATE").await.expect("the lock is free");

    let start = Instant::now();
    let appends: Vec<_> = (0..3)
        .map(|n| {
            let journal = journal.clone();
            tokio::spawn(async move { journal.append(&stream(), Seq::START, vec![event(None, &n.to_string())]).await })
        })
        .collect();
    let mut causes = Vec::new();
    for append in appends {
        match append.await.expect("the task ends") {
            Err(JournalError::Unavailable { cause }) => causes.push(cause),
            other => panic!("{other:?}"),
        }
    }
    let elapsed = start.elapsed();
    assert_eq!(count(&*journal).await, 0, "a reader is not disturbed");
    lock.rollback().await.expect("released");
    let after = journal.append(&stream(), Seq::START, vec![event(None, "after")]).await;

    assert!(elapsed < PROMISE, "{elapsed:?}");
    assert_eq!(causes[0], Cause::Locked);
    assert!(causes[1..].iter().all(|cause| matches!(cause, Cause::Locked | Cause::Late)), "{causes:?}");
    assert!(after.is_ok(), "{after:?}");
    assert_eq!(count(&*journal).await, 1, "what was refused never appears");
}

#[tokio::test]
async fn an_injected_fsync_delays_each_commit_and_no_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let faulty = Arc::new(FaultyJournal::new(Arc::new(open(&folder).await)));
    faulty.set(Fault { fsync_delay: Duration::from_millis(100), fate: Fate::Commit });

    let start = Instant::now();
    let appends: Vec<_> = (0..3)
        .map(|n| {
            let (faulty, stream) = (faulty.clone(), StreamId(format!("s-{n}")));
            tokio::spawn(async move { faulty.append(&stream, Seq::START, vec![event(None, "x")]).await })
        })
        .collect();
    let read_start = Instant::now();
    assert_eq!(count(&*faulty).await, 0);
    let read = read_start.elapsed();
    for append in appends {
        append.await.expect("the task ends").expect("accepted");
    }
    let slow = start.elapsed();

    assert!(slow >= Duration::from_millis(300), "commits wait for each other: {slow:?}");
    assert!(read < slow, "the read did not queue behind them: {read:?}");
}

#[tokio::test]
async fn a_stalled_disk_is_given_up_in_time() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let faulty = FaultyJournal::new(Arc::new(open(&folder).await));
    faulty.set(Fault { fsync_delay: Duration::from_secs(30), fate: Fate::Commit });

    let start = Instant::now();
    let refused = faulty.append(&stream(), Seq::START, vec![event(None, "x")]).await;
    let elapsed = start.elapsed();
    faulty.set(Fault::default());
    let accepted = faulty.append(&stream(), Seq::START, vec![event(None, "y")]).await;

    assert!(matches!(refused, Err(JournalError::Unavailable { cause: Cause::Late })), "{refused:?}");
    assert!(elapsed < PROMISE, "{elapsed:?}");
    assert!(accepted.is_ok(), "{accepted:?}");
    assert_eq!(count(&faulty).await, 1);
}

#[tokio::test]
async fn an_injected_refusal_carries_its_cause() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let faulty = FaultyJournal::new(Arc::new(open(&folder).await));
    faulty.set(Fault { fsync_delay: Duration::ZERO, fate: Fate::Refuse(Cause::DiskFull) });

    let refused = faulty.append(&stream(), Seq::START, vec![event(None, "x")]).await;

    assert!(matches!(refused, Err(JournalError::Unavailable { cause: Cause::DiskFull })), "{refused:?}");
    assert_eq!(count(&faulty).await, 0);
    assert_eq!(faulty.verify().await.expect("verified"), Vec::<Finding>::new());
}

#[tokio::test]
async fn a_sender_whose_answer_was_lost_finds_its_events_and_cannot_repeat_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let faulty = FaultyJournal::new(Arc::new(open(&folder).await));
    faulty.set(Fault { fsync_delay: Duration::ZERO, fate: Fate::LoseAnswer });

    let lost = faulty.append(&stream(), Seq::START, vec![event(Some("c-1"), "x")]).await;
    faulty.set(Fault::default());
    let again = faulty.append(&stream(), Seq::START, vec![event(Some("c-1"), "x")]).await;
    let other = faulty.append(&stream(), Seq::START, vec![event(Some("c-2"), "y")]).await;

    assert!(matches!(lost, Err(JournalError::OutcomeUnknown)), "{lost:?}");
    assert!(matches!(again, Err(JournalError::Repeated { .. })), "{again:?}");
    assert!(matches!(other, Err(JournalError::HeadMoved { head: Seq(1) })), "{other:?}");
    assert_eq!(count(&faulty).await, 1);
}

#[tokio::test]
async fn a_full_disk_is_known_by_what_sqlite_says() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pool = open_pool(&folder.path().join("full.db"), 1).await.expect("the database opens");
    sqlx::raw_sql("PRAGMA max_page_count = 8; CREATE TABLE filler (bytes BLOB)").execute(&pool).await.expect("created");

    let full = sqlx::query("INSERT INTO filler VALUES (zeroblob(1000000))").execute(&pool).await;

    let error = JournalError::from(full.expect_err("eight pages are not enough"));
    assert!(matches!(error, JournalError::Unavailable { cause: Cause::DiskFull }), "{error:?}");
}
