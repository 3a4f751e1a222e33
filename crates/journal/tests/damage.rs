//! What happened to the files while nobody looked is named at the next start.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use journal::contract::event;
use journal::{
    CHECKPOINT_EVERY, EventHash, Finding, Journal, OpenError, Opened, Seq, SqliteJournal, StreamId, acknowledge,
    inspect, open_pool,
};
use sqlx::AssertSqlSafe;

/// A journal with events in a folder of its own, closed.
struct Fixture {
    folder: tempfile::TempDir,
}

impl Fixture {
    async fn with_events(count: u64) -> Self {
        let fixture = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        let opened = fixture.open().await;
        assert_eq!(opened.findings, []);
        fixture.append(&opened.journal, 0, count).await;
        opened.journal.close().await.expect("closed");
        fixture
    }

    async fn append(&self, journal: &SqliteJournal, mut after: u64, count: u64) {
        let end = after + count;
        while after < end {
            let size = (end - after).min(500);
            let events = (after..after + size).map(|n| event(Some(&format!("c-{n}")), &format!("body {n}"))).collect();
            journal.append(&stream(), Seq(after), events).await.expect("accepted");
            after += size;
        }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("journal.db")
    }

    fn mark(&self) -> PathBuf {
        self.folder.path().join("journal.high-water.json")
    }

    async fn open(&self) -> Opened {
        SqliteJournal::open(&self.database()).await.expect("the journal opens")
    }

    /// Does something to the database behind the journal's back.
    async fn meddle(&self, sql: &str) {
        let pool = open_pool(&self.database(), 1).await.expect("the database opens");
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&pool).await.expect("the statement is fine");
        assert!(done.rows_affected() > 0, "nothing was changed by {sql}");
        pool.close().await;
    }

    fn edit_mark(&self, edit: impl FnOnce(&mut serde_json::Value)) {
        let text = fs::read(self.mark()).expect("there is a mark");
        let mut mark = serde_json::from_slice(&text).expect("the mark is JSON");
        edit(&mut mark);
        fs::write(self.mark(), mark.to_string()).expect("the mark is written");
    }

    async fn findings_at_open(&self) -> Vec<Finding> {
        let opened = self.open().await;
        opened.journal.close().await.expect("closed");
        opened.findings
    }

    async fn findings_of_everything(&self) -> Vec<Finding> {
        let opened = self.open().await;
        let findings = opened.journal.verify().await.expect("verified");
        opened.journal.close().await.expect("closed");
        findings
    }
}

fn stream() -> StreamId {
    StreamId("bau-cu-2021".into())
}

fn broken(seq: u64) -> Finding {
    Finding::BrokenChain { stream: stream(), seq: Seq(seq) }
}

fn lost(expected: u64, found: u64) -> Finding {
    Finding::LostTail { stream: stream(), expected: Seq(expected), found: Seq(found) }
}

#[tokio::test]
async fn each_changed_column_is_named_by_its_event() {
    for change in [
        "at = at + 1",
        "actor = 'somebody'",
        "command_id = 'other'",
        "command_id = NULL",
        "ordinal = 3",
        "kind = 'other'",
        "version = 2",
        "body = x'00'",
        "prev_hash = zeroblob(32)",
        "hash = zeroblob(32)",
        "hash = x'00'",
    ] {
        let fixture = Fixture::with_events(5).await;

        fixture.meddle(&format!("UPDATE event SET {change} WHERE seq = 3")).await;

        assert_eq!(fixture.findings_at_open().await.first(), Some(&broken(3)), "{change}");
    }
}

#[tokio::test]
async fn an_event_that_was_rewritten_with_its_hash_breaks_the_next_one() {
    let fixture = Fixture::with_events(5).await;
    let forged = EventHash::from_hex(&"ab".repeat(32)).expect("a hash");

    fixture.meddle(&format!("UPDATE event SET prev_hash = x'{forged}' WHERE seq = 4")).await;
    fixture.meddle(&format!("UPDATE event SET hash = x'{forged}' WHERE seq = 3")).await;

    assert_eq!(fixture.findings_at_open().await, [broken(3), broken(4)]);
}

#[tokio::test]
async fn two_streams_that_changed_places_are_noticed() {
    let fixture = Fixture::with_events(2).await;

    fixture.meddle("UPDATE event SET stream = 'another'").await;

    let another = Finding::BrokenChain { stream: StreamId("another".into()), seq: Seq(1) };
    let findings = fixture.findings_at_open().await;
    assert!(findings.contains(&another), "{findings:?}");
    assert!(findings.contains(&lost(2, 0)), "{findings:?}");
}

#[tokio::test]
async fn a_deleted_tail_is_named() {
    let fixture = Fixture::with_events(7).await;

    fixture.meddle("DELETE FROM event WHERE seq > 4").await;

    assert_eq!(fixture.findings_at_open().await, [lost(7, 4)]);
    // Still there at the next start: nobody has taken note.
    assert_eq!(fixture.findings_at_open().await, [lost(7, 4)]);
}

#[tokio::test]
async fn a_tail_that_is_deleted_across_checkpoints_is_named() {
    let fixture = Fixture::with_events(2 * CHECKPOINT_EVERY + 5).await;

    fixture.meddle("DELETE FROM event WHERE seq > 998").await;
    assert_eq!(fixture.findings_of_everything().await, [lost(2005, 998)]);

    fs::remove_file(fixture.mark()).expect("there is a mark");
    let findings = fixture.findings_at_open().await;
    assert!(findings.contains(&Finding::MarkMissing), "{findings:?}");
    assert!(findings.iter().any(|finding| matches!(finding, Finding::LostTail { expected: Seq(2000), .. })));
}

#[tokio::test]
async fn a_whole_log_that_is_gone_is_named() {
    let fixture = Fixture::with_events(7).await;
    for suffix in ["db", "db-wal", "db-shm"] {
        let _ = fs::remove_file(fixture.folder.path().join(format!("journal.{suffix}")));
    }

    assert_eq!(fixture.findings_at_open().await, [lost(7, 0)]);
}

#[tokio::test]
async fn a_hole_is_named_with_both_its_ends() {
    let fixture = Fixture::with_events(7).await;

    fixture.meddle("DELETE FROM event WHERE seq IN (3, 4)").await;

    assert_eq!(fixture.findings_at_open().await, [Finding::Missing { stream: stream(), first: Seq(3), last: Seq(4) }]);
}

#[tokio::test]
async fn damage_before_the_last_checkpoint_is_found_by_the_full_verification() {
    let fixture = Fixture::with_events(CHECKPOINT_EVERY + 5).await;

    fixture.meddle("UPDATE event SET body = x'00' WHERE seq = 3").await;

    assert_eq!(fixture.findings_at_open().await, [], "the start reads from the checkpoint only");
    assert_eq!(fixture.findings_of_everything().await, [broken(3)]);
}

#[tokio::test]
async fn an_edited_or_deleted_checkpoint_is_named() {
    for change in ["UPDATE checkpoint SET hash = zeroblob(32)", "DELETE FROM checkpoint"] {
        let fixture = Fixture::with_events(CHECKPOINT_EVERY + 5).await;

        fixture.meddle(change).await;

        let expected = [Finding::CheckpointDiffers { stream: stream(), seq: Seq(CHECKPOINT_EVERY) }];
        assert_eq!(fixture.findings_at_open().await, expected, "{change}");
    }
}

#[tokio::test]
async fn an_edited_mark_is_named() {
    let fixture = Fixture::with_events(5).await;
    fixture.edit_mark(|mark| mark["streams"]["bau-cu-2021"]["seq"] = 9.into());
    assert_eq!(fixture.findings_at_open().await, [lost(9, 5)]);

    let fixture = Fixture::with_events(5).await;
    fixture.edit_mark(|mark| mark["streams"]["bau-cu-2021"]["hash"] = "00".repeat(32).into());
    assert_eq!(fixture.findings_at_open().await, [Finding::MarkDiffers { stream: stream(), seq: Seq(5) }]);

    let fixture = Fixture::with_events(5).await;
    fs::write(fixture.mark(), "{").expect("the mark is written");
    assert_eq!(fixture.findings_at_open().await, [Finding::MarkUnreadable]);

    let fixture = Fixture::with_events(5).await;
    fs::remove_file(fixture.mark()).expect("there is a mark");
    assert_eq!(fixture.findings_at_open().await, [Finding::MarkMissing]);
}

#[tokio::test]
async fn the_mark_follows_without_a_close() {
    let fixture = Fixture::with_events(5).await;
    let opened = fixture.open().await;
    fixture.append(&opened.journal, 5, 3).await;

    // Lazily: within a generous time, looked at often.
    let mut seq = 5;
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let mark: serde_json::Value =
            serde_json::from_slice(&fs::read(fixture.mark()).expect("there is a mark")).expect("always whole");
        seq = mark["streams"]["bau-cu-2021"]["seq"].as_u64().expect("a place");
        if seq == 8 {
            break;
        }
    }

    assert_eq!(seq, 8);
}

#[tokio::test]
async fn a_second_process_is_refused_until_the_first_lets_go() {
    let fixture = Fixture::with_events(1).await;
    let first = fixture.open().await;

    let second = SqliteJournal::open(&fixture.database()).await;
    assert!(matches!(second, Err(OpenError::InUse { .. })), "{second:?}");

    drop(first);
    assert_eq!(fixture.findings_at_open().await, []);
}

#[tokio::test]
async fn a_journal_of_a_newer_program_is_left_alone() {
    let fixture = Fixture::with_events(1).await;
    fixture.meddle("UPDATE journal_format SET format = 99").await;

    let opened = SqliteJournal::open(&fixture.database()).await;

    assert!(matches!(opened, Err(OpenError::NewerFormat { found: 99, known: 1 })), "{opened:?}");
}

#[tokio::test]
async fn a_lost_tail_stays_known_after_new_events_until_it_is_acknowledged() {
    let fixture = Fixture::with_events(7).await;
    fixture.meddle("DELETE FROM event WHERE seq > 4").await;
    let opened = fixture.open().await;
    assert_eq!(opened.findings, [lost(7, 4)]);
    let event = event(None, "the start itself");
    opened.journal.append(&stream(), Seq(4), vec![event.clone(), event.clone(), event.clone(), event]).await.unwrap();
    opened.journal.close().await.unwrap();

    assert_eq!(fixture.findings_at_open().await, [lost(7, 4)], "the log has grown beyond the mark");
    let inspected = inspect(&fixture.database()).await.unwrap();
    assert_eq!(inspected.findings, [lost(7, 4)]);
    assert_eq!(inspected.streams, [(stream(), Seq(8))]);

    assert_eq!(acknowledge(&fixture.database()).await.unwrap(), [lost(7, 4)]);
    assert_eq!(inspect(&fixture.database()).await.unwrap().findings, []);
    assert_eq!(fixture.findings_at_open().await, []);
}

#[tokio::test]
async fn an_acknowledged_tail_is_not_found_again_though_nothing_was_appended() {
    let fixture = Fixture::with_events(7).await;
    fixture.meddle("DELETE FROM event WHERE seq > 4").await;

    acknowledge(&fixture.database()).await.unwrap();

    assert_eq!(fixture.findings_at_open().await, []);
    fixture.meddle("DELETE FROM event").await;
    acknowledge(&fixture.database()).await.unwrap();
    assert_eq!(fixture.findings_at_open().await, [], "a whole stream may be gone");
}

#[tokio::test]
async fn an_inspection_changes_nothing() {
    let fixture = Fixture::with_events(5).await;
    fs::remove_file(fixture.mark()).unwrap();
    let before = fs::read(fixture.database()).unwrap();

    for _ in 0..2 {
        assert_eq!(inspect(&fixture.database()).await.unwrap().findings, [Finding::MarkMissing]);
    }

    assert!(!fixture.mark().exists());
    assert_eq!(fs::read(fixture.database()).unwrap(), before);
    assert_eq!(fixture.findings_at_open().await, [Finding::MarkMissing], "the next start still says so");
    assert_eq!(fixture.findings_at_open().await, [Finding::MarkMissing], "and the one after it");
}

#[tokio::test]
async fn an_inspection_waits_for_the_end_of_the_server() {
    let fixture = Fixture::with_events(1).await;
    let running = fixture.open().await;

    let refused = inspect(&fixture.database()).await.unwrap_err();

    assert!(refused.to_string().contains("a running server"), "{refused}");
    running.journal.close().await.unwrap();
    assert_eq!(inspect(&fixture.database()).await.unwrap().findings, []);
}

#[tokio::test]
async fn an_edited_file_of_findings_is_a_finding() {
    let fixture = Fixture::with_events(5).await;
    fs::write(fixture.folder.path().join("journal.findings.json"), "{").unwrap();
    assert_eq!(fixture.findings_at_open().await, [Finding::FindingsUnreadable]);
    assert_eq!(inspect(&fixture.database()).await.unwrap().findings, [Finding::FindingsUnreadable]);
}

#[test]
fn findings_are_told_in_words() {
    assert_eq!(
        lost(7, 4).to_string(),
        "bau-cu-2021: events 5 to 7 were durable once and were gone when the log was opened"
    );
}
