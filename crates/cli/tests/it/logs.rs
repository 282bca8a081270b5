//! What is logged, and what never is.

use reqwest::Method;
use serde_json::json;

use crate::client::{Answer, SESSION_COOKIE};
use crate::server::{Log, Options, SECRET, Server};

const EMAIL: &str = "grace.hopper@navy.example";
const PASSWORD: &str = "nanoseconds & wire 1906";
const NAME: &str = "Rear Admiral Hopper";

#[tokio::test]
async fn no_secret_is_logged() {
    assert_nothing_is_told(Options::default()).await;
}

#[tokio::test]
async fn not_even_when_everything_is_logged() {
    assert_nothing_is_told(Options::default().variable("GATEWRIGHT_LOG", "trace")).await;
}

/// Uses everything that is secret in every way that comes to mind, and looks for it in the log.
async fn assert_nothing_is_told(options: Options) {
    let server = Server::start(&options);
    let mut answers = Vec::new();
    let sign_up = json!({"name": NAME, "email": EMAIL, "password": PASSWORD});
    let signed_up = server.post("/sign-up/email", &sign_up).send().await;
    assert_eq!(signed_up.status, 200, "{signed_up:?}");
    let cookie = signed_up.cookie(SESSION_COOKIE).expect("a cookie").value;
    let bearer = signed_up.header("set-auth-token").expect("a bearer").to_owned();
    let token = signed_up.json()["token"].as_str().expect("a token").to_owned();
    answers.push(signed_up);

    let cookies = format!("{SESSION_COOKIE}={cookie}");
    let session = server.get("/get-session").cookie(&cookies).send().await;
    let jwt = session.header("set-auth-jwt").expect("a JWT").to_owned();
    answers.push(session);
    let issued =
        server.get("/token").header("authorization", &format!("Bearer {bearer}")).send().await;
    let other_jwt = issued.json()["token"].as_str().expect("a JWT").to_owned();
    answers.push(issued);
    let signed_in = server.sign_in(EMAIL, PASSWORD).send().await;
    let other_token = signed_in.json()["token"].as_str().expect("a token").to_owned();
    answers.push(signed_in);

    // Everything again, where it goes wrong or does not belong.
    let broken = format!("{{\"email\":\"{EMAIL}\",\"password\":\"{PASSWORD}\"");
    for request in [
        server.post("/sign-up/email", &sign_up),
        server.sign_in(EMAIL, &format!("{PASSWORD}x")),
        server.sign_in(&format!("{EMAIL}x"), PASSWORD),
        server.sign_in(PASSWORD, EMAIL),
        server.post("/sign-in/email", &json!({"email": [EMAIL], "password": {PASSWORD: 1}})),
        server.post("/sign-in/email", &json!({"email": EMAIL, "password": PASSWORD, "callbackURL": format!("https://{token}.example")})),
        server.post("/sign-in/email", &json!(broken)),
        server.post("/revoke-session", &json!({"token": other_token})).cookie(&cookies),
        server.post("/revoke-session", &json!({"token": [other_token]})).cookie(&cookies),
        server.post("/sign-out", &json!({})).header("cookie", &cookies),
        server.post("/update-user", &json!({"name": NAME, "image": token})).cookie(&cookies),
        server.post("/update-user", &json!({"name": [NAME], "email": EMAIL})).cookie(&cookies),
        server.post("/verify-password", &json!({"password": PASSWORD})).cookie(&cookies),
        server.post("/verify-password", &json!({"password": [PASSWORD]})).cookie(&cookies),
        server.post("/change-password", &json!({"currentPassword": PASSWORD, "newPassword": PASSWORD})).cookie(&cookies),
        server.post("/change-password", &json!({"currentPassword": EMAIL, "newPassword": PASSWORD})).cookie(&cookies),
        server.post("/unlink-account", &json!({"accountId": token})).cookie(&cookies),
        server.post("/delete-user", &json!({"password": PASSWORD, "token": token})).cookie(&cookies),
        server.get("/get-session").cookie(&format!("{cookies}x")),
        server.get("/list-sessions").header("authorization", &format!("Bearer {bearer}x")),
        server.get("/get-session").header("authorization", &jwt),
        server.get("/ok").header("user-agent", PASSWORD).header("x-forwarded-for", &token),
        server.get("/ok").header("referer", &format!("http://a/{token}")).header("x-request-id", &token),
        server.get(&format!("/reset-password/{token}?callbackURL={bearer}")),
        server.get(&format!("/verify-email?token={jwt}&email={EMAIL}")),
        server.get(&format!("/{jwt}")),
        server.request(Method::from_bytes(token.as_bytes()).expect("a method"), "/ok"),
        server.request(Method::OPTIONS, "/ok").header("origin", &format!("https://{token}.example")),
        server.post("/sign-out", &json!({})).cookie(&cookies),
    ] {
        answers.push(request.send().await);
    }
    let log = server.stop();
    log.assert_no_failure();
    assert_every_request_is_logged(&log, &answers);

    let jwts = [jwt.as_str(), &other_jwt];
    let parts = jwts.iter().flat_map(|jwt| jwt.split('.').skip(1));
    let mut complaints = Vec::new();
    for secret in [EMAIL, PASSWORD, NAME, &token, &other_token, &cookie, &bearer, SECRET]
        .into_iter()
        .chain(parts)
        .chain(cookie.split('.').skip(1))
        .chain(bearer.split('.').skip(1))
    {
        for form in forms(secret) {
            complaints.extend(
                log.text
                    .lines()
                    .filter(|line| line.contains(&form))
                    .map(|line| format!("{form}: {line}")),
            );
        }
    }
    crate::hold("No secret and nobody's data is logged", &complaints);
}

/// A text as it may be written in a log.
fn forms(secret: &str) -> [String; 4] {
    let escaped = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                    char::from(byte).into()
                }
                byte => format!("%{byte:02X}"),
            })
            .collect()
    };
    [secret.to_owned(), escaped(secret), secret.to_ascii_lowercase(), secret.replace('@', "%40")]
}

fn assert_every_request_is_logged(log: &Log, answers: &[Answer]) {
    for answer in answers {
        let id = answer.header("x-request-id").expect("an x-request-id");
        let lines: Vec<_> =
            log.requests().filter(|line| line["span"]["request_id"] == id).collect();
        let [line] = lines[..] else { panic!("not one line for {id}: {lines:?}") };
        assert_eq!(line["status"], answer.status, "{line}");
        assert!(line["milliseconds"].is_number() && line["route"].is_string(), "{line}");
    }
}

#[tokio::test]
async fn a_request_is_logged_by_its_route() {
    let server = Server::start(&Options::default());
    server.get("/ok?x=1").send().await;
    server.get("/no/such/path").send().await;
    let log = server.stop();
    let routes: Vec<_> =
        log.requests().map(|line| (&line["method"], &line["route"], &line["status"])).collect();
    let expected =
        [(json!("GET"), json!("/api/auth/ok"), json!(200)), (json!("GET"), json!("-"), json!(404))];
    assert_eq!(routes, expected.each_ref().map(|(method, route, status)| (method, route, status)));
}
