//! Who holds the control lease of each conference, so that a restart of the server takes it from nobody.

use sqlx::{Sqlite, Transaction};
use wire::ConferenceId;

use super::writer::Write;
use super::{Access, AccessError};

impl Access {
    /// Queues a note of who holds the control lease now. Never waits; false if the queue was full and the note is lost.
    pub fn keep_lease(&self, conference: &ConferenceId, operator: &str) -> bool {
        self.writer.put(Write::LeaseGiven { conference: conference.clone(), operator: operator.to_owned() })
    }

    /// Who held the control lease at last; none: nobody ever did.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn lease_of(&self, conference: &ConferenceId) -> Result<Option<String>, AccessError> {
        let found: Option<(String,)> = sqlx::query_as("SELECT operator FROM lease WHERE conference = ?")
            .bind(&conference.0)
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.map(|(operator,)| operator))
    }
}

pub(super) async fn keep(
    transaction: &mut Transaction<'_, Sqlite>,
    conference: &ConferenceId,
    operator: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO lease (conference, operator) VALUES (?, ?) ON CONFLICT (conference) DO UPDATE SET operator = excluded.operator")
        .bind(&conference.0)
        .bind(operator)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
