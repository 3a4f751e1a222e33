//! The physical limit: sealing (AES-128-GCM) and `sendmmsg`, and nothing else, in the programme's mix of sizes.

use std::{
    io::IoSlice,
    net::SocketAddrV4,
    os::fd::AsRawFd,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow};
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrIn, sendmmsg};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use socket2::{Domain, Protocol, Socket, Type};

use crate::{bed::Network, cores, h264::MAX_PAYLOAD};

/// Header and extensions that are sent in the clear.
const HEADER: usize = 20;
/// Datagrams of one system call, as the relay has it.
const BATCH: usize = 64;
/// Bytes of a packet of sound.
const SOUND: usize = 80;
/// Picture packets of 2.5 Mbit/s a second, and packets of sound.
const PICTURE_RATE: usize = 270;
const SOUND_RATE: usize = 50;
const SEND_BUFFER: usize = 8 * 1024 * 1024;

/// How the limit is measured.
#[derive(Debug, Clone, Copy)]
pub struct LimitTerms {
    /// Core.
    pub core: usize,
    /// Where the receivers are: they have the addresses of peers from 0 on.
    pub network: Network,
    /// Their port.
    pub port: u16,
    /// Receivers.
    pub receivers: usize,
    /// How long, at the programme's pace.
    pub seconds: u64,
    /// So many packets of the programme leave in one go, one after the other.
    pub together: u32,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// CPU for each packet, µs.
    pub us_per_packet: f64,
    /// Packets that were sent.
    pub packets: u64,
    /// Receivers.
    pub receivers: usize,
    /// Packets of the programme that left in one go.
    pub together: u32,
}

/// Measures: one packet after the other, at the programme's pace, to every receiver.
///
/// # Errors
///
/// The socket fails.
pub fn measure(terms: LimitTerms) -> anyhow::Result<Limit> {
    cores::pin(terms.core)?;
    cores::sleep_precisely()?;
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(&SocketAddrV4::new(terms.network.server, 0).into())?;
    let addresses: Vec<Option<SockaddrIn>> = (0..terms.receivers)
        .map(|peer| Some(SocketAddrV4::new(terms.network.address_of(peer), terms.port).into()))
        .collect();
    let keys: Vec<LessSafeKey> = (0..terms.receivers).map(key).collect::<Result<_, _>>()?;
    let template = vec![0x5a; HEADER + MAX_PAYLOAD];
    let mut buffers: Vec<Vec<u8>> = vec![Vec::new(); terms.receivers];
    let mut headers = MultiHeaders::preallocate(BATCH, None);
    let rate = (PICTURE_RATE + SOUND_RATE) as u32;
    let start = Instant::now();
    let before = cores::usage()?;
    let mut packets = 0;
    let count = terms.seconds * u64::from(rate);
    for number in 0..count {
        let is_sound =
            number as usize % (PICTURE_RATE + SOUND_RATE) * SOUND_RATE % (PICTURE_RATE + SOUND_RATE) < SOUND_RATE;
        let size = HEADER + if is_sound { SOUND } else { MAX_PAYLOAD };
        for (buffer, key) in buffers.iter_mut().zip(&keys) {
            seal(buffer, &template[..size], number, key)?;
        }
        for (some, to) in buffers.chunks(BATCH).zip(addresses.chunks(BATCH)) {
            let slices: Vec<[IoSlice<'_>; 1]> = some.iter().map(|buffer| [IoSlice::new(buffer)]).collect();
            let none: [ControlMessage<'_>; 0] = [];
            let sent = sendmmsg(socket.as_raw_fd(), &mut headers, &slices, to, none, MsgFlags::empty());
            packets += sent.context("sendmmsg")?.count() as u64;
        }
        let next = u32::try_from(number + 1)?;
        if next.is_multiple_of(terms.together) {
            let due = start + Duration::from_secs(1) / rate * next;
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
    let used = cores::usage()?.cpu_us - before.cpu_us;
    let us_per_packet = used as f64 / packets.max(1) as f64;
    Ok(Limit { us_per_packet, packets, receivers: terms.receivers, together: terms.together })
}

fn key(receiver: usize) -> anyhow::Result<LessSafeKey> {
    let mut bytes = [7; 16];
    bytes[..8].copy_from_slice(&receiver.to_be_bytes());
    Ok(LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &bytes).map_err(|_| anyhow!("a key of 16 bytes"))?))
}

fn seal(buffer: &mut Vec<u8>, template: &[u8], number: u64, key: &LessSafeKey) -> anyhow::Result<()> {
    buffer.clear();
    buffer.extend_from_slice(template);
    let mut nonce = [0; NONCE_LEN];
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    let (clear, payload) = buffer.split_at_mut(HEADER);
    let tag = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&*clear), payload)
        .map_err(|_| anyhow!("sealing"))?;
    buffer.extend_from_slice(tag.as_ref());
    Ok(())
}
