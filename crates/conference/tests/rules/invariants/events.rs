//! Between one event and the next.

use conference::{microphones::MAX_OPENED, *};

pub fn after_event(before: &State, conference: &Conference, event: &Event) {
    let after = conference.state();
    assert!(event.at >= before.last_at, "event time never decreases");
    assert_eq!(after.revision, before.revision + 1);
    if let EventBody::SetupRecorded { setup } | EventBody::SetupEdited { setup, .. } = &event.body {
        assert_eq!(setup.validate(), Ok(()));
    }
    stage(before, after, &event.body);
    floor(before, after, event);
    slots_stay(before, after, &event.body);
    time_spoken_is_kept(before, conference, event);
}

fn stage(before: &State, after: &State, body: &EventBody) {
    let holder = after.floor.holder.as_ref().map(|holder| &holder.site);
    let (stage, after) = (&before.stage, &after.stage);
    match body {
        EventBody::TakeOrdered { program, .. } => {
            assert!(stage.pending.is_none(), "at most one take is under way");
            assert_eq!(program.tour, stage.tour.is_some(), "any other take ends a tour first");
        }
        EventBody::StageCut { .. } => {
            assert!(stage.pending.is_none() && stage.tour.is_none(), "a cut comes after the end of what it overtakes");
        }
        EventBody::TourStarted { before, .. } => {
            assert!(stage.tour.is_none() && !before.tour, "a tour comes back to what was no tour");
        }
        EventBody::TourMoved { .. } => assert!(stage.tour.is_some()),
        EventBody::TourEnded { .. } => {
            assert!(stage.tour.is_some());
            assert_eq!(after.program, stage.program, "the end of a tour alone changes nothing on air");
        }
        EventBody::MicrophoneOpened { site, slot } => {
            assert!(stage.microphones_allowed && stage.opened.len() < MAX_OPENED);
            assert!(stage.program.slots.get(slot).is_none_or(|owner| owner == site), "the slot is free");
        }
        EventBody::MicrophoneShut { site } => {
            assert!(stage.opened.contains(site));
            let open = after.program.opens(site) || holder == Some(site);
            assert!(!after.program.microphones.contains(site) || open);
        }
        _ => {}
    }
}

fn floor(before: &State, after: &State, event: &Event) {
    let holder = before.floor.holder.as_ref();
    match &event.body {
        EventBody::FloorGranted { site, spoken_ms, called_back, .. } => {
            assert!(holder.is_none(), "at most one floor holder");
            let waiting = before.floor.queue.iter().find(|entry| entry.site == *site);
            let set_aside = waiting.and_then(|entry| entry.set_aside);
            let ended = before.floor.ended.as_ref().filter(|ended| *called_back && ended.site == *site);
            assert!(!called_back || (ended.is_some() && set_aside.is_none()), "only what ended is called back");
            let kept = set_aside.or(ended.map(|ended| ended.speech)).map_or(0, |kept| kept.spoken_ms);
            assert_eq!(*spoken_ms, kept, "a speech that was set aside or called back goes on, another begins");
        }
        EventBody::SpeechEnded { site, spoken_ms, .. } => {
            let holder = holder.expect("only a holder's speech ends");
            assert_eq!(holder.site, *site);
            assert!(*spoken_ms <= holder.clock.spoken_at(event.at));
            assert_eq!(after.roster.spoken_by(site), before.roster.spoken_by(site) + spoken_ms);
        }
        EventBody::HolderSetAside { site, .. } => {
            let holder = holder.expect("only a holder is set aside");
            assert!(holder.site == *site && holder.grace.is_some(), "only while its place is held");
            assert_eq!(after.floor.queue[0].site, *site, "who was set aside is the first to go on");
        }
        _ => {}
    }
}

/// A site that stays on air keeps its slot. A setup is recorded before anybody is connected, and after an edit of the sites every
/// page joins anew: no line that is in use is laid anew.
fn slots_stay(before: &State, after: &State, body: &EventBody) {
    if matches!(body, EventBody::SetupRecorded { .. } | EventBody::SetupEdited { part: PlanPart::Sites, .. }) {
        return;
    }
    for (slot, site) in &before.stage.program.slots {
        if let Some(kept) = after.stage.program.slot_of(site) {
            assert_eq!(kept, *slot, "{site} moved from its slot");
        }
    }
}

/// What a site has spoken is counted once and never lost, whether it speaks, waits to go on or has ended.
fn time_spoken_is_kept(before: &State, conference: &Conference, event: &Event) {
    // The preparation starts anew, what was said before the opening and in a rehearsal does not count, and a clock that ran while the server was down is put back.
    let exempt = matches!(
        event.body,
        EventBody::SetupRecorded { .. }
            | EventBody::SetupEdited { .. }
            | EventBody::RehearsalEnded {}
            | EventBody::ConferenceOpened {}
            | EventBody::HolderDropped { .. }
    );
    if exempt {
        return;
    }
    let passed = event.at.since(before.last_at);
    for site in conference.setup().sites.iter().map(|site| &site.slug) {
        let (was, is) = (spoken(before, site, before.last_at), spoken(conference.state(), site, event.at));
        assert!((was..=was + passed).contains(&is), "{site} has spoken {is} ms after {was} ms: {:?}", event.body);
    }
}

fn spoken(state: &State, site: &SiteSlug, at: Millis) -> u64 {
    let speaks = state.floor.holder.iter().filter(|holder| holder.site == *site);
    let waits = state.floor.queue.iter().filter(|entry| entry.site == *site).filter_map(|entry| entry.set_aside);
    let now = speaks.map(|holder| holder.clock.spoken_at(at)).chain(waits.map(|kept| kept.spoken_ms));
    state.roster.spoken_by(site) + now.sum::<u64>()
}
