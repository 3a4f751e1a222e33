//! The agenda.

use conference::Conference;
use wire::{AgendaView, ItemView};

use crate::convert;

pub(super) fn view(conference: &Conference) -> AgendaView {
    let agenda = &conference.state().agenda;
    let item = |item: &conference::Item| {
        let times = agenda.times.get(&item.id);
        ItemView {
            id: convert::item_out(item.id.clone()),
            title: item.title.clone(),
            speaker: item.speaker.clone().map(convert::speaker_out),
            site: item.site.clone().map(convert::site_out),
            planned_ms: item.planned_ms,
            layout: item.layout.map(convert::layout_out),
            documents: item.documents.iter().cloned().map(convert::document_out).collect(),
            skipped: agenda.skipped.contains(&item.id),
            started_at: times.map(|times| times.started_at.0),
            finished_at: times.and_then(|times| times.finished_at).map(|at| at.0),
        }
    };
    AgendaView {
        items: conference.setup().agenda.iter().map(item).collect(),
        current: agenda.current.clone().map(convert::item_out),
    }
}
