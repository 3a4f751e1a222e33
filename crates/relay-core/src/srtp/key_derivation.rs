//! Session keys from master keys (RFC 3711 §4.3, key derivation rate 0).

use rtc_dtls::crypto_provider::{BlockCipherAlgorithm, RTCCrypto, RTCCryptoProvider, providers::RingProvider};

use super::Profile;

const AES_BLOCK: usize = 16;
/// HMAC-SHA1 key (RFC 3711 §8.2).
const AUTHENTICATION_KEY_BYTES: usize = 20;

/// Labels of RFC 3711 §4.3.1 and §4.3.2.
const RTP_LABELS: Labels = Labels { encryption: 0, authentication: 1, salt: 2 };
const RTCP_LABELS: Labels = Labels { encryption: 3, authentication: 4, salt: 5 };

struct Labels {
    encryption: u8,
    authentication: u8,
    salt: u8,
}

/// Keys of one direction.
pub(super) struct SessionKeys {
    pub rtp: StreamKeys,
    pub rtcp: StreamKeys,
}

/// Keys of RTP or RTCP.
pub(super) struct StreamKeys {
    pub encryption: Vec<u8>,
    /// Unused with GCM.
    pub authentication: Vec<u8>,
    pub salt: Vec<u8>,
}

impl SessionKeys {
    pub(super) fn derive(profile: Profile, master_key: &[u8], master_salt: &[u8]) -> Self {
        let provider = RingProvider::new();
        let derive = |labels: &Labels| {
            let key = |label, bytes| derive(provider.crypto(), master_key, master_salt, label, bytes);
            StreamKeys {
                encryption: key(labels.encryption, Profile::KEY_BYTES),
                authentication: key(labels.authentication, AUTHENTICATION_KEY_BYTES),
                salt: key(labels.salt, profile.salt_bytes()),
            }
        };
        Self { rtp: derive(&RTP_LABELS), rtcp: derive(&RTCP_LABELS) }
    }
}

/// AES-CM keystream from the salt, with the label in the eighth byte and a block counter in the last two.
pub(super) fn derive(crypto: &dyn RTCCrypto, key: &[u8], salt: &[u8], label: u8, bytes: usize) -> Vec<u8> {
    let mut input = [0; AES_BLOCK];
    input[..salt.len()].copy_from_slice(salt);
    input[7] ^= label;
    let mut output = Vec::with_capacity(bytes.next_multiple_of(AES_BLOCK));
    for counter in 0..bytes.div_ceil(AES_BLOCK) {
        let mut block = input;
        block[AES_BLOCK - 2..].copy_from_slice(&u16::try_from(counter).expect("keys are short").to_be_bytes());
        crypto.block_encrypt(BlockCipherAlgorithm::Aes128, key, &mut block).expect("AES-128 with a 16 byte key");
        output.extend_from_slice(&block);
    }
    output.truncate(bytes);
    output
}
