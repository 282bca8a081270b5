//! The API's description: printed, and served where that was asked for.

use crate::desk::Desk;
use crate::server::{Options, Server};

#[tokio::test]
async fn the_description_is_served_when_asked_for_and_is_the_one_that_is_printed() {
    let enabled = Options::default().variable("GATEWRIGHT__OPEN_API__ENABLED", "true");
    let server = Server::start(&enabled);
    let answer = server.get("/open-api/generate-schema").send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let shown = answer.json();
    assert_eq!(shown["servers"][0]["url"], format!("{}/api/auth", server.origin()));

    let printed = Desk::new().variable("BETTER_AUTH_URL", &server.origin()).run(&["openapi"]);
    assert_eq!(printed.code(), Some(0), "{}", printed.output());
    assert_eq!(printed.json(), shown);
    server.stop().assert_no_failure();
}

#[tokio::test]
async fn unless_asked_for_there_is_none() {
    let server = Server::start(&Options::default());
    let answer = server.get("/open-api/generate-schema").send().await;
    assert_eq!((answer.status, answer.body.len()), (404, 0), "{answer:?}");
}

/// Every path of the document is served by every method that it names, and by no other.
#[tokio::test]
async fn what_is_described_is_what_is_served() {
    let server = Server::start(&Options::default());
    let document = Desk::new().run(&["openapi"]).json();
    for (path, item) in document["paths"].as_object().expect("paths") {
        if path == "/delete-user" || path == "/open-api/generate-schema" {
            continue; // switched off
        }
        for method in ["get", "post", "put", "delete", "patch"] {
            let name = method.to_ascii_uppercase().parse().expect("a method");
            let answer = server.request(name, &path.replace("{token}", "x")).send().await;
            let is_described = item.get(method).is_some();
            assert_eq!(answer.status != 404, is_described, "{method} {path}: {answer:?}");
            if is_described {
                let status = answer.status.to_string();
                let described = &item[method]["responses"][&status];
                assert!(described.is_object(), "{method} {path}: {status} is not described");
                let is_json = answer.header("content-type") == Some("application/json");
                let json = if is_json { answer.json() } else { serde_json::Value::Null };
                if let Some(code) = json["code"].as_str() {
                    let described = described.to_string();
                    assert!(described.contains(code), "{method} {path}: {code} in {described}");
                }
            }
        }
    }
    server.stop().assert_no_failure();
}
