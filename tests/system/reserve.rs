//! A site with two lines, with the real program and real media: when the main line carries nothing any more, hall and console see and
//! hear the reserve within two seconds.

use std::time::{Duration, Instant};

use acceptance::{
    Client, Habits, Peer, Server,
    door::{Credential, Door, Encoder},
};
use anyhow::{Context, Result, ensure};
use wire::{EndpointRole, MediaKind, ServerMessage, SiteSlug, Slot};

/// From the last packet of the main line to the first of the reserve.
const PROMISE: Duration = Duration::from_secs(2);
/// Sooner no line counts as cut (750 ms, and packets come every 40): the reserve came for another reason.
const AT_LEAST: Duration = Duration::from_millis(700);
/// A main line that returns has the site again within this: it must be steady for three seconds first.
const CARRIES_WITHIN: Duration = Duration::from_secs(12);
/// One line alone was heard for so long: that one carries the site.
const ALONE: Duration = Duration::from_millis(500);
/// Cuts in one test, each a little later within the second in which the relay reports.
const CUTS: u32 = 3;
/// Packets after which a line counts as heard.
const SOME: usize = 10;

const MAIN: &str = "the-main";
const RESERVE: &str = "the-reserve";
const KINDS: [MediaKind; 2] = [MediaKind::Video, MediaKind::Audio];

fn programme(kind: MediaKind) -> impl Fn(Slot, MediaKind) -> bool {
    move |slot, of| of == kind && matches!(slot, Slot::Program { .. })
}

/// Who watches Cao Bằng on air.
struct Watching {
    server: Server,
    desk: Client,
    hall: Peer,
    console: Peer,
}

impl Watching {
    async fn new() -> Result<Self> {
        let server = Server::start().await?;
        let operator = server.sign_in()?;
        let desk = Client::console(&server, &operator).await?;
        let hall = Peer::site(&server, &server.token("dien-hong", "main")?, Habits::says("the-hall")).await?;
        let console = Peer::console(&server, &operator).await?;
        Ok(Self { server, desk, hall, console })
    }

    async fn line(&self, endpoint: &str, says: &'static str) -> Result<Peer> {
        Peer::site(&self.server, &self.server.token("cao-bang", endpoint)?, Habits::says(says)).await
    }

    /// Waits until the relay has reported that a line of the site carries something.
    async fn until_carried(&mut self, role: EndpointRole) -> Result<()> {
        let slug = SiteSlug("cao-bang".to_owned());
        let carries = |message: &ServerMessage| {
            let ServerMessage::Live(live) = message else { return None };
            live.sites.get(&slug)?.endpoints.iter().find(|line| line.role == role && line.kbps > 0.0).map(|_| ())
        };
        self.desk.until(carries).await
    }

    /// Waits until everybody sees and hears one of the lines and not the other.
    async fn until_alone(&self, line: &str, other: &str) -> Result<()> {
        let end = Instant::now() + CARRIES_WITHIN;
        let is_alone = |peer: &Peer, kind| {
            let since = Instant::now() - ALONE;
            peer.heard(since, line, programme(kind)) >= SOME && peer.heard(since, other, programme(kind)) == 0
        };
        while !KINDS.iter().all(|kind| is_alone(&self.hall, *kind) && is_alone(&self.console, *kind)) {
            ensure!(Instant::now() < end, "{line} does not carry the site");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// The main line was cut: waits for the reserve, which must come in time everywhere. Gives the longest time without either.
    async fn until_replaced(&self) -> Result<Duration> {
        let mut longest = Duration::ZERO;
        for (name, peer) in [("hall", &self.hall), ("console", &self.console)] {
            for kind in KINDS {
                peer.until_heard(RESERVE, SOME, programme(kind)).await.with_context(|| format!("{name}, {kind:?}"))?;
                let gap = gap(peer, kind).with_context(|| format!("{name}, {kind:?}"))?;
                ensure!((AT_LEAST..PROMISE).contains(&gap), "{name} was without {kind:?} for {gap:?}");
                longest = longest.max(gap);
            }
        }
        Ok(longest)
    }
}

/// From the last packet of the main line to the first of the reserve behind it.
fn gap(peer: &Peer, kind: MediaKind) -> Result<Duration> {
    let wanted = programme(kind);
    let seen = peer.seen();
    let packets: Vec<_> = seen.received.iter().filter(|one| wanted(one.slot, one.kind)).collect();
    let last = packets.iter().rposition(|one| one.says(MAIN)).context("the main line was never there")?;
    let first = packets[last..].iter().find(|one| one.says(RESERVE)).context("the reserve never came")?;
    Ok(first.at - packets[last].at)
}

#[tokio::test]
async fn a_main_line_that_sends_nothing_any_more_is_replaced_within_two_seconds_and_comes_back() -> Result<()> {
    let mut world = Watching::new().await?;
    let main = world.line("main", MAIN).await?;
    world.until_carried(EndpointRole::Main).await?;
    world.desk.put_on_air("cao-bang").await?;
    let _reserve = world.line("backup", RESERVE).await?;
    world.until_carried(EndpointRole::Backup).await?;

    for cut in 1..=CUTS {
        world.until_alone(MAIN, RESERVE).await?;
        tokio::time::sleep(Duration::from_secs(1) * cut / CUTS).await;
        main.stream(false);
        let gap = world.until_replaced().await?;
        println!("camera and microphone stop, {cut}: hall and console were without the site for {gap:?} at most");
        world.until_alone(RESERVE, MAIN).await?;
        main.stream(true);
    }
    world.until_alone(MAIN, RESERVE).await
}

#[tokio::test]
async fn a_main_line_that_is_gone_without_a_word_is_replaced_within_two_seconds() -> Result<()> {
    let mut world = Watching::new().await?;
    let main = world.line("main", MAIN).await?;
    world.until_carried(EndpointRole::Main).await?;
    world.desk.put_on_air("cao-bang").await?;
    let _reserve = world.line("backup", RESERVE).await?;
    world.until_carried(EndpointRole::Backup).await?;
    world.until_alone(MAIN, RESERVE).await?;

    main.vanish();

    let gap = world.until_replaced().await?;
    println!("a page vanishes: hall and console were without the site for {gap:?} at most");
    Ok(())
}

#[tokio::test]
async fn encoders_replace_each_other_as_pages_do_and_players_beside_them_change_nothing() -> Result<()> {
    let mut world = Watching::new().await?;
    let tokens = [world.server.token("cao-bang", "main")?, world.server.token("cao-bang", "backup")?];
    let main = Door::publish(&world.server, &tokens[0], MAIN, Encoder::Simulcast).await?;
    world.until_carried(EndpointRole::Main).await?;
    world.desk.put_on_air("cao-bang").await?;
    let _reserve = Door::publish(&world.server, &tokens[1], RESERVE, Encoder::Plain).await?;
    let mut players = Vec::new();
    for token in tokens {
        let player = Door::play(&world.server, &Credential::Token(token), "", 1).await?;
        // A site that is on air sees the hall.
        player.until_heard(0, "the-hall", SOME).await?;
        players.push(player);
    }
    world.until_carried(EndpointRole::Backup).await?;
    world.until_alone(MAIN, RESERVE).await?;

    main.vanish();

    let gap = world.until_replaced().await?;
    println!("an encoder vanishes: hall and console were without the site for {gap:?} at most");
    Ok(())
}
