//! Operators: persons with a role and a password.

use std::sync::PoisonError;

use serde::Serialize;
use utoipa::ToSchema;
use wire::Role;

use super::passwords::{self, MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS};
use super::roles::{from_word, word};
use super::{Access, AccessError, Revocation, SignInId, secret, to_sql};

/// Most operators: a control room with its relief for a week.
pub const MAX_OPERATORS: i64 = 500;
/// Longest name, in characters.
pub const MAX_NAME_CHARS: usize = 64;

/// An operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OperatorRow {
    /// Name, as it is typed to sign in.
    pub name: String,
    /// Role.
    pub role: Role,
    /// False: can only come in by a one-time link.
    pub has_password: bool,
}

/// A password that was just made, to be shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPassword {
    /// Whose.
    pub name: String,
    /// Role.
    pub role: Role,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPassword").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Why an operator was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// There is one of this name.
    #[error("an operator of this name exists")]
    Exists,
    /// There is none of this name.
    #[error("no operator of this name")]
    Unknown,
    /// The name is empty, too long, or has characters that a reader would not see.
    #[error(
        "a name has 1 to {MAX_NAME_CHARS} characters, none of them a control character or one that turns the direction of text"
    )]
    BadName,
    /// Sites and screens join by link.
    #[error("sites and screens join by link, not by sign-in")]
    BadRole,
    /// The password is too short or too long.
    #[error("a password has {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters")]
    BadPassword,
    /// [`MAX_OPERATORS`] reached.
    #[error("at most {MAX_OPERATORS} operators")]
    TooMany,
    /// The only lead cannot be removed.
    #[error("the last lead stays")]
    LastLead,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] AccessError),
}

impl From<sqlx::Error> for OperatorError {
    fn from(error: sqlx::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl Access {
    /// All operators by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn operators(&self) -> Result<Vec<OperatorRow>, AccessError> {
        let rows: Vec<(String, String, bool)> =
            sqlx::query_as("SELECT name, role, password_hash IS NOT NULL FROM operator ORDER BY name")
                .fetch_all(&self.pool)
                .await?;
        let row = |(name, role, has_password): (String, String, bool)| {
            Ok(OperatorRow { name, role: from_word(&role)?, has_password })
        };
        rows.into_iter().map(row).collect()
    }

    /// Makes sure that an operator of this name has this role, without touching a password.
    ///
    /// # Errors
    /// The name or the role cannot be used, or the database fails.
    pub async fn ensure_operator(&self, name: &str, role: Role) -> Result<(), OperatorError> {
        check_name(name)?;
        check_role(role)?;
        sqlx::query(
            "INSERT INTO operator (name, role, created_at) VALUES (?, ?, ?)
             ON CONFLICT (name) DO UPDATE SET role = excluded.role",
        )
        .bind(name)
        .bind(word(&role))
        .bind(to_sql(self.now()))
        .execute(&self.pool)
        .await?;
        self.enrol(name, role);
        Ok(())
    }

    /// The role of an operator, if there is one of this name. Does not wait for the database.
    pub fn role_of(&self, name: &str) -> Option<Role> {
        self.roll.read().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    pub(super) fn enrol(&self, name: &str, role: Role) {
        self.roll.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), role);
    }

    /// Gives every operator without a password a generated one. Each is returned this once.
    ///
    /// # Errors
    /// The database fails.
    pub async fn fill_passwords(&self) -> Result<Vec<NewPassword>, OperatorError> {
        let mut made = Vec::new();
        for operator in self.operators().await?.into_iter().filter(|operator| !operator.has_password) {
            let password = self.reset_password(&operator.name).await?;
            made.push(NewPassword { name: operator.name, role: operator.role, password });
        }
        Ok(made)
    }

    /// Makes a new operator; without a password given, one is generated and returned.
    ///
    /// # Errors
    /// The name is taken or unusable, the password does not fit, or the database fails.
    pub async fn create_operator(
        &self,
        name: &str,
        role: Role,
        password: Option<String>,
    ) -> Result<NewPassword, OperatorError> {
        check_name(name)?;
        check_role(role)?;
        let password = password.unwrap_or_else(passwords::generate);
        check_password(&password)?;
        let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM operator").fetch_one(&self.pool).await?;
        if count >= MAX_OPERATORS {
            return Err(OperatorError::TooMany);
        }
        let hash = self.hash_password(password.clone()).await?;
        let done = sqlx::query(
            "INSERT INTO operator (name, role, password_hash, created_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(word(&role))
        .bind(hash)
        .bind(to_sql(self.now()))
        .execute(&self.pool)
        .await?;
        if done.rows_affected() == 0 {
            return Err(OperatorError::Exists);
        }
        self.enrol(name, role);
        Ok(NewPassword { name: name.to_owned(), role, password })
    }

    /// Gives an operator a new generated password and ends all sign-ins and control surfaces of that person.
    ///
    /// # Errors
    /// There is no such operator, or the database fails.
    pub async fn reset_password(&self, name: &str) -> Result<String, OperatorError> {
        let password = passwords::generate();
        let hash = self.hash_password(password.clone()).await?;
        let done = sqlx::query("UPDATE operator SET password_hash = ? WHERE name = ?")
            .bind(hash)
            .bind(name)
            .execute(&self.pool)
            .await?;
        if done.rows_affected() == 0 {
            return Err(OperatorError::Unknown);
        }
        self.end_sign_ins(name).await?;
        self.end_surfaces(name).await?;
        Ok(password)
    }

    /// Removes an operator; open pages of that person are closed.
    ///
    /// # Errors
    /// There is no such operator, it is the last lead, or the database fails.
    pub async fn remove_operator(&self, name: &str) -> Result<(), OperatorError> {
        let operators = self.operators().await?;
        let Some(operator) = operators.iter().find(|operator| operator.name == name) else {
            return Err(OperatorError::Unknown);
        };
        let leads = operators.iter().filter(|operator| operator.role == Role::Lead).count();
        if operator.role == Role::Lead && leads == 1 {
            return Err(OperatorError::LastLead);
        }
        self.end_sign_ins(name).await?;
        self.end_surfaces(name).await?;
        sqlx::query("DELETE FROM operator WHERE name = ?").bind(name).execute(&self.pool).await?;
        self.roll.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }

    /// Ends all sign-ins of a person.
    async fn end_sign_ins(&self, name: &str) -> Result<(), AccessError> {
        let ended: Vec<(Vec<u8>,)> = sqlx::query_as("DELETE FROM sign_in WHERE operator = ? RETURNING id_hash")
            .bind(name)
            .fetch_all(&self.pool)
            .await?;
        for (id_hash,) in ended {
            self.announce(Revocation::SignIn(SignInId(secret::digest_text(&id_hash))));
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), OperatorError> {
    if is_name(name) { Ok(()) } else { Err(OperatorError::BadName) }
}

/// True if people can read it as a name, and tell it from another.
pub(super) fn is_name(text: &str) -> bool {
    let fits = (1..=MAX_NAME_CHARS).contains(&text.chars().count());
    fits && text.trim() == text && !text.chars().any(conference::is_unreadable)
}

fn check_role(role: Role) -> Result<(), OperatorError> {
    match role {
        Role::Lead | Role::Assistant | Role::Chair | Role::Secretary | Role::Technician => Ok(()),
        Role::Site | Role::Screen => Err(OperatorError::BadRole),
    }
}

fn check_password(password: &str) -> Result<(), OperatorError> {
    let fits = (MIN_PASSWORD_CHARS..=MAX_PASSWORD_CHARS).contains(&password.chars().count());
    if fits { Ok(()) } else { Err(OperatorError::BadPassword) }
}
