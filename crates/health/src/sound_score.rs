//! A score of a site's sound in the manner of the E-model, and the mean opinion that it stands for.
//!
//! ITU-T G.107 rates a connection by `R = Ro − Is − Id − Ie,eff + A`. With all its parameters at their defaults Ro − Is is
//! 93.2, and of the delays only the absolute one is left (no talker echo: pages cancel it, and what remains is found by
//! [`crate::content`]). So here, simplified:
//!
//! ```text
//! R      = 93.2 − Id − Ie,eff
//! Id     = 0.024 d + 0.11 (d − 177.3) H(d − 177.3)       d: one way from mouth to ear, ms; H(x) = 1 for x > 0, else 0
//! Ie,eff = Ie + (95 − Ie) · Ppl / (Ppl / BurstR + Bpl)   Ppl: packets lost, %
//! MOS    = 1 + 0.035 R + R (R − 60) (100 − R) · 7·10⁻⁶   for 0 < R < 100; 1 below, 4.5 above
//! ```
//!
//! Sources: ITU-T G.107 (06/2015), 7.5 for Ie,eff and Annex B for MOS; R. G. Cole and J. H. Rosenbluth, "Voice over IP
//! performance monitoring", ACM SIGCOMM CCR 31(2), 2001, for Id. Their fit is good to about one point of R below 400 ms.
//! The model plans networks and is narrow-band: it compares lines and moments, and says nothing of a room's sound.

use serde::{Deserialize, Serialize};

use crate::units::{DelayMs, Share};

/// R of a connection without delay and loss (G.107, table of defaults).
const BEST_R: f32 = 93.2;
/// Loss of R by a codec that delivers nothing (G.107, 7.5).
const WORST_IMPAIRMENT: f32 = 95.0;
/// Ie of Opus at the rates used here (24 kbit/s and more). G.113 has no figure for it. That of G.711 is 0, and wide-band Opus is not
/// worse: in the listening tests gathered in draft-ietf-codec-results it is rated above speech that is limited to a telephone's band.
const OPUS_IMPAIRMENT: f32 = 0.0;
/// Robustness of Opus against lost packets, concealed without help: the figure of rtcscore (G. García), which lies
/// between 4.3 and 25.1 of G.711 without and with concealment (G.113, appendix I).
const ROBUSTNESS: f32 = 10.0;
/// The same with in-band forward error correction (RFC 6716, 2.1.7).
const ROBUSTNESS_WITH_FEC: f32 = 20.0;
/// Delay of Opus itself, ms: one frame of 20 ms and 6.5 ms of look-ahead (RFC 6716, 2).
const CODEC_DELAY_MS: f32 = 26.5;
/// A jitter buffer holds about twice the mean deviation of the delay: 19 packets of 20 come in time then.
const BUFFER_JITTERS: f32 = 2.0;
/// Delay from which a dialogue suffers, ms (Cole and Rosenbluth).
const FREE_DELAY_MS: f32 = 177.3;

/// What is known of a line that carries sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoundLine {
    /// Round trip.
    pub rtt: Option<DelayMs>,
    /// Variation of the delay (RFC 3550, 6.4.1).
    pub jitter: Option<DelayMs>,
    /// Share of packets lost.
    pub loss: Option<Share>,
    /// Lost packets come in the next one once more (in-band forward error correction).
    pub fec: bool,
}

/// The score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SoundScore {
    /// Transmission rating factor, 0 to 93.2.
    pub r: f32,
    /// Mean opinion score, 1 (bad) to 4.4 (as good as this scale gets).
    pub mos: f32,
}

impl SoundScore {
    /// The score of a line. What is not known counts as nothing.
    pub fn of(line: &SoundLine) -> Self {
        let jitter_ms = line.jitter.map_or(0.0, DelayMs::get);
        let one_way_ms = line.rtt.map_or(0.0, DelayMs::get) / 2.0;
        let delay_ms = one_way_ms + BUFFER_JITTERS * jitter_ms + CODEC_DELAY_MS;
        let robustness = if line.fec { ROBUSTNESS_WITH_FEC } else { ROBUSTNESS };
        let lost_percent = line.loss.map_or(0.0, Share::get) * 100.0;
        let impairment = effective_impairment(OPUS_IMPAIRMENT, robustness, lost_percent, 1.0);
        let r = (BEST_R - delay_impairment(delay_ms) - impairment).clamp(0.0, BEST_R);
        Self { r, mos: mos_of(r) }
    }
}

/// Id for a delay from mouth to ear, ms.
pub fn delay_impairment(delay_ms: f32) -> f32 {
    let beyond = (delay_ms - FREE_DELAY_MS).max(0.0);
    0.024 * delay_ms + 0.11 * beyond
}

/// Ie,eff for a codec of the impairment `ie` and robustness `bpl` at a loss of `lost_percent` (0 to 100). `burst_ratio` is 1
/// for losses that know nothing of each other, and more if they come in a row.
pub fn effective_impairment(ie: f32, bpl: f32, lost_percent: f32, burst_ratio: f32) -> f32 {
    ie + (WORST_IMPAIRMENT - ie) * lost_percent / (lost_percent / burst_ratio + bpl)
}

/// Mean opinion score for R (G.107, Annex B). The polynomial falls below 1 for R under 6.5; nobody can score less than 1.
pub fn mos_of(r: f32) -> f32 {
    if r >= 100.0 {
        return 4.5;
    }
    let r = r.max(0.0);
    (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).clamp(1.0, 4.5)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(left: f32, right: f32, within: f32) -> bool {
        (left - right).abs() <= within
    }

    fn line(rtt_ms: f32, loss: f32, fec: bool) -> SoundLine {
        SoundLine { rtt: DelayMs::read(rtt_ms), jitter: DelayMs::read(2.0), loss: Share::read(loss), fec }
    }

    /// Table B.1 of G.107: lower limits of R and the opinion that belongs to them.
    #[test]
    fn opinions_are_those_of_the_table() {
        for (r, mos) in [(90.0, 4.34), (80.0, 4.03), (70.0, 3.60), (60.0, 3.10), (50.0, 2.58)] {
            assert!(near(mos_of(r), mos, 0.01), "R {r}: {} instead of {mos}", mos_of(r));
        }
        assert!(near(mos_of(BEST_R), 4.41, 0.01));
        assert_eq!([mos_of(-5.0), mos_of(0.0), mos_of(3.0), mos_of(120.0)], [1.0, 1.0, 1.0, 4.5]);
    }

    /// Points of Cole and Rosenbluth's curve: it bends at 177.3 ms.
    #[test]
    fn delay_costs_little_before_the_bend_and_much_after_it() {
        assert!(near(delay_impairment(100.0), 2.4, 0.001));
        assert!(near(delay_impairment(177.3), 4.255, 0.001));
        assert!(near(delay_impairment(300.0), 20.697, 0.001));
        assert!(near(delay_impairment(400.0), 34.097, 0.001));
    }

    /// G.711 with concealment (G.113, appendix I: Ie 0, Bpl 25.1) and G.729A (Ie 11, Bpl 19).
    #[test]
    fn loss_costs_what_the_formula_says_of_known_codecs() {
        assert!(near(effective_impairment(0.0, 25.1, 5.0, 1.0), 15.78, 0.01));
        assert!(near(effective_impairment(11.0, 19.0, 2.0, 1.0), 19.0, 0.01));
        assert!(near(effective_impairment(11.0, 19.0, 0.0, 1.0), 11.0, 0.001));
        assert!(effective_impairment(0.0, 25.1, 5.0, 2.0) > effective_impairment(0.0, 25.1, 5.0, 1.0));
    }

    #[test]
    fn lines_of_a_conference_are_scored_as_people_would() {
        let good = SoundScore::of(&line(20.0, 0.0, true));
        let far = SoundScore::of(&line(400.0, 0.0, true));
        let lossy = SoundScore::of(&line(20.0, 0.08, true));
        let unprotected = SoundScore::of(&line(20.0, 0.08, false));

        assert!(good.mos > 4.3, "{good:?}");
        assert!((3.8..4.3).contains(&far.mos), "{far:?}");
        assert!((3.0..3.7).contains(&lossy.mos), "{lossy:?}");
        assert!((2.0..3.0).contains(&unprotected.mos), "{unprotected:?}");
    }

    proptest! {
        #[test]
        fn any_numbers_give_a_score_in_range(rtt: u32, jitter: u32, loss: u32, fec: bool) {
            let line = SoundLine {
                rtt: DelayMs::read(f32::from_bits(rtt)),
                jitter: DelayMs::read(f32::from_bits(jitter)),
                loss: Share::read(f32::from_bits(loss)),
                fec,
            };
            let score = SoundScore::of(&line);
            prop_assert!((0.0..=BEST_R).contains(&score.r));
            prop_assert!((1.0..=4.5).contains(&score.mos));
        }
    }
}
