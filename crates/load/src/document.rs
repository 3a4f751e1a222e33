//! The table in a document: a file holds what a command printed and not what somebody typed.

use std::{fs, path::Path};

use anyhow::Context;

/// Marks between which the table stands.
const BEGIN: &str = "<!-- figures: written by `cargo xtask bench relay -- --markdown FILE` -->\n";
const END: &str = "<!-- end of figures -->";

/// Writes the table between the marks of a document, or as the whole file if it has none.
///
/// # Errors
///
/// The file cannot be written.
pub fn write(path: &Path, table: &str) -> anyhow::Result<()> {
    let before = fs::read_to_string(path).unwrap_or_default();
    fs::write(path, placed(&before, table)).with_context(|| path.display().to_string())
}

fn placed(document: &str, table: &str) -> String {
    let parts = document.split_once(BEGIN).and_then(|(head, rest)| Some((head, rest.split_once(END)?.1)));
    match parts {
        Some((head, tail)) => format!("{head}{BEGIN}\n{table}\n{END}{tail}"),
        None => table.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_takes_its_place_and_the_text_around_it_stays() {
        let document = format!("before\n{BEGIN}old\n{END}\nafter\n");

        let once = placed(&document, "| new |\n");

        assert_eq!(once, format!("before\n{BEGIN}\n| new |\n\n{END}\nafter\n"));
        assert_eq!(placed(&once, "| new |\n"), once);
        assert_eq!(placed("", "| new |\n"), "| new |\n");
    }
}
