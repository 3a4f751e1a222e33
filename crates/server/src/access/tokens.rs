//! Join tokens: one valid token for each endpoint of a site, the same until it is revoked.

use std::collections::BTreeSet;

use wire::{ConferenceId, EndpointRole, SiteSlug};

use super::roles::{from_word, word};
use super::secret::Secret;
use super::writer::Write;
use super::{Access, AccessError, Revocation, from_sql, to_sql};

/// A use is recorded at most once in this time, ms: a page that reconnects in a loop is not a write for each try.
const USE_RECORDED_EVERY_MS: u64 = 10_000;
/// True if a use at `now` is to be recorded; the last one was recorded at `last_used_at`.
pub(super) fn use_is_recorded(last_used_at: Option<i64>, now: u64) -> bool {
    last_used_at.is_none_or(|at| now.saturating_sub(from_sql(at)) >= USE_RECORDED_EVERY_MS)
}
/// Tokens are never longer; what is longer is not looked up.
pub(super) const MAX_TOKEN_BYTES: usize = 128;

/// Names a token without giving it away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub String);

/// Who comes in by a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinIdentity {
    /// Conference.
    pub conference: ConferenceId,
    /// Site.
    pub site: SiteSlug,
    /// Which endpoint of the site.
    pub endpoint: EndpointRole,
    /// The token.
    pub token_id: TokenId,
}

/// Why a token opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// No such token.
    #[error("unknown token")]
    Unknown,
    /// It was revoked.
    #[error("revoked token")]
    Revoked,
    /// Its time is over.
    #[error("expired token")]
    Expired,
    /// It could not be looked up.
    #[error(transparent)]
    Fault(#[from] AccessError),
}

/// A token as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinToken {
    /// Its name.
    pub id: TokenId,
    /// The secret part of the link.
    pub token: String,
    /// Site.
    pub site: SiteSlug,
    /// Which endpoint.
    pub endpoint: EndpointRole,
    /// Last use, ms since the epoch.
    pub last_used_at: Option<u64>,
    /// No longer valid.
    pub revoked: bool,
}

type TokenRow = (String, String, String, String, String, Option<i64>, Option<i64>, Option<i64>);
const COLUMNS: &str = "id, token, conference, site, endpoint, expires_at, last_used_at, revoked_at";

impl Access {
    /// Who comes in by this token. Records the use.
    ///
    /// # Errors
    /// The token opens nothing, or cannot be looked up.
    pub async fn join(&self, token: &str) -> Result<JoinIdentity, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Unknown);
        }
        let row: Option<TokenRow> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM join_token WHERE token = ?")))
                .bind(token)
                .fetch_optional(&self.pool)
                .await
                .map_err(AccessError::from)?;
        let Some((id, _, conference, site, endpoint, expires_at, last_used_at, revoked_at)) = row else {
            return Err(TokenError::Unknown);
        };
        let now = self.now();
        if revoked_at.is_some() {
            return Err(TokenError::Revoked);
        }
        if expires_at.is_some_and(|at| from_sql(at) <= now) {
            return Err(TokenError::Expired);
        }
        if use_is_recorded(last_used_at, now) {
            self.writer.put(Write::TokenUsed { token: TokenId(id.clone()), at: now });
        }
        Ok(JoinIdentity {
            conference: ConferenceId(conference),
            site: SiteSlug(site),
            endpoint: from_word(&endpoint)?,
            token_id: TokenId(id),
        })
    }

    /// Makes the tokens that are missing: for each of these sites one of each endpoint role. Existing ones stay, and one that
    /// was revoked on purpose does not come back with a restart.
    ///
    /// # Errors
    /// The database fails.
    pub async fn ensure_tokens(&self, conference: &ConferenceId, sites: &[SiteSlug]) -> Result<(), AccessError> {
        let mut transaction = self.pool.begin().await?;
        let issued: Vec<(String, String)> =
            sqlx::query_as("SELECT DISTINCT site, endpoint FROM join_token WHERE conference = ?")
                .bind(&conference.0)
                .fetch_all(&mut *transaction)
                .await?;
        let issued: BTreeSet<(String, String)> = issued.into_iter().collect();
        for site in sites {
            for endpoint in [EndpointRole::Main, EndpointRole::Backup, EndpointRole::Screen] {
                if !issued.contains(&(site.0.clone(), word(&endpoint))) {
                    insert_token(&mut transaction, conference, site, endpoint, self.now()).await?;
                }
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// All tokens of a conference, revoked ones too, by site and endpoint.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn tokens(&self, conference: &ConferenceId) -> Result<Vec<JoinToken>, AccessError> {
        self.writer.flush().await;
        let rows: Vec<TokenRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM join_token WHERE conference = ? ORDER BY site, endpoint, created_at"
        )))
        .bind(&conference.0)
        .fetch_all(&self.pool)
        .await?;
        let token = |(id, token, _, site, endpoint, _, last_used_at, revoked_at): TokenRow| {
            Ok(JoinToken {
                id: TokenId(id),
                token,
                site: SiteSlug(site),
                endpoint: from_word(&endpoint)?,
                last_used_at: last_used_at.map(from_sql),
                revoked: revoked_at.is_some(),
            })
        };
        rows.into_iter().map(token).collect()
    }

    /// Revokes the valid token of an endpoint and closes what came in by it; with `reissue` makes a new one.
    /// Returns the new token, or none.
    ///
    /// # Errors
    /// The endpoint has no valid token (`Unknown`), or the database fails.
    pub async fn revoke_token(
        &self,
        conference: &ConferenceId,
        site: &SiteSlug,
        endpoint: EndpointRole,
        reissue: bool,
    ) -> Result<Option<String>, TokenError> {
        let now = self.now();
        let mut transaction = self.pool.begin().await.map_err(AccessError::from)?;
        let revoked: Vec<(String,)> = sqlx::query_as(
            "UPDATE join_token SET revoked_at = ?
             WHERE conference = ? AND site = ? AND endpoint = ? AND revoked_at IS NULL RETURNING id",
        )
        .bind(to_sql(now))
        .bind(&conference.0)
        .bind(&site.0)
        .bind(word(&endpoint))
        .fetch_all(&mut *transaction)
        .await
        .map_err(AccessError::from)?;
        // A link that was revoked before can be issued again; an endpoint that never had one is unknown.
        if revoked.is_empty() && !(reissue && was_issued(&mut transaction, conference, site, endpoint).await?) {
            return Err(TokenError::Unknown);
        }
        let fresh = if reissue { insert_token(&mut transaction, conference, site, endpoint, now).await? } else { None };
        transaction.commit().await.map_err(AccessError::from)?;
        for (id,) in revoked {
            self.announce(Revocation::Token(TokenId(id)));
        }
        Ok(fresh)
    }
}

/// Inserts a token unless the endpoint has a valid one.
async fn insert_token(
    transaction: &mut sqlx::Transaction<'_, sqlx::Sqlite>,
    conference: &ConferenceId,
    site: &SiteSlug,
    endpoint: EndpointRole,
    now: u64,
) -> Result<Option<String>, AccessError> {
    let token = Secret::random();
    let done = sqlx::query(
        "INSERT INTO join_token (id, token, conference, site, endpoint, created_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )
    .bind(uuid::Uuid::now_v7().to_string())
    .bind(token.reveal())
    .bind(&conference.0)
    .bind(&site.0)
    .bind(word(&endpoint))
    .bind(to_sql(now))
    .execute(&mut **transaction)
    .await?;
    Ok((done.rows_affected() == 1).then(|| token.reveal().to_owned()))
}

async fn was_issued(
    transaction: &mut sqlx::Transaction<'_, sqlx::Sqlite>,
    conference: &ConferenceId,
    site: &SiteSlug,
    endpoint: EndpointRole,
) -> Result<bool, AccessError> {
    let (count,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM join_token WHERE conference = ? AND site = ? AND endpoint = ?")
            .bind(&conference.0)
            .bind(&site.0)
            .bind(word(&endpoint))
            .fetch_one(&mut **transaction)
            .await?;
    Ok(count > 0)
}
