//! The control lease: exactly one operator changes the conference.

use std::time::Duration;

use server::conference_task::Departure;
use wire::{ClientMessage, Command, FloorMode, LeaseAction, Refusal, Role, ServerMessage};

use crate::world::{Page, World};

async fn holder(page: &mut Page, wanted: &str) {
    page.until(|message| match message {
        ServerMessage::Live(live) if live.lease.as_deref() == Some(wanted) => Some(()),
        _ => None,
    })
    .await;
}

const OPEN: Command = Command::SetFloorMode { mode: FloorMode::Open };
const QUEUE: Command = Command::SetFloorMode { mode: FloorMode::Queue };

#[tokio::test]
async fn the_first_lead_has_it_and_others_are_told_who_does() {
    let world = World::new().await;
    let mut assistant = world.operator("minh", Role::Assistant).await;
    let mut first = world.operator("lan", Role::Lead).await;
    let mut second = world.operator("hoa", Role::Lead).await;

    assert_eq!(second.command(OPEN).await, Err(Refusal::NotInControl { holder: Some("lan".to_owned()) }));
    assert_eq!(assistant.command(OPEN).await, Err(Refusal::NotInControl { holder: Some("lan".to_owned()) }));
    assert!(first.command(OPEN).await.is_ok());
    assert_eq!(world.audit.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn it_moves_by_hand_over_to_somebody_who_is_here() {
    let world = World::new().await;
    let mut first = world.operator("lan", Role::Lead).await;
    let mut second = world.operator("minh", Role::Assistant).await;

    first.say(ClientMessage::Lease { action: LeaseAction::HandOver { to: "nobody".to_owned() } }).await;
    assert!(first.command(OPEN).await.is_ok(), "it stays where it was");
    first.say(ClientMessage::Lease { action: LeaseAction::HandOver { to: "minh".to_owned() } }).await;
    holder(&mut second, "minh").await;

    assert!(second.command(QUEUE).await.is_ok());
    assert!(matches!(first.command(OPEN).await, Err(Refusal::NotInControl { .. })));
}

#[tokio::test]
async fn it_can_be_claimed_only_once_its_holder_is_missing() {
    let world = World::new().await;
    let first = world.operator("lan", Role::Lead).await;
    let mut second = world.operator("minh", Role::Assistant).await;

    second.say(ClientMessage::Lease { action: LeaseAction::Claim }).await;
    assert!(matches!(second.command(OPEN).await, Err(Refusal::NotInControl { .. })));
    first.leave(Departure::Cut).await;
    second.say(ClientMessage::Lease { action: LeaseAction::Claim }).await;
    assert!(matches!(second.command(OPEN).await, Err(Refusal::NotInControl { .. })), "a blink is not missing");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    second.say(ClientMessage::Lease { action: LeaseAction::Claim }).await;

    assert!(second.command(OPEN).await.is_ok());
}

#[tokio::test]
async fn a_site_cannot_take_it() {
    let world = World::new().await;
    let mut site = world.site("cao-bang").await;

    site.say(ClientMessage::Lease { action: LeaseAction::Claim }).await;

    let code = site
        .until(|message| match message {
            ServerMessage::Error { code, .. } => Some(code),
            _ => None,
        })
        .await;
    assert_eq!(code, wire::ErrorCode::Unauthorized);
    assert_eq!(world.handle.live(server::view::Audience::Centre).await.unwrap().lease, None);
}
