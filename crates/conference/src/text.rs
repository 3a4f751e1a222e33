//! Bounds of texts, and characters that no text of a person may hold, because readers would see something else than was written.

use std::ops::RangeInclusive;

use crate::Refusal;

/// True for control characters, which say nothing and cost six bytes each in JSON, for the characters that turn the direction
/// of what follows (UAX #9, section 2: embeddings, overrides, isolates and marks), and for line and paragraph separators.
/// Zero-width joiners stay: names and emoji need them.
pub fn is_unreadable(char: char) -> bool {
    let turns =
        matches!(char, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    char.is_control() || turns || matches!(char, '\u{2028}' | '\u{2029}')
}

/// Refuses a line of fewer or more characters than these, or one that cannot be read as it was written. Blanks alone are as no
/// character.
pub(crate) fn check_line(text: &str, chars: RangeInclusive<usize>) -> Result<(), Refusal> {
    check(text, chars, is_unreadable)
}

/// The same for a text of several lines.
pub(crate) fn check_lines(text: &str, chars: RangeInclusive<usize>) -> Result<(), Refusal> {
    check(text, chars, |char| is_unreadable(char) && !matches!(char, '\n' | '\t' | '\r'))
}

fn check(text: &str, chars: RangeInclusive<usize>, unreadable: impl Fn(char) -> bool) -> Result<(), Refusal> {
    let missing = *chars.start() > 0 && text.trim().is_empty();
    match missing || !chars.contains(&text.chars().count()) || text.chars().any(unreadable) {
        true => Err(Refusal::BadText { max: *chars.end() as u32 }),
        false => Ok(()),
    }
}
