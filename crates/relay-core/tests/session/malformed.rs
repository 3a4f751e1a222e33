//! Whatever comes from the network: a clear refusal or silence, never a panic, never a stopped relay.

use std::{net::SocketAddr, time::Duration};

use proptest::{prelude::*, sample::Index};
use relay_core::{
    Codec, Kind,
    LineDirection::{FromEndpoint, ToEndpoint},
    LinePlan,
};

use crate::world::{World, line, relay};

fn plan() -> Vec<LinePlan> {
    vec![
        LinePlan { simulcast: true, ..line(Kind::Video, FromEndpoint) },
        line(Kind::Audio, FromEndpoint),
        line(Kind::Video, ToEndpoint),
    ]
}

/// What a peer sends while it connects, and for a second after.
fn session() -> (World, Vec<(SocketAddr, Vec<u8>)>) {
    let mut world = World::new(Codec::H264);
    world.join(&plan(), |offer| offer).unwrap();
    world.connect();
    world.run_for(Duration::from_secs(1));
    let arrived = world.arrived.clone();
    (world, arrived)
}

#[derive(Debug, Clone)]
enum Damage {
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<Index>(), 1u8..=255).prop_map(|(at, with)| Damage::Flip(at, with)),
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
    ]
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        match damage {
            Damage::Flip(at, with) => {
                let at = at.index(bytes.len());
                bytes[at] ^= with;
            }
            Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Damage::Insert(at, inserted) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, inserted.iter().copied());
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn noise_is_answered_by_silence(datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1600), 1..40)) {
        let (mut world, _) = session();
        let before = world.sent.len();
        let stranger = SocketAddr::from(([192, 0, 2, 1], 1));
        for datagram in datagrams {
            world.inject(stranger, &datagram);
        }
        prop_assert_eq!(world.sent.len(), before);
    }

    #[test]
    fn damaged_datagrams_do_not_end_a_session(
        damages in prop::collection::vec((any::<Index>(), prop::collection::vec(damage(), 1..4)), 1..60),
    ) {
        let (mut world, arrived) = session();
        for (which, damages) in damages {
            let (from, bytes) = which.get(&arrived).clone();
            world.inject(from, &damaged(bytes, &damages));
        }
        world.run_for(Duration::from_secs(1));
        let gone = world.events.iter().any(|event| matches!(event, relay_core::RelayEvent::Disconnected { .. }));
        prop_assert!(!gone, "{:?}", world.events);
    }

    #[test]
    fn damage_during_the_handshake_never_panics(
        damages in prop::collection::vec((any::<Index>(), prop::collection::vec(damage(), 1..3)), 1..20),
    ) {
        let mut world = World::new(Codec::H264);
        world.join(&plan(), |offer| offer).unwrap();
        for (which, damages) in damages {
            world.run_for(Duration::from_millis(3));
            if !world.arrived.is_empty() {
                let (from, bytes) = which.get(&world.arrived).clone();
                world.inject(from, &damaged(bytes, &damages));
            }
        }
        world.run_for(Duration::from_secs(2));
    }

    #[test]
    fn damaged_offers_are_answered_or_refused(damages in prop::collection::vec(damage(), 1..12)) {
        let now = std::time::Instant::now();
        let offer = include_str!("offers/chromium-site.sdp").replace('\n', "\r\n").into_bytes();
        let offer = String::from_utf8_lossy(&damaged(offer, &damages)).into_owned();
        // Either is right; what counts is that there is an end to it.
        let _ = relay(now, Codec::H264).accept_offer(now, relay_core::EndpointId(1), &plan()[..2], &offer);
    }
}
