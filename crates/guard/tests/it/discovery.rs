//! Keys of an issuer that says itself where they are.

use axum::http::StatusCode;
use gatewright_guard::RemoteKeys;

use crate::source::{Fixture, Mode, Source, key, options, signed_by};

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

async fn fixture(path: &str) -> Fixture {
    fixture_for(Mode::Serving, path).await
}

async fn fixture_for(mode: Mode, path: &str) -> Fixture {
    let old = key(1, "old");
    let discover =
        |source: &Source| RemoteKeys::discover(&format!("{}{path}", source.url()), options(mode));
    Fixture::with(&[&old], |source| discover(source).unwrap()).await
}

fn document(issuer: &str, jwks_uri: &str) -> String {
    format!(r#"{{"issuer":"{issuer}","jwks_uri":"{jwks_uri}","x":[1]}}"#)
}

#[tokio::test]
async fn each_of_the_two_documents_leads_to_the_keys() {
    for (path, at) in [
        ("", OPENID.to_owned()),
        ("", OAUTH.to_owned()),
        ("/realm", format!("/realm{OPENID}")),
        ("/realm", format!("{OAUTH}/realm")),
    ] {
        let fixture = fixture(path).await;
        let url = fixture.source.url();
        fixture.source.serve(&at, &document(&format!("{url}{path}"), &format!("{url}/jwks")));
        assert_eq!(fixture.status(&signed_by(&key(1, "old"))).await, StatusCode::OK, "{at}");
        let asked = fixture.source.take_asked();
        assert_eq!(asked[asked.len() - 2..], [at, "/jwks".to_owned()]);
    }
}

#[tokio::test]
async fn a_document_of_another_issuer_lets_nobody_in() {
    for issuer in ["https://auth.example", "", "{url}/"] {
        let fixture = fixture("").await;
        let url = fixture.source.url();
        let issuer = issuer.replace("{url}", url);
        fixture.source.serve(OPENID, &document(&issuer, &format!("{url}/jwks")));
        // Nor is the other document asked: the first is there, and wrong.
        fixture.source.serve(OAUTH, &document(url, &format!("{url}/jwks")));
        let status = fixture.status(&signed_by(&key(1, "old"))).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{issuer}");
        assert_eq!(fixture.source.take_asked(), [OPENID]);
    }
}

#[tokio::test]
async fn an_address_that_may_not_serve_keys_is_not_asked() {
    for jwks_uri in ["http://auth.example/jwks", "file:///jwks", "/jwks", "http://a:b@127.0.0.1/"] {
        let fixture = fixture("").await;
        fixture.source.serve(OPENID, &document(fixture.source.url(), jwks_uri));
        let status = fixture.status(&signed_by(&key(1, "old"))).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{jwks_uri}");
        assert_eq!(fixture.source.requests(), 1);
    }
}

#[tokio::test]
async fn a_document_that_misbehaves_is_no_document() {
    for mode in [Mode::CutOff, Mode::Garbage, Mode::Hanging, Mode::Html, Mode::Huge] {
        let fixture = fixture_for(mode, "").await;
        let url = fixture.source.url();
        fixture.source.serve(OPENID, &document(url, &format!("{url}/jwks")));
        fixture.source.set(mode);
        let token = signed_by(&key(1, "old"));
        assert_eq!(fixture.status(&token).await, StatusCode::SERVICE_UNAVAILABLE, "{mode:?}");
        fixture.source.set(Mode::Serving);
        fixture.pass(10);
        assert_eq!(fixture.status(&token).await, StatusCode::OK, "{mode:?}");
    }
}

#[tokio::test]
async fn the_document_is_read_once_and_again_when_the_keys_have_moved() {
    let fixture = fixture("").await;
    let (old, new) = (key(1, "old"), key(2, "new"));
    let url = fixture.source.url();
    fixture.source.serve(OPENID, &document(url, &format!("{url}/jwks")));
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    fixture.pass(300);
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    assert_eq!(fixture.source.take_asked(), [OPENID, "/jwks", "/jwks"]);

    // The keys move: the old address holds none, and the next attempt looks where they are.
    fixture.source.serve("/jwks", r#"{"keys":[]}"#);
    fixture.source.publish_at("/moved", &[&new]);
    fixture.source.serve(OPENID, &document(url, &format!("{url}/moved")));
    fixture.pass(300);
    assert_eq!(fixture.status(&signed_by(&old)).await, StatusCode::OK);
    assert_eq!(fixture.status(&signed_by(&new)).await, StatusCode::OK);
    assert_eq!(fixture.source.take_asked(), ["/jwks", OPENID, "/moved"]);
}
