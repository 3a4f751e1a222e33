//! ICE-lite on one shared port (RFC 8445 §2.5): Binding requests are answered at once, none are ever sent.

use std::net::SocketAddr;

use rand::{Rng, RngExt, distr::Alphanumeric};
use rtc_dtls::crypto_provider::{RTCCrypto, RTCCryptoProvider, providers::RingProvider};
use rtc_stun::{
    attributes::{
        ATTR_ERROR_CODE, ATTR_FINGERPRINT, ATTR_ICE_CONTROLLED, ATTR_MESSAGE_INTEGRITY, ATTR_USE_CANDIDATE,
        ATTR_USERNAME,
    },
    fingerprint::FINGERPRINT,
    integrity::MessageIntegrity,
    message::{BINDING_ERROR, BINDING_REQUEST, BINDING_SUCCESS, MESSAGE_HEADER_SIZE, Message, Setter},
    xoraddr::XorMappedAddress,
};

/// The user fragment finds the peer on the shared port, so it is longer than the 24 bits that RFC 8445 §5.3 asks for:
/// 16 characters do not meet twice.
const UFRAG_CHARS: usize = 16;
/// At least 128 bits (RFC 8445 §5.3): 24 characters of 62 have 142.
const PASSWORD_CHARS: usize = 24;

/// `487 Role Conflict` (RFC 8445 §7.3.1.1): class 4, number 87.
const ROLE_CONFLICT: [u8; 4] = [0, 0, 4, 87];

/// The relay's credentials towards one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IceCredentials {
    pub ufrag: String,
    pub password: String,
}

impl IceCredentials {
    pub(crate) fn generate(rng: &mut impl Rng) -> Self {
        let mut text = |length| (0..length).map(|_| char::from(rng.sample(Alphanumeric))).collect();
        Self { ufrag: text(UFRAG_CHARS), password: text(PASSWORD_CHARS) }
    }
}

/// A Binding request whose sender is not yet proven.
#[derive(Debug)]
pub(crate) struct BindingRequest {
    message: Message,
    /// Our user fragment.
    pub local_ufrag: String,
    /// The peer's.
    pub remote_ufrag: String,
}

/// What a proven request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// The address is good.
    Valid,
    /// The address is good and is to be used.
    Nominated,
    /// The peer thinks that it is the controlled side, but a lite agent never controls.
    RoleConflict,
}

impl BindingRequest {
    /// Reads a well-formed request with FINGERPRINT (RFC 8445 §7.1.1); anything else is not for us.
    pub(crate) fn parse(datagram: &[u8]) -> Option<Self> {
        let mut message = Message::new();
        message.unmarshal_binary(datagram).ok()?;
        let whole = MESSAGE_HEADER_SIZE + message.length as usize == datagram.len();
        if !whole || message.typ != BINDING_REQUEST {
            return None;
        }
        // FINGERPRINT is the last attribute and MESSAGE-INTEGRITY the one before (RFC 8489 §14.5, §14.7): what stands
        // behind the integrity is not protected by it. Neither may stand before as well: rtc-stun 0.21.1 checks the first one
        // that it finds, so a second integrity would let anybody append attributes to a check that was overheard.
        let [before @ .., integrity, fingerprint] = message.attributes.0.as_slice() else { return None };
        let repeated = before.iter().any(|other| [ATTR_MESSAGE_INTEGRITY, ATTR_FINGERPRINT].contains(&other.typ));
        if repeated || integrity.typ != ATTR_MESSAGE_INTEGRITY || fingerprint.typ != ATTR_FINGERPRINT {
            return None;
        }
        FINGERPRINT.check(&message).ok()?;
        let username = String::from_utf8(message.get(ATTR_USERNAME).ok()?).ok()?;
        let (local_ufrag, remote_ufrag) = username.split_once(':')?;
        let (local_ufrag, remote_ufrag) = (local_ufrag.to_owned(), remote_ufrag.to_owned());
        Some(Self { message, local_ufrag, remote_ufrag })
    }

    /// Checks MESSAGE-INTEGRITY with our password; none: it is not the peer's.
    pub(crate) fn check(&mut self, password: &str) -> Option<Check> {
        MessageIntegrity::check(&mut self.message, password.as_bytes(), crypto(&RingProvider::new())).ok()?;
        Some(if self.message.contains(ATTR_ICE_CONTROLLED) {
            Check::RoleConflict
        } else if self.message.contains(ATTR_USE_CANDIDATE) {
            Check::Nominated
        } else {
            Check::Valid
        })
    }

    /// The response: the address that the request came from, or the refusal of the role. It is shorter than the request
    /// (which carries username, priority and role), so nobody gains by asking in another's name.
    pub(crate) fn respond(&self, check: Check, from: SocketAddr, password: &str) -> Option<Vec<u8>> {
        let provider = RingProvider::new();
        let mut response = Message::new();
        response.set_type(match check {
            Check::Valid | Check::Nominated => BINDING_SUCCESS,
            Check::RoleConflict => BINDING_ERROR,
        });
        response.write_header();
        self.message.add_to(&mut response).ok()?;
        match check {
            Check::Valid | Check::Nominated => {
                XorMappedAddress { ip: from.ip(), port: from.port() }.add_to(&mut response).ok()?;
            }
            Check::RoleConflict => response.add(ATTR_ERROR_CODE, &ROLE_CONFLICT),
        }
        MessageIntegrity::new_raw_integrity_with_provider(password.as_bytes(), crypto(&provider))
            .add_to(&mut response)
            .ok()?;
        FINGERPRINT.add_to(&mut response).ok()?;
        Some(response.raw)
    }
}

fn crypto(provider: &RingProvider) -> &dyn RTCCrypto {
    provider.crypto()
}
