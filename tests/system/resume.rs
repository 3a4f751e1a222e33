//! A cut of the control connection: what was missed arrives by revision, nothing twice.

use std::collections::BTreeMap;

use acceptance::{Client, Server};
use anyhow::{Context, Result, ensure};
use wire::{Command, FloorMode, MessageId, Revision, ServerMessage, StateChange};

/// Commands sent while the first console is away.
const MISSED: usize = 6;

/// What a page was told, as far as a repetition shows in it.
#[derive(Default)]
struct Told {
    /// Of each event, in its order.
    revisions: Vec<Revision>,
    /// How often each text was told.
    texts: BTreeMap<MessageId, usize>,
    /// The latest floor mode.
    mode: Option<FloorMode>,
}

impl Told {
    /// Takes in what the server has sent until now: its answer to a command, here to one that it refuses, comes after everything that
    /// happened before.
    async fn read(&mut self, client: &mut Client) -> Result<()> {
        let nothing = Command::AcknowledgeMessage { message: MessageId(1_000_000) };
        ensure!(client.command(nothing).await?.is_err(), "there is no such text");
        for message in std::mem::take(&mut client.unread) {
            if let ServerMessage::Event { revision, changes } = message {
                ensure!(!changes.is_empty(), "an event that changes nothing");
                self.revisions.push(revision);
                changes.iter().for_each(|change| self.take(change));
            }
        }
        Ok(())
    }

    fn take(&mut self, change: &StateChange) {
        match change {
            StateChange::Message(message) => *self.texts.entry(message.id).or_default() += 1,
            StateChange::Floor(floor) => self.mode = Some(floor.mode),
            StateChange::Conference(_)
            | StateChange::Site(_)
            | StateChange::Agenda(_)
            | StateChange::Stage(_)
            | StateChange::Desk(_) => {}
        }
    }
}

async fn write(client: &mut Client, text: &str) -> Result<Revision> {
    client.accepted(Command::SendMessage { to: vec![], text: text.to_owned() }).await
}

#[tokio::test]
async fn a_console_that_was_cut_resumes_by_revision_and_is_told_nothing_twice() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let mut first = Client::console(&server, &operator).await?;
    first.accepted(Command::SetFloorMode { mode: FloorMode::Queue }).await?;
    write(&mut first, "long before the cut").await?;
    write(&mut first, "just before the cut").await?;
    let mut before = Told::default();
    before.read(&mut first).await?;
    let seen = *before.revisions.last().context("the console is told of its own commands")?;
    let instance = first.welcome.instance.clone();
    first.cut();

    let mut second = Client::console(&server, &operator).await?;
    for number in 0..MISSED {
        write(&mut second, &format!("missed {number}")).await?;
    }
    let last = second.accepted(Command::SetFloorMode { mode: FloorMode::Open }).await?;

    let mut back = Client::resume(&server, &operator, instance.clone(), seen).await?;
    let mut told = Told::default();
    told.read(&mut back).await?;
    assert!(back.welcome.state.is_none(), "a resume within memory needs no snapshot");
    assert_eq!(told.revisions, [last], "what was missed comes at once and whole");
    assert_eq!(told.mode, Some(FloorMode::Open));
    // What came with the revision that the page names is told again on purpose (a revision may be published twice); what is older is not.
    let known: Vec<_> = before.texts.keys().filter(|id| told.texts.contains_key(id)).collect();
    assert_eq!(known, Vec::from_iter(before.texts.keys().next_back()), "only the newest of {:?}", before.texts);
    assert_eq!(told.texts.len(), known.len() + MISSED, "every missed text");

    // What happens from now on comes as it happens.
    let live = [write(&mut second, "after").await?, write(&mut second, "and after").await?];
    told.read(&mut back).await?;
    assert_eq!(told.revisions, [&[last][..], &live].concat());
    assert_eq!(told.texts.len(), known.len() + MISSED + live.len());
    let repeated: Vec<_> = told.texts.iter().filter(|(_, times)| **times != 1).collect();
    assert!(repeated.is_empty(), "told more than once: {repeated:?}");

    // Whoever has seen all is told nothing older than that.
    let newest = *told.revisions.last().unwrap_or(&last);
    let mut idle = Client::resume(&server, &operator, instance, newest).await?;
    let mut nothing = Told::default();
    nothing.read(&mut idle).await?;
    let last_text = told.texts.keys().next_back();
    let old: Vec<_> = nothing.texts.keys().filter(|id| Some(*id) != last_text).collect();
    ensure!(idle.welcome.state.is_none() && old.is_empty(), "told again: {old:?}");
    Ok(())
}

#[tokio::test]
async fn a_revision_from_another_life_gets_a_snapshot() -> Result<()> {
    let mut server = Server::start().await?;
    let operator = server.sign_in()?;
    let console = Client::console(&server, &operator).await?;
    let instance = console.welcome.instance.clone();
    let ahead = Revision(console.welcome.revision.0 + 1_000_000);

    let resumed = Client::resume(&server, &operator, instance.clone(), ahead).await?;
    assert!(resumed.welcome.state.is_some(), "a page that is ahead of the server must see the state anew");

    server.kill().await?;
    server.restart().await?;
    let operator = server.sign_in()?;
    let console = Client::console(&server, &operator).await?;
    assert_ne!(console.welcome.instance, instance, "a restart has another instance");
    Ok(())
}
