//! The machine-readable marker of a test card: who is in the picture and when it was taken.
//!
//! It exists twice in each live frame: as black and white cells in the picture (survives scaling, compression and
//! browsers) and as an SEI message (read without decoding, see [`crate::sei`]). `docs/test-card.md` describes both
//! exactly enough to write another reader.

/// Columns of the cell grid.
pub const COLUMNS: usize = 20;
/// Rows of the cell grid.
pub const ROWS: usize = 2;
/// Top of the grid as a fraction of the height: 4/5. On 16-pixel lines at 320×180, 640×360 and 1280×720, so that a
/// cell is one or more whole macroblocks and codes cheaply.
const TOP: (usize, usize) = (4, 5);
/// Height of a row as a fraction of the height: 4/45 (16 pixels of 180).
const ROW_HEIGHT: (usize, usize) = (4, 45);
/// Luma of a 0 cell; video range, so that a browser sees about 19 of 255.
pub const BLACK: u8 = 32;
/// Luma of a 1 cell; video range, a browser sees about 237 of 255.
pub const WHITE: u8 = 220;
/// A cell whose mean is below this is 0. The band between is "unreadable", not a guess.
pub const DARK_BELOW: u32 = 96;
/// A cell whose mean is above this is 1.
pub const LIGHT_ABOVE: u32 = 160;
/// Bits of the site index.
const SITE_BITS: u32 = 12;
/// Bits of the frame number: at 25 frames a second it wraps after 11.6 hours.
const FRAME_BITS: u32 = 20;

/// Largest site index that fits.
pub const MAX_SITE: u16 = (1 << SITE_BITS) - 1;
/// Frame numbers are taken modulo this.
pub const FRAME_MODULUS: u32 = 1 << FRAME_BITS;

/// What a marker says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marker {
    /// Index of the site in the conference, 0 is the hall; at most [`MAX_SITE`].
    pub site: u16,
    /// Number of the frame, modulo [`FRAME_MODULUS`]. Live cards count 1/25 s of Unix time, so that two layers of the
    /// same instant carry the same number and one machine can measure delay.
    pub frame: u32,
}

impl Marker {
    /// The 40 bits of the cells, first cell in the most significant bit.
    pub fn bits(self) -> u64 {
        let word = (u32::from(self.site & MAX_SITE) << FRAME_BITS) | (self.frame % FRAME_MODULUS);
        (u64::from(word) << 8) | u64::from(crc8(&word.to_be_bytes()))
    }

    /// The marker of 40 bits, if the checksum is right.
    pub fn from_bits(bits: u64) -> Option<Self> {
        let word = u32::try_from(bits >> 8).ok()?;
        if crc8(&word.to_be_bytes()) != (bits & 0xff) as u8 {
            return None;
        }
        Some(Self { site: (word >> FRAME_BITS) as u16, frame: word % FRAME_MODULUS })
    }
}

/// CRC-8, polynomial 0x07, initial value 0xFF (so that an all-black and an all-white grid are both wrong).
pub fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0xff, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc: u8, _| if crc & 0x80 == 0 { crc << 1 } else { (crc << 1) ^ 0x07 })
    })
}

/// Rectangle of a cell in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CellArea {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
}

fn cell_area(cell: usize, width: usize, height: usize) -> CellArea {
    let (column, row) = (cell % COLUMNS, cell / COLUMNS);
    let top = height * TOP.0 / TOP.1;
    CellArea {
        left: width * column / COLUMNS,
        right: width * (column + 1) / COLUMNS,
        top: top + height * row * ROW_HEIGHT.0 / ROW_HEIGHT.1,
        bottom: top + height * (row + 1) * ROW_HEIGHT.0 / ROW_HEIGHT.1,
    }
}

/// First line of the grid and the line after its last, in pixels, for whoever draws around it.
pub fn grid_lines(height: usize) -> (usize, usize) {
    (cell_area(0, COLUMNS, height).top, cell_area(COLUMNS * ROWS - 1, COLUMNS, height).bottom)
}

/// Draws the cells into a luma plane of `width` × `height` pixels without padding. The chroma under the grid must be
/// neutral.
pub fn draw(luma: &mut [u8], width: usize, height: usize, marker: Marker) {
    let bits = marker.bits();
    let cells = COLUMNS * ROWS;
    for cell in 0..cells {
        let level = if bits >> (cells - 1 - cell) & 1 == 1 { WHITE } else { BLACK };
        let area = cell_area(cell, width, height);
        for line in area.top..area.bottom {
            luma[line * width + area.left..line * width + area.right].fill(level);
        }
    }
}

/// Reads the marker from a luma plane of `width` × `height` pixels without padding.
///
/// None if the plane is too small, a cell is neither dark nor light, or the checksum is wrong.
pub fn read(luma: &[u8], width: usize, height: usize) -> Option<Marker> {
    read_strided(luma, width, width, height)
}

/// Like [`read`], for a plane whose lines are `stride` bytes apart.
pub fn read_strided(luma: &[u8], stride: usize, width: usize, height: usize) -> Option<Marker> {
    if width < COLUMNS || stride < width || height == 0 || luma.len() < stride * (height - 1) + width {
        return None;
    }
    let mut bits = 0_u64;
    for cell in 0..COLUMNS * ROWS {
        let mean = inner_mean(luma, stride, cell_area(cell, width, height))?;
        let bit = match mean {
            dark if dark < DARK_BELOW => 0,
            light if light > LIGHT_ABOVE => 1,
            _ => return None,
        };
        bits = bits << 1 | bit;
    }
    Marker::from_bits(bits)
}

/// Mean of the middle half of a cell in each direction: its edges are blurred by scaling and by the codec.
fn inner_mean(luma: &[u8], stride: usize, area: CellArea) -> Option<u32> {
    let (width, height) = (area.right - area.left, area.bottom - area.top);
    let columns = area.left + width / 4..area.right - width / 4;
    let lines = area.top + height / 4..area.bottom - height / 4;
    let count = (columns.len() * lines.len()) as u32;
    if count == 0 {
        return None;
    }
    let sum: u32 = lines
        .map(|line| {
            luma[line * stride + columns.start..line * stride + columns.end].iter().copied().map(u32::from).sum::<u32>()
        })
        .sum();
    Some(sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKER: Marker = Marker { site: 63, frame: 987_654 };

    #[test]
    fn a_drawn_marker_is_read_back_at_every_size() {
        for (width, height) in [(320, 180), (640, 360), (1280, 720), (160, 90), (854, 480), (1920, 1080)] {
            let mut luma = vec![90; width * height];
            draw(&mut luma, width, height, MARKER);
            assert_eq!(read(&luma, width, height), Some(MARKER), "{width}×{height}");
        }
    }

    #[test]
    fn every_single_wrong_bit_is_noticed() {
        for bit in 0..40 {
            assert_eq!(Marker::from_bits(MARKER.bits() ^ (1 << bit)), None, "bit {bit}");
        }
    }

    #[test]
    fn plain_pictures_have_no_marker() {
        for level in [0, BLACK, 128, WHITE, 255] {
            assert_eq!(read(&vec![level; 320 * 180], 320, 180), None, "level {level}");
        }
        assert_eq!(read(&[0; 100], 320, 180), None, "short plane");
    }

    #[test]
    fn known_bits_for_other_readers() {
        assert_eq!(crc8(b"123456789"), 0xfb);
        assert_eq!(Marker { site: 1, frame: 2 }.bits() >> 8, 0x0010_0002);
    }
}
