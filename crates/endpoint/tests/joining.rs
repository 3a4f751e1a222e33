//! An endpoint against a server of one site that speaks the real protocol, with a real peer connection for the relay.
#![allow(clippy::unwrap_used)]

mod fake_server;

use std::time::{Duration, Instant};

use endpoint::fault::Fault;
use endpoint::report::{EndpointSummary, Reports};
use endpoint::{ServerAddress, SiteConfig};
use fake_server::{FakeServer, Heard};
use wire::{CandidatePath, ClientMessage, EncoderLimit, SentStats, Uplink};

const SITE: u16 = 12;
/// Everything here is on loopback; a loaded machine needs some of it.
const PATIENCE: Duration = Duration::from_secs(20);

struct Joined {
    server: FakeServer,
    report: endpoint::report::Report,
    _site: tokio::task::JoinSet<std::convert::Infallible>,
}

async fn join(instance: &str) -> Joined {
    join_with(instance, None).await
}

async fn join_with(instance: &str, fault: Option<Fault>) -> Joined {
    let server = FakeServer::start(instance).await;
    let report = Reports::to_stdout().of_site(SITE, "Cao Bằng", false);
    let config = SiteConfig {
        server: ServerAddress::parse(&format!("http://{}", server.address())).unwrap(),
        token: "token-of-cao-bang".into(),
        index: SITE,
        name: "Cao Bằng".into(),
        detail: endpoint::test_card::Detail::Calm,
        clapper: false,
        speech: None,
        fault,
        decode: false,
        tones: 64,
        workshop: endpoint::Workshop::new().unwrap(),
        check: None,
    };
    let mut site = tokio::task::JoinSet::new();
    site.spawn(endpoint::run(config, report.clone()));
    Joined { server, report, _site: site }
}

/// Waits until `found` gives something from what the server heard.
async fn wait_for<T>(server: &FakeServer, what: &str, mut found: impl FnMut(&[Heard]) -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found(&server.heard()) {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: {:#?}", server.heard());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn hellos(heard: &[Heard]) -> Vec<(Instant, wire::Hello)> {
    heard
        .iter()
        .filter_map(|heard| match &heard.message {
            ClientMessage::Hello(hello) => Some((heard.at, hello.clone())),
            _ => None,
        })
        .collect()
}

fn offers(heard: &[Heard]) -> Vec<u32> {
    heard
        .iter()
        .filter_map(|heard| match &heard.message {
            ClientMessage::Offer { generation, .. } => Some(*generation),
            _ => None,
        })
        .collect()
}

async fn wait_for_summary(joined: &Joined, what: &str, done: impl Fn(&EndpointSummary) -> bool) {
    let began = Instant::now();
    while !done(&joined.report.summary()) {
        assert!(began.elapsed() < PATIENCE, "{what}: {:#?}", joined.report.summary());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_joins_by_its_token_and_keeps_the_connection_alive() {
    let joined = join("first").await;
    let (_, hello) = wait_for(&joined.server, "hello", |heard| hellos(heard).pop()).await;
    assert_eq!(hello.token.as_deref(), Some("token-of-cao-bang"));
    assert_eq!((hello.protocol, hello.instance, hello.since), (wire::PROTOCOL_VERSION, None, None));
    wait_for(&joined.server, "status, offer, ping, stats", |heard| {
        let said = |kind: fn(&ClientMessage) -> bool| heard.iter().any(|heard| kind(&heard.message));
        (said(|message| matches!(message, ClientMessage::Status(_)))
            && said(|message| matches!(message, ClientMessage::Offer { generation: 1, .. }))
            && said(|message| matches!(message, ClientMessage::Ping { .. }))
            && said(|message| matches!(message, ClientMessage::Stats(_))))
        .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_of_control_resumes_and_leaves_media_alone() {
    let joined = join("first").await;
    wait_for_summary(&joined, "media stands", |summary| summary.media).await;

    let cut_at = Instant::now();
    joined.server.cut();

    let (back_at, hello) = wait_for(&joined.server, "a second hello", |heard| hellos(heard).get(1).cloned()).await;
    assert!(back_at - cut_at < Duration::from_millis(800), "back after {:?}", back_at - cut_at);
    assert_eq!(hello.instance.map(|instance| instance.0).as_deref(), Some("first"));
    assert_eq!(hello.since, Some(wire::Revision(41)), "what it has seen");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(offers(&joined.server.heard()), [1], "the peer connection goes on");
    assert!(joined.report.summary().media);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_server_gets_a_new_offer_at_once() {
    let joined = join("first").await;
    wait_for_summary(&joined, "media stands", |summary| summary.media).await;

    joined.server.set_instance("second");
    let cut_at = Instant::now();
    joined.server.cut();

    wait_for(&joined.server, "a second offer", |heard| offers(heard).contains(&2).then_some(())).await;
    assert!(cut_at.elapsed() < Duration::from_secs(2), "offered after {:?}", cut_at.elapsed());
    wait_for_summary(&joined, "media stands again", |summary| summary.media && summary.offers == 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_layers_that_are_asked_for_are_sent_and_a_request_brings_a_keyframe() {
    let joined = join("first").await;
    let sent = || joined.server.layers();
    let began = Instant::now();
    while sent().get("l").is_none_or(|layer| layer.frames < 10) {
        assert!(began.elapsed() < PATIENCE, "{:?}", sent());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let idle = sent();
    assert_eq!(idle.keys().collect::<Vec<_>>(), ["l"], "an idle site sends its low layer alone");
    assert!(idle["l"].markers_of.iter().all(|site| *site == SITE));

    let keyframes = idle["l"].keyframes;
    joined.server.ask_keyframe("l");
    while sent()["l"].keyframes == keyframes {
        assert!(began.elapsed() < PATIENCE, "no keyframe: {:?}", sent());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    joined.server.say_uplink(Uplink { low: true, mid: false, high: true, content: false });
    while sent().get("h").is_none_or(|layer| layer.frames < 10) {
        assert!(began.elapsed() < PATIENCE, "{:?}", sent());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(sent()["h"].first_was_keyframe);
    assert!(!sent().contains_key("m"));

    joined.server.say_uplink(Uplink { low: true, mid: false, high: false, content: false });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (high, low) = (sent()["h"].frames, sent()["l"].frames);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(sent()["h"].frames, high, "the high layer is off");
    assert!(sent()["l"].frames > low, "the low layer goes on");
}

/// What the server was told of what the endpoint sends, once two pictures could be compared.
async fn sent(joined: &Joined) -> SentStats {
    wait_for(&joined.server, "measures of picture and sound", |heard| {
        let mut sent = heard.iter().filter_map(|heard| match &heard.message {
            ClientMessage::Stats(stats) => stats.sent.clone(),
            _ => None,
        });
        sent.find(|sent| sent.change.is_some() && sent.rms_dbfs.is_some())
    })
    .await
}

/// Values of the audio-level extension that arrived.
fn levels(joined: &Joined) -> Vec<u8> {
    let levels = joined.server.audio_levels();
    assert!(levels.len() > 50, "a second of sound at least: {levels:?}");
    levels
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_tells_in_numbers_what_it_sends() {
    let joined = join("first").await;

    let sent = sent(&joined).await;

    assert!((60.0..140.0).contains(&sent.luma.unwrap()) && sent.spread.unwrap() > 20.0, "{sent:?}");
    assert!(sent.change.unwrap() > 0.5, "{sent:?}");
    assert!((-24.0..-22.0).contains(&sent.rms_dbfs.unwrap()), "{sent:?}");
    assert!((-20.5..-19.5).contains(&sent.peak_dbfs.unwrap()), "{sent:?}");
    assert_eq!((sent.clipped, sent.battery), (Some(0.0), None));
    assert_eq!((sent.encoder_limit, sent.path), (EncoderLimit::None, CandidatePath::Udp));
    assert!(levels(&joined).iter().all(|level| *level == 0x80 | 23), "{:?}", levels(&joined));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_is_in_the_picture_or_the_sound_and_nowhere_else() {
    let [black, frozen, silent, clipping] = [Fault::Black, Fault::Frozen, Fault::SilentMicrophone, Fault::Clipping]
        .map(|fault| async move {
            let joined = join_with("first", Some(fault)).await;
            (sent(&joined).await, joined)
        });
    let (black, frozen, silent, clipping) = tokio::join!(black, frozen, silent, clipping);

    assert!(black.0.luma.unwrap() < 1.0 && black.0.spread.unwrap() < 1.0, "{:?}", black.0);
    assert_eq!(frozen.0.change, Some(0.0));
    assert_eq!(silent.0.peak_dbfs, Some(-127.0));
    assert!(levels(&silent.1).iter().all(|level| *level == 127), "{:?}", levels(&silent.1));
    assert!(clipping.0.clipped.unwrap() > 0.05, "{:?}", clipping.0);
    for (_, joined) in [black, frozen, silent, clipping] {
        for heard in joined.server.heard() {
            let said = serde_json::to_string(&heard.message).unwrap();
            assert!(
                !["fault", "black", "frozen", "silent", "clipping"].iter().any(|word| said.contains(word)),
                "{said}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_loudspeaker_plays_comes_back_through_a_microphone_with_an_echo() {
    const HALL: u16 = 0;
    let joined = join_with("first", Some(Fault::Echo)).await;
    wait_for_summary(&joined, "media stands", |summary| summary.media).await;

    joined.server.play(HALL);

    let began = Instant::now();
    while joined.server.sounds().last().is_none_or(|heard| heard.tones.iter().all(|(site, _)| *site != HALL)) {
        assert!(began.elapsed() < PATIENCE, "{:?}", joined.server.sounds());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(began.elapsed() > Duration::from_millis(200), "after {:?}", began.elapsed());
}
