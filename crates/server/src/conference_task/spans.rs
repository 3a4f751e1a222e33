//! Spans of what a conference does, for those who look where time goes. They leave the machine, so they carry ids and kinds and
//! never what somebody wrote, a name or a token.
//!
//! | span | from | to |
//! |---|---|---|
//! | `join` | a page proved who it is | its welcome is under way |
//! | `command` | it came | it is answered, durable or refused |
//! | `append` | a batch is handed to the journal | its outcome is known |
//! | `take` | ordered at the relay | shown, failed or overtaken |
//!
//! Who wants none pays for none: they are of the level `debug`, and their fields are made when somebody looks.

use std::fmt::{self, Write as _};

use conference::{Setup, SiteSlug};
use tracing::Span;
use tracing::field::Empty;
use wire::{Command, TakeId};

use super::joining::Visit;
use crate::live::Who;

/// A page comes in.
pub(super) fn of_join(setup: &Setup, visit: &Visit) -> Span {
    let (conference, site) = (setup.id.0.as_str(), visit.who.site().map(SiteSlug::as_str));
    tracing::debug_span!("join", conference, site, client = ?visit.client)
}

/// A command of somebody; `site` is the sender's, if it is one.
pub(super) fn of_command(setup: &Setup, who: &Who, command: &Command) -> Span {
    let (conference, site) = (setup.id.0.as_str(), who.site().map(SiteSlug::as_str));
    tracing::debug_span!("command", conference, site, role = ?who.role(), kind = %Kind(command), outcome = Empty)
}

/// A take; `site` is the main one of what it puts on air.
pub(super) fn of_take(setup: &Setup, take: TakeId, site: Option<&SiteSlug>) -> Span {
    let (conference, site) = (setup.id.0.as_str(), site.map(SiteSlug::as_str));
    tracing::debug_span!("take", conference, site, take = take.0, outcome = Empty)
}

/// What a command is, without what it says.
struct Kind<'a>(&'a Command);

impl fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The name is the first word of what is derived; the error ends the writing there.
        let _ = write!(FirstWord(f), "{:?}", self.0);
        Ok(())
    }
}

struct FirstWord<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl fmt::Write for FirstWord<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = text.find(|letter: char| !letter.is_alphanumeric());
        self.0.write_str(&text[..end.unwrap_or(text.len())])?;
        if end.is_some() { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_command_is_its_name_alone() {
        let names = Command::DelegateRegions { to: "Nguyễn Văn A".to_owned(), regions: Vec::new() };

        assert_eq!(Kind(&names).to_string(), "DelegateRegions");
        assert_eq!(Kind(&Command::OpenConference).to_string(), "OpenConference");
    }
}
