//! Two consoles want what excludes each other, a thousand times: exactly one of each pair is done, the other is told why, and both see
//! the same conference afterwards.

use std::time::{Duration, Instant};

use tokio::time::MissedTickBehavior;
use wire::{Command, ConferenceView, ItemId, Refusal, Revision, ServerMessage, SiteSlug, StateChange};

use crate::server_world::{Client, ServerWorld};

const PAIRS: usize = 1_000;
/// The promise is 200 ms; a machine that builds and tests at the same time gets ten times that before the test fails.
const FAILS_AFTER: Duration = Duration::from_secs(2);
const PROMISED: Duration = Duration::from_millis(200);
/// A pair begins this long after the one before: a connection may send a hundred messages a second, and a pair takes up to two.
const PACE: Duration = Duration::from_millis(25);

/// Two commands of which only one can be done, and what makes the next pair possible.
struct Pair {
    one: Command,
    other: Command,
    undo: Command,
    expected: fn(&Refusal) -> bool,
}

fn slug(text: &str) -> SiteSlug {
    SiteSlug(text.to_owned())
}

fn grants() -> Pair {
    Pair {
        one: Command::Grant { site: slug("cao-bang") },
        other: Command::Grant { site: slug("ca-mau") },
        undo: Command::EndSpeech,
        expected: |refusal| matches!(refusal, Refusal::FloorHeld { .. }),
    }
}

fn mutes() -> Pair {
    Pair {
        one: Command::Mute { site: slug("cao-bang") },
        other: Command::Mute { site: slug("cao-bang") },
        undo: Command::Unmute { site: slug("cao-bang") },
        expected: |refusal| *refusal == Refusal::AlreadySo,
    }
}

/// Both saw that no item runs.
fn items() -> Pair {
    let item = |id: &str| Command::StartItem { item: ItemId(id.to_owned()), current: None };
    Pair {
        one: item("mo"),
        other: item("ket"),
        undo: Command::FinishItem { item: ItemId("mo".to_owned()) },
        expected: |refusal| matches!(refusal, Refusal::ItemChanged { .. }),
    }
}

fn invitations() -> Pair {
    let invite = Command::Invite { site: slug("ca-mau") };
    let undo = Command::WithdrawRequest { site: slug("ca-mau") };
    Pair { one: invite.clone(), other: invite, undo, expected: |refusal| *refusal == Refusal::AlreadySo }
}

/// A console and what it has been told.
struct Watcher {
    client: Client,
    state: ConferenceView,
    revision: Revision,
}

impl Watcher {
    async fn on(world: &ServerWorld, device: &str) -> Self {
        let (client, welcome) = world.console_on("lan", device).await;
        Self { client, state: *welcome.state.unwrap(), revision: welcome.revision }
    }

    /// Sends a command; the answer, and how long it took.
    async fn ask(&mut self, command: Command) -> (Result<Revision, Refusal>, Duration) {
        let began = Instant::now();
        let id = self.client.send(command).await;
        loop {
            match self.client.next().await.expect("the connection lives") {
                ServerMessage::Accepted { id: of, revision } if of == id => return (Ok(revision), began.elapsed()),
                ServerMessage::Refused { id: of, reason } if of == id => return (Err(reason), began.elapsed()),
                ServerMessage::Error { code, detail, .. } => panic!("{code:?}: {detail}"),
                message => self.note(message),
            }
        }
    }

    async fn sees(&mut self, revision: Revision) {
        while self.revision < revision {
            let message = self.client.next().await.expect("the connection lives");
            self.note(message);
        }
    }

    fn note(&mut self, message: ServerMessage) {
        let ServerMessage::Event { revision, changes } = message else { return };
        self.revision = revision;
        for change in changes {
            match change {
                StateChange::Conference(conference) => self.state.conference = conference,
                StateChange::Agenda(agenda) => self.state.agenda = agenda,
                StateChange::Floor(floor) => self.state.floor = floor,
                StateChange::Stage(stage) => self.state.stage = stage,
                StateChange::Desk(desk) => self.state.desk = desk,
                StateChange::Message(message) => self.state.messages.push(message),
                StateChange::Site(site) => {
                    let place = self.state.sites.iter_mut().find(|known| known.slug == site.slug);
                    *place.expect("a known site") = site;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_commands_that_exclude_each_other_one_is_done_and_the_other_is_told_at_once() {
    let world = ServerWorld::start().await;
    let (mut one, mut other) = (Watcher::on(&world, "left").await, Watcher::on(&world, "right").await);
    one.ask(Command::OpenConference).await.0.unwrap();
    let kinds = [grants, mutes, items, invitations];
    let mut refused_after = Vec::with_capacity(PAIRS);
    let mut won = [0, 0];
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);

    for number in 0..PAIRS {
        pace.tick().await;
        let pair = kinds[number % kinds.len()]();
        // By turns the one or the other console speaks first; the network decides who is heard first.
        let (left, right) = if number % 2 == 0 {
            tokio::join!(one.ask(pair.one), other.ask(pair.other))
        } else {
            let (right, left) = tokio::join!(other.ask(pair.other), one.ask(pair.one));
            (left, right)
        };

        let (refusal, took) = match (left, right) {
            ((Ok(_), _), (Err(refusal), took)) => {
                won[0] += 1;
                (refusal, took)
            }
            ((Err(refusal), took), (Ok(_), _)) => {
                won[1] += 1;
                (refusal, took)
            }
            both => panic!("pair {number}: exactly one is done: {both:?}"),
        };
        assert!((pair.expected)(&refusal), "pair {number}: {refusal:?}");
        assert!(took < FAILS_AFTER, "pair {number}: told after {took:?}");
        refused_after.push(took);
        undo(&mut one, pair.undo).await;
    }

    report(&mut refused_after, won);
    let last = one.ask(Command::ShowNames { shown: false }).await.0.unwrap();
    one.sees(last).await;
    other.sees(last).await;
    assert_eq!(one.state, other.state);
    let (_, server) = world.server.conferences().next().unwrap().state(server::view::Audience::Centre).await.unwrap();
    assert_eq!(one.state, server);
    assert!(won[0] > 0 && won[1] > 0, "both came first at times: {won:?}");
    world.server.stop().await;
}

/// Which item runs depends on who won.
async fn undo(console: &mut Watcher, command: Command) {
    let finish = |id: &str| Command::FinishItem { item: ItemId(id.to_owned()) };
    let again = matches!(command, Command::FinishItem { .. });
    let done = console.ask(command).await.0;
    if again && done.is_err() {
        console.ask(finish("ket")).await.0.unwrap();
    } else {
        done.unwrap();
    }
}

fn report(refused_after: &mut [Duration], won: [usize; 2]) {
    refused_after.sort_unstable();
    let at = |share: f64| refused_after[((refused_after.len() - 1) as f64 * share) as usize];
    let late = refused_after.iter().filter(|took| **took > PROMISED).count();
    println!(
        "{PAIRS} pairs, {} and {} won; the other was told after {:?} (p50), {:?} (p95), {:?} at most; {late} after more than {PROMISED:?}",
        won[0],
        won[1],
        at(0.5),
        at(0.95),
        at(1.0),
    );
}
