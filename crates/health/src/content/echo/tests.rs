//! Levels of speech, rooms and applause, made from a seed.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;

/// Noise of a site's room, dBFS.
const ROOM_DBFS: f32 = -56.0;

fn power(dbfs: f32) -> f32 {
    10f32.powf(dbfs / 10.0)
}

fn dbfs(power: f32) -> f32 {
    10.0 * power.max(1e-13).log10()
}

/// Powers of somebody who speaks, `steps` of them: sentences of one to five seconds, pauses, and syllables in them.
fn speech(steps: usize, random: &mut StdRng) -> Vec<f32> {
    let mut powers = Vec::new();
    while powers.len() < steps {
        for _ in 0..random.random_range(10..50) {
            let syllable: f32 = (0..3).map(|_| random.random_range(-8.0..8.0)).sum();
            powers.push(power(-26.0 + syllable));
        }
        for _ in 0..random.random_range(2..15) {
            powers.push(power(-70.0 + random.random_range(-2.0..2.0)));
        }
    }
    powers.truncate(steps);
    powers
}

/// What a room makes of powers: later by `delay_ms`, softer by `loss_db`, with a decay of 60 dB in `decay_ms`, and with noise.
fn room(sent: &[f32], delay_ms: f32, loss_db: f32, decay_ms: f32, random: &mut StdRng) -> Vec<f32> {
    let kept = 10f32.powf(-6.0 * LEVELS_EVERY_MS as f32 / decay_ms);
    let (whole, part) = ((delay_ms / 100.0).floor() as usize, (delay_ms / 100.0).fract());
    let mut reverberation = 0.0;
    let at = |step: Option<usize>| step.map_or(0.0, |step| sent[step]);
    (0..sent.len())
        .map(|step| {
            let direct = at(step.checked_sub(whole)) * (1.0 - part) + at(step.checked_sub(whole + 1)) * part;
            reverberation = kept * reverberation + (1.0 - kept) * direct;
            reverberation * power(-loss_db) + power(ROOM_DBFS + random.random_range(-2.0..2.0))
        })
        .collect()
}

/// Step at which echo is told, if it ever is.
fn told_at(microphone: &[f32], programme: &[f32], context: Context) -> Option<usize> {
    let mut watch = EchoWatch::default();
    (0..microphone.len()).find(|step| {
        let now = Millis(*step as u64 * LEVELS_EVERY_MS);
        let [heard, sent] = [microphone, programme].map(|powers| Dbfs::read(dbfs(powers[*step])).unwrap());
        watch.observe(now, heard, sent, context, &ContentBounds::default());
        watch.is_heard()
    })
}

/// Steps of so many seconds.
fn seconds(seconds: usize) -> usize {
    seconds * 10
}

#[test]
fn echo_is_told_within_a_minute_for_every_delay_and_room() {
    for seed in 0..20 {
        for (delay_ms, loss_db, decay_ms) in
            [(60.0, 10.0, 300.0), (230.0, 20.0, 600.0), (480.0, 6.0, 1_000.0), (950.0, 12.0, 500.0)]
        {
            let random = &mut StdRng::seed_from_u64(seed);
            let programme = speech(seconds(60), random);
            let microphone = room(&programme, delay_ms, loss_db, decay_ms, random);

            let told = told_at(&microphone, &programme, Context::default());

            assert!(told.is_some(), "seed {seed}, {delay_ms} ms, −{loss_db} dB, {decay_ms} ms");
        }
    }
}

#[test]
fn a_site_that_speaks_for_itself_is_no_echo() {
    for seed in 0..20 {
        let random = &mut StdRng::seed_from_u64(seed);
        let programme = speech(seconds(600), random);
        let own = speech(seconds(600), random);
        let microphone = room(&own, 0.0, 0.0, 400.0, random);

        assert_eq!(told_at(&microphone, &programme, Context::default()), None, "seed {seed}");
    }
}

#[test]
fn a_site_that_answers_in_the_pauses_or_claps_with_the_hall_is_no_echo() {
    for seed in 0..20 {
        let random = &mut StdRng::seed_from_u64(seed);
        let mut programme = speech(seconds(600), random);
        let mut own = vec![power(-80.0); programme.len()];
        for start in (0..own.len()).step_by(seconds(15)) {
            // Applause of six seconds in the hall, and at the site 0.4 to 1.5 s later.
            let late = random.random_range(4..15);
            for step in start..(start + seconds(6)).min(own.len() - 20) {
                programme[step] = power(-20.0 + random.random_range(-2.0..2.0));
                own[step + late] = power(-22.0 + random.random_range(-2.0..2.0));
            }
        }
        let microphone = room(&own, 0.0, 0.0, 400.0, random);

        assert_eq!(told_at(&microphone, &programme, Context::default()), None, "seed {seed}");
    }
}

#[test]
fn a_quiet_room_is_no_echo_and_neither_is_a_site_on_air() {
    let random = &mut StdRng::seed_from_u64(7);
    let programme = speech(seconds(600), random);
    let quiet = room(&programme, 200.0, 60.0, 400.0, random);
    let echo = room(&programme, 200.0, 10.0, 400.0, random);
    let on_air = Context { on_air: true, ..Context::default() };

    assert_eq!(told_at(&quiet, &programme, Context::default()), None);
    assert_eq!(told_at(&echo, &programme, on_air), None);
}

#[test]
fn a_programme_without_a_pattern_tells_nothing() {
    let random = &mut StdRng::seed_from_u64(8);
    let music: Vec<f32> = (0..seconds(300)).map(|_| power(-20.0 + random.random_range(-4.0..4.0))).collect();
    let microphone = room(&music, 200.0, 10.0, 400.0, random);

    assert_eq!(told_at(&microphone, &music, Context::default()), None);
}

#[test]
fn echo_is_told_no_more_when_it_has_been_gone_for_a_while() {
    let random = &mut StdRng::seed_from_u64(9);
    let programme = speech(seconds(120), random);
    let mut microphone = room(&programme, 200.0, 10.0, 400.0, random);
    let quiet = room(&programme, 200.0, 60.0, 400.0, random);
    microphone[seconds(60)..].copy_from_slice(&quiet[seconds(60)..]);
    let mut watch = EchoWatch::default();
    let mut heard = Vec::new();
    for step in 0..programme.len() {
        let [mic, sent] = [&microphone, &programme].map(|powers| Dbfs::read(dbfs(powers[step])).unwrap());
        let now = Millis(step as u64 * LEVELS_EVERY_MS);
        watch.observe(now, mic, sent, Context::default(), &ContentBounds::default());
        heard.push(watch.is_heard());
    }
    assert!(heard[seconds(59)]);
    assert!(!heard[seconds(119)]);
}
