//! What every handler of a request can reach.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRef;
use wire::{ConferenceId, InstanceId};

use crate::access::Access;
use crate::conference_task::ConferenceHandle;
use crate::documents::Documents;
use crate::http::{FeedRoom, Rates, TransferRoom};
use crate::metrics::{Metrics, RelayWatch};
use crate::socket::Lobby;

/// The server as requests see it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// Who is there.
    pub access: Access,
    /// The conferences.
    pub lobby: Lobby,
    /// This start of the server.
    pub instance: InstanceId,
    /// Origins besides the server's own that pages may come from.
    pub origins: Arc<[String]>,
    /// Addresses of proxies in front, which are believed when they name the sender of a request.
    pub trusted_proxies: Arc<[IpAddr]>,
    /// STUN servers that encoders and players are told of.
    pub ice_servers: Arc<[String]>,
    /// How often each caller may act.
    pub rates: Arc<Rates>,
    /// Room for tally feeds.
    pub feeds: Arc<FeedRoom>,
    /// Room for the transfers of line checks.
    pub transfers: Arc<TransferRoom>,
    /// Documents of the conferences.
    pub documents: Documents,
    /// Metrics.
    pub metrics: Metrics,
    /// The relays.
    pub relays: Arc<[RelayWatch]>,
}

impl App {
    /// Ids of all conferences.
    pub fn conference_ids(&self) -> Vec<ConferenceId> {
        self.lobby.conferences().map(|conference| conference.id().clone()).collect()
    }

    /// All conferences.
    pub fn conferences(&self) -> Vec<ConferenceHandle> {
        self.lobby.conferences().cloned().collect()
    }

    /// True when commands would be done: the journals can be written and the relays run.
    pub fn ready(&self) -> bool {
        self.lobby.conferences().all(|conference| conference.is_running() && conference.figures().journal_ok)
            && self.relays.iter().all(RelayWatch::running)
    }
}

impl FromRef<App> for Lobby {
    fn from_ref(app: &App) -> Self {
        app.lobby.clone()
    }
}
