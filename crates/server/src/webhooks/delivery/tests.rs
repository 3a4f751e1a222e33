use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use wire::{ConferenceId, HealthChange, HealthEntry, Incident, IncidentCause, InstanceId};

use super::*;
use crate::webhooks::{Secret, Webhooks};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What a receiver was sent, and what it answers.
#[derive(Default)]
struct Received {
    requests: Vec<(HeaderMap, String)>,
    /// Answers to the first requests; then 204.
    answers: Vec<u16>,
}

type Shared = Arc<Mutex<Received>>;

async fn take(State(shared): State<Shared>, headers: HeaderMap, body: String) -> StatusCode {
    let mut received = shared.lock().unwrap();
    received.requests.push((headers, body));
    let answer = received.answers.get(received.requests.len() - 1).copied().unwrap_or(204);
    StatusCode::from_u16(answer).unwrap()
}

async fn receiver(answers: &[u16]) -> (Shared, WebhookConfig) {
    let shared: Shared = Arc::new(Mutex::new(Received { answers: answers.to_vec(), ..Received::default() }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new().route("/hook", post(take)).with_state(Arc::clone(&shared));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (shared, WebhookConfig { url, secret: Secret::read(SECRET).unwrap() })
}

fn incident(id: u64) -> Incident {
    Incident {
        id,
        began: 1,
        ended: None,
        cause: IncidentCause::Region("Tây Bắc".to_owned()),
        inside: 1.0,
        outside: 0.0,
        sites: BTreeMap::new(),
        closed_at: None,
        merged_into: None,
    }
}

async fn requests(shared: &Shared, count: usize) -> Vec<(HeaderMap, String)> {
    for _ in 0..1_000 {
        if shared.lock().unwrap().requests.len() >= count {
            // One more than expected would come now.
            tokio::time::sleep(Duration::from_millis(50)).await;
            return shared.lock().unwrap().requests.clone();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{count} requests did not come");
}

#[tokio::test]
async fn an_incident_is_told_signed_and_repeated_with_the_same_id_until_it_is_taken() {
    let (shared, config) = receiver(&[503]).await;
    let webhooks = Webhooks::start(&[config], InstanceId("first".to_owned()));
    let conference = ConferenceId("c".to_owned());
    let entry = |entry, what| HealthEntry { entry, at: 7, what };
    webhooks.entry(&conference, &entry(1, HealthChange::Opened { incident: incident(4) }));
    webhooks.entry(&conference, &entry(2, HealthChange::Closed { incident: incident(4) }));

    let requests = requests(&shared, 3).await;

    let ids: Vec<&str> = requests.iter().map(|(headers, _)| headers["webhook-id"].to_str().unwrap()).collect();
    assert_eq!(ids, ["c_first_4_opened", "c_first_4_opened", "c_first_4_closed"]);
    for (headers, body) in &requests {
        let text = |name: &str| headers[name].to_str().unwrap();
        let signature =
            Secret::read(SECRET).unwrap().sign(text("webhook-id"), text("webhook-timestamp").parse().unwrap(), body);
        assert_eq!(text("webhook-signature"), signature);
    }
    let body: serde_json::Value = serde_json::from_str(&requests[0].1).unwrap();
    assert_eq!(body["type"], "incident.opened");
    assert_eq!(body["data"]["incident"]["cause"]["name"], "Tây Bắc");
}

#[tokio::test]
async fn what_a_receiver_refuses_is_not_repeated_and_the_next_message_comes() {
    let (shared, config) = receiver(&[410]).await;
    let webhooks = Webhooks::start(&[config], InstanceId("first".to_owned()));
    let conference = ConferenceId("c".to_owned());
    webhooks.entry(&conference, &HealthEntry { entry: 1, at: 7, what: HealthChange::Closed { incident: incident(1) } });
    webhooks.entry(&conference, &HealthEntry { entry: 2, at: 8, what: HealthChange::Closed { incident: incident(2) } });

    let requests = requests(&shared, 2).await;

    let ids: Vec<&str> = requests.iter().map(|(headers, _)| headers["webhook-id"].to_str().unwrap()).collect();
    assert_eq!(ids, ["c_first_1_closed", "c_first_2_closed"]);
}
