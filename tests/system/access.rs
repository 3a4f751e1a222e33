//! Who may do what, over the real wire: a site stays a site whatever it sends.

use acceptance::{Client, Server};
use anyhow::Result;
use wire::{
    ClientKind, Command, FloorMode, Layout, PreviewId, Refusal, ServerMessage, SiteSlug, SourceKind, SourceRef,
};

fn operator_commands() -> Vec<Command> {
    let source = SourceRef { site: SiteSlug("ha-noi".into()), kind: SourceKind::Camera };
    let site = || SiteSlug("ha-noi".into());
    vec![
        Command::OpenConference,
        Command::EndConference { confirmation: "x".into() },
        Command::SetPreview { layout: Layout::Single, sources: vec![source] },
        Command::Take { preview: PreviewId(1) },
        Command::BackToHall,
        Command::Undo,
        Command::Mute { site: site() },
        Command::MuteAll,
        Command::SetFloorMode { mode: FloorMode::Open },
        Command::Grant { site: site() },
        Command::Interrupt,
    ]
}

#[tokio::test]
async fn a_site_that_sends_operator_commands_is_forbidden_and_audited() -> Result<()> {
    let server = Server::start().await?;
    let operator = server.sign_in()?;
    let mut console = Client::console(&server, &operator).await?;
    let mut site = Client::join(&server, ClientKind::Site, &server.token("cao-bang", "main")?).await?;

    for command in operator_commands() {
        let answer = site.command(command.clone()).await?;
        assert_eq!(answer, Err(Refusal::Forbidden), "{command:?}");
    }

    let ids: Vec<_> = console.welcome.state.take().expect("a first welcome holds the state").sites;
    assert_eq!(ids.len(), 64);
    let conference = console.welcome.you.conference.0.clone();
    let headers = [("cookie", operator.cookie.as_str())];
    let (status, log) = server.get(&format!("/api/v1/conferences/{conference}/events?after=0&limit=1000"), &headers)?;
    assert_eq!(status, 200, "{log}");
    for kind in ["TakeOrdered", "take_ordered", "opened", "Opened", "muted", "Muted"] {
        assert!(!log.contains(&format!("\"kind\":\"{kind}\"")), "{kind} is in the log");
    }
    let (status, audit) = server.get("/api/v1/audit", &headers)?;
    assert_eq!(status, 200, "{audit}");
    let entries = audit.matches("cao-bang").count();
    assert!(entries >= operator_commands().len(), "{entries} audit entries: {audit}");
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
    for path in ["events?after=0&limit=10", "links"] {
        let (status, text) = server.get(&format!("/api/v1/conferences/{conference}/{path}"), &headers)?;
        assert_eq!(status, 403, "{path}: {text}");
        let (status, text) = server.get(&format!("/api/v1/conferences/{conference}/{path}"), &[])?;
        assert_eq!(status, 401, "{path}: {text}");
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
