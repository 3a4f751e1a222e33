//! Commands become events, events become durable, and only then are they seen — except where waiting would be worse.
//!
//! ```text
//!             decide on `ahead`        append (one batch at a time)      durable
//!  waiting ────────────────────▶ batch ───────────────────────────▶ base = ahead ──▶ shown
//!  safe commands, facts ─▶ shown at once ─▶ late ─▶ next batch
//! ```
//!
//! Three states are kept. `base` is the fold of what is durable. `shown` is what is acted on and published: `base`, then
//! the events in `late`, which were acted on before they were written. `ahead`, while a batch is under way, is `shown`
//! plus the batch's commands, which nobody sees yet.
//!
//! **The order of the log is the order of application.** There is one batch under way at a time; it holds all of `late`
//! first, then the commands that waited, each decided on the state that the one before it leaves behind. What is acted on
//! while a batch with commands is under way *jumps* it: it is decided and applied on `shown` at once, and once the batch is
//! durable it is decided anew on the state that the batch led to; that second decision is what is logged, and `shown`
//! becomes that state. So `shown` always ends as the fold of the log, and a call of the hall that overtakes a take still
//! ends at the hall. A command that was refused on `shown` but is accepted after the batch is accepted.
//!
//! This is a state without clock and I/O: mutate, then drain [`Ledger::next_batch`] and [`Ledger::answers`].

mod decide;
mod exchange;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use conference::{
    CommandId, Conference, Decision, Event, EventBody, Fact, Live, Millis, Refusal, Request, TakeFailure,
};

use decide::{decide, fold};
pub use exchange::{Answer, Asked, Batch, Input, Outcome};

/// Commands that wait for the batch under way. Two operators and 63 sites within the 100 ms of a slow disk are far below.
pub const MAX_WAITING: usize = 256;
/// Part of [`MAX_WAITING`] that only operators may use: sites that write without end must not refuse a take.
pub const WAITING_RESERVE: usize = 64;
/// Commands of one batch: keeps the batch, and with it the wait of the next command, short.
pub const MAX_BATCH_COMMANDS: usize = 64;
/// Events that were acted on and are not written yet. Half an hour of a control room's safe commands and of all sites
/// joining and dropping twice a minute; each is about 200 bytes.
pub const MAX_LATE: usize = 16_384;
/// Part of [`MAX_LATE`] that only safe commands may use: a flood of reconnecting sites must not refuse the hall.
pub const LATE_RESERVE: usize = 1_024;
/// Askers of one command: a page that repeats it after each reconnection.
const MAX_ASKERS: usize = 8;
/// A command that could not even be decided for so long is refused: the promise is two seconds, the check comes four times
/// a second.
pub const WAIT_AT_MOST: Duration = Duration::from_millis(1_700);
/// First pause after a failure of the journal, and the growth and end of the pauses that follow.
const FIRST_RETRY: Duration = Duration::from_millis(250);
const LAST_RETRY: Duration = Duration::from_secs(1);

/// The state of one conference, on its way to the journal.
#[derive(Debug)]
pub struct Ledger<A> {
    base: Conference,
    shown: Conference,
    late: VecDeque<Event>,
    waiting: VecDeque<Waiting<A>>,
    batch: Option<UnderWay<A>>,
    /// Safe commands that are in `late`, by the revision that will hold them.
    unwritten: VecDeque<(u64, Asked<A>)>,
    answers: Vec<Answer<A>>,
    journal: JournalState,
    /// Counts changes of `shown`.
    version: u64,
}

#[derive(Debug)]
struct Waiting<A> {
    asked: Asked<A>,
    since: Instant,
}

#[derive(Debug)]
struct UnderWay<A> {
    /// Events of `late` at its front.
    late: usize,
    commands: Vec<InBatch<A>>,
    /// `shown` plus the commands; none if the batch holds nothing but `late`.
    ahead: Option<Box<Conference>>,
    jumps: Vec<Jump<A>>,
    /// Its commands were refused because the outcome is not known.
    given_up: bool,
}

/// A command of the batch under way.
#[derive(Debug)]
struct InBatch<A> {
    asked: Asked<A>,
    /// Since when it waits.
    since: Instant,
    /// The revision that holds it once the batch is durable.
    revision: u64,
}

#[derive(Debug)]
struct Jump<A> {
    input: Input,
    at: Millis,
    asked: Option<Asked<A>>,
    /// What it led to on `shown`.
    decided: Result<Vec<Event>, Refusal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JournalState {
    Writable,
    Down { retry_at: Instant, pause: Duration },
}

impl<A> Ledger<A> {
    /// A ledger over what is durable.
    pub fn new(durable: Conference) -> Self {
        Self {
            shown: durable.clone(),
            base: durable,
            late: VecDeque::new(),
            waiting: VecDeque::new(),
            batch: None,
            unwritten: VecDeque::new(),
            answers: Vec::new(),
            journal: JournalState::Writable,
            version: 0,
        }
    }

    /// A ledger whose first events could not be written: they are acted on and wait for the journal.
    pub fn with_unwritten(durable: Conference, unwritten: Vec<Event>, instant: Instant) -> Self {
        let mut ledger = Self::new(durable);
        if !unwritten.is_empty() {
            ledger.late.extend(unwritten);
            ledger.show_late();
            ledger.journal_failed(instant);
        }
        ledger
    }

    /// What is acted on and published.
    pub fn shown(&self) -> &Conference {
        &self.shown
    }

    /// Another number than before: `shown` may have changed.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Durable events.
    pub fn durable_revision(&self) -> u64 {
        self.base.state().revision
    }

    /// False while the journal cannot be written.
    pub fn journal_ok(&self) -> bool {
        self.journal == JournalState::Writable
    }

    /// Events that were acted on and are not written yet.
    pub fn unwritten_events(&self) -> usize {
        self.late.len()
    }

    /// True if nothing waits for the journal.
    pub fn is_settled(&self) -> bool {
        self.batch.is_none() && self.late.is_empty() && self.waiting.is_empty()
    }

    /// Answers that are due.
    pub fn answers(&mut self) -> Vec<Answer<A>> {
        std::mem::take(&mut self.answers)
    }

    /// Takes a command. Safe ones are done before this returns; all are answered through [`Ledger::answers`].
    pub fn command(&mut self, request: Request, asker: A, live: &Live, now: Millis, instant: Instant) {
        let asked = Asked { request, askers: vec![asker] };
        if conference::right(asked.request.actor.role, &asked.request.command) == conference::Right::Never {
            return self.answer(asked, Err(Refusal::Forbidden));
        }
        let Some(asked) = self.join_earlier(asked, live) else { return };
        match self.base.already_done(&asked.request, live) {
            Ok(None) => {}
            Ok(Some(revision)) => return self.answer(asked, Ok(revision)),
            Err(refusal) => return self.answer(asked, Err(refusal)),
        }
        if conference::is_safe(&asked.request.command) {
            if self.late.len() >= MAX_LATE {
                return self.answer(asked, Err(Refusal::Busy));
            }
            let input = Input::Command(asked.request.clone());
            return self.act(input, Some(asked), live, now);
        }
        if !self.journal_ok() {
            return self.answer(asked, Err(Refusal::JournalUnavailable));
        }
        let reserve = if asked.request.actor.site.is_some() { WAITING_RESERVE } else { 0 };
        if self.waiting.len() + reserve >= MAX_WAITING {
            return self.answer(asked, Err(Refusal::Busy));
        }
        self.waiting.push_back(Waiting { asked, since: instant });
    }

    /// Refuses a command before it is looked at.
    pub fn refuse(&mut self, request: Request, asker: A, refusal: Refusal) {
        self.answer(Asked { request, askers: vec![asker] }, Err(refusal));
    }

    /// Takes something that happened. False: too much is unwritten, and it was left out.
    #[must_use]
    pub fn fact(&mut self, fact: Fact, live: &Live, now: Millis) -> bool {
        self.happened(Input::Fact(fact), live, now)
    }

    /// Lets the conference see the time. While the journal cannot be written a tour stands: nothing comes on air by itself then.
    pub fn timeout(&mut self, live: &Live, now: Millis) {
        let due = self.shown.poll_timeout().is_some_and(|due| due <= now);
        let takes = |event: &Event| matches!(event.body, EventBody::TakeOrdered { .. });
        if due && (self.journal_ok() || !self.shown.handle_timeout(live, now).iter().any(takes)) {
            // Left out when too much is unwritten; it is due again next time.
            let _ = self.happened(Input::Timeout, live, now);
        }
    }

    /// Refuses commands that waited too long.
    pub fn expire(&mut self, instant: Instant) {
        while let Some(first) = self.waiting.front() {
            if instant.saturating_duration_since(first.since) < WAIT_AT_MOST {
                break;
            }
            if let Some(expired) = self.waiting.pop_front() {
                self.answer(expired.asked, Err(Refusal::JournalUnavailable));
            }
        }
    }

    /// The next batch to append, if none is under way and something is to be written.
    pub fn next_batch(&mut self, live: &Live, now: Millis, instant: Instant) -> Option<Batch> {
        if self.batch.is_some() {
            return None;
        }
        let recovering = match self.journal {
            JournalState::Writable => false,
            JournalState::Down { retry_at, .. } if instant < retry_at => return None,
            JournalState::Down { .. } => true,
        };
        let late = self.late.len().min(journal::MAX_BATCH_EVENTS / 2);
        let mut events: Vec<Event> = self.late.iter().take(late).cloned().collect();
        let mut under_way = UnderWay { late, commands: Vec::new(), ahead: None, jumps: Vec::new(), given_up: false };
        if late == self.late.len() {
            let mut ahead = self.shown.clone();
            if recovering {
                let late = u32::try_from(late).unwrap_or(u32::MAX);
                fold(&mut ahead, &mut events, self.shown.handle_fact(Fact::JournalCaughtUp { late }, now));
            }
            self.decide_waiting(&mut ahead, &mut events, &mut under_way, live, now);
            under_way.ahead = (events.len() > late).then(|| Box::new(ahead));
        }
        if events.is_empty() {
            return None;
        }
        let after = self.base.state().revision;
        self.batch = Some(under_way);
        Some(Batch { after, events })
    }

    /// Takes the outcome of the batch under way.
    pub fn outcome(&mut self, outcome: Outcome, live: &Live, instant: Instant) {
        match outcome {
            Outcome::Durable => self.durable(live),
            Outcome::Failed => {
                self.journal_failed(instant);
                self.undone(|ledger, command| ledger.answer(command.asked, Err(Refusal::JournalUnavailable)));
            }
            Outcome::Unknown => {
                self.journal_failed(instant);
                let Some(batch) = &mut self.batch else { return };
                batch.given_up = true;
                let commands = std::mem::take(&mut batch.commands);
                for command in commands {
                    self.answer(command.asked, Err(Refusal::JournalUnavailable));
                }
            }
            Outcome::Repeated(id, revision) => self.repeated(&id, revision),
            Outcome::Missed(events) => {
                self.undone(Self::wait_again);
                let ordered = |event: &Event| match event.body {
                    EventBody::TakeOrdered { take, .. } => Some(take),
                    _ => None,
                };
                let surprise = events.iter().rev().find_map(ordered);
                self.adopt(events);
                let pending = self.shown.state().stage.pending.as_ref().map(|pending| pending.take);
                if surprise.is_some() && surprise == pending {
                    self.void_surprise(live);
                }
            }
        }
    }

    /// A command of the batch is in the log already. If it waited, that is its answer. If it is a safe command that was acted
    /// on before it was written, it was acted on twice: the second time is logged without the id, which is taken.
    fn repeated(&mut self, id: &CommandId, revision: u64) {
        self.undone(|ledger, command| {
            if command.asked.request.id == *id {
                ledger.answer(command.asked, Ok(revision));
            } else {
                ledger.wait_again(command);
            }
        });
        for event in self.late.iter_mut().filter(|event| event.command_id.as_ref() == Some(id)) {
            event.command_id = None;
        }
        self.show_late();
    }

    /// A command of a batch that was not written waits on, and no shorter for it.
    fn wait_again(&mut self, command: InBatch<A>) {
        self.waiting.push_front(Waiting { asked: command.asked, since: command.since });
    }

    /// The same command again, before it was answered: answered together, if its sender may ask for it. None: it is taken.
    fn join_earlier(&mut self, asked: Asked<A>, live: &Live) -> Option<Asked<A>> {
        let waiting = self.waiting.iter_mut().map(|waiting| &mut waiting.asked);
        let (commands, jumps) = match &mut self.batch {
            Some(batch) => (batch.commands.as_mut_slice(), batch.jumps.as_mut_slice()),
            None => Default::default(),
        };
        let commands = commands.iter_mut().map(|command| &mut command.asked);
        let jumps = jumps.iter_mut().filter_map(|jump| jump.asked.as_mut());
        let unwritten = self.unwritten.iter_mut().map(|(_, asked)| asked);
        let mut under_way = waiting.chain(commands).chain(jumps).chain(unwritten);
        let Some(earlier) = under_way.find(|earlier| earlier.request.id == asked.request.id) else {
            return Some(asked);
        };
        let actor = &asked.request.actor;
        let may = if actor.name == earlier.request.actor.name {
            Ok(())
        } else {
            self.shown.check_right(actor, &asked.request.command, live.lease.as_ref())
        };
        match may {
            Ok(()) if earlier.askers.len() < MAX_ASKERS => earlier.askers.extend(asked.askers),
            Ok(()) => {}
            Err(refusal) => self.answers.push(Answer { asked, outcome: Err(refusal) }),
        }
        None
    }

    fn happened(&mut self, input: Input, live: &Live, now: Millis) -> bool {
        if self.late.len() + LATE_RESERVE >= MAX_LATE {
            return false;
        }
        self.act(input, None, live, now);
        true
    }

    /// Decides on `shown` and acts at once.
    fn act(&mut self, input: Input, asked: Option<Asked<A>>, live: &Live, now: Millis) {
        let decided = decide(&self.shown, &input, live, now);
        for event in decided.iter().flatten() {
            self.shown.apply(event);
            self.version += 1;
        }
        match self.batch.as_mut().filter(|batch| batch.ahead.is_some()) {
            Some(batch) => batch.jumps.push(Jump { input, at: now, asked, decided }),
            None => self.note(asked, decided),
        }
    }

    /// Notes for the log what was acted on. It is answered once it is written; what was refused, at once.
    fn note(&mut self, asked: Option<Asked<A>>, decided: Result<Vec<Event>, Refusal>) {
        let refused = decided.map(|events| self.late.extend(events)).err();
        match (asked, refused) {
            (None, _) => {}
            (Some(asked), Some(refusal)) => self.answer(asked, Err(refusal)),
            (Some(asked), None) => {
                let revision = self.base.state().revision + self.late.len() as u64;
                self.unwritten.push_back((revision, asked));
            }
        }
    }

    fn decide_waiting(
        &mut self,
        ahead: &mut Conference,
        events: &mut Vec<Event>,
        batch: &mut UnderWay<A>,
        live: &Live,
        now: Millis,
    ) {
        while batch.commands.len() < MAX_BATCH_COMMANDS && events.len() < journal::MAX_BATCH_EVENTS / 2 {
            let Some(Waiting { asked, since }) = self.waiting.pop_front() else { return };
            match ahead.handle(&asked.request, live, now) {
                Ok(Decision::Events(decided)) => {
                    fold(ahead, events, decided);
                    batch.commands.push(InBatch { asked, since, revision: ahead.state().revision });
                }
                Ok(Decision::AlreadyDone { revision }) => self.answer(asked, Ok(revision)),
                Err(refusal) => self.answer(asked, Err(refusal)),
            }
        }
    }

    fn durable(&mut self, live: &Live) {
        let Some(batch) = self.batch.take() else { return };
        self.journal = JournalState::Writable;
        let written: Vec<Event> = self.late.drain(..batch.late).collect();
        match batch.ahead {
            None => written.iter().for_each(|event| self.base.apply(event)),
            Some(ahead) => {
                self.base = *ahead;
                self.shown = self.base.clone();
                self.version += 1;
            }
        }
        for command in batch.commands {
            self.answer(command.asked, Ok(command.revision));
        }
        if batch.given_up {
            self.void_surprise(live);
        }
        for jump in batch.jumps {
            self.act(jump.input, jump.asked, live, jump.at);
        }
        self.answer_written();
    }

    /// Nothing of the batch was written: its commands go where `commands` says, its jumps stay as they were acted on.
    fn undone(&mut self, mut commands: impl FnMut(&mut Self, InBatch<A>)) {
        let Some(batch) = self.batch.take() else { return };
        for command in batch.commands.into_iter().rev() {
            commands(self, command);
        }
        for jump in batch.jumps {
            self.note(jump.asked, jump.decided);
        }
    }

    /// A take that was refused for want of an answer of the journal must not go to air when the journal comes back.
    fn void_surprise(&mut self, live: &Live) {
        let Some(take) = self.shown.state().stage.pending.as_ref().map(|pending| pending.take) else { return };
        let now = self.shown.state().last_at;
        let fact = Fact::TakeFailed { take, reason: TakeFailure::Superseded };
        self.act(Input::Fact(fact), None, live, now);
    }

    /// Durable events that were not known come first; what was acted on since follows them.
    fn adopt(&mut self, events: Vec<Event>) {
        for event in events {
            if self.late.front() == Some(&event) {
                self.late.pop_front();
            } else {
                self.unwritten.iter_mut().for_each(|(revision, _)| *revision += 1);
            }
            self.base.apply(&event);
        }
        self.show_late();
        self.answer_written();
    }

    /// What is durable, then what was acted on and is not written.
    fn show_late(&mut self) {
        self.shown = self.base.clone();
        self.version += 1;
        for event in &self.late {
            self.shown.apply(event);
        }
    }

    fn answer_written(&mut self) {
        let durable = self.base.state().revision;
        while self.unwritten.front().is_some_and(|(revision, _)| *revision <= durable) {
            if let Some((revision, asked)) = self.unwritten.pop_front() {
                self.answer(asked, Ok(revision));
            }
        }
    }

    fn journal_failed(&mut self, instant: Instant) {
        let pause = match self.journal {
            JournalState::Writable => FIRST_RETRY,
            JournalState::Down { pause, .. } => (pause * 2).min(LAST_RETRY),
        };
        self.journal = JournalState::Down { retry_at: instant + pause, pause };
        for waiting in std::mem::take(&mut self.waiting) {
            self.answer(waiting.asked, Err(Refusal::JournalUnavailable));
        }
    }

    fn answer(&mut self, asked: Asked<A>, outcome: Result<u64, Refusal>) {
        self.answers.push(Answer { asked, outcome });
    }
}
