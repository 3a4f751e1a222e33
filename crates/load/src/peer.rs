//! One peer: its way to the relay, what it receives in its slots, what it sends.

use std::{net::SocketAddrV4, time::Instant};

use anyhow::anyhow;
use bytes::Bytes;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_shared::marshal::Marshal;

use crate::{
    delivery::Delivery,
    feedback::{self, Arrivals},
    handshake::{Handshake, Identity, Keys},
    missing::Missing,
    offer::{self, RIDS},
    orders::{Agreed, Extensions, Line},
    socket::{Nanos, wall_nanos},
    stamp::Stamp,
    stream::{CAMERA, Outgoing, SOUND, Stream, Terms},
    stun::Credentials,
};

/// How far a peer has come.
pub enum Link {
    /// Its offer is with the relay.
    Offering,
    /// It checks the path.
    Checking,
    /// DTLS.
    Handshaking(Box<Handshake>),
    /// Media flows.
    Open(Box<Keys>),
}

/// What a peer receives in one line.
#[derive(Debug, Default)]
pub struct Slot {
    /// Place of the line.
    pub line: u16,
    /// Picture or sound.
    pub video: bool,
    /// SSRC of the media.
    pub ssrc: u32,
    /// What arrived.
    pub delivery: Delivery,
    /// What did not arrive yet.
    pub missing: Missing,
    /// When a keyframe was asked for because something was given up.
    pub despaired: Option<Instant>,
    /// Packets that arrived as repetitions.
    pub repaired: u64,
    /// Some packet was opened.
    pub opened: bool,
    reported: (u64, u64),
    last_report: Option<(u32, Instant)>,
}

/// One peer.
pub struct Peer {
    /// Its lines.
    pub plan: Vec<Line>,
    /// How far it is.
    pub link: Link,
    /// The relay says that it is connected.
    pub connected: bool,
    /// SSRC of what it reports.
    pub ssrc: u32,
    /// What it receives.
    pub slots: Vec<Slot>,
    /// What it sends.
    pub streams: Vec<Stream>,
    /// Ids of header extensions.
    pub extensions: Extensions,
    /// Packets with transport-wide numbers.
    pub arrivals: Arrivals,
    /// When its offer went to the relay.
    pub offered: Instant,
    /// The server sends checks of its own, from here; our relay sends none.
    pub checked_by: Option<SocketAddrV4>,
    credentials: Credentials,
    fingerprint: String,
    /// Slot and whether it is RTX, by SSRC.
    by_ssrc: Vec<(u32, usize, bool)>,
    transport_number: u16,
    /// Layers that the relay wants of its camera.
    wanted: Vec<u8>,
    sounds: bool,
}

impl Peer {
    /// A peer whose offer is on its way. `sounds`: its microphone is on.
    pub fn offering(plan: Vec<Line>, ssrc: u32, sounds: bool) -> Self {
        Self {
            plan,
            link: Link::Offering,
            connected: false,
            ssrc,
            slots: Vec::new(),
            streams: Vec::new(),
            extensions: Extensions::default(),
            arrivals: Arrivals::default(),
            offered: Instant::now(),
            checked_by: None,
            credentials: Credentials::default(),
            fingerprint: String::new(),
            by_ssrc: Vec::new(),
            transport_number: 0,
            wanted: Vec::new(),
            sounds,
        }
    }

    /// The relay answered.
    ///
    /// # Errors
    ///
    /// The answer lacks something.
    pub fn answered(
        &mut self,
        ufrag: &str,
        sdp: &str,
        lines: &[Agreed],
        extensions: Extensions,
        source: u16,
    ) -> anyhow::Result<()> {
        let (credentials, fingerprint) = offer::read_answer(sdp, ufrag)?;
        self.agree(credentials, fingerprint, extensions);
        let now = Instant::now();
        for (index, (line, agreed)) in (0u16..).zip(self.plan.clone().into_iter().zip(lines)) {
            if let Some(ssrc) = agreed.ssrc {
                self.receive(index, line.video, ssrc, agreed.rtx_ssrc);
            } else if line.video && line.simulcast {
                for ((layer, shape), rid) in (0u8..).zip(CAMERA).zip(RIDS) {
                    let terms = self.terms(source, index, layer, Some(rid), agreed.payload_type);
                    self.streams.push(Stream::picture(now, terms, shape));
                }
            } else if !line.video && self.sounds {
                let terms = self.terms(source, index, SOUND, None, agreed.payload_type);
                self.streams.push(Stream::sound(now, terms));
            }
        }
        Ok(())
    }

    /// Both sides know of each other: the path can be checked.
    pub fn agree(&mut self, credentials: Credentials, fingerprint: String, extensions: Extensions) {
        (self.credentials, self.fingerprint, self.extensions) = (credentials, fingerprint, extensions);
        self.link = Link::Checking;
    }

    /// The server sends in a line, with this SSRC.
    pub fn receive(&mut self, line: u16, video: bool, ssrc: u32, rtx: Option<u32>) {
        let slot = self.slots.len();
        self.slots.push(Slot { line, video, ssrc, ..Slot::default() });
        self.by_ssrc.push((ssrc, slot, false));
        self.by_ssrc.extend(rtx.map(|rtx| (rtx, slot, true)));
        self.by_ssrc.sort_unstable();
    }

    /// How a stream of this peer is told apart.
    pub fn terms(&self, source: u16, line: u16, layer: u8, rid: Option<&'static str>, payload_type: u8) -> Terms {
        let ssrc = self.ssrc.wrapping_add(1 + u32::from(layer));
        Terms { source, line, layer, rid, ssrc, payload_type, extensions: self.extensions }
    }

    /// What its checks carry.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The path is good: says hello.
    ///
    /// # Errors
    ///
    /// The handshake cannot begin.
    pub fn reachable(&mut self, now: Instant, identity: &Identity) -> anyhow::Result<()> {
        if matches!(self.link, Link::Checking) {
            self.link = Link::Handshaking(Box::new(Handshake::start(now, identity, self.fingerprint.clone())?));
        }
        Ok(())
    }

    /// The handshake is done.
    pub fn open(&mut self, now: Instant, keys: Keys) {
        self.link = Link::Open(Box::new(keys));
        let wanted = std::mem::take(&mut self.wanted);
        self.want(now, wanted);
    }

    /// Media can flow both ways.
    pub fn is_open(&self) -> bool {
        self.connected && matches!(self.link, Link::Open(_))
    }

    /// The relay wants these layers of the camera.
    pub fn want(&mut self, now: Instant, layers: Vec<u8>) {
        if matches!(self.link, Link::Open(_)) {
            for stream in self.streams.iter_mut().filter(|stream| stream.terms().layer != SOUND) {
                let on = layers.contains(&stream.terms().layer);
                stream.switch(now, on);
            }
        }
        self.wanted = layers;
    }

    /// Slot of an SSRC; true: it is the slot's RTX.
    pub fn slot_of(&self, ssrc: u32) -> Option<(usize, bool)> {
        let at = self.by_ssrc.binary_search_by_key(&ssrc, |entry| entry.0).ok()?;
        let (_, slot, rtx) = self.by_ssrc[at];
        Some((slot, rtx))
    }

    /// The stream of a layer, [`SOUND`] for the microphone.
    pub fn stream(&self, layer: u8) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.terms().layer == layer)
    }

    /// Opens a packet of a slot: its payload's stamp, if it has one.
    ///
    /// # Errors
    ///
    /// It cannot be authenticated.
    pub fn open_rtp(&mut self, packet: &[u8]) -> anyhow::Result<Option<Stamp>> {
        let Link::Open(keys) = &mut self.link else { return Ok(None) };
        let opened = keys.inbound.decrypt_rtp(packet).map_err(|error| anyhow!("a packet of the relay: {error}"))?;
        Ok(Stamp::read(&opened))
    }

    /// Opens a repetition (RFC 4588 §4): the number of the packet that it repeats, and its stamp.
    ///
    /// # Errors
    ///
    /// It cannot be authenticated.
    pub fn open_rtx(&mut self, packet: &[u8]) -> anyhow::Result<Option<(u16, Option<Stamp>)>> {
        let Link::Open(keys) = &mut self.link else { return Ok(None) };
        let opened = keys.inbound.decrypt_rtp(packet).map_err(|error| anyhow!("a packet of the relay: {error}"))?;
        let number = payload(&opened).and_then(|payload| payload.first_chunk::<2>());
        Ok(number.map(|number| (u16::from_be_bytes(*number), Stamp::read(&opened))))
    }

    /// Opens a compound packet; none: it cannot be authenticated, or it came before the keys.
    pub fn open_rtcp(&mut self, packet: &[u8]) -> Option<Vec<feedback::Heard>> {
        let Link::Open(keys) = &mut self.link else { return None };
        Some(feedback::read(&keys.inbound.decrypt_rtcp(packet).ok()?))
    }

    /// Seals a compound packet.
    pub fn seal_rtcp(&mut self, packet: &[u8]) -> Option<Bytes> {
        let Link::Open(keys) = &mut self.link else { return None };
        Some(keys.outbound.encrypt_rtcp(packet).ok()?.freeze())
    }

    /// Stamps and seals a packet of one of its streams. The stamp is the last thing before the seal.
    ///
    /// # Errors
    ///
    /// The packet cannot be written.
    pub fn seal_rtp(&mut self, packet: Outgoing) -> anyhow::Result<Option<Bytes>> {
        let Link::Open(keys) = &mut self.link else { return Ok(None) };
        let Outgoing { mut header, mut stamp, mut payload } = packet;
        if let Some(id) = self.extensions.transport_cc {
            self.transport_number = self.transport_number.wrapping_add(1);
            header
                .set_extension(id, Bytes::copy_from_slice(&self.transport_number.to_be_bytes()))
                .map_err(|error| anyhow!("a header extension: {error}"))?;
        }
        let mut plain = header.marshal().map_err(|error| anyhow!("a header: {error}"))?;
        stamp.sent = wall_nanos();
        stamp.write(&mut payload);
        plain.extend_from_slice(&payload);
        let sealed = keys.outbound.encrypt_rtp_with_header(&plain, &header);
        Ok(Some(sealed.map_err(|error| anyhow!("sealing: {error}"))?.freeze()))
    }

    /// A sender report of one of its slots arrived.
    pub fn hear_report(&mut self, now: Instant, ssrc: u32, middle: u32) {
        if let Some((slot, false)) = self.slot_of(ssrc) {
            self.slots[slot].last_report = Some((middle, now));
        }
    }

    /// What it reports now: what it received, and what it sent.
    pub fn reports(&mut self, now: Instant) -> Vec<Bytes> {
        let blocks: Vec<_> = self.slots.iter_mut().filter_map(|slot| slot.block(now)).collect();
        let mut reports = Vec::new();
        if !blocks.is_empty() || self.streams.is_empty() {
            reports.push(feedback::receiver_report(self.ssrc, blocks));
        }
        for stream in &self.streams {
            if let Some(report) = stream.report(now, wall_nanos()) {
                let description = feedback::description(report.ssrc);
                reports.push(feedback::marshal(&[&report, &description]));
            }
        }
        reports
    }

    /// The transport-wide report that is pending.
    pub fn transport_report(&mut self) -> Option<Bytes> {
        let media = self.slots.first().map_or(0, |slot| slot.ssrc);
        let report = self.arrivals.report(self.ssrc, media)?;
        Some(feedback::compound(self.ssrc, &[&report]))
    }

    /// Transport-wide number of a packet, if the relay gives one (RFC 8285 §4.2).
    pub fn transport_number(&self, packet: &[u8]) -> Option<u16> {
        let id = self.extensions.transport_cc?;
        if packet.first()? & 0x10 == 0 {
            return None;
        }
        let words = usize::from(u16::from_be_bytes(packet.get(14..16)?.try_into().ok()?));
        let mut rest = packet.get(16..16 + words * 4)?;
        while let Some((&head, tail)) = rest.split_first() {
            let size = usize::from(head & 0x0f) + 1;
            if head == 0 {
                rest = tail;
            } else if head >> 4 == id {
                return Some(u16::from_be_bytes(tail.get(..2)?.try_into().ok()?));
            } else {
                rest = tail.get(size..)?;
            }
        }
        None
    }
}

/// What follows a packet's header and extensions (RFC 3550 §5.1, §5.3.1).
fn payload(packet: &[u8]) -> Option<&[u8]> {
    let first = *packet.first()?;
    let fixed = 12 + usize::from(first & 0x0f) * 4;
    if first & 0x10 == 0 {
        return packet.get(fixed..);
    }
    let words = u16::from_be_bytes(packet.get(fixed + 2..fixed + 4)?.try_into().ok()?);
    packet.get(fixed + 4 + usize::from(words) * 4..)
}

impl Slot {
    /// The block of a receiver report about this slot (RFC 3550 §6.4.1); none if nothing arrived since the last.
    fn block(&mut self, now: Instant) -> Option<ReceptionReport> {
        let highest = self.delivery.highest()?;
        let received = self.delivery.total();
        let (before, received_before) = self.reported;
        self.reported = (highest, received);
        if received == received_before {
            return None;
        }
        let expected = if before == 0 { received } else { highest.saturating_sub(before) };
        let lost = expected.saturating_sub(received - received_before);
        let (last, delay) = self.last_report.map_or((0, 0), |(middle, at)| {
            let delay = (now.saturating_duration_since(at).as_micros() << 16) / 1_000_000;
            (middle, u32::try_from(delay).unwrap_or(u32::MAX))
        });
        Some(ReceptionReport {
            ssrc: self.ssrc,
            fraction_lost: ((lost * 256).checked_div(expected).unwrap_or(0)).min(255) as u8,
            total_lost: lost.min(0x7f_ffff) as u32,
            last_sequence_number: highest as u32,
            jitter: 0,
            last_sender_report: last,
            delay,
        })
    }
}

/// What is told of an opened packet.
#[derive(Debug, Clone, Copy)]
pub struct Opened {
    /// The receiver.
    pub peer: usize,
    /// Its line.
    pub line: u16,
    /// When the kernel had it.
    pub at: Nanos,
    /// Number in the slot.
    pub sequence: u64,
    /// None: the relay put it in by itself.
    pub stamp: Option<Stamp>,
}
