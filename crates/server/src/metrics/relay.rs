//! The relay's events on their way to the conference, counted.

use std::sync::atomic::Ordering;

use relay_core::{PlaneEvent, RelayEvent};
use tokio::sync::mpsc;

use super::{Direction, OfConference, RelayWatch};

/// Passes the relay's events on in order, and counts them. Ends with the relay or with the conference.
pub fn tap(watch: RelayWatch, mut events: mpsc::UnboundedReceiver<RelayEvent>) -> mpsc::UnboundedReceiver<RelayEvent> {
    let (onward, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            watch.observe(&event);
            if onward.send(event).is_err() {
                return;
            }
        }
        watch.running.store(false, Ordering::Relaxed);
    });
    receiver
}

impl RelayWatch {
    fn observe(&self, event: &RelayEvent) {
        let series = &self.metrics.0;
        let label = OfConference { conference: self.conference.clone() };
        let RelayEvent::Plane(event) = event else { return };
        match event {
            PlaneEvent::TakeDone { elapsed, .. } => {
                series.take_seconds.get_or_create(&label).observe(elapsed.as_secs_f64());
            }
            PlaneEvent::TrackStats(stats) => {
                let packets = stats.layers.iter().map(|layer| u64::from(layer.packets)).sum();
                let lost = stats.layers.iter().map(|layer| u64::from(layer.lost)).sum();
                self.count("in", packets, stats.layers.iter().map(|layer| layer.bits).sum());
                series.lost.get_or_create(&label).inc_by(lost);
            }
            PlaneEvent::ReceiverStats(stats) => {
                self.count("out", u64::from(stats.packets), stats.bits);
                series.retransmitted.get_or_create(&label).inc_by(u64::from(stats.retransmitted));
            }
            PlaneEvent::TakeFailed { .. }
            | PlaneEvent::LayersWanted { .. }
            | PlaneEvent::Ceiling { .. }
            | PlaneEvent::Levels(_)
            | PlaneEvent::Readiness { .. } => {}
        }
    }

    fn count(&self, direction: &'static str, packets: u64, bits: u64) {
        let label = Direction { conference: self.conference.clone(), direction };
        self.metrics.0.packets.get_or_create(&label).inc_by(packets);
        self.metrics.0.bytes.get_or_create(&label).inc_by(bits / 8);
    }
}
