//! Every role with every command, over HTTP.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use utoipa::PartialSchema as _;
use wire::{Command, EndpointRole, Role};

use crate::world::{CONFERENCE, Credential, World, assert_problem, known};

/// One of each kind of command.
fn samples() -> Vec<Value> {
    let site = |kind: &str| json!({ "type": kind, "site": "cao-bang" });
    let plain = |kind: &str| json!({ "type": kind });
    let mut samples: Vec<Value> = [
        "open_conference",
        "clear_preview",
        "back_to_hall",
        "undo",
        "mute_all",
        "clear_queue",
        "end_speech",
        "interrupt",
        "pause_clock",
        "resume_clock",
        "start_rehearsal",
        "end_rehearsal",
        "stop_tour",
        "mute_others",
        "unmute_all",
    ]
    .into_iter()
    .map(plain)
    .collect();
    samples.extend(
        [
            "remove_from_air",
            "mute",
            "unmute",
            "withdraw_request",
            "invite",
            "cue",
            "uncue",
            "grant",
            "open_microphone",
            "close_microphone",
        ]
        .into_iter()
        .map(site),
    );
    samples.extend(plan_samples());
    samples.extend([
        json!({ "type": "end_conference", "confirmation": "no" }),
        json!({ "type": "set_preview", "layout": "single", "sources": [{ "site": "cao-bang", "kind": "camera" }] }),
        json!({ "type": "take", "preview": 1 }),
        json!({ "type": "set_floor_mode", "mode": "queue" }),
        json!({ "type": "request_floor", "kind": "request" }),
        json!({ "type": "reorder_queue", "site": "cao-bang", "position": 0 }),
        json!({ "type": "extend_speech", "seconds": 60 }),
        json!({ "type": "start_item", "item": "bc-01", "current": null }),
        json!({ "type": "finish_item", "item": "bc-01" }),
        json!({ "type": "skip_item", "item": "bc-02", "skipped": true }),
        json!({ "type": "show_holding", "title": "Tạm nghỉ", "text": "" }),
        json!({ "type": "set_lower_third", "lower_third": { "type": "hidden" } }),
        json!({ "type": "show_names", "shown": false }),
        json!({ "type": "start_tour", "sites": [], "dwell_ms": 5000, "repeat": false }),
        json!({ "type": "allow_microphones", "allowed": true }),
        json!({ "type": "set_delegates", "site": "cao-bang", "delegates": [] }),
        json!({ "type": "mark_presence", "site": "cao-bang", "present": true, "reason": "" }),
        json!({ "type": "send_message", "to": [], "text": "Điểm cầu Cao Bằng đã sẵn sàng" }),
        json!({ "type": "acknowledge_message", "message": 1 }),
    ]);
    samples
}

fn plan_samples() -> [Value; 7] {
    let speech = json!({ "allowed_ms": 0, "warning_ms": 0, "grace_ms": 0 });
    [
        json!({ "type": "lock_plan", "locked": true }),
        json!({ "type": "set_details", "details": {
            "title": "Hội nghị", "support_phone": "", "floor_mode": "closed", "speech": speech
        } }),
        json!({ "type": "set_agenda", "items": [] }),
        json!({ "type": "set_sites", "sites": [] }),
        json!({ "type": "delegate_regions", "to": "lead", "regions": [] }),
        json!({ "type": "set_quorum", "quorum": { "sites": 32, "delegates": 0 } }),
        json!({ "type": "set_templates", "texts": ["Xin chờ"] }),
    ]
}

fn kind(command: &Value) -> String {
    command["type"].as_str().unwrap().to_owned()
}

/// The kinds of command that the API's description knows.
fn described() -> BTreeSet<String> {
    let schema = serde_json::to_value(Command::schema()).unwrap();
    let variants = schema["oneOf"].as_array().unwrap();
    let name = |variant: &Value| {
        // A variant with fields is one object, or the fields and the tag side by side.
        let parts = variant["allOf"].as_array().cloned().unwrap_or_else(|| vec![variant.clone()]);
        let tag = parts.iter().find_map(|part| part["properties"]["type"]["enum"][0].as_str().map(str::to_owned));
        tag.unwrap()
    };
    variants.iter().map(name).collect()
}

/// What each role may ask for at all, by hand: the other side of the table in the conference core.
fn allowed(role: Role, kind: &str) -> bool {
    let speech = ["grant", "end_speech", "interrupt", "pause_clock", "resume_clock", "extend_speech"];
    let order = ["reorder_queue", "invite"];
    let write = ["send_message", "acknowledge_message"];
    match role {
        Role::Lead | Role::Assistant => kind != "request_floor",
        Role::Chair => {
            let microphones = kind.ends_with("_microphone") || kind == "allow_microphones";
            let floor = speech.contains(&kind) || order.contains(&kind) || microphones;
            floor || write.contains(&kind) || kind.ends_with("_item")
        }
        Role::Secretary => {
            let roll = ["set_agenda", "withdraw_request", "mark_presence", "set_delegates"];
            order.contains(&kind) || write.contains(&kind) || roll.contains(&kind)
        }
        Role::Site => write.contains(&kind) || ["request_floor", "withdraw_request", "set_delegates"].contains(&kind),
        Role::Technician | Role::Screen => false,
    }
}

#[test]
fn there_is_a_sample_of_every_command() {
    let samples: BTreeSet<String> = samples().iter().map(kind).collect();
    assert_eq!(samples, described());
    assert_eq!(samples.len(), 51);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_with_every_command() {
    let world = World::start(true).await;
    let mut roles: Vec<(String, Role, Credential)> = Vec::new();
    for role in [Role::Lead, Role::Assistant, Role::Chair, Role::Secretary, Role::Technician] {
        let name = format!("{role:?}-1");
        let credential = world.operator(&name, role).await;
        roles.push((name, role, credential));
    }
    roles.push(("cao-bang".to_owned(), Role::Site, world.site("cao-bang", EndpointRole::Main).await));
    roles.push(("cao-bang".to_owned(), Role::Site, world.site("cao-bang", EndpointRole::Backup).await));
    roles.push(("cao-bang".to_owned(), Role::Screen, world.site("cao-bang", EndpointRole::Screen).await));

    let mut forbidden = 0;
    for (name, role, credential) in &roles {
        for command in samples() {
            let answer = world.command(&command, credential).await;
            if allowed(*role, &kind(&command)) {
                assert_ne!(answer.status, StatusCode::FORBIDDEN, "{role:?} may {command}");
                assert!(answer.status != StatusCode::BAD_REQUEST && answer.status != StatusCode::UNAUTHORIZED);
            } else {
                assert_problem(&answer, StatusCode::FORBIDDEN);
                assert_eq!(answer.json()["refusal"]["code"], "forbidden", "{role:?} may not {command}");
                forbidden += 1;
                let rows = world.audit().await;
                assert_eq!(&rows[0].who, name, "{role:?} {command}: the refusal is in the audit");
                assert!(rows[0].reason.contains("orbidden"), "{:?}", rows[0]);
            }
        }
    }

    assert!(forbidden > 100, "the table has something to forbid: {forbidden}");
    let recorded = world.audit().await.iter().filter(|row| row.reason.contains("orbidden")).count();
    assert_eq!(recorded, forbidden);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_without_the_lease_is_told_and_nothing_happens() {
    let world = World::start(true).await;
    let lead = world.operator("lead", Role::Lead).await;
    let before = world.get(&format!("/api/v1/conferences/{CONFERENCE}/state"), &lead).await.json();

    let answer = world.command(&json!({ "type": "open_conference" }), &lead).await;

    assert_problem(&answer, StatusCode::CONFLICT);
    assert_eq!(answer.json()["refusal"]["code"], "not_in_control");
    let after = world.get(&format!("/api/v1/conferences/{CONFERENCE}/state"), &lead).await.json();
    assert_eq!(after, before);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_twice_is_done_once() {
    let world = World::start(true).await;
    let secretary = world.operator("thu-ky", Role::Secretary).await;
    let command = json!({
        "id": "0198-one",
        "command": { "type": "mark_presence", "site": "ha-noi", "present": true, "reason": "" }
    });
    let path = format!("/api/v1/conferences/{CONFERENCE}/commands");

    let first = world.post(&path, &command, &secretary).await;
    let second = world.post(&path, &command, &secretary).await;

    assert_eq!(first.status, StatusCode::OK, "{}", String::from_utf8_lossy(&first.body));
    assert_eq!(second.json(), first.json());
    let events = world.get(&format!("/api/v1/conferences/{CONFERENCE}/events?after=0&limit=1000"), &secretary).await;
    let events = events.json();
    let of_command = events.as_array().unwrap().iter().filter(|event| event["command_id"] == "0198-one").count();
    assert_eq!(of_command, 1);

    let site = world.site("ha-noi", EndpointRole::Main).await;
    let bad = json!({ "id": "a b", "command": { "type": "send_message", "to": [], "text": "x" } });
    assert_problem(&world.post(&path, &bad, &site).await, StatusCode::BAD_REQUEST);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_does_not_read_what_is_the_centres() {
    let world = World::start(true).await;
    let site = world.site("cao-bang", EndpointRole::Main).await;
    let own = format!("/api/v1/conferences/{CONFERENCE}");

    for path in ["events", "links"] {
        assert_problem(&world.get(&format!("{own}/{path}"), &site).await, StatusCode::FORBIDDEN);
        let row = &world.audit().await[0];
        assert_eq!(row.who, format!("{CONFERENCE}/cao-bang/Main"));
        assert!(row.what.ends_with(path), "{row:?}");
    }
    for path in ["/api/v1/audit", "/api/v1/operators", "/api/v1/conferences", "/api/v1/me"] {
        assert_problem(&world.get(path, &site).await, StatusCode::FORBIDDEN);
    }
    assert_problem(&world.get("/api/v1/conferences/khac/state", &site).await, StatusCode::FORBIDDEN);
    let row = &world.audit().await[0];
    assert_eq!(row.what, "enter the conference khac");
    assert_eq!(row.who, format!("{CONFERENCE}/cao-bang/Main"));
    // A site may write to the centre, never to another site.
    let to_other = json!({ "type": "send_message", "to": ["ha-noi"], "text": "x" });
    assert_problem(&world.command(&to_other, &site).await, StatusCode::FORBIDDEN);
    let for_other = json!({ "type": "withdraw_request", "site": "ha-noi" });
    assert_problem(&world.command(&for_other, &site).await, StatusCode::FORBIDDEN);

    let state = world.get(&format!("{own}/state"), &site).await;
    assert_eq!(state.status, StatusCode::OK);
    assert_eq!(state.json()["state"]["sites"].as_array().unwrap().len(), 64);
    assert_problem(&world.get(&format!("{own}/state"), &Credential::Nobody).await, StatusCode::UNAUTHORIZED);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn administration_is_for_a_lead() {
    let world = World::start(true).await;
    for role in [Role::Assistant, Role::Chair, Role::Secretary, Role::Technician] {
        let operator = world.operator(&format!("{role:?}"), role).await;
        for path in ["/api/v1/audit", "/api/v1/operators"] {
            assert_problem(&world.get(path, &operator).await, StatusCode::FORBIDDEN);
        }
        let body = json!({ "name": "moi", "role": "lead", "password": null });
        assert_problem(&world.post("/api/v1/operators", &body, &operator).await, StatusCode::FORBIDDEN);
        assert_eq!(world.audit().await[0].who, format!("{role:?}"));
        assert_eq!(world.audit().await[0].what, "POST /api/v1/operators");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_command_is_recorded_with_its_address_and_a_proxy_is_believed_only_if_it_is_configured() {
    for (trusted, sender) in [("", "127.0.0.1"), ("127.0.0.1", "198.51.100.7")] {
        let world = World::start_with(&[("DIENHONG__HTTP__TRUSTED_PROXIES", trusted)]).await;
        let site = world.site("cao-bang", EndpointRole::Main).await;
        let command = json!({ "command": { "type": "undo" } }).to_string();
        let ask = |path: &str, body: String| {
            known(Request::post(path), &site)
                .header(CONTENT_TYPE, "application/json")
                .header("x-forwarded-for", "10.0.0.1, 198.51.100.7")
                .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))))
                .body(Body::from(body))
                .unwrap()
        };

        let answer = world.send(ask(&format!("/api/v1/conferences/{CONFERENCE}/commands"), command.clone())).await;
        assert_problem(&answer, StatusCode::FORBIDDEN);
        assert_eq!(world.audit().await[0].address.as_deref(), Some(sender), "trusted: {trusted:?}");
        assert_problem(&world.send(ask("/api/v1/conferences/khac/commands", command)).await, StatusCode::FORBIDDEN);
        assert_eq!(world.audit().await[0].address.as_deref(), Some(sender));
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_wrong_passwords_of_one_do_not_lock_out_the_others() {
    let world = World::start_with(&[("DIENHONG__HTTP__TRUSTED_PROXIES", "127.0.0.1")]).await;
    let attempt = |from: &str| {
        Request::post("/api/v1/sign-in")
            .header(CONTENT_TYPE, "application/json")
            .header("x-forwarded-for", from)
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))))
            .body(Body::from(json!({ "name": "lead", "password": "wrong" }).to_string()))
            .unwrap()
    };
    for _ in 0..server::access::ATTEMPT_BURST {
        assert_problem(&world.send(attempt("198.51.100.7")).await, StatusCode::UNAUTHORIZED);
    }

    assert_problem(&world.send(attempt("198.51.100.7")).await, StatusCode::TOO_MANY_REQUESTS);
    assert_problem(&world.send(attempt("198.51.100.8")).await, StatusCode::UNAUTHORIZED);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn join_links_are_for_who_brings_sites_in() {
    let world = World::start(true).await;
    let path = format!("/api/v1/conferences/{CONFERENCE}/links");
    for role in [Role::Chair, Role::Secretary, Role::Technician] {
        let operator = world.operator(&format!("{role:?}"), role).await;
        assert_problem(&world.get(&path, &operator).await, StatusCode::FORBIDDEN);
        assert_eq!(world.audit().await[0].who, format!("{role:?}"));
    }
    for role in [Role::Lead, Role::Assistant] {
        let operator = world.operator(&format!("{role:?}"), role).await;
        assert_eq!(world.get(&path, &operator).await.status, StatusCode::OK, "{role:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_an_operators_command_opens_nothing_to_a_site() {
    let world = World::start(true).await;
    let secretary = world.operator("thu-ky", Role::Secretary).await;
    let path = format!("/api/v1/conferences/{CONFERENCE}/commands");
    let command = json!({
        "id": "0198-two",
        "command": { "type": "mark_presence", "site": "ha-noi", "present": true, "reason": "" }
    });
    assert_eq!(world.post(&path, &command, &secretary).await.status, StatusCode::OK);

    let site = world.site("ha-noi", EndpointRole::Main).await;
    assert_problem(&world.post(&path, &command, &site).await, StatusCode::FORBIDDEN);

    let row = &world.audit().await[0];
    assert!(row.who == "ha-noi" && row.what.contains("MarkPresence"), "{row:?}");
    assert_eq!(
        world.post(&path, &command, &secretary).await.status,
        StatusCode::OK,
        "its sender gets its first answer"
    );
    world.stop().await;
}
