//! RTCP sealed under valid keys: reports, requests and feedback of a peer that was let in, on everything that flows.

use std::time::Duration;

use crate::{
    offer::{PICTURE, SOUND, WITNESS},
    reception::ssrcs,
    rtp::codec,
    script::{Fields, Step, steps},
    sealed::{Side, WITNESS_PICTURES, World},
};

/// Steps by their kind.
pub(crate) mod kind {
    /// A whole compound packet.
    pub(crate) const RAW: u8 = 0;
    /// A packet about a stream that there is: its head is true, and the body says the rest.
    pub(crate) const ABOUT: u8 = 1;
    /// Numbers of a stream are asked for again, counted back from the last that came.
    pub(crate) const MISSING: u8 = 2;
    /// When packets came, by transport-wide numbers counted back from the last.
    pub(crate) const ARRIVALS: u8 = 3;
    /// The witness shows frames and speaks.
    pub(crate) const WITNESS: u8 = 4;
    /// Milliseconds pass.
    pub(crate) const PAUSE: u8 = 5;
    /// Other routes, or a take.
    pub(crate) const ROUTE: u8 = 6;
    pub(crate) const COUNT: u8 = 7;
}

/// SSRC of what the hostile peer reports.
const OWN: u32 = 0x0200_00ff;
/// Packet types (RFC 4585 §6.1).
const TRANSPORT_FEEDBACK: u8 = 205;
/// Formats of transport feedback: generic NACK, transport-wide arrivals.
const NACK: u8 = 1;
const TRANSPORT_WIDE: u8 = 15;
/// Frames that the witness shows in one step, at most.
const MAX_FRAMES: u8 = 32;
/// Distance of two frames.
const FRAME: Duration = Duration::from_millis(33);

/// The target. The first byte says which codec the conference has; the rest is a script.
pub fn run(input: &[u8]) {
    let Some((&first, script)) = input.split_first() else { return };
    let mut world = World::new(codec(first));
    for step in steps(script) {
        world.begin_step();
        act(&mut world, step);
    }
    world.end();
}

fn act(world: &mut World, step: Step<'_>) {
    let mut fields = Fields(step.body);
    match step.kind % kind::COUNT {
        kind::RAW => world.send_rtcp(Side::Hostile, step.body.to_vec()),
        kind::ABOUT => {
            let (first, packet_type) = (fields.byte(), fields.byte());
            let ssrc = known(world, fields.byte());
            let compound = compound(first, packet_type, ssrc, fields.rest());
            world.send_rtcp(Side::Hostile, compound);
        }
        kind::MISSING => {
            let ssrc = known(world, fields.byte());
            let base = world.hostile.streams.newest(ssrc).wrapping_sub(fields.byte().into());
            let body = [&base.to_be_bytes(), fields.rest()].concat();
            world.send_rtcp(Side::Hostile, compound(NACK, TRANSPORT_FEEDBACK, ssrc, &body));
        }
        kind::ARRIVALS => {
            let ssrc = known(world, fields.byte());
            let base = world.hostile.streams.transport.wrapping_sub(fields.byte().into());
            let body = [&base.to_be_bytes(), fields.rest()].concat();
            world.send_rtcp(Side::Hostile, compound(TRANSPORT_WIDE, TRANSPORT_FEEDBACK, ssrc, &body));
        }
        kind::WITNESS => {
            for _ in 0..=fields.byte() % MAX_FRAMES {
                world.witness_shows(fields.byte() & 1 == 0);
                world.witness_speaks();
                world.pass(FRAME);
                // Each frame is a step of its own as far as bounds are concerned.
                world.begin_step();
            }
        }
        kind::PAUSE => world.pass(Duration::from_millis(fields.short().into())),
        _ => match (fields.byte(), fields.byte()) {
            (number, 0) => world.route(number),
            (number, _) => world.take(number),
        },
    }
}

/// A stream by its number in the input: what the hostile peer receives first, then what it has nothing to do with.
fn known(world: &World, number: u8) -> u32 {
    let lines = [PICTURE, SOUND, WITNESS];
    let of = |side: Side| {
        let negotiated = &world.peer(side).negotiated.lines;
        let chosen = negotiated.iter().filter(move |line| lines.contains(&line.line));
        chosen.flat_map(ssrcs).flatten()
    };
    let all: Vec<u32> = of(Side::Hostile).chain(WITNESS_PICTURES).chain(of(Side::Witness)).chain([OWN]).collect();
    all[usize::from(number) % all.len()]
}

/// One packet with its true length: sender, stream, body.
fn compound(first: u8, packet_type: u8, ssrc: u32, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80 | first & 0x3f, packet_type, 0, 0];
    packet.extend_from_slice(&OWN.to_be_bytes());
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(body);
    packet.resize(packet.len().next_multiple_of(4), 0);
    let words = u16::try_from(packet.len() / 4 - 1).unwrap_or(u16::MAX);
    packet[2..4].copy_from_slice(&words.to_be_bytes());
    packet
}
