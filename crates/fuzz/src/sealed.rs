//! The world that `rtp`, `rtcp` and `demux` attack: a relay with two connected peers. The hostile one seals whatever the input
//! says; the witness speaks honestly all the time and opens what it receives. Time is virtual.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use relay_core::{
    Codec, ConnectionNumber, EndpointId, Feed, Layer, LineId, Relay, RelayEvent, Routes, SlotId, TakeId, TrackId,
    Tuple, Watch,
};

use crate::{
    offer::{CAMERA, MICROPHONE, OPUS, PICTURE, SOUND, VIDEO, WITNESS},
    packet::{Packet, near},
    peer::{self, Peer},
    reception,
};

/// Peers prove their addresses this often; the relay forgets one after 30 s.
const CHECK_EVERY: Duration = Duration::from_secs(5);
/// Longest time that one step lets pass.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Timers that fire in one step: a report, a probe or a look each few milliseconds, never one after the other at one instant.
const MAX_TIMEOUTS: usize = 4_000;
/// Datagrams that one step may cause: a keyframe and all that follows it in a layer's ring of 1,024, to the three slots that
/// could show it, and reports.
const MAX_CAUSED: usize = 3 * 1_024 + 256;

/// SSRCs of the witness: its layers from the lowest, and its sound.
pub(crate) const WITNESS_PICTURES: [u32; 3] = [0x0100_0001, 0x0100_0002, 0x0100_0003];
const WITNESS_SOUND: u32 = 0x0100_0004;

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Hostile,
    Witness,
}

/// A relay under attack.
pub(crate) struct World {
    pub relay: Relay,
    pub now: Instant,
    pub hostile: Peer,
    pub witness: Peer,
    began: Instant,
    checked: Instant,
    codec: Codec,
    /// Highest index of each SSRC that was sealed, by side.
    sealed: HashMap<(bool, u32), u64>,
    transport: u16,
    frames: u32,
    /// Of the current step.
    caused: usize,
    /// What went anywhere but to the two peers, in this step.
    pub elsewhere: Vec<(Tuple, usize)>,
    /// Endpoints that left.
    pub gone: Vec<EndpointId>,
}

impl World {
    /// Two peers, connected and routed to each other.
    pub(crate) fn new(codec: Codec) -> Self {
        let now = Instant::now();
        let mut relay = peer::relay(now, codec);
        let witness = Tuple::Udp(([10, 0, 0, 1], 4_000).into());
        let hostile = Tuple::Tcp { connection: ConnectionNumber(1), address: ([10, 0, 0, 2], 4_000).into() };
        let witness = Peer::connect(&mut relay, now, EndpointId(1), witness, codec, false);
        let hostile = Peer::connect(&mut relay, now, EndpointId(2), hostile, codec, true);
        let mut world = Self {
            relay,
            now,
            hostile,
            witness,
            began: now,
            checked: now,
            codec,
            sealed: HashMap::new(),
            transport: 0,
            frames: 0,
            caused: 0,
            elsewhere: Vec::new(),
            gone: Vec::new(),
        };
        world.route(0);
        let watch = |endpoint| Watch { endpoint: EndpointId(endpoint), picture: CAMERA, sound: MICROPHONE };
        world.relay.set_watches(now, &BTreeSet::from([1, 2].map(watch)));
        world.witness_speaks();
        world
    }

    /// What flows, by number: who is shown to whom, in which layer. The witness always hears itself.
    fn routes(number: u8) -> Routes {
        let mut routes = Routes::default();
        let mut feed = |to: u64, slot: LineId, from: u64, line: LineId, layer: Layer| {
            let track = TrackId { endpoint: EndpointId(from), line };
            let slot = SlotId { endpoint: EndpointId(to), line: slot };
            routes.slots.insert(slot, Feed { track, layer, rank: 0 });
        };
        feed(1, WITNESS, 1, MICROPHONE, Layer::High);
        let layer = [Layer::High, Layer::Mid, Layer::Low][usize::from(number >> 2) % 3];
        match number & 3 {
            0 => {
                feed(1, PICTURE, 2, CAMERA, layer);
                feed(1, SOUND, 2, MICROPHONE, Layer::High);
                feed(2, PICTURE, 1, CAMERA, layer);
                feed(2, SOUND, 1, MICROPHONE, Layer::High);
                feed(2, WITNESS, 2, MICROPHONE, Layer::High);
            }
            1 => {
                feed(1, PICTURE, 1, CAMERA, layer);
                feed(2, PICTURE, 2, CAMERA, layer);
                feed(2, SOUND, 2, MICROPHONE, Layer::High);
            }
            2 => {
                feed(1, PICTURE, 2, CAMERA, layer);
                feed(2, PICTURE, 2, CAMERA, Layer::Low);
                feed(1, SOUND, 1, MICROPHONE, Layer::High);
            }
            _ => feed(2, SOUND, 1, MICROPHONE, Layer::High),
        }
        routes
    }

    /// Routes at once.
    pub(crate) fn route(&mut self, number: u8) {
        self.relay.set_routes(self.now, Self::routes(number));
        self.drain();
    }

    /// Orders a take, or gives one up.
    pub(crate) fn take(&mut self, number: u8) {
        let take = TakeId(u64::from(number >> 6));
        if number & 0x20 == 0 {
            self.relay.order_take(self.now, take, Self::routes(number & 0x1f));
        } else {
            self.relay.cancel_take(self.now, take);
        }
        self.drain();
    }

    /// Seals a packet as it stands and hands it in. Its index is the one that the relay has to guess from its number.
    pub(crate) fn send_rtp(&mut self, side: Side, packet: Vec<u8>) {
        let (Some(sequence), Some(ssrc)) = (packet.get(2..4), packet.get(8..12)) else { return };
        let sequence = u16::from_be_bytes([sequence[0], sequence[1]]);
        let ssrc = u32::from_be_bytes([ssrc[0], ssrc[1], ssrc[2], ssrc[3]]);
        let key = (side == Side::Hostile, ssrc);
        let index = near(self.sealed.get(&key).copied(), sequence);
        let highest = self.sealed.entry(key).or_insert(index);
        *highest = index.max(*highest);
        if let Some(sealed) = self.peer(side).sealer.rtp(packet, index) {
            self.hand_in(self.peer(side).tuple, sealed);
        }
    }

    /// The index of a stream's next packet.
    pub(crate) fn next_index(&self, side: Side, ssrc: u32) -> u64 {
        self.sealed.get(&(side == Side::Hostile, ssrc)).map_or(1, |highest| highest + 1)
    }

    /// Seals a compound packet and hands it in.
    pub(crate) fn send_rtcp(&mut self, side: Side, compound: Vec<u8>) {
        let tuple = self.peer(side).tuple;
        if let Some(sealed) = self.peer_mut(side).sealer.rtcp(compound) {
            self.hand_in(tuple, sealed);
        }
    }

    /// A datagram arrives.
    pub(crate) fn hand_in(&mut self, from: Tuple, mut datagram: Vec<u8>) {
        self.relay.handle_datagram(self.now, from, &mut datagram);
        // Records of a handshake have their turn then.
        self.relay.handle_timeout(self.now);
        self.drain();
    }

    pub(crate) fn peer(&self, side: Side) -> &Peer {
        match side {
            Side::Hostile => &self.hostile,
            Side::Witness => &self.witness,
        }
    }

    fn peer_mut(&mut self, side: Side) -> &mut Peer {
        match side {
            Side::Hostile => &mut self.hostile,
            Side::Witness => &mut self.witness,
        }
    }

    /// Milliseconds since the world began.
    pub(crate) fn elapsed(&self) -> u32 {
        self.now.duration_since(self.began).as_millis() as u32
    }

    /// Time passes; the relay's timers fire when they are due.
    pub(crate) fn pass(&mut self, pause: Duration) {
        let end = self.now + pause.min(LONGEST_PAUSE);
        let mut fired = 0;
        while let Some(due) = self.relay.poll_timeout().filter(|due| *due <= end) {
            fired += 1;
            assert!(fired <= MAX_TIMEOUTS, "timers fire without end");
            self.now = self.now.max(due);
            self.relay.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
        if self.now.duration_since(self.checked) >= CHECK_EVERY {
            self.checked = self.now;
            for side in [Side::Hostile, Side::Witness] {
                let (tuple, check) = (self.peer(side).tuple, self.peer(side).credentials.check());
                self.hand_in(tuple, check);
            }
        }
    }

    /// A step begins.
    pub(crate) fn begin_step(&mut self) {
        self.caused = 0;
        self.elsewhere.clear();
    }

    /// Takes what the relay sends and tells, and holds it against what must always be true.
    pub(crate) fn drain(&mut self) {
        let mut buffer = Vec::new();
        while let Some(to) = self.relay.poll_transmit(self.now, &mut buffer) {
            self.caused += 1;
            assert!(self.caused <= MAX_CAUSED, "one step causes {} datagrams", self.caused);
            reception::holds_size(&buffer);
            if to == self.witness.tuple {
                reception::receive(&mut self.witness, &mut buffer);
            } else if to == self.hostile.tuple {
                reception::receive(&mut self.hostile, &mut buffer);
            } else {
                self.elsewhere.push((to, buffer.len()));
            }
            buffer.clear();
        }
        while self.relay.poll_close().is_some() {}
        while let Some(event) = self.relay.poll_event() {
            if let RelayEvent::Disconnected { endpoint, reason } = event {
                let ours = [self.witness.id, self.hostile.id].contains(&endpoint);
                assert!(!ours, "{endpoint:?} was disconnected: {reason:?}");
                self.gone.push(endpoint);
            }
        }
    }

    /// The witness sends a packet of sound, which must come back to it, whatever was done before: the conference goes on.
    pub(crate) fn witness_speaks(&mut self) {
        let index = self.next_index(Side::Witness, WITNESS_SOUND);
        let payload = [&[0x78][..], &index.to_be_bytes()].concat();
        let packet = Packet {
            second: OPUS,
            index,
            timestamp: self.elapsed().wrapping_mul(48),
            ssrc: WITNESS_SOUND,
            mid: MICROPHONE.0,
            level: Some(30),
            ..Packet::default()
        };
        self.witness.heard = None;
        self.send_rtp(Side::Witness, packet.bytes(&payload));
        assert_eq!(self.witness.heard.as_deref(), Some(&payload[..]), "the witness is not heard any more");
    }

    /// The witness sends a frame of all its layers.
    pub(crate) fn witness_shows(&mut self, key: bool) {
        self.frames += 1;
        let payload = picture(self.codec, key, self.frames);
        let timestamp = self.elapsed().wrapping_mul(90);
        for (ssrc, rid) in WITNESS_PICTURES.into_iter().zip(crate::offer::RIDS) {
            let index = self.next_index(Side::Witness, ssrc);
            let packet = Packet {
                second: 0x80 | VIDEO,
                index,
                timestamp,
                ssrc,
                mid: CAMERA.0,
                rid: Some(rid),
                ..Packet::default()
            };
            self.send_rtp(Side::Witness, packet.bytes(&payload));
        }
    }

    /// The input is over: the witness is heard, also when the hostile peer has left with all that was due for it, and when nobody
    /// is there any more, nobody is sent anything.
    pub(crate) fn end(&mut self) {
        self.begin_step();
        self.witness_speaks();
        self.relay.remove_endpoint(self.now, self.hostile.id);
        self.drain();
        self.pass(LONGEST_PAUSE);
        self.begin_step();
        self.witness_speaks();
        self.relay.close(self.now);
        self.drain();
        self.begin_step();
        self.pass(LONGEST_PAUSE);
        assert_eq!(self.caused, 0, "datagrams for nobody");
    }

    /// The next transport-wide number of the hostile peer.
    pub(crate) fn next_transport(&mut self) -> u16 {
        self.transport = self.transport.wrapping_add(1);
        self.transport
    }
}

/// A picture in one packet, as a relay understands it: parameter sets and an IDR slice, or a slice (RFC 6184); a frame of VP8
/// with the numbers that are rewritten (RFC 7741 §4.2).
pub(crate) fn picture(codec: Codec, key: bool, number: u32) -> Vec<u8> {
    match (codec, key) {
        (Codec::Vp8, _) => {
            let [_, _, high, low] = number.to_be_bytes();
            vec![0x90, 0xc0, high | 0x80, low, low, if key { 0x10 } else { 0x11 }, 0, 0, high, low]
        }
        (Codec::H264 | Codec::Opus, true) => {
            let mut payload = vec![0x78];
            for unit in [&[0x67, 0x42, 0xe0, 0x1f, 0x80][..], &[0x68, 0x80, 0x01], &[0x65, 0x80, 1, 2, 3]] {
                payload.extend_from_slice(&(unit.len() as u16).to_be_bytes());
                payload.extend_from_slice(unit);
            }
            payload
        }
        (Codec::H264 | Codec::Opus, false) => vec![0x61, 0x80, 4, 5, 6],
    }
}
