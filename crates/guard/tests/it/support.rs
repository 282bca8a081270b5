//! Tokens, requests and answers.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header::AUTHORIZATION},
};
use gatewright_guard::{Algorithm, Clock, Policy, UnixTime, Verifier};
use gatewright_jose::SigningKey;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const NOW: i64 = 1_700_000_000;
pub(crate) const ISSUER: &str = "https://auth.example";
pub(crate) const SECRET: &[u8] = b"a shared secret of more than 32 bytes";

pub(crate) fn policy() -> Policy {
    Policy::builder()
        .issuer(ISSUER)
        .audience(ISSUER)
        .algorithms([Algorithm::EdDSA, Algorithm::HS256])
        .build()
}

pub(crate) fn verifier() -> Verifier {
    Verifier::from_secret(policy(), SECRET).unwrap().with_clock(fixed_clock())
}

pub(crate) fn fixed_clock() -> Clock {
    Clock::new(|| UnixTime::new(NOW))
}

pub(crate) fn secret_key() -> SigningKey {
    SigningKey::hmac(Algorithm::HS256, SECRET).unwrap()
}

pub(crate) fn token(key: &SigningKey, subject: &str, expires_at: i64) -> String {
    let claims = json!({
        "iss": ISSUER, "aud": ISSUER, "sub": subject, "exp": expires_at, "email": "a@app.example",
    });
    key.sign(&claims).unwrap()
}

pub(crate) fn valid(subject: &str) -> String {
    token(&secret_key(), subject, NOW + 60)
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn detail(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["detail"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

pub(crate) async fn get(router: &Router, path: &str, token: Option<&str>) -> Answer {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    send(router, request.body(Body::empty()).unwrap()).await
}
