//! What a peer receives, held against what must always be true of it.

use std::collections::HashMap;

use relay_core::{Flow, MAX_DATAGRAM_BYTES, NegotiatedLine};
use rtc_rtp::packet::Packet;
use rtc_shared::marshal::Unmarshal;

use crate::{
    offer::{MID_ID, TRANSPORT_ID, WITNESS},
    packet::near,
    peer::Peer,
};

/// Longest compound packet that the relay promises, with SRTCP's index and tag.
const MAX_SEALED_COMPOUND: usize = 1_200 + 4 + 16;
/// First bytes of media; what else a connected peer gets is STUN and DTLS.
const MEDIA: std::ops::RangeInclusive<u8> = 128..=191;
const RTCP: std::ops::RangeInclusive<u8> = 192..=223;

/// Streams that a peer has received, by SSRC.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    by_ssrc: HashMap<u32, Stream>,
    /// Transport-wide number of the last packet.
    pub transport: u16,
}

/// One of them.
#[derive(Debug, Default)]
struct Stream {
    newest: Option<u64>,
    /// All numbers; the world is given up before there are too many.
    indexes: std::collections::HashSet<u64>,
}

impl Streams {
    /// Notes a packet; gives its index, or none if it came before.
    fn note(&mut self, ssrc: u32, sequence: u16) -> Option<u64> {
        let stream = self.by_ssrc.entry(ssrc).or_default();
        let index = near(stream.newest, sequence);
        stream.newest = stream.newest.max(Some(index));
        stream.indexes.insert(index).then_some(index)
    }

    /// Number on the wire of the newest packet of a stream.
    pub(crate) fn newest(&self, ssrc: u32) -> u16 {
        self.by_ssrc.get(&ssrc).and_then(|stream| stream.newest).unwrap_or(0) as u16
    }

    fn has(&self, ssrc: u32, sequence: u16) -> bool {
        self.by_ssrc.get(&ssrc).is_some_and(|stream| stream.indexes.contains(&near(stream.newest, sequence)))
    }
}

/// Nothing leaves that another relay would not look at.
pub(crate) fn holds_size(datagram: &[u8]) {
    assert!(datagram.len() <= MAX_DATAGRAM_BYTES, "a datagram of {} bytes leaves", datagram.len());
    assert!(datagram.len() >= 2, "a datagram of {} bytes leaves", datagram.len());
}

/// A datagram reaches a peer.
pub(crate) fn receive(peer: &mut Peer, datagram: &mut [u8]) {
    if !MEDIA.contains(&datagram[0]) {
        return;
    }
    if RTCP.contains(&datagram[1]) {
        assert!(datagram.len() <= MAX_SEALED_COMPOUND, "a compound of {} bytes", datagram.len());
        let plain = peer.inbound.decrypt_rtcp(datagram).expect("what is sealed for a peer opens with its keys");
        let parts = rtc_rtcp::packet::unmarshal(&mut &plain[..]).expect("the relay's RTCP parses");
        assert!(!parts.is_empty(), "an empty compound");
        return;
    }
    let plain = peer.inbound.decrypt_rtp(datagram).expect("what is sealed for a peer opens with its keys");
    let packet = Packet::unmarshal(&mut &plain[..]).expect("the relay's RTP parses");
    let ssrc = packet.header.ssrc;
    let index = peer.streams.note(ssrc, packet.header.sequence_number);
    assert!(index.is_some(), "{ssrc:#x}: {} was sealed twice", packet.header.sequence_number);
    let line =
        peer.negotiated.lines.iter().find(|line| ssrcs(line).contains(&Some(ssrc))).expect("an SSRC of the answer");
    let mid = packet.header.get_extension(MID_ID).expect("the MID was agreed on");
    assert_eq!(&mid[..], line.mid.as_bytes(), "the line of {ssrc:#x}");
    if let Some(number) = packet.header.get_extension(TRANSPORT_ID) {
        peer.streams.transport = u16::from_be_bytes([number[0], number[1]]);
    }
    holds_format(&peer.streams, line, &packet);
    if line.line == WITNESS {
        peer.heard = Some(packet.payload.to_vec());
    }
}

/// SSRCs of a line that the relay sends: of the media, of its repetitions.
pub(crate) fn ssrcs(line: &NegotiatedLine) -> [Option<u32>; 2] {
    match line.flow {
        Flow::Outgoing { ssrc, rtx_ssrc, .. } => [Some(ssrc), rtx_ssrc],
        Flow::Incoming { .. } | Flow::Inactive => [None, None],
    }
}

/// The payload type is the agreed one, and the payload has its form.
fn holds_format(streams: &Streams, line: &NegotiatedLine, packet: &Packet) {
    let Flow::Outgoing { payload_type, rtx_payload_type, ssrc, rtx_ssrc, red_payload_type, .. } = line.flow else {
        panic!("the relay sends in {:?}", line.line)
    };
    let format = packet.header.payload_type;
    if Some(packet.header.ssrc) == rtx_ssrc {
        assert_eq!(Some(format), rtx_payload_type, "repetitions have a type of their own");
        let [high, low, ..] = packet.payload[..] else { panic!("a repetition says of what") };
        let repeated = u16::from_be_bytes([high, low]);
        assert!(streams.has(ssrc, repeated), "{repeated} is repeated and was never sent");
    } else if Some(format) == red_payload_type {
        holds_blocks(&packet.payload);
    } else {
        assert_eq!(format, payload_type, "the media's type");
    }
}

/// The lengths of a packet of RED say where its blocks are (RFC 2198 §3).
fn holds_blocks(payload: &[u8]) {
    let (mut rest, mut lengths) = (payload, 0);
    while let [first, second, third, fourth, tail @ ..] = rest
        && first & 0x80 != 0
    {
        assert!(*second != 0 || third >> 2 != 0, "a block of RED is older than the packet");
        lengths += usize::from(u16::from_be_bytes([third & 3, *fourth]));
        rest = tail;
    }
    assert!(rest.len() > lengths, "blocks of RED are longer than the packet");
}
