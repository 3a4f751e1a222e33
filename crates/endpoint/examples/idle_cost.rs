//! What 63 idle sites cost: 63 low-layer encoders and microphones in real time for ten seconds, then one high layer.
//!
//! `cargo run -p endpoint --example idle_cost`
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::time::{Duration, Instant};

use endpoint::encoder::{LAYERS, LayerEncoder, LayerSpec};
use endpoint::measures::{SentMeters, audio_level};
use endpoint::packetize;
use endpoint::sei::Stamp;
use endpoint::sound::{Ear, Microphone};
use endpoint::speech::Seed;
use endpoint::test_card::{Detail, FRAME_RATE, TestCard};

const SITES: u16 = 63;
const SECONDS: u32 = 10;

fn main() {
    let low = LAYERS[0];
    let mut cards: Vec<(TestCard, LayerEncoder)> = (1..=SITES).map(|site| card(site, &low)).collect();
    let frames = SECONDS * FRAME_RATE / low.every;
    let (mut busy, mut bytes) = (Duration::ZERO, 0);
    for frame in 0..frames {
        let began = Instant::now();
        bytes += cards.iter_mut().map(|(card, encoder)| encode(card, encoder, frame * low.every)).sum::<usize>();
        busy += began.elapsed();
    }
    print_share("63 low layers, draw + encode + packetize", busy, f64::from(SECONDS));
    println!("  {:.0} kbit/s each", bytes as f64 * 8.0 / 1_000.0 / f64::from(SECONDS) / f64::from(SITES));

    let mut microphones: Vec<Microphone> = (1..=SITES).map(|site| Microphone::of_site(site).unwrap()).collect();
    let began = Instant::now();
    let mut last = Vec::new();
    for _ in 0..SECONDS * 50 {
        last = microphones.iter_mut().map(|microphone| microphone.next_frame().unwrap()).collect();
    }
    print_share("63 microphones", began.elapsed(), f64::from(SECONDS));

    let mut speakers: Vec<Microphone> = (1..=SITES).map(|site| Microphone::speaking(site, Seed(1)).unwrap()).collect();
    let meters = SentMeters::default();
    let (mut speaking, mut measuring) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..SECONDS * 50 {
        let began = Instant::now();
        speakers.iter_mut().for_each(|speaker| drop(speaker.frame_at(0).unwrap()));
        let spoken = Instant::now();
        for speaker in &speakers {
            meters.hear(speaker.samples());
            std::hint::black_box(audio_level(speaker.samples()));
        }
        speaking += spoken - began;
        measuring += spoken.elapsed();
    }
    print_share("63 microphones in speech", speaking, f64::from(SECONDS));
    print_share("63 microphones' meters and levels", measuring, f64::from(SECONDS));

    let mut ears: Vec<Ear> = (1..=SITES).map(|_| Ear::new(SITES + 1).unwrap()).collect();
    let began = Instant::now();
    for _ in 0..6 {
        ears.iter_mut().zip(&last).for_each(|(ear, packet)| drop(ear.hear(packet).unwrap()));
    }
    print_share("63 ears, one window a second each", began.elapsed(), 1.0);

    for detail in [Detail::Calm, Detail::Busy] {
        for spec in &LAYERS {
            let mut card = TestCard::with_detail(1, "Cao Bằng", spec.size, detail);
            let mut encoder = LayerEncoder::new(spec).unwrap();
            let began = Instant::now();
            let frames = (0..SECONDS * FRAME_RATE).step_by(spec.every as usize);
            let bytes: usize = frames.map(|frame| encode(&mut card, &mut encoder, frame)).sum();
            print_share(&format!("one layer {}, {detail:?}", spec.rid), began.elapsed(), f64::from(SECONDS));
            println!("  {:.0} kbit/s", bytes as f64 * 8.0 / 1_000.0 / f64::from(SECONDS));
        }
    }
}

fn card(site: u16, spec: &LayerSpec) -> (TestCard, LayerEncoder) {
    (TestCard::new(site, "Cao Bằng", spec.size), LayerEncoder::new(spec).unwrap())
}

fn encode(card: &mut TestCard, encoder: &mut LayerEncoder, frame: u32) -> usize {
    let captured_ms = 1_795_000_000_000 + u64::from(frame) * 1_000 / u64::from(FRAME_RATE);
    let stamp = Stamp { marker: card.marker(frame), captured_ms };
    let unit = encoder.encode(card.draw(captured_ms, frame), stamp, false).unwrap();
    packetize::payloads(&unit).iter().map(|payload| payload.len()).sum()
}

fn print_share(what: &str, busy: Duration, seconds: f64) {
    println!("{what}: {:.1} % of a core", busy.as_secs_f64() / seconds * 100.0);
}
