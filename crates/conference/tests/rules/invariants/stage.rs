//! Rules of the stage, at rest.

use std::collections::BTreeSet;

use conference::{microphones::MAX_OPENED, *};

pub fn holds(conference: &Conference) {
    let stage = &conference.state().stage;
    for program in [Some(stage.program()), stage.pending_program()].into_iter().flatten() {
        slots(conference, program);
        holding(conference, program);
        sounds(conference, program);
    }
    hall(conference);
    opened(conference);
    tour(conference);
    assert!(stage.undo.iter().all(|undo| !undo.program.tour), "a step of a tour is nothing to come back to");
}

fn slots(conference: &Conference, program: &Program) {
    let (hall, stage) = (conference.hall(), &conference.state().stage);
    assert_eq!(program.slots.get(&0), Some(hall), "slot 0 is the hall's");
    for part in &program.sources {
        assert_eq!(part.slot.is_some(), part.source.kind == SourceKind::Camera);
        assert!(part.slot.is_none() || part.slot == program.slot_of(&part.source.site));
    }
    let owners: BTreeSet<_> = program.slots.values().collect();
    assert_eq!(owners.len(), program.slots.len(), "no site has two slots");
    for site in owners {
        assert!(site == hall || program.shows(site) || stage.opened.contains(site), "{site} has a slot for nothing");
    }
}

/// The holding slide is on air alone, or there is a picture.
fn holding(conference: &Conference, program: &Program) {
    assert_eq!(program.holding.is_some(), program.sources.is_empty());
    if program.holding.is_some() {
        assert!(program.microphones.is_empty(), "nobody is heard behind the slide");
        assert_eq!(program.slots.len(), 1);
        assert!(conference.state().stage.opened.is_empty());
        assert!(!program.tour);
    }
}

/// Heard are the hall, who is seen in earnest, who speaks, and whose microphone was opened; never who is muted.
fn sounds(conference: &Conference, program: &Program) {
    let state = conference.state();
    let (hall, stage) = (conference.hall(), &state.stage);
    for site in &program.microphones {
        assert!(!stage.muted.contains(site), "{site} is muted and heard");
        let speaks = program.shows(site) && !program.tour;
        let open = site == hall || program.opens(site) || stage.opened.contains(site) || speaks;
        assert!(open, "{site} is heard and not on air");
    }
    assert!(stage.program.microphones.iter().all(|site| !stage.closed.contains(site)));
}

fn hall(conference: &Conference) {
    let (hall, stage) = (conference.hall(), &conference.state().stage);
    let heard = stage.program.microphones.contains(hall);
    let expected = !stage.muted.contains(hall) && stage.program.holding.is_none();
    assert_eq!(heard, expected, "the hall is heard unless it is muted or the slide is on air");
}

/// Microphones beyond the picture: few, allowed, each with a slot, and not those that the picture opens.
fn opened(conference: &Conference) {
    let stage = &conference.state().stage;
    assert!(stage.opened.len() <= MAX_OPENED);
    assert!(stage.opened.is_empty() || stage.microphones_allowed);
    for site in &stage.opened {
        assert_ne!(site, conference.hall());
        assert!(stage.program.slot_of(site).is_some() && !stage.program.opens(site), "{site}");
        let heard = stage.program.microphones.contains(site);
        assert_eq!(heard, !stage.muted.contains(site), "{site} is opened and heard unless it is muted");
    }
}

fn tour(conference: &Conference) {
    let (hall, stage) = (conference.hall(), &conference.state().stage);
    for program in [Some(stage.program()), stage.pending_program()].into_iter().flatten().filter(|on_air| on_air.tour) {
        assert_eq!((program.layout, program.sources.len()), (Layout::Single, 1));
        assert!(!program.shows(hall));
        for part in &program.sources {
            let open = program.microphones.contains(&part.source.site);
            assert!(!open || stage.opened.contains(&part.source.site), "a tour opens no microphone");
        }
    }
    assert!(stage.pending_program().is_none_or(|program| program.tour == stage.tour.is_some()));
    let Some(tour) = &stage.tour else { return };
    assert!((tour.place as usize) < tour.sites.len() && !tour.sites.contains(hall));
    assert!(!tour.before.tour);
    assert!(tour.failed as usize <= tour.sites.len(), "a tour on which nobody can be shown ends");
}
