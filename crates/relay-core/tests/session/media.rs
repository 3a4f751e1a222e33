//! What one str0m peer sends arrives at another, and what nobody of them sent does not.

use std::{net::SocketAddr, time::Duration};

use crate::world::{Packet, World, line};
use relay_core::{
    Codec, EndpointId, Feed, Kind, Layer,
    LineDirection::{FromEndpoint, ToEndpoint},
    LineId, LinePlan, Routes, SlotId, TrackId,
};
use str0m::{Event, format::Codec as PeerCodec};

const CAMERA: usize = 0;
const MICROPHONE: usize = 1;

/// A sender of three layers and sound, and a receiver of both; the camera's top layer and the sound are routed.
fn sender_and_receiver(codec: Codec) -> (World, usize, usize) {
    let mut world = World::new(codec);
    let send = [LinePlan { simulcast: true, ..line(Kind::Video, FromEndpoint) }, line(Kind::Audio, FromEndpoint)];
    let receive = [line(Kind::Video, ToEndpoint), line(Kind::Audio, ToEndpoint)];
    let sender = world.join(&send, |offer| offer).unwrap();
    let receiver = world.join(&receive, |offer| offer).unwrap();
    world.connect();
    let mut routes = Routes::default();
    for line in [CAMERA, MICROPHONE] {
        let line = LineId(u16::try_from(line).unwrap());
        let track = TrackId { endpoint: EndpointId(1), line };
        let slot = SlotId { endpoint: EndpointId(2), line };
        routes.slots.insert(slot, Feed { track, layer: Layer::High, rank: 0 });
    }
    world.relay.set_routes(world.now, routes);
    world.drain_relay();
    (world, sender, receiver)
}

fn sound(number: u64) -> Vec<u8> {
    // An Opus packet of one 20 ms frame (RFC 6716 §3.1), then something to tell it by.
    let mut payload = vec![0x78];
    payload.extend_from_slice(&number.to_be_bytes());
    payload
}

fn send_sound(world: &mut World, sender: usize, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let payload = sound(number);
        let packet = Packet {
            codec: PeerCodec::Opus,
            sequence: 40_000 + number,
            timestamp: 960 * u32::try_from(number).unwrap(),
            marker: false,
            audio_level: Some(-30),
            payload: &payload,
        };
        let now = world.now;
        world.guests[sender].write(now, MICROPHONE, None, packet);
        world.drain_guest(sender);
        world.run_for(Duration::from_millis(20));
    }
}

#[test]
fn sound_arrives_as_it_was_sent() {
    let (mut world, sender, receiver) = sender_and_receiver(Codec::H264);

    send_sound(&mut world, sender, 0..50);

    let expected: Vec<Vec<u8>> = (0..50).map(sound).collect();
    assert_eq!(world.guests[receiver].received(MICROPHONE), expected);
    let levels = world.guests[receiver].events.iter().filter_map(|event| match event {
        Event::RtpPacket(packet) => packet.header.ext_vals.audio_level,
        _ => None,
    });
    assert!(levels.clone().count() == 50 && levels.into_iter().all(|level| level == -30), "the level is passed on");
}

#[test]
fn each_layer_is_told_by_its_rid_and_the_top_one_arrives() {
    let (mut world, sender, receiver) = sender_and_receiver(Codec::H264);
    let nal = |kind: u8, frame: u8, layer: u8| vec![kind, frame, layer, 1, 2, 3];
    let mut expected = Vec::new();

    for frame in 0..30u8 {
        for (layer, rid) in ["l", "m", "h"].into_iter().enumerate() {
            let layer = u8::try_from(layer).unwrap();
            // Parameter sets and an IDR slice first, then P slices (RFC 6184 §1.3).
            let nals: &[u8] = if frame == 0 { &[0x67, 0x68, 0x65] } else { &[0x61] };
            for (index, kind) in nals.iter().enumerate() {
                let payload = nal(*kind, frame, layer);
                let sequence = 30_000 + if frame == 0 { index as u64 } else { 2 + u64::from(frame) };
                let packet = Packet {
                    codec: PeerCodec::H264,
                    sequence,
                    timestamp: 3000 * u32::from(frame) + 1_000_000 * u32::from(layer),
                    marker: index + 1 == nals.len(),
                    audio_level: None,
                    payload: &payload,
                };
                let now = world.now;
                world.guests[sender].write(now, CAMERA, Some(rid), packet);
                if layer == 2 {
                    expected.push(payload);
                }
            }
            world.drain_guest(sender);
        }
        world.run_for(Duration::from_millis(33));
    }
    world.run_for(Duration::from_millis(100));

    let received = world.guests[receiver].received(CAMERA);
    let top: Vec<Vec<u8>> = received.into_iter().filter(|payload| payload.get(2) == Some(&2)).collect();
    assert_eq!(top, expected, "the frames of the top layer, whole and in order");
}

#[test]
fn what_comes_twice_or_from_elsewhere_is_not_forwarded() {
    let (mut world, sender, receiver) = sender_and_receiver(Codec::H264);
    send_sound(&mut world, sender, 0..10);
    let sender_address = world.guests[sender].address;
    let media: Vec<Vec<u8>> = world
        .arrived
        .iter()
        .filter(|(from, bytes)| *from == sender_address && bytes[0] >= 128)
        .map(|(_, bytes)| bytes.clone())
        .collect();
    assert!(media.len() >= 10);
    let before = world.guests[receiver].received(MICROPHONE).len();

    for packet in &media {
        world.inject(sender_address, packet);
        world.inject(SocketAddr::from(([198, 51, 100, 7], 9)), packet);
        world.inject(world.guests[receiver].address, packet);
    }
    world.run_for(Duration::from_millis(50));

    assert_eq!(world.guests[receiver].received(MICROPHONE).len(), before);
}

#[test]
fn noise_from_a_connected_address_harms_nothing() {
    let (mut world, sender, receiver) = sender_and_receiver(Codec::H264);
    let address = world.guests[sender].address;
    for first in 0..=255u8 {
        for length in [1, 2, 11, 12, 13, 20, 28, 60, 1500, 1501, 3000] {
            let mut datagram = vec![first; length];
            for (index, byte) in datagram.iter_mut().enumerate().skip(1) {
                *byte = (index * 37) as u8 ^ first;
            }
            world.inject(address, &datagram);
        }
    }

    send_sound(&mut world, sender, 0..10);

    assert_eq!(world.guests[receiver].received(MICROPHONE).len(), 10);
}
