//! Writes that nobody waits for: the audit table, "last used" marks and who holds the control lease, in batches of one transaction each, so that a
//! flood of refusals is not a flood of fsyncs.

use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::sync::{mpsc, oneshot};
use wire::ConferenceId;

use super::audit::{self, AuditEntry};
use super::{SurfaceId, TokenId, leases, to_sql};

/// Writes that may wait: the joins of 150 sites with three endpoints each, and as many refusals. More are dropped and counted.
const QUEUE: usize = 1_024;

/// A write that nobody waits for.
#[derive(Debug)]
pub(super) enum Write {
    Audit { at: u64, entry: AuditEntry },
    TokenUsed { token: TokenId, at: u64 },
    SurfaceUsed { surface: SurfaceId, at: u64 },
    SignInSeen { id_hash: Vec<u8>, expires_at: u64 },
    LeaseGiven { conference: ConferenceId, operator: String },
    Flush(oneshot::Sender<()>),
}

#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Write>,
}

impl Writer {
    pub(super) fn start(pool: SqlitePool) -> Self {
        let (queue, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(run(pool, receiver));
        Self { queue }
    }

    /// Queues a write; false if it had to be dropped.
    pub(super) fn put(&self, write: Write) -> bool {
        self.queue.try_send(write).is_ok()
    }

    /// Waits until everything that was queued before is written.
    pub(super) async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Write::Flush(done)).await.is_ok() {
            let _ = wait.await;
        }
    }
}

async fn run(pool: SqlitePool, mut receiver: mpsc::Receiver<Write>) {
    let mut batch = Vec::new();
    while receiver.recv_many(&mut batch, QUEUE).await > 0 {
        let mut waiting = Vec::new();
        let writes = batch.drain(..).filter_map(|write| match write {
            Write::Flush(done) => {
                waiting.push(done);
                None
            }
            other => Some(other),
        });
        let writes: Vec<Write> = writes.collect();
        if let Err(error) = write_all(&pool, writes).await {
            tracing::warn!(%error, "access database: a batch was not written");
        }
        for done in waiting {
            let _ = done.send(());
        }
    }
}

async fn write_all(pool: &SqlitePool, writes: Vec<Write>) -> Result<(), sqlx::Error> {
    if writes.is_empty() {
        return Ok(());
    }
    let mut transaction = pool.begin().await?;
    for write in writes {
        write_one(&mut transaction, write).await?;
    }
    audit::trim(&mut transaction).await?;
    transaction.commit().await
}

async fn write_one(transaction: &mut Transaction<'_, Sqlite>, write: Write) -> Result<(), sqlx::Error> {
    match write {
        Write::Audit { at, entry } => audit::insert(transaction, at, entry).await?,
        Write::TokenUsed { token, at } => {
            sqlx::query("UPDATE join_token SET last_used_at = ? WHERE id = ?")
                .bind(to_sql(at))
                .bind(token.0)
                .execute(&mut **transaction)
                .await?;
        }
        Write::SurfaceUsed { surface, at } => {
            sqlx::query("UPDATE surface SET last_used_at = ? WHERE id = ?")
                .bind(to_sql(at))
                .bind(surface.0)
                .execute(&mut **transaction)
                .await?;
        }
        Write::SignInSeen { id_hash, expires_at } => {
            sqlx::query("UPDATE sign_in SET expires_at = ? WHERE id_hash = ?")
                .bind(to_sql(expires_at))
                .bind(id_hash)
                .execute(&mut **transaction)
                .await?;
        }
        Write::LeaseGiven { conference, operator } => leases::keep(transaction, &conference, &operator).await?,
        Write::Flush(_) => unreachable!("flushes are taken out before"),
    }
    Ok(())
}
