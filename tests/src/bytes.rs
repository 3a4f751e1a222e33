//! Bytes without a meaning.

/// A small generator: the same bytes in every run.
#[derive(Debug)]
pub struct Bytes(pub u64);

impl Bytes {
    /// The next eight of them, as a number.
    #[allow(clippy::should_implement_trait, reason = "it never ends, so it is no iterator")]
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// So many of them.
    pub fn fill(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[3]).collect()
    }
}
