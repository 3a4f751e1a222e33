//! Live facts as pages see them.

use std::collections::BTreeMap;
use std::time::Instant;

use conference::{ConnectionId, SiteSlug, TrackKind};
use health::units::{DelayMs, Share};
use health::{Finding, Reason};
use wire::{DeviceState, EndpointLive, EndpointRole, Layer, LiveView, Quality, QualityReason, Readiness, SiteLive};

use super::calls::Calls;
use super::peer::{Peer, Peers, Who};
use super::readiness::{level_dbfs, readiness};
use crate::convert;
use crate::view::Audience;

/// How long operators see that a second device was refused, ms: long enough to notice and to ring the site.
const SECOND_DEVICE_SHOWN_MS: u64 = 60_000;

/// Which parts of the server itself do what they should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Working {
    /// The journal can be written.
    pub journal: bool,
    /// The relay keeps up.
    pub relay: bool,
}

/// What was found of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteVerdict {
    /// Its line.
    pub finding: Finding,
    /// Its picture and sound.
    pub faults: Vec<wire::ContentFault>,
    /// Lost since, ms since the epoch.
    pub lost_since: Option<u64>,
}

/// The control lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseLive {
    /// Who holds it.
    pub holder: String,
    /// Since when the holder is missing, ms since the epoch.
    pub missing_since: Option<u64>,
}

/// What is told beside the peers.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The lease, if somebody holds it.
    pub lease: Option<LeaseLive>,
    /// Who calls.
    pub calls: &'a Calls,
    /// Verdicts on the sites that have a line.
    pub verdicts: &'a BTreeMap<SiteSlug, SiteVerdict>,
    /// What works.
    pub working: Working,
}

/// Live facts that an audience may read: a site reads its own.
pub fn live_for(audience: &Audience, view: &LiveView) -> LiveView {
    let own = match audience {
        Audience::Centre => return view.clone(),
        Audience::Site(site) => Some(site),
        Audience::Screen => None,
    };
    let sites = own.and_then(|site| view.sites.get(site).map(|live| (site.clone(), live.clone())));
    LiveView {
        sites: sites.into_iter().collect(),
        operators: Vec::new(),
        lease: None,
        lease_missing_since: None,
        journal_ok: view.journal_ok,
        relay_keeps_up: view.relay_keeps_up,
        now: view.now,
    }
}

impl Peers {
    /// All live facts.
    pub fn live_view(&self, around: Surroundings<'_>, now: Instant, now_ms: u64) -> LiveView {
        let Surroundings { lease, calls, verdicts, working } = around;
        let (holder, missing) = lease.map_or((None, None), |lease| (Some(lease.holder), lease.missing_since));
        let live = self.live(holder.clone(), now);
        let mut by_site: BTreeMap<&SiteSlug, Vec<&Peer>> = BTreeMap::new();
        for peer in self.iter() {
            if let Some((site, _)) = peer.seat() {
                by_site.entry(site).or_default().push(peer);
            }
        }
        // Of who is lost for long nothing is remembered but that.
        for site in verdicts.keys() {
            by_site.entry(site).or_default();
        }
        let site = |(site, peers): (&SiteSlug, Vec<&Peer>)| {
            let sender = live.publisher(site).map(|endpoint| endpoint.connection);
            let live = site_live(&peers, sender, verdicts.get(site), calls.since(site), now, now_ms);
            (convert::site_out(site.clone()), live)
        };
        LiveView {
            sites: by_site.into_iter().map(site).collect(),
            operators: self.operators(),
            lease: holder,
            lease_missing_since: missing,
            journal_ok: working.journal,
            relay_keeps_up: working.relay,
            now: now_ms,
        }
    }
}

/// Live facts of a site from its peers; none: it is lost for long. `sender` is the one that would be on air, if any.
pub fn site_live(
    peers: &[&Peer],
    sender: Option<ConnectionId>,
    verdict: Option<&SiteVerdict>,
    calling_since: Option<u64>,
    now: Instant,
    now_ms: u64,
) -> SiteLive {
    let sender = peers.iter().find(|peer| Some(peer.id) == sender);
    let (quality, reason) = match verdict.map(|verdict| verdict.finding) {
        Some(finding) => (quality_out(finding.quality), finding.reason.map(reason_out)),
        None => (Quality::Lost, Some(QualityReason::NotConnected)),
    };
    SiteLive {
        endpoints: peers.iter().map(|peer| endpoint_live(peer, now, now_ms)).collect(),
        quality,
        reason,
        faults: verdict.map(|verdict| verdict.faults.clone()).unwrap_or_default(),
        lost_since: verdict.and_then(|verdict| verdict.lost_since),
        level_dbfs: sender.map_or(-127, |peer| level_dbfs(peer, now)),
        ready: sender.map_or(Readiness::Offline, |peer| readiness(peer)),
        calling_since,
    }
}

/// The verdict; the same four everywhere.
pub fn quality_out(quality: health::Quality) -> Quality {
    match quality {
        health::Quality::Good => Quality::Good,
        health::Quality::Weak => Quality::Weak,
        health::Quality::Bad => Quality::Bad,
        health::Quality::Lost => Quality::Lost,
    }
}

/// Why a verdict is not good.
pub fn reason_out(reason: Reason) -> QualityReason {
    match reason {
        // Who was never here has no finding.
        Reason::NotConnected => QualityReason::CutOff,
        Reason::NoMedia => QualityReason::NoMedia,
        Reason::NoPicture => QualityReason::NoPicture,
        Reason::NoSound => QualityReason::NoSound,
        Reason::Loss => QualityReason::Loss,
        Reason::Delay => QualityReason::Delay,
        Reason::LowFrameRate => QualityReason::LowFrameRate,
        Reason::ReceivingLoss => QualityReason::ReceivingLoss,
        Reason::ConcealedSound => QualityReason::ConcealedSound,
        Reason::Freezes => QualityReason::Freezes,
    }
}

fn endpoint_live(peer: &Peer, now: Instant, now_ms: u64) -> EndpointLive {
    let role = match &peer.who {
        Who::Endpoint { role, .. } => *role,
        Who::Operator { .. } => EndpointRole::Main,
    };
    let status = peer.status.as_ref();
    let arrival = peer.media.as_ref().filter(|media| media.connected).map(|media| &media.arrival);
    let arriving = peer.arriving(now);
    let camera = arrival.and_then(|arrival| arrival.track(TrackKind::Camera)).filter(|track| track.flows(now));
    EndpointLive {
        role,
        control: peer.is_in_touch(now),
        media: peer.media_arrives(now),
        camera: status.map_or(DeviceState::Missing, |status| status.camera),
        microphone: status.map_or(DeviceState::Missing, |status| status.microphone),
        sound_playing: status.is_some_and(|status| status.sound_playing),
        content: status.is_some_and(|status| status.content),
        kbps: arrival.map_or(0.0, |arrival| arrival.kbps().round()),
        fps: camera.and_then(|track| track.best()).map_or(0.0, |layer| layer.frames as f32),
        layer: arrival.and_then(|arrival| arrival.layer(now)).map(|layer| match layer {
            relay_core::Layer::Low => Layer::Low,
            relay_core::Layer::Mid => Layer::Mid,
            relay_core::Layer::High => Layer::High,
        }),
        loss: arriving.loss.map_or(0.0, Share::get),
        rtt_ms: arriving.rtt.map_or(0.0, DelayMs::get),
        since: peer.since,
        device_changes: status.map_or(0, |status| status.device_changes),
        browser: status.and_then(|status| status.browser.clone()),
        second_device_at: peer.second_device_at.filter(|at| now_ms.saturating_sub(*at) < SECOND_DEVICE_SHOWN_MS),
    }
}
