//! Every command from every role over the WebSocket: what is not given is refused, leaves no event and is audited.

use std::collections::BTreeSet;

use wire::{
    Command, EndpointRole, FloorMode, ItemId, Layout, LowerThird, MessageId, PlanDetails, PreviewId, Quorum, Refusal,
    RequestKind, SiteSlug, SourceKind, SourceRef, SpeechLimits,
};

use crate::server_world::{Client, ServerWorld, hello};

/// Who may send a command: `O` operator with the lease, `o` operator always, `c` chair, `s` secretary, `p` site (province).
/// Written by hand from the roles of the product, not taken from the code under test. A new command does not compile
/// without a line here.
fn given_to(command: &Command) -> &'static str {
    match command {
        Command::OpenConference
        | Command::EndConference { .. }
        | Command::StartRehearsal
        | Command::EndRehearsal
        | Command::DelegateRegions { .. } => "O",
        Command::LockPlan { .. }
        | Command::SetDetails { .. }
        | Command::SetSites { .. }
        | Command::SetQuorum { .. }
        | Command::SetTemplates { .. } => "O",
        Command::SetAgenda { .. } => "Os",
        Command::SetPreview { .. }
        | Command::ClearPreview
        | Command::Take { .. }
        | Command::BackToHall
        | Command::Undo
        | Command::RemoveFromAir { .. }
        | Command::ShowHolding { .. }
        | Command::SetLowerThird { .. }
        | Command::ShowNames { .. }
        | Command::StartTour { .. }
        | Command::StopTour => "O",
        Command::Mute { .. } | Command::Unmute { .. } | Command::MuteAll | Command::MuteOthers | Command::UnmuteAll => {
            "O"
        }
        Command::AllowMicrophones { .. } | Command::OpenMicrophone { .. } | Command::CloseMicrophone { .. } => "Oc",
        Command::SetFloorMode { .. } | Command::ClearQueue | Command::Cue { .. } | Command::Uncue { .. } => "O",
        Command::ReorderQueue { .. } | Command::Invite { .. } => "Ocs",
        Command::Grant { .. }
        | Command::EndSpeech
        | Command::Interrupt
        | Command::PauseClock
        | Command::ResumeClock
        | Command::ExtendSpeech { .. } => "Oc",
        Command::StartItem { .. } | Command::FinishItem { .. } | Command::SkipItem { .. } => "Oc",
        Command::RequestFloor { .. } => "p",
        Command::WithdrawRequest { .. } => "Osp",
        Command::MarkPresence { .. } => "os",
        Command::SetDelegates { .. } => "osp",
        Command::SendMessage { .. } | Command::AcknowledgeMessage { .. } => "ocsp",
    }
}

fn samples() -> Vec<Command> {
    plan_samples().into_iter().chain(day_samples()).collect()
}

fn plan_samples() -> Vec<Command> {
    let speech = SpeechLimits { allowed_ms: 0, warning_ms: 0, grace_ms: 0 };
    let details = PlanDetails {
        title: "Hội nghị".to_owned(),
        support_phone: String::new(),
        floor_mode: FloorMode::Operator,
        speech,
    };
    vec![
        Command::StartRehearsal,
        Command::EndRehearsal,
        Command::SetDetails { details },
        Command::SetAgenda { items: vec![] },
        // Without a hall: refused whoever sends it, so that the sites of this test stay.
        Command::SetSites { sites: vec![] },
        Command::SetQuorum { quorum: Quorum { sites: 1, delegates: 0 } },
        Command::SetTemplates { texts: vec!["Xin chờ".to_owned()] },
        Command::LockPlan { locked: true },
        Command::DelegateRegions { to: "hoa".to_owned(), regions: vec![] },
    ]
}

fn day_samples() -> Vec<Command> {
    let site = || SiteSlug("cao-bang".to_owned());
    let item = || ItemId("mo".to_owned());
    let camera = SourceRef { site: site(), kind: SourceKind::Camera };
    vec![
        Command::EndConference { confirmation: "wrong".to_owned() },
        Command::OpenConference,
        Command::ShowHolding { title: "Tạm nghỉ".to_owned(), text: String::new() },
        Command::SetLowerThird { lower_third: LowerThird::Hidden },
        Command::ShowNames { shown: false },
        Command::StartTour { sites: vec![], dwell_ms: 5_000, repeat: false },
        Command::StopTour,
        Command::MuteOthers,
        Command::UnmuteAll,
        Command::AllowMicrophones { allowed: true },
        Command::OpenMicrophone { site: site() },
        Command::CloseMicrophone { site: site() },
        Command::SetDelegates { site: site(), delegates: vec![] },
        Command::SkipItem { item: item(), skipped: true },
        Command::SetPreview { layout: Layout::Single, sources: vec![camera] },
        Command::Take { preview: PreviewId(999) },
        Command::ClearPreview,
        Command::BackToHall,
        Command::Undo,
        Command::RemoveFromAir { site: site() },
        Command::Mute { site: site() },
        Command::Unmute { site: site() },
        Command::MuteAll,
        Command::SetFloorMode { mode: FloorMode::Queue },
        Command::RequestFloor { kind: RequestKind::Request },
        Command::WithdrawRequest { site: site() },
        Command::ReorderQueue { site: site(), position: 0 },
        Command::ClearQueue,
        Command::Invite { site: site() },
        Command::Cue { site: site() },
        Command::Uncue { site: site() },
        Command::Grant { site: site() },
        Command::PauseClock,
        Command::ResumeClock,
        Command::ExtendSpeech { seconds: 60 },
        Command::Interrupt,
        Command::EndSpeech,
        Command::StartItem { item: item(), current: None },
        Command::FinishItem { item: item() },
        Command::MarkPresence { site: site(), present: true, reason: String::new() },
        Command::SendMessage { to: vec![], text: "xin chào".to_owned() },
        Command::AcknowledgeMessage { message: MessageId(1) },
    ]
}

/// Number of variants of `wire::Command`, counted from its generated description.
fn variants() -> BTreeSet<String> {
    use utoipa::PartialSchema;
    let schema = serde_json::to_value(Command::schema()).unwrap();
    let variants = schema["oneOf"].as_array().unwrap().iter();
    variants.map(|variant| variant.to_string()).collect()
}

#[test]
fn the_samples_hold_every_command_once() {
    let kinds: Vec<String> = samples()
        .iter()
        .map(|command| serde_json::to_value(command).unwrap()["type"].as_str().unwrap().to_owned())
        .collect();

    assert_eq!(kinds.iter().collect::<BTreeSet<_>>().len(), kinds.len());
    assert_eq!(kinds.len(), variants().len());
}

#[tokio::test]
async fn every_role_may_do_what_it_is_given_and_nothing_else() {
    let world = ServerWorld::start().await;
    let mut lead = world.console("lan").await;
    let token = world.token("cao-bang", EndpointRole::Screen).await;
    let mut screen = world.open(None).await;
    screen.say(&wire::ClientMessage::Hello(hello(wire::ClientKind::Screen, Some(token)))).await;
    screen.welcomed().await;

    let mut others: Vec<(&str, &str, Client)> = vec![
        ("hoa", "o", world.console("hoa").await),
        ("minh", "o", world.console("minh").await),
        ("chu-toa", "c", world.console("chu-toa").await),
        ("thu-ky", "s", world.console("thu-ky").await),
        ("ky-thuat", "", world.console("ky-thuat").await),
        ("ca-mau", "p", world.site("ca-mau").await),
        ("screen", "", screen),
    ];
    for (name, letters, client) in &mut others {
        for command in samples() {
            let given = given_to(&command);
            let before = commanded(&world).await;

            let answer = client.command(own_site(name, command.clone())).await;

            if letters.chars().any(|letter| given.contains(letter)) {
                let wrongly = matches!(answer, Err(Refusal::Forbidden | Refusal::NotInControl { .. }));
                assert!(!wrongly, "{name} {command:?}: {answer:?}");
                continue;
            }
            let without_lease = *letters == "o" && given.contains('O');
            match answer {
                Err(Refusal::NotInControl { holder }) if without_lease => assert_eq!(holder.as_deref(), Some("lan")),
                Err(Refusal::Forbidden) if !without_lease => {}
                other => panic!("{name} {command:?}: {other:?}"),
            }
            assert_eq!(commanded(&world).await, before, "{name} {command:?} left an event");
            let rows = world.server.app().access.audit_rows(None, 1).await.unwrap();
            assert!(rows[0].what.contains("command"), "{name} {command:?}: {rows:?}");
        }
    }
    for command in samples() {
        let answer = lead.command(command.clone()).await;
        let forbidden = answer == Err(Refusal::Forbidden);
        assert_eq!(forbidden, !given_to(&command).to_lowercase().contains('o'), "lan {command:?}: {answer:?}");
    }
}

/// Events that commands led to.
async fn commanded(world: &ServerWorld) -> usize {
    world.events().await.iter().filter(|event| event.command_id.is_some()).count()
}

/// A site may withdraw its own request, and name its own delegates, alone.
fn own_site(name: &str, command: Command) -> Command {
    match command {
        Command::WithdrawRequest { .. } if name == "ca-mau" => {
            Command::WithdrawRequest { site: SiteSlug(name.to_owned()) }
        }
        Command::SetDelegates { delegates, .. } if name == "ca-mau" => {
            Command::SetDelegates { site: SiteSlug(name.to_owned()), delegates }
        }
        command => command,
    }
}

#[tokio::test]
async fn a_site_cannot_name_another_site() {
    let world = ServerWorld::start().await;
    let mut site = world.site("ca-mau").await;

    let refused = site.command(Command::WithdrawRequest { site: SiteSlug("cao-bang".to_owned()) }).await;
    let delegates = Command::SetDelegates { site: SiteSlug("cao-bang".to_owned()), delegates: vec![] };
    let named = site.command(delegates).await;
    let private =
        site.command(Command::SendMessage { to: vec![SiteSlug("cao-bang".to_owned())], text: "x".to_owned() });

    assert_eq!(refused, Err(Refusal::Forbidden));
    assert_eq!(named, Err(Refusal::Forbidden));
    assert_eq!(private.await, Err(Refusal::Forbidden));
}
