use super::*;

const JSON: &[u8] = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

fn at(seconds: i64) -> UnixTime {
    UnixTime::new(seconds)
}

fn filled() -> (KeyCache, Arc<KeySet>) {
    let mut cache = KeyCache::new(KeyCacheTimes::default());
    assert!(matches!(cache.lookup(at(0)), Lookup::Refresh));
    let set = cache.received(JSON, at(0)).unwrap();
    (cache, set)
}

#[test]
fn one_fetch_for_many_waiters() {
    let mut cache = KeyCache::new(KeyCacheTimes::default());
    assert!(matches!(cache.lookup(at(0)), Lookup::Refresh));
    assert!(matches!(cache.lookup(at(0)), Lookup::Wait));
    cache.received(JSON, at(0)).unwrap();
    assert!(matches!(cache.lookup(at(0)), Lookup::Found(_)));
}

#[test]
fn without_a_set_a_failure_is_remembered_for_the_cooldown() {
    let mut cache = KeyCache::new(KeyCacheTimes::default());
    assert!(matches!(cache.lookup(at(0)), Lookup::Refresh));
    cache.failed();
    assert!(matches!(cache.lookup(at(9)), Lookup::Unavailable));
    assert_eq!(cache.seconds_until_retry(at(9)), 1);
    assert!(matches!(cache.lookup(at(10)), Lookup::Refresh));
}

#[test]
fn a_stale_set_serves_while_a_new_one_is_fetched_and_in_the_end_no_more() {
    let (mut cache, _) = filled();
    assert!(matches!(cache.lookup(at(299)), Lookup::Found(_)));
    assert!(matches!(cache.lookup(at(300)), Lookup::FoundStale(_)));
    assert!(matches!(cache.lookup(at(300)), Lookup::Found(_)));
    cache.failed();
    assert!(matches!(cache.lookup(at(301)), Lookup::Found(_)));
    assert!(matches!(cache.lookup(at(310)), Lookup::FoundStale(_)));
    cache.failed();
    assert!(matches!(cache.lookup(at(86_400)), Lookup::Refresh));
    cache.failed();
    assert!(matches!(cache.lookup(at(86_401)), Lookup::Unavailable));
}

#[test]
fn an_unknown_key_is_asked_for_once_per_cooldown() {
    let (mut cache, set) = filled();
    assert_eq!(cache.unknown_key(&set, at(5)), UnknownKey::Unknown);
    assert_eq!(cache.unknown_key(&set, at(10)), UnknownKey::Refresh);
    assert_eq!(cache.unknown_key(&set, at(10)), UnknownKey::Retry);
    let newer = cache.received(JSON, at(10)).unwrap();
    assert_eq!(cache.unknown_key(&set, at(11)), UnknownKey::Retry);
    assert_eq!(cache.unknown_key(&newer, at(11)), UnknownKey::Unknown);
}

#[test]
fn a_broken_answer_does_not_displace_a_working_set() {
    let (mut cache, set) = filled();
    assert_eq!(cache.unknown_key(&set, at(10)), UnknownKey::Refresh);
    assert_eq!(cache.received(b"<html>", at(10)).unwrap_err(), KeySetError::NotAJwkSet);
    assert!(matches!(cache.lookup(at(11)), Lookup::Found(_)));
    assert_eq!(cache.unknown_key(&set, at(20)), UnknownKey::Refresh);
    let empty = cache.received(br#"{"keys":[]}"#, at(20));
    assert_eq!(empty.unwrap_err(), KeySetError::NoUsableKey);
    assert!(matches!(cache.lookup(at(21)), Lookup::Found(_)));
}

#[test]
fn a_clock_set_back_does_not_lock_the_source_out() {
    let mut cache = KeyCache::new(KeyCacheTimes::default());
    assert!(matches!(cache.lookup(at(1_000_000)), Lookup::Refresh));
    cache.failed();
    assert!(matches!(cache.lookup(at(5)), Lookup::Refresh));
}
