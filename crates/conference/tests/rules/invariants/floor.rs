//! Rules of the floor, at rest.

use std::collections::BTreeSet;

use conference::*;

pub fn holds(conference: &Conference) {
    queue(conference);
    holder(conference);
}

fn queue(conference: &Conference) {
    let floor = &conference.state().floor;
    let waiting: BTreeSet<_> = floor.queue.iter().map(|entry| &entry.site).collect();
    assert_eq!(waiting.len(), floor.queue.len(), "no site waits twice");
    assert!(!waiting.contains(conference.hall()));
    assert!(floor.queue.iter().all(|entry| entry.set_aside.is_none() || entry.invited), "who goes on is called");
}

fn holder(conference: &Conference) {
    let floor = &conference.state().floor;
    let Some(holder) = &floor.holder else { return };
    assert!(floor.place_of(&holder.site).is_none() && !floor.cued.contains(&holder.site));
    assert_ne!(holder.site, *conference.hall());
    let running = holder.clock.running_since.is_some();
    assert!(!running || (holder.on_air && holder.grace.is_none()), "the clock runs on air only");
    let program = conference.state().stage.program();
    assert!(!holder.on_air || program.shows(&holder.site), "the speaker is in the picture");
    assert!(!holder.on_air || !program.tour, "nobody speaks in a tour");
}
