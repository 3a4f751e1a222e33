//! One endpoint's connection: its tuples, its handshake and its keys.

use std::time::{Duration, Instant};

use crate::{
    EndpointId, ExtensionIds, Flow, IncomingRtp, Negotiated, OutgoingRtp, TrackId, Tuple,
    consent::Consent,
    demux::SourceMap,
    dtls::{DtlsLink, DtlsProgress},
    ice_lite::IceCredentials,
    inflow::Inflow,
    rtp_wire::{MAX_ELEMENT, OutgoingHeader, RtpHeader},
    srtp::{KeyingMaterial, Opener, Sealer, SrtpError},
};

/// From the answer to the end of the handshake. A peer that goes on checking its path and never says hello is dropped then; a
/// handshake that has begun ends sooner by itself.
pub const SETUP_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a peer is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DisconnectReason {
    /// No valid check came for [`CONSENT_TIMEOUT`](crate::CONSENT_TIMEOUT).
    Silent,
    /// The endpoint said goodbye (DTLS close_notify).
    Closed,
    /// The certificate is not the one that the offer names.
    WrongFingerprint,
    /// The DTLS handshake failed, or was not over within [`SETUP_TIMEOUT`](crate::SETUP_TIMEOUT).
    HandshakeFailed,
}

/// Whether media may flow.
#[derive(Debug)]
enum Media {
    /// Not before DTLS is done.
    Locked,
    Open(Box<Keys>),
}

/// Both directions' keys.
#[derive(Debug)]
struct Keys {
    opener: Opener,
    sealer: Sealer,
}

/// Both sides' credentials of one ICE session.
#[derive(Debug)]
pub(crate) struct IceSide {
    /// Ours.
    pub local: IceCredentials,
    /// The peer's.
    pub remote_ufrag: String,
}

/// One peer.
#[derive(Debug)]
pub(crate) struct Peer {
    pub id: EndpointId,
    ice: IceSide,
    /// Of the time before the latest ICE restart: it holds until the new one has proved itself, and a slow path may need longer
    /// (RFC 8445 §9).
    ice_before: Option<IceSide>,
    fragment_head: String,
    pub dtls: DtlsLink,
    sources: SourceMap,
    extensions: ExtensionIds,
    /// MIDs by line: of outgoing lines, if they fit into a header extension.
    mids: Vec<Option<String>>,
    media: Media,
    inflow: Inflow,
    /// By when DTLS must be done.
    setup_until: Instant,
    pub consent: Consent,
}

impl Peer {
    pub(crate) fn new(
        now: Instant,
        id: EndpointId,
        ice: IceSide,
        dtls: DtlsLink,
        sources: SourceMap,
        negotiated: &Negotiated,
        fragment_head: String,
    ) -> Self {
        let mut mids = vec![None; negotiated.lines.len()];
        for line in &negotiated.lines {
            let fits = matches!(line.flow, Flow::Outgoing { .. }) && (1..=MAX_ELEMENT).contains(&line.mid.len());
            if let Some(mid) = mids.get_mut(usize::from(line.line.0)).filter(|_| fits) {
                *mid = Some(line.mid.clone());
            }
        }
        Self {
            id,
            ice,
            ice_before: None,
            fragment_head,
            dtls,
            sources,
            extensions: negotiated.extensions,
            mids,
            media: Media::Locked,
            inflow: Inflow::new(now),
            setup_until: now + SETUP_TIMEOUT,
            consent: Consent::new(now),
        }
    }

    /// The relay's password in the ICE session of these two user fragments.
    pub(crate) fn password(&self, local_ufrag: &str, remote_ufrag: &str) -> Option<&str> {
        let sides = std::iter::once(&self.ice).chain(&self.ice_before);
        let mut fitting = sides.filter(|side| side.local.ufrag == local_ufrag && side.remote_ufrag == remote_ufrag);
        fitting.next().map(|side| side.local.password.as_str())
    }

    /// User fragments by which the peer is found.
    pub(crate) fn local_ufrags(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.ice).chain(&self.ice_before).map(|side| side.local.ufrag.as_str())
    }

    /// The peer's present user fragment.
    pub(crate) fn remote_ufrag(&self) -> &str {
        &self.ice.remote_ufrag
    }

    /// Begins a new ICE session beside the present one. Gives our user fragment that is no longer good, if any, and the first
    /// lines of the fragment that answers.
    pub(crate) fn restart_ice(&mut self, ice: IceSide) -> (Option<String>, &str) {
        let before = self.ice_before.replace(std::mem::replace(&mut self.ice, ice));
        (before.map(|side| side.local.ufrag), &self.fragment_head)
    }

    /// When something is due.
    pub(crate) fn poll_timeout(&self) -> Instant {
        let setup = (!self.is_open()).then_some(self.setup_until);
        setup.into_iter().chain(self.dtls.poll_timeout()).fold(self.consent.poll_timeout(), Instant::min)
    }

    /// It should have been open by now.
    pub(crate) fn is_late(&self, now: Instant) -> bool {
        !self.is_open() && now >= self.setup_until
    }

    /// DTLS is done: true if media is open now and was not before.
    pub(crate) fn unlock(&mut self, material: &KeyingMaterial) -> bool {
        if self.is_open() {
            return false;
        }
        self.media = Media::Open(Box::new(Keys { opener: Opener::new(material), sealer: Sealer::new(material) }));
        true
    }

    /// Media may flow: the handshake is over.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.media, Media::Open(_))
    }

    pub(crate) fn handle_dtls(&mut self, now: Instant, datagram: &[u8]) -> DtlsProgress {
        self.dtls.handle_datagram(now, datagram)
    }

    /// Opens an RTP packet and finds out whose it is; none: it is dropped.
    pub(crate) fn open_rtp(&mut self, now: Instant, from: &Tuple, packet: &mut [u8]) -> Option<IncomingRtp> {
        let Media::Open(keys) = &mut self.media else { return None };
        let header = RtpHeader::parse(packet)?;
        let length = keys.opener.open_rtp(packet, &header).ok()?;
        self.consent.heard(now, from);
        if !self.inflow.admit(now, packet.len()) {
            return None;
        }
        let opened = &packet[..length];
        let extensions = header.extensions(opened, &self.extensions)?;
        let origin = self.sources.resolve(&header, &extensions)?;
        let payload = header.payload(opened)?;
        Some(IncomingRtp {
            track: TrackId { endpoint: self.id, line: origin.line },
            layer: origin.layer,
            rtx: origin.rtx,
            ssrc: header.ssrc,
            sequence: header.sequence,
            timestamp: header.timestamp,
            marker: header.marker,
            payload_type: header.payload_type,
            transport_sequence: extensions.transport_sequence,
            audio_level: extensions.audio_level,
            payload: bytes::Bytes::copy_from_slice(payload),
        })
    }

    /// Opens a compound RTCP packet; none: it is dropped.
    pub(crate) fn open_rtcp<'a>(&mut self, now: Instant, from: &Tuple, packet: &'a mut [u8]) -> Option<&'a [u8]> {
        let Media::Open(keys) = &mut self.media else { return None };
        let length = keys.opener.open_rtcp(packet).ok()?;
        self.consent.heard(now, from);
        packet.get(..length)
    }

    /// Appends a sealed packet to `buffer` and gives its receiver; none: the peer is not connected, or these numbers were
    /// sealed before, and the buffer is as it was.
    pub(crate) fn seal_rtp(&mut self, packet: &OutgoingRtp, buffer: &mut Vec<u8>) -> Option<Tuple> {
        let to = self.consent.selected()?;
        let Media::Open(keys) = &mut self.media else { return None };
        let header = OutgoingHeader {
            marker: packet.marker,
            payload_type: packet.payload_type,
            sequence: (packet.sequence & u64::from(u16::MAX)) as u16,
            timestamp: packet.timestamp,
            ssrc: packet.ssrc,
            mid: self.extensions.mid.zip(self.mids.get(usize::from(packet.line.0)).and_then(Option::as_deref)),
            audio_level: self.extensions.audio_level.zip(packet.audio_level),
            transport_sequence: self.extensions.transport_cc.zip(packet.transport_sequence),
        };
        let start = buffer.len();
        let payload = start + header.write(buffer);
        buffer.extend_from_slice(&packet.payload);
        let sealed = keys.sealer.seal_rtp(buffer, start..payload, packet.ssrc, packet.sequence);
        debug_assert_ne!(sealed, Err(SrtpError::Replayed), "the plane gives each (SSRC, sequence) once");
        if sealed.is_err() {
            buffer.truncate(start);
            return None;
        }
        Some(to)
    }

    /// Appends a sealed compound RTCP packet to `buffer` and gives its receiver; none: the peer is not connected.
    pub(crate) fn seal_rtcp(&mut self, packet: &[u8], buffer: &mut Vec<u8>) -> Option<Tuple> {
        let to = self.consent.selected()?;
        let Media::Open(keys) = &mut self.media else { return None };
        let start = buffer.len();
        buffer.extend_from_slice(packet);
        if keys.sealer.seal_rtcp(buffer, start).is_err() {
            buffer.truncate(start);
            return None;
        }
        Some(to)
    }
}
