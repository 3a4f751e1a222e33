//! Letters for the test card: a small bundled font with the Vietnamese letters, drawn once into masks.

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

use crate::frame::Frame;

/// Noto Sans Bold, reduced to ASCII and Vietnamese (SIL Open Font License, see `fonts/OFL.txt`).
const FONT: &[u8] = include_bytes!("../fonts/NotoSans-Bold-Vietnamese.ttf");

/// Coverage of drawn letters, 0 to 255, a byte per pixel.
#[derive(Debug, Clone)]
pub struct Mask {
    /// Pixels in a line.
    pub width: usize,
    /// Lines.
    pub height: usize,
    coverage: Vec<u8>,
}

impl Mask {
    /// Draws a text with lines of `height` pixels, narrowed until it fits into `max_width`.
    pub fn of_text(text: &str, height: usize, max_width: usize) -> Self {
        let font = font();
        let wanted = PxScale::from(height as f32);
        let natural = text_width(&font, wanted, text);
        // One pixel for rounding up, one for what an outline draws beyond its advance.
        let squeeze = (max_width.saturating_sub(2) as f32 / natural.max(1.0)).min(1.0);
        Self::draw(&font, text, height, PxScale { x: wanted.x * squeeze, y: wanted.y })
    }

    fn draw(font: &FontRef<'_>, text: &str, height: usize, scale: PxScale) -> Self {
        let scaled = font.as_scaled(scale);
        let width = text_width(font, scale, text).ceil() as usize + 1;
        let mut mask = Self { width, height, coverage: vec![0; width * height] };
        let mut x = 0.0;
        for letter in text.chars() {
            let id = scaled.glyph_id(letter);
            let glyph = id.with_scale_and_position(scale, point(x, scaled.ascent()));
            x += scaled.h_advance(id);
            let Some(outline) = font.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            outline.draw(|column, line, coverage| {
                mask.put(bounds.min.x + column as f32, bounds.min.y + line as f32, coverage)
            });
        }
        mask
    }

    fn put(&mut self, x: f32, y: f32, coverage: f32) {
        if x < 0.0 || y < 0.0 || x as usize >= self.width || y as usize >= self.height {
            return;
        }
        let at = y as usize * self.width + x as usize;
        self.coverage[at] = self.coverage[at].max((coverage * 255.0) as u8);
    }

    /// Blends letters of luma `level` into a picture; what lies outside is cut off.
    pub fn blend(&self, frame: &mut Frame, left: usize, top: usize, level: u8) {
        let size = frame.size();
        let width = self.width.min(size.width.saturating_sub(left));
        let luma = frame.luma_mut();
        for line in 0..self.height.min(size.height.saturating_sub(top)) {
            let target = &mut luma[(top + line) * size.width + left..][..width];
            for (pixel, coverage) in target.iter_mut().zip(&self.coverage[line * self.width..]) {
                let coverage = u32::from(*coverage);
                *pixel = ((u32::from(level) * coverage + u32::from(*pixel) * (255 - coverage)) / 255) as u8;
            }
        }
    }
}

/// Masks of the characters of a clock, all of one width, so that a running time only copies pixels.
#[derive(Debug, Clone)]
pub struct ClockFace {
    digits: Vec<Mask>,
    advance: usize,
}

/// Characters of a [`ClockFace`].
const CLOCK_CHARACTERS: &str = "0123456789:.";

impl ClockFace {
    /// Digits of `height` pixels.
    pub fn new(height: usize) -> Self {
        let digits: Vec<Mask> = CLOCK_CHARACTERS
            .chars()
            .map(|digit| Mask::of_text(digit.encode_utf8(&mut [0; 4]), height, usize::MAX))
            .collect();
        let advance = digits.iter().map(|mask| mask.width).max().unwrap_or(0);
        Self { digits, advance }
    }

    /// Pixels that `characters` characters take.
    pub fn width(&self, characters: usize) -> usize {
        self.advance * characters
    }

    /// Blends a time such as `12:34:56.78`; other characters leave a gap.
    pub fn blend(&self, frame: &mut Frame, left: usize, top: usize, text: &str, level: u8) {
        for (place, character) in text.chars().enumerate() {
            if let Some(at) = CLOCK_CHARACTERS.find(character) {
                self.digits[at].blend(frame, left + place * self.advance, top, level);
            }
        }
    }
}

fn font() -> FontRef<'static> {
    FontRef::try_from_slice(FONT).expect("the bundled font is a valid font file")
}

fn text_width(font: &FontRef<'_>, scale: PxScale, text: &str) -> f32 {
    let scaled = font.as_scaled(scale);
    text.chars().map(|letter| scaled.h_advance(scaled.glyph_id(letter))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_letter_of_every_province() {
        let font = font();
        let list = include_str!("../../../config/sites/sites-63-2021.csv");
        for letter in list.chars().filter(|letter| !letter.is_control()) {
            assert_ne!(font.glyph_id(letter).0, 0, "no glyph for {letter:?}");
        }
    }

    #[test]
    fn long_names_are_narrowed_to_fit() {
        let mask = Mask::of_text("Bà Rịa - Vũng Tàu và một tên rất dài", 32, 200);
        assert!(mask.width <= 200, "{}", mask.width);
    }
}
