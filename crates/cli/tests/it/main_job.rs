//! The main job: sign up, sign in, be known, get a token, sign out.

use serde_json::{Value, json};

use crate::client::{Answer, PASSWORD, SESSION_COOKIE};
use crate::database::{Engine, on_both_engines};
use crate::server::{Options, Server};

/// Seven days, in the order in which upstream writes them.
const ATTRIBUTES: [&str; 4] = ["Max-Age=604800", "Path=/", "HttpOnly", "SameSite=Lax"];

on_both_engines! {
    sign_up_answers_with_token_and_user_and_sets_the_cookie,
    a_user_signs_in_is_known_and_signs_out,
    a_bearer_is_as_good_as_a_cookie,
    a_session_without_remember_me_ends_with_the_browser,
    a_wrong_password_and_an_unknown_user_are_told_apart_by_nobody,
    an_address_is_taken_once,
    over_https_cookies_are_secure_and_others_are_not_accepted,
}

async fn sign_up_answers_with_token_and_user_and_sets_the_cookie(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    let body = json!({"name": "Ada", "email": "Ada@Example.com", "password": PASSWORD});
    let answer = server.post("/sign-up/email", &body).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));

    let json = answer.json();
    let user = &json["user"];
    assert_eq!(keys(&json), ["token", "user"]);
    let members = ["createdAt", "email", "emailVerified", "id", "image", "name", "updatedAt"];
    assert_eq!(keys(user), members);
    assert_eq!((&user["name"], &user["email"]), (&json!("Ada"), &json!("ada@example.com")));
    assert_eq!((&user["emailVerified"], &user["image"]), (&json!(false), &json!(null)));
    let token = json["token"].as_str().expect("a token");
    assert!(is_id(token) && user["id"].as_str().is_some_and(is_id), "{json}");
    assert!(user["createdAt"].as_str().is_some_and(is_date), "{user}");

    let cookie = answer.cookie(SESSION_COOKIE).expect("a session cookie");
    assert_eq!(cookie.attributes, ATTRIBUTES);
    let signature = cookie.value.strip_prefix(&format!("{token}.")).expect("the signed token");
    // 44 characters of base64, with `+`, `/` and `=` escaped.
    assert!(signature.ends_with("%3D") && signature.len() >= 46, "{signature}");
    let unescaped = cookie.value.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
    assert_eq!(answer.header("set-auth-token"), Some(unescaped.as_str()));
    server.stop().assert_no_failure();
}

async fn a_user_signs_in_is_known_and_signs_out(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    let ada = server.sign_up("ada").await;

    let answer = server.sign_in("ADA@example.com", PASSWORD).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let json = answer.json();
    assert_eq!(keys(&json), ["redirect", "token", "user"]);
    assert_eq!((&json["redirect"], &json["user"]["id"]), (&json!(false), &json!(ada.id)));
    assert_ne!(json["token"], json!(ada.token), "every sign-in has a session of its own");
    let cookie = answer.cookie(SESSION_COOKIE).expect("a session cookie");
    assert_eq!(cookie.attributes, ATTRIBUTES);

    let cookies = format!("theme=dark; {SESSION_COOKIE}={}; x=y", cookie.value);
    let session = server.get("/get-session").cookie(&cookies).send().await;
    assert_eq!(session.status, 200, "{session:?}");
    assert_eq!(session.header("cache-control"), Some("no-store"));
    assert!(!session.sets_cookies(), "a young session is not refreshed: {session:?}");
    assert_eq!(session.json()["session"]["token"], json["token"]);
    assert_eq!(session.json()["user"], json["user"]);
    assert!(session.header("set-auth-jwt").is_some_and(|jwt| jwt.split('.').count() == 3));

    let gone = server.post("/sign-out", &json!({})).cookie(&cookies).send().await;
    assert_eq!((gone.status, gone.json()), (200, json!({"success": true})));
    assert_cleared(&gone);
    let after = server.get("/get-session").cookie(&cookies).send().await;
    assert_eq!((after.status, after.json()), (200, Value::Null));
    assert_cleared(&after);
    assert_eq!(after.header("set-auth-jwt"), None, "no token without a session");
    assert_eq!(server.get("/token").cookie(&cookies).send().await.status, 401);

    let other = server.get("/get-session").by(&ada).send().await;
    assert_eq!(other.json()["user"]["id"], json!(ada.id), "the other session goes on");
    server.stop().assert_no_failure();
}

async fn a_bearer_is_as_good_as_a_cookie(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    let ada = server.sign_up("ada").await;
    for bearer in [&ada.token, &ada.bearer, &ada.cookie] {
        let request =
            server.get("/get-session").header("authorization", &format!("bearer {bearer}"));
        assert_eq!(request.send().await.json()["user"]["id"], json!(ada.id), "{bearer}");
    }
    let forged = format!("Bearer {}.{}=", ada.token, "A".repeat(43));
    let request = server.get("/get-session").header("authorization", &forged);
    assert_eq!(request.send().await.json(), Value::Null);
    server.stop().assert_no_failure();
}

async fn a_session_without_remember_me_ends_with_the_browser(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    let ada = server.sign_up("ada").await;
    let body = json!({"email": ada.email, "password": PASSWORD, "rememberMe": false});
    let answer = server.post("/sign-in/email", &body).send().await;
    let without_age = &ATTRIBUTES[1..];
    for name in [SESSION_COOKIE, "better-auth.dont_remember"] {
        let cookie = answer.cookie(name).unwrap_or_else(|| panic!("no {name}: {answer:?}"));
        assert_eq!(cookie.attributes, without_age, "{name}");
    }
}

async fn a_wrong_password_and_an_unknown_user_are_told_apart_by_nobody(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    let ada = server.sign_up("ada").await;
    let wrong = server.sign_in(&ada.email, "not her password").send().await;
    let unknown = server.sign_in("nobody@example.com", PASSWORD).send().await;
    for answer in [&wrong, &unknown] {
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(answer.json()["code"], "INVALID_EMAIL_OR_PASSWORD");
        assert!(!answer.sets_cookies(), "{answer:?}");
    }
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(headers_but_those_of_the_moment(&wrong), headers_but_those_of_the_moment(&unknown));
}

async fn an_address_is_taken_once(engine: Engine) {
    let server = Server::start(&Options::on(engine));
    server.sign_up("ada").await;
    let body = json!({"name": "Eve", "email": "ADA@example.com", "password": PASSWORD});
    let answer = server.post("/sign-up/email", &body).send().await;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(answer.json()["code"], "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
    assert!(!answer.sets_cookies(), "{answer:?}");
    server.stop().assert_no_failure();
}

async fn over_https_cookies_are_secure_and_others_are_not_accepted(engine: Engine) {
    let server =
        Server::start(&Options::on(engine).arg("--base-url").arg("https://auth.example.com"));
    let body = json!({"name": "Ada", "email": "ada@example.com", "password": PASSWORD});
    let answer = server.post("/sign-up/email", &body).send().await;
    let secure = format!("__Secure-{SESSION_COOKIE}");
    let cookie = answer.cookie(&secure).expect("a secure cookie");
    let expected = ["Max-Age=604800", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"];
    assert_eq!(cookie.attributes, expected);
    let ask = |name: &str| server.get("/get-session").cookie(&format!("{name}={}", cookie.value));
    assert!(ask(&secure).send().await.json().is_object());
    assert_eq!(ask(SESSION_COOKIE).send().await.json(), Value::Null);
}

#[track_caller]
fn assert_cleared(answer: &Answer) {
    for name in [SESSION_COOKIE, "better-auth.session_data", "better-auth.dont_remember"] {
        let cookie = answer.cookie(name).unwrap_or_else(|| panic!("{name} stays: {answer:?}"));
        assert_eq!(cookie.value, "");
        assert!(cookie.attributes.iter().any(|attribute| attribute == "Max-Age=0"), "{cookie:?}");
    }
}

fn headers_but_those_of_the_moment(answer: &Answer) -> Vec<(String, String)> {
    let text = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        (name.to_string(), format!("{value:?}"))
    };
    let headers = answer.headers.iter().map(text);
    headers.filter(|(name, _)| name != "date" && name != "x-request-id").collect()
}

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> =
        object.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `2026-01-02T03:04:05.678Z`
fn is_date(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00.000Z"
}
