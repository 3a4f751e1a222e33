//! The one task that writes. A caller may give up waiting; a commit that has begun goes on to its end.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use sqlx::{Row, Sqlite, SqlitePool, Transaction};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::rows;
use crate::chain;
use crate::high_water::HighWater;
use crate::{
    APPEND_DEADLINE, Appended, CHECKPOINT_EVERY, Cause, CommandId, Head, JournalError, MAX_BATCH_EVENTS,
    MAX_BODY_BYTES, MAX_NAME_BYTES, NewEvent, Seq, StreamId,
};

/// Appends that may wait. A conference task has one under way at a time and a server has a handful of conferences;
/// beyond this the disk is so late that the deadline would refuse them anyway.
const QUEUE: usize = 64;

/// The way to the writing task.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    task: Arc<tokio::sync::Mutex<Option<JoinHandle<()>>>>,
}

#[derive(Debug)]
enum Job {
    Append(AppendJob),
    Stop,
}

#[derive(Debug)]
struct AppendJob {
    stream: StreamId,
    after: Seq,
    events: Vec<NewEvent>,
    claim: Arc<Claim>,
    answer: oneshot::Sender<Result<Appended, JournalError>>,
}

/// Who decides about a batch: the caller may abandon it until the task claims it for the commit, never after. So a
/// caller that gives up knows whether the batch can still appear.
#[derive(Debug, Default)]
struct Claim(AtomicU8);

const UNDECIDED: u8 = 0;
const COMMITTING: u8 = 1;
const ABANDONED: u8 = 2;

impl Claim {
    fn decide(&self, state: u8) -> bool {
        self.0.compare_exchange(UNDECIDED, state, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn is_abandoned(&self) -> bool {
        self.0.load(Ordering::Acquire) == ABANDONED
    }
}

impl Writer {
    /// The task holds `lock` until the last of its connections is closed.
    pub(super) fn start(pool: SqlitePool, mark: HighWater, lock: Arc<File>) -> Self {
        let (jobs, mut queue) = mpsc::channel(QUEUE);
        let task = tokio::spawn(async move {
            while let Some(Job::Append(job)) = queue.recv().await {
                run(&pool, &mark, job).await;
            }
            pool.close().await;
            drop(lock);
        });
        Self { jobs, task: Arc::new(tokio::sync::Mutex::new(Some(task))) }
    }

    pub(super) async fn append(
        &self,
        stream: StreamId,
        after: Seq,
        events: Vec<NewEvent>,
    ) -> Result<Appended, JournalError> {
        check_bounds(&stream, &events)?;
        let deadline = Instant::now() + APPEND_DEADLINE;
        let claim = Arc::new(Claim::default());
        let (answer, answered) = oneshot::channel();
        let job = AppendJob { stream, after, events, claim: claim.clone(), answer };
        self.jobs.try_send(Job::Append(job)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => JournalError::Unavailable { cause: Cause::Overloaded },
            mpsc::error::TrySendError::Closed(_) => JournalError::Unavailable { cause: Cause::Closed },
        })?;
        match timeout_at(deadline, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_dropped)) if claim.decide(ABANDONED) => Err(JournalError::Unavailable { cause: Cause::Closed }),
            Err(_elapsed) if claim.decide(ABANDONED) => Err(JournalError::Unavailable { cause: Cause::Late }),
            Ok(Err(_)) | Err(_) => Err(JournalError::OutcomeUnknown),
        }
    }

    /// Lets the task finish what is queued and waits for its end.
    pub(super) async fn stop(&self) {
        // An error means that the task has ended already.
        let _ = self.jobs.send(Job::Stop).await;
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the journal's writer failed");
        }
    }
}

fn check_bounds(stream: &StreamId, events: &[NewEvent]) -> Result<(), JournalError> {
    let check = |what, size, limit| match size > limit {
        true => Err(JournalError::TooLarge { what, size, limit }),
        false => Ok(()),
    };
    if events.is_empty() {
        return Err(JournalError::EmptyBatch);
    }
    check("batch", events.len(), MAX_BATCH_EVENTS)?;
    check("stream", stream.0.len(), MAX_NAME_BYTES)?;
    for event in events {
        check("actor", event.actor.len(), MAX_NAME_BYTES)?;
        check("command_id", event.command_id.as_ref().map_or(0, |id| id.0.len()), MAX_NAME_BYTES)?;
        check("kind", event.kind.len(), MAX_NAME_BYTES)?;
        check("body", event.body.len(), MAX_BODY_BYTES)?;
    }
    Ok(())
}

async fn run(pool: &SqlitePool, mark: &HighWater, job: AppendJob) {
    if job.claim.is_abandoned() {
        return;
    }
    let result = commit(pool, &job).await;
    if let Ok((_, head)) = &result {
        mark.raise(job.stream.clone(), *head);
    }
    // The caller may be gone; the log says the same to whoever asks next.
    let _ = job.answer.send(result.map(|(appended, _)| appended));
}

async fn commit(pool: &SqlitePool, job: &AppendJob) -> Result<(Appended, Head), JournalError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    refuse_repeated(&mut transaction, job).await?;
    let before = rows::head(&mut transaction, &job.stream).await?;
    if before.seq != job.after {
        return Err(JournalError::HeadMoved { head: before.seq });
    }
    let head = insert(&mut transaction, job, before).await?;
    if !job.claim.decide(COMMITTING) {
        // Dropping the transaction rolls it back.
        return Err(JournalError::Unavailable { cause: Cause::Late });
    }
    transaction.commit().await?;
    Ok((Appended { first: before.seq.next(), last: head.seq }, head))
}

async fn refuse_repeated(transaction: &mut Transaction<'_, Sqlite>, job: &AppendJob) -> Result<(), JournalError> {
    let mut checked: Option<&CommandId> = None;
    for command in job.events.iter().filter_map(|event| event.command_id.as_ref()) {
        // The events of one command usually stand together.
        if checked == Some(command) {
            continue;
        }
        checked = Some(command);
        let row =
            sqlx::query(rows::COMMAND_RANGE).bind(&job.stream.0).bind(&command.0).fetch_one(&mut **transaction).await?;
        let (first, last): (Option<i64>, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
        if let (Some(first), Some(last)) = (first, last) {
            let events = Appended { first: Seq(first.cast_unsigned()), last: Seq(last.cast_unsigned()) };
            return Err(JournalError::Repeated { command_id: command.clone(), events });
        }
    }
    Ok(())
}

async fn insert(
    transaction: &mut Transaction<'_, Sqlite>,
    job: &AppendJob,
    mut head: Head,
) -> Result<Head, JournalError> {
    let mut ordinals: BTreeMap<Option<&CommandId>, u32> = BTreeMap::new();
    for event in &job.events {
        let ordinal = ordinals.entry(event.command_id.as_ref()).or_default();
        let seq = head.seq.next();
        let hash = chain::link(&head.hash, &job.stream, seq, *ordinal, event);
        sqlx::query(rows::INSERT)
            .bind(&job.stream.0)
            .bind(rows::to_sql(seq))
            .bind(event.at_ms)
            .bind(&event.actor)
            .bind(event.command_id.as_ref().map(|id| id.0.as_str()))
            .bind(*ordinal)
            .bind(&event.kind)
            .bind(event.version)
            .bind(event.body.as_slice())
            .bind(head.hash.as_bytes())
            .bind(hash.as_bytes())
            .execute(&mut **transaction)
            .await?;
        if seq.0.is_multiple_of(CHECKPOINT_EVERY) {
            sqlx::query(rows::INSERT_CHECKPOINT)
                .bind(&job.stream.0)
                .bind(rows::to_sql(seq))
                .bind(hash.as_bytes())
                .execute(&mut **transaction)
                .await?;
        }
        *ordinal += 1;
        head = Head { seq, hash };
    }
    Ok(head)
}
