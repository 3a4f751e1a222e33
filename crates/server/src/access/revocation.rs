//! What open connections must learn at once: a token or a sign-in is no longer valid.

use tokio::sync::broadcast;

use super::{Access, SignInId, SurfaceId, TokenId};

/// Revocations that a slow listener may be behind: a lead revoking all links of 150 sites at once, three each.
pub(super) const REVOCATION_BACKLOG: usize = 512;

/// Something is no longer valid; sockets that came in by it are closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// A join token.
    Token(TokenId),
    /// An operator's sign-in.
    SignIn(SignInId),
    /// A control surface.
    Surface(SurfaceId),
}

impl Access {
    /// Revocations from now on. A listener that falls behind gets `Lagged` and must check its credential again.
    pub fn revocations(&self) -> broadcast::Receiver<Revocation> {
        self.revocations.subscribe()
    }

    pub(super) fn announce(&self, revocation: Revocation) {
        // Nobody listening is no fault: then no socket is open.
        let _ = self.revocations.send(revocation);
    }
}
