//! A tour orders takes by itself: only while the journal can be written, and none that nobody knows of.

use super::*;

const START_TOUR: Step = Step::Command(14, 0);
const SET_MODE: Step = Step::Command(12, 0);

fn coming(world: &World) -> Option<&SiteSlug> {
    let pending = world.ledger.shown().state().stage.pending_program()?;
    pending.sources.first().map(|part| &part.source.site)
}

fn take_all(world: &mut World, steps: impl IntoIterator<Item = Step>) {
    steps.into_iter().for_each(|step| world.take(step));
}

#[test]
fn a_tour_stands_while_the_journal_cannot_be_written_and_goes_on_when_it_can() {
    let mut world = World::new();
    take_all(&mut world, [START_TOUR, Step::Pump, Step::Durable, Step::Shown, SET_MODE, Step::Pump, Step::Failed]);
    assert!(!world.ledger.journal_ok());

    take_all(&mut world, [Step::Wait(2_500), Step::Wait(2_500)]);
    assert_eq!(coming(&world), None);

    world.finish();
    world.take(Step::Wait(1));
    assert_eq!(coming(&world), Some(&SiteSlug::from("ca-mau")));
}

#[test]
fn a_tour_that_was_refused_and_appears_late_shows_nobody() {
    let mut world = World::new();
    take_all(&mut world, [START_TOUR, Step::Pump]);
    world.unsure.extend(world.asked.clone());
    world.outcome(Outcome::Unknown);
    world.collect();

    world.written();
    take_all(&mut world, [Step::Wait(2_500), Step::Wait(2_500)]);

    let stage = &world.ledger.shown().state().stage;
    assert!(stage.tour.is_none() && stage.pending.is_none());
    assert!(stage.program().shows(&SiteSlug::from("hall")));
    world.finish();
}
