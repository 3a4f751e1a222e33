//! The control lease: exactly one operator changes the conference.

use std::time::{Duration, Instant};

use server::conference_task::{Departure, Visit};
use wire::{ClientKind, ClientMessage, Command, ErrorCode, FloorMode, LeaseAction, Refusal, Role, ServerMessage};

use crate::world::{Page, World, operator};

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
    assert_eq!(told_no(&mut first).await, "nobody is not here, or may not hold the control lease");
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

    claim(&second).await;
    assert_eq!(told_no(&mut second).await, "lan holds the control lease and is here");
    assert!(matches!(second.command(OPEN).await, Err(Refusal::NotInControl { .. })));
    first.leave(Departure::Cut).await;
    assert!(matches!(second.command(OPEN).await, Err(Refusal::NotInControl { .. })), "nobody asked for it");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    claim(&second).await;

    assert!(second.command(OPEN).await.is_ok());
}

#[tokio::test]
async fn one_key_has_control_within_two_seconds_of_the_death_of_the_leads_browser() {
    let world = World::new().await;
    let first = world.operator("lan", Role::Lead).await;
    let mut second = world.operator("minh", Role::Assistant).await;
    let died = Instant::now();
    first.leave(Departure::Cut).await;

    // The page shows at once that the lead is missing; the key is pressed then, before a reload could be told from a death.
    let missing_since = missing(&mut second).await;
    let seen = died.elapsed();
    claim(&second).await;
    holder(&mut second, "minh").await;
    let took = died.elapsed();

    println!("missing was seen after {seen:?}, the assistant had control after {took:?}");
    assert!(second.command(OPEN).await.is_ok());
    assert!(missing_since > 0 && seen < Duration::from_millis(500), "{seen:?}");
    assert!(took >= server::conference_task::MISSING_AFTER, "a reload must not lose it: {took:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn one_key_has_control_within_two_seconds_of_a_cut_of_the_leads_line() {
    let world = World::new().await;
    let first = world.operator("lan", Role::Lead).await;
    let mut second = world.operator("minh", Role::Assistant).await;
    // The page pings every second; the line is cut 0.6 s after its last ping.
    first.joined.heard.note(tokio::time::Instant::now().into_std());
    tokio::time::sleep(Duration::from_millis(600)).await;
    let cut = Instant::now();

    missing(&mut second).await;
    claim(&second).await;
    holder(&mut second, "minh").await;
    let took = cut.elapsed();

    println!("the assistant had control {took:?} after the cut");
    assert!(second.command(OPEN).await.is_ok());
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn a_claim_that_waits_is_refused_when_the_holder_returns() {
    let world = World::new().await;
    let first = world.operator("lan", Role::Lead).await;
    let mut second = world.operator("minh", Role::Assistant).await;
    first.leave(Departure::Cut).await;
    claim(&second).await;

    let mut returned = world.operator("lan", Role::Lead).await;

    assert_eq!(told_no(&mut second).await, "lan holds the control lease and is here");
    assert!(returned.command(OPEN).await.is_ok());
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    let live = world.handle.live(server::view::Audience::Centre).await.unwrap();
    assert_eq!((live.lease.as_deref(), live.lease_missing_since), (Some("lan"), None));
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

async fn claim(page: &Page) {
    page.say(ClientMessage::Lease { action: LeaseAction::Claim }).await;
}

/// What a page is told whose claim was refused.
async fn told_no(page: &mut Page) -> String {
    page.until(|message| match message {
        ServerMessage::Error { code: ErrorCode::LeaseHeld, detail, fatal: false } => Some(detail),
        _ => None,
    })
    .await
}

/// Since when the holder is missing, as soon as a page is told.
async fn missing(page: &mut Page) -> u64 {
    page.until(|message| match message {
        ServerMessage::Live(live) => live.lease_missing_since,
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_restart_in_the_middle_of_a_conference_takes_it_from_nobody() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    assert!(lead.command(Command::OpenConference).await.is_ok());
    let mut assistant = world.operator("minh", Role::Assistant).await;
    lead.say(ClientMessage::Lease { action: LeaseAction::HandOver { to: "minh".to_owned() } }).await;
    holder(&mut assistant, "minh").await;
    assert!(assistant.command(OPEN).await.is_ok());

    let world = world.restart().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    assert_eq!(lead.command(QUEUE).await, Err(Refusal::NotInControl { holder: Some("minh".to_owned()) }));
    let mut assistant = world.operator("minh", Role::Assistant).await;
    assert!(assistant.command(QUEUE).await.is_ok(), "without a claim");
}

#[tokio::test]
async fn after_a_restart_a_holder_who_stays_away_is_missing_like_any_other() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    assert!(lead.command(Command::OpenConference).await.is_ok());

    let world = world.restart().await;
    let mut second = world.operator("hoa", Role::Lead).await;
    claim(&second).await;
    holder(&mut second, "hoa").await;
    assert!(second.command(OPEN).await.is_ok());
}

#[tokio::test]
async fn before_the_conference_a_restart_leaves_it_to_the_first_lead() {
    let world = World::new().await;
    let mut first = world.operator("lan", Role::Lead).await;
    assert!(first.command(OPEN).await.is_ok());

    let world = world.restart().await;
    let mut second = world.operator("hoa", Role::Lead).await;
    assert!(second.command(QUEUE).await.is_ok());
}

#[tokio::test]
async fn a_plan_that_is_open_elsewhere_does_not_stand_for_a_dead_console() {
    let world = World::new().await;
    let console = world.operator("lan", Role::Lead).await;
    let plan =
        world.visit(Visit { client: ClientKind::Plan, device: "office".to_owned(), ..operator("lan", Role::Lead) });
    let _plan = plan.await.unwrap();
    let mut second = world.operator("minh", Role::Assistant).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    console.leave(Departure::Cut).await;

    claim(&second).await;

    holder(&mut second, "minh").await;
    assert!(second.command(OPEN).await.is_ok());
}
