//! Actions that are no commands themselves: what they mean is read from the state, and sent as the command that says so. The command
//! names what was seen, so that a state that changed in between refuses it.

use wire::{Command, ConferenceView, ItemView, Layout, SiteSlug, SourceKind, SourceRef};

use super::fields::Given;
use crate::http::problem::ApiError;

/// An action that is read from the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resolved {
    /// Starts the item that comes next: the first after the current one that was neither begun nor left out.
    NextItem,
    /// Puts the one who waits after the site in preview into preview, the first if none of them is. Where nobody waits and the holder has
    /// dropped out: the site of the next item, as its standby.
    NextRequest,
    /// Puts the one who waits before the site in preview into preview, the last if none of them is.
    PreviousRequest,
}

impl Resolved {
    /// The action of this name, if there is one.
    ///
    /// # Errors
    /// It was given what it does not take, or not what it needs.
    pub(super) fn named(name: &str, given: &Given) -> Result<Option<Self>, ApiError> {
        let bare = |action| match given.query.is_empty() && given.body.is_empty() {
            true => Ok(Some(action)),
            false => Err(ApiError::BadRequest(format!("{name} has no fields"))),
        };
        match name {
            "next_item" => bare(Self::NextItem),
            "next_request" => bare(Self::NextRequest),
            "previous_request" => bare(Self::PreviousRequest),
            _ => Ok(None),
        }
    }

    /// What it means now.
    ///
    /// # Errors
    /// Nothing: no item or request is there to take.
    pub(super) fn command(self, view: &ConferenceView) -> Result<Command, ApiError> {
        match self {
            Self::NextItem => next_item(view),
            Self::NextRequest => in_queue(view, |place, last| place.map_or(0, |place| (place + 1).min(last))),
            Self::PreviousRequest => in_queue(view, |place, last| place.map_or(last, |place| place.saturating_sub(1))),
        }
    }
}

/// Puts the camera of a site into preview, alone: a shorthand, for which nothing is read.
///
/// # Errors
/// It was given anything but a site.
pub(super) fn preview_site(given: &Given) -> Result<Command, ApiError> {
    let of_body = given.body.iter().map(|(field, value)| (field.as_str(), value.as_str()));
    let fields = given.query.iter().map(|(field, text)| (field.as_str(), Some(text.as_str()))).chain(of_body);
    match fields.collect::<Vec<_>>().as_slice() {
        [("site", Some(site))] => Ok(preview(SiteSlug((*site).to_owned()))),
        _ => Err(ApiError::BadRequest("preview_site needs the slug of a site, ?site=…, and nothing else".to_owned())),
    }
}

fn preview(site: SiteSlug) -> Command {
    let source = SourceRef { site, kind: SourceKind::Camera };
    Command::SetPreview { layout: Layout::Single, sources: vec![source] }
}

fn next_item(view: &ConferenceView) -> Result<Command, ApiError> {
    let next = item_after(view).ok_or_else(|| ApiError::Conflict("no item of the agenda is left".to_owned()))?;
    Ok(Command::StartItem { item: next.id.clone(), current: view.agenda.current.clone() })
}

/// The item that comes next.
fn item_after(view: &ConferenceView) -> Option<&ItemView> {
    let agenda = &view.agenda;
    // Between two items: after the one that began last.
    let begun = || agenda.items.iter().filter(|item| item.started_at.is_some()).max_by_key(|item| item.started_at);
    let latest = agenda.current.as_ref().or_else(|| begun().map(|item| &item.id));
    let current = agenda.items.iter().position(|item| Some(&item.id) == latest);
    let rest = agenda.items.iter().skip(current.map_or(0, |place| place + 1));
    rest.into_iter().find(|item| !item.skipped && item.started_at.is_none())
}

/// Who could speak in the place of a holder that has dropped out, where nobody asks: the site of the next item.
fn standby(view: &ConferenceView) -> Option<SiteSlug> {
    let missing = view.floor.holder.as_ref().filter(|holder| holder.grace_until.is_some())?;
    item_after(view)?.site.clone().filter(|site| *site != missing.site)
}

fn in_queue(view: &ConferenceView, step: impl Fn(Option<usize>, usize) -> usize) -> Result<Command, ApiError> {
    let queue = &view.floor.queue;
    let Some(last) = queue.len().checked_sub(1) else {
        let nobody = || ApiError::Conflict("nobody waits to speak".to_owned());
        return standby(view).map(preview).ok_or_else(nobody);
    };
    let seen = view.stage.preview.as_ref().and_then(|preview| preview.sources.first());
    let place = seen.and_then(|source| queue.iter().position(|entry| entry.site == source.site));
    Ok(preview(queue[step(place, last)].site.clone()))
}
