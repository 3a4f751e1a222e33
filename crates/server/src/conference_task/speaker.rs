//! Whether who speaks is seen or heard: the clock runs for media that really arrives, not for a socket that answers.

use std::time::{Duration, Instant};

use conference::{Fact, SiteSlug};
use wire::EndpointRole;

use super::task::Task;
use crate::access::millis;

/// So long after [`crate::live::SILENT_AFTER`] a speaker of whom nothing arrives is said to be lost: a page builds its media anew meanwhile.
pub const SPEAKER_LOST_AFTER: Duration = Duration::from_millis(2_750);
/// So long a speaker has who has only just come, or come back: a camera starts, and on a full machine a handshake takes its time.
pub const SPEAKER_BEGINS_WITHIN: Duration = Duration::from_secs(10);

/// What arrives of the site that speaks.
#[derive(Debug)]
pub(super) struct SpeakerWatch {
    site: SiteSlug,
    /// Since when nothing does; while something does: now.
    silent_since: Instant,
    /// Something did since the site is here.
    arrived: bool,
}

impl SpeakerWatch {
    fn lost(&self, now: Instant) -> Option<Duration> {
        let (silent_for, bound) = match self.arrived {
            true => (crate::live::SILENT_AFTER, SPEAKER_LOST_AFTER),
            false => (Duration::ZERO, SPEAKER_BEGINS_WITHIN),
        };
        let noticed = now.saturating_duration_since(self.silent_since);
        (noticed >= bound).then_some(silent_for + noticed)
    }
}

impl Task {
    /// Tells the conference when picture and sound of who speaks are gone, and when one of them is back. Of a site that is gone
    /// altogether its endpoints tell ([`super::presence`]).
    pub(super) fn watch_speaker(&mut self) {
        let now = self.now().instant;
        let state = self.ledger.shown().state();
        let speaks = |site: &SiteSlug| state.roster.can_publish(site);
        let Some(holder) = state.floor.holder.as_ref().filter(|holder| holder.on_air && speaks(&holder.site)) else {
            self.speaker = None;
            return;
        };
        let (site, is_held) = (holder.site.clone(), holder.grace.is_some());
        let is_line = |(seat, role): (&SiteSlug, EndpointRole)| *seat == site && role != EndpointRole::Screen;
        let arrives = self.peers.iter().any(|peer| peer.seat().is_some_and(is_line) && peer.media_arrives(now));
        let known = self.speaker.take().filter(|watch| watch.site == site);
        let watch = match known {
            Some(watch) if !arrives => watch,
            _ => SpeakerWatch { site: site.clone(), silent_since: now, arrived: arrives },
        };
        let lost = watch.lost(now);
        self.speaker = Some(watch);
        match lost {
            Some(silent) if !is_held => {
                tracing::warn!(site = site.as_str(), "neither picture nor sound of who speaks arrives");
                self.happened(Fact::SourceLost { site, silent_ms: millis(silent) });
            }
            None if arrives && is_held => {
                self.happened(Fact::SourceArrives { site });
            }
            _ => {}
        }
    }
}
