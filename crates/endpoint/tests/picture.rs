//! The marker survives a real encoder, packets and a real decoder at every layer's size and bitrate.
#![allow(clippy::unwrap_used)]

use endpoint::encoder::{AccessUnit, LAYERS, LayerEncoder, LayerSpec};
use endpoint::marker::{self, Marker};
use endpoint::packetize::{self, MAX_PAYLOAD_BYTES};
use endpoint::sei::{self, Stamp};
use endpoint::test_card::TestCard;
use endpoint::{annexb, annexb::nal_type};
use openh264::decoder::Decoder;
use openh264::formats::YUVSource;
use rtc::rtp::codec::h264::H264Packet;
use rtc::rtp::packetizer::Depacketizer;

const SITE: u16 = 42;
const START_MS: u64 = 1_795_000_000_000;

/// Encodes `count` frames of the layer; the frames named in `keyframes` are asked to be keyframes.
fn encoded(spec: &LayerSpec, count: u32, keyframes: &[u32]) -> Vec<AccessUnit> {
    let mut card = TestCard::new(SITE, "Bà Rịa - Vũng Tàu", spec.size);
    let mut encoder = LayerEncoder::new(spec).unwrap();
    (0..count)
        .map(|frame| {
            let captured_ms = START_MS + u64::from(frame * spec.every) * 40;
            let stamp = Stamp { marker: card.marker(frame), captured_ms };
            let picture = card.draw(captured_ms, frame);
            encoder.encode(picture, stamp, keyframes.contains(&frame)).unwrap()
        })
        .collect()
}

/// The stream as a receiver gets it, through the library's depacketizer (not ours).
fn through_packets(unit: &AccessUnit) -> Vec<u8> {
    let mut depacketizer = H264Packet::default();
    let mut stream = Vec::new();
    for payload in packetize::payloads(unit) {
        assert!(payload.len() <= MAX_PAYLOAD_BYTES, "{} bytes", payload.len());
        stream.extend_from_slice(&depacketizer.depacketize(&payload).unwrap());
    }
    stream
}

fn kinds(unit: &AccessUnit) -> Vec<u8> {
    unit.nals.iter().map(|nal| annexb::kind(nal)).collect()
}

#[test]
fn the_marker_survives_encoder_packets_and_decoder_at_every_layer() {
    for spec in &LAYERS {
        let units = encoded(spec, 30, &[]);
        let mut decoder = Decoder::new().unwrap();
        for (frame, unit) in units.iter().enumerate() {
            let stream = through_packets(unit);
            let picture = decoder.decode(&stream).unwrap().expect("baseline decodes frame by frame");
            let (width, height) = picture.dimensions();
            assert_eq!((width, height), (spec.size.width, spec.size.height));
            let (stride, _, _) = picture.strides();
            let read = marker::read_strided(picture.y(), stride, width, height);
            assert_eq!(read, Some(Marker { site: SITE, frame: frame as u32 }), "layer {} frame {frame}", spec.rid);
        }
        let bits: usize = units.iter().map(|unit| unit.to_stream().len() * 8).sum();
        let seconds = 30.0 * spec.every as f64 / 25.0;
        let rate = bits as f64 / seconds;
        println!("layer {}: {:.0} kbit/s", spec.rid, rate / 1000.0);
        assert!(rate < f64::from(spec.bitrate) * 1.3, "layer {}: {rate:.0} bit/s", spec.rid);
    }
}

#[test]
fn every_frame_has_its_stamp_in_a_packet_that_is_read_without_decoding() {
    for (frame, unit) in encoded(&LAYERS[0], 10, &[5]).iter().enumerate() {
        let stamps: Vec<Stamp> = packetize::payloads(unit)
            .iter()
            .flat_map(|payload| packetize::whole_units(payload).filter_map(sei::read).collect::<Vec<_>>())
            .collect();
        let captured_ms = START_MS + frame as u64 * u64::from(LAYERS[0].every) * 40;
        assert_eq!(stamps, [Stamp { marker: Marker { site: SITE, frame: frame as u32 }, captured_ms }]);
    }
}

#[test]
fn a_keyframe_comes_when_asked_and_only_then() {
    let units = encoded(&LAYERS[1], 12, &[7]);
    let keyframes: Vec<usize> =
        units.iter().enumerate().filter(|(_, unit)| unit.keyframe).map(|(frame, _)| frame).collect();
    assert_eq!(keyframes, [0, 7]);
    assert_eq!(kinds(&units[7])[..4], [nal_type::SPS, nal_type::PPS, nal_type::SEI, nal_type::IDR]);
    assert_eq!(kinds(&units[8])[..2], [nal_type::SEI, nal_type::SLICE]);

    let mut late = Decoder::new().unwrap();
    let picture = late.decode(&through_packets(&units[7])).unwrap().expect("a late joiner decodes the keyframe alone");
    let (stride, _, _) = picture.strides();
    let read = marker::read_strided(picture.y(), stride, picture.dimensions().0, picture.dimensions().1);
    assert_eq!(read, Some(Marker { site: SITE, frame: 7 }));
}

#[test]
fn the_first_packet_of_a_keyframe_shows_it() {
    let units = encoded(&LAYERS[2], 4, &[2]);
    for unit in &units {
        let payloads = packetize::payloads(unit);
        assert_eq!(packetize::begins_keyframe(&payloads[0]), unit.keyframe);
        if unit.keyframe {
            let first: Vec<u8> = packetize::whole_units(&payloads[0]).map(annexb::kind).collect();
            assert_eq!(
                first,
                [nal_type::SPS, nal_type::PPS, nal_type::SEI],
                "parameter sets and marker share a packet"
            );
            assert!(payloads.len() > 2, "a keyframe of 720p is fragmented");
        }
    }
}
