//! The plan is edited while pages are connected: who is disturbed by it, and who may read what.

use relay_core::EndpointId;
use server::view::Audience;
use wire::{
    Command, Contact, Delegate, ErrorCode, Refusal, Role, ServerMessage, SitePlan, SiteSlug, Slot, StateChange,
};

use crate::world::{Page, World, endpoint};

fn slug(text: &str) -> SiteSlug {
    SiteSlug(text.to_owned())
}

fn planned(slugs: &[&str]) -> Vec<SitePlan> {
    let site = |(place, slug): (usize, &&str)| SitePlan {
        slug: SiteSlug((*slug).to_owned()),
        code: format!("{place:02}"),
        name: (*slug).to_owned(),
        full_name: (*slug).to_owned(),
        region: "Bắc".to_owned(),
        carrier: String::new(),
        contact: Contact::default(),
        receive_kbps: None,
        column: 0,
        row: 0,
        hall: place == 0,
    };
    slugs.iter().enumerate().map(site).collect()
}

async fn set_sites(console: &mut Page, slugs: &[&str]) {
    console.command(Command::SetSites { sites: planned(slugs) }).await.unwrap();
}

fn walls(welcome: &wire::Welcome) -> usize {
    welcome.media.lines.iter().filter(|line| matches!(line.slot, Slot::Wall { .. })).count()
}

#[tokio::test]
async fn where_sites_come_and_go_every_page_joins_anew_and_whoever_asked_is_answered() {
    let world = World::new().await;
    let mut console = world.operator("lan", Role::Lead).await;
    assert_eq!(walls(&console.welcome().await), 4);
    let (mut stays, media) = world.site_with_media("cao-bang").await;
    let (mut goes, gone) = world.site_with_media("ca-mau").await;

    set_sites(&mut console, &["hall", "cao-bang", "da-nang", "lang-son", "ha-giang"]).await;

    for page in [&mut console, &mut stays, &mut goes] {
        assert_eq!(page.closed().await.code, ErrorCode::SitesChanged);
    }
    let slugs: Vec<String> = world.handle.setup().sites.iter().map(|site| site.slug.0.clone()).collect();
    assert_eq!(slugs, ["hall", "cao-bang", "da-nang", "lang-son", "ha-giang"]);
    let mut console = world.operator("lan", Role::Lead).await;
    let welcome = console.welcome().await;
    assert_eq!((walls(&welcome), welcome.state.unwrap().sites.len()), (5, 5));
    // The media of a site that stays goes on while its page is loaded; that of one that went is closed.
    let _again = world.site("cao-bang").await;
    world.relay_until(|relay| closed(relay, gone).then_some(())).await;
    assert!(!closed(&world.relay, media));
    assert_eq!(world.count("endpoint_joined").await, 2);
    let refused = world.visit(endpoint("ca-mau", wire::EndpointRole::Main, "device")).await;
    assert_eq!(refused.err().map(|closing| closing.code), Some(ErrorCode::Unauthorized));
    assert!(world.visit(endpoint("lang-son", wire::EndpointRole::Main, "device")).await.is_ok());
}

fn closed(relay: &crate::world::RecordingRelay, endpoint: EndpointId) -> bool {
    let orders = relay.orders();
    orders
        .iter()
        .any(|(_, order)| matches!(order, server::conference_task::RelayOrder::Close(closed) if *closed == endpoint))
}

#[tokio::test]
async fn a_page_cannot_resume_across_a_change_of_the_sites() {
    let world = World::new().await;
    let mut console = world.operator("lan", Role::Lead).await;
    let before = console.welcome().await;
    set_sites(&mut console, &["hall", "da-nang"]).await;

    let resumed = server::conference_task::Visit {
        instance: Some(before.instance),
        since: Some(before.revision),
        ..crate::world::operator("lan", Role::Lead)
    };
    let welcome = world.visit(resumed).await.unwrap().welcome().await;

    assert_eq!(welcome.state.map(|state| state.sites.len()), Some(2), "the whole state, not what changed");
}

#[tokio::test]
async fn where_only_names_change_nobody_is_disturbed() {
    let world = World::new().await;
    let mut console = world.operator("lan", Role::Lead).await;
    let mut site = world.site("cao-bang").await;
    let mut sites = planned(&["hall", "cao-bang", "ca-mau", "da-nang"]);
    sites[1].name = "Cao Bằng mới".to_owned();
    sites[2].contact = Contact { name: "Anh Ba".to_owned(), phone: "0912".to_owned() };

    console.command(Command::SetSites { sites }).await.unwrap();

    let told = site.until(|message| match message {
        ServerMessage::Event { changes, .. } => Some(changes),
        _ => None,
    });
    let told = told.await;
    let names: Vec<String> = told.iter().filter_map(|change| site_of(change).map(|site| site.name.clone())).collect();
    assert!(names.contains(&"Cao Bằng mới".to_owned()), "{told:?}");
    let phones = told.iter().filter_map(site_of).map(|site| site.contact.phone.as_str());
    assert!(phones.into_iter().all(str::is_empty), "contacts of others are the centre's");
    assert!(site.joined.outbox.closing().borrow().is_none());
    assert_eq!(world.handle.setup().sites[1].name, "Cao Bằng mới", "also for those who ask by HTTP");
}

fn site_of(change: &StateChange) -> Option<&wire::SiteView> {
    match change {
        StateChange::Site(site) => Some(site),
        _ => None,
    }
}

#[tokio::test]
async fn delegates_are_read_by_their_own_site_and_counted_by_all() {
    let world = World::new().await;
    let mut own = world.site("cao-bang").await;
    let delegate = |name: &str, present| Delegate {
        name: name.to_owned(),
        title: String::new(),
        organisation: String::new(),
        present,
    };
    let delegates = vec![delegate("Nguyễn Văn A", true), delegate("Trần Thị B", false)];

    own.command(Command::SetDelegates { site: slug("cao-bang"), delegates: delegates.clone() }).await.unwrap();

    let readers = [
        (Audience::Site(slug("cao-bang")), delegates.clone()),
        (Audience::Site(slug("ca-mau")), vec![]),
        (Audience::Screen, vec![]),
        (Audience::Centre, vec![]),
    ];
    for (audience, named) in readers {
        let (_, state) = world.handle.state(audience.clone()).await.unwrap();
        let site = state.sites.into_iter().find(|site| site.slug == slug("cao-bang")).unwrap();
        assert_eq!((site.delegates, site.delegates_present), (2, 1), "{audience:?}");
        assert_eq!(site.delegate_list, named, "{audience:?}");
    }
    let all = world.handle.delegates().await.unwrap();
    assert_eq!(all.len(), 4);
    assert_eq!(all.iter().find(|site| site.site == slug("cao-bang")).unwrap().delegates, delegates);
}

#[tokio::test]
async fn what_changes_at_the_desk_is_told_to_the_centre_alone() {
    let world = World::new().await;
    let mut console = world.operator("lan", Role::Lead).await;
    let mut site = world.site("cao-bang").await;

    console.command(Command::SetTemplates { texts: vec!["Xin chờ".to_owned()] }).await.unwrap();
    console.command(Command::MuteAll).await.unwrap();

    let (_, state) = world.handle.state(Audience::Centre).await.unwrap();
    assert_eq!(state.desk.templates, ["Xin chờ"]);
    let (_, state) = world.handle.state(Audience::Site(slug("cao-bang"))).await.unwrap();
    assert_eq!(state.desk, wire::DeskView::default());
    let first = site.until(|message| match message {
        ServerMessage::Event { changes, .. } => Some(changes),
        _ => None,
    });
    assert!(first.await.iter().all(|change| matches!(change, StateChange::Site(_) | StateChange::Stage(_))));
}

#[tokio::test]
async fn regions_are_delegated_to_somebody_who_is_an_operator_and_give_the_rights_that_they_give() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    // The sites of this world have no region.
    set_sites(&mut lead, &["hall", "cao-bang", "ca-mau"]).await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let mut assistant = world.operator("minh", Role::Assistant).await;
    let delegate = |to: &str, regions: &[&str]| Command::DelegateRegions {
        to: to.to_owned(),
        regions: regions.iter().map(|region| (*region).to_owned()).collect(),
    };
    let mute = || Command::Mute { site: slug("cao-bang") };

    let name = "khong-co".to_owned();
    assert_eq!(lead.command(delegate("khong-co", &["Bắc"])).await, Err(Refusal::UnknownOperator { name }));
    let not_in_control = Err(Refusal::NotInControl { holder: Some("lan".to_owned()) });
    assert_eq!(assistant.command(delegate("khong-co", &["Bắc"])).await, not_in_control, "who may not learns no names");
    assert_eq!(assistant.command(mute()).await, not_in_control);
    lead.command(delegate("minh", &["Bắc"])).await.unwrap();

    assert!(assistant.command(mute()).await.is_ok());
    assert_eq!(assistant.command(Command::MuteAll).await, not_in_control);
}

#[tokio::test]
async fn the_plan_is_saved_now_and_then_and_not_at_each_key() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let item = |number: usize| wire::ItemPlan {
        id: wire::ItemId("bc-01".to_owned()),
        title: format!("Báo cáo {number}"),
        speaker: None,
        site: None,
        planned_ms: 0,
        layout: None,
        documents: vec![],
    };

    let mut refused = 0;
    for number in 0..60 {
        if lead.command(Command::SetAgenda { items: vec![item(number)] }).await == Err(Refusal::Busy) {
            refused += 1;
        }
    }

    assert!((20..=30).contains(&refused), "{refused} of 60 were too many");
    assert!(lead.command(Command::MuteAll).await.is_ok(), "everything else goes on");
}
