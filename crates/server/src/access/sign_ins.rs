//! Sign-ins of operators: a random id in a cookie, its hash in the database.

use std::net::IpAddr;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use wire::Role;

use super::operators::MAX_NAME_CHARS;
use super::passwords::MAX_PASSWORD_CHARS;
use super::roles::from_word;
use super::secret::{self, Secret};
use super::writer::Write;
use super::{Access, AccessError, Revocation, from_sql, millis, to_sql};

/// Name of the cookie over plain HTTP.
pub const COOKIE_NAME: &str = "dienhong_sign_in";
/// Name of the cookie over HTTPS; browsers accept the prefix only with `Secure` and `Path=/` (RFC 6265bis §4.1.3.2).
pub const SECURE_COOKIE_NAME: &str = "__Host-dienhong_sign_in";
/// A sign-in ends when it was not used for this long: a conference day with its rehearsal the evening before.
pub const SIGN_IN_LIFETIME: Duration = Duration::from_secs(16 * 60 * 60);
/// The end is moved only when it moved by this much: not a write for every request.
const EXTEND_AFTER: Duration = Duration::from_secs(5 * 60);
/// Cookies of ours that are looked at: one of each name.
const MAX_COOKIES: usize = 2;
/// Sign-ins of one person: beyond it the oldest ends. A person has a few browsers, a script in a loop has no more.
const MAX_SIGN_INS: i64 = 20;

/// Names a sign-in without giving its cookie away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignInId(pub String);

/// An operator who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Name.
    pub name: String,
    /// Role, as it is now.
    pub role: Role,
    /// By which sign-in.
    pub sign_in_id: SignInId,
}

/// A sign-in that just began.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub operator: Operator,
    /// The cookie's value.
    pub cookie: Secret,
}

/// Why a sign-in did not happen.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Wrong name, password or link; which of them is not said.
    #[error("wrong name, password or link")]
    Wrong,
    /// Too many wrong attempts.
    #[error("too many attempts; wait {} s", wait.as_secs() + 1)]
    TooMany {
        /// Time until the next attempt.
        wait: Duration,
    },
    /// A fault.
    #[error(transparent)]
    Fault(#[from] AccessError),
}

impl Access {
    /// Signs in by name and password.
    ///
    /// # Errors
    /// Wrong, too many attempts, or the database fails.
    pub async fn sign_in(&self, name: &str, password: &str, address: Option<IpAddr>) -> Result<SignedIn, SignInError> {
        let now = self.now();
        // Nobody has a longer name, and it would be remembered and logged.
        if name.chars().count() > MAX_NAME_CHARS {
            return Err(SignInError::Wrong);
        }
        self.attempts.check(Some(name), address, now).map_err(|wait| SignInError::TooMany { wait })?;
        if password.chars().count() > MAX_PASSWORD_CHARS {
            return Err(SignInError::Wrong);
        }
        // Counted before the slow hash, so that a burst of requests at once is not a burst of guesses.
        self.attempts.failed(Some(name), address, now);
        let row: Option<(Option<String>,)> = sqlx::query_as("SELECT password_hash FROM operator WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(AccessError::from)?;
        let hash = row.and_then(|(hash,)| hash);
        if !self.verify_password(hash, password.to_owned()).await? {
            return Err(SignInError::Wrong);
        }
        self.attempts.succeeded(name, address);
        self.begin_sign_in(name).await
    }

    /// The operator whose cookie is in these headers, if the sign-in is valid. Moves the end of the sign-in.
    pub async fn operator_from_headers(&self, headers: &HeaderMap) -> Option<Operator> {
        for cookie in cookies(headers).take(MAX_COOKIES) {
            match self.operator_of(cookie).await {
                Ok(Some(operator)) => return Some(operator),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "a sign-in could not be checked"),
            }
        }
        None
    }

    /// The operator of a sign-in's secret that did not come as a cookie, if the sign-in is valid. Moves its end.
    pub async fn operator_by_secret(&self, secret: &str) -> Option<Operator> {
        self.operator_of(secret).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a sign-in could not be checked");
            None
        })
    }

    /// Ends the sign-ins of these cookies; sockets that came in by them are closed.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sign_out(&self, headers: &HeaderMap) -> Result<(), AccessError> {
        for cookie in cookies(headers).take(MAX_COOKIES) {
            let id_hash = secret::digest(cookie);
            sqlx::query("DELETE FROM sign_in WHERE id_hash = ?").bind(id_hash.as_slice()).execute(&self.pool).await?;
            self.announce(Revocation::SignIn(SignInId(secret::digest_text(&id_hash))));
        }
        Ok(())
    }

    pub(super) async fn begin_sign_in(&self, name: &str) -> Result<SignedIn, SignInError> {
        let cookie = Secret::random();
        let id_hash = secret::digest(cookie.reveal());
        let now = self.now();
        let role: Option<(String,)> = sqlx::query_as("SELECT role FROM operator WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(AccessError::from)?;
        let Some((role,)) = role else { return Err(SignInError::Wrong) };
        self.insert_sign_in(name, &id_hash, now).await?;
        let sign_in_id = SignInId(secret::digest_text(&id_hash));
        Ok(SignedIn { operator: Operator { name: name.to_owned(), role: from_word(&role)?, sign_in_id }, cookie })
    }

    async fn insert_sign_in(&self, name: &str, id_hash: &[u8; 32], now: u64) -> Result<(), AccessError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("DELETE FROM sign_in WHERE expires_at <= ?").bind(to_sql(now)).execute(&mut *transaction).await?;
        let pushed_out: Vec<(Vec<u8>,)> = sqlx::query_as(
            "DELETE FROM sign_in WHERE id_hash IN (
                SELECT id_hash FROM sign_in WHERE operator = ? ORDER BY created_at DESC LIMIT -1 OFFSET ?
             ) RETURNING id_hash",
        )
        .bind(name)
        .bind(MAX_SIGN_INS - 1)
        .fetch_all(&mut *transaction)
        .await?;
        sqlx::query("INSERT INTO sign_in (id_hash, operator, created_at, expires_at) VALUES (?, ?, ?, ?)")
            .bind(id_hash.as_slice())
            .bind(name)
            .bind(to_sql(now))
            .bind(to_sql(now + lifetime_ms()))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        for (old,) in pushed_out {
            self.announce(Revocation::SignIn(SignInId(secret::digest_text(&old))));
        }
        Ok(())
    }

    async fn operator_of(&self, cookie: &str) -> Result<Option<Operator>, AccessError> {
        let now = self.now();
        let id_hash = secret::digest(cookie);
        let row: Option<(String, String, i64)> = sqlx::query_as(
            "SELECT operator.name, operator.role, sign_in.expires_at
             FROM sign_in JOIN operator ON operator.name = sign_in.operator WHERE sign_in.id_hash = ?",
        )
        .bind(id_hash.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        let Some((name, role, expires_at)) = row else { return Ok(None) };
        if from_sql(expires_at) <= now {
            return Ok(None);
        }
        let wanted = now + lifetime_ms();
        if wanted.saturating_sub(from_sql(expires_at)) >= millis(EXTEND_AFTER) {
            self.writer.put(Write::SignInSeen { id_hash: id_hash.to_vec(), expires_at: wanted });
        }
        Ok(Some(Operator { name, role: from_word(&role)?, sign_in_id: SignInId(secret::digest_text(&id_hash)) }))
    }
}

fn lifetime_ms() -> u64 {
    millis(SIGN_IN_LIFETIME)
}

/// RFC 6265 §4.2.1: `name=value` pairs, separated by `; `.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| [COOKIE_NAME, SECURE_COOKIE_NAME].contains(name))
        .map(|(_, value)| value)
}
