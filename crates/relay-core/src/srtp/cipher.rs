//! The two transforms, in place.

use std::ops::Range;

use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hmac,
};
use rtc_dtls::crypto_provider::{
    RTCCryptoProvider, StreamCipher, StreamCipherAlgorithm, constant_time_eq, providers::RingProvider,
};

use super::{Profile, RTCP_CLEAR_BYTES, SRTCP_ENCRYPTED, SRTCP_INDEX_BYTES, SrtpError, key_derivation::StreamKeys};

/// GCM tag (RFC 7714 §13.1).
const GCM_TAG: usize = 16;
const GCM_NONCE: usize = 12;
/// HMAC-SHA1-80 tag (RFC 3711 §4.2.1).
const HMAC_TAG: usize = 10;
const CTR_IV: usize = 16;

/// Keys of RTP or RTCP in one direction, ready for use.
#[expect(clippy::large_enum_variant, reason = "GCM is the rule; its key stays beside the salt")]
pub(super) enum Cipher {
    Gcm { key: LessSafeKey, salt: [u8; GCM_NONCE] },
    CmHmac { stream: Box<dyn StreamCipher>, mac: hmac::Key, salt: [u8; 14] },
}

impl Cipher {
    pub(super) fn new(profile: Profile, keys: &StreamKeys) -> Self {
        match profile {
            Profile::AeadAes128Gcm => Cipher::Gcm {
                key: LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &keys.encryption).expect("the key has 16 bytes")),
                salt: keys.salt.as_slice().try_into().expect("the salt has 12 bytes"),
            },
            Profile::Aes128CmHmacSha1_80 => Cipher::CmHmac {
                stream: RingProvider::new()
                    .crypto()
                    .new_stream_cipher(StreamCipherAlgorithm::Aes128Ctr, &keys.encryption)
                    .expect("AES-128 with a 16 byte key"),
                mac: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &keys.authentication),
                salt: keys.salt.as_slice().try_into().expect("the salt has 14 bytes"),
            },
        }
    }

    /// Encrypts what stands behind `header` at the end of `buffer`, and appends the tag.
    pub(super) fn seal_rtp(&mut self, buffer: &mut Vec<u8>, header: Range<usize>, ssrc: u32, index: u64) {
        match self {
            Cipher::Gcm { key, salt } => {
                let (clear, payload) = buffer.split_at_mut(header.end);
                let aad = Aad::from(&clear[header.start..]);
                let tag = key
                    .seal_in_place_separate_tag(rtp_nonce(salt, ssrc, index), aad, payload)
                    .expect("a packet is far below the limit of GCM");
                buffer.extend_from_slice(tag.as_ref());
            }
            Cipher::CmHmac { stream, mac, salt } => {
                apply(stream, &counter_block(salt, ssrc, index), &mut buffer[header.end..]);
                let tag = sign(mac, &buffer[header.start..], &roll_over(index));
                buffer.extend_from_slice(&tag.as_ref()[..HMAC_TAG]);
            }
        }
    }

    /// Checks the tag and decrypts behind the header; gives the length without tag.
    pub(super) fn open_rtp(
        &mut self,
        packet: &mut [u8],
        header: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<usize, SrtpError> {
        match self {
            Cipher::Gcm { key, salt } => {
                let end = packet.len().checked_sub(GCM_TAG).filter(|end| *end >= header).ok_or(SrtpError::TooShort)?;
                let (clear, sealed) = packet.split_at_mut(header);
                key.open_in_place(rtp_nonce(salt, ssrc, index), Aad::from(&*clear), sealed)
                    .map_err(|_| SrtpError::Forged)?;
                Ok(end)
            }
            Cipher::CmHmac { stream, mac, salt } => {
                let end = packet.len().checked_sub(HMAC_TAG).filter(|end| *end >= header).ok_or(SrtpError::TooShort)?;
                let (body, tag) = packet.split_at_mut(end);
                verify(mac, body, &roll_over(index), tag)?;
                apply(stream, &counter_block(salt, ssrc, index), &mut body[header..]);
                Ok(end)
            }
        }
    }

    /// Sender SSRC and index word, before anything is authenticated.
    pub(super) fn rtcp_ssrc_and_index(&self, packet: &[u8]) -> Result<(u32, u32), SrtpError> {
        let (shortest, behind) = match self {
            Cipher::Gcm { .. } => (RTCP_CLEAR_BYTES + GCM_TAG + SRTCP_INDEX_BYTES, 0),
            Cipher::CmHmac { .. } => (RTCP_CLEAR_BYTES + SRTCP_INDEX_BYTES + HMAC_TAG, HMAC_TAG),
        };
        if packet.len() < shortest {
            return Err(SrtpError::TooShort);
        }
        let word = |at: usize| u32::from_be_bytes(packet[at..at + 4].try_into().expect("four bytes were taken"));
        Ok((word(4), word(packet.len() - behind - SRTCP_INDEX_BYTES)))
    }

    /// Encrypts the packet that begins at `start`, behind its sender's SSRC, and appends tag and index word, in the profile's
    /// order.
    pub(super) fn seal_rtcp(&mut self, buffer: &mut Vec<u8>, start: usize, ssrc: u32, word: u32) {
        let clear = start + RTCP_CLEAR_BYTES;
        match self {
            Cipher::Gcm { key, salt } => {
                let aad = Aad::from(rtcp_aad(&buffer[start..], word));
                let tag = key
                    .seal_in_place_separate_tag(rtcp_nonce(salt, ssrc, word), aad, &mut buffer[clear..])
                    .expect("a packet is far below the limit of GCM");
                buffer.extend_from_slice(tag.as_ref());
                buffer.extend_from_slice(&word.to_be_bytes());
            }
            Cipher::CmHmac { stream, mac, salt } => {
                let index = u64::from(word & !SRTCP_ENCRYPTED);
                apply(stream, &counter_block(salt, ssrc, index), &mut buffer[clear..]);
                buffer.extend_from_slice(&word.to_be_bytes());
                let tag = sign(mac, &buffer[start..], &[]);
                buffer.extend_from_slice(&tag.as_ref()[..HMAC_TAG]);
            }
        }
    }

    /// Checks the tag and decrypts; the length was checked by [`Self::rtcp_ssrc_and_index`].
    pub(super) fn open_rtcp(&mut self, packet: &mut [u8], ssrc: u32, word: u32) -> Result<usize, SrtpError> {
        match self {
            Cipher::Gcm { key, salt } => {
                let aad = rtcp_aad(packet, word);
                let end = packet.len() - SRTCP_INDEX_BYTES;
                key.open_in_place(rtcp_nonce(salt, ssrc, word), Aad::from(aad), &mut packet[RTCP_CLEAR_BYTES..end])
                    .map_err(|_| SrtpError::Forged)?;
                Ok(end - GCM_TAG)
            }
            Cipher::CmHmac { stream, mac, salt } => {
                let (body, tag) = packet.split_at_mut(packet.len() - HMAC_TAG);
                verify(mac, body, &[], tag)?;
                let end = body.len() - SRTCP_INDEX_BYTES;
                let index = u64::from(word & !SRTCP_ENCRYPTED);
                apply(stream, &counter_block(salt, ssrc, index), &mut body[RTCP_CLEAR_BYTES..end]);
                Ok(end)
            }
        }
    }
}

fn apply(stream: &mut Box<dyn StreamCipher>, iv: &[u8; CTR_IV], data: &mut [u8]) {
    stream.apply_keystream(iv, data).expect("the counter block has 16 bytes");
}

fn sign(key: &hmac::Key, packet: &[u8], trailer: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    context.update(packet);
    context.update(trailer);
    context.sign()
}

fn verify(key: &hmac::Key, packet: &[u8], trailer: &[u8], tag: &[u8]) -> Result<(), SrtpError> {
    let expected = sign(key, packet, trailer);
    if constant_time_eq(&expected.as_ref()[..HMAC_TAG], tag) { Ok(()) } else { Err(SrtpError::Forged) }
}

/// Upper 32 bits of the 48 bit index.
fn roll_over(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

/// RFC 7714 §8.1: zeros, SSRC, roll-over counter, sequence number; exclusive-or the salt.
fn rtp_nonce(salt: &[u8; GCM_NONCE], ssrc: u32, index: u64) -> Nonce {
    let mut nonce = *salt;
    mix(&mut nonce[2..6], &ssrc.to_be_bytes());
    mix(&mut nonce[6..12], &index.to_be_bytes()[2..]);
    Nonce::assume_unique_for_key(nonce)
}

/// RFC 7714 §9.1: zeros, SSRC, zeros, index; exclusive-or the salt.
fn rtcp_nonce(salt: &[u8; GCM_NONCE], ssrc: u32, word: u32) -> Nonce {
    let mut nonce = *salt;
    mix(&mut nonce[2..6], &ssrc.to_be_bytes());
    mix(&mut nonce[8..12], &(word & !SRTCP_ENCRYPTED).to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

/// RFC 7714 §9.2: the clear header and the index word.
fn rtcp_aad(packet: &[u8], word: u32) -> [u8; RTCP_CLEAR_BYTES + SRTCP_INDEX_BYTES] {
    let mut aad = [0; RTCP_CLEAR_BYTES + SRTCP_INDEX_BYTES];
    aad[..RTCP_CLEAR_BYTES].copy_from_slice(&packet[..RTCP_CLEAR_BYTES]);
    aad[RTCP_CLEAR_BYTES..].copy_from_slice(&word.to_be_bytes());
    aad
}

/// RFC 3711 §4.1.1: salt · 2¹⁶ ⊕ SSRC · 2⁶⁴ ⊕ index · 2¹⁶.
fn counter_block(salt: &[u8; 14], ssrc: u32, index: u64) -> [u8; CTR_IV] {
    let mut block = [0; CTR_IV];
    block[..14].copy_from_slice(salt);
    mix(&mut block[4..8], &ssrc.to_be_bytes());
    mix(&mut block[8..14], &index.to_be_bytes()[2..]);
    block
}

fn mix(bytes: &mut [u8], with: &[u8]) {
    bytes.iter_mut().zip(with).for_each(|(byte, with)| *byte ^= with);
}
