//! A cut of the control connection: what was missed arrives by revision, nothing twice.

use acceptance::{Client, Server};
use anyhow::Result;
use wire::{Command, FloorMode, Revision, ServerMessage};

/// Commands sent while the first console is away.
const MISSED: u64 = 6;

#[tokio::test]
async fn a_console_that_was_cut_resumes_by_revision() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let mut first = Client::console(&server, &operator).await?;
    let seen = match first.command(Command::SetFloorMode { mode: FloorMode::Queue }).await? {
        Ok(revision) => revision,
        Err(reason) => anyhow::bail!("{reason:?}"),
    };
    let instance = first.welcome.instance.clone();
    first.cut();

    let mut second = Client::console(&server, &operator).await?;
    let mut last = seen;
    for i in 0..MISSED {
        let mode = if i % 2 == 0 { FloorMode::Open } else { FloorMode::Queue };
        last = match second.command(Command::SetFloorMode { mode }).await? {
            Ok(revision) => revision,
            Err(reason) => anyhow::bail!("{reason:?}"),
        };
    }

    let mut back = Client::resume(&server, &operator, instance, seen).await?;
    assert!(back.welcome.state.is_none(), "a resume within memory needs no snapshot");
    let mut newest = seen;
    while newest < last {
        newest = back
            .until(|message| match message {
                ServerMessage::Event { revision, changes } => {
                    assert!(!changes.is_empty());
                    Some(*revision)
                }
                _ => None,
            })
            .await?;
        assert!(newest > seen);
    }
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
