//! `session`.

use serde_json::json;

use super::{Key, Takes};

keys! {
    "session.cookie_cache.enabled", "The session is kept in a cookie too, which is believed without asking the database",
        |from| json!(from.session.cookie_cache.enabled) => Takes::Flag(|to, on| {
        to.session.cookie_cache.enabled = on;
    });
    "session.cookie_cache.max_age", "How long that cookie is believed, and a session that was ended may live on",
        |from| json!(from.session.cookie_cache.max_age) => Takes::Seconds {
        least: 1,
        set: |to, n| to.session.cookie_cache.max_age = n,
    };
    "session.cookie_cache.strategy", "How that cookie is written: compact, jwt, or jwe, which is encrypted",
        |from| json!(from.session.cookie_cache.strategy.as_str()) => Takes::Text(|to, text| {
        let strategy = text.parse();
        to.session.cookie_cache.strategy =
            strategy.map_err(|unknown: gatewright_server::UnknownStrategy| unknown.to_string())?;
        Ok(())
    });
    "session.cookie_cache.version", "Another one makes all such cookies of before worthless",
        |from| json!(from.session.cookie_cache.version) => Takes::Text(|to, text| {
        if text.is_empty() || text.len() > 64 {
            return Err("takes a text of up to 64 bytes, like 2".to_owned());
        }
        text.clone_into(&mut to.session.cookie_cache.version);
        Ok(())
    });
    "session.defer_session_refresh", "Reading a session does not extend it: clients send a POST for that",
        |from| json!(from.session.defer_session_refresh) => Takes::Flag(|to, on| {
        to.session.defer_session_refresh = on;
    });
    "session.disable_session_refresh", "Using a session never extends it",
        |from| json!(from.session.disable_session_refresh) => Takes::Flag(|to, on| {
        to.session.disable_session_refresh = on;
    });
    "session.expires_in", "How long a session lives without being used",
        |from| json!(from.session.expires_in) => Takes::Seconds { least: 1, set: |to, n| to.session.expires_in = n };
    "session.fresh_age", "How long a session counts as fresh; 0 is for ever",
        |from| json!(from.session.fresh_age) => Takes::Seconds { least: 0, set: |to, n| to.session.fresh_age = n };
    "session.update_age", "How old a session's expiry may be before it is moved on",
        |from| json!(from.session.update_age) => Takes::Seconds { least: 0, set: |to, n| to.session.update_age = n };
}
