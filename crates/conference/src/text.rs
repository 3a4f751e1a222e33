//! Characters that no text of a person may hold, because readers would see something else than was written.

/// True for control characters, which say nothing and cost six bytes each in JSON, for the characters that turn the direction
/// of what follows (UAX #9, section 2: embeddings, overrides, isolates and marks), and for line and paragraph separators.
/// Zero-width joiners stay: names and emoji need them.
pub fn is_unreadable(char: char) -> bool {
    let turns =
        matches!(char, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    char.is_control() || turns || matches!(char, '\u{2028}' | '\u{2029}')
}
