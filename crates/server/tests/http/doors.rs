//! The doors of encoders and players as HTTP sees them: who may, what is refused how, and what browsers elsewhere may do.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, ORIGIN};
use axum::http::{Method, Request, StatusCode};
use wire::{EndpointRole, Role};

use crate::world::{Answer, CONFERENCE, Credential, World, assert_problem, known};

const WHIP: &str = "/api/v1/whip";
const WHEP: &str = "/api/v1/whep";
const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// What comes after an offer's first lines.
const VIDEO: &str = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:96 H264/90000\r\n\
    a=fmtp:96 packetization-mode=1;profile-level-id=42e01f\r\na=rtcp-mux\r\n";
const AUDIO: &str =
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-mux\r\n";

fn offer(lines: &[&str], direction: &str) -> String {
    let mids: Vec<String> = (0..lines.len()).map(|mid| mid.to_string()).collect();
    let fingerprint = ["AB"; 32].join(":");
    let mut sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\na=ice-ufrag:door\r\n\
         a=ice-pwd:a-password-of-24-letters\r\na=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\n",
        mids.join(" ")
    );
    for (line, mid) in lines.iter().zip(&mids) {
        sdp += &format!("{line}a=mid:{mid}\r\na={direction}\r\n");
    }
    sdp
}

fn encoder() -> String {
    offer(&[AUDIO, VIDEO], "sendonly")
}

fn player() -> String {
    offer(&[VIDEO, AUDIO], "recvonly")
}

impl World {
    async fn offer(&self, path: &str, sdp: &str, by: &Credential) -> Answer {
        let request = known(Request::post(path), by).header(CONTENT_TYPE, SDP);
        self.send(request.body(Body::from(sdp.to_owned())).unwrap()).await
    }

    async fn patch(&self, path: &str, tag: Option<&str>, body: &str, by: &Credential) -> Answer {
        let mut request = known(Request::patch(path), by).header(CONTENT_TYPE, FRAGMENT);
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encoder_opens_restarts_and_ends_its_session() {
    let world = World::start(true).await;
    let site = world.site("cao-bang", EndpointRole::Main).await;

    let opened = world.offer(WHIP, &encoder(), &site).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&opened.body));
    assert_eq!(opened.header("content-type"), SDP);
    let answer = String::from_utf8(opened.body.clone()).unwrap();
    assert!(answer.contains("a=ice-lite") && answer.contains("a=recvonly") && answer.contains("a=candidate:"));
    let (location, tag) = (opened.header("location"), opened.header("etag"));
    let id = location.strip_prefix("/api/v1/whip/").unwrap();
    assert!(id.len() >= 43, "256 bits cannot be guessed: {id}");
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");

    let trickled = "a=ice-ufrag:door\r\na=ice-pwd:a-password-of-24-letters\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n\
        a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\n";
    assert_eq!(world.patch(location, Some(tag), trickled, &site).await.status, StatusCode::NO_CONTENT);
    assert_problem(&world.patch(location, None, trickled, &site).await, StatusCode::PRECONDITION_REQUIRED);
    assert_problem(&world.patch(location, Some("\"old\""), trickled, &site).await, StatusCode::PRECONDITION_FAILED);

    let restart = "a=ice-ufrag:door2\r\na=ice-pwd:another-password-of-30-letters\r\n";
    let restarted = world.patch(location, Some("*"), restart, &site).await;
    assert_eq!(restarted.status, StatusCode::OK);
    assert_eq!(restarted.header("content-type"), FRAGMENT);
    assert_ne!(restarted.header("etag"), tag);
    let fragment = String::from_utf8(restarted.body.clone()).unwrap();
    assert!(fragment.contains("a=ice-pwd:") && fragment.contains("a=candidate:"), "{fragment}");
    let malformed = world.patch(location, Some("*"), "a=ice-ufrag:x y\r\n", &site).await;
    assert_problem(&malformed, StatusCode::BAD_REQUEST);

    assert_eq!(world.delete(location, &site).await.status, StatusCode::OK);
    assert_problem(&world.delete(location, &site).await, StatusCode::NOT_FOUND);
    assert_problem(&world.patch(location, Some("*"), restart, &site).await, StatusCode::NOT_FOUND);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_publish_and_who_may_play_what() {
    let world = World::start(true).await;
    let lead = world.operator("lead", Role::Lead).await;
    let observer = world.operator("observer", Role::Technician).await;
    let site = world.site("cao-bang", EndpointRole::Main).await;
    let screen = world.site("cao-bang", EndpointRole::Screen).await;
    let (ok, no) = (StatusCode::CREATED, StatusCode::FORBIDDEN);
    let other = format!("{WHEP}?source=site:ha-noi");
    let own = format!("{WHEP}?source=site:cao-bang");
    let wall = format!("{WHEP}?source=wall");
    let cases = [
        (WHIP, encoder(), &lead, no),
        (WHIP, encoder(), &screen, no),
        (WHIP, encoder(), &Credential::Nobody, StatusCode::UNAUTHORIZED),
        (WHIP, encoder(), &site, ok),
        (WHEP, player(), &site, ok),
        (WHEP, player(), &screen, ok),
        (WHEP, player(), &observer, ok),
        (WHEP, player(), &Credential::Nobody, StatusCode::UNAUTHORIZED),
        (WHEP, player(), &Credential::Token("guessed".to_owned()), StatusCode::UNAUTHORIZED),
        (other.as_str(), player(), &site, no),
        (own.as_str(), player(), &site, no),
        (wall.as_str(), player(), &screen, no),
        (other.as_str(), player(), &observer, no),
        (other.as_str(), player(), &lead, ok),
        (wall.as_str(), offer(&[VIDEO; 8], "recvonly"), &observer, ok),
    ];
    let mut forbidden = 0;
    for (path, sdp, by, status) in cases {
        let answer = world.offer(path, &sdp, by).await;
        assert_eq!(answer.status, status, "{path}: {}", String::from_utf8_lossy(&answer.body));
        forbidden += usize::from(status == no);
    }
    let audited = world.audit().await.iter().filter(|row| row.what.contains("/api/v1/wh")).count();
    assert_eq!(audited, forbidden, "every refusal of right is in the audit");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_secret_opens_a_player_as_its_cookie_does() {
    let world = World::start(true).await;
    let Credential::Cookie(cookie) = world.operator("lead", Role::Lead).await else { unreachable!() };
    let secret = Credential::Token(cookie.split_once('=').unwrap().1.to_owned());

    let answer = world.offer(WHEP, &player(), &secret).await;

    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(world.delete(answer.header("location"), &secret).await.status, StatusCode::OK);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_session_is_left_alone_and_the_try_is_audited() {
    let world = World::start(true).await;
    let site = world.site("cao-bang", EndpointRole::Main).await;
    let other = world.site("ha-noi", EndpointRole::Main).await;
    let opened = world.offer(WHIP, &encoder(), &site).await;
    let location = opened.header("location");

    let deleted = world.delete(location, &other).await;
    let patched = world.patch(location, Some("*"), "a=ice-ufrag:mine\r\n", &other).await;
    for answer in [deleted, patched] {
        assert_problem(&answer, StatusCode::FORBIDDEN);
        assert!(!answer.json().to_string().contains("cao-bang"), "whose it is concerns no stranger: {}", answer.json());
    }
    assert_problem(&world.delete(location, &Credential::Nobody).await, StatusCode::UNAUTHORIZED);

    let rows = world.audit().await;
    assert!(rows.iter().filter(|row| row.who.contains("ha-noi") && row.reason.contains("cao-bang")).count() == 2);
    assert_eq!(world.delete(location, &site).await.status, StatusCode::OK, "it is still there");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_opens_nothing_and_its_session_is_gone() {
    let world = World::start(true).await;
    let lead = world.operator("lead", Role::Lead).await;
    let site = world.site("cao-bang", EndpointRole::Main).await;
    let opened = world.offer(WHIP, &encoder(), &site).await;
    assert_eq!(opened.status, StatusCode::CREATED);

    let path = format!("/api/v1/conferences/{CONFERENCE}/links/cao-bang/main/revoke");
    let revoked = world.post(&path, &serde_json::json!({ "reissue": true }), &lead).await;
    assert_eq!(revoked.status, StatusCode::OK);

    assert_problem(&world.offer(WHIP, &encoder(), &site).await, StatusCode::UNAUTHORIZED);
    assert_problem(&world.delete(opened.header("location"), &site).await, StatusCode::UNAUTHORIZED);
    let fresh = world.site("cao-bang", EndpointRole::Main).await;
    let end = std::time::Instant::now() + std::time::Duration::from_secs(1);
    while world.offer(WHIP, &encoder(), &fresh).await.status != StatusCode::CREATED {
        assert!(std::time::Instant::now() < end, "the old session keeps the place");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_has_its_status() {
    let world = World::start(true).await;
    let plain = encoder().replace("UDP/TLS/RTP/SAVPF", "RTP/AVP");
    let no_video_codec = encoder().replace("H264", "AV1");
    let too_large = format!("{}a=x:{}\r\n", encoder(), "x".repeat(relay_core::MAX_SDP_BYTES));
    let cases = [
        (WHIP, "no sdp".to_owned(), StatusCode::BAD_REQUEST),
        (WHIP, String::new(), StatusCode::BAD_REQUEST),
        (WHIP, encoder().replace("a=fingerprint", "a=x"), StatusCode::BAD_REQUEST),
        (WHIP, no_video_codec, StatusCode::NOT_ACCEPTABLE),
        (WHIP, plain, StatusCode::UNPROCESSABLE_ENTITY),
        (WHIP, player(), StatusCode::UNPROCESSABLE_ENTITY),
        (WHIP, offer(&[VIDEO, VIDEO], "sendonly"), StatusCode::UNPROCESSABLE_ENTITY),
        (WHIP, offer(&[VIDEO; 200], "sendonly"), StatusCode::UNPROCESSABLE_ENTITY),
        (WHIP, encoder().replace("a=setup:actpass", "a=setup:actpass\r\na=ice-lite"), StatusCode::UNPROCESSABLE_ENTITY),
        (WHIP, too_large, StatusCode::PAYLOAD_TOO_LARGE),
        (WHEP, encoder(), StatusCode::UNPROCESSABLE_ENTITY),
    ];
    let tokens = ["cao-bang", "ha-noi", "ca-mau"];
    for (number, (path, sdp, status)) in cases.into_iter().enumerate() {
        // Of different sites, because offers of one are counted.
        let site = world.site(tokens[number % tokens.len()], EndpointRole::Main).await;
        let start = std::time::Instant::now();
        assert_problem(&world.offer(path, &sdp, &site).await, status);
        assert!(start.elapsed().as_millis() < 500, "{status}: {:?}", start.elapsed());
    }
    let lead = world.operator("lead", Role::Lead).await;
    let nowhere = world.offer(&format!("{WHEP}?source=site:nowhere"), &player(), &lead).await;
    assert_problem(&nowhere, StatusCode::NOT_FOUND);
    let nothing = world.offer(&format!("{WHEP}?source=everything"), &player(), &lead).await;
    assert_problem(&nothing, StatusCode::BAD_REQUEST);
    let site = world.site("da-nang", EndpointRole::Main).await;
    let json = known(Request::post(WHIP), &site).header(CONTENT_TYPE, "application/json");
    assert_problem(&world.send(json.body(Body::from(encoder())).unwrap()).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_elsewhere_may_use_a_token_and_nothing_else() {
    let world = World::start(true).await;
    let token = world.token("cao-bang", EndpointRole::Main).await;
    let Credential::Cookie(cookie) = world.operator("lead", Role::Lead).await else { unreachable!() };
    let foreign = |method: Method, path: &str| {
        Request::builder()
            .method(method)
            .uri(path)
            .header(ORIGIN, "https://elsewhere.example")
            .header(CONTENT_TYPE, SDP)
    };

    let preflight = world.send(foreign(Method::OPTIONS, WHIP).body(Body::empty()).unwrap()).await;
    assert_eq!(preflight.status, StatusCode::NO_CONTENT);
    assert_eq!(preflight.header("accept-post"), SDP);
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    assert!(preflight.header("access-control-allow-headers").contains("authorization"));
    let session = world.send(foreign(Method::OPTIONS, &format!("{WHIP}/x")).body(Body::empty()).unwrap()).await;
    assert_eq!(session.header("accept-patch"), FRAGMENT);
    assert!(session.header("access-control-allow-methods").contains("DELETE"));

    let by_token = foreign(Method::POST, WHIP).header(AUTHORIZATION, format!("Bearer {token}"));
    let opened = world.send(by_token.body(Body::from(encoder())).unwrap()).await;
    assert_eq!(opened.status, StatusCode::CREATED);
    assert!(opened.header("access-control-expose-headers").contains("location"));

    let by_cookie = foreign(Method::POST, WHEP).header(COOKIE, &cookie);
    assert_problem(&world.send(by_cookie.body(Body::from(player())).unwrap()).await, StatusCode::FORBIDDEN);
    let both = foreign(Method::POST, WHEP).header(COOKIE, &cookie).header(AUTHORIZATION, "Bearer guessed");
    let both = world.send(both.body(Body::from(player())).unwrap()).await;
    assert_problem(&both, StatusCode::UNAUTHORIZED);
    world.stop().await;
}
