//! `kill -9`, again and again: what a client saw acknowledged is in the log exactly once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use acceptance::{Client, Operator, Server};
use anyhow::{Result, ensure};
use wire::{Command, CommandId, SiteSlug};

/// Kills in one run.
const KILLS: u32 = 10;
/// Time between two kills.
const LIFE: Duration = Duration::from_millis(1_200);
/// Pause of each of the two clients between commands: together above 20 commands a second.
const PAUSE: Duration = Duration::from_millis(40);

/// Acknowledged command ids with the revision that was told.
type Acknowledged = Arc<Mutex<BTreeMap<String, u64>>>;

/// Sends mutes and unmutes of one site until the connection ends; remembers what was acknowledged.
async fn send_until_cut(mut client: Client, site: &str, acknowledged: &Acknowledged) -> u32 {
    let mut sent = 0;
    loop {
        let site = SiteSlug(site.to_owned());
        let command = if sent % 2 == 0 { Command::Mute { site } } else { Command::Unmute { site } };
        let id = CommandId(uuid::Uuid::now_v7().to_string());
        sent += 1;
        match client.command_as(id.clone(), command).await {
            Ok(Ok(revision)) => {
                acknowledged.lock().expect("no holder of this lock panics").insert(id.0, revision.0);
            }
            Ok(Err(_)) => {}
            Err(_) => return sent,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn log_of(server: &Server, operator: &Operator, conference: &str) -> Result<Vec<wire::LoggedEvent>> {
    let mut events = Vec::new();
    loop {
        let after = events.last().map_or(0, |event: &wire::LoggedEvent| event.revision.0);
        let path = format!("/api/v1/conferences/{conference}/events?after={after}&limit=500");
        let (status, text) = server.get(&path, &[("cookie", operator.cookie.as_str())])?;
        ensure!(status == 200, "{status} {text}");
        let page: Vec<wire::LoggedEvent> = serde_json::from_str(&text)?;
        if page.is_empty() {
            return Ok(events);
        }
        events.extend(page);
    }
}

/// The conference as pages see it, without the revision: each start is an event of its own.
fn state_of(server: &Server, operator: &Operator, conference: &str) -> Result<serde_json::Value> {
    let headers = [("cookie", operator.cookie.as_str())];
    let (status, text) = server.get(&format!("/api/v1/conferences/{conference}/state"), &headers)?;
    ensure!(status == 200, "{status} {text}");
    let mut state: serde_json::Value = serde_json::from_str(&text)?;
    ensure!(state["state"]["sites"].as_array().is_some_and(|sites| sites.len() == 64), "{text:.200}");
    Ok(state["state"].take())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_was_acknowledged_is_lost_over_ten_kills() -> Result<()> {
    let mut server = Server::start().await?;
    let acknowledged = Acknowledged::default();
    let mut sent = 0;
    let mut recoveries = Vec::new();

    for _ in 0..KILLS {
        let operator = server.sign_in()?;
        let one = Client::console(&server, &operator).await?;
        let two = Client::console(&server, &operator).await?;
        let (a, b) = (acknowledged.clone(), acknowledged.clone());
        let one = tokio::spawn(async move { send_until_cut(one, "ha-noi", &a).await });
        let two = tokio::spawn(async move { send_until_cut(two, "cao-bang", &b).await });
        tokio::time::sleep(LIFE).await;
        server.kill().await?;
        sent += one.await? + two.await?;
        recoveries.push(server.restart().await?);
    }

    let operator = server.sign_in()?;
    let console = Client::console(&server, &operator).await?;
    let conference = console.welcome.you.conference.0.clone();
    let log = log_of(&server, &operator, &conference).await?;
    let mut times = BTreeMap::<&str, Vec<u64>>::new();
    for event in &log {
        if let Some(id) = &event.command_id {
            times.entry(&id.0).or_default().push(event.revision.0);
        }
    }
    let acknowledged = acknowledged.lock().expect("no holder of this lock panics").clone();
    // Twenty a second for as long as the server lived, answered ones: the clients wait for each answer.
    let wanted = 20 * u128::from(KILLS) * LIFE.as_millis() / 1_000;
    ensure!(acknowledged.len() as u128 >= wanted, "only {} of {sent} commands were acknowledged", acknowledged.len());
    for (id, revision) in &acknowledged {
        let found = times.get(id.as_str()).cloned().unwrap_or_default();
        ensure!(found.len() == 1, "command {id}, acknowledged as {revision}, is in the log {} times", found.len());
        ensure!(found[0] == *revision, "command {id}: acknowledged as {revision}, logged as {}", found[0]);
    }
    for (i, event) in (1..).zip(&log) {
        ensure!(event.revision.0 == i, "the log has a hole at {i}");
    }
    let live = state_of(&server, &operator, &conference)?;
    drop(console);
    server.kill().await?;
    server.restart().await?;
    let operator = server.sign_in()?;
    ensure!(state_of(&server, &operator, &conference)? == live, "the replayed state is not the one that was live");
    server.kill().await?;
    let (good, text) = server.run(&["verify-log"]).await?;
    ensure!(good, "{text}");

    let slowest = recoveries.iter().max().copied().unwrap_or_default();
    println!("kills: {KILLS}, sent: {sent}, acknowledged: {}, lost: 0, slowest start: {slowest:?}", acknowledged.len());
    Ok(())
}
