//! Keys out of the DTLS handshake, and sealing that asks no questions: AES-128-GCM (RFC 7714).

use std::collections::HashMap;

use anyhow::{Context, Result};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rtc_dtls::crypto_provider::{BlockCipherAlgorithm, RTCCryptoProvider, providers::RingProvider};

const KEY: usize = 16;
const SALT: usize = 12;
const TAG: usize = 16;
/// Keys and salts of both directions (RFC 5764 §4.2).
pub(super) const MATERIAL: usize = 2 * (KEY + SALT);
/// RTCP header and sender SSRC stay in the clear (RFC 3711 §3.4).
const RTCP_CLEAR: usize = 8;
/// E flag of the SRTCP index word.
const ENCRYPTED: u32 = 1 << 31;

/// One direction's keys.
struct Direction {
    rtp: Cipher,
    rtcp: Cipher,
}

struct Cipher {
    key: LessSafeKey,
    salt: [u8; SALT],
}

/// Both directions of a DTLS client.
pub(super) struct Keys {
    own: Direction,
    server: Direction,
    rtcp_index: u32,
    newest: HashMap<u32, u64>,
}

impl Keys {
    /// Splits exported bytes: client key, server key, client salt, server salt.
    pub(super) fn new(material: &[u8]) -> Result<Self> {
        let part = |from: usize, length: usize| material.get(from..from + length).context("short keying material");
        let own = Direction::new(part(0, KEY)?, part(2 * KEY, SALT)?)?;
        let server = Direction::new(part(KEY, KEY)?, part(2 * KEY + SALT, SALT)?)?;
        Ok(Self { own, server, rtcp_index: 0, newest: HashMap::new() })
    }

    /// Seals a packet whose first `header` bytes are its header, under this index, whatever the bytes say.
    pub(super) fn seal_rtp(&self, mut packet: Vec<u8>, header: usize, index: u64) -> Result<Vec<u8>> {
        let cipher = &self.own.rtp;
        let nonce = cipher.nonce(ssrc_at(&packet, 8), &index.to_be_bytes()[2..]);
        let (clear, payload) = packet.split_at_mut(header);
        let tag = cipher.key.seal_in_place_separate_tag(nonce, Aad::from(&*clear), payload).ok().context("seal")?;
        packet.extend_from_slice(tag.as_ref());
        Ok(packet)
    }

    /// Seals a compound RTCP packet of at least eight bytes.
    pub(super) fn seal_rtcp(&mut self, mut packet: Vec<u8>) -> Result<Vec<u8>> {
        self.rtcp_index += 1;
        let word = self.rtcp_index | ENCRYPTED;
        let cipher = &self.own.rtcp;
        let nonce = cipher.nonce(ssrc_at(&packet, 4), &rtcp_place(self.rtcp_index));
        let aad = [&packet[..RTCP_CLEAR], &word.to_be_bytes()].concat();
        let sealed = &mut packet[RTCP_CLEAR..];
        let tag = cipher.key.seal_in_place_separate_tag(nonce, Aad::from(aad), sealed).ok().context("seal")?;
        packet.extend_from_slice(tag.as_ref());
        packet.extend_from_slice(&word.to_be_bytes());
        Ok(packet)
    }

    /// Opens what the relay sent; gives SSRC and payload.
    pub(super) fn open_rtp(&mut self, packet: &mut [u8]) -> Option<(u32, Vec<u8>)> {
        let header = header_length(packet)?;
        let ssrc = ssrc_at(packet, 8);
        let wire = u16::from_be_bytes([packet[2], packet[3]]);
        let index = match self.newest.get(&ssrc) {
            // The relay's numbers go up by one; the nearest index is the right one.
            Some(&newest) => newest.saturating_add_signed(i64::from(wire.wrapping_sub(newest as u16) as i16)),
            None => u64::from(wire),
        };
        let cipher = &self.server.rtp;
        let nonce = cipher.nonce(ssrc, &index.to_be_bytes()[2..]);
        let (clear, sealed) = packet.split_at_mut(header);
        let payload = cipher.key.open_in_place(nonce, Aad::from(&*clear), sealed).ok()?.to_vec();
        let newest = self.newest.entry(ssrc).or_insert(index);
        *newest = index.max(*newest);
        Some((ssrc, payload))
    }

    /// Opens a compound RTCP packet.
    pub(super) fn open_rtcp(&mut self, packet: &mut [u8]) -> Option<Vec<u8>> {
        let end = packet.len().checked_sub(4).filter(|end| *end >= RTCP_CLEAR + TAG)?;
        let word = u32::from_be_bytes(packet[end..].try_into().ok()?);
        let cipher = &self.server.rtcp;
        let nonce = cipher.nonce(ssrc_at(packet, 4), &rtcp_place(word & !ENCRYPTED));
        let aad = [&packet[..RTCP_CLEAR], &word.to_be_bytes()].concat();
        cipher.key.open_in_place(nonce, Aad::from(aad), &mut packet[RTCP_CLEAR..end]).ok()?;
        Some(packet[..end - TAG].to_vec())
    }
}

impl Direction {
    fn new(key: &[u8], salt: &[u8]) -> Result<Self> {
        Ok(Self { rtp: Cipher::derive(key, salt, 0, 2)?, rtcp: Cipher::derive(key, salt, 3, 5)? })
    }
}

impl Cipher {
    /// Session key and salt by their labels (RFC 3711 §4.3.1).
    fn derive(key: &[u8], salt: &[u8], key_label: u8, salt_label: u8) -> Result<Self> {
        let unbound = UnboundKey::new(&AES_128_GCM, &derive(key, salt, key_label)?).ok().context("AES key")?;
        let salt = derive(key, salt, salt_label)?[..SALT].try_into()?;
        Ok(Self { key: LessSafeKey::new(unbound), salt })
    }

    /// RFC 7714 §8.1 and §9.1: two zeros, SSRC, six bytes of index; exclusive-or the salt.
    fn nonce(&self, ssrc: u32, place: &[u8]) -> Nonce {
        let mut nonce = self.salt;
        for (byte, with) in nonce[2..].iter_mut().zip(ssrc.to_be_bytes().iter().chain(place)) {
            *byte ^= with;
        }
        Nonce::assume_unique_for_key(nonce)
    }
}

fn derive(key: &[u8], salt: &[u8], label: u8) -> Result<[u8; KEY]> {
    let mut block = [0; KEY];
    block[..salt.len()].copy_from_slice(salt);
    block[7] ^= label;
    RingProvider::new()
        .crypto()
        .block_encrypt(BlockCipherAlgorithm::Aes128, key, &mut block)
        .ok()
        .context("key derivation")?;
    Ok(block)
}

fn rtcp_place(index: u32) -> [u8; 6] {
    let [a, b, c, d] = index.to_be_bytes();
    [0, 0, a, b, c, d]
}

fn ssrc_at(packet: &[u8], at: usize) -> u32 {
    packet.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn header_length(packet: &[u8]) -> Option<usize> {
    let fixed = packet.get(..12)?;
    let mut length = 12 + 4 * usize::from(fixed[0] & 0x0f);
    if fixed[0] & 0x10 != 0 {
        let words = packet.get(length + 2..length + 4)?;
        length += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
    }
    (packet.len() >= length + TAG).then_some(length)
}
