//! Random secrets and their hashes.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// 256 bits: cannot be guessed, so a plain hash is enough at rest.
const SECRET_BYTES: usize = 32;

/// A random secret in URL-safe text. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one from the operating system's generator.
    pub(crate) fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; SECRET_BYTES]>()))
    }

    /// A new one that says by its beginning what it is for.
    pub(crate) fn random_with(prefix: &str) -> Self {
        Self(format!("{prefix}{}", Self::random().0))
    }

    /// The secret itself, to be shown once or set as a cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is kept of a secret.
pub(super) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Text of a digest, to name what it belongs to without giving it away.
pub(super) fn digest_text(digest: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest)
}
