//! One-time sign-in links: kept in memory, so that each is gone once used and all are gone after a restart.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::secret::{self, Secret};
use super::{Access, SignInError, SignedIn};

/// Links that wait to be used: one for each console of a control room.
const MAX_LINKS: usize = 64;

/// Digest of the link's token → operator.
#[derive(Default)]
pub(super) struct SignInLinks(Mutex<BTreeMap<[u8; 32], String>>);

impl Access {
    /// Makes a link for an operator. Beyond 64 unused links one of the older is forgotten.
    pub fn create_sign_in_link(&self, operator: &str) -> Secret {
        let token = Secret::random();
        let mut links = self.links.0.lock().unwrap_or_else(PoisonError::into_inner);
        while links.len() >= MAX_LINKS {
            links.pop_first();
        }
        links.insert(secret::digest(token.reveal()), operator.to_owned());
        token
    }

    /// Signs in by a link, which is used up by it.
    ///
    /// # Errors
    /// The link is unknown or used, too many wrong ones came from this address, or the database fails.
    pub async fn sign_in_by_link(&self, token: &str, address: Option<IpAddr>) -> Result<SignedIn, SignInError> {
        let now = self.now();
        // A 256-bit token has no name to count attempts by; the address is enough.
        self.attempts.check(None, address, now).map_err(|wait| SignInError::TooMany { wait })?;
        let operator = {
            let mut links = self.links.0.lock().unwrap_or_else(PoisonError::into_inner);
            links.remove(&secret::digest(token))
        };
        let Some(operator) = operator else {
            self.attempts.failed(None, address, now);
            return Err(SignInError::Wrong);
        };
        self.begin_sign_in(&operator).await
    }
}
