use super::*;

const JSON: &[u8] = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

const OTHER_JSON: &[u8] = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"b",
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
fn a_set_is_renewed_on_the_side_before_anybody_has_to_wait() {
    let (mut cache, _) = filled();
    assert_eq!(cache.quiet_span(), Some(at(-10)..at(240)));
    assert!(matches!(cache.lookup(at(239)), Lookup::Found(_)));
    assert!(matches!(cache.lookup(at(240)), Lookup::FoundStale(_)));
    assert!(matches!(cache.lookup(at(299)), Lookup::Found(_)));
    // Its grace is over, and the source has not answered yet.
    assert!(matches!(cache.lookup(at(300)), Lookup::Wait));
    cache.received(JSON, at(240)).unwrap();
    assert!(matches!(cache.lookup(at(479)), Lookup::Found(_)));
}

#[test]
fn a_set_whose_grace_is_over_does_not_serve_before_its_source_was_asked() {
    let (mut cache, _) = filled();
    assert!(matches!(cache.lookup(at(300)), Lookup::Refresh));
    assert!(matches!(cache.lookup(at(300)), Lookup::Wait));
    cache.failed();
    // The source is down: the old set serves, and nobody waits again.
    assert!(matches!(cache.lookup(at(301)), Lookup::Found(_)));
    assert!(matches!(cache.lookup(at(310)), Lookup::FoundStale(_)));
    cache.failed();
    // Nobody came for a long while: what was known then is not known any more.
    assert!(matches!(cache.lookup(at(609)), Lookup::FoundStale(_)));
    cache.failed();
    assert!(matches!(cache.lookup(at(909)), Lookup::Refresh));
}

#[test]
fn in_the_end_an_old_set_serves_no_more() {
    let (mut cache, _) = filled();
    assert!(matches!(cache.lookup(at(86_399)), Lookup::Refresh));
    cache.failed();
    assert!(matches!(cache.lookup(at(86_399)), Lookup::Found(_)));
    assert!(matches!(cache.lookup(at(86_400)), Lookup::Unavailable));
    assert!(matches!(cache.lookup(at(86_409)), Lookup::Refresh));
}

#[test]
fn an_unknown_key_is_asked_for_once_per_cooldown() {
    let (mut cache, set) = filled();
    // The regular fetch a moment ago is none for an unknown key.
    assert_eq!(cache.unknown_key(&set, at(0)), UnknownKey::Refresh);
    assert_eq!(cache.unknown_key(&set, at(0)), UnknownKey::Retry);
    let newer = cache.received(OTHER_JSON, at(0)).unwrap();
    assert_eq!(cache.unknown_key(&set, at(1)), UnknownKey::Retry);
    assert_eq!(cache.unknown_key(&newer, at(9)), UnknownKey::Unknown);
    assert_eq!(cache.unknown_key(&newer, at(10)), UnknownKey::Refresh);
    cache.failed();
    assert_eq!(cache.unknown_key(&newer, at(19)), UnknownKey::Unknown);
}

#[test]
fn callers_that_read_the_clock_a_little_earlier_cause_no_fetch() {
    let (mut cache, set) = filled();
    assert_eq!(cache.unknown_key(&set, at(100)), UnknownKey::Refresh);
    cache.failed();
    assert_eq!(cache.unknown_key(&set, at(99)), UnknownKey::Unknown);
    assert!(matches!(cache.lookup(at(99)), Lookup::Found(_)));
}

#[test]
fn the_same_bytes_are_the_same_set() {
    let (mut cache, set) = filled();
    assert!(matches!(cache.lookup(at(250)), Lookup::FoundStale(_)));
    assert!(Arc::ptr_eq(&set, &cache.received(JSON, at(250)).unwrap()));
    assert_eq!(cache.quiet_span(), Some(at(240)..at(490)));
    assert!(!Arc::ptr_eq(&set, &cache.received(OTHER_JSON, at(260)).unwrap()));
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
    // Nor does it make what was fetched later fresh until then.
    cache.received(JSON, at(1_000_000)).unwrap();
    assert!(matches!(cache.lookup(at(20)), Lookup::Refresh));
}
