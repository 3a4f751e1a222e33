//! Control surfaces by HTTP: their tokens, and actions that need no lease.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use wire::{EndpointRole, Role};

use crate::world::{Answer, CONFERENCE, Credential, World, assert_problem, known};

fn path(rest: &str) -> String {
    format!("/api/v1/conferences/{CONFERENCE}/{rest}")
}

async fn make(world: &World, label: &str, by: &Credential) -> (u64, Credential) {
    let answer = world.post(&path("surfaces"), &json!({ "label": label }), by).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer.body));
    let made = answer.json();
    (made["surface"]["id"].as_u64().unwrap(), Credential::Token(made["token"].as_str().unwrap().to_owned()))
}

/// An action without a body.
async fn act(world: &World, action: &str, by: &Credential) -> Answer {
    world.send(known(Request::post(path(&format!("actions/{action}"))), by).body(Body::empty()).unwrap()).await
}

async fn labels(world: &World, by: &Credential) -> Vec<Value> {
    let listed = world.get(&path("surfaces"), by).await;
    listed.json().as_array().unwrap().iter().map(|surface| surface["label"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_surface_acts_with_the_name_and_the_rights_of_its_operator() {
    let world = World::start(true).await;
    let secretary = world.operator("thu-ky", Role::Secretary).await;
    let (_, surface) = make(&world, "Bàn 1", &secretary).await;

    let marked = act(&world, "mark_presence?site=cao-bang&present=true", &surface).await;
    let forbidden = act(&world, "mute_all", &surface).await;

    assert_eq!(marked.status, StatusCode::OK, "{}", String::from_utf8_lossy(&marked.body));
    assert_problem(&forbidden, StatusCode::FORBIDDEN);
    assert_eq!(forbidden.json()["refusal"]["code"], "forbidden");
    let events = world.get(&path("events?after=0&limit=1000"), &secretary).await.json();
    let event = events.as_array().unwrap().iter().find(|event| event["kind"] == "presence_marked").unwrap().clone();
    assert_eq!(event["actor"], "thu-ky");
    let listed = world.get(&path("surfaces"), &secretary).await.json();
    assert!(listed[0]["last_used_at"].as_u64().is_some(), "{listed}");
    assert!(listed[0].get("token").is_none(), "the token is told once");
    // What is not for panels of buttons stays closed to them.
    for rest in ["state", "links", "surfaces", "delegates"] {
        let answer = world.get(&path(rest), &surface).await;
        assert!(matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN), "{rest}: {}", answer.status);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_surface_ends_when_it_is_removed_and_with_its_operator() {
    let world = World::start(true).await;
    let lead = world.operator("lan", Role::Lead).await;
    let chair = world.operator("chu-toa", Role::Chair).await;
    let secretary = world.operator("thu-ky", Role::Secretary).await;
    let (own, first) = make(&world, "Bàn 1", &chair).await;
    let (_, second) = make(&world, "Bàn 2", &chair).await;
    assert_eq!(world.get(&path("tally"), &first).await.status, StatusCode::OK);

    let of_another = world.delete(&path(&format!("surfaces/{own}")), &secretary).await;
    let removed = world.delete(&path(&format!("surfaces/{own}")), &chair).await;

    assert_problem(&of_another, StatusCode::NOT_FOUND);
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_problem(&world.get(&path("tally"), &first).await, StatusCode::UNAUTHORIZED);
    assert_problem(&act(&world, "interrupt", &first).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.get(&path("tally"), &second).await.status, StatusCode::OK);
    assert_eq!(labels(&world, &secretary).await, Vec::<Value>::new(), "one's own");
    assert_eq!(labels(&world, &lead).await, [json!("Bàn 2")], "a lead sees all");
    world.delete("/api/v1/operators/chu-toa", &lead).await;
    assert_problem(&world.get(&path("tally"), &second).await, StatusCode::UNAUTHORIZED);
    assert_eq!(labels(&world, &lead).await, Vec::<Value>::new());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_operator_has_a_few_surfaces_with_readable_labels() {
    let world = World::start(true).await;
    let lead = world.operator("lan", Role::Lead).await;
    for number in 0..server::access::MAX_SURFACES {
        make(&world, &format!("Bàn {number}"), &lead).await;
    }

    let ninth = world.post(&path("surfaces"), &json!({ "label": "Bàn 9" }), &lead).await;

    assert_problem(&ninth, StatusCode::CONFLICT);
    let site = world.site("cao-bang", EndpointRole::Main).await;
    assert_problem(&world.post(&path("surfaces"), &json!({ "label": "x" }), &site).await, StatusCode::FORBIDDEN);
    let chair = world.operator("chu-toa", Role::Chair).await;
    for label in ["", " ", "a\nb", &"x".repeat(65)] {
        assert_problem(
            &world.post(&path("surfaces"), &json!({ "label": label }), &chair).await,
            StatusCode::BAD_REQUEST,
        );
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_is_not_understood_says_why() {
    let world = World::start(true).await;
    let lead = world.operator("lan", Role::Lead).await;
    let wrong = [
        ("take", StatusCode::BAD_REQUEST, "names the preview"),
        ("take?preview=mot", StatusCode::BAD_REQUEST, "a whole number"),
        ("mute?site=cao-bang&loud=1", StatusCode::BAD_REQUEST, "mute has site"),
        ("mute", StatusCode::BAD_REQUEST, "missing field `site`"),
        ("set_floor_mode?mode=loud", StatusCode::BAD_REQUEST, "unknown variant"),
        ("preview_site", StatusCode::BAD_REQUEST, "slug of a site"),
        ("next_item?item=bc-01", StatusCode::BAD_REQUEST, "no fields"),
        ("next_request", StatusCode::CONFLICT, "nobody waits"),
        ("take_preview", StatusCode::NOT_FOUND, "no action"),
    ];
    for (action, status, detail) in wrong {
        let answer = act(&world, action, &lead).await;
        assert_problem(&answer, status);
        assert!(answer.json()["detail"].as_str().unwrap().contains(detail), "{action}: {}", answer.json());
    }
    // Without the lease: understood, and refused.
    let answer = act(&world, "preview_site?site=cao-bang", &lead).await;
    assert_problem(&answer, StatusCode::CONFLICT);
    assert_eq!(answer.json()["refusal"]["code"], "not_in_control");
    assert_problem(&act(&world, "mute_all", &Credential::Nobody).await, StatusCode::UNAUTHORIZED);
    let site = world.site("cao-bang", EndpointRole::Main).await;
    assert_problem(&act(&world, "request_floor?kind=request", &site).await, StatusCode::FORBIDDEN);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_with_the_same_key_is_done_once_and_too_many_are_slowed_down() {
    let world = World::start(true).await;
    let secretary = world.operator("thu-ky", Role::Secretary).await;
    let (_, surface) = make(&world, "Bàn 1", &secretary).await;
    let present = |key: &str| {
        let request = Request::post(path("actions/mark_presence")).header("idempotency-key", key);
        let body = json!({ "site": "ha-noi", "present": "true" });
        known(request.header("content-type", "application/json"), &surface).body(Body::from(body.to_string())).unwrap()
    };

    let (first, again) = (world.send(present("mot")).await, world.send(present("mot")).await);
    let other = world.send(present("hai")).await;

    assert_eq!(first.status, StatusCode::OK, "{}", String::from_utf8_lossy(&first.body));
    assert_eq!(again.json(), first.json());
    assert_eq!(other.json()["refusal"]["code"], "already_so");
    let mut slowed = 0;
    for _ in 0..80 {
        slowed += usize::from(act(&world, "mute_all", &surface).await.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(slowed > 0, "eighty at once");
    assert_eq!(world.get(&path("state"), &secretary).await.status, StatusCode::OK, "its operator notices nothing");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lamps_name_every_site() {
    let world = World::start(true).await;
    let technician = world.operator("ky-thuat", Role::Technician).await;

    let tally = world.get(&path("tally"), &technician).await;

    assert_eq!(tally.header("cache-control"), "no-store");
    let tally = tally.json();
    assert_eq!(tally["sites"].as_object().unwrap().len(), 64);
    let hall = &tally["sites"]["dien-hong"];
    assert_eq!((&hall["lamp"], &hall["heard"], &hall["online"]), (&json!("program"), &json!(true), &json!(false)));
    assert_eq!(tally["sites"]["cao-bang"]["lamp"], "idle");
    assert_eq!(tally["phase"], "preparing");
    let site = world.site("cao-bang", EndpointRole::Main).await;
    assert_problem(&world.get(&path("tally"), &site).await, StatusCode::FORBIDDEN);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn delegates_are_for_the_centre_as_json_or_as_a_table() {
    let world = World::start(true).await;
    let secretary = world.operator("thu-ky", Role::Secretary).await;
    let site = world.site("cao-bang", EndpointRole::Main).await;
    let delegate = json!({ "name": "Nguyễn Văn A", "title": "Chủ tịch", "organisation": "UBND", "present": true });
    let command = json!({ "type": "set_delegates", "site": "cao-bang", "delegates": [delegate] });
    assert_eq!(world.command(&command, &site).await.status, StatusCode::OK);

    let listed = world.get(&path("delegates"), &secretary).await.json();
    let table = world.get(&path("delegates?format=csv"), &secretary).await;

    let own = listed.as_array().unwrap().iter().find(|of| of["site"] == "cao-bang").unwrap();
    assert_eq!(own["delegates"], json!([delegate]));
    assert_eq!(listed.as_array().unwrap().len(), 64);
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    let text = String::from_utf8(table.body).unwrap();
    assert!(text.contains("cao-bang,Cao Bằng,Nguyễn Văn A,Chủ tịch,UBND,1"), "{text}");
    assert_problem(&world.get(&path("delegates"), &site).await, StatusCode::FORBIDDEN);
    assert_problem(&world.get(&path("delegates?format=xlsx"), &secretary).await, StatusCode::BAD_REQUEST);
    world.stop().await;
}
