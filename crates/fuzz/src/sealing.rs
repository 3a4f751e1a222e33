//! Sealing that asks no questions, under the keys of a DTLS client: AES-128-GCM (RFC 7714). `rtc-srtp` seals only what is well
//! formed, so hostile packets need this; what comes back is opened by `rtc-srtp`.

use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rtc_dtls::crypto_provider::{BlockCipherAlgorithm, RTCCryptoProvider, providers::RingProvider};

const KEY: usize = 16;
const SALT: usize = 12;
/// RTCP header and sender SSRC stay in the clear (RFC 3711 §3.4).
pub(crate) const RTCP_CLEAR: usize = 8;
/// E flag of the SRTCP index word.
const ENCRYPTED: u32 = 1 << 31;
/// Fixed header (RFC 3550 §5.1).
const RTP_FIXED: usize = 12;
const EXTENSION: u8 = 1 << 4;

/// What one peer seals with.
pub(crate) struct Sealer {
    rtp: Cipher,
    rtcp: Cipher,
    rtcp_index: u32,
}

struct Cipher {
    key: LessSafeKey,
    salt: [u8; SALT],
}

impl Sealer {
    /// By the client's master key and salt.
    pub(crate) fn new(key: &[u8], salt: &[u8]) -> Self {
        Self { rtp: Cipher::derive(key, salt, 0, 2), rtcp: Cipher::derive(key, salt, 3, 5), rtcp_index: 0 }
    }

    /// Seals a packet under this index, whatever its bytes say. None: it is too short to hold an SSRC.
    pub(crate) fn rtp(&self, mut packet: Vec<u8>, index: u64) -> Option<Vec<u8>> {
        let header = header_length(&packet)?;
        let nonce = self.rtp.nonce(&packet[8..RTP_FIXED], &index.to_be_bytes()[2..]);
        let (clear, payload) = packet.split_at_mut(header);
        let tag = self.rtp.key.seal_in_place_separate_tag(nonce, Aad::from(&*clear), payload).expect("it is short");
        packet.extend_from_slice(tag.as_ref());
        Some(packet)
    }

    /// Seals a compound packet. None: it is too short to hold an SSRC.
    pub(crate) fn rtcp(&mut self, mut packet: Vec<u8>) -> Option<Vec<u8>> {
        let ssrc = packet.get(4..RTCP_CLEAR)?;
        self.rtcp_index += 1;
        let [a, b, c, d] = self.rtcp_index.to_be_bytes();
        let nonce = self.rtcp.nonce(ssrc, &[0, 0, a, b, c, d]);
        let word = (self.rtcp_index | ENCRYPTED).to_be_bytes();
        let aad = [&packet[..RTCP_CLEAR], &word].concat();
        let sealed = &mut packet[RTCP_CLEAR..];
        let tag = self.rtcp.key.seal_in_place_separate_tag(nonce, Aad::from(aad), sealed).expect("it is short");
        packet.extend_from_slice(tag.as_ref());
        packet.extend_from_slice(&word);
        Some(packet)
    }
}

/// Where the payload begins for whoever reads the header as it stands; a header that lies beyond the packet has none.
fn header_length(packet: &[u8]) -> Option<usize> {
    let first = packet.get(..RTP_FIXED)?[0];
    let mut length = RTP_FIXED + 4 * usize::from(first & 0x0f);
    if first & EXTENSION != 0 {
        let words = packet.get(length + 2..length + 4).map_or(0, |words| u16::from_be_bytes([words[0], words[1]]));
        length += 4 + 4 * usize::from(words);
    }
    Some(length.min(packet.len()))
}

impl Cipher {
    /// Session key and salt by their labels (RFC 3711 §4.3.1).
    fn derive(key: &[u8], salt: &[u8], key_label: u8, salt_label: u8) -> Self {
        let block = |label: u8| {
            let mut block = [0; KEY];
            block[..SALT].copy_from_slice(&salt[..SALT]);
            block[7] ^= label;
            let provider = RingProvider::new();
            provider.crypto().block_encrypt(BlockCipherAlgorithm::Aes128, key, &mut block).expect("a key of 16 bytes");
            block
        };
        let unbound = UnboundKey::new(&AES_128_GCM, &block(key_label)).expect("a key of 16 bytes");
        let salt = block(salt_label)[..SALT].try_into().expect("a block is longer than a salt");
        Self { key: LessSafeKey::new(unbound), salt }
    }

    /// RFC 7714 §8.1 and §9.1: two zeros, SSRC, six bytes of index; exclusive-or the salt.
    fn nonce(&self, ssrc: &[u8], place: &[u8]) -> Nonce {
        let mut nonce = self.salt;
        for (byte, with) in nonce[2..].iter_mut().zip(ssrc.iter().chain(place)) {
            *byte ^= with;
        }
        Nonce::assume_unique_for_key(nonce)
    }
}
