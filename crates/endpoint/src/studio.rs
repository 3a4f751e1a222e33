//! The camera and the microphone of a site, whatever peer connection carries them.

use std::sync::Arc;

use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use wire::Uplink;

use crate::camera::{Camera, Encoders, run_microphone};
use crate::peer::Streams;
use crate::report::Report;
use crate::site::SiteConfig;
use crate::test_card::Detail;

/// What outlives peer connections.
pub struct Studio {
    index: u16,
    name: Arc<str>,
    detail: Detail,
    clapper: bool,
    wanted: watch::Sender<Uplink>,
    encoders: Arc<Mutex<Encoders>>,
}

impl Studio {
    /// The studio of a site: its low layer alone is wanted until the server has said otherwise.
    pub fn new(config: &SiteConfig) -> Self {
        Self {
            index: config.index,
            name: config.name.clone().into(),
            detail: config.detail,
            clapper: config.clapper,
            wanted: watch::channel(Uplink { low: true, mid: false, high: false, content: false }).0,
            encoders: Arc::new(Mutex::new(Encoders::new(config.workshop.clone()))),
        }
    }

    /// These layers are wanted from now on. True if they are not those from before.
    pub fn uplink(&self, uplink: Uplink) -> bool {
        self.wanted.send_if_modified(|wanted| std::mem::replace(wanted, uplink) != uplink)
    }

    /// Starts camera and microphone on a peer connection that stands; they end with `tasks`.
    pub fn start(&self, tasks: &mut JoinSet<()>, streams: Streams, report: &Report) {
        if let (false, Some(keyframes)) = (streams.camera.is_empty(), streams.keyframes) {
            let camera = Camera::new(
                self.index,
                Arc::clone(&self.name),
                self.detail,
                self.clapper,
                streams.camera,
                Arc::clone(&self.encoders),
                report.clone(),
            );
            let wanted = self.wanted.subscribe();
            tasks.spawn(async move { camera.await.run(wanted, keyframes).await });
        }
        if let Some(microphone) = streams.microphone {
            let (index, clapper) = (self.index, self.clapper);
            tasks.spawn(async move {
                if let Err(error) = run_microphone(index, clapper, microphone).await {
                    tracing::error!(%error, "the microphone stopped");
                }
            });
        }
    }
}
