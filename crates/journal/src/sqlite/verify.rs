//! Does the stored log say what was once written?

use std::collections::{BTreeMap, BTreeSet};

use sqlx::SqlitePool;

use super::rows::{self, EventRow};
use crate::chain;
use crate::findings_file::MAX_FINDINGS;
use crate::high_water::Remembered;
use crate::{CHECKPOINT_EVERY, EventHash, Finding, Head, JournalError, Seq, StreamId};

/// Rows that are in memory at a time.
const PAGE_ROWS: i64 = 1_000;

/// Parameter: stream.
const CHECKPOINTS: &str = "SELECT seq, hash FROM checkpoint WHERE stream = ? ORDER BY seq";
const CHECKPOINT_STREAMS: &str = "SELECT DISTINCT stream FROM checkpoint";

/// Verifies each stream from the last checkpoint that the mark covers.
pub(super) async fn newest(pool: &SqlitePool, remembered: &Remembered) -> Result<Vec<Finding>, JournalError> {
    verify(pool, remembered, Extent::Newest).await
}

/// Verifies each stream from its first event.
pub(super) async fn everything(pool: &SqlitePool, remembered: &Remembered) -> Result<Vec<Finding>, JournalError> {
    verify(pool, remembered, Extent::Everything).await
}

/// The marks to go on with: the verified heads, except where the stream has a finding; there the old mark stays until something
/// new is appended.
pub(super) async fn marks_to_keep(
    pool: &SqlitePool,
    remembered: Remembered,
    findings: &[Finding],
) -> Result<BTreeMap<StreamId, Head>, JournalError> {
    let suspect: BTreeSet<&StreamId> = findings.iter().filter_map(stream_of).collect();
    let mut marks = remembered.into_marks();
    let mut connection = pool.acquire().await?;
    for stream in stored_streams(pool, rows::STREAMS).await? {
        if !suspect.contains(&stream) {
            let head = rows::head(&mut connection, &stream).await?;
            marks.insert(stream, head);
        }
    }
    Ok(marks)
}

fn stream_of(finding: &Finding) -> Option<&StreamId> {
    match finding {
        Finding::LostTail { stream, .. }
        | Finding::BrokenChain { stream, .. }
        | Finding::Missing { stream, .. }
        | Finding::CheckpointDiffers { stream, .. }
        | Finding::MarkDiffers { stream, .. } => Some(stream),
        Finding::MarkMissing | Finding::MarkUnreadable | Finding::FindingsUnreadable => None,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Extent {
    Newest,
    Everything,
}

async fn verify(pool: &SqlitePool, remembered: &Remembered, extent: Extent) -> Result<Vec<Finding>, JournalError> {
    let mut findings = Vec::new();
    let mut streams: BTreeSet<StreamId> = stored_streams(pool, rows::STREAMS).await?;
    match remembered {
        Remembered::Missing if !streams.is_empty() => findings.push(Finding::MarkMissing),
        Remembered::Unreadable => findings.push(Finding::MarkUnreadable),
        Remembered::Missing | Remembered::Marks(_) => {}
    }
    streams.extend(stored_streams(pool, CHECKPOINT_STREAMS).await?);
    streams.extend(remembered.marks().keys().cloned());
    for stream in streams {
        let mark = remembered.marks().get(&stream).copied();
        let checkpoints = checkpoints(pool, &stream).await?;
        let start = match extent {
            Extent::Everything => None,
            Extent::Newest => start_from(&checkpoints, mark),
        };
        Pass { stream: &stream, checkpoints: &checkpoints, mark, findings: &mut findings }.run(pool, start).await?;
    }
    Ok(findings)
}

/// The last checkpoint that the mark does not lie before, so that the event of the mark is among those that are read.
fn start_from(checkpoints: &BTreeMap<Seq, EventHash>, mark: Option<Head>) -> Option<Seq> {
    let limit = mark.map_or(Seq(u64::MAX), |mark| mark.seq);
    checkpoints.range(..=limit).next_back().map(|(seq, _)| *seq)
}

pub(super) async fn stored_streams(pool: &SqlitePool, sql: &'static str) -> Result<BTreeSet<StreamId>, JournalError> {
    let names: Vec<String> = sqlx::query_scalar(sql).fetch_all(pool).await?;
    Ok(names.into_iter().map(StreamId).collect())
}

async fn checkpoints(pool: &SqlitePool, stream: &StreamId) -> Result<BTreeMap<Seq, EventHash>, JournalError> {
    let rows = sqlx::query(CHECKPOINTS).bind(&stream.0).fetch_all(pool).await?;
    rows.iter().map(|row| rows::head_of(row).map(|head| (head.seq, head.hash))).collect()
}

/// One walk along one stream.
struct Pass<'a> {
    stream: &'a StreamId,
    checkpoints: &'a BTreeMap<Seq, EventHash>,
    mark: Option<Head>,
    findings: &'a mut Vec<Finding>,
}

impl Pass<'_> {
    /// Walks from `start`, or from the first event, to the end.
    async fn run(&mut self, pool: &SqlitePool, start: Option<Seq>) -> Result<(), JournalError> {
        let mut last = Seq(start.map_or(0, |seq| seq.0.saturating_sub(1)));
        // The link that the next event must name; none where it cannot be known.
        let mut previous = start.is_none().then_some(crate::FIRST_LINK);
        loop {
            let page = sqlx::query(rows::READ_AFTER)
                .bind(&self.stream.0)
                .bind(rows::to_sql(last))
                .bind(PAGE_ROWS)
                .fetch_all(pool)
                .await?;
            for row in &page {
                if self.findings.len() >= MAX_FINDINGS {
                    return Ok(());
                }
                let seq = rows::seq(row)?;
                if seq != last.next() {
                    let stream = self.stream.clone();
                    self.findings.push(Finding::Missing { stream, first: last.next(), last: Seq(seq.0 - 1) });
                    previous = None;
                }
                previous = self.check(seq, rows::parse(row).ok(), previous);
                last = seq;
            }
            if page.is_empty() {
                break;
            }
        }
        self.check_end(last, start);
        Ok(())
    }

    /// Checks one event; answers with the link that the next one must name.
    fn check(&mut self, seq: Seq, row: Option<EventRow>, previous: Option<EventHash>) -> Option<EventHash> {
        let stream = || self.stream.clone();
        let fits = |row: &EventRow| {
            previous.is_none_or(|previous| previous == row.previous)
                && chain::link(&row.previous, self.stream, seq, row.ordinal, &row.stored.event) == row.stored.hash
        };
        let Some(row) = row.filter(fits) else {
            self.findings.push(Finding::BrokenChain { stream: stream(), seq });
            return None;
        };
        let hash = row.stored.hash;
        match self.checkpoints.get(&seq) {
            Some(checkpoint) if *checkpoint != hash => {
                self.findings.push(Finding::CheckpointDiffers { stream: stream(), seq });
            }
            // Each of these places gets its checkpoint in the commit that fills it.
            None if seq.0.is_multiple_of(CHECKPOINT_EVERY) => {
                self.findings.push(Finding::CheckpointDiffers { stream: stream(), seq });
            }
            Some(_) | None => {}
        }
        if self.mark.is_some_and(|mark| mark.seq == seq && mark.hash != hash) {
            self.findings.push(Finding::MarkDiffers { stream: stream(), seq });
        }
        Some(hash)
    }

    /// Something beyond the end may remember that there was more.
    fn check_end(&mut self, last: Seq, start: Option<Seq>) {
        let checkpoint = self.checkpoints.keys().next_back().copied();
        let expected = checkpoint.max(self.mark.map(|mark| mark.seq)).unwrap_or(Seq::START);
        if expected <= last {
            return;
        }
        // If even the row of the starting checkpoint is gone, `last` is only where the walk began.
        let found = match start {
            Some(start) if last < start => Seq(self.checkpoints.range(..start).next_back().map_or(0, |(seq, _)| seq.0)),
            Some(_) | None => last,
        };
        self.findings.push(Finding::LostTail { stream: self.stream.clone(), expected, found });
    }
}
