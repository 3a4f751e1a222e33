//! Random histories of commands, facts and a journal with faults: whatever the order, what is shown ends as the fold of the
//! log, and every answer is true.

mod tours;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use conference::{
    Actor, Command, CommandId, Conference, DropReason, EndpointLive, EndpointRole, Event, Fact, FloorMode, InstanceId,
    Layout, Live, Millis, PreviewId, Role, SiteSlug, SourceRef,
};
use proptest::prelude::*;

use super::*;
use crate::conference_task::test_setup::setup_of;

const SITES: [&str; 3] = ["hall", "cao-bang", "ca-mau"];

#[derive(Debug, Clone)]
enum Step {
    Command(u8, u8),
    Repeat(u8),
    Joined(u8),
    Dropped(u8),
    Shown,
    Pump,
    Durable,
    Failed,
    LostAnswer { written: bool },
    Wait(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..16_u8, 0..3_u8).prop_map(|(kind, site)| Step::Command(kind, site)),
        1 => any::<u8>().prop_map(Step::Repeat),
        1 => (0..3_u8).prop_map(Step::Joined),
        1 => (0..3_u8).prop_map(Step::Dropped),
        1 => Just(Step::Shown),
        4 => Just(Step::Pump),
        4 => Just(Step::Durable),
        1 => Just(Step::Failed),
        1 => any::<bool>().prop_map(|written| Step::LostAnswer { written }),
        1 => (0..3_000_u16).prop_map(Step::Wait),
    ]
}

fn everybody_is_here() -> Live {
    let endpoint = |index: u64, site: &&str| {
        let live = EndpointLive {
            connection: conference::ConnectionId(index),
            control: true,
            media: true,
            camera: true,
            microphone: true,
            content: false,
            sound_playing: true,
            receives: true,
        };
        ((SiteSlug::from(*site), EndpointRole::Main), live)
    };
    let endpoints = (0..).zip(&SITES).map(|(index, site)| endpoint(index, site)).collect();
    Live { endpoints, lease: Some("lan".to_owned()), ..Live::default() }
}

/// A ledger between askers and a journal that is a list.
struct World {
    ledger: Ledger<u32>,
    log: Vec<Event>,
    batch: Option<Batch>,
    live: Live,
    now: u64,
    start: Instant,
    asked: Vec<CommandId>,
    answers: BTreeMap<CommandId, Vec<Result<u64, Refusal>>>,
    askers: u32,
    /// Refused because the journal did not answer: they may be in the log nevertheless.
    unsure: BTreeSet<CommandId>,
}

impl World {
    fn new() -> Self {
        let conference = Conference::new(setup_of(&SITES)).expect("the setup is valid");
        Self {
            ledger: Ledger::new(conference),
            log: Vec::new(),
            batch: None,
            live: everybody_is_here(),
            now: 1_000,
            start: Instant::now(),
            asked: Vec::new(),
            answers: BTreeMap::new(),
            askers: 0,
            unsure: BTreeSet::new(),
        }
    }

    /// A preview is durable, and its take is on its way to the disk.
    fn with_a_take_under_way() -> Self {
        let mut world = Self::new();
        world.take(Step::Command(5, 1));
        world.take(Step::Pump);
        world.take(Step::Durable);
        world.take(Step::Command(7, 1));
        world.take(Step::Pump);
        world
    }

    fn instant(&self) -> Instant {
        self.start + Duration::from_millis(self.now)
    }

    fn ask(&mut self, id: CommandId, command: Command) {
        let actor = Actor { name: "lan".to_owned(), role: Role::Lead, site: None, holds_lease: true };
        let request = Request { id, actor, seen: None, command, age_ms: 0, speaker: None };
        self.askers += 1;
        let instant = self.instant();
        self.ledger.command(request, self.askers, &self.live, Millis(self.now), instant);
    }

    fn command(&self, kind: u8, site: u8) -> Command {
        let site = || SiteSlug::from(SITES[usize::from(site)]);
        let preview = self.ledger.shown().state().stage.preview.as_ref().map_or(PreviewId(0), |preview| preview.id);
        match kind {
            0 => Command::BackToHall,
            1 => Command::Mute { site: site() },
            2 => Command::MuteAll,
            3 => Command::RemoveFromAir { site: site() },
            4 => Command::Interrupt,
            5 | 6 => Command::SetPreview { layout: Layout::Single, sources: vec![SourceRef::camera(site())] },
            7 | 8 => Command::Take { preview },
            9 => Command::Unmute { site: site() },
            10 => Command::Grant { site: site() },
            11 => Command::Undo,
            12 => Command::SetFloorMode { mode: FloorMode::Open },
            14 => Command::StartTour { sites: Vec::new(), dwell_ms: 2_000, repeat: true },
            15 => Command::ShowHolding { title: "t".to_owned(), text: String::new() },
            _ => Command::Invite { site: site() },
        }
    }

    fn fact(&mut self, fact: Fact) {
        assert!(self.ledger.fact(fact, &self.live, Millis(self.now)), "so few are never left out");
    }

    fn outcome(&mut self, outcome: Outcome) {
        let instant = self.instant();
        self.ledger.outcome(outcome, &self.live, instant);
    }

    fn written(&mut self) {
        let Some(batch) = self.batch.take() else { return };
        assert_eq!(batch.after, self.log.len() as u64, "a batch follows what is durable");
        self.log.extend(batch.events);
        self.outcome(Outcome::Durable);
    }

    fn pump(&mut self) {
        if self.batch.is_none() {
            let instant = self.instant();
            self.batch = self.ledger.next_batch(&self.live, Millis(self.now), instant);
        }
    }

    fn take(&mut self, step: Step) {
        self.now += 1;
        match step {
            Step::Command(kind, site) => {
                let id = CommandId(format!("c{}", self.asked.len()));
                self.asked.push(id.clone());
                self.ask(id, self.command(kind, site));
            }
            Step::Repeat(which) => {
                if let Some(id) = self.asked.get(usize::from(which)).cloned() {
                    self.ask(id, Command::MuteAll);
                }
            }
            Step::Joined(site) => self.fact(Fact::EndpointJoined {
                site: SITES[usize::from(site)].into(),
                role: EndpointRole::Main,
                instance: InstanceId("i".to_owned()),
            }),
            Step::Dropped(site) => self.fact(Fact::EndpointDropped {
                site: SITES[usize::from(site)].into(),
                role: EndpointRole::Main,
                reason: DropReason::Cut,
            }),
            Step::Shown => {
                if let Some(take) = self.ledger.shown().state().stage.pending.as_ref().map(|pending| pending.take) {
                    self.fact(Fact::TakeShown { take, receivers: 1, elapsed_ms: 40 });
                }
            }
            Step::Pump => self.pump(),
            Step::Durable => self.written(),
            Step::Failed => {
                if self.batch.take().is_some() {
                    self.outcome(Outcome::Failed);
                }
            }
            Step::LostAnswer { written } => {
                if self.batch.is_some() {
                    let ids = self.batch.iter().flat_map(|batch| &batch.events);
                    self.unsure.extend(ids.filter_map(|event| event.command_id.clone()));
                    self.outcome(Outcome::Unknown);
                    self.take(Step::Command(0, 0));
                    match written {
                        true => self.written(),
                        false => {
                            self.batch = None;
                            self.outcome(Outcome::Failed);
                        }
                    }
                }
            }
            Step::Wait(ms) => {
                self.now += u64::from(ms);
                let instant = self.instant();
                self.ledger.timeout(&self.live, Millis(self.now));
                self.ledger.expire(instant);
            }
        }
        self.collect();
        self.check();
    }

    fn collect(&mut self) {
        for Answer { asked, outcome } in self.ledger.answers() {
            let answers = self.answers.entry(asked.request.id).or_default();
            answers.extend(asked.askers.iter().map(|_| outcome.clone()));
        }
    }

    /// Holds at every moment.
    fn check(&self) {
        let mut folded = fold_of(&self.log);
        assert_eq!(folded.state(), self.ledger.base.state(), "base is the fold of the log");
        if self.ledger.batch.as_ref().is_none_or(|batch| batch.jumps.is_empty()) {
            for event in &self.ledger.late {
                folded.apply(event);
            }
            assert_eq!(folded.state(), self.ledger.shown.state(), "shown is the fold of the log and what is late");
        }
        for (id, answers) in &self.answers {
            for answer in answers {
                self.check_answer(id, answer);
            }
        }
    }

    fn check_answer(&self, id: &CommandId, answer: &Result<u64, Refusal>) {
        let of_command = |event: &Event| event.command_id.as_ref() == Some(id);
        let last = self.log.iter().rposition(of_command).map(|place| place as u64 + 1);
        match answer {
            Ok(revision) => assert_eq!(Some(*revision), last, "{id} is in the log where its answer says"),
            Err(_) if self.unsure.contains(id) => {}
            // A repetition may have been refused before the first was done, or the other way round.
            Err(refusal) if self.answers[id].len() == 1 && refusal != &Refusal::JournalUnavailable => {
                assert_eq!(last, None, "{id} was refused and yet is in the log");
            }
            Err(_) => {}
        }
    }

    /// The journal works again; everything comes to its end.
    fn finish(&mut self) {
        for _ in 0..100 {
            self.now += 2_000;
            self.pump();
            self.written();
            self.collect();
        }
        self.check();
        assert!(self.ledger.is_settled());
        assert!(self.ledger.journal_ok());
        for id in &self.asked {
            assert!(self.answers.contains_key(id), "{id} was never answered");
        }
        let answered: usize = self.answers.values().map(Vec::len).sum();
        assert_eq!(answered, self.askers as usize, "everybody is answered once");
        let mut seen = BTreeSet::new();
        let mut last = None;
        for event in &self.log {
            if event.command_id != last
                && let Some(id) = &event.command_id
            {
                assert!(seen.insert(id.clone()), "{id} is in the log twice");
            }
            last.clone_from(&event.command_id);
        }
    }
}

fn fold_of(events: &[Event]) -> Conference {
    let mut conference = Conference::new(setup_of(&SITES)).expect("the setup is valid");
    for event in events {
        conference.apply(event);
    }
    conference
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn what_is_shown_ends_as_the_fold_of_the_log_and_every_answer_is_true(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
        world.finish();
    }
}

#[test]
fn a_hall_that_overtakes_a_take_is_accepted_and_wins() {
    let mut world = World::with_a_take_under_way();

    world.take(Step::Command(0, 0));
    assert!(world.ledger.shown().state().stage.pending.is_none(), "the take is not seen before it is durable");
    world.take(Step::Durable);

    let stage = &world.ledger.shown().state().stage;
    assert!(stage.pending.is_none());
    assert!(stage.program().shows(&SiteSlug::from("hall")));
    world.finish();
    assert_eq!(world.answers.values().flatten().filter(|answer| answer.is_err()).count(), 0);
}

#[test]
fn a_mute_acts_before_it_is_written() {
    let mut world = World::new();

    world.take(Step::Command(1, 1));

    assert!(world.ledger.shown().state().stage.muted.contains(&SiteSlug::from("cao-bang")));
    assert!(world.log.is_empty() && world.answers.is_empty());
    world.finish();
    assert_eq!(world.answers.values().flatten().filter(|answer| answer.is_ok()).count(), 1);
}

#[test]
fn events_of_an_earlier_batch_that_appear_late_are_adopted() {
    let mut world = World::new();
    world.take(Step::Command(12, 0));
    world.pump();
    let lost = world.batch.clone().expect("a batch was due");
    world.batch = None;
    world.outcome(Outcome::Failed);
    // It was written after all, and the next append finds it.
    world.log.extend(lost.events.clone());
    world.ledger.command(
        Request {
            id: CommandId("mute".to_owned()),
            actor: Actor { name: "lan".to_owned(), role: Role::Lead, site: None, holds_lease: true },
            seen: None,
            command: Command::MuteAll,
            age_ms: 0,
            speaker: None,
        },
        99,
        &world.live,
        Millis(5_000),
        world.instant(),
    );
    world.now = 10_000;
    world.pump();
    world.batch = None;
    world.outcome(Outcome::Missed(lost.events));

    world.collect();
    world.check();
    assert_eq!(world.ledger.shown().state().floor.mode, FloorMode::Open);
    assert!(world.ledger.shown().state().stage.muted.contains(&SiteSlug::from("cao-bang")));
}

#[test]
fn a_take_that_was_refused_and_appears_late_does_not_go_to_air() {
    let mut world = World::with_a_take_under_way();
    let hung = world.batch.take().expect("the take is under way");
    world.outcome(Outcome::Failed);
    world.collect();

    // The commit comes back after all: the next append finds it.
    world.take(Step::Command(1, 2));
    world.log.extend(hung.events.clone());
    world.now += 2_000;
    world.pump();
    world.batch = None;
    world.outcome(Outcome::Missed(hung.events));
    world.collect();
    world.check();

    assert!(world.ledger.shown().state().stage.pending.is_none());
    world.finish();
    assert!(world.ledger.shown().state().stage.program().shows(&SiteSlug::from("hall")));
}

#[test]
fn a_safe_command_whose_id_was_used_long_ago_does_not_stop_the_journal() {
    let mut world = World::new();
    let id = CommandId("always-the-same".to_owned());
    world.asked.push(id.clone());
    world.ask(id.clone(), Command::MuteAll);
    world.ask(CommandId("floor".to_owned()), Command::SetFloorMode { mode: FloorMode::Open });
    world.pump();
    world.batch = None;

    // The journal knows the id from further back than the state remembers.
    world.outcome(Outcome::Repeated(id.clone(), 1));
    world.collect();
    world.check();
    world.pump();
    let batch = world.batch.clone().expect("the next batch is due");

    assert!(batch.events.iter().all(|event| event.command_id.as_ref() != Some(&id)), "the id is taken");
    world.written();
    world.collect();
    assert!(world.answers[&id].iter().all(Result::is_ok), "it was done");
    assert!(world.answers[&CommandId("floor".to_owned())].iter().all(Result::is_ok), "and the others go on");
    assert!(world.ledger.is_settled());
}

#[test]
fn sites_that_fill_the_queue_leave_room_for_operators() {
    let mut world = World::new();
    let site =
        Actor { name: "cao-bang".to_owned(), role: Role::Site, site: Some("cao-bang".into()), holds_lease: false };
    for number in 0..MAX_WAITING {
        let command = Command::SendMessage { to: Vec::new(), text: "x".to_owned() };
        let request = Request {
            id: CommandId(format!("m{number}")),
            actor: site.clone(),
            seen: None,
            command,
            age_ms: 0,
            speaker: None,
        };
        world.ledger.command(request, 0, &world.live, Millis(world.now), world.instant());
    }
    let busy = world.ledger.answers().len();

    world.ask(CommandId("take".to_owned()), Command::SetFloorMode { mode: FloorMode::Open });

    assert_eq!(busy, WAITING_RESERVE);
    assert!(world.ledger.answers().is_empty(), "an operator's command waits for the journal");
}

#[test]
fn an_id_under_way_is_shared_by_its_sender_alone() {
    let mut world = World::new();
    let id = CommandId("take".to_owned());
    world.ask(id.clone(), Command::SetFloorMode { mode: FloorMode::Open });
    let ask = |world: &mut World, name: &str, role| {
        let actor = Actor { name: name.to_owned(), role, site: None, holds_lease: false };
        let command = Command::SetFloorMode { mode: FloorMode::Open };
        let request = Request { id: id.clone(), actor, seen: None, command, age_ms: 0, speaker: None };
        world.ledger.command(request, 0, &world.live, Millis(world.now), world.instant());
        world.ledger.answers().pop().map(|answer| answer.outcome)
    };

    assert!(matches!(ask(&mut world, "other", Role::Assistant), Some(Err(Refusal::NotInControl { .. }))));
    assert_eq!(ask(&mut world, "other", Role::Technician), Some(Err(Refusal::Forbidden)));
    // Its sender, who has handed the lease over meanwhile, waits for the one answer.
    assert_eq!(ask(&mut world, "lan", Role::Lead), None);
    world.pump();
    world.written();
    let answers = world.ledger.answers();
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].asked.askers.len(), 2);
    assert!(answers[0].outcome.is_ok());
}
