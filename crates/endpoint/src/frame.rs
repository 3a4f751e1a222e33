//! A picture in I420: a full luma plane and two chroma planes of half width and height.

/// Size of a picture in pixels, both even.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    /// Pixels in a line.
    pub width: usize,
    /// Lines.
    pub height: usize,
}

/// A colour as luma and chroma, video range (BT.601).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    /// Luma, 16 to 235.
    pub y: u8,
    /// Blue difference, 16 to 240.
    pub u: u8,
    /// Red difference, 16 to 240.
    pub v: u8,
}

/// Rectangle in pixels; `right` and `bottom` are outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// First column.
    pub left: usize,
    /// First line.
    pub top: usize,
    /// Column after the last.
    pub right: usize,
    /// Line after the last.
    pub bottom: usize,
}

/// A picture. Planes have no padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    size: Size,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Frame {
    /// A picture of one colour.
    pub fn new(size: Size, colour: Colour) -> Self {
        let luma = size.width * size.height;
        Self { size, y: vec![colour.y; luma], u: vec![colour.u; luma / 4], v: vec![colour.v; luma / 4] }
    }

    /// Its size.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Luma.
    pub fn luma(&self) -> &[u8] {
        &self.y
    }

    /// Luma, to draw.
    pub fn luma_mut(&mut self) -> &mut [u8] {
        &mut self.y
    }

    /// The three planes, as files hold them.
    pub fn planes(&self) -> [&[u8]; 3] {
        [&self.y, &self.u, &self.v]
    }

    /// Fills a rectangle; chroma follows to the nearest even pixel.
    pub fn fill(&mut self, area: Area, colour: Colour) {
        for line in area.top..area.bottom {
            self.y[line * self.size.width + area.left..line * self.size.width + area.right].fill(colour.y);
        }
        let half = self.size.width / 2;
        for line in area.top / 2..area.bottom.div_ceil(2).min(self.size.height / 2) {
            let columns = line * half + area.left / 2..line * half + area.right.div_ceil(2).min(half);
            self.u[columns.clone()].fill(colour.u);
            self.v[columns].fill(colour.v);
        }
    }

    /// Copies a rectangle of the luma plane from another picture of the same size.
    pub fn copy_luma(&mut self, from: &Frame, area: Area) {
        debug_assert_eq!(self.size, from.size);
        for line in area.top..area.bottom {
            let columns = line * self.size.width + area.left..line * self.size.width + area.right;
            self.y[columns.clone()].copy_from_slice(&from.y[columns]);
        }
    }
}

impl openh264::formats::YUVSource for Frame {
    fn dimensions(&self) -> (usize, usize) {
        (self.size.width, self.size.height)
    }

    fn strides(&self) -> (usize, usize, usize) {
        (self.size.width, self.size.width / 2, self.size.width / 2)
    }

    fn y(&self) -> &[u8] {
        &self.y
    }

    fn u(&self) -> &[u8] {
        &self.u
    }

    fn v(&self) -> &[u8] {
        &self.v
    }
}
