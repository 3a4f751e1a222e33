//! The camera and the microphone of a site, whatever peer connection carries them.

use std::sync::Arc;

use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use wire::{CandidatePath, EncoderLimit, NetworkType, SentStats, Uplink};

use crate::camera::{Camera, Encoders, Scene, run_microphone};
use crate::echo::Echo;
use crate::fault::{PictureFault, SoundFault};
use crate::measures::SentMeters;
use crate::peer::Streams;
use crate::report::{Report, unix_ms};
use crate::site::SiteConfig;
use crate::sound::Microphone;
use crate::speech::Seed;

/// What outlives peer connections.
pub struct Studio {
    scene: Scene,
    speech: Option<Seed>,
    sound_fault: Option<SoundFault>,
    meters: Arc<SentMeters>,
    wanted: watch::Sender<Uplink>,
    encoders: Arc<Mutex<Encoders>>,
}

impl Studio {
    /// The studio of a site: its low layer alone is wanted until the server has said otherwise.
    pub fn new(config: &SiteConfig) -> Self {
        Self {
            scene: Scene {
                site: config.index,
                name: config.name.clone().into(),
                detail: config.detail,
                clapper: config.clapper,
                fault: config.fault.and_then(|fault| PictureFault::of(fault, unix_ms())),
            },
            speech: config.speech,
            sound_fault: config.fault.and_then(|fault| SoundFault::of(fault, config.index)),
            meters: Arc::default(),
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
                self.scene.clone(),
                streams.camera,
                Arc::clone(&self.encoders),
                Arc::clone(&self.meters),
                report.clone(),
            );
            let wanted = self.wanted.subscribe();
            tasks.spawn(async move { camera.await.run(wanted, keyframes).await });
        }
        if let Some(stream) = streams.microphone {
            let (site, microphone, meters) = (self.scene.site, self.microphone(), Arc::clone(&self.meters));
            tasks.spawn(async move {
                let ran = match microphone {
                    Ok(microphone) => run_microphone(site, microphone, stream, meters).await,
                    Err(error) => Err(error),
                };
                if let Err(error) = ran {
                    tracing::error!(%error, "the microphone stopped");
                }
            });
        }
    }

    /// Where the programme must be played; none: nobody hears it.
    pub fn echo(&self) -> Option<Arc<Echo>> {
        match &self.sound_fault {
            Some(SoundFault::Echo(echo)) => Some(Arc::clone(echo)),
            Some(SoundFault::Silent | SoundFault::Hiss(_) | SoundFault::Clipping) | None => None,
        }
    }

    /// What was sent since the last call, and how it travelled. Nothing limits the encoder: a test card does not adapt.
    pub fn sent(&self, path: CandidatePath) -> SentStats {
        let (picture, sound) = self.meters.take();
        SentStats {
            luma: picture.map(|picture| picture.luma),
            spread: picture.map(|picture| picture.spread),
            change: picture.and_then(|picture| picture.change),
            rms_dbfs: sound.map(|sound| sound.rms_dbfs),
            peak_dbfs: sound.map(|sound| sound.peak_dbfs),
            clipped: sound.map(|sound| sound.clipped),
            encoder_limit: EncoderLimit::None,
            path,
            network: NetworkType::Unknown,
            battery: None,
        }
    }

    fn microphone(&self) -> Result<Microphone, opus::Error> {
        let site = self.scene.site;
        let microphone = match self.speech {
            _ if self.scene.clapper => Microphone::beeping(site)?,
            Some(seed) => Microphone::speaking(site, seed)?,
            None => Microphone::of_site(site)?,
        };
        Ok(microphone.with_fault(self.sound_fault.clone()))
    }
}
