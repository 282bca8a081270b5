//! Cookies: their names, and what browsers are told of them.

use gatewright_server::CookieAttributeError;
use serde_json::json;

use super::{Key, Takes};

/// Every key about cookies.
pub(super) const KEYS: [&[Key]; 5] =
    [NAMES, &DEFAULTS, &SESSION_TOKEN, &SESSION_DATA, &DONT_REMEMBER];

/// A text that is read as what it stands for.
fn read<T: std::str::FromStr<Err = CookieAttributeError>>(text: &str) -> Result<Option<T>, String> {
    text.parse().map(Some).map_err(|error: CookieAttributeError| error.to_string())
}

macro_rules! attributes {
    ($section:literal, $whose:literal, $($at:ident).+) => {
        [
            Key {
                name: concat!($section, ".domain"),
                about: concat!("Domain of ", $whose, ": the host of base_url, or one above it"),
                shows: |from| json!(from.advanced.$($at).+.domain.as_ref().map(ToString::to_string)),
                takes: Takes::Text(|to, text| {
                    to.advanced.$($at).+.domain = read(text)?;
                    Ok(())
                }),
            },
            Key {
                name: concat!($section, ".http_only"),
                about: concat!(
                    "HttpOnly of ", $whose, ": scripts cannot read it; not to be off where it holds a token"
                ),
                shows: |from| json!(from.advanced.$($at).+.http_only),
                takes: Takes::Flag(|to, on| to.advanced.$($at).+.http_only = Some(on)),
            },
            Key {
                name: concat!($section, ".partitioned"),
                about: concat!("Partitioned of ", $whose, ": kept apart for each site that embeds ours"),
                shows: |from| json!(from.advanced.$($at).+.partitioned),
                takes: Takes::Flag(|to, on| to.advanced.$($at).+.partitioned = Some(on)),
            },
            Key {
                name: concat!($section, ".path"),
                about: concat!("Path of ", $whose),
                shows: |from| json!(from.advanced.$($at).+.path.as_ref().map(ToString::to_string)),
                takes: Takes::Text(|to, text| {
                    to.advanced.$($at).+.path = read(text)?;
                    Ok(())
                }),
            },
            Key {
                name: concat!($section, ".same_site"),
                about: concat!("SameSite of ", $whose, ": strict, lax or none"),
                shows: |from| json!(from.advanced.$($at).+.same_site.map(gatewright_server::SameSite::as_str)),
                takes: Takes::Text(|to, text| {
                    to.advanced.$($at).+.same_site = read(text)?;
                    Ok(())
                }),
            },
            Key {
                name: concat!($section, ".secure"),
                about: concat!("Secure of ", $whose, ": by https alone"),
                shows: |from| json!(from.advanced.$($at).+.secure),
                takes: Takes::Flag(|to, on| to.advanced.$($at).+.secure = Some(on)),
            },
        ]
    };
}

const DEFAULTS: [Key; 6] =
    attributes!("advanced.default_cookie_attributes", "every cookie", default_cookie_attributes);
const SESSION_TOKEN: [Key; 6] = attributes!(
    "advanced.cookies.session_token.attributes",
    "the session's cookie",
    cookies.session_token.attributes
);
const SESSION_DATA: [Key; 6] = attributes!(
    "advanced.cookies.session_data.attributes",
    "the cookie cache",
    cookies.session_data.attributes
);
const DONT_REMEMBER: [Key; 6] = attributes!(
    "advanced.cookies.dont_remember.attributes",
    "the mark of sessions that end with the browser",
    cookies.dont_remember.attributes
);

/// The characters that a cookie's name may have here (a part of RFC 6265's).
fn name(text: &str) -> Result<String, String> {
    let is_token = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
    if text.is_empty() || text.len() > 128 || !text.bytes().all(is_token) {
        return Err("takes letters, digits, `-`, `_` and `.`".to_owned());
    }
    Ok(text.to_owned())
}

const NAMES: &[Key] = names::KEYS;

mod names {
    use super::{Key, Takes, json, name, read};

    keys! {
        "advanced.cookie_prefix", "What the names of all cookies begin with",
            |from| json!(from.advanced.cookie_prefix) => Takes::Text(|to, text| {
            to.advanced.cookie_prefix = name(text)?;
            Ok(())
        });
        "advanced.cookies.dont_remember.name", "Name of the mark of sessions that end with the browser",
            |from| json!(from.advanced.cookies.dont_remember.name) => Takes::Text(|to, text| {
            to.advanced.cookies.dont_remember.name = Some(name(text)?);
            Ok(())
        });
        "advanced.cookies.session_data.name", "Name of the cookie cache",
            |from| json!(from.advanced.cookies.session_data.name) => Takes::Text(|to, text| {
            to.advanced.cookies.session_data.name = Some(name(text)?);
            Ok(())
        });
        "advanced.cookies.session_token.name", "Name of the session's cookie; __Secure- still comes in front",
            |from| json!(from.advanced.cookies.session_token.name) => Takes::Text(|to, text| {
            to.advanced.cookies.session_token.name = Some(name(text)?);
            Ok(())
        });
        "advanced.cross_sub_domain_cookies.domain", "The domain whose hosts all get the cookies; by default the host of base_url",
            |from| json!(from.advanced.cross_sub_domain_cookies.domain.as_ref().map(ToString::to_string)) => Takes::Text(|to, text| {
            to.advanced.cross_sub_domain_cookies.domain = read(text)?;
            Ok(())
        });
        "advanced.cross_sub_domain_cookies.enabled", "Cookies go to all hosts below a domain, not to the server's own alone",
            |from| json!(from.advanced.cross_sub_domain_cookies.enabled) => Takes::Flag(|to, on| {
            to.advanced.cross_sub_domain_cookies.enabled = on;
        });
        "advanced.use_secure_cookies", "Secure cookies with the __Secure- prefix; by default where base_url is https",
            |from| json!(from.advanced.use_secure_cookies) => Takes::Flag(|to, on| {
            to.advanced.use_secure_cookies = Some(on);
        });
    }
}
