//! From what relay and pages report to the samples of `health`. Numbers that are none are dropped where they are read.

use std::time::Instant;

use conference::{SiteSlug, TrackKind};
use health::units::{Dbfs, DelayMs, Fps, Kbps, Luma, Share};
use health::{CandidatePath, ContentSample, Context, Direction, EncoderLimit, LineSample, NetworkType, PageSample};
use relay_core::Layer;
use wire::{DeviceState, EndpointStats, SentStats};

use crate::live::{Arrival, Peer};

/// A page reports so often, seconds (`wire::ClientMessage::Stats`).
const REPORT_SECONDS: f32 = 2.0;

/// The last second of what arrives of a connection. Its round trip is the relay's if it sends something there, else `page_rtt_ms`, that of
/// the page's own messages; 0: not known.
pub fn line_up(arrival: &Arrival, now: Instant, page_rtt_ms: f32) -> LineSample {
    let page_rtt_ms = Some(page_rtt_ms).filter(|rtt_ms| *rtt_ms > 0.0);
    let (camera, sound) = (arrival.track(TrackKind::Camera), arrival.track(TrackKind::Microphone));
    let flowing = [camera, sound].into_iter().flatten().filter(|track| track.flows(now));
    let (lost, received) = flowing.fold((0, 0), |(lost, received), track| {
        let (of_lost, of_received) = track.packets();
        (lost + of_lost, received + of_received)
    });
    let camera = camera.filter(|track| track.flows(now)).and_then(|track| track.best());
    let sound = sound.filter(|track| track.flows(now));
    LineSample {
        direction: Direction::Up,
        kbps: Kbps::read(arrival.kbps()),
        expected: lost + received,
        lost,
        jitter: sound.and_then(|track| track.best()).and_then(|layer| DelayMs::read(layer.jitter_ms)),
        rtt: arrival.rtt_ms().or(page_rtt_ms).and_then(DelayMs::read),
        fps: camera.and_then(|layer| Fps::read(layer.frames as f32)),
        keyframes: camera.map_or(0, |layer| layer.keyframes),
        // The relay counts whole pictures: a second without one is a freeze for whoever looks.
        freezes: camera.map_or(0, |layer| u32::from(layer.frames == 0)),
        height: camera.map(|layer| height(layer.layer)),
        level: sound.and_then(|track| track.stats.level_dbfs).and_then(Dbfs::read),
    }
}

/// Share of the packets of its sound that were lost in the last second; none: no sound arrives.
pub fn sound_loss(arrival: &Arrival, now: Instant) -> Option<Share> {
    let (lost, received) = arrival.track(TrackKind::Microphone).filter(|track| track.flows(now))?.packets();
    Share::of(lost, lost + received)
}

/// The last second of what is sent to a connection; none: it receives nothing, or the relay has not reported yet. What it makes of it
/// only its page can tell.
pub fn line_down(arrival: &Arrival, page: Option<&PageSample>) -> Option<LineSample> {
    let receiver = arrival.receiver()?;
    let lost = (receiver.loss.clamp(0.0, 1.0) * receiver.packets as f32).round() as u32;
    Some(LineSample {
        direction: Direction::Down,
        kbps: Kbps::read(receiver.bits as f32 / 1_000.0),
        expected: receiver.packets,
        lost,
        jitter: None,
        rtt: arrival.rtt_ms().and_then(DelayMs::read),
        fps: None,
        keyframes: 0,
        freezes: page.map_or(0, |page| page.freezes),
        height: None,
        level: None,
    })
}

/// The last report of a page.
pub fn page_sample(stats: &EndpointStats, visible: bool) -> PageSample {
    let sent = stats.sent.as_ref();
    PageSample {
        fps: Fps::read(stats.frames as f32 / REPORT_SECONDS),
        freezes: stats.freezes,
        concealed: Share::read(stats.concealed),
        limit: match sent.map(|sent| sent.encoder_limit).unwrap_or_default() {
            wire::EncoderLimit::None => EncoderLimit::None,
            wire::EncoderLimit::Cpu => EncoderLimit::Cpu,
            wire::EncoderLimit::Bandwidth => EncoderLimit::Bandwidth,
            wire::EncoderLimit::Other => EncoderLimit::Other,
        },
        path: match sent.map(|sent| sent.path).unwrap_or_default() {
            wire::CandidatePath::Unknown => CandidatePath::Unknown,
            wire::CandidatePath::Udp => CandidatePath::Udp,
            wire::CandidatePath::Tcp => CandidatePath::Tcp,
            wire::CandidatePath::Relayed => CandidatePath::Relayed,
        },
        network: match sent.map(|sent| sent.network).unwrap_or_default() {
            wire::NetworkType::Unknown => NetworkType::Unknown,
            wire::NetworkType::Wired => NetworkType::Wired,
            wire::NetworkType::Wifi => NetworkType::Wifi,
            wire::NetworkType::Cellular => NetworkType::Cellular,
            wire::NetworkType::Other => NetworkType::Other,
        },
        battery: sent.and_then(|sent| sent.battery).and_then(Share::read),
        visible,
    }
}

/// What a page measured of its own picture and sound. Frames are those that the relay counted.
pub fn content_sample(sent: &SentStats, arrival: &Arrival, now: Instant) -> ContentSample {
    let camera = arrival.track(TrackKind::Camera).filter(|track| track.flows(now)).and_then(|track| track.best());
    let measure = |value: Option<f32>| value.and_then(Luma::read);
    ContentSample {
        frames: camera.map_or(0, |layer| (layer.frames as f32 * REPORT_SECONDS) as u32),
        luma_mean: measure(sent.luma),
        luma_spread: measure(sent.spread),
        luma_change: measure(sent.change),
        clipped: sent.clipped.and_then(Share::read),
        rms: sent.rms_dbfs.and_then(Dbfs::read),
        peak: sent.peak_dbfs.and_then(Dbfs::read),
    }
}

/// Whether a site's picture and sound are measured now: a page that measures them, of what is neither switched off nor muted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The picture.
    pub picture: bool,
    /// The sound.
    pub sound: bool,
    /// The programme has something by which an echo of it could be told.
    pub echo: bool,
}

impl Judged {
    /// Of the line of a site.
    pub fn of(conference: &conference::Conference, site: &SiteSlug, peer: &Peer, echo: bool, now: Instant) -> Self {
        let measured = peer.fresh_stats(now).is_some_and(|stats| stats.sent.is_some());
        let context = context_of(conference, site, peer);
        Self { picture: measured && !context.camera_off, sound: measured && !context.muted, echo }
    }
}

/// Everybody sees or hears it.
pub fn is_on_air(conference: &conference::Conference, site: &SiteSlug) -> bool {
    let program = conference.state().stage.program();
    program.microphones.contains(site) || program.shows(site)
}

/// What a site is meant to do.
pub fn context_of(conference: &conference::Conference, site: &SiteSlug, peer: &Peer) -> Context {
    let state = conference.state();
    let status = peer.status.as_ref();
    let works = |state: Option<DeviceState>| matches!(state, None | Some(DeviceState::Live));
    let on_air = is_on_air(conference, site);
    let muted = state.stage.muted.contains(site);
    Context {
        muted: muted || !works(status.map(|status| status.microphone)),
        camera_off: !works(status.map(|status| status.camera)),
        on_air,
        expected_to_speak: state.floor.holder.as_ref().is_some_and(|holder| holder.site == *site),
        checked: false,
    }
}

fn height(layer: Layer) -> u16 {
    match layer {
        Layer::Low => 180,
        Layer::Mid => 360,
        Layer::High => 720,
    }
}
