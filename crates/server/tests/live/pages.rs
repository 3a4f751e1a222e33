//! Pages of the centre beside the console: the chair's, and those without media.

use std::collections::BTreeSet;

use wire::{ClientKind, ClientMessage, Command, ErrorCode, Role, ServerMessage, SiteSlug, Slot};

use crate::world::{Page, World, operator};

async fn page(world: &World, name: &str, role: Role, client: ClientKind) -> Page {
    let visit = server::conference_task::Visit { client, device: format!("{client:?}"), ..operator(name, role) };
    world.visit(visit).await.unwrap()
}

#[tokio::test]
async fn the_chair_sees_the_programme_and_reads_what_the_centre_reads() {
    let world = World::new().await;
    let _console = world.operator("lan", Role::Lead).await;
    let mut chair = page(&world, "chu-toa", Role::Chair, ClientKind::Chair).await;

    let welcome = chair.welcome().await;

    assert!(welcome.media.lines.iter().all(|line| matches!(line.slot, Slot::Program { .. } | Slot::ProgramContent)));
    let state = welcome.state.unwrap();
    assert!(state.desk.floor_mode.is_some(), "the desk is the centre's");
    // Its media is negotiated as that of any page, and gets the hall's picture and sound and nothing of the wall.
    let (_hall, hall) = world.site_with_media("hall").await;
    let (_site, site) = world.site_with_media("cao-bang").await;
    let chair = world.connect_media(&mut chair).await;
    world.relay_until(|relay| relay.receivers_of(hall).contains(&chair).then_some(())).await;
    assert!(!world.relay.receivers_of(site).contains(&chair));
}

#[tokio::test]
async fn a_page_of_the_plan_has_no_media_and_an_offer_of_it_is_refused() {
    let world = World::new().await;
    let mut plan = page(&world, "lan", Role::Lead, ClientKind::Plan).await;

    let welcome = plan.welcome().await;
    let commanded = plan.command(wire::Command::MuteAll).await;
    plan.say(ClientMessage::Offer { generation: 7, sdp: "offer".to_owned() }).await;

    let refused = plan.until(|message| match message {
        ServerMessage::OfferRefused { generation, .. } => Some(generation),
        ServerMessage::Answer { .. } => panic!("answered"),
        _ => None,
    });
    assert_eq!(refused.await, 7);
    assert!(welcome.media.lines.is_empty());
    assert!(commanded.is_ok(), "it acts with the rights of its operator: {commanded:?}");
}

#[tokio::test]
async fn solo_and_talkback_are_the_consoles() {
    let world = World::new().await;
    let mut chair = page(&world, "lan", Role::Lead, ClientKind::Chair).await;
    let sites = vec![SiteSlug("cao-bang".to_owned())];

    for message in
        [ClientMessage::Talkback { sites: sites.clone() }, ClientMessage::Solo { site: sites.first().cloned() }]
    {
        chair.say(message).await;
        let code = chair
            .until(|message| match message {
                ServerMessage::Error { code, fatal: false, .. } => Some(code),
                _ => None,
            })
            .await;
        assert_eq!(code, ErrorCode::Unauthorized);
    }
}

#[tokio::test]
async fn operators_are_told_of_each_other_with_their_pages() {
    let world = World::new().await;
    let lead = world.operator("lan", Role::Lead).await;
    let _plan = page(&world, "lan", Role::Lead, ClientKind::Plan).await;
    let _chair = page(&world, "chu-toa", Role::Chair, ClientKind::Chair).await;
    lead.say(ClientMessage::Solo { site: Some(SiteSlug("cao-bang".to_owned())) }).await;

    let live = world.handle.live(server::view::Audience::Centre).await.unwrap();

    let told: Vec<_> =
        live.operators.iter().map(|one| (one.name.as_str(), one.pages.clone(), one.solo.clone())).collect();
    assert_eq!(
        told,
        [
            ("chu-toa", vec![ClientKind::Chair], None),
            ("lan", vec![ClientKind::Console, ClientKind::Plan], Some(SiteSlug("cao-bang".to_owned()))),
        ]
    );
    assert!(live.operators.iter().all(|one| one.since > 0));
}

#[tokio::test]
async fn all_sites_off_air_can_be_spoken_to_at_once() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let desk = world.connect_media(&mut lead).await;
    let _hall = world.site_with_media("hall").await;
    let names = ["cao-bang", "ca-mau", "da-nang"];
    let mut sites = Vec::new();
    for name in names {
        sites.push(world.site_with_media(name).await);
    }

    // The hall's microphone is always open: a word there would be heard by all.
    let everybody = ["hall"].iter().chain(&names).map(|name| SiteSlug((*name).to_owned()));
    let strangers = (0..1_000).map(|number| SiteSlug(format!("khong-co-{number}")));
    lead.say(ClientMessage::Talkback { sites: everybody.chain(strangers).collect() }).await;

    for (page, _) in &mut sites {
        page.until(|message| matches!(message, ServerMessage::Talkback { active: true }).then_some(())).await;
    }
    let wanted: BTreeSet<_> = sites.iter().map(|(_, endpoint)| *endpoint).collect();
    world.relay_until(|relay| (BTreeSet::from_iter(relay.receivers_of(desk)) == wanted).then_some(())).await;
    let live = world.handle.live(server::view::Audience::Centre).await.unwrap();
    assert_eq!(live.operators[0].talkback.len(), names.len(), "nobody else was noted");
    lead.say(ClientMessage::Talkback { sites: vec![] }).await;
    for (page, _) in &mut sites {
        page.until(|message| matches!(message, ServerMessage::Talkback { active: false }).then_some(())).await;
    }
}

#[tokio::test]
async fn a_private_word_ends_when_its_site_comes_on_air_and_begins_nowhere_on_air() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let desk = world.connect_media(&mut lead).await;
    let _hall = world.site_with_media("hall").await;
    let (mut site, endpoint) = world.site_with_media("cao-bang").await;
    let sites = vec![SiteSlug("cao-bang".to_owned())];
    lead.say(ClientMessage::Talkback { sites: sites.clone() }).await;
    site.until(|message| matches!(message, ServerMessage::Talkback { active: true }).then_some(())).await;
    world.relay_until(|relay| relay.receivers_of(desk).contains(&endpoint).then_some(())).await;

    let picture = Command::SetPreview { layout: wire::Layout::Single, sources: vec![crate::world::camera("cao-bang")] };
    lead.command(picture).await.unwrap();
    lead.command(Command::Take { preview: wire::PreviewId(1) }).await.unwrap();

    site.until(|message| matches!(message, ServerMessage::Talkback { active: false }).then_some(())).await;
    world.relay_until(|relay| relay.receivers_of(desk).is_empty().then_some(())).await;
    lead.say(ClientMessage::Talkback { sites }).await;
    let live = world.handle.live(server::view::Audience::Centre).await.unwrap();
    assert!(live.operators[0].talkback.is_empty());
}
