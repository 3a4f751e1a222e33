//! A whole server that is started again after somebody edited the files of its conference.

use server::view::Audience;
use wire::{ClientKind, ClientMessage, Command, ConferenceView, EndpointRole, ErrorCode, VideoCodec};

use crate::server_world::{CONFERENCE, SITES, ServerWorld, hello};

/// One site is gone, another came; the codec is another one.
fn edited() -> (String, String) {
    let conference = CONFERENCE.replace("title = \"Họp\"", "title = \"Họp\"\ncodec = \"vp8\"");
    (conference, SITES.replace("96,ca-mau,Cà Mau,Tỉnh Cà Mau", "48,da-nang,Đà Nẵng,Thành phố Đà Nẵng"))
}

async fn state(world: &ServerWorld) -> ConferenceView {
    let conference = world.server.conferences().next().unwrap();
    conference.state(Audience::Centre).await.unwrap().1
}

/// Slugs of sites for which there is a link, in the order of the table of links.
async fn sites_with_links(world: &ServerWorld) -> Vec<String> {
    let tokens = world.server.app().access.tokens(&wire::ConferenceId("hop".to_owned())).await.unwrap();
    let mut sites: Vec<String> = tokens.into_iter().map(|token| token.site.0).collect();
    sites.dedup();
    sites
}

/// What the page of a site is told: its media, or why it is not let in.
async fn site_joins(world: &ServerWorld, site: &str) -> Result<VideoCodec, ErrorCode> {
    let token = world.token(site, EndpointRole::Main).await;
    let mut client = world.open(None).await;
    client.say(&ClientMessage::Hello(hello(ClientKind::Site, Some(token)))).await;
    match client.next().await.expect("an answer") {
        wire::ServerMessage::Welcome(welcome) => Ok(welcome.media.codec),
        wire::ServerMessage::Error { code, fatal: true, .. } => Err(code),
        other => panic!("neither a welcome nor a reason: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_opening_links_codec_and_lists_are_those_of_the_log() {
    let world = ServerWorld::start().await;
    world.console("lan").await.command(Command::OpenConference).await.unwrap();
    let before = state(&world).await;
    let (conference, sites) = edited();

    let world = world.restart_with(&conference, &sites).await;

    assert_eq!(state(&world).await, before);
    assert_eq!(sites_with_links(&world).await, ["ca-mau", "cao-bang", "dien-hong"]);
    assert_eq!(site_joins(&world, "ca-mau").await, Ok(VideoCodec::H264));
    let audit = world.server.app().access.audit_rows(None, 10).await.unwrap();
    let told = audit.iter().filter(|row| row.who == "system").collect::<Vec<_>>();
    assert_eq!(told.len(), 1, "{audit:?}");
    assert!(told[0].reason.contains("sites added: da-nang; sites removed: ca-mau"), "{}", told[0].reason);
    world.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_opening_they_are_those_of_the_files() {
    let world = ServerWorld::start().await;
    let (conference, sites) = edited();

    let world = world.restart_with(&conference, &sites).await;

    let slugs: Vec<String> = state(&world).await.sites.into_iter().map(|site| site.slug.0).collect();
    assert_eq!(slugs, ["dien-hong", "cao-bang", "da-nang"]);
    assert_eq!(site_joins(&world, "da-nang").await, Ok(VideoCodec::Vp8));
    assert_eq!(site_joins(&world, "ca-mau").await, Err(ErrorCode::Unauthorized));
    let world = world.restart_with(CONFERENCE, SITES).await;
    assert_eq!(site_joins(&world, "ca-mau").await, Ok(VideoCodec::H264), "the old link, when the site is back");
    world.server.stop().await;
}
