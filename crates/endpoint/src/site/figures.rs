//! What the site measured, for the server.

use wire::{CandidatePath, EndpointStats};

use super::{STATS_EVERY, Site};

impl Site {
    /// Since they were told last.
    pub(super) fn stats(&self) -> EndpointStats {
        let counts = self.meter.take_counts();
        let share = |part: u64, rest: u64| if part == 0 { 0.0 } else { part as f32 / (part + rest) as f32 };
        EndpointStats {
            frames: counts.frames,
            freezes: counts.freezes,
            concealed: share(counts.sound_lost, counts.sound_packets),
            loss: share(counts.lost, counts.packets),
            rtt_ms: self.rtt.as_secs_f32() * 1_000.0,
            kbps: counts.bytes as f32 * 8.0 / 1_000.0 / STATS_EVERY.as_secs_f32(),
            sent: Some(self.studio.sent(self.path())),
        }
    }

    /// How packets travel: we gather host candidates of UDP alone.
    fn path(&self) -> CandidatePath {
        let connected = self.media.as_ref().is_some_and(|media| media.connected_at.is_some());
        if connected { CandidatePath::Udp } else { CandidatePath::Unknown }
    }
}
