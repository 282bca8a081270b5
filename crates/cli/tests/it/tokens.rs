//! The tokens that back ends verify.

use gatewright_jose::{Algorithm, KeySet, Policy, Rejection, UnixTime, Verified, VerifyingKey};
use serde_json::{Value, json};

use crate::client::User;
use crate::server::{Options, SECRET, Server};

#[tokio::test]
async fn an_eddsa_token_verifies_through_the_published_keys() {
    let server = Server::start(&Options::default());
    let ada = server.sign_up("ada").await;
    let token = token_of(&server, &ada).await;
    let jwks = server.get("/jwks").send().await;
    assert_eq!(jwks.status, 200, "{jwks:?}");
    let key = &jwks.json()["keys"][0];
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"]),
        (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"))
    );
    assert_eq!(key.get("d"), None, "the private half stays here");

    let keys = KeySet::from_jwk_set_json(&jwks.body).expect("a key set");
    let verified = verify(&token, &keys, Algorithm::EdDSA, &server.origin()).expect("a good token");
    assert_eq!(verified.subject(), ada.id);
    let claims = verified.with_claims::<Value>().expect("claims").claims().clone();
    assert_eq!((&claims["email"], &claims["name"]), (&json!(ada.email), &json!("ada")));
    assert_eq!(claims["exp"].as_i64(), claims["iat"].as_i64().map(|iat| iat + 900));

    let session = server.get("/get-session").by(&ada).send().await;
    let from_header = session.header("set-auth-jwt").expect("a token beside the session");
    assert!(verify(from_header, &keys, Algorithm::EdDSA, &server.origin()).is_ok());

    let foreign = verify(&token, &keys, Algorithm::EdDSA, "https://else.example.com");
    assert_eq!(foreign.err(), Some(Rejection::WrongIssuer));
}

#[tokio::test]
async fn many_who_ask_first_get_one_key() {
    let server = Server::start(&Options::default());
    let ada = server.sign_up("ada").await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10 {
        tasks.spawn(server.get("/jwks").send());
        tasks.spawn(server.get("/token").by(&ada).send());
        tasks.spawn(server.get("/get-session").by(&ada).send());
    }
    let answers = tasks.join_all().await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let jwks = server.get("/jwks").send().await;
    assert_eq!(jwks.json()["keys"].as_array().map(Vec::len), Some(1), "{jwks:?}");
    let keys = KeySet::from_jwk_set_json(&jwks.body).expect("a key set");
    for answer in answers {
        let token = answer.json()["token"].as_str().map(str::to_owned);
        let token = token.or_else(|| answer.header("set-auth-jwt").map(str::to_owned));
        let Some(token) = token else { continue };
        assert!(verify(&token, &keys, Algorithm::EdDSA, &server.origin()).is_ok(), "{token}");
    }
    server.stop().assert_no_failure();
}

#[tokio::test]
async fn keys_outlive_a_restart() {
    let options = Options::default().arg("--base-url").arg("http://auth.example.com");
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let token = token_of(&server, &ada).await;
    server.stop();
    let server = Server::start(&options);
    let jwks = server.get("/jwks").send().await;
    let keys = KeySet::from_jwk_set_json(&jwks.body).expect("a key set");
    assert!(verify(&token, &keys, Algorithm::EdDSA, "http://auth.example.com").is_ok());
    assert_eq!(jwks.json()["keys"].as_array().map(Vec::len), Some(1), "{jwks:?}");
}

#[tokio::test]
async fn with_hs256_a_token_is_signed_with_the_shared_secret() {
    let options =
        Options::default().variable("GATEWRIGHT__JWT__JWKS__KEY_PAIR_CONFIG__ALG", "HS256");
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let token = token_of(&server, &ada).await;
    let key = |secret: &[u8]| {
        KeySet::from(VerifyingKey::hmac(Algorithm::HS256, secret).expect("a long secret"))
    };
    let verified = verify(&token, &key(SECRET.as_bytes()), Algorithm::HS256, &server.origin());
    assert_eq!(verified.expect("a good token").subject(), ada.id);
    let other = verify(&token, &key(&[7; 48]), Algorithm::HS256, &server.origin());
    assert_eq!(other.err(), Some(Rejection::BadSignature));

    let jwks = server.get("/jwks").send().await;
    assert!(!jwks.text().contains("oct"), "a secret is never published: {jwks:?}");
    assert!(!jwks.text().contains("\"k\""), "a secret is never published: {jwks:?}");
}

#[tokio::test]
async fn every_other_key_pair_signs_is_published_and_outlives_a_restart() {
    for algorithm in ["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS512"] {
        let options =
            Options::default().variable("GATEWRIGHT__JWT__JWKS__KEY_PAIR_CONFIG__ALG", algorithm);
        let server = Server::start(&options);
        let ada = server.sign_up("ada").await;
        let token = token_of(&server, &ada).await;
        let (origin, jwks) = (server.origin(), server.get("/jwks").send().await);
        let key = jwks.json()["keys"][0].clone();
        assert_eq!(key["alg"], algorithm, "{jwks:?}");
        for private in ["d", "p", "q", "dp", "dq", "qi"] {
            assert_eq!(key.get(private), None, "{algorithm}: the private half stays here");
        }
        let keys = KeySet::from_jwk_set_json(&jwks.body).expect("a key set");
        assert_eq!(keys.keys().len(), 1, "{algorithm}");
        let parsed = algorithm.parse().expect("an algorithm");
        let verified = verify(&token, &keys, parsed, &origin).expect("a good token");
        assert_eq!(verified.subject(), ada.id, "{algorithm}");
        server.stop();

        let server = Server::start(&options);
        let again = server.get("/jwks").send().await;
        assert_eq!(again.json()["keys"], json!([key]), "{algorithm}");
        let token = token_of(&server, &ada).await;
        let unverified = gatewright_jose::dangerous::decode_unverified(&token).expect("a token");
        assert_eq!(unverified.header["kid"], key["kid"], "{algorithm}");
    }
}

#[tokio::test]
async fn no_host_header_says_who_the_issuer_is() {
    let server = Server::start(&Options::default());
    let ada = server.sign_up("ada").await;
    let request = server.get("/token").by(&ada).header("host", "evil.example.com");
    let answer = request.header("x-forwarded-host", "evil.example.com").send().await;
    let token = answer.json()["token"].as_str().expect("a token").to_owned();
    let jwks = server.get("/jwks").send().await;
    let keys = KeySet::from_jwk_set_json(&jwks.body).expect("a key set");
    assert!(verify(&token, &keys, Algorithm::EdDSA, &server.origin()).is_ok());
}

#[tokio::test]
async fn without_a_session_there_is_no_token() {
    let server = Server::start(&Options::default());
    let answer = server.get("/token").send().await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json(), json!({"code": "UNAUTHORIZED", "message": "Unauthorized"}));
}

async fn token_of(server: &Server, user: &User) -> String {
    let answer = server.get("/token").by(user).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["token"].as_str().expect("a token").to_owned()
}

/// As a back end does that expects `origin` as issuer and audience.
fn verify(
    token: &str,
    keys: &KeySet,
    algorithm: Algorithm,
    origin: &str,
) -> Result<Verified, Rejection> {
    let policy = Policy::builder().issuer(origin).audience(origin).algorithms([algorithm]).build();
    policy.verify(token, keys, now())
}

#[expect(clippy::disallowed_methods, reason = "the server under test reads the same clock")]
fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since.expect("a clock after 1970").as_secs();
    UnixTime::new(i64::try_from(seconds).expect("a clock before the end of time"))
}
