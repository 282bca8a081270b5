//! No link of ours leads to a place that nobody trusts, and none is made by a request's headers.

use serde_json::json;

use crate::client::percent_encoded;
use crate::server::{Options, Server};

/// Addresses that have fooled somebody's check before.
const AWAY: [&str; 22] = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2fevil.example",
    "/%5Cevil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://app.example.com.evil.example",
    "https://app.example.com@evil.example",
    "https://evil.example/https://app.example.com",
    "https://evil.example?https://app.example.com",
    "https://evil.example#.app.example.com",
    "https://wild.example",
    "https://a.wild.example.evil.example",
    "http://app.example.com",
    "javascript:alert(1)",
    "JavaScript://app.example.com/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
];

fn server() -> (Options, Server) {
    let options = Options::default()
        .variable(
            "BETTER_AUTH_TRUSTED_ORIGINS",
            "https://app.example.com,https://*.wild.example,http://localhost:3000",
        )
        .variable("GATEWRIGHT__USER__CHANGE_EMAIL__ENABLED", "true")
        .variable("GATEWRIGHT__USER__DELETE_USER__ENABLED", "true")
        .variable("GATEWRIGHT__USER__DELETE_USER__SEND_DELETE_ACCOUNT_VERIFICATION", "true");
    let server = Server::start(&options);
    (options, server)
}

#[tokio::test]
async fn no_link_in_a_mail_leads_away() {
    let (options, server) = server();
    let ada = server.sign_up("ada").await;
    for away in AWAY {
        for (path, body) in [
            ("/change-email", json!({"newEmail": "new@example.com", "callbackURL": away})),
            ("/delete-user", json!({"callbackURL": away})),
            ("/send-verification-email", json!({"email": ada.email, "callbackURL": away})),
            ("/request-password-reset", json!({"email": ada.email, "redirectTo": away})),
        ] {
            let answer = server.post(path, &body).by(&ada).send().await;
            assert_eq!(answer.status, 403, "{path} to {away:?}: {answer:?}");
        }
    }
    server.assert_unharmed();
    assert!(options.mails().is_empty());
}

#[tokio::test]
async fn no_link_that_was_bent_leads_away() {
    let (options, server) = server();
    let ada = server.sign_up("ada").await;
    let ask = server.post("/change-email", &json!({"newEmail": "new@example.com"}));
    assert_eq!(ask.by(&ada).send().await.status, 200);
    let change = options.mail(0).await;
    assert_eq!(server.post("/delete-user", &json!({})).by(&ada).send().await.status, 200);
    let deletion = options.mail(1).await;
    for (path, token) in [
        ("/verify-email", change.token()),
        ("/verify-email", "none"),
        ("/delete-user/callback", deletion.token()),
        ("/delete-user/callback", "none"),
    ] {
        for away in AWAY {
            let path = format!("{path}?token={token}&callbackURL={}", percent_encoded(away));
            let answer = server.get(&path).by(&ada).send().await;
            assert_eq!(answer.status, 403, "{path} to {away:?}: {answer:?}");
            assert_eq!(answer.json()["code"], "INVALID_CALLBACK_URL");
        }
    }
    // None of it was done, and all of it still can be, on to where it may lead.
    let to = |mail: &str, place: &str| format!("{mail}&callbackURL={}", percent_encoded(place));
    let change = to(&format!("/verify-email?token={}", change.token()), "https://b.wild.example/x");
    let answer = server.get(&change).by(&ada).send().await;
    assert_eq!(answer.header("location"), Some("https://b.wild.example/x"));
    let deletion = format!("/delete-user/callback?token={}", deletion.token());
    let answer = server.get(&to(&deletion, "/bye?a=b")).by(&ada).send().await;
    assert_eq!(answer.header("location"), Some("/bye?a=b"));
    server.assert_unharmed();
}

#[tokio::test]
async fn no_header_of_a_request_gets_into_a_link() {
    let (options, server) = server();
    let ada = server.sign_up("ada").await;
    let requests = [
        ("/request-password-reset", json!({"email": ada.email})),
        ("/send-verification-email", json!({"email": ada.email})),
        ("/change-email", json!({"newEmail": "new@example.com"})),
        ("/delete-user", json!({})),
    ];
    for (path, body) in &requests {
        let request = server
            .post(path, body)
            .by(&ada)
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "gopher")
            .header("x-forwarded-port", "666")
            .header("x-original-url", "https://evil.example/")
            .header("referer", "http://localhost:3000/evil")
            .header("forwarded", "host=evil.example;proto=gopher");
        assert_eq!(request.send().await.status, 200, "{path}");
    }
    let start = format!("{}/api/auth/", server.origin());
    for number in 0..requests.len() {
        let mail = options.mail(number).await;
        assert!(mail.link().starts_with(&start), "{}", mail.text);
        for word in ["evil", "gopher", "666"] {
            let mut lines = mail.text.lines().filter(|line| !line.contains("token="));
            assert!(lines.all(|line| !line.contains(word)), "{word} is in {}", mail.text);
        }
    }
    server.assert_unharmed();
}
