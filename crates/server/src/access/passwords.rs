//! Passwords: argon2id hashes, made and checked off the async threads.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};

use super::{Access, AccessError};

/// Shortest password that an operator may choose (NIST SP 800-63B-4 §3.1.1.2 asks 15 where it is the only factor; the
/// generated ones have 20).
pub const MIN_PASSWORD_CHARS: usize = 15;
/// Longest password: hashing time grows with it.
pub const MAX_PASSWORD_CHARS: usize = 256;
/// Hashes at the same time: each takes 19 MiB and a core for about 20 ms, and media has the cores first.
pub(super) const CONCURRENT_HASHES: usize = 1;
/// Characters of a generated password: 20 of 31 are 99 bits.
const GENERATED_CHARS: usize = 20;
/// No letters that are mistaken for one another when read aloud or from paper.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A password to print once, in groups of five.
pub(super) fn generate() -> String {
    (0..GENERATED_CHARS)
        .map(|place| {
            let letter = char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]);
            if place % 5 == 0 && place > 0 { format!("-{letter}") } else { letter.to_string() }
        })
        .collect()
}

impl Access {
    pub(super) async fn hash_password(&self, password: String) -> Result<String, AccessError> {
        let _permit = self.hashing.acquire().await.map_err(|_| AccessError::Hashing)?;
        tokio::task::spawn_blocking(move || {
            Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
        })
        .await
        .map_err(|_| AccessError::Hashing)?
        .map_err(|_| AccessError::Hashing)
    }

    /// True if the password fits. Without a hash the same work is done, so that the time tells nothing about the name.
    pub(super) async fn verify_password(&self, hash: Option<String>, password: String) -> Result<bool, AccessError> {
        let _permit = self.hashing.acquire().await.map_err(|_| AccessError::Hashing)?;
        tokio::task::spawn_blocking(move || {
            let Some(hash) = hash else {
                let _ = Argon2::default().hash_password(password.as_bytes());
                return false;
            };
            let Ok(parsed) = PasswordHash::new(&hash) else { return false };
            Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
        })
        .await
        .map_err(|_| AccessError::Hashing)
    }
}
