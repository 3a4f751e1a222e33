//! Texts between sites and the centre, with acknowledgement. A site writes to the centre and reads what concerns it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::{Conference, EventBody, MessageId, Millis, Refusal, SiteSlug, conference::Outcome, text};

/// Messages kept in the state; others stay in the journal. As many as a page shows. Beyond it, and beyond
/// [`MAX_TEXT_BYTES_KEPT`], the sender who fills most of the room loses one: first what was acknowledged, then its oldest. So
/// nobody can write another one's texts away: 63 sites and the centre have three each for certain.
pub const MAX_MESSAGES: usize = 200;
/// Longest text, in characters: a screenful.
pub const MAX_TEXT_CHARS: usize = 2_000;
/// Bytes of all texts in the state. JSON at most doubles them, and a page is cut when more than 1 MiB waits for it: a console
/// must be able to read its welcome whatever sites have written.
pub const MAX_TEXT_BYTES_KEPT: usize = 256 * 1024;
/// How the centre is written among those who acknowledged.
pub const CENTRE: &str = "centre";

/// Latest messages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Messages {
    /// In the order of sending, at most [`MAX_MESSAGES`].
    pub latest: VecDeque<Message>,
    /// Number of the last message.
    pub last: u64,
}

/// A text message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Number.
    pub id: MessageId,
    /// From a site; none: from the centre.
    pub from: Option<SiteSlug>,
    /// Sender's name.
    pub sender: String,
    /// Receivers; empty: all sites, or the centre.
    pub to: Vec<SiteSlug>,
    /// The text; plain, never markup.
    pub text: String,
    /// Sent at.
    pub sent_at: Millis,
    /// Who has acknowledged it: sites, or [`CENTRE`].
    pub acknowledged: BTreeSet<String>,
}

impl Message {
    /// True if the reader may see it: `None` is the centre, which sees all.
    pub fn concerns(&self, reader: Option<&SiteSlug>) -> bool {
        let Some(site) = reader else { return true };
        match &self.from {
            Some(from) => from == site,
            None => self.to.is_empty() || self.to.contains(site),
        }
    }

    /// True if nobody is left who should still read it. `sites` is how many there are in all.
    fn is_settled(&self, sites: usize) -> bool {
        let readers = match (&self.from, self.to.len()) {
            (Some(_), _) => 1,
            (None, 0) => sites,
            (None, receivers) => receivers,
        };
        self.acknowledged.len() >= readers
    }
}

impl Messages {
    pub(crate) fn apply(&mut self, body: &EventBody, sender: &str, at: Millis, sites: usize) {
        match body {
            EventBody::MessageSent { message, from, to, text } => {
                self.last = message.0;
                self.latest.push_back(Message {
                    id: *message,
                    from: from.clone(),
                    sender: sender.to_owned(),
                    to: to.clone(),
                    text: text.clone(),
                    sent_at: at,
                    acknowledged: BTreeSet::new(),
                });
                self.make_room(sites);
            }
            EventBody::MessageAcknowledged { message, by } => {
                let read = self.latest.iter_mut().filter(|kept| kept.id == *message);
                read.for_each(|kept| {
                    kept.acknowledged.insert(by.clone());
                });
            }
            _ => {}
        }
    }

    fn make_room(&mut self, sites: usize) {
        let bytes = |latest: &VecDeque<Message>| latest.iter().map(|message| message.text.len()).sum::<usize>();
        while self.latest.len() > MAX_MESSAGES || bytes(&self.latest) > MAX_TEXT_BYTES_KEPT {
            let by_bytes = self.latest.len() <= MAX_MESSAGES;
            let Some(place) = self.least_needed(by_bytes, sites) else { return };
            self.latest.remove(place);
        }
    }

    /// Of the sender who fills most of the room: what is settled first, then the oldest.
    fn least_needed(&self, by_bytes: bool, sites: usize) -> Option<usize> {
        let mut filled: BTreeMap<Option<&SiteSlug>, usize> = BTreeMap::new();
        for message in &self.latest {
            *filled.entry(message.from.as_ref()).or_default() += if by_bytes { message.text.len() } else { 1 };
        }
        // The centre, which comes first in the map, is the last to lose among equals.
        let most = filled.into_iter().max_by_key(|(_, filled)| *filled).map(|(sender, _)| sender.cloned())?;
        let of_it = self.latest.iter().enumerate().filter(|(_, message)| message.from == most);
        of_it.min_by_key(|(place, message)| (!message.is_settled(sites), *place)).map(|(place, _)| place)
    }
}

impl Conference {
    pub(crate) fn send_message(&self, from: Option<&SiteSlug>, to: &[SiteSlug], text: &str) -> Outcome {
        let receivers: BTreeSet<&SiteSlug> = to.iter().collect();
        for site in &receivers {
            self.known_site(site)?;
        }
        text::check_lines(text, 1..=MAX_TEXT_CHARS)?;
        Ok(vec![EventBody::MessageSent {
            message: MessageId(self.state().messages.last + 1),
            from: from.cloned(),
            to: receivers.into_iter().cloned().collect(),
            text: text.to_owned(),
        }])
    }

    pub(crate) fn acknowledge(&self, reader: Option<&SiteSlug>, id: MessageId) -> Outcome {
        let found = self.state().messages.latest.iter().find(|message| message.id == id);
        let Some(message) = found.filter(|message| message.concerns(reader)) else {
            return Err(Refusal::UnknownMessage { message: id });
        };
        // Nobody acknowledges what their own side wrote.
        if reader == message.from.as_ref() {
            return Err(Refusal::UnknownMessage { message: id });
        }
        let by = reader.map_or(CENTRE, SiteSlug::as_str).to_owned();
        match message.acknowledged.contains(&by) {
            true => Err(Refusal::AlreadySo),
            false => Ok(vec![EventBody::MessageAcknowledged { message: id, by }]),
        }
    }
}
