//! The check of the site's line, as far as the site has to do something for it.

use wire::{CheckState, ClientMessage, DeviceState, EndpointStatus, SiteCheck};

use super::Site;
use crate::control::Control;
use crate::transfer;

impl Site {
    /// Asks for the check of its line, once, when its media is up.
    pub(super) async fn ask_for_check(&mut self, control: &mut Control) -> anyhow::Result<()> {
        let is_up = self.media.as_ref().is_some_and(|media| media.connected_at.is_some());
        if self.config.check.is_none() || self.check_asked || !is_up {
            return Ok(());
        }
        self.check_asked = true;
        control.send(&ClientMessage::CheckLine).await
    }

    /// The check of its line came further.
    pub(super) fn checked(&mut self, check: SiteCheck) {
        if check.state == CheckState::Transferring {
            let (server, token) = (self.config.server.clone(), self.config.token.clone());
            let carried = self.carried_sender.clone();
            tokio::spawn(async move {
                // A site that has ended needs no answer.
                let _ = carried.send(transfer::measure(server, token).await).await;
            });
        }
        if let Some(steps) = &self.config.check {
            // Who does not read does not want to know.
            let _ = steps.try_send(check);
        }
    }
}

/// `checks`: it only checks its line, and what it sends stands for no camera and no microphone.
pub(super) fn status(checks: bool) -> EndpointStatus {
    let device = if checks { DeviceState::Off } else { DeviceState::Live };
    EndpointStatus {
        camera: device,
        microphone: device,
        sound_playing: true,
        content: false,
        visible: true,
        device_changes: 0,
        browser: Some(concat!("dienhong ", env!("CARGO_PKG_VERSION")).to_owned()),
    }
}
