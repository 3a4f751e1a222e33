//! Who may do what, over the real wire: a site stays a site whatever it sends.

use std::collections::BTreeSet;

use acceptance::{Client, Operator, Server};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use wire::{
    ClientKind, Command, FloorMode, ItemId, Layout, LoggedEvent, LowerThird, PlanDetails, PreviewId, Quorum, Refusal,
    ServerMessage, SiteSlug, SourceKind, SourceRef, SpeechLimits,
};

/// What a site may send; everything else is an operator's.
const OF_SITES: [&str; 5] =
    ["request_floor", "withdraw_request", "set_delegates", "send_message", "acknowledge_message"];
/// Kinds of event that starting, coming and going cause. Nothing else may be in a log after commands that were all refused.
const COMING_AND_GOING: [&str; 4] = ["server_started", "setup_recorded", "endpoint_joined", "endpoint_dropped"];

/// One of each command that a site may not send.
fn operator_commands() -> Vec<Command> {
    let source = SourceRef { site: SiteSlug("ha-noi".into()), kind: SourceKind::Camera };
    let site = || SiteSlug("ha-noi".into());
    let item = || ItemId("khai-mac".into());
    let speech = SpeechLimits::default();
    let (title, support_phone, floor_mode) = ("x".into(), String::new(), FloorMode::Open);
    vec![
        Command::OpenConference,
        Command::EndConference { confirmation: "x".into() },
        Command::StartRehearsal,
        Command::EndRehearsal,
        Command::LockPlan { locked: true },
        Command::SetDetails { details: PlanDetails { title, support_phone, floor_mode, speech } },
        Command::SetAgenda { items: vec![] },
        Command::SetSites { sites: vec![] },
        Command::DelegateRegions { to: "lead".into(), regions: vec![] },
        Command::SetQuorum { quorum: Quorum::default() },
        Command::SetTemplates { texts: vec![] },
        Command::ShowHolding { title: "x".into(), text: String::new() },
        Command::SetLowerThird { lower_third: LowerThird::Hidden },
        Command::ShowNames { shown: false },
        Command::StartTour { sites: vec![], dwell_ms: 5_000, repeat: false },
        Command::StopTour,
        Command::MuteOthers,
        Command::UnmuteAll,
        Command::AllowMicrophones { allowed: true },
        Command::OpenMicrophone { site: site() },
        Command::CloseMicrophone { site: site() },
        Command::SetPreview { layout: Layout::Single, sources: vec![source] },
        Command::ClearPreview,
        Command::Take { preview: PreviewId(1) },
        Command::BackToHall,
        Command::Undo,
        Command::RemoveFromAir { site: site() },
        Command::Mute { site: site() },
        Command::Unmute { site: site() },
        Command::MuteAll,
        Command::SetFloorMode { mode: FloorMode::Open },
        Command::ReorderQueue { site: site(), position: 0 },
        Command::ClearQueue,
        Command::Invite { site: site() },
        Command::Cue { site: site() },
        Command::Uncue { site: site() },
        Command::Grant { site: site() },
        Command::EndSpeech,
        Command::Interrupt,
        Command::PauseClock,
        Command::ResumeClock,
        Command::ExtendSpeech { seconds: 60 },
        Command::StartItem { item: item(), current: None },
        Command::FinishItem { item: item() },
        Command::SkipItem { item: item(), skipped: true },
        Command::MarkPresence { site: site(), present: true, reason: String::new() },
    ]
}

/// Name of a command on the wire.
fn name(command: &Command) -> Result<String> {
    let value = serde_json::to_value(command)?;
    Ok(value["type"].as_str().context("commands are tagged by type")?.to_owned())
}

#[derive(Deserialize)]
struct Audited {
    who: String,
    what: String,
    address: Option<String>,
}

/// The whole log, as the server tells it.
fn log(server: &Server, operator: &Operator, conference: &str) -> Result<Vec<LoggedEvent>> {
    let path = format!("/api/v1/conferences/{conference}/events?after=0&limit=1000");
    let (status, text) = server.get(&path, &[("cookie", &operator.cookie)])?;
    ensure!(status == 200, "{status} {text}");
    Ok(serde_json::from_str(&text)?)
}

/// Kinds of event in the log.
fn kinds(server: &Server, operator: &Operator, conference: &str) -> Result<BTreeSet<String>> {
    Ok(log(server, operator, conference)?.into_iter().map(|event| event.kind).collect())
}

fn audit(server: &Server, operator: &Operator) -> Result<Vec<Audited>> {
    let (status, text) = server.get("/api/v1/audit?limit=1000", &[("cookie", &operator.cookie)])?;
    ensure!(status == 200, "{status} {text}");
    Ok(serde_json::from_str(&text)?)
}

/// Fails unless each command has one entry of its own that names the site.
fn each_is_audited(entries: &[Audited], site: &str) {
    for command in operator_commands() {
        let text = format!("command {command:?}");
        let start = text.split([' ', '(']).take(2).collect::<Vec<_>>().join(" ");
        let of_it =
            |entry: &&Audited| entry.who.contains(site) && entry.what.split([' ', '(']).take(2).eq(start.split(' '));
        assert_eq!(entries.iter().filter(of_it).count(), 1, "audit entries of {start}");
    }
}

#[test]
fn the_list_of_operator_commands_is_whole() -> Result<()> {
    let error = serde_json::from_str::<Command>(r#"{"type":"?"}"#).err().context("no such command exists")?.to_string();
    let (_, known) = error.split_once("expected one of").context("the parser lists what it knows")?;
    let known: BTreeSet<String> = known.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let listed = operator_commands().iter().map(name).collect::<Result<BTreeSet<_>>>()?;

    let of_sites = known.difference(&listed).map(String::as_str).collect::<BTreeSet<_>>();
    assert_eq!(of_sites, BTreeSet::from(OF_SITES));
    Ok(())
}

#[tokio::test]
async fn a_site_that_sends_operator_commands_is_forbidden_and_audited() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let mut console = Client::console(&server, &operator).await?;
    let mut site = Client::join(&server, ClientKind::Site, &server.token("cao-bang", "main")?).await?;
    let conference = console.welcome.you.conference.0.clone();

    for command in operator_commands() {
        let answer = site.command(command.clone()).await?;
        assert_eq!(answer, Err(Refusal::Forbidden), "{command:?}");
    }

    let coming_and_going = BTreeSet::from(COMING_AND_GOING.map(str::to_owned));
    let logged = kinds(&server, &operator, &conference)?;
    assert!(logged.is_subset(&coming_and_going), "events of refused commands: {logged:?}");
    each_is_audited(&audit(&server, &operator)?, "cao-bang");

    // The same commands from somebody who may send them are in that log: it was the right place to look.
    console.accepted(Command::OpenConference).await?;
    console.accepted(Command::SetFloorMode { mode: FloorMode::Open }).await?;
    console.accepted(Command::Mute { site: SiteSlug("ha-noi".into()) }).await?;
    let logged = kinds(&server, &operator, &conference)?;
    for kind in ["conference_opened", "floor_mode_set", "site_muted"] {
        assert!(logged.contains(kind), "no {kind} in {logged:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_site_over_http_gets_403_for_an_operators_command_and_for_the_consoles_data() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let console = Client::console(&server, &operator).await?;
    let conference = console.welcome.you.conference.0.clone();
    let bearer = format!("Bearer {}", server.token("cao-bang", "main")?);
    let headers = [("authorization", bearer.as_str())];

    for command in operator_commands() {
        let body = serde_json::json!({ "id": uuid::Uuid::now_v7().to_string(), "command": command }).to_string();
        let (status, _, text) = server.post(&format!("/api/v1/conferences/{conference}/commands"), &body, &headers)?;
        assert_eq!(status, 403, "{command:?}: {text}");
    }
    let console_data = ["events", "links"];
    for path in console_data {
        let (status, text) = server.get(&format!("/api/v1/conferences/{conference}/{path}"), &headers)?;
        assert_eq!(status, 403, "{path}: {text}");
        let (status, text) = server.get(&format!("/api/v1/conferences/{conference}/{path}"), &[])?;
        assert_eq!(status, 401, "{path}: {text}");
    }

    let logged = kinds(&server, &operator, &conference)?;
    let coming_and_going = BTreeSet::from(COMING_AND_GOING.map(str::to_owned));
    assert!(logged.is_subset(&coming_and_going), "events of refused commands: {logged:?}");
    let entries = audit(&server, &operator)?;
    each_is_audited(&entries, "cao-bang");
    for path in console_data {
        let what = format!("GET /api/v1/conferences/{conference}/{path}");
        let entry = entries.iter().find(|entry| entry.who.contains("cao-bang") && entry.what == what);
        let entry = entry.with_context(|| format!("no audit entry of {what}"))?;
        assert_eq!(entry.address.as_deref(), Some("127.0.0.1"), "{what}");
    }
    Ok(())
}

#[tokio::test]
async fn a_site_cannot_open_a_console_nor_act_for_another_site() -> Result<()> {
    let server = Server::start().await?;
    let token = server.token("cao-bang", "main")?;

    let console = Client::join(&server, ClientKind::Console, &token).await;
    assert!(console.is_err(), "a join token opened a console");
    let unknown = Client::join(&server, ClientKind::Site, "no-such-token").await;
    assert!(unknown.is_err(), "an unknown token joined");

    let operator = server.sign_in()?;
    let mut lead = Client::console(&server, &operator).await?;
    assert!(lead.command(Command::SetFloorMode { mode: FloorMode::Queue }).await?.is_ok());
    let mut hanoi = Client::join(&server, ClientKind::Site, &server.token("ha-noi", "main")?).await?;
    assert!(hanoi.command(Command::RequestFloor { kind: wire::RequestKind::Request }).await?.is_ok());
    let mut site = Client::join(&server, ClientKind::Site, &token).await?;
    let answer = site.command(Command::WithdrawRequest { site: SiteSlug("ha-noi".into()) }).await?;
    assert_eq!(answer, Err(Refusal::Forbidden));
    Ok(())
}

#[tokio::test]
async fn a_revoked_link_is_closed_within_a_second() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let console = Client::console(&server, &operator).await?;
    let conference = console.welcome.you.conference.0.clone();
    let mut site = Client::join(&server, ClientKind::Site, &server.token("cao-bang", "main")?).await?;

    let path = format!("/api/v1/conferences/{conference}/links/cao-bang/main/revoke");
    let (status, _, text) = server.post(&path, r#"{"reissue":false}"#, &[("cookie", operator.cookie.as_str())])?;
    assert!((200..300).contains(&status), "{status} {text}");
    let start = std::time::Instant::now();
    let closed = tokio::time::timeout(std::time::Duration::from_secs(1), async {
        loop {
            match site.next().await {
                Err(_) => return,
                Ok(ServerMessage::Error { fatal: true, .. }) => return,
                Ok(_) => {}
            }
        }
    });
    assert!(closed.await.is_ok(), "still open after {:?}", start.elapsed());
    Ok(())
}
