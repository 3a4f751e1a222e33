//! Against the vectors of RFC 3711 and RFC 7714, and against each other.

use proptest::prelude::*;
use rtc_dtls::crypto_provider::{RTCCryptoProvider, providers::RingProvider};

use super::{key_derivation::StreamKeys, *};
use crate::rtp_wire::OutgoingHeader;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().filter(char::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}

fn gcm_of_rfc_7714() -> Cipher {
    let keys = StreamKeys {
        encryption: bytes("000102030405060708090a0b0c0d0e0f"),
        authentication: vec![],
        salt: b"Quid pro quo".to_vec(),
    };
    Cipher::new(Profile::AeadAes128Gcm, &keys)
}

fn pair(profile: Profile) -> (Sealer, Opener) {
    let exported: Vec<u8> = (0..profile.keying_material_len()).map(|byte| byte as u8).collect();
    let server = KeyingMaterial::new(profile, &exported, false);
    let client = KeyingMaterial::new(profile, &exported, true);
    (Sealer::new(&server), Opener::new(&client))
}

fn packet(ssrc: u32, index: u64, payload: &[u8]) -> (Vec<u8>, usize) {
    let mut packet = Vec::new();
    let sequence = index as u16;
    let header = OutgoingHeader {
        marker: true,
        payload_type: 96,
        sequence,
        timestamp: 7,
        ssrc,
        mid: Some((3, "12")),
        audio_level: None,
        transport_sequence: None,
    };
    let length = header.write(&mut packet);
    packet.extend_from_slice(payload);
    (packet, length)
}

#[test]
fn keys_are_derived_as_in_rfc_3711_b3() {
    let key = bytes("E1F97A0D3E018BE0D64FA32C06DE4139");
    let salt = bytes("0EC675AD498AFEEBB6960B3AABE6");
    let provider = RingProvider::new();
    let derive = |label, length| key_derivation::derive(provider.crypto(), &key, &salt, label, length);

    assert_eq!(derive(0, 16), bytes("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(derive(2, 14), bytes("30CBBC08863D8C85D49DB34A9AE1"));
    assert_eq!(derive(1, 20), bytes("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
}

#[test]
fn counter_mode_keystream_is_that_of_rfc_3711_b2() {
    let keys = StreamKeys {
        encryption: bytes("2B7E151628AED2A6ABF7158809CF4F3C"),
        authentication: vec![0; 20],
        salt: bytes("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
    };
    let mut keystream = vec![0; 48];

    Cipher::new(Profile::Aes128CmHmacSha1_80, &keys).seal_rtp(&mut keystream, 0..0, 0, 0);

    let expected = "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0";
    assert_eq!(keystream[..48], bytes(expected));
}

#[test]
fn gcm_seals_and_opens_the_srtp_packet_of_rfc_7714_16_1_1() {
    let clear = "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465
                 73207472 6573";
    let sealed = "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b
                  36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce";
    let mut packet = bytes(clear);

    gcm_of_rfc_7714().seal_rtp(&mut packet, 0..12, 0x5501_a0b2, 0xf17b);
    assert_eq!(packet, bytes(sealed));

    let length = gcm_of_rfc_7714().open_rtp(&mut packet, 12, 0x5501_a0b2, 0xf17b);
    assert_eq!(packet[..length.unwrap()], bytes(clear));
}

#[test]
fn gcm_seals_and_opens_the_srtcp_packet_of_rfc_7714_17_1() {
    let clear = "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef
                 deadbeef deadbeef";
    let sealed = "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46
                  86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4";
    let (ssrc, word) = (0x4d61_7273, 0x8000_05d4);
    let mut packet = bytes(clear);

    gcm_of_rfc_7714().seal_rtcp(&mut packet, 0, ssrc, word);
    assert_eq!(packet, bytes(sealed));

    let mut cipher = gcm_of_rfc_7714();
    assert_eq!(cipher.rtcp_ssrc_and_index(&packet), Ok((ssrc, word)));
    let length = cipher.open_rtcp(&mut packet, ssrc, word);
    assert_eq!(packet[..length.unwrap()], bytes(clear));
}

#[test]
fn the_roll_over_counter_follows_a_long_stream_with_silences() {
    for profile in [Profile::AeadAes128Gcm, Profile::Aes128CmHmacSha1_80] {
        let (mut sealer, mut opener) = pair(profile);
        let mut index = 40_000;
        // Steps of up to just below half the sequence number space, over several roll-overs.
        for step in [1, 2, 1000, 20_000, 32_000, 1, 32_767, 32_767, 5, 32_000, 32_000].repeat(3) {
            let (mut packet, header) = packet(9, index, b"payload");
            sealer.seal_rtp(&mut packet, 0..header, 9, index).unwrap();
            let parsed = RtpHeader::parse(&packet).unwrap();
            let length = opener.open_rtp(&mut packet, &parsed).unwrap();
            assert_eq!(&packet[header..length], b"payload");
            index += step;
        }
        assert!(index >> 16 > 3, "the test passes several roll-overs");
    }
}

#[test]
fn more_ssrcs_than_the_bound_are_not_opened() {
    let (mut sealer, mut opener) = pair(Profile::AeadAes128Gcm);
    let mut open = |ssrc| {
        let (mut packet, header) = packet(ssrc, 1, b"x");
        sealer.seal_rtp(&mut packet, 0..header, ssrc, 1).unwrap();
        let parsed = RtpHeader::parse(&packet).unwrap();
        opener.open_rtp(&mut packet, &parsed).map(|_| ())
    };

    for ssrc in 0..MAX_SSRCS as u32 {
        assert_eq!(open(ssrc), Ok(()));
    }
    assert_eq!(open(MAX_SSRCS as u32), Err(SrtpError::TooManySsrcs));
}

fn profiles() -> impl Strategy<Value = Profile> {
    prop_oneof![Just(Profile::AeadAes128Gcm), Just(Profile::Aes128CmHmacSha1_80)]
}

#[test]
fn no_rtcp_is_sealed_when_the_numbers_of_its_key_are_used_up() {
    let (mut sealer, mut opener) = pair(Profile::AeadAes128Gcm);
    sealer.rtcp_index = (1 << 31) - 2;
    let mut last = bytes("80c90001 0000002a");
    sealer.seal_rtcp(&mut last, 0).unwrap();
    assert!(opener.open_rtcp(&mut last).is_ok());

    let mut beyond = bytes("80c90001 0000002a");
    assert_eq!(sealer.seal_rtcp(&mut beyond, 0), Err(SrtpError::KeyUsedUp));
    assert_eq!(beyond, bytes("80c90001 0000002a"), "nothing was written");
}

proptest! {
    #[test]
    fn an_index_is_sealed_at_most_once(indices in prop::collection::vec(0u64..5000, 1..400)) {
        let (mut sealer, _) = pair(Profile::AeadAes128Gcm);
        let mut sealed = std::collections::BTreeSet::new();
        for index in indices {
            let (mut packet, header) = packet(1, index, b"x");
            if sealer.seal_rtp(&mut packet, 0..header, 1, index).is_ok() {
                prop_assert!(sealed.insert(index), "{index} was sealed twice");
            }
        }
    }

    #[test]
    fn packets_open_once_in_any_near_order(
        profile in profiles(),
        swaps in prop::collection::vec((0usize..300, 0usize..300), 0..300),
    ) {
        let (mut sealer, mut opener) = pair(profile);
        let mut packets: Vec<Vec<u8>> = (65_400u64..65_700).map(|index| {
            let (mut packet, header) = packet(1, index, &index.to_be_bytes());
            sealer.seal_rtp(&mut packet, 0..header, 1, index).unwrap();
            packet
        }).collect();
        // The first packet tells the roll-over counter, so it stays first.
        for (left, right) in swaps {
            packets.swap(left.max(1), right.max(1));
        }
        for packet in packets {
            let header = RtpHeader::parse(&packet).unwrap();
            let mut first = packet.clone();
            let length = opener.open_rtp(&mut first, &header).unwrap();
            let index = u64::from_be_bytes(first[header.length..length].try_into().unwrap());
            prop_assert_eq!(index as u16, header.sequence);
            prop_assert_eq!(opener.open_rtp(&mut packet.clone(), &header), Err(SrtpError::Replayed));
        }
    }

    #[test]
    fn a_changed_byte_is_noticed(profile in profiles(), at in 0usize..60, flip in 1u8..=255) {
        let (mut sealer, mut opener) = pair(profile);
        let (mut packet, header) = packet(1, 30, &[5; 40]);
        sealer.seal_rtp(&mut packet, 0..header, 1, 30).unwrap();
        packet[at] ^= flip;
        if let Some(header) = RtpHeader::parse(&packet) {
            prop_assert!(opener.open_rtp(&mut packet, &header).is_err());
        }
    }

    #[test]
    fn rtcp_opens_once_and_noise_never(profile in profiles(), noise in prop::collection::vec(any::<u8>(), 0..200)) {
        let (mut sealer, mut opener) = pair(profile);
        let compound = bytes("80c90001 0000002a");
        let mut packet = compound.clone();
        sealer.seal_rtcp(&mut packet, 0).unwrap();
        let mut first = packet.clone();
        let length = opener.open_rtcp(&mut first).unwrap();
        prop_assert_eq!(&first[..length], compound.as_slice());
        prop_assert_eq!(opener.open_rtcp(&mut packet), Err(SrtpError::Replayed));
        prop_assert!(opener.open_rtcp(&mut noise.clone()).is_err());
    }
}
