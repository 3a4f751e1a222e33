//! All peers, and what they do with what arrives. It owns no socket: what is to be sent waits in an outbox.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    time::{Duration, Instant},
};

use anyhow::Context;
use bytes::Bytes;

use crate::{
    feedback::{self, Heard},
    handshake::Identity,
    missing::{self, Requests},
    peer::{Link, Opened, Peer},
    socket::{Nanos, wall_nanos},
    stun,
    world::PASSWORD,
};

/// One packet of so many is opened, unless all are: it costs as much as all else that the load does with a packet.
const SAMPLE: u64 = 64;
/// Between receiver reports, as Chromium sends them for video.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Between consent checks (RFC 7675 §5.1).
const CONSENT_INTERVAL: Duration = Duration::from_secs(5);
/// A check that was not answered is repeated after this; ICE begins with 50 ms between checks.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// Between checks of a good path over which nothing flows yet: a server that had no candidates when it answered the first one
/// (libnice) takes the path from a later one.
const NOMINATION_INTERVAL: Duration = Duration::from_millis(250);
/// Between transport-wide reports.
const TRANSPORT_INTERVAL: Duration = Duration::from_millis(80);
/// Between two requests for a keyframe because something was given up: the first one is on its way that long at most.
const HOPELESS_INTERVAL: Duration = Duration::from_secs(1);
/// Room for events between two looks at them.
const MAX_EVENTS: usize = 8_000_000;

/// What a peer is to do at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Check the path again.
    Check,
    /// Repeat a flight.
    Handshake,
    /// Report.
    Report,
    /// Report arrivals.
    Transport,
    /// Ask again for what is missing.
    Missing,
}

/// What happened.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// A packet was opened.
    Opened(Opened),
    /// One that came as a repetition, of a peer that is watched.
    Repaired(Opened),
    /// The relay asked a sender for a keyframe.
    Asked {
        /// The sender.
        peer: usize,
    },
}

/// Which packets are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// A sample, and every slot's first.
    Some,
    /// All.
    All,
    /// A sample, and everything of one peer, repetitions too.
    Peer(usize),
}

impl Sampling {
    fn is_all_of(self, peer: usize) -> bool {
        match self {
            Sampling::Some => false,
            Sampling::All => true,
            Sampling::Peer(watched) => watched == peer,
        }
    }
}

/// All peers.
pub struct Crowd {
    /// By number.
    pub peers: Vec<Peer>,
    /// What happened and was not looked at.
    pub events: Vec<Event>,
    /// To send: peer and datagram.
    pub outbox: Vec<(usize, Bytes)>,
    /// Which packets are opened.
    pub sampling: Sampling,
    /// RTP packets that arrived.
    pub packets: u64,
    /// Requests for lost packets that were sent.
    pub nacks: u64,
    identity: Identity,
    timers: BinaryHeap<Reverse<(Instant, usize, Timer)>>,
}

impl Crowd {
    /// Nobody.
    ///
    /// # Errors
    ///
    /// The system gives no randomness.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            peers: Vec::new(),
            events: Vec::new(),
            outbox: Vec::new(),
            sampling: Sampling::Some,
            packets: 0,
            nacks: 0,
            identity: Identity::generate()?,
            timers: BinaryHeap::new(),
        })
    }

    /// Fingerprint of all peers' certificate.
    pub fn fingerprint(&self) -> &str {
        self.identity.fingerprint()
    }

    /// Takes a datagram.
    ///
    /// # Errors
    ///
    /// A packet of the relay cannot be authenticated, or a handshake fails: then nothing measured counts.
    pub fn take(&mut self, now: Instant, peer: usize, at: Nanos, datagram: &[u8]) -> anyhow::Result<()> {
        if peer >= self.peers.len() {
            return Ok(());
        }
        match *datagram {
            [0..=3, ..] => self.take_check(now, peer, datagram),
            [20..=63, ..] => self.take_handshake(now, peer, datagram),
            [128..=191, 192..=223, ..] => {
                self.take_rtcp(now, peer, at, datagram);
                Ok(())
            }
            [128..=191, ..] => self.take_rtp(now, peer, at, datagram),
            _ => Ok(()),
        }
    }

    fn take_rtp(&mut self, now: Instant, index: usize, at: Nanos, packet: &[u8]) -> anyhow::Result<()> {
        let Some(&[_, _, high, low, _, _, _, _, a, b, c, d]) = packet.first_chunk::<12>() else { return Ok(()) };
        let (wire, ssrc) = (u16::from_be_bytes([high, low]), u32::from_be_bytes([a, b, c, d]));
        let peer = &mut self.peers[index];
        let Some((place, rtx)) = peer.slot_of(ssrc) else { return Ok(()) };
        self.packets += 1;
        if let Some(number) = peer.transport_number(packet) {
            if peer.arrivals.note(number, at) {
                self.timers.push(Reverse((now + TRANSPORT_INTERVAL, index, Timer::Transport)));
            } else if peer.arrivals.is_full() {
                self.report_transport(index);
            }
        }
        if rtx {
            return self.take_repetition(index, place, at, packet);
        }
        let peer = &mut self.peers[index];
        let slot = &mut peer.slots[place];
        let noted = slot.delivery.note(wire);
        let line = slot.line;
        // A hash, so that not always the same receiver of a burst is looked at.
        let mixed = (noted.sequence ^ (index as u64) << 20).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        if self.sampling.is_all_of(index) || !slot.opened || mixed.is_multiple_of(SAMPLE) {
            let stamp = peer.open_rtp(packet).with_context(|| format!("peer {index}, line {line}"))?;
            let slot = &mut peer.slots[place];
            slot.opened |= stamp.is_some();
            if let Some(stamp) = stamp {
                slot.delivery.learn(noted.sequence, stamp.number);
            }
            self.tell(Event::Opened(Opened { peer: index, line, at, sequence: noted.sequence, stamp }));
        }
        let slot = &mut self.peers[index].slots[place];
        if !slot.missing.is_empty() {
            slot.missing.found(noted.sequence);
        }
        // Sound has no repetitions.
        if slot.video && !noted.gap.is_empty() {
            let quiet = slot.missing.is_empty();
            let requests = slot.missing.note(now, noted.gap);
            self.ask(now, index, place, &requests);
            if quiet {
                self.timers.push(Reverse((now + missing::INTERVAL, index, Timer::Missing)));
            }
        }
        Ok(())
    }

    /// A repetition: it is opened only where somebody waits for it.
    fn take_repetition(&mut self, index: usize, place: usize, at: Nanos, packet: &[u8]) -> anyhow::Result<()> {
        let peer = &mut self.peers[index];
        let slot = &mut peer.slots[place];
        slot.repaired += 1;
        if slot.missing.is_empty() && self.sampling != Sampling::Peer(index) {
            return Ok(());
        }
        let line = slot.line;
        let opened = peer.open_rtx(packet).with_context(|| format!("peer {index}, line {line}, repeated"))?;
        let Some((number, stamp)) = opened else { return Ok(()) };
        let slot = &mut peer.slots[place];
        let sequence = slot.delivery.extend(number);
        slot.missing.found(sequence);
        if self.sampling == Sampling::Peer(index) {
            self.tell(Event::Repaired(Opened { peer: index, line, at, sequence, stamp }));
        }
        Ok(())
    }

    fn ask(&mut self, now: Instant, index: usize, place: usize, requests: &Requests) {
        let peer = &mut self.peers[index];
        let (own, slot) = (peer.ssrc, &mut peer.slots[place]);
        let media = slot.ssrc;
        let despairs = requests.hopeless && slot.despaired.is_none_or(|at| now - at >= HOPELESS_INTERVAL);
        if despairs {
            slot.despaired = Some(now);
        }
        if !requests.numbers.is_empty() {
            self.nacks += 1;
            self.send_rtcp(index, &feedback::missing(own, media, &requests.numbers));
        }
        if despairs {
            self.send_rtcp(index, &feedback::picture_loss(own, media));
        }
    }

    fn ask_again(&mut self, now: Instant, index: usize) {
        for place in 0..self.peers[index].slots.len() {
            if !self.peers[index].slots[place].missing.is_empty() {
                let requests = self.peers[index].slots[place].missing.requests(now);
                self.ask(now, index, place, &requests);
            }
        }
        if self.peers[index].slots.iter().any(|slot| !slot.missing.is_empty()) {
            self.timers.push(Reverse((now + missing::INTERVAL, index, Timer::Missing)));
        }
    }

    fn tell(&mut self, event: Event) {
        if self.events.len() < MAX_EVENTS {
            self.events.push(event);
        }
    }

    fn take_rtcp(&mut self, now: Instant, index: usize, at: Nanos, packet: &[u8]) {
        let peer = &mut self.peers[index];
        for heard in peer.open_rtcp(packet).unwrap_or_default() {
            match heard {
                Heard::Report { ssrc, middle } => self.peers[index].hear_report(now, ssrc, middle),
                Heard::Keyframe { ssrc } => {
                    // The encoder's time begins when the request arrived, not when it was read.
                    let waited = Duration::from_nanos(wall_nanos().saturating_sub(at));
                    let asked = now.checked_sub(waited).unwrap_or(now);
                    let streams = &mut self.peers[index].streams;
                    if let Some(stream) = streams.iter_mut().find(|stream| stream.terms().ssrc == ssrc) {
                        stream.ask(asked);
                        self.tell(Event::Asked { peer: index });
                    }
                }
                Heard::Missing | Heard::Transport => {}
            }
        }
    }

    fn take_check(&mut self, now: Instant, index: usize, datagram: &[u8]) -> anyhow::Result<()> {
        let peer = &mut self.peers[index];
        if let Some(server) = peer.checked_by
            && let Some(response) = stun::binding_response(datagram, PASSWORD, server)
        {
            self.outbox.push((index, response.into()));
            return Ok(());
        }
        // Answers to consent checks need no look: that media flows shows consent.
        if matches!(peer.link, Link::Checking) && stun::is_success(datagram, peer.credentials()) {
            peer.reachable(now, &self.identity)?;
            self.flush_handshake(index);
        }
        Ok(())
    }

    fn take_handshake(&mut self, now: Instant, index: usize, datagram: &[u8]) -> anyhow::Result<()> {
        let Link::Handshaking(handshake) = &mut self.peers[index].link else { return Ok(()) };
        let keys = handshake.read(now, datagram).with_context(|| format!("peer {index}"))?;
        self.flush_handshake(index);
        if let Some(keys) = keys {
            let peer = &mut self.peers[index];
            peer.open(now, keys);
            // Pages ask for what they are to show when they can show it.
            let pictures: Vec<u32> =
                peer.slots.iter().filter(|slot| slot.video).map(|slot| slot.ssrc).take(1).collect();
            let own = peer.ssrc;
            for ssrc in pictures {
                self.send_rtcp(index, &feedback::picture_loss(own, ssrc));
            }
            let phase = REPORT_INTERVAL.mul_f64((index % 97) as f64 / 97.0);
            self.timers.push(Reverse((now + phase, index, Timer::Report)));
        }
        Ok(())
    }

    fn flush_handshake(&mut self, index: usize) {
        let Link::Handshaking(handshake) = &mut self.peers[index].link else { return };
        while let Some(datagram) = handshake.poll_transmit() {
            self.outbox.push((index, datagram.freeze()));
        }
        if let Some(due) = handshake.poll_timeout() {
            self.timers.push(Reverse((due, index, Timer::Handshake)));
        }
    }

    fn continue_handshake(&mut self, now: Instant, index: usize) -> anyhow::Result<()> {
        let peer = &mut self.peers[index];
        let Link::Handshaking(handshake) = &mut peer.link else { return Ok(()) };
        if !handshake.handle_timeout(now) {
            // `rtc-dtls` repeats a flight seven times and not ever more slowly (RFC 6347 §4.2.4.1): a server that was busy for
            // longer than that is greeted anew.
            peer.link = Link::Checking;
            peer.reachable(now, &self.identity)?;
        }
        self.flush_handshake(index);
        Ok(())
    }

    fn send_rtcp(&mut self, index: usize, packet: &[u8]) {
        if let Some(sealed) = self.peers[index].seal_rtcp(packet) {
            self.outbox.push((index, sealed));
        }
    }

    fn report_transport(&mut self, index: usize) {
        if let Some(report) = self.peers[index].transport_report() {
            self.send_rtcp(index, &report);
        }
    }

    /// Begins to check a peer's path.
    pub fn begin_checks(&mut self, now: Instant, index: usize) {
        self.timers.push(Reverse((now, index, Timer::Check)));
    }

    /// Does what is due.
    ///
    /// # Errors
    ///
    /// The system gives no randomness.
    pub fn timers(&mut self, now: Instant) -> anyhow::Result<()> {
        while let Some(&Reverse((due, index, timer))) = self.timers.peek()
            && due <= now
        {
            self.timers.pop();
            match timer {
                Timer::Check => self.check(now, index)?,
                Timer::Handshake => self.continue_handshake(now, index)?,
                Timer::Report => {
                    for report in self.peers[index].reports(now) {
                        self.send_rtcp(index, &report);
                    }
                    self.timers.push(Reverse((now + REPORT_INTERVAL, index, Timer::Report)));
                }
                Timer::Transport => self.report_transport(index),
                Timer::Missing => self.ask_again(now, index),
            }
        }
        Ok(())
    }

    fn check(&mut self, now: Instant, index: usize) -> anyhow::Result<()> {
        let peer = &self.peers[index];
        let request = stun::binding_request(peer.credentials(), u64::from(peer.ssrc))?;
        self.outbox.push((index, request.into()));
        let again = match peer.link {
            Link::Offering | Link::Checking => CHECK_INTERVAL,
            Link::Handshaking(_) => NOMINATION_INTERVAL,
            Link::Open(_) => CONSENT_INTERVAL,
        };
        self.timers.push(Reverse((now + again, index, Timer::Check)));
        Ok(())
    }

    /// When a timer is due.
    pub fn due(&self) -> Option<Instant> {
        self.timers.peek().map(|Reverse((due, _, _))| *due)
    }
}
