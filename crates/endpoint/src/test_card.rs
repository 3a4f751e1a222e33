//! The picture of a simulated site: its colour and name, a running clock, a moving bar and the marker.
//!
//! What does not change is drawn once; a frame costs a few small rectangles.

use crate::frame::{Area, Colour, Frame, Size};
use crate::lettering::{ClockFace, Mask};
use crate::marker::{self, BLACK, Marker};

pub use crate::card_files::{write_wav, write_y4m};

/// Frames a second of live cards and unit of live frame numbers (PAL, as television in Vietnam).
pub const FRAME_RATE: u32 = 25;
/// Time between frames, ms.
pub const CARD_PERIOD_MS: u64 = 1_000 / FRAME_RATE as u64;
/// Luma of letters and of the bar.
const LETTER_LUMA: u8 = 225;
/// Luma of a flash: white.
const FLASH_LUMA: u8 = 235;
/// Luma of all backgrounds, so that white letters are legible on each.
const BACKGROUND_LUMA: u8 = 88;
/// Saturation of backgrounds: far enough from grey to be told apart, inside video range.
const BACKGROUND_CHROMA: f32 = 48.0;
/// Golden angle: neighbouring indices get clearly different hues, for any number of sites.
const HUE_STEP_DEGREES: f32 = 137.508;
/// Time for the bar to cross the picture, ms.
const BAR_PERIOD_MS: u64 = 2_000;
/// Clocks show Vietnam's time, UTC+7.
const UTC_OFFSET_MS: u64 = 7 * 3_600_000;
const DAY_MS: u64 = 24 * 3_600_000;
/// Characters of `12:34:56.78`.
const CLOCK_CHARACTERS: usize = 11;

/// Heights and tops are in 180ths of the picture's height.
const UNITS: usize = 180;
const NAME_TOP: usize = 18;
const NAME_HEIGHT: usize = 50;
const SUBTITLE_TOP: usize = 70;
const SUBTITLE_HEIGHT: usize = 20;
const CLOCK_TOP: usize = 92;
const CLOCK_HEIGHT: usize = 30;
const BAR_TOP: usize = 126;
const BAR_HEIGHT: usize = 12;

/// Band of noise of a busy card: as high as makes about 100 kbit/s, 600 kbit/s and 2.5 Mbit/s of the three layers.
const NOISE_BOTTOM: usize = 3;
/// Strength of the noise around the background's luma.
const NOISE_AMPLITUDE: u8 = 60;

/// How much there is to encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// A still card with a clock and a bar: costs little to encode and to send.
    #[default]
    Calm,
    /// A band of fresh noise in each frame: the encoder needs the bitrate that a camera's picture would need.
    Busy,
}

/// Draws the test card of one site at one size.
#[derive(Debug, Clone)]
pub struct TestCard {
    site: u16,
    /// Noise of a busy card, drawn from a moving place; empty if calm.
    noise: Vec<u8>,
    still: Frame,
    canvas: Frame,
    /// The canvas is white where the next frame is not.
    flashed: bool,
    clock: ClockFace,
    clock_area: Area,
    bar_area: Area,
}

impl TestCard {
    /// The card of site `site` (0: the hall) named `name`. The size must be even and at least 160×90.
    pub fn new(site: u16, name: &str, size: Size) -> Self {
        Self::with_detail(site, name, size, Detail::Calm)
    }

    /// The same with more or less to encode.
    pub fn with_detail(site: u16, name: &str, size: Size, detail: Detail) -> Self {
        let unit = |units: usize| size.height * units / UNITS;
        let mut still = Frame::new(size, background(site));
        let widest = size.width * 9 / 10;
        centred(&mut still, &Mask::of_text(name, unit(NAME_HEIGHT), widest), unit(NAME_TOP));
        centred(&mut still, &Mask::of_text(&subtitle(site), unit(SUBTITLE_HEIGHT), widest), unit(SUBTITLE_TOP));

        let (grid_top, grid_bottom) = marker::grid_lines(size.height);
        let grid = Area { left: 0, top: grid_top, right: size.width, bottom: grid_bottom };
        still.fill(grid, Colour { y: BLACK, u: 128, v: 128 });
        let bar_area = Area { left: 0, top: unit(BAR_TOP), right: size.width, bottom: unit(BAR_TOP + BAR_HEIGHT) };

        let clock = ClockFace::new(unit(CLOCK_HEIGHT));
        let left = size.width.saturating_sub(clock.width(CLOCK_CHARACTERS)) / 2;
        let clock_area = Area {
            left,
            top: unit(CLOCK_TOP),
            right: (left + clock.width(CLOCK_CHARACTERS)).min(size.width),
            bottom: unit(CLOCK_TOP) + unit(CLOCK_HEIGHT),
        };
        let noise = match detail {
            Detail::Calm => Vec::new(),
            Detail::Busy => noise(size.width * unit(NOISE_BOTTOM) * 2),
        };
        Self { site, noise, canvas: still.clone(), still, flashed: false, clock, clock_area, bar_area }
    }

    /// Draws the card as it is at `unix_ms`, with frame number `frame`.
    pub fn draw(&mut self, unix_ms: u64, frame: u32) -> &Frame {
        let size = self.canvas.size();
        if std::mem::take(&mut self.flashed) {
            self.canvas.luma_mut().copy_from_slice(self.still.luma());
        }
        self.canvas.copy_luma(&self.still, self.clock_area);
        self.canvas.copy_luma(&self.still, self.bar_area);
        self.clock.blend(
            &mut self.canvas,
            self.clock_area.left,
            self.clock_area.top,
            &clock_text(unix_ms),
            LETTER_LUMA,
        );
        let bar = self.bar_at(unix_ms);
        for line in bar.top..bar.bottom {
            self.canvas.luma_mut()[line * size.width + bar.left..line * size.width + bar.right].fill(LETTER_LUMA);
        }
        if !self.noise.is_empty() {
            let band = self.noise.len() / 2;
            // A place that jumps: nothing of the frame before predicts this one.
            let at = frame as usize * 7_919 % band;
            self.canvas.luma_mut()[..band].copy_from_slice(&self.noise[at..at + band]);
        }
        let marker = self.marker(frame);
        marker::draw(self.canvas.luma_mut(), size.width, size.height, marker);
        &self.canvas
    }

    /// Draws the card as a flash: white above the marker of frame number `frame`.
    pub fn draw_flash(&mut self, frame: u32) -> &Frame {
        let Size { width, height } = self.canvas.size();
        let (grid_top, _) = marker::grid_lines(height);
        self.flashed = true;
        self.canvas.luma_mut()[..grid_top * width].fill(FLASH_LUMA);
        let marker = self.marker(frame);
        marker::draw(self.canvas.luma_mut(), width, height, marker);
        &self.canvas
    }

    /// The marker of a frame.
    pub fn marker(&self, frame: u32) -> Marker {
        Marker { site: self.site, frame: frame % marker::FRAME_MODULUS }
    }

    fn bar_at(&self, unix_ms: u64) -> Area {
        let width = self.bar_area.right / 10;
        let travel = (self.bar_area.right - width) as u64;
        let left = (travel * (unix_ms % BAR_PERIOD_MS) / BAR_PERIOD_MS) as usize;
        Area { left, right: left + width, ..self.bar_area }
    }
}

/// Frame number of a live card at a time.
pub fn live_frame(unix_ms: u64) -> u32 {
    (unix_ms * u64::from(FRAME_RATE) / 1_000 % u64::from(marker::FRAME_MODULUS)) as u32
}

/// Time by which a site's frames lie behind the beats of [`CARD_PERIOD_MS`], ms: sites are spread over the period.
pub fn phase_ms(site: u16) -> u64 {
    u64::from(site) * 7 % CARD_PERIOD_MS
}

/// Background of a site: one luma, hue by index.
pub fn background(site: u16) -> Colour {
    let hue = (f32::from(site) * HUE_STEP_DEGREES).to_radians();
    Colour {
        y: BACKGROUND_LUMA,
        u: (128.0 + BACKGROUND_CHROMA * hue.cos()).round() as u8,
        v: (128.0 + BACKGROUND_CHROMA * hue.sin()).round() as u8,
    }
}

/// Reproducible noise around the background's luma (xorshift32).
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        BACKGROUND_LUMA - NOISE_AMPLITUDE + (state >> 24) as u8 % (2 * NOISE_AMPLITUDE)
    };
    (0..length).map(|_| next()).collect()
}

fn subtitle(site: u16) -> String {
    if site == 0 { "Điểm cầu trung tâm".to_owned() } else { format!("Điểm cầu số {site}") }
}

fn clock_text(unix_ms: u64) -> String {
    let of_day = (unix_ms + UTC_OFFSET_MS) % DAY_MS;
    let (hours, minutes, seconds) = (of_day / 3_600_000, of_day / 60_000 % 60, of_day / 1_000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{:02}", of_day % 1_000 / 10)
}

fn centred(frame: &mut Frame, mask: &Mask, top: usize) {
    let left = frame.size().width.saturating_sub(mask.width) / 2;
    mask.blend(frame, left, top, LETTER_LUMA);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 320, height: 180 };

    #[test]
    fn each_frame_carries_its_marker() {
        let mut card = TestCard::new(12, "Cao Bằng", SIZE);
        for frame in [0, 1, 500_000] {
            let drawn = card.draw(1_795_000_000_000, frame);
            assert_eq!(marker::read(drawn.luma(), 320, 180), Some(Marker { site: 12, frame }));
        }
    }

    #[test]
    fn the_picture_moves_and_differs_between_sites() {
        let mut card = TestCard::new(1, "Hà Nội", SIZE);
        let first = card.draw(1_000, 1).clone();
        let later = card.draw(1_400, 1).clone();
        assert_ne!(first, later, "clock and bar move");
        assert_eq!(card.draw(1_000, 1), &first, "nothing of the later frame remains");
        assert_ne!(TestCard::new(2, "Hà Nội", SIZE).draw(1_000, 1).planes()[1], first.planes()[1], "colour");
    }

    #[test]
    fn a_busy_card_changes_its_band_in_every_frame_and_keeps_its_marker() {
        let mut card = TestCard::with_detail(1, "Hà Nội", SIZE, Detail::Busy);
        let first = card.draw(1_000, 1).luma()[..320].to_vec();
        let second = card.draw(1_040, 2);
        assert_ne!(second.luma()[..320], first);
        assert_eq!(marker::read(second.luma(), 320, 180), Some(Marker { site: 1, frame: 2 }));
    }

    #[test]
    fn a_flash_is_white_above_its_marker_and_leaves_nothing_behind() {
        let mut card = TestCard::new(1, "Hà Nội", SIZE);
        let before = card.draw(1_000, 1).clone();

        let flash = card.draw_flash(30);
        let (grid_top, _) = marker::grid_lines(180);
        assert!(flash.luma()[..grid_top * 320].iter().all(|luma| *luma == FLASH_LUMA));
        assert_eq!(marker::read(flash.luma(), 320, 180), Some(Marker { site: 1, frame: 30 }));

        assert_eq!(card.draw(1_000, 1), &before);
    }

    #[test]
    fn the_clock_shows_vietnams_time() {
        assert_eq!(clock_text(0), "07:00:00.00");
        assert_eq!(clock_text(18 * 3_600_000 + 61_234), "01:01:01.23");
    }

    #[test]
    fn live_frames_count_25ths_of_a_second() {
        assert_eq!(live_frame(1_000), 25);
        assert_eq!(live_frame(1_039), 25);
        assert_eq!(live_frame(1_040), 26);
    }
}
