use http::{Method, Request, header::COOKIE};

use super::*;

fn read(values: &[&str]) -> Result<String, Denial> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    bearer_token(&headers).map(ToOwned::to_owned)
}

#[test]
fn one_bearer_token_in_any_casing_of_the_scheme() {
    for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c"] {
        assert_eq!(read(&[value]).unwrap(), "a.b.c");
    }
}

#[test]
fn no_attempt_is_no_credential() {
    for values in [&[][..], &["Basic YTpi"], &["a.b.c"], &["Bearera.b.c x"], &[""]] {
        assert_eq!(read(values), Err(Denial::NoCredential), "{values:?}");
    }
}

#[test]
fn a_failed_attempt_is_malformed() {
    for values in [
        &["Bearer"][..],
        &["Bearer "],
        &["Bearer a.b.c d"],
        &["Bearer a.b.c, Bearer d.e.f"],
        &["Bearer é"],
        &["Bearer a\t"],
        &["Bearer \ta"],
        &["Bearer a.b.c", "Bearer a.b.c"],
        &["Basic YTpi", "Bearer a.b.c"],
    ] {
        assert_eq!(read(values), Err(Denial::MalformedCredential), "{values:?}");
    }
}

fn with_cookies(cookies: &[&str]) -> Result<String, Denial> {
    let mut request = Request::new(());
    for cookie in cookies {
        let value = HeaderValue::from_bytes(cookie.as_bytes()).unwrap();
        request.headers_mut().append(COOKIE, value);
    }
    let credential = Credential::cookie("token", CookiePages::same_origin()).unwrap();
    credential.token(Head::from(&request)).map(ToOwned::to_owned)
}

#[test]
fn the_cookie_of_exactly_that_name() {
    for cookies in [
        &["token=a.b.c"][..],
        &["a=1; token=a.b.c; b=2"],
        &["a=1;token=a.b.c;"],
        &["a=1", "token=a.b.c"],
        &["name=é; token=a.b.c"],
        &["TOKEN=x; xtoken=x; tokenx=x; token=a.b.c"],
    ] {
        assert_eq!(with_cookies(cookies).unwrap(), "a.b.c", "{cookies:?}");
    }
    for cookies in [&[][..], &["a=1"], &["token"], &["a=token=a.b.c"], &["Token=a.b.c"]] {
        assert_eq!(with_cookies(cookies), Err(Denial::NoCredential), "{cookies:?}");
    }
}

#[test]
fn two_cookies_of_that_name_and_odd_ones_are_malformed() {
    for cookies in [
        &["token=a.b.c; token=a.b.c"][..],
        &["token=a.b.c", "token=d.e.f"],
        &["token=a.b.c; token="],
        &["token="],
        &["token=\"a.b.c\""],
        &["token=a b"],
        &["token=é"],
    ] {
        assert_eq!(with_cookies(cookies), Err(Denial::MalformedCredential), "{cookies:?}");
    }
}

/// What becomes of a request with a cookie and these headers.
fn from_page(method: Method, headers: &[(&str, &str)]) -> Result<(), Denial> {
    let mut request = Request::builder().method(method).header(COOKIE, "token=a.b.c");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(()).unwrap();
    let pages = CookiePages::same_origin().and_origin("https://app.example").unwrap();
    let credential = Credential::cookie("token", pages).unwrap();
    credential.token(Head::from(&request)).map(|_| ())
}

#[test]
fn a_cookie_serves_only_pages_that_were_named() {
    let ours = ("origin", "https://app.example");
    let same = ("sec-fetch-site", "same-origin");
    for headers in [&[ours][..], &[same], &[ours, ("sec-fetch-site", "cross-site")]] {
        assert_eq!(from_page(Method::POST, headers), Ok(()), "{headers:?}");
    }
    for headers in [
        &[][..],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "https://app.example.evil.example")],
        &[("origin", "http://app.example")],
        &[("origin", "https://app.example:8443")],
        &[ours, ours],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "none")],
        &[same, same],
        &[("referer", "https://app.example/")],
    ] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::CONNECT] {
            assert_eq!(from_page(method, headers), Err(Denial::CrossSite), "{headers:?}");
        }
    }
}

#[test]
fn reading_is_not_asked_but_an_upgrade_is() {
    let foreign = ("origin", "https://evil.example");
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        assert_eq!(from_page(method, &[foreign]), Ok(()));
    }
    let upgrade = [foreign, ("upgrade", "websocket")];
    assert_eq!(from_page(Method::GET, &upgrade), Err(Denial::CrossSite));
    // HTTP/2 opens a WebSocket by CONNECT (RFC 8441).
    assert_eq!(from_page(Method::CONNECT, &[foreign]), Err(Denial::CrossSite));
    let own = [("origin", "https://app.example"), ("upgrade", "websocket")];
    assert_eq!(from_page(Method::GET, &own), Ok(()));
}

#[test]
fn what_cannot_be_meant_is_refused_at_start_up() {
    for name in ["", "a b", "a=b", "a;b", "ä"] {
        let error = Credential::cookie(name, CookiePages::same_origin()).err();
        assert_eq!(error, Some(CredentialError::NotACookieName), "{name}");
    }
    for origin in
        ["", "*", "null", "https://*", "app.example", "https://app.example/", "https://App.example"]
    {
        let error = CookiePages::same_origin().and_origin(origin).err();
        assert_eq!(error, Some(CredentialError::NotAnOrigin), "{origin}");
    }
}

#[test]
fn what_a_closure_finds_has_the_form_of_a_token() {
    let credential =
        Credential::custom(|head| head.uri.path().strip_prefix('/').ok_or(Denial::NoCredential));
    let token = |path: &str| {
        let request = Request::builder().uri(path).body(()).unwrap();
        credential.token(Head::from(&request)).map(ToOwned::to_owned)
    };
    assert_eq!(token("/a.b.c").unwrap(), "a.b.c");
    assert_eq!(token("/a%20b"), Err(Denial::MalformedCredential));
    assert_eq!(token("/"), Err(Denial::MalformedCredential));
}
