//! The clapper: a white picture and a beep at one instant, so that a receiver can tell how far apart it shows the one and
//! plays the other.
//!
//! The instants belong to the sender's wall clock and to its site: each is the moment of a frame that all layers send.

use crate::test_card::{CARD_PERIOD_MS, phase_ms};

/// Time between claps, ms: 32 frames, eight of the low layer. Two claps are further apart than lips could ever be.
pub const CLAP_EVERY_MS: u64 = 32 * CARD_PERIOD_MS;
/// The picture is white for this long, ms: four frames, one of the low layer.
pub const FLASH_MS: u64 = 4 * CARD_PERIOD_MS;
/// The beep lasts this long, ms: a few periods of the lowest tone would do, a meter wants more.
pub const BEEP_MS: u64 = 100;

/// Time since the last clap of a site at a wall-clock time, both in µs.
pub fn since_clap_us(site: u16, unix_us: u64) -> u64 {
    // Layers that send fewer frames send those whose number and site make a multiple (`Camera::is_due`).
    let frames_ahead_ms = u64::from(site) * CARD_PERIOD_MS;
    (unix_us + (frames_ahead_ms - phase_ms(site)) * 1_000) % (CLAP_EVERY_MS * 1_000)
}

/// Whether a picture that is drawn then is white.
pub fn is_flash(site: u16, unix_ms: u64) -> bool {
    since_clap_us(site, unix_ms * 1_000) < FLASH_MS * 1_000
}

/// Whether there is a beep then.
pub fn is_beep(site: u16, unix_us: u64) -> bool {
    since_clap_us(site, unix_us) < BEEP_MS * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::LAYERS;

    #[test]
    fn each_clap_begins_with_a_frame_that_every_layer_sends() {
        for site in [0, 1, 2, 7, 63] {
            for card_frame in 1_000_000_000..1_000_000_090_u64 {
                let at_ms = card_frame * CARD_PERIOD_MS + phase_ms(site);
                let due =
                    LAYERS.iter().all(|spec| (card_frame + u64::from(site)).is_multiple_of(u64::from(spec.every)));
                if since_clap_us(site, at_ms * 1_000) == 0 {
                    assert!(due && is_flash(site, at_ms) && is_beep(site, at_ms * 1_000));
                    assert!(!is_flash(site, at_ms - 1) && !is_beep(site, at_ms * 1_000 - 1));
                }
            }
            let claps = (0..CLAP_EVERY_MS).filter(|ms| since_clap_us(site, (1_795_000_000_000 + ms) * 1_000) == 0);
            assert_eq!(claps.count(), 1);
        }
    }
}
