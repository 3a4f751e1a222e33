//! Commands: answered once they are durable, applied once, refused to whom they are not given.

use wire::{
    ClientMessage, Command, EndpointRole, FloorMode, Refusal, RequestKind, Role, ServerMessage, SiteSlug, StateChange,
};

use crate::world::{World, endpoint, http_sender, new_id};

#[tokio::test]
async fn an_accepted_command_is_in_the_log_and_everybody_is_told() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let mut site = world.site("cao-bang").await;

    let revision = lead.command(Command::SetFloorMode { mode: FloorMode::Open }).await.unwrap();

    let log = world.log().await;
    assert_eq!(log.last().map(|event| (event.revision, event.kind.as_str())), Some((revision, "floor_mode_set")));
    let mode = site
        .until(|message| match message {
            ServerMessage::Event { changes, .. } => changes.into_iter().find_map(|change| match change {
                StateChange::Floor(floor) => Some(floor.mode),
                _ => None,
            }),
            _ => None,
        })
        .await;
    assert_eq!(mode, FloorMode::Open);
}

#[tokio::test]
async fn the_same_command_twice_is_applied_once_and_answered_as_the_first_time() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let id = new_id();
    let command = ClientMessage::Command {
        id: id.clone(),
        seen: None,
        command: Command::SetFloorMode { mode: FloorMode::Open },
        age_ms: 0,
        speaker: None,
    };

    // At once, so that the second comes while the first is on its way to the disk; and again later.
    lead.say(command.clone()).await;
    lead.say(command.clone()).await;
    let first = lead.answer(&id).await.unwrap();
    let second = lead.answer(&id).await.unwrap();
    lead.say(command).await;
    let third = lead.answer(&id).await.unwrap();

    assert_eq!((first, second), (second, third));
    assert_eq!(world.count("floor_mode_set").await, 1);
}

#[tokio::test]
async fn the_same_command_over_http_after_a_restart_is_answered_as_the_first_time() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    lead.welcome().await;
    let id = new_id();
    let open = Command::OpenConference;
    let lan = || http_sender("lan", Role::Lead);
    let first = world.handle.command(lan(), id.clone(), None, open.clone()).await.unwrap();

    let world = world.restart().await;
    let again = world.handle.command(lan(), id, None, open).await;

    assert_eq!(again, Ok(first));
    assert_eq!(world.count("conference_opened").await, 1);
}

#[tokio::test]
async fn a_site_cannot_command_and_the_attempt_is_audited() {
    let world = World::new().await;
    let mut site = world.site("cao-bang").await;

    let refused = site.command(Command::BackToHall).await;

    assert_eq!(refused, Err(Refusal::Forbidden));
    let audit = world.audit.lock().unwrap().clone();
    assert_eq!(audit.len(), 1);
    assert_eq!(audit[0].who, "cao-bang");
    assert_eq!(world.count("stage_cut").await, 0);
}

#[tokio::test]
async fn a_site_reads_no_contact_of_others_and_no_message_between_others_and_the_centre() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let mut cao_bang = world.site("cao-bang").await;
    let mut ca_mau = world.visit(endpoint("ca-mau", EndpointRole::Main, "device")).await.unwrap();
    let mut screen = world.visit(endpoint("cao-bang", EndpointRole::Screen, "tv")).await.unwrap();
    let welcome = ca_mau.welcome().await;
    screen.welcome().await;

    for site in &welcome.state.as_ref().unwrap().sites {
        assert_eq!(site.contact.phone.is_empty(), site.slug.0 != "ca-mau", "{}", site.slug.0);
    }
    let to = vec![SiteSlug("cao-bang".to_owned())];
    lead.command(Command::SendMessage { to, text: "Mời chuẩn bị".to_owned() }).await.unwrap();
    lead.command(Command::MarkPresence { site: SiteSlug("ca-mau".to_owned()), present: true, reason: String::new() })
        .await
        .unwrap();

    let messages = |messages: Vec<ServerMessage>| {
        let changes = messages.into_iter().filter_map(|message| match message {
            ServerMessage::Event { changes, .. } => Some(changes),
            _ => None,
        });
        changes.flatten().filter(|change| matches!(change, StateChange::Message(_))).count()
    };
    assert_eq!(messages(cao_bang.drain()), 1);
    assert_eq!(messages(ca_mau.drain()), 0);
    assert_eq!(messages(screen.drain()), 0);
    let (_, view) = world.handle.state(server::view::Audience::Site(SiteSlug("ca-mau".to_owned()))).await.unwrap();
    assert!(view.messages.is_empty());
}

#[tokio::test]
async fn a_site_asks_for_the_floor_and_the_console_sees_it() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let mut site = world.site("cao-bang").await;

    site.command(Command::RequestFloor { kind: RequestKind::Request }).await.unwrap();

    let queue = lead
        .until(|message| match message {
            ServerMessage::Event { changes, .. } => changes.into_iter().find_map(|change| match change {
                StateChange::Floor(floor) if !floor.queue.is_empty() => Some(floor.queue),
                _ => None,
            }),
            _ => None,
        })
        .await;
    assert_eq!(queue[0].site.0, "cao-bang");
}

#[tokio::test]
async fn a_restart_from_the_journal_gives_the_same_state_with_nobody_connected() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let mut site = world.site("cao-bang").await;
    lead.command(Command::OpenConference).await.unwrap();
    site.command(Command::RequestFloor { kind: RequestKind::Request }).await.unwrap();
    lead.command(Command::Mute { site: SiteSlug("ca-mau".to_owned()) }).await.unwrap();
    let (_, before) = world.handle.state(server::view::Audience::Centre).await.unwrap();

    drop((lead, site));
    let world = world.restart().await;

    let (_, after) = world.handle.state(server::view::Audience::Centre).await.unwrap();
    assert_eq!(before, after);
    let live = world.handle.live(server::view::Audience::Centre).await.unwrap();
    assert!(live.sites.is_empty() && live.operators.is_empty());
    assert_eq!(world.count("server_started").await, 2);
}
