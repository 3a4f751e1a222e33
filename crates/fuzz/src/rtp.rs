//! RTP sealed under valid keys: whatever a peer that was let in may send as media, and nothing of it may hurt another.

use std::time::Duration;

use relay_core::Codec;

use crate::{
    offer::{CAMERA, MICROPHONE, OPUS, RIDS, RTX, VIDEO},
    packet::Packet,
    script::{Fields, Step, steps},
    sealed::{Side, World},
};

/// Steps by their kind.
pub(crate) mod kind {
    /// A whole packet, header and all.
    pub(crate) const RAW: u8 = 0;
    /// A packet of one of the peer's streams: its names are true, and the body says the rest.
    pub(crate) const NAMED: u8 = 1;
    /// Milliseconds pass.
    pub(crate) const PAUSE: u8 = 2;
    /// Other routes.
    pub(crate) const ROUTE: u8 = 3;
    /// A take.
    pub(crate) const TAKE: u8 = 4;
    /// The witness shows a frame and speaks.
    pub(crate) const WITNESS: u8 = 5;
    pub(crate) const COUNT: u8 = 6;
}

/// SSRCs of the hostile peer's streams, by their number in the input: three layers, sound, and repetitions of the layers.
const STREAMS: [u32; 7] = [0x0200_0001, 0x0200_0002, 0x0200_0003, 0x0200_0004, 0x0200_0005, 0x0200_0006, 0x0200_0007];
const STREAM_OF_SOUND: usize = 3;

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

/// The conference's codec by the first byte of an input.
pub(crate) fn codec(first: u8) -> Codec {
    if first & 1 == 0 { Codec::H264 } else { Codec::Vp8 }
}

fn act(world: &mut World, step: Step<'_>) {
    let mut fields = Fields(step.body);
    match step.kind % kind::COUNT {
        kind::RAW => world.send_rtp(Side::Hostile, step.body.to_vec()),
        kind::NAMED => {
            let packet = named(world, fields);
            world.send_rtp(Side::Hostile, packet);
        }
        kind::PAUSE => world.pass(Duration::from_millis(fields.short().into())),
        kind::ROUTE => world.route(fields.byte()),
        kind::TAKE => world.take(fields.byte()),
        _ => {
            let key = fields.byte() & 1 == 0;
            world.witness_shows(key);
            world.witness_speaks();
        }
    }
}

/// A packet of a stream: which, its flags, how far its number and its clock jump, and the payload. The clock goes with time
/// but for its jumps, as packets of one frame share it.
fn named(world: &mut World, mut fields: Fields<'_>) -> Vec<u8> {
    let place = usize::from(fields.byte()) % STREAMS.len();
    let flags = fields.byte();
    let jump = fields.short() as i16;
    let shift = fields.word();
    let ssrc = STREAMS[place] ^ u32::from(flags >> 4) << 8;
    let index = world.next_index(Side::Hostile, ssrc).saturating_add_signed(jump.into());
    let sound = place == STREAM_OF_SOUND;
    let rid = RIDS.get(place % (STREAM_OF_SOUND + 1)).copied();
    let repeats = place > STREAM_OF_SOUND;
    let format = match (sound, repeats) {
        (true, _) => OPUS,
        (false, true) => RTX,
        (false, false) => VIDEO,
    };
    let rate = if sound { 48 } else { 90 };
    let packet = Packet {
        second: format | (flags & 1) << 7,
        index,
        timestamp: world.elapsed().wrapping_mul(rate).wrapping_add(shift),
        ssrc,
        mid: if sound { MICROPHONE.0 } else { CAMERA.0 },
        rid: rid.filter(|_| !sound && !repeats),
        repaired: rid.filter(|_| repeats),
        transport: (flags & 2 != 0).then(|| world.next_transport()),
        level: (sound && flags & 4 != 0).then_some(flags),
    };
    packet.bytes(fields.rest())
}
