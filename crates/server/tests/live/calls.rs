//! Sites call the control room.

use server::conference_task::Departure;
use server::view::Audience;
use wire::{ClientMessage, EndpointRole, ErrorCode, Role, ServerMessage, SiteSlug};

use crate::world::{Page, World, endpoint};

fn named(site: &str) -> Option<SiteSlug> {
    Some(SiteSlug(site.to_owned()))
}

async fn call(page: &Page, site: Option<SiteSlug>, calling: bool) {
    page.say(ClientMessage::Call { site, calling }).await;
}

/// Since when a site calls, as an audience may read it.
async fn calling(world: &World, audience: Audience, site: &str) -> Option<u64> {
    let live = world.handle.live(audience).await.unwrap();
    live.sites.get(&SiteSlug(site.to_owned())).and_then(|live| live.calling_since)
}

async fn refused(page: &mut Page) -> ErrorCode {
    page.until(|message| match message {
        ServerMessage::Error { code, fatal: false, .. } => Some(code),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_call_is_seen_at_the_centre_and_by_the_site_itself_and_by_nobody_else() {
    let world = World::new().await;
    let mut console = world.operator("minh", Role::Assistant).await;
    let site = world.site("cao-bang").await;
    let _other = world.site("ca-mau").await;

    call(&site, None, true).await;

    let since = console
        .until(|message| match message {
            ServerMessage::Live(live) => live.sites.get(&SiteSlug("cao-bang".to_owned()))?.calling_since,
            _ => None,
        })
        .await;
    assert_eq!(calling(&world, Audience::Site(SiteSlug("cao-bang".to_owned())), "cao-bang").await, Some(since));
    assert_eq!(calling(&world, Audience::Site(SiteSlug("ca-mau".to_owned())), "cao-bang").await, None);
    assert_eq!(calling(&world, Audience::Screen, "cao-bang").await, None);
}

#[tokio::test]
async fn the_site_hangs_up_or_an_operator_ends_the_call() {
    let world = World::new().await;
    let console = world.operator("minh", Role::Assistant).await;
    let site = world.site("cao-bang").await;

    for ended_by_operator in [false, true] {
        call(&site, named("cao-bang"), true).await;
        assert!(calling(&world, Audience::Centre, "cao-bang").await.is_some());
        match ended_by_operator {
            false => call(&site, None, false).await,
            true => call(&console, named("cao-bang"), false).await,
        }
        assert_eq!(calling(&world, Audience::Centre, "cao-bang").await, None);
    }
}

#[tokio::test]
async fn a_call_outlasts_a_reload_of_the_page() {
    let world = World::new().await;
    let site = world.site("cao-bang").await;
    call(&site, None, true).await;
    let since = calling(&world, Audience::Centre, "cao-bang").await;

    site.leave(Departure::Left).await;
    // The server looks four times a second.
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(calling(&world, Audience::Centre, "cao-bang").await, since);
    let _again = world.site("cao-bang").await;

    assert!(since.is_some());
    assert_eq!(calling(&world, Audience::Centre, "cao-bang").await, since);
}

#[tokio::test]
async fn nobody_calls_for_another_and_operators_do_not_call() {
    let world = World::new().await;
    let mut console = world.operator("lan", Role::Lead).await;
    let mut technician = world.operator("ky-thuat", Role::Technician).await;
    let mut site = world.site("cao-bang").await;
    let mut screen = world.visit(endpoint("ca-mau", EndpointRole::Screen, "tv")).await.unwrap();

    call(&site, named("ca-mau"), true).await;
    assert_eq!(refused(&mut site).await, ErrorCode::Unauthorized);
    call(&console, named("ca-mau"), true).await;
    assert_eq!(refused(&mut console).await, ErrorCode::Unauthorized);
    call(&screen, None, true).await;
    assert_eq!(refused(&mut screen).await, ErrorCode::Unauthorized);
    call(&site, None, true).await;
    call(&technician, named("cao-bang"), false).await;
    assert_eq!(refused(&mut technician).await, ErrorCode::Unauthorized);

    assert!(calling(&world, Audience::Centre, "cao-bang").await.is_some());
    assert_eq!(calling(&world, Audience::Centre, "ca-mau").await, None);
    assert_eq!(world.audit.lock().unwrap().len(), 4);
}
