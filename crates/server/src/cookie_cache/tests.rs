use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;
use crate::crypto::SecretRotation;
use crate::fields::Additional;
use crate::options::BaseUrl;

const NOW: Date = Date::from_milliseconds(1_800_000_000_000);
const STRATEGIES: [CookieCacheStrategy; 3] =
    [CookieCacheStrategy::Compact, CookieCacheStrategy::Jwt, CookieCacheStrategy::Jwe];

fn secret(letter: &str) -> Secret {
    Secret::new(&letter.repeat(32)).unwrap()
}

fn cache_of(strategy: CookieCacheStrategy, secrets: &Secrets, version: &str) -> CookieCache {
    let version = version.to_owned();
    new(CookieCacheOptions { enabled: true, max_age: 300, strategy, version }, secrets)
}

fn new(cache: CookieCacheOptions, secrets: &Secrets) -> CookieCache {
    let base_url = BaseUrl::new("http://localhost:4000", "/api/auth").unwrap();
    let mut options = Options::new(base_url, &[], secret("a")).unwrap();
    options.session.cookie_cache = cache;
    CookieCache::new(&options, secrets, Random::system()).unwrap()
}

fn cache(strategy: CookieCacheStrategy) -> CookieCache {
    cache_of(strategy, &Secrets::new(secret("a"), None), "1")
}

fn session() -> Session {
    Session {
        id: "id".to_owned(),
        expires_at: NOW.plus_seconds(3600),
        token: "token".to_owned(),
        created_at: NOW.plus_seconds(-60),
        updated_at: NOW.plus_seconds(-60),
        ip_address: None,
        user_agent: Some("Ünïcode \u{1}\u{7f}\u{2028} \"\\ </script>".to_owned()),
        user_id: "user".to_owned(),
        additional: Additional::default(),
    }
}

fn user() -> User {
    User {
        id: "user".to_owned(),
        name: "Ada 😀".to_owned(),
        email: "ada@example.com".to_owned(),
        email_verified: true,
        image: None,
        created_at: NOW,
        updated_at: NOW,
        additional: Additional::default(),
    }
}

fn written(cache: &CookieCache, session: &Session, remember: Remember) -> String {
    cache.write(session, &user(), remember, NOW).unwrap().unwrap()
}

#[test]
fn what_is_written_is_read_in_every_strategy() {
    for strategy in STRATEGIES {
        let cache = cache(strategy);
        let text = written(&cache, &session(), Remember::Yes);
        let ActiveSession { session: read, user: of } = cache.read(&text, "token", NOW).unwrap();
        let expected = session();
        assert_eq!((read.id, read.token), (expected.id, expected.token));
        assert_eq!(read.expires_at, expected.expires_at);
        assert_eq!((read.created_at, read.updated_at), (expected.created_at, expected.updated_at));
        assert_eq!((read.ip_address, read.user_agent), (None, expected.user_agent));
        assert_eq!(format!("{of:?}"), format!("{:?}", user()), "{strategy:?}");
    }
}

#[test]
fn a_cookie_is_believed_for_its_time_by_the_clock_and_not_a_moment_longer() {
    for strategy in STRATEGIES {
        let cache = cache(strategy);
        let text = written(&cache, &session(), Remember::Yes);
        let is_read = |seconds| cache.read(&text, "token", NOW.plus_seconds(seconds)).is_some();
        assert!(is_read(0) && is_read(300), "{strategy:?}");
        assert!(!is_read(301), "{strategy:?}");
        // A clock that was set back gives it no more time than another server's may be ahead.
        assert!(is_read(-15), "{strategy:?}");
        assert!(!is_read(-16), "{strategy:?}");

        let soon_over = Session { expires_at: NOW.plus_seconds(5), ..session() };
        let text = written(&cache, &soon_over, Remember::Yes);
        assert!(cache.read(&text, "token", NOW.plus_seconds(5)).is_some(), "{strategy:?}");
        assert!(cache.read(&text, "token", NOW.plus_seconds(6)).is_none(), "{strategy:?}");
    }
}

#[test]
fn a_session_that_ends_with_the_browser_has_upstreams_times_but_never_more_than_max_age() {
    for (strategy, max_age, lasts) in [
        (CookieCacheStrategy::Compact, 300, 60),
        (CookieCacheStrategy::Jwt, 900, 300),
        (CookieCacheStrategy::Jwe, 900, 300),
        (CookieCacheStrategy::Jwe, 20, 20),
        (CookieCacheStrategy::Compact, 20, 20),
    ] {
        let options =
            CookieCacheOptions { enabled: true, max_age, strategy, version: "1".to_owned() };
        let secrets = Secrets::new(secret("a"), None);
        let cache = new(options, &secrets);
        assert_eq!(cache.max_age(Remember::No), None);
        let text = written(&cache, &session(), Remember::No);
        let is_read = |seconds| cache.read(&text, "token", NOW.plus_seconds(seconds)).is_some();
        assert!(is_read(lasts) && !is_read(lasts + 1), "{strategy:?} {max_age}");
    }
}

#[test]
fn a_shorter_max_age_counts_for_cookies_of_before_too() {
    for strategy in STRATEGIES {
        let text = written(&cache(strategy), &session(), Remember::Yes);
        let version = "1".to_owned();
        let options = CookieCacheOptions { enabled: true, max_age: 30, strategy, version };
        let secrets = Secrets::new(secret("a"), None);
        let shorter = new(options, &secrets);
        assert!(shorter.read(&text, "token", NOW.plus_seconds(30)).is_some());
        assert!(shorter.read(&text, "token", NOW.plus_seconds(31)).is_none(), "{strategy:?}");
    }
}

#[test]
fn a_cookie_is_good_for_its_own_session_version_and_secret_alone() {
    for strategy in STRATEGIES {
        let text = written(&cache(strategy), &session(), Remember::Yes);
        assert!(cache(strategy).read(&text, "other", NOW).is_none());
        assert!(cache(strategy).read(&text, "", NOW).is_none());
        let of_secret_a = Secrets::new(secret("a"), None);
        assert!(cache_of(strategy, &of_secret_a, "2").read(&text, "token", NOW).is_none());
        let of_secret_b = Secrets::new(secret("b"), None);
        assert!(cache_of(strategy, &of_secret_b, "1").read(&text, "token", NOW).is_none());
        for other in STRATEGIES.into_iter().filter(|other| *other != strategy) {
            assert!(cache(other).read(&text, "token", NOW).is_none(), "{strategy:?} as {other:?}");
        }
    }
}

#[test]
fn every_altered_character_is_noticed() {
    for strategy in STRATEGIES {
        let cache = cache(strategy);
        let text = written(&cache, &session(), Remember::Yes);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(bytes).unwrap();
            assert!(cache.read(&altered, "token", NOW).is_none(), "{strategy:?} at {at}");
            assert!(cache.read(&text[..at], "token", NOW).is_none(), "{strategy:?} cut at {at}");
        }
    }
}

#[test]
fn no_cookie_outlives_the_change_of_secrets() {
    // Whoever knows an old secret could say to be anybody, in a cookie for a session of their own.
    let before = Secrets::new(secret("a"), None);
    let versions = SecretRotation::new(2, vec![(1, secret("a"))], None).unwrap();
    let without_versions = SecretRotation::new(2, vec![], Some(secret("a"))).unwrap();
    for rotation in [versions, without_versions] {
        let after = Secrets::new(secret("b"), Some(rotation));
        for strategy in STRATEGIES {
            let text = written(&cache_of(strategy, &before, "1"), &session(), Remember::Yes);
            let read = cache_of(strategy, &after, "1").read(&text, "token", NOW);
            assert!(read.is_none(), "{strategy:?}");
        }
    }
}

#[test]
fn an_encrypted_cookie_shows_nothing_and_no_two_are_alike() {
    let cache = cache(CookieCacheStrategy::Jwe);
    let [one, other] = [0, 1].map(|_| written(&cache, &session(), Remember::Yes));
    assert_ne!(one, other);
    for part in one.split('.') {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("token"));
    }
}

#[test]
fn headers_that_change_what_the_rest_means_are_refused() {
    let cache = cache(CookieCacheStrategy::Jwe);
    let Format::Jwe(jwe) = &cache.format else { unreachable!() };
    // A right tag over each header: only what it says is wrong.
    let secrets = Secrets::new(secret("a"), None);
    let key = crate::crypto::ContentKey::derive(secrets.current(), "better-auth-session").unwrap();
    let text = written(&cache, &session(), Remember::Yes);
    let claims = {
        let mut parts = text.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
        let header = text.split('.').next().unwrap();
        let iv = parts.nth(2).unwrap().try_into().unwrap();
        let ciphertext = parts.next().unwrap();
        let tag = parts.next().unwrap().try_into().unwrap();
        key.open(crate::crypto::Sealed { iv, ciphertext, tag }, header.as_bytes()).unwrap()
    };
    let sealed = |header: &str, claims: &[u8]| {
        let header = URL_SAFE_NO_PAD.encode(header);
        let sealed = key.seal(claims, header.as_bytes(), &Random::system()).unwrap();
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let [iv, text, tag] = [&sealed.iv[..], &sealed.ciphertext, &sealed.tag].map(part);
        format!("{header}..{iv}.{text}.{tag}")
    };
    let header = r#"{"alg":"dir","enc":"A256CBC-HS512"}"#;
    assert!(jwe.read(&sealed(header, &claims)).is_some(), "a key without a name is looked for");
    for header in [
        r#"{"alg":"none","enc":"A256CBC-HS512"}"#,
        r#"{"alg":"dir","enc":"A256GCM"}"#,
        r#"{"alg":"dir","enc":"A256CBC-HS512","zip":"DEF"}"#,
        r#"{"alg":"dir","enc":"A256CBC-HS512","crit":["b64"]}"#,
        r#"{"alg":"dir","enc":"A256CBC-HS512","kid":"another"}"#,
        r#"{"alg":"dir","alg":"dir","enc":"A256CBC-HS512"}"#,
        "{}",
        "",
    ] {
        assert!(jwe.read(&sealed(header, &claims)).is_none(), "{header}");
    }
    for claims in ["{}", "null", "", r#"{"exp":9999999999}"#] {
        assert!(jwe.read(&sealed(header, claims.as_bytes())).is_none(), "{claims}");
    }
}

#[test]
fn a_user_with_much_to_say_is_not_cached_rather_than_locked_out() {
    for strategy in STRATEGIES {
        let cache = cache(strategy);
        let large = User { image: Some("x".repeat(MOST_WRITTEN)), ..user() };
        assert!(cache.write(&session(), &large, Remember::Yes, NOW).unwrap().is_none());
    }
}

#[test]
fn no_text_is_too_strange() {
    for strategy in STRATEGIES {
        let cache = cache(strategy);
        let long = "e".repeat(MOST_READ + 1);
        let nested = URL_SAFE_NO_PAD.encode("[".repeat(10_000));
        for text in
            ["", ".", "..", "....", "e30", "e30.e30.", "e30..e30.e30.e30", "ü", &long, &nested]
        {
            assert!(cache.read(text, "token", NOW).is_none(), "{strategy:?} {text:.20}");
        }
    }
}

#[test]
fn debug_shows_no_secret() {
    assert!(!format!("{:?}", cache(CookieCacheStrategy::Compact)).contains("aaaa"));
}
