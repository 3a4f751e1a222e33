//! Connectivity checks as a full ICE agent in the controlling role sends them (RFC 8445 §7.1).

use anyhow::anyhow;
use rtc_dtls::crypto_provider::{RTCCryptoProvider, providers::RingProvider};
use rtc_stun::{
    attributes::{ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME},
    fingerprint::FINGERPRINT,
    integrity::MessageIntegrity,
    message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter},
};

/// Type preference of a peer reflexive candidate, highest local preference, component 1 (RFC 8445 §5.1.2.1).
const PRIORITY: u32 = (110 << 24) | (65_535 << 8) | 255;

/// What checks of one peer carry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The relay's user fragment.
    pub remote_ufrag: String,
    /// The relay's password.
    pub remote_password: String,
    /// The peer's user fragment.
    pub local_ufrag: String,
}

/// A Binding request that nominates its pair.
///
/// # Errors
///
/// The system gives no randomness.
pub fn binding_request(credentials: &Credentials, tie_breaker: u64) -> anyhow::Result<Vec<u8>> {
    let provider = RingProvider::new();
    let mut message = Message::new();
    message.set_type(BINDING_REQUEST);
    message.new_transaction_id().map_err(|error| anyhow!("a transaction id: {error}"))?;
    message.write_header();
    let name = format!("{}:{}", credentials.remote_ufrag, credentials.local_ufrag);
    message.add(ATTR_USERNAME, name.as_bytes());
    message.add(ATTR_ICE_CONTROLLING, &tie_breaker.to_be_bytes());
    message.add(ATTR_PRIORITY, &PRIORITY.to_be_bytes());
    message.add(ATTR_USE_CANDIDATE, &[]);
    MessageIntegrity::new_raw_integrity_with_provider(credentials.remote_password.as_bytes(), provider.crypto())
        .add_to(&mut message)
        .and_then(|()| FINGERPRINT.add_to(&mut message))
        .map_err(|error| anyhow!("a check: {error}"))?;
    Ok(message.raw)
}

/// An authentic answer to a check: the pair is good.
pub fn is_success(datagram: &[u8], credentials: &Credentials) -> bool {
    let mut message = Message::new();
    message.unmarshal_binary(datagram).is_ok()
        && message.typ == BINDING_SUCCESS
        && MessageIntegrity::check(&mut message, credentials.remote_password.as_bytes(), RingProvider::new().crypto())
            .is_ok()
}
