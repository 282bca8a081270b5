//! More passwords than can be hashed: some are asked to come again, and nobody else waits.
#![cfg(target_os = "linux")]

use serde_json::json;
use tokio::task::JoinSet;

use crate::client::PASSWORD;
use crate::server::{Options, Server};

/// More than a server with one core keeps waiting.
const AT_ONCE: usize = 200;

#[tokio::test]
async fn beyond_the_queue_sign_ins_are_turned_away_and_the_rest_is_answered() {
    let server = Server::start(&Options::default().on_one_core());
    let ada = server.sign_up("ada").await;
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        let request = server.sign_in(&ada.email, PASSWORD);
        tasks.spawn(async move { request.send().await });
    }
    let (mut turned_away, mut signed_in) = (0, 0);
    while turned_away < 10 || signed_in < 10 {
        let answer = tasks.join_next().await.expect("some are turned away, some signed in");
        let answer = answer.expect("a task that does not panic");
        match answer.status {
            200 => signed_in += 1,
            503 => {
                turned_away += 1;
                let seconds = answer.header("retry-after").and_then(|text| text.parse().ok());
                assert!(seconds.is_some_and(|seconds: u32| seconds > 0), "{answer:?}");
                assert!(answer.json()["message"].is_string(), "{answer:?}");
                assert!(!answer.sets_cookies(), "{answer:?}");
            }
            _ => panic!("neither yes nor later: {answer:?}"),
        }
    }
    // A hundred are still waiting.
    for _ in 0..5 {
        assert_eq!(server.get("/ok").send().await.status, 200);
        let session = server.get("/get-session").by(&ada).send().await;
        assert_eq!(session.json()["user"]["id"], json!(ada.id));
    }
    assert!(tasks.len() > 50, "only {} were waiting meanwhile", tasks.len());

    // Those who have gone are not hashed for; the next one is served.
    tasks.shutdown().await;
    let mut answer = server.sign_in(&ada.email, PASSWORD).send().await;
    for _ in 0..1000 {
        if answer.status == 200 {
            break;
        }
        assert_eq!(answer.status, 503, "{answer:?}");
        answer = server.sign_in(&ada.email, PASSWORD).send().await;
    }
    assert_eq!(answer.status, 200, "the queue is never free again: {answer:?}");
    let log = server.stop();
    assert!(!log.text.contains("panic"), "{}", log.text);
}
