//! Connectivity checks as a full ICE agent in the controlling role sends them (RFC 8445 §7.1).

use std::net::SocketAddrV4;

use anyhow::anyhow;
use rtc_dtls::crypto_provider::{RTCCryptoProvider, providers::RingProvider};
use rtc_stun::{
    attributes::{ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME},
    fingerprint::FINGERPRINT,
    integrity::MessageIntegrity,
    message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter},
    xoraddr::XorMappedAddress,
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

/// The answer to a check of the server, which sees itself at `server`; none: it is none, or not meant for this peer.
pub fn binding_response(datagram: &[u8], password: &str, server: SocketAddrV4) -> Option<Vec<u8>> {
    let provider = RingProvider::new();
    let mut request = Message::new();
    request.unmarshal_binary(datagram).ok().filter(|()| request.typ == BINDING_REQUEST)?;
    MessageIntegrity::check(&mut request, password.as_bytes(), provider.crypto()).ok()?;
    let mut response = Message::new();
    response.set_type(BINDING_SUCCESS);
    response.write_header();
    request.add_to(&mut response).ok()?;
    XorMappedAddress { ip: (*server.ip()).into(), port: server.port() }.add_to(&mut response).ok()?;
    MessageIntegrity::new_raw_integrity_with_provider(password.as_bytes(), provider.crypto())
        .add_to(&mut response)
        .ok()?;
    FINGERPRINT.add_to(&mut response).ok()?;
    Some(response.raw)
}

/// An authentic answer to a check: the pair is good.
pub fn is_success(datagram: &[u8], credentials: &Credentials) -> bool {
    let mut message = Message::new();
    message.unmarshal_binary(datagram).is_ok()
        && message.typ == BINDING_SUCCESS
        && MessageIntegrity::check(&mut message, credentials.remote_password.as_bytes(), RingProvider::new().crypto())
            .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_answered_with_the_password_that_it_was_made_with() {
        let credentials = Credentials {
            remote_ufrag: "them".into(),
            remote_password: "their password is this long".into(),
            local_ufrag: "us".into(),
        };
        let server = "10.77.0.1:40000".parse().unwrap();
        let request = binding_request(&credentials, 1).unwrap();

        let response = binding_response(&request, &credentials.remote_password, server).unwrap();

        assert!(is_success(&response, &credentials));
        assert!(binding_response(&request, "another password of this kind", server).is_none());
        assert!(binding_response(&response, &credentials.remote_password, server).is_none());
    }
}
