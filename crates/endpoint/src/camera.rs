//! The camera and the microphone of a site: live encoders that feed the peer connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rtc::rtp;
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, watch};
use webrtc::media_stream::track_local::TrackLocal;
use wire::Uplink;

use crate::clapper;
use crate::encoder::{AccessUnit, LAYERS, LayerEncoder, LayerSpec};
use crate::fault::{Darkness, PictureFault};
use crate::frame::Frame;
use crate::marker::Marker;
use crate::measures::{SentMeters, audio_level};
use crate::packetize;
use crate::report::{Observation, Report, unix_micros, unix_ms};
use crate::sei::Stamp;
use crate::sound::{FRAME_MS, FRAME_SAMPLES, Microphone};
use crate::test_card::{CARD_PERIOD_MS, Detail, TestCard, live_frame, phase_ms};
use crate::workshop::{Haste, Workshop};

/// RTP clock of video, Hz.
const VIDEO_CLOCK: u64 = 90_000;
/// Packets that leave together; then the rest waits [`PACE_PAUSE`]. A keyframe of 30 packets takes 3 ms.
const PACE_BURST: usize = 10;
/// The shortest pause that timers give.
const PACE_PAUSE: Duration = Duration::from_millis(1);

/// An outgoing RTP stream.
#[derive(Clone)]
pub struct RtpStream {
    /// The track that carries it.
    pub track: Arc<dyn TrackLocal>,
    /// SSRC.
    pub ssrc: u32,
    /// Payload type that was agreed.
    pub payload_type: u8,
    /// Header extensions to put on every packet: id, value.
    pub extensions: Vec<(u8, Bytes)>,
    /// Id of the audio-level extension, whose value is each packet's own.
    pub level_id: Option<u8>,
}

/// A camera's stream of one layer.
#[derive(Clone)]
pub struct LayerStream {
    /// What it is encoded as.
    pub spec: LayerSpec,
    /// Where it goes.
    pub stream: RtpStream,
}

struct Numbers {
    sequence: u16,
    timestamp_offset: u32,
}

impl Numbers {
    /// Random, as RFC 3550 §5.1 wants; the sequence starts low enough that it does not wrap at once.
    fn new() -> Self {
        Self { sequence: rand::random::<u16>() >> 1, timestamp_offset: rand::random() }
    }
}

/// The peer connection is gone: there is nowhere to send to.
#[derive(Debug)]
struct Gone;

/// `level`: value of the audio-level extension, for sound.
async fn send(
    stream: &RtpStream,
    numbers: &mut Numbers,
    timestamp: u32,
    marker: bool,
    level: Option<u8>,
    payload: Bytes,
) -> Result<(), Gone> {
    let mut header = rtp::Header {
        version: 2,
        marker,
        payload_type: stream.payload_type,
        sequence_number: numbers.sequence,
        timestamp: timestamp.wrapping_add(numbers.timestamp_offset),
        ssrc: stream.ssrc,
        ..rtp::Header::default()
    };
    for (id, value) in &stream.extensions {
        header.set_extension(*id, value.clone()).map_err(|_invalid| Gone)?;
    }
    if let (Some(id), Some(level)) = (stream.level_id, level) {
        header.set_extension(id, Bytes::copy_from_slice(&[level])).map_err(|_invalid| Gone)?;
    }
    numbers.sequence = numbers.sequence.wrapping_add(1);
    stream.track.write_rtp(rtp::Packet { header, payload }).await.map_err(|_closed| Gone)
}

/// What a camera looks at.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Site index.
    pub site: u16,
    /// Name to draw.
    pub name: Arc<str>,
    /// How much there is to encode.
    pub detail: Detail,
    /// Flashes now and then ([`clapper`]).
    pub clapper: bool,
    /// What is out of order.
    pub fault: Option<PictureFault>,
}

impl Scene {
    fn layer(&self, spec: &LayerSpec) -> Result<ActiveLayer, openh264::Error> {
        let encoder = LayerEncoder::new(spec)?;
        let drawing = match self.fault {
            Some(PictureFault::Black) => Drawing::Darkness(Darkness::new(spec.size)),
            Some(PictureFault::Frozen { .. }) | None => {
                Drawing::Card(TestCard::with_detail(self.site, &self.name, spec.size, self.detail))
            }
        };
        Ok(ActiveLayer { drawing, encoder, keyframe: true })
    }

    /// What a picture that is taken at a time shows, both ms since the Unix epoch.
    fn shot(&self, now_ms: u64) -> Shot {
        let drawn_ms = match self.fault {
            Some(PictureFault::Frozen { at_ms }) => at_ms,
            Some(PictureFault::Black) | None => now_ms,
        };
        let marker = Marker { site: self.site, frame: live_frame(drawn_ms) };
        let flash = self.clapper && clapper::is_flash(self.site, drawn_ms);
        Shot { stamp: Stamp { marker, captured_ms: drawn_ms }, flash }
    }
}

/// What a picture shows.
#[derive(Debug, Clone, Copy)]
struct Shot {
    stamp: Stamp,
    flash: bool,
}

enum Drawing {
    Card(TestCard),
    Darkness(Darkness),
}

impl Drawing {
    fn draw(&mut self, shot: Shot) -> &Frame {
        let frame = shot.stamp.marker.frame;
        match self {
            Drawing::Card(card) => {
                if shot.flash {
                    card.draw_flash(frame)
                } else {
                    card.draw(shot.stamp.captured_ms, frame)
                }
            }
            Drawing::Darkness(darkness) => darkness.draw(frame),
        }
    }
}

struct ActiveLayer {
    drawing: Drawing,
    encoder: LayerEncoder,
    /// A keyframe is due with the next frame.
    keyframe: bool,
}

impl ActiveLayer {
    fn encode(&mut self, shot: Shot, meters: &SentMeters) -> Result<AccessUnit, openh264::Error> {
        let keyframe = std::mem::take(&mut self.keyframe);
        let picture = self.drawing.draw(shot);
        meters.see(picture);
        self.encoder.encode(picture, shot.stamp, keyframe)
    }
}

/// Encoders of a site, by layer. They outlive peer connections: an encoder takes megabytes and milliseconds to make.
pub struct Encoders {
    layers: [Option<ActiveLayer>; LAYERS.len()],
    workshop: Workshop,
}

impl Encoders {
    /// None yet; pictures will be encoded in this workshop.
    pub fn new(workshop: Workshop) -> Self {
        Self { layers: Default::default(), workshop }
    }

    /// Nobody waits for the frames of a site whose small layer alone is wanted, but for a keyframe that was asked for.
    fn haste(&self) -> Haste {
        let [low, larger @ ..] = &self.layers;
        let asked = low.as_ref().is_some_and(|low| low.keyframe);
        if asked || larger.iter().any(Option::is_some) { Haste::Urgent } else { Haste::Patient }
    }
}

struct LayerSender {
    stream: LayerStream,
    numbers: Numbers,
}

/// A site's camera on one peer connection. Runs until that is gone.
pub struct Camera {
    scene: Scene,
    senders: Vec<LayerSender>,
    encoders: OwnedMutexGuard<Encoders>,
    meters: Arc<SentMeters>,
    began: Instant,
    report: Report,
}

impl Camera {
    /// A camera that sends `layers` (in the order of [`LAYERS`]). Waits until the camera of the peer connection before has let
    /// the encoders go.
    pub async fn new(
        scene: Scene,
        layers: Vec<LayerStream>,
        encoders: Arc<Mutex<Encoders>>,
        meters: Arc<SentMeters>,
        report: Report,
    ) -> Self {
        let mut encoders = encoders.lock_owned().await;
        // Nobody on this connection has seen a frame.
        encoders.layers.iter_mut().flatten().for_each(|layer| layer.keyframe = true);
        let senders = layers.into_iter().map(|stream| LayerSender { stream, numbers: Numbers::new() }).collect();
        Self { scene, senders, encoders, meters, began: Instant::now(), report }
    }

    /// Sends frames of the layers that `wanted` names; `keyframes` carries SSRCs whose keyframe was asked for.
    pub async fn run(mut self, mut wanted: watch::Receiver<Uplink>, mut keyframes: mpsc::Receiver<u32>) {
        let first = *wanted.borrow_and_update();
        self.switch(first);
        if self.send_keyframes().await.is_err() {
            return;
        }
        loop {
            let sent = tokio::select! {
                changed = wanted.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let uplink = *wanted.borrow_and_update();
                    self.switch(uplink);
                    self.send_keyframes().await
                }
                Some(ssrc) = keyframes.recv() => {
                    self.ask_keyframe(ssrc);
                    while let Ok(ssrc) = keyframes.try_recv() {
                        self.ask_keyframe(ssrc);
                    }
                    self.send_keyframes().await
                }
                card_frame = self.next_card_frame() => self.send_due(card_frame).await,
            };
            if let Err(Gone) = sent {
                return;
            }
        }
    }

    /// Starts encoders of layers that are wanted now and drops the others.
    fn switch(&mut self, uplink: Uplink) {
        for (spec, slot) in LAYERS.iter().zip(&mut self.encoders.layers) {
            let wanted = match spec.layer {
                wire::Layer::Low => uplink.low,
                wire::Layer::Mid => uplink.mid,
                wire::Layer::High => uplink.high,
            };
            if !wanted {
                *slot = None;
            } else if slot.is_none() {
                match self.scene.layer(spec) {
                    Ok(layer) => *slot = Some(layer),
                    Err(error) => tracing::error!(%error, rid = spec.rid, "no encoder"),
                }
            }
        }
    }

    fn ask_keyframe(&mut self, ssrc: u32) {
        let Some(asked) = self.senders.iter().position(|sender| sender.stream.stream.ssrc == ssrc) else { return };
        self.report.observe(&Observation::KeyframeAsked { layer: self.senders[asked].stream.spec.rid });
        if let Some(active) = &mut self.encoders.layers[asked] {
            active.keyframe = true;
        }
    }

    /// Number of the next card frame in which a layer is due, when it is time. Sites are spread over the period.
    async fn next_card_frame(&self) -> u64 {
        let phase = phase_ms(self.scene.site);
        let now = unix_ms();
        let mut next = (now.saturating_sub(phase)) / CARD_PERIOD_MS + 1;
        let active = LAYERS.iter().zip(&self.encoders.layers).filter(|(_, layer)| layer.is_some());
        let Some(every) = active.map(|(spec, _)| spec.every).min() else {
            return std::future::pending().await;
        };
        while !self.is_due(next, every) {
            next += 1;
        }
        let wait = (next * CARD_PERIOD_MS + phase).saturating_sub(now);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        next
    }

    fn is_due(&self, card_frame: u64, every: u32) -> bool {
        (card_frame + u64::from(self.scene.site)).is_multiple_of(u64::from(every))
    }

    async fn send_due(&mut self, card_frame: u64) -> Result<(), Gone> {
        for index in 0..self.senders.len() {
            if self.is_due(card_frame, self.senders[index].stream.spec.every) {
                self.send_frame(index).await?;
            }
        }
        Ok(())
    }

    /// Keyframes that were asked for do not wait for the layer's turn.
    async fn send_keyframes(&mut self) -> Result<(), Gone> {
        for index in 0..self.senders.len() {
            if self.encoders.layers[index].as_ref().is_some_and(|active| active.keyframe) {
                self.send_frame(index).await?;
            }
        }
        Ok(())
    }

    async fn send_frame(&mut self, index: usize) -> Result<(), Gone> {
        let timestamp = (self.began.elapsed().as_micros() as u64 * VIDEO_CLOCK / 1_000_000) as u32;
        let haste = self.encoders.haste();
        let Some(mut active) = self.encoders.layers[index].take() else { return Ok(()) };
        let (shot, meters) = (self.scene.shot(unix_ms()), Arc::clone(&self.meters));
        let encoding = self.encoders.workshop.run(haste, move || {
            let unit = active.encode(shot, &meters);
            (active, unit)
        });
        // A panic of the codec ends the camera; the next peer connection makes a new encoder.
        let (active, unit) = encoding.await.map_err(|_panicked| Gone)?;
        self.encoders.layers[index] = Some(active);
        let sender = &mut self.senders[index];
        let unit = match unit {
            Ok(unit) => unit,
            Err(error) => {
                tracing::error!(%error, rid = sender.stream.spec.rid, "a frame was not encoded");
                return Ok(());
            }
        };
        let payloads = packetize::payloads(&unit);
        let last = payloads.len().saturating_sub(1);
        for (at, payload) in payloads.into_iter().enumerate() {
            if at > 0 && at % PACE_BURST == 0 {
                tokio::time::sleep(PACE_PAUSE).await;
            }
            send(&sender.stream.stream, &mut sender.numbers, timestamp, at == last, None, payload).await?;
        }
        Ok(())
    }
}

/// RIDs that an uplink asks for, lowest first.
pub fn rids(uplink: Uplink) -> Vec<&'static str> {
    LAYERS
        .iter()
        .zip([uplink.low, uplink.mid, uplink.high])
        .filter_map(|(spec, wanted)| wanted.then_some(spec.rid))
        .collect()
}

/// Sends what a site's microphone hears until the peer connection is gone.
pub async fn run_microphone(
    site: u16,
    mut microphone: Microphone,
    stream: RtpStream,
    meters: Arc<SentMeters>,
) -> Result<(), opus::Error> {
    let mut numbers = Numbers::new();
    let period = Duration::from_millis(FRAME_MS);
    let spread = Duration::from_millis(u64::from(site) * 3 % FRAME_MS);
    let start = tokio::time::Instant::now() + spread;
    let mut ticks = tokio::time::interval_at(start, period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut first = true;
    loop {
        let at = ticks.tick().await;
        // Frames that could not be sent in time are a gap in the timestamps, as with a real device.
        let frames = at.duration_since(start).as_millis() as u64 / FRAME_MS;
        let timestamp = (frames * FRAME_SAMPLES as u64) as u32;
        let unix_us = unix_micros() - at.elapsed().as_micros() as u64;
        let packet = microphone.frame_at(unix_us)?;
        meters.hear(microphone.samples());
        let level = audio_level(microphone.samples());
        if let Err(Gone) = send(&stream, &mut numbers, timestamp, first, Some(level), packet).await {
            return Ok(());
        }
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::PictureMeasures;

    const NOW_MS: u64 = 1_795_000_000_000;

    /// Measures of the second of two pictures of the low layer, two seconds apart, and their stamps.
    fn filmed(fault: Option<PictureFault>) -> (PictureMeasures, [Stamp; 2]) {
        let scene = Scene { site: 12, name: "Cao Bằng".into(), detail: Detail::Busy, clapper: false, fault };
        let mut layer = scene.layer(&LAYERS[0]).unwrap();
        let meters = SentMeters::default();
        let [first, second] = [NOW_MS, NOW_MS + 2_000].map(|now_ms| {
            let shot = scene.shot(now_ms);
            layer.encode(shot, &meters).unwrap();
            (shot.stamp, meters.take().0.unwrap())
        });
        (second.1, [first.0, second.0])
    }

    #[test]
    fn a_camera_in_order_has_light_and_detail_and_moves() {
        let (measures, stamps) = filmed(None);
        assert!((60.0..140.0).contains(&measures.luma), "{measures:?}");
        assert!(measures.spread > 30.0 && measures.change.unwrap() > 1.0, "{measures:?}");
        assert_eq!(stamps.map(|stamp| stamp.captured_ms), [NOW_MS, NOW_MS + 2_000]);
    }

    #[test]
    fn a_frozen_camera_shows_one_instant_for_ever() {
        let (measures, stamps) = filmed(Some(PictureFault::Frozen { at_ms: NOW_MS - 500 }));
        assert_eq!(measures.change, Some(0.0));
        assert!(measures.spread > 30.0, "{measures:?}");
        assert_eq!(stamps[0], stamps[1], "and says so");
        assert_eq!(stamps[0].captured_ms, NOW_MS - 500);
    }

    #[test]
    fn a_covered_lens_shows_nothing_but_its_noise() {
        let (measures, stamps) = filmed(Some(PictureFault::Black));
        assert!(measures.luma < 1.0 && measures.spread < 1.0 && measures.change.unwrap() > 0.0, "{measures:?}");
        assert_ne!(stamps[0], stamps[1], "the encoder goes on");
    }
}
