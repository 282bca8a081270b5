//! Who has an account here is told neither by an answer nor by its time.
//!
//! Each endpoint is asked 400 times, half of them about an address that it knows, in pairs whose
//! order is mixed. The answers must be equal. Of the times the test asks what a rank test asks: how
//! often does a known address take longer than an unknown one? With nothing to tell them apart that
//! is a half, give or take 0.029 (the standard deviation for 200 and 200). Beyond 0.5 ± 0.15, five
//! such deviations, the test fails: a fair server does so once in a million runs, however busy the
//! machine is, since what makes it busy hits both alike. A server that hashed no password for
//! unknown users, or wrote no row, would come out at 0 or 1.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Answer, PASSWORD, Request, User};
use crate::server::{Options, Server};

const PAIRS: usize = 200;

/// How far from a half the share may be of pairs in which the known address took longer.
const MOST_OFF: f64 = 0.15;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Address {
    Known,
    Unknown,
}

/// Asks 400 times; `at_once` requests are on their way together.
async fn assert_alike(at_once: usize, ask: impl Fn(Address, usize) -> Request) {
    let mut order = Vec::new();
    // Any sequence serves that nothing else in the machine follows.
    let mut state = 0x9e37_79b9_u32;
    for number in 0..PAIRS {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let mut pair = [(Address::Known, number), (Address::Unknown, number)];
        if state >> 31 == 1 {
            pair.reverse();
        }
        order.extend(pair);
    }
    // A connection must be there, and the server warm, before anything is measured.
    for warm in [Address::Known, Address::Unknown] {
        ask(warm, PAIRS).send().await;
    }
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let mut answers: Vec<(u16, Vec<String>, Value)> = Vec::new();
    for together in order.chunks(at_once) {
        let mut tasks = tokio::task::JoinSet::new();
        for (address, number) in together {
            let (address, request) = (*address, ask(*address, *number));
            tasks.spawn(async move {
                let started = Instant::now();
                let answer = request.send().await;
                (address, started.elapsed(), answer)
            });
        }
        for (address, took, answer) in tasks.join_all().await {
            match address {
                Address::Known => known.push(took),
                Address::Unknown => unknown.push(took),
            }
            let answer = shape(&answer);
            if !answers.contains(&answer) {
                answers.push(answer);
            }
        }
    }
    assert_eq!(answers.len(), 1, "the answers differ: {answers:?}");
    let share = share_of_longer(&known, &unknown);
    assert!(
        (share - 0.5).abs() <= MOST_OFF,
        "a known address took longer in {share:.3} of all pairs; medians {:?} and {:?}",
        median(&known),
        median(&unknown),
    );
}

/// What of an answer could tell something: random values and the request's own are masked.
fn shape(answer: &Answer) -> (u16, Vec<String>, Value) {
    let mut body = answer.json();
    if let Some(user) = body.get_mut("user").and_then(Value::as_object_mut) {
        for name in ["id", "email", "createdAt", "updatedAt"] {
            let value = user.get_mut(name).unwrap_or_else(|| panic!("no {name} in {answer:?}"));
            *value = json!(value.as_str().expect("a text").len());
        }
    }
    let names = answer.headers.keys().filter(|name| *name != "date");
    let mut names: Vec<String> = names.map(ToString::to_string).collect();
    names.sort();
    (answer.status, names, body)
}

/// Of all pairs of a known and an unknown address, the share in which the known took longer.
fn share_of_longer(known: &[Duration], unknown: &[Duration]) -> f64 {
    let mut longer = 0.0;
    for one in known {
        for other in unknown {
            longer += match one.cmp(other) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    let pairs = u32::try_from(known.len() * unknown.len()).expect("not that many");
    longer / f64::from(pairs)
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2]
}

/// Addresses of the same length, whoever has them.
fn address(address: Address, number: usize) -> String {
    match address {
        Address::Known => "ada-000@example.com".to_owned(),
        Address::Unknown => format!("bob-{number:03}@example.com"),
    }
}

async fn with_ada(options: &Options) -> (Server, User) {
    let server = Server::start(options);
    let ada = server.sign_up("ada-000").await;
    (server, ada)
}

#[tokio::test]
async fn sign_in_does_not_tell_who_there_is() {
    let (server, _) = with_ada(&Options::default()).await;
    assert_alike(1, |who, number| server.sign_in(&address(who, number), "wrong horse")).await;
    server.assert_unharmed();
}

#[tokio::test]
async fn sign_up_does_not_tell_who_there_is_where_addresses_are_verified() {
    let required = "GATEWRIGHT__EMAIL_AND_PASSWORD__REQUIRE_EMAIL_VERIFICATION";
    let options = Options::default().variable(required, "true");
    let server = Server::start(&options);
    let sign_up = |who, number| {
        let body = json!({"name": "x", "email": address(who, number), "password": PASSWORD});
        server.post("/sign-up/email", &body)
    };
    assert_eq!(sign_up(Address::Known, 0).send().await.status, 200);
    assert_alike(1, sign_up).await;
    server.assert_unharmed();
}

#[tokio::test]
async fn password_resets_do_not_tell_who_there_is() {
    let (server, _) = with_ada(&Options::default()).await;
    assert_alike(8, |who, number| {
        server.post("/request-password-reset", &json!({"email": address(who, number)}))
    })
    .await;
    server.assert_unharmed();
}

#[tokio::test]
async fn verifications_do_not_tell_who_there_is() {
    let (server, _) = with_ada(&Options::default()).await;
    assert_alike(8, |who, number| {
        server.post("/send-verification-email", &json!({"email": address(who, number)}))
    })
    .await;
    server.assert_unharmed();
}

#[tokio::test]
async fn changes_of_address_do_not_tell_who_there_is() {
    let options = Options::default().variable("GATEWRIGHT__USER__CHANGE_EMAIL__ENABLED", "true");
    let (server, _ada) = with_ada(&options).await;
    let eve = server.sign_up("eve").await;
    assert_alike(8, |who, number| {
        server.post("/change-email", &json!({"newEmail": address(who, number)})).by(&eve)
    })
    .await;
    server.assert_unharmed();
}
