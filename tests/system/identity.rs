//! A site's token is that site's and nobody else's, whatever is said with it: in messages, in paths, in an offer, in packets.

use std::time::{Duration, Instant};

use acceptance::{
    Client, Habits, Operator, Peer, Server,
    peer::{
        Source,
        rtp::{self, OPUS, Packet, VIDEO},
    },
};
use anyhow::{Context, Result, ensure};
use wire::{ClientKind, ClientMessage, Command, LeaseAction, MediaKind, Refusal, ServerMessage, SiteSlug, Slot};

/// Who is imitated.
const VICTIM: &str = "ha-noi";
/// Who imitates.
const ATTACKER: &str = "cao-bang";
/// How long packets in the victim's name are sent.
const ATTACK: Duration = Duration::from_secs(4);
/// Between two such packets of each of the victim's sources: faster than its own.
const PAUSE: Duration = Duration::from_millis(10);
/// Longest pause of the victim's sound that is put down to a busy machine.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

struct Audit {
    server: Server,
    operator: Operator,
}

impl Audit {
    /// All entries, as text.
    fn entries(&self) -> Result<Vec<String>> {
        let (status, text) = self.server.get("/api/v1/audit", &[("cookie", self.operator.cookie.as_str())])?;
        ensure!(status == 200, "{status} {text}");
        let entries: Vec<serde_json::Value> = serde_json::from_str(&text)?;
        Ok(entries.iter().map(ToString::to_string).collect())
    }

    /// Entries of the attacker that contain `what`.
    fn count(&self, what: &str) -> Result<usize> {
        Ok(self.entries()?.iter().filter(|entry| entry.contains(ATTACKER) && entry.contains(what)).count())
    }

    /// Events in the conference's log.
    fn events(&self, conference: &str) -> Result<String> {
        let path = format!("/api/v1/conferences/{conference}/events?after=0&limit=1000");
        let (status, text) = self.server.get(&path, &[("cookie", self.operator.cookie.as_str())])?;
        ensure!(status == 200, "{status} {text}");
        Ok(text)
    }
}

async fn audited() -> Result<Audit> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    Ok(Audit { server, operator })
}

#[tokio::test]
async fn messages_that_name_another_site_are_refused_and_audited_or_say_nothing() -> Result<()> {
    let world = audited().await?;
    let token = world.server.token(ATTACKER, "main")?;
    let mut site = Client::join(&world.server, ClientKind::Site, &token).await?;
    let you = &site.welcome.you;
    ensure!(you.site == Some(SiteSlug(ATTACKER.into())), "{you:?}");
    let conference = you.conference.0.clone();

    let other = || SiteSlug(VICTIM.into());
    let commands = [
        Command::WithdrawRequest { site: other() },
        Command::SendMessage { to: vec![other()], text: "từ trung tâm".into() },
        Command::Mute { site: other() },
        Command::Unmute { site: other() },
        Command::RemoveFromAir { site: other() },
        Command::Grant { site: other() },
        Command::Invite { site: other() },
        Command::MarkPresence { site: other(), present: false, reason: "x".into() },
    ];
    for command in &commands {
        ensure!(site.command(command.clone()).await? == Err(Refusal::Forbidden), "{command:?}");
    }
    let sounds = [
        ClientMessage::Solo { site: Some(other()) },
        ClientMessage::Talkback { sites: vec![other()] },
        ClientMessage::Lease { action: LeaseAction::Claim },
    ];
    for message in &sounds {
        site.send(message).await?;
        let refused = site.until(|answer| matches!(answer, ServerMessage::Error { .. }).then_some(()));
        refused.await.with_context(|| format!("{message:?}"))?;
    }
    // Fields that the protocol does not have are nobody's: the sender stays who its token says.
    for field in ["site", "as", "token", "endpoint"] {
        let id = format!("named-{field}");
        let text = format!(
            r#"{{"type":"command","id":"{id}","seen":null,"{field}":"{VICTIM}","command":{{"type":"send_message","to":[],"text":"{id}"}}}}"#
        );
        site.send_text(&text).await?;
        site.until(|answer| match answer {
            ServerMessage::Accepted { id: of, .. } if of.0 == id => Some(()),
            ServerMessage::Error { .. } => Some(()),
            _ => None,
        })
        .await?;
    }

    ensure!(world.count("")? >= commands.len() + sounds.len(), "not everything was audited");
    let log: Vec<serde_json::Value> = serde_json::from_str(&world.events(&conference)?)?;
    let in_name = log.iter().filter(|event| event["actor"].as_str().is_some_and(|actor| actor.contains(VICTIM)));
    ensure!(in_name.count() == 0, "something was logged in the name of {VICTIM}: {log:?}");
    Ok(())
}

#[tokio::test]
async fn paths_and_hellos_that_ask_for_more_are_403_or_closed_and_audited() -> Result<()> {
    let world = audited().await?;
    let server = &world.server;
    let token = server.token(ATTACKER, "main")?;
    let conference = Client::console(server, &world.operator).await?.welcome.you.conference.0.clone();
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];

    let base = format!("/api/v1/conferences/{conference}");
    let posts = [
        (format!("{base}/links/{VICTIM}/main/revoke"), r#"{"reissue":true}"#.to_owned()),
        (format!("{base}/links/{ATTACKER}/main/revoke"), r#"{"reissue":true}"#.to_owned()),
        ("/api/v1/operators".to_owned(), r#"{"name":"x","password":"long enough to pass","role":"lead"}"#.to_owned()),
        (format!("{base}/commands"), r#"{"id":"h1","command":{"type":"mute","site":"ha-noi"}}"#.to_owned()),
        (format!("{base}/commands"), r#"{"id":"h2","command":{"type":"back_to_hall"}}"#.to_owned()),
        (format!("{base}/commands"), r#"{"id":"h3","command":{"type":"withdraw_request","site":"ha-noi"}}"#.to_owned()),
    ];
    for (path, body) in &posts {
        let (status, _, text) = server.post(path, body, &headers)?;
        ensure!(status == 403, "{path} {body}: {status} {text}");
    }
    for path in [format!("{base}/links"), format!("{base}/events"), "/api/v1/audit".into(), "/api/v1/operators".into()]
    {
        let (status, text) = server.get(&path, &headers)?;
        ensure!(status == 403, "{path}: {status} {text}");
    }
    // A console's feed and a screen's place with a site's token: two hellos that are turned away.
    for kind in [ClientKind::Console, ClientKind::Screen] {
        ensure!(Client::join(server, kind, &token).await.is_err(), "{kind:?} with the token of a site");
    }

    ensure!(world.count("links/ha-noi")? >= 1, "the path with another's name was not audited");
    ensure!(world.count("")? > posts.len() + 4, "not everything was audited");
    // Nobody is known behind a console without a sign-in, but it was noted that somebody tried.
    ensure!(world.entries()?.iter().any(|entry| entry.contains("connect as Console")), "the console was not audited");
    let still = Client::join(server, ClientKind::Site, &server.token(VICTIM, "main")?).await;
    ensure!(still.is_ok(), "the other site's link was touched");
    Ok(())
}

/// The victim on air, the hall, a console that sees everything, and the attacker off air with its media connected.
struct Stage {
    world: Audit,
    console: Peer,
    desk: Client,
    hall: Peer,
    victim: Peer,
    attacker: Peer,
}

impl Stage {
    async fn set() -> Result<Self> {
        let world = audited().await?;
        let server = &world.server;
        let console = Peer::console(server, &world.operator).await?;
        let mut desk = Client::console(server, &world.operator).await?;
        let hall = Peer::site(server, &server.token("dien-hong", "main")?, Habits::says("the-hall")).await?;
        let victim = Peer::site(server, &server.token(VICTIM, "main")?, Habits::says("the-victim")).await?;
        console.until_heard("the-victim", 5, |slot, _| matches!(slot, Slot::Wall { .. })).await?;
        desk.put_on_air(VICTIM).await?;
        console.until_heard("the-victim", 20, in_programme).await?;
        let sources = victim.seen().sources.clone();
        // The attacker claims the victim's stream and SSRCs; MIDs are the same numbers in everybody's offer anyway.
        let munge = move |offer: String| claim(&offer, &sources);
        let habits = Habits { says: None, munge: Box::new(munge) };
        let attacker = Peer::site(server, &server.token(ATTACKER, "main")?, habits).await?;
        Ok(Self { world, console, desk, hall, victim, attacker })
    }
}

/// The offer with the victim's stream, and its SSRCs in the lines of their kind.
fn claim(offer: &str, sources: &[Source]) -> String {
    let sections = offer.split("\r\nm=").enumerate().map(|(place, section)| {
        let own = sources.iter().filter(|source| source.line + 1 == place);
        let ssrcs: String = own.map(|source| format!("\r\na=ssrc:{} cname:victim", source.ssrc)).collect();
        if ssrcs.is_empty() { section.to_owned() } else { format!("{section}\r\na=msid:camera victim{ssrcs}") }
    });
    sections.collect::<Vec<_>>().join("\r\nm=")
}

fn in_programme(slot: Slot, _: MediaKind) -> bool {
    matches!(slot, Slot::Program { .. })
}

/// A packet that could be the victim's next one.
fn imitation(source: &Source, named: bool) -> Packet {
    let base = if named {
        Packet::of(source.line, source.rid, source.ssrc, source.index)
    } else {
        Packet::bare(source.ssrc, source.index)
    };
    let (second, payload) = match source.rid {
        None => (OPUS, b"the-attacker".to_vec()),
        Some(_) => (0x80 | VIDEO, rtp::picture(true, b"the-attacker")),
    };
    Packet { second, timestamp: source.timestamp, payload, ..base }
}

/// RTCP that speaks of the victim: sender report with a wild clock, goodbye, keyframe request, retransmission of everything.
fn gossip(ssrc: u32) -> Vec<u8> {
    let [a, b, c, d] = ssrc.to_be_bytes();
    let mut compound = vec![0x80, 200, 0, 6, a, b, c, d];
    compound.extend_from_slice(&[0xff; 20]);
    compound.extend_from_slice(&[0x81, 203, 0, 1, a, b, c, d]);
    compound.extend_from_slice(&[0x81, 206, 0, 2, 0, 0, 0, 1, a, b, c, d]);
    compound.extend_from_slice(&[0x81, 205, 0, 3, 0, 0, 0, 1, a, b, c, d, 0, 0, 0xff, 0xff]);
    compound
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packets_with_another_sites_ssrcs_and_mids_neither_silence_nor_replace_it() -> Result<()> {
    let mut stage = Stage::set().await?;
    ensure!(stage.attacker.rejected == 0 && stage.attacker.lines.len() < stage.console.lines.len(), "lines of a site");
    let began = Instant::now();

    while began.elapsed() < ATTACK {
        for source in stage.victim.seen().sources.clone() {
            stage.attacker.send(&imitation(&source, true));
            stage.attacker.send(&imitation(&source, false));
            stage.attacker.send_rtcp(gossip(source.ssrc));
        }
        for ssrc in stage.victim.lines.keys().chain(stage.console.lines.keys()).take(20) {
            stage.attacker.send_rtcp(gossip(*ssrc));
        }
        tokio::time::sleep(PAUSE).await;
    }

    // It did speak, as itself: its own tile on the wall shows it.
    let own_tile = stage.console.heard(began, "the-attacker", |slot, _| matches!(slot, Slot::Wall { .. }));
    ensure!(own_tile > 0, "the attacker's packets never arrived: this test shows nothing");
    let tiles: std::collections::BTreeSet<String> = {
        let seen = stage.console.seen();
        let its = seen.received.iter().filter(|one| one.says("the-attacker"));
        its.map(|one| format!("{:?}", one.slot)).collect()
    };
    ensure!(tiles.len() == 1, "the attacker is seen in {tiles:?}");
    for (name, peer) in [("console", &stage.console), ("hall", &stage.hall), ("victim", &stage.victim)] {
        let replaced = peer.heard(began, "the-attacker", |slot, _| !matches!(slot, Slot::Wall { .. }));
        ensure!(replaced == 0, "{replaced} of the attacker's packets at the {name}");
    }
    for (name, peer) in [("console", &stage.console), ("hall", &stage.hall)] {
        goes_on(peer, began).with_context(|| format!("the victim at the {name}"))?;
    }
    stage.desk.accepted(Command::BackToHall).await?;
    stage.desk.put_on_air(VICTIM).await?;
    drop(stage.attacker);
    stage.console.until_heard("the-victim", 20, in_programme).await?;
    ensure!(!stage.world.server.log()?.contains("panicked"), "the server panicked");
    Ok(())
}

/// Sound and picture of the victim went on without a pause.
fn goes_on(peer: &Peer, since: Instant) -> Result<()> {
    let seen = peer.seen();
    for kind in [MediaKind::Audio, MediaKind::Video] {
        let its = seen.received.iter().filter(|one| one.kind == kind && in_programme(one.slot, kind));
        let times: Vec<Instant> =
            its.filter(|one| one.at >= since && one.says("the-victim")).map(|one| one.at).collect();
        let ends = [since].into_iter().chain(times.iter().copied()).zip(times.iter().copied());
        let pause = ends.map(|(before, after)| after - before).max().context("nothing came")?;
        ensure!(pause < LONGEST_PAUSE, "{kind:?}: a pause of {pause:?}");
        ensure!(times.last().is_some_and(|last| last.elapsed() < LONGEST_PAUSE), "{kind:?}: it stopped");
        let frames = if kind == MediaKind::Audio { 50 } else { 25 };
        let expected = frames * usize::try_from(ATTACK.as_secs())?;
        ensure!(times.len() * 2 >= expected, "{kind:?}: {} of {expected}", times.len());
    }
    Ok(())
}

#[tokio::test]
async fn lines_of_a_console_in_a_sites_offer_are_rejected_and_another_peers_ufrag_is_not_answered() -> Result<()> {
    let world = audited().await?;
    let server = &world.server;
    let victim = Peer::site(server, &server.token(VICTIM, "main")?, Habits::says("the-victim")).await?;
    let munge = |offer: String| {
        let first = offer.matches("\r\nm=").count();
        let mids: Vec<String> = (first..first + 64).map(|mid| mid.to_string()).collect();
        let wall: String = mids
            .iter()
            .map(|mid| {
                format!(
                    "m=video 9 UDP/TLS/RTP/SAVPF 108\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na=rtpmap:108 H264/90000\r\n\
                     a=fmtp:108 packetization-mode=1;profile-level-id=42e01f\r\na=recvonly\r\na=rtcp-mux\r\n"
                )
            })
            .collect();
        offer.replacen("a=group:BUNDLE ", &format!("a=group:BUNDLE {} ", mids.join(" ")), 1) + &wall
    };
    let habits = Habits { says: None, munge: Box::new(munge) };

    let attacker = Peer::site(server, &server.token(ATTACKER, "main")?, habits).await?;

    ensure!(attacker.rejected == 64, "{} of 64 lines of a console were rejected", attacker.rejected);
    let stolen = attacker.check_as(&victim.relay_ufrag)?;
    let answered = attacker.seen().answered.len();
    // Its own later checks are answered: the stolen one was read before them.
    let end = Instant::now() + Duration::from_secs(10);
    while attacker.seen().answered.len() < answered + 2 && Instant::now() < end {
        tokio::time::sleep(PAUSE).await;
    }
    let seen = attacker.seen();
    ensure!(seen.answered.len() >= answered + 2, "no answer to its own checks");
    ensure!(!seen.answered.contains(&stolen), "the relay answered a check with a stolen ufrag");
    Ok(())
}
