//! A look into the ClientHello, before `rtc-dtls` reads it: does the endpoint have AES-GCM for SRTP?
//!
//! Browsers name AES-CM with HMAC-SHA1 first and `rtc-dtls` takes the client's order, but GCM costs the relay a fraction of
//! it per packet. So the relay answers with GCM alone if the hello has it. The hello may come in fragments, since its key
//! shares have grown, and its extensions in any order, since browsers shuffle them.

/// RFC 6347 §4.1: content type, version, epoch, sequence number, length.
const RECORD_HEADER: usize = 13;
const HANDSHAKE_RECORD: u8 = 22;
/// RFC 6347 §4.2.2: type, length, message sequence, fragment offset, fragment length.
const HANDSHAKE_HEADER: usize = 12;
const CLIENT_HELLO: u8 = 1;
/// Version and random.
const HELLO_FIXED: usize = 2 + 32;
/// RFC 5764 §4.1.1.
const USE_SRTP: u16 = 14;
/// RFC 7714 §14.2.
const AEAD_AES_128_GCM: u16 = 7;

/// Longest hello that is put together: one with a post-quantum key share has 1.5 KB.
const MAX_HELLO: usize = 8 * 1024;
/// Datagrams that are held back for it.
const MAX_HELD: usize = 8;

/// What the hello says so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hello {
    /// Fragments are missing.
    Incomplete,
    /// AEAD_AES_128_GCM is offered.
    Gcm,
    /// It is not, or this is no hello that can be looked into.
    Other,
}

/// Datagrams that are held back until the hello is whole.
#[derive(Debug, Default)]
pub(crate) struct HelloReader {
    held: Vec<Vec<u8>>,
    body: Vec<Option<u8>>,
}

impl HelloReader {
    /// Looks at the next datagram and holds it.
    pub(crate) fn read(&mut self, datagram: &[u8]) -> Hello {
        self.held.push(datagram.to_vec());
        if self.collect(datagram).is_none() {
            return Hello::Other;
        }
        let Some(body) = self.body.iter().copied().collect::<Option<Vec<u8>>>() else {
            return if self.held.len() < MAX_HELD { Hello::Incomplete } else { Hello::Other };
        };
        let gcm = profiles(&body).is_some_and(|profiles| {
            profiles.chunks_exact(2).any(|profile| u16::from_be_bytes([profile[0], profile[1]]) == AEAD_AES_128_GCM)
        });
        if gcm { Hello::Gcm } else { Hello::Other }
    }

    /// What was held, in its order.
    pub(crate) fn into_held(self) -> Vec<Vec<u8>> {
        self.held
    }

    /// Adds the fragments of a datagram; none: it holds something else.
    fn collect(&mut self, datagram: &[u8]) -> Option<()> {
        let mut records = Input(datagram);
        while !records.0.is_empty() {
            let header = records.take(RECORD_HEADER)?;
            let mut record = Input(records.take(usize::from(u16::from_be_bytes([header[11], header[12]])))?);
            if header[0] != HANDSHAKE_RECORD {
                return None;
            }
            while !record.0.is_empty() {
                let header = record.take(HANDSHAKE_HEADER)?;
                let number = |at: usize| u32::from_be_bytes([0, header[at], header[at + 1], header[at + 2]]) as usize;
                let (length, offset, fragment) = (number(1), number(6), record.take(number(9))?);
                if header[0] != CLIENT_HELLO || length > MAX_HELLO || offset + fragment.len() > length {
                    return None;
                }
                self.body.resize(length, None);
                let place = &mut self.body[offset..offset + fragment.len()];
                place.iter_mut().zip(fragment).for_each(|(place, byte)| *place = Some(*byte));
            }
        }
        Some(())
    }
}

/// The protection profiles of a hello.
fn profiles(body: &[u8]) -> Option<&[u8]> {
    let mut input = Input(body);
    input.take(HELLO_FIXED)?;
    let _session_id = input.vector8()?;
    let _cookie = input.vector8()?;
    let _cipher_suites = input.vector16()?;
    let _compression = input.vector8()?;
    let mut extensions = Input(input.vector16()?);
    loop {
        let kind = extensions.number()?;
        let extension = extensions.vector16()?;
        if kind == USE_SRTP {
            return Input(extension).vector16();
        }
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn vector8(&mut self) -> Option<&'a [u8]> {
        let length = self.take(1)?[0];
        self.take(usize::from(length))
    }

    fn vector16(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(usize::from(length))
    }
}
