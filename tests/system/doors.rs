//! Encoders by WHIP and players by WHEP, on str0m, against the real program.

use std::time::{Duration, Instant};

use acceptance::{
    Client, Operator, Server,
    door::{Credential, Door, Encoder},
};
use anyhow::{Context, Result, ensure};
use wire::{Command, Layout, Readiness, ReadinessReason, ServerMessage, SiteSlug, SourceKind, SourceRef};

/// The player's lines.
const PICTURE: usize = 0;
const SOUND: usize = 1;
/// Packets after which something counts as flowing.
const SOME: usize = 20;
/// Longest time between two pictures over a take. They come every 40 ms, and WebRTC calls it a freeze from 150 ms more on.
const LONGEST_GAP: Duration = Duration::from_millis(190);
/// What was under way when something ended may still arrive.
const UNDER_WAY: Duration = Duration::from_millis(300);

fn token(server: &Server, site: &str) -> Result<Credential> {
    Ok(Credential::Token(server.token(site, "main")?))
}

/// Kinds and bodies of the log's events about a site's endpoints.
fn presence(server: &Server, operator: &Operator, site: &str) -> Result<Vec<String>> {
    let path = "/api/v1/conferences/bau-cu-2021/events?after=0&limit=1000";
    let (status, text) = server.get(path, &[("cookie", operator.cookie.as_str())])?;
    ensure!(status == 200, "{status} {text}");
    let events: Vec<serde_json::Value> = serde_json::from_str(&text)?;
    let of_site = |event: &&serde_json::Value| {
        event["kind"].as_str().is_some_and(|kind| kind.starts_with("endpoint_")) && event.to_string().contains(site)
    };
    Ok(events.iter().filter(of_site).map(|event| format!("{} {}", event["kind"], event["body"])).collect())
}

async fn until_logged(server: &Server, operator: &Operator, site: &str, what: &str, within: Duration) -> Result<()> {
    let end = Instant::now() + within;
    loop {
        let events = presence(server, operator, site)?;
        if events.last().is_some_and(|last| last.contains(what)) {
            return Ok(());
        }
        ensure!(Instant::now() < end, "{site}: no {what} in {within:?}: {events:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn encoders_are_taken_on_air_and_a_player_follows_until_they_leave() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let mut desk = Client::console(&server, &operator).await?;
    let hall = Door::publish(&server, &server.token("dien-hong", "main")?, "the-hall", Encoder::Plain).await?;
    let player = Door::play(&server, &token(&server, "ca-mau")?, "", 1).await?;
    player.until_heard(PICTURE, "the-hall", SOME).await?;
    player.until_heard(SOUND, "the-hall", SOME).await?;

    let first = Door::publish(&server, &server.token("cao-bang", "main")?, "the-first", Encoder::Passive).await?;
    until_logged(&server, &operator, "cao-bang", "joined", Duration::from_secs(5)).await?;
    desk.put_on_air("cao-bang").await?;
    player.until_heard(PICTURE, "the-first", SOME).await?;
    player.until_heard(SOUND, "the-first", SOME).await?;

    let second = Door::publish(&server, &server.token("ha-noi", "main")?, "the-second", Encoder::Simulcast).await?;
    until_logged(&server, &operator, "ha-noi", "joined", Duration::from_secs(5)).await?;
    desk.put_on_air("ha-noi").await?;
    player.until_heard(PICTURE, "the-second-h", SOME).await?;
    player.until_heard(SOUND, "the-second", SOME).await?;
    let cut = Instant::now();
    tokio::time::sleep(UNDER_WAY).await;
    ensure!(player.heard(cut + UNDER_WAY / 2, PICTURE, "the-first") == 0, "the first is off air and still seen");
    ensure!(player.heard(cut + UNDER_WAY / 2, SOUND, "the-first") == 0, "the first is off air and still heard");

    for (door, site) in [(&second, "ha-noi"), (&first, "cao-bang"), (&hall, "dien-hong")] {
        let ended = door.end(&server, &token(&server, site)?)?;
        ensure!(ended.status == 200, "{site}: {} {}", ended.status, ended.body);
        until_logged(&server, &operator, site, "left", Duration::from_secs(2)).await?;
    }
    tokio::time::sleep(UNDER_WAY).await;
    let after = Instant::now();
    tokio::time::sleep(UNDER_WAY).await;
    ensure!(player.heard_anything(after) == 0, "something is played although everybody has left");
    ensure!(player.end(&server, &token(&server, "ca-mau")?)?.status == 200);
    Ok(())
}

#[tokio::test]
async fn a_take_costs_a_player_no_picture_and_nobody_negotiates() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let mut desk = Client::console(&server, &operator).await?;
    let come = async |site, says, encoder| {
        let door = Door::publish(&server, &server.token(site, "main")?, says, encoder).await?;
        until_logged(&server, &operator, site, "joined", Duration::from_secs(5)).await?;
        anyhow::Ok(door)
    };
    let hall = come("dien-hong", "the-hall", Encoder::Plain).await?;
    let first = come("cao-bang", "the-first", Encoder::Simulcast).await?;
    let second = come("ha-noi", "the-second", Encoder::Passive).await?;
    let player = Door::play(&server, &token(&server, "ca-mau")?, "", 1).await?;
    player.until_heard(PICTURE, "the-hall", SOME).await?;
    let doors = [&hall, &first, &second, &player];
    let before = doors.map(Door::states);

    let takes = [
        ("the-hall", "the-first-h"),
        ("the-first-h", "the-second"),
        ("the-second", "the-hall"),
        ("the-hall", "the-first-h"),
    ];
    for ((old, new), site) in takes.into_iter().zip(["cao-bang", "ha-noi", "dien-hong", "cao-bang"]) {
        let ordered = Instant::now();
        match site {
            "dien-hong" => drop(desk.accepted(Command::BackToHall).await?),
            site => desk.put_on_air(site).await?,
        }
        player.until_heard(PICTURE, new, SOME).await?;
        player.until_heard(SOUND, new.trim_end_matches("-h"), SOME).await?;
        let gap = player.cut(ordered, PICTURE, old, new)?;
        println!("{old} → {new}: longest time between two pictures {gap:?}");
        ensure!(gap < LONGEST_GAP, "{old} → {new}: {gap:?} without a picture");
    }
    ensure!(doors.map(Door::states) == before, "somebody connected again");
    Ok(())
}

#[tokio::test]
async fn a_site_never_hears_itself_and_the_centre_sees_one_site_or_the_wall() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let mut desk = Client::console(&server, &operator).await?;
    let _hall = Door::publish(&server, &server.token("dien-hong", "main")?, "the-hall", Encoder::Plain).await?;
    let _site = Door::publish(&server, &server.token("cao-bang", "main")?, "the-site", Encoder::Simulcast).await?;
    until_logged(&server, &operator, "cao-bang", "joined", Duration::from_secs(5)).await?;
    let centre = Credential::Operator(operator.clone());

    let one = Door::play(&server, &centre, "?source=site:cao-bang", 1).await?;
    one.until_heard(PICTURE, "the-site", SOME).await?;
    one.until_heard(SOUND, "the-site", SOME).await?;
    let wall = Door::play(&server, &centre, "?source=wall", 3).await?;
    wall.until_heard(0, "the-hall", SOME).await?;

    desk.put_on_air("cao-bang").await?;
    let own = Door::play(&server, &token(&server, "cao-bang")?, "", 1).await?;
    own.until_heard(PICTURE, "the-hall", SOME).await?;
    own.until_heard(SOUND, "the-hall", SOME).await?;
    let since = Instant::now() - Duration::from_secs(60);
    ensure!(own.heard(since, SOUND, "the-site") == 0, "a site heard itself");

    let forbidden = Door::play(&server, &token(&server, "cao-bang")?, "?source=site:ha-noi", 1).await;
    let refused = forbidden.err().context("a site's token played another site")?;
    ensure!(refused.to_string().contains("403"), "{refused}");
    Ok(())
}

/// Waits until consoles are told this of a site in preview.
async fn until_ready(desk: &mut Client, site: &str, expected: Readiness) -> Result<()> {
    let slug = SiteSlug(site.to_owned());
    let sources = vec![SourceRef { site: slug.clone(), kind: SourceKind::Camera }];
    desk.accepted(Command::SetPreview { layout: Layout::Single, sources }).await?;
    let end = Instant::now() + Duration::from_secs(10);
    let mut told = None;
    while told != Some(expected) {
        ensure!(Instant::now() < end, "{site}: {told:?} and not {expected:?}");
        let next = desk.until(|message| match message {
            ServerMessage::Live(live) => live.sites.get(&slug).map(|site| site.ready),
            _ => None,
        });
        told = Some(next.await?);
    }
    Ok(())
}

#[tokio::test]
async fn what_an_encoder_lacks_is_said_before_it_is_taken() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let mut desk = Client::console(&server, &operator).await?;
    let _dumb = Door::publish(&server, &server.token("cao-bang", "main")?, "dumb", Encoder::PictureAlone).await?;
    let _blind = Door::publish(&server, &server.token("ha-noi", "main")?, "blind", Encoder::SoundAlone).await?;
    let _whole = Door::publish(&server, &server.token("ca-mau", "main")?, "whole", Encoder::Plain).await?;

    until_ready(&mut desk, "cao-bang", Readiness::Warning { reason: ReadinessReason::NoSound }).await?;
    until_ready(&mut desk, "ha-noi", Readiness::Warning { reason: ReadinessReason::NoPicture }).await?;
    until_ready(&mut desk, "ca-mau", Readiness::Ready).await
}

#[tokio::test]
async fn each_line_of_the_wall_is_its_site_and_lines_beyond_the_last_site_stay_dark() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let desk = Client::console(&server, &operator).await?;
    let state = desk.welcome.state.as_ref().context("a console is told the state")?;
    let sites: Vec<&str> = state.sites.iter().map(|site| site.slug.0.as_str()).collect();
    let last = sites.len() - 1;
    let says = [(0, "the-hall"), (1, "the-first"), (2, "the-second"), (last, "the-last")];
    let mut encoders = Vec::new();
    for (line, says) in says {
        encoders.push(Door::publish(&server, &server.token(sites[line], "main")?, says, Encoder::Plain).await?);
    }

    let centre = Credential::Operator(operator.clone());
    let few = Door::play(&server, &centre, "?source=wall", 2).await?;
    let many = Door::play(&server, &centre, "?source=wall", sites.len() + 2).await?;

    for (wall, lines) in [(&few, 2), (&many, sites.len() + 2)] {
        for (line, says) in says.into_iter().filter(|(line, _)| *line < lines) {
            wall.until_heard(line, says, SOME).await.with_context(|| format!("wall of {lines}"))?;
        }
        // The sound is the programme's, here the hall's.
        wall.until_heard(lines, "the-hall", SOME).await?;
        for line in 0..lines {
            let expected = says.iter().find(|(of, _)| *of == line).map(|(_, says)| *says);
            let foreign = wall.heard_others(line, expected);
            ensure!(foreign == 0, "wall of {lines}: {foreign} packets in line {line} that are not {expected:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn silence_and_revocation_end_an_encoder() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let token = server.token("cao-bang", "main")?;
    let encoder = Door::publish(&server, &token, "the-site", Encoder::Plain).await?;
    until_logged(&server, &operator, "cao-bang", "joined", Duration::from_secs(5)).await?;

    let rival = Door::publish(&server, &token, "the-rival", Encoder::Plain).await;
    let refused = rival.err().context("a second device was let in")?;
    ensure!(refused.to_string().contains("409"), "{refused}");
    encoder.vanish();
    until_logged(&server, &operator, "cao-bang", "dropped", Duration::from_secs(8)).await?;

    let _back = Door::publish(&server, &token, "the-site", Encoder::Plain).await.context("its place is free")?;
    until_logged(&server, &operator, "cao-bang", "joined", Duration::from_secs(5)).await?;
    let path = "/api/v1/conferences/bau-cu-2021/links/cao-bang/main/revoke";
    let (status, _, text) = server.post(path, r#"{"reissue":false}"#, &[("cookie", operator.cookie.as_str())])?;
    ensure!(status == 200, "{status} {text}");
    until_logged(&server, &operator, "cao-bang", "revoked", Duration::from_secs(1)).await?;
    let again = Door::publish(&server, &token, "the-site", Encoder::Plain).await;
    let refused = again.err().context("a revoked token was let in")?;
    ensure!(refused.to_string().contains("401"), "{refused}");
    Ok(())
}
