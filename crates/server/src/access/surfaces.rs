//! Control surfaces: panels of buttons that act for the operator who made them. A surface has a token of its own, of which only the
//! hash is kept; it ends with its operator, and with the operator's password.

use wire::{ConferenceId, Role, Surface};

use super::operators::{MAX_NAME_CHARS, is_name};
use super::roles::from_word;
use super::secret::{self, Secret};
use super::tokens::{MAX_TOKEN_BYTES, use_is_recorded};
use super::writer::Write;
use super::{Access, AccessError, Revocation, from_sql, to_sql};

/// Surfaces of one operator at the same time: a few panels at two desks.
pub const MAX_SURFACES: i64 = 8;
/// What the token of a surface begins with, so that it is not taken for one of a site.
pub const SURFACE_PREFIX: &str = "surface-";

/// Names a surface without giving its token away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SurfaceId(pub i64);

/// Who comes in by the token of a surface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurfaceIdentity {
    /// The surface.
    pub id: SurfaceId,
    /// For whom it acts.
    pub operator: String,
    /// Role of that operator, as it is now.
    pub role: Role,
    /// Where it acts.
    pub conference: ConferenceId,
}

/// Why a surface was not made.
#[derive(Debug, thiserror::Error)]
pub enum SurfaceError {
    /// The label cannot be used.
    #[error(
        "a label has 1 to {MAX_NAME_CHARS} characters, none of them a control character or one that turns the direction of text"
    )]
    BadLabel,
    /// [`MAX_SURFACES`] reached.
    #[error("at most {MAX_SURFACES} control surfaces of one operator; remove one first")]
    TooMany,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] AccessError),
}

impl From<sqlx::Error> for SurfaceError {
    fn from(error: sqlx::Error) -> Self {
        Self::Fault(error.into())
    }
}

type Row = (i64, String, String, i64, Option<i64>);

impl Access {
    /// Makes a surface. Its token is told this once.
    ///
    /// # Errors
    /// The label cannot be used, the operator has too many, or the database fails.
    pub async fn create_surface(
        &self,
        conference: &ConferenceId,
        operator: &str,
        label: &str,
    ) -> Result<(Surface, Secret), SurfaceError> {
        if !is_name(label) {
            return Err(SurfaceError::BadLabel);
        }
        let (token, now) = (Secret::random_with(SURFACE_PREFIX), self.now());
        // One statement: two requests at once must not pass the bound together.
        let made: Option<(i64,)> = sqlx::query_as(
            "INSERT INTO surface (token_hash, operator, conference, label, made_at)
             SELECT ?, ?, ?, ?, ? WHERE (SELECT COUNT(*) FROM surface WHERE operator = ?) < ? RETURNING id",
        )
        .bind(secret::digest(token.reveal()).as_slice())
        .bind(operator)
        .bind(&conference.0)
        .bind(label)
        .bind(to_sql(now))
        .bind(operator)
        .bind(MAX_SURFACES)
        .fetch_optional(&self.pool)
        .await?;
        let Some((id,)) = made else { return Err(SurfaceError::TooMany) };
        Ok((surface((id, label.to_owned(), operator.to_owned(), to_sql(now), None)), token))
    }

    /// Surfaces of a conference in the order of their making: those of `operator`, or of everybody.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn surfaces(
        &self,
        conference: &ConferenceId,
        operator: Option<&str>,
    ) -> Result<Vec<Surface>, AccessError> {
        self.writer.flush().await;
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, label, operator, made_at, last_used_at FROM surface
             WHERE conference = ? AND (? IS NULL OR operator = ?) ORDER BY id",
        )
        .bind(&conference.0)
        .bind(operator)
        .bind(operator)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(surface).collect())
    }

    /// Who comes in by this token, if it is a surface's. Records the use.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn surface(&self, token: &str) -> Result<Option<SurfaceIdentity>, AccessError> {
        if !token.starts_with(SURFACE_PREFIX) || token.len() > MAX_TOKEN_BYTES {
            return Ok(None);
        }
        let row: Option<(i64, String, String, String, Option<i64>)> = sqlx::query_as(
            "SELECT surface.id, surface.operator, operator.role, surface.conference, surface.last_used_at
             FROM surface JOIN operator ON operator.name = surface.operator WHERE surface.token_hash = ?",
        )
        .bind(secret::digest(token).as_slice())
        .fetch_optional(&self.pool)
        .await?;
        let Some((id, operator, role, conference, last_used_at)) = row else { return Ok(None) };
        let now = self.now();
        if use_is_recorded(last_used_at, now) {
            self.writer.put(Write::SurfaceUsed { surface: SurfaceId(id), at: now });
        }
        let conference = ConferenceId(conference);
        Ok(Some(SurfaceIdentity { id: SurfaceId(id), operator, role: from_word(&role)?, conference }))
    }

    /// Removes a surface: its token opens nothing any more, and what came in by it is closed. `operator`: only one of this person.
    /// False: there is no such surface.
    ///
    /// # Errors
    /// The database fails.
    pub async fn remove_surface(
        &self,
        conference: &ConferenceId,
        id: SurfaceId,
        operator: Option<&str>,
    ) -> Result<bool, AccessError> {
        let done = sqlx::query("DELETE FROM surface WHERE id = ? AND conference = ? AND (? IS NULL OR operator = ?)")
            .bind(id.0)
            .bind(&conference.0)
            .bind(operator)
            .bind(operator)
            .execute(&self.pool)
            .await?;
        let removed = done.rows_affected() > 0;
        if removed {
            self.announce(Revocation::Surface(id));
        }
        Ok(removed)
    }

    /// Removes all surfaces of a person.
    pub(super) async fn end_surfaces(&self, operator: &str) -> Result<(), AccessError> {
        let ended: Vec<(i64,)> = sqlx::query_as("DELETE FROM surface WHERE operator = ? RETURNING id")
            .bind(operator)
            .fetch_all(&self.pool)
            .await?;
        ended.into_iter().for_each(|(id,)| self.announce(Revocation::Surface(SurfaceId(id))));
        Ok(())
    }
}

fn surface((id, label, operator, made_at, last_used_at): Row) -> Surface {
    let id = u64::try_from(id).expect("the database numbers its rows from 1");
    Surface { id, label, operator, made_at: from_sql(made_at), last_used_at: last_used_at.map(from_sql) }
}
