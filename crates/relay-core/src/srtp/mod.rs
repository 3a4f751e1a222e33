//! SRTP and SRTCP (RFC 3711, RFC 7714), sealed and opened in place.
//!
//! AES-128-GCM is preferred, AES-128-CM with HMAC-SHA1-80 is what every WebRTC endpoint has. The boundary between
//! header and payload is the one parsed from the wire, never a re-encoded header's.

mod cipher;
mod key_derivation;
mod ssrc_map;
mod window;

use std::{fmt, ops::Range};

use cipher::Cipher;
use key_derivation::SessionKeys;
use ssrc_map::SsrcMap;
use window::{IndexWindow, estimate_index};

use crate::rtp_wire::RtpHeader;

/// Incoming SSRCs of one peer: a camera with three layers and RTX, content with RTX, a microphone, and the same again
/// after a restart of the sources, several times over. More are dropped before anything is learned from them.
pub(crate) const MAX_SSRCS: usize = 64;

/// RTCP header and sender SSRC, which stay in the clear (RFC 3711 §3.4).
const RTCP_CLEAR_BYTES: usize = 8;
const SRTCP_INDEX_BYTES: usize = 4;
/// E flag of the SRTCP index word: the packet is encrypted.
const SRTCP_ENCRYPTED: u32 = 1 << 31;

/// Protection profile (RFC 5764 §4.1.2, RFC 7714 §14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    AeadAes128Gcm,
    Aes128CmHmacSha1_80,
}

impl Profile {
    pub(crate) const KEY_BYTES: usize = 16;

    const fn salt_bytes(self) -> usize {
        match self {
            Profile::AeadAes128Gcm => 12,
            Profile::Aes128CmHmacSha1_80 => 14,
        }
    }

    /// Two keys and two salts.
    pub(crate) const fn keying_material_len(self) -> usize {
        2 * (Self::KEY_BYTES + self.salt_bytes())
    }
}

/// Master keys and salts of both directions, out of DTLS (RFC 5764 §4.2).
pub(crate) struct KeyingMaterial {
    profile: Profile,
    local: (Vec<u8>, Vec<u8>),
    remote: (Vec<u8>, Vec<u8>),
}

impl fmt::Debug for KeyingMaterial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("KeyingMaterial").field("profile", &self.profile).finish_non_exhaustive()
    }
}

impl KeyingMaterial {
    /// Splits exported bytes: client key, server key, client salt, server salt.
    pub(crate) fn new(profile: Profile, exported: &[u8], is_client: bool) -> Self {
        assert_eq!(exported.len(), profile.keying_material_len(), "the exporter gives what was asked for");
        let (keys, salts) = exported.split_at(2 * Profile::KEY_BYTES);
        let (client_key, server_key) = keys.split_at(Profile::KEY_BYTES);
        let (client_salt, server_salt) = salts.split_at(profile.salt_bytes());
        let client = (client_key.to_vec(), client_salt.to_vec());
        let server = (server_key.to_vec(), server_salt.to_vec());
        let (local, remote) = if is_client { (client, server) } else { (server, client) };
        Self { profile, local, remote }
    }
}

/// Why a packet was not opened or sealed. Nothing of it reaches anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SrtpError {
    /// Shorter than header and tag.
    TooShort,
    /// Seen before.
    Replayed,
    /// So far behind that it cannot be told whether it was seen.
    TooOld,
    /// It was not sealed with this peer's keys, or was changed since.
    Forged,
    /// One SSRC more than [`MAX_SSRCS`].
    TooManySsrcs,
    /// As many packets were sealed as one key allows.
    KeyUsedUp,
}

/// Opens what one peer sends.
pub(crate) struct Opener {
    rtp: Cipher,
    rtcp: Cipher,
    streams: SsrcMap<IndexWindow>,
    rtcp_streams: SsrcMap<IndexWindow>,
}

impl Opener {
    pub(crate) fn new(material: &KeyingMaterial) -> Self {
        let (rtp, rtcp) = ciphers(material.profile, &material.remote);
        Self { rtp, rtcp, streams: SsrcMap::default(), rtcp_streams: SsrcMap::default() }
    }

    /// Opens an SRTP packet in place; gives the length of header and payload.
    pub(crate) fn open_rtp(&mut self, packet: &mut [u8], header: &RtpHeader) -> Result<usize, SrtpError> {
        let known = self.streams.get(&header.ssrc);
        if known.is_none() && self.streams.len() >= MAX_SSRCS {
            return Err(SrtpError::TooManySsrcs);
        }
        let index = match known {
            Some(window) => {
                let index = estimate_index(window.highest(), header.sequence).ok_or(SrtpError::TooOld)?;
                window.check(index)?;
                index
            }
            // The roll-over counter of a new stream is zero (RFC 3711 §3.3.1).
            None => u64::from(header.sequence),
        };
        let length = self.rtp.open_rtp(packet, header.length, header.ssrc, index)?;
        self.streams.entry(header.ssrc).or_insert_with(|| IndexWindow::new(index)).accept(index);
        Ok(length)
    }

    /// Opens an SRTCP packet in place; gives the length of the plain compound packet.
    pub(crate) fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let (ssrc, word) = self.rtcp.rtcp_ssrc_and_index(packet)?;
        if word & SRTCP_ENCRYPTED == 0 {
            // Both profiles are used with encryption only.
            return Err(SrtpError::Forged);
        }
        let index = u64::from(word & !SRTCP_ENCRYPTED);
        match self.rtcp_streams.get(&ssrc) {
            Some(window) => window.check(index)?,
            None if self.rtcp_streams.len() >= MAX_SSRCS => return Err(SrtpError::TooManySsrcs),
            None => {}
        }
        let length = self.rtcp.open_rtcp(packet, ssrc, word)?;
        self.rtcp_streams.entry(ssrc).or_insert_with(|| IndexWindow::new(index)).accept(index);
        Ok(length)
    }
}

/// Seals what is sent to one peer. An (SSRC, roll-over counter, sequence number) is sealed at most once: the same
/// numbers with other bytes would repeat a GCM nonce and give the authentication key away.
pub(crate) struct Sealer {
    rtp: Cipher,
    rtcp: Cipher,
    streams: SsrcMap<IndexWindow>,
    rtcp_index: u32,
}

impl Sealer {
    pub(crate) fn new(material: &KeyingMaterial) -> Self {
        let (rtp, rtcp) = ciphers(material.profile, &material.local);
        Self { rtp, rtcp, streams: SsrcMap::default(), rtcp_index: 0 }
    }

    /// Seals the packet at the end of `buffer`, whose header stands at `header` and whose payload is the rest; appends the
    /// tag. `index` is the extended sequence number: roll-over counter and wire sequence number.
    ///
    /// # Errors
    ///
    /// [`SrtpError::Replayed`] if the index was sealed before, [`SrtpError::TooOld`] if that cannot be told.
    pub(crate) fn seal_rtp(
        &mut self,
        buffer: &mut Vec<u8>,
        header: Range<usize>,
        ssrc: u32,
        index: u64,
    ) -> Result<(), SrtpError> {
        let window = self.streams.entry(ssrc).or_insert_with(|| IndexWindow::new(index));
        window.check(index)?;
        window.accept(index);
        self.rtp.seal_rtp(buffer, header, ssrc, index);
        Ok(())
    }

    /// Seals the compound packet that begins at `start` in `buffer`; appends index and tag.
    ///
    /// # Errors
    ///
    /// [`SrtpError::TooShort`], and [`SrtpError::KeyUsedUp`] after 2³¹ − 1 packets.
    pub(crate) fn seal_rtcp(&mut self, buffer: &mut Vec<u8>, start: usize) -> Result<(), SrtpError> {
        let ssrc = buffer.get(start + 4..start + RTCP_CLEAR_BYTES).ok_or(SrtpError::TooShort)?;
        let ssrc = u32::from_be_bytes(ssrc.try_into().expect("four bytes were taken"));
        // One counter for all SSRCs of the session. It has 31 bits and never comes round (RFC 3711 §9.2): that would seal two
        // packets with one nonce. Two months at 400 packets a second.
        let index = self.rtcp_index + 1;
        if index & SRTCP_ENCRYPTED != 0 {
            return Err(SrtpError::KeyUsedUp);
        }
        self.rtcp_index = index;
        self.rtcp.seal_rtcp(buffer, start, ssrc, self.rtcp_index | SRTCP_ENCRYPTED);
        Ok(())
    }
}

fn ciphers(profile: Profile, (key, salt): &(Vec<u8>, Vec<u8>)) -> (Cipher, Cipher) {
    let keys = SessionKeys::derive(profile, key, salt);
    (Cipher::new(profile, &keys.rtp), Cipher::new(profile, &keys.rtcp))
}

impl fmt::Debug for Opener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opener").field("ssrcs", &self.streams.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sealer").field("ssrcs", &self.streams.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
