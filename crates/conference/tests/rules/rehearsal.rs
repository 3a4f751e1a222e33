//! The rehearsal: as the day, and nothing of it counts.

use conference::*;

use crate::{
    invariants::replayed,
    world::{HALL, World, camera, other_setups, setup, slug},
};

fn present(site: &str) -> Command {
    Command::MarkPresence { site: slug(site), present: true, reason: String::new() }
}

fn delegate(name: &str, present: bool) -> Delegate {
    Delegate { name: name.to_owned(), title: String::new(), organisation: String::new(), present }
}

fn name(site: &str, delegates: &[Delegate]) -> Command {
    Command::SetDelegates { site: slug(site), delegates: delegates.to_vec() }
}

/// Something of everything that a rehearsal can change.
fn rehearse(world: &mut World) {
    world.start_item("opening").unwrap();
    world.lead(Command::SkipItem { item: ItemId::from("opening"), skipped: true }).unwrap();
    world.start_item("report-a").unwrap();
    world.put_on_air(Layout::SpeakerHall, &[camera("a"), camera(HALL)]);
    world.wait(30_000);
    world.chair(Command::AllowMicrophones { allowed: true }).unwrap();
    world.chair(Command::OpenMicrophone { site: slug("b") }).unwrap();
    world.chair(Command::Interrupt).unwrap();
    world.lead(Command::SetFloorMode { mode: FloorMode::Queue }).unwrap();
    world.site("d", Command::RequestFloor { kind: RequestKind::Request }).unwrap();
    world.lead(Command::Cue { site: slug("d") }).unwrap();
    world.lead(Command::MuteAll).unwrap();
    world.lead(present("b")).unwrap();
    world.lead(Command::SetLowerThird { lower_third: LowerThird::Hidden }).unwrap();
    world.order(Layout::Single, &[camera("c")]).unwrap();
}

/// What a rehearsal must leave as it was.
fn kept(world: &World) -> (Agenda, Floor, Roster) {
    let state = world.conference.state();
    (state.agenda.clone(), state.floor.clone(), state.roster.clone())
}

fn assert_at_rest(world: &World) {
    let stage = &world.conference.state().stage;
    assert_eq!(world.program().source_refs(), [camera(HALL)]);
    assert_eq!(world.program().microphones, [slug(HALL)]);
    assert_eq!((&stage.preview, &stage.pending, &stage.undo, &stage.tour), (&None, &None, &None, &None));
    assert!(stage.muted.is_empty() && stage.closed.is_empty() && stage.opened.is_empty());
    assert!(!stage.microphones_allowed && stage.lower_third.is_automatic());
}

#[test]
fn at_its_end_everything_is_as_before_and_the_stage_is_at_the_hall() {
    let mut world = World::new();
    world.lead(present("a")).unwrap();
    world.lead(Command::Invite { site: slug("c") }).unwrap();
    world.put_on_air(Layout::Single, &[camera("b")]);
    world.wait(5_000);
    world.lead(Command::BackToHall).unwrap();
    let before = kept(&world);
    let takes = world.conference.state().stage.last_take;

    world.lead(Command::StartRehearsal).unwrap();
    rehearse(&mut world);
    assert_ne!(kept(&world), before);
    let bodies = world.lead(Command::EndRehearsal).unwrap();

    assert!(matches!(bodies[0], EventBody::TakeFailed { reason: TakeFailure::Superseded, .. }));
    assert!(bodies.iter().any(|body| matches!(body, EventBody::StageCut { cause: CutCause::BackToHall, .. })));
    assert_eq!(kept(&world), before);
    assert_at_rest(&world);
    assert_eq!(world.conference.state().phase, Phase::Preparing);
    assert_eq!(world.conference.state().plan, Plan::default());
    assert!(world.conference.state().stage.last_take > takes, "numbers run on");
    assert_eq!(world.lead(Command::Undo), Err(Refusal::NothingToUndo));
}

#[test]
fn what_people_wrote_stays_and_who_was_there_does_not_count() {
    let mut world = World::new();
    world.site("a", name("a", &[delegate("An", true), delegate("Bình", false)])).unwrap();
    world.lead(Command::StartRehearsal).unwrap();

    world.site("a", name("a", &[delegate("An", false), delegate("Bình", true), delegate("Chi", true)])).unwrap();
    world.site("b", name("b", &[delegate("Dung", true)])).unwrap();
    world.site("b", Command::SendMessage { to: vec![], text: "Nghe rõ".to_owned() }).unwrap();
    world.lead(Command::SetTemplates { texts: vec!["Xin chờ".to_owned()] }).unwrap();
    world.lead(Command::LockPlan { locked: true }).unwrap();
    world.lead(Command::EndRehearsal).unwrap();

    let state = world.conference.state();
    let named = [delegate("An", true), delegate("Bình", false), delegate("Chi", false)];
    assert_eq!(state.roster.delegates_of(&slug("a")), named);
    assert_eq!(state.roster.delegates_of(&slug("b")), [delegate("Dung", false)]);
    assert_eq!(state.messages.latest.len(), 1);
    assert_eq!((&state.plan.templates[..], state.plan.locked), (&["Xin chờ".to_owned()][..], true));
}

#[test]
fn it_begins_and_ends_while_the_conference_is_prepared_only() {
    let mut world = World::new();
    assert_eq!(world.lead(Command::EndRehearsal), Err(Refusal::NotRehearsing));
    world.lead(Command::StartRehearsal).unwrap();
    assert_eq!(world.lead(Command::StartRehearsal), Err(Refusal::AlreadySo));
    let end = || Command::EndConference { confirmation: "test".to_owned() };
    assert_eq!(world.lead(end()), Err(Refusal::NotOpen));
    world.lead(Command::EndRehearsal).unwrap();

    world.lead(Command::OpenConference).unwrap();
    assert_eq!(world.lead(Command::StartRehearsal), Err(Refusal::PlanLocked));
    assert_eq!(world.lead(Command::EndRehearsal), Err(Refusal::NotRehearsing));
    world.lead(end()).unwrap();
    assert_eq!(world.lead(Command::StartRehearsal), Err(Refusal::Ended));
}

#[test]
fn the_opening_ends_it_first() {
    let mut world = World::new();
    let before = kept(&world);
    world.lead(Command::StartRehearsal).unwrap();
    rehearse(&mut world);

    let bodies = world.lead(Command::OpenConference).unwrap();

    assert_eq!(bodies[bodies.len() - 2..], [EventBody::RehearsalEnded {}, EventBody::ConferenceOpened {}]);
    assert_eq!(kept(&world), before);
    assert_at_rest(&world);
    assert_eq!(world.conference.state().phase, Phase::Live);
}

#[test]
fn who_speaks_when_it_begins_has_spoken_before_it() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);
    world.wait(7_000);

    let bodies = world.lead(Command::StartRehearsal).unwrap();
    world.wait(7_000);
    world.lead(Command::EndRehearsal).unwrap();

    let ended = EventBody::SpeechEnded { site: slug("a"), spoken_ms: 7_000, reason: SpeechEnd::Ended };
    assert_eq!(bodies, [ended, EventBody::RehearsalStarted {}]);
    assert_eq!(world.conference.state().roster.spoken_by(&slug("a")), 7_000);
    assert_eq!(world.holder(), None);
}

#[test]
fn a_tour_and_the_holding_slide_end_with_it() {
    let tour = Command::StartTour { sites: vec![], dwell_ms: 5_000, repeat: true };
    let holding = Command::ShowHolding { title: "Tạm nghỉ".to_owned(), text: String::new() };
    for command in [tour, holding] {
        let mut world = World::new();
        world.lead(Command::StartRehearsal).unwrap();
        let toured = matches!(command, Command::StartTour { .. });
        world.lead(command).unwrap();
        if toured {
            world.shown();
        }

        let bodies = world.lead(Command::EndRehearsal).unwrap();

        assert_eq!(bodies.contains(&EventBody::TourEnded { reason: TourEnd::Over }), toured);
        assert_at_rest(&world);
        world.wait(60_000);
        assert_at_rest(&world);
    }
}

#[test]
fn a_restart_stays_in_it_and_no_file_counts_meanwhile() {
    let mut world = World::new();
    world.lead(Command::StartRehearsal).unwrap();
    world.put_on_air(Layout::Single, &[camera("a")]);
    let [smaller, _] = other_setups();

    assert_eq!(world.restart(smaller.clone()), []);
    assert_eq!(world.conference.state().phase, Phase::Rehearsal);
    assert_eq!(world.program().source_refs(), [camera("a")]);
    assert!(!world.conference.left_out_of(&smaller).is_empty());
    let sites = Command::SetSites { sites: smaller.sites.clone() };
    assert_eq!(world.lead(sites), Err(Refusal::Rehearsing));
    world.lead(Command::EndRehearsal).unwrap();
    assert!(matches!(world.restart(smaller.clone())[..], [EventBody::SetupRecorded { .. }]), "the next start does");

    assert_eq!(*world.conference.setup(), smaller);
    assert_eq!(replayed(setup(), &world.log), world.conference);
}

#[test]
fn the_minutes_leave_out_what_happened_in_it() {
    let mut world = World::new();
    world.lead(present("a")).unwrap();
    world.lead(Command::StartRehearsal).unwrap();
    rehearse(&mut world);
    world.lead(Command::EndRehearsal).unwrap();
    world.lead(present("c")).unwrap();
    world.lead(Command::StartRehearsal).unwrap();
    world.lead(present("d")).unwrap();
    world.lead(Command::OpenConference).unwrap();
    world.lead(present("b")).unwrap();

    let mut counted = Counted::default();
    let minutes: Vec<&EventBody> =
        world.log.iter().map(|event| &event.body).filter(|body| counted.counts(body)).collect();

    let marked: Vec<&str> = minutes
        .iter()
        .filter_map(|body| match body {
            EventBody::PresenceMarked { site, .. } => Some(site.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(marked, ["a", "c", "b"]);
    assert!(minutes.contains(&&EventBody::ConferenceOpened {}));
    let of_a_rehearsal = |body: &&&EventBody| {
        matches!(body, EventBody::RehearsalStarted {} | EventBody::RehearsalEnded {} | EventBody::TakeOrdered { .. })
    };
    assert_eq!(minutes.iter().find(of_a_rehearsal), None);
}
