//! Every configuration key, declared once: its name, what it takes, and what it sets.

use std::path::PathBuf;
use std::sync::LazyLock;

use gatewright_server::{ErrorUrl, ErrorUrlError};
use serde_json::{Value as Json, json};

use super::Settings;

/// One key.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// What it decides, for the schema.
    about: &'static str,
    /// Its value in some settings; null where it was left to what follows from others.
    shows: fn(&Settings) -> Json,
    takes: Takes,
}

/// What a key takes, and where it goes. A text or list may be refused in words.
enum Takes {
    /// A number, not any.
    Choice(fn(&mut Settings, u32) -> Result<(), String>),
    Count(fn(&mut Settings, u32)),
    Flag(fn(&mut Settings, bool)),
    List(fn(&mut Settings, Vec<String>) -> Result<(), String>),
    Port(fn(&mut Settings, u16)),
    /// A number from 0 to 1.
    Ratio(fn(&mut Settings, f64)),
    /// A number of seconds, or a span like `15m`, from 1 on (or from 0, where that means never or
    /// always).
    Seconds {
        least: i64,
        set: fn(&mut Settings, i64),
    },
    /// A span for what is kept: from a day to a century.
    Retention(fn(&mut Settings, i64)),
    Text(fn(&mut Settings, &str) -> Result<(), String>),
}

/// The longest span that a cookie may live: 400 days.
const MOST_SECONDS: i64 = 34_560_000;

/// Seconds for which something may be kept.
const RETENTIONS: std::ops::RangeInclusive<i64> = 86_400..=3_153_600_000;

macro_rules! keys {
    ($($name:literal, $about:literal, $shows:expr => $takes:expr;)*) => {
        pub(super) const KEYS: &[Key] =
            &[$(Key { name: $name, about: $about, shows: $shows, takes: $takes }),*];
    };
}

mod advanced;
mod cookies;
mod guardrails;
mod jwt;
mod mail;
mod operate;
mod session;
mod value;

pub(super) use value::Value;

/// Every key, in alphabetical order.
pub(super) static ALL: LazyLock<Vec<&Key>> = LazyLock::new(|| {
    let mut all: Vec<&Key> = [
        KEYS,
        advanced::KEYS,
        guardrails::KEYS,
        jwt::KEYS,
        mail::KEYS,
        operate::KEYS,
        session::KEYS,
    ]
    .into_iter()
    .chain(cookies::KEYS)
    .flatten()
    .collect();
    all.sort_by_key(|key| key.name);
    all
});

keys! {
    "advanced.ip_address.trusted_proxies", "Addresses and networks whose X-Forwarded-For is believed, besides this machine",
        |from| json!(texts(&from.advanced.trusted_proxies)) => Takes::List(|to, list| {
        let networks: Result<_, _> = list.iter().map(|text| text.parse()).collect();
        to.advanced.trusted_proxies = networks.map_err(|error: gatewright_server::NetworkError| {
            error.to_string()
        })?;
        Ok(())
    });
    "app_name", "What the application is called in mails; by default by the host of base_url",
        |from| json!(from.app_name) => Takes::Text(|to, text| {
        if text.trim().is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
            return Err("takes a name of 100 characters at most".to_owned());
        }
        to.app_name = Some(text.trim().to_owned());
        Ok(())
    });
    "base_path", "The path below which the endpoints lie",
        |from| json!(from.base_path) => Takes::Text(|to, text| {
        text.clone_into(&mut to.base_path);
        Ok(())
    });
    "base_url", "Where browsers reach the server; issuer and audience of its tokens unless set",
        |from| json!(from.base_url) => Takes::Text(|to, text| {
        to.base_url = Some(text.to_owned());
        Ok(())
    });
    "database", "sqlite:FILE",
        |from| json!(without_password(&from.database)) => Takes::Text(|to, text| {
        text.clone_into(&mut to.database);
        Ok(())
    });
    "database_password_file", "The file with the password of a PostgreSQL database whose address has none",
        |from| json!(from.database_password_file) => Takes::Text(|to, text| {
        to.database_password_file = Some(PathBuf::from(text));
        Ok(())
    });
    "email_and_password.auto_sign_in", "Sign-up signs in; where not, it does not tell whether an address is taken",
        |from| json!(from.email_and_password.auto_sign_in) => Takes::Flag(|to, on| {
        to.email_and_password.auto_sign_in = on;
    });
    "email_and_password.disable_sign_up", "Nobody can sign up",
        |from| json!(from.email_and_password.disable_sign_up) => Takes::Flag(|to, on| {
        to.email_and_password.disable_sign_up = on;
    });
    "email_and_password.enabled", "Sign-up and sign-in with e-mail address and password",
        |from| json!(from.email_and_password.enabled) => Takes::Flag(|to, on| to.email_and_password.enabled = on);
    "email_and_password.max_password_length", "The greatest length of a password, in characters",
        |from| json!(from.email_and_password.max_password_length) => Takes::Count(|to, n| {
        to.email_and_password.max_password_length = to_usize(n);
    });
    "email_and_password.min_password_length", "The least length of a password, in characters",
        |from| json!(from.email_and_password.min_password_length) => Takes::Count(|to, n| {
        to.email_and_password.min_password_length = to_usize(n);
    });
    "email_and_password.require_email_verification", "Nobody gets in before their address is verified",
        |from| json!(from.email_and_password.require_email_verification) => Takes::Flag(|to, on| {
        to.email_and_password.require_email_verification = on;
    });
    "email_and_password.reset_password_token_expires_in", "How long the link of a password reset is good",
        |from| json!(from.email_and_password.reset_password_token_expires_in) => Takes::Seconds {
        least: 1,
        set: |to, n| to.email_and_password.reset_password_token_expires_in = n,
    };
    "email_and_password.revoke_sessions_on_password_reset", "A password reset ends all sessions of the user",
        |from| json!(from.email_and_password.revoke_sessions_on_password_reset) => Takes::Flag(|to, on| {
        to.email_and_password.revoke_sessions_on_password_reset = on;
    });
    "email_verification.auto_sign_in_after_verification", "The link of a verification signs its user in",
        |from| json!(from.email_verification.auto_sign_in_after_verification) => Takes::Flag(|to, on| {
        to.email_verification.auto_sign_in_after_verification = on;
    });
    "email_verification.expires_in", "How long the link of a verification is good",
        |from| json!(from.email_verification.expires_in) => Takes::Seconds {
        least: 1,
        set: |to, n| to.email_verification.expires_in = n,
    };
    "email_verification.send_on_sign_in", "A link is mailed at each sign-in that the missing verification stops",
        |from| json!(from.email_verification.send_on_sign_in) => Takes::Flag(|to, on| {
        to.email_verification.send_on_sign_in = on;
    });
    "email_verification.send_on_sign_up", "A link is mailed at sign-up; by default where verification is required",
        |from| json!(from.email_verification.send_on_sign_up) => Takes::Flag(|to, on| {
        to.email_verification.send_on_sign_up = Some(on);
    });
    "listen", "The address to listen on",
        |from| json!(from.listen.to_string()) => Takes::Text(|to, text| {
        to.listen = text.parse().map_err(|_| "takes an address like 127.0.0.1:4000".to_owned())?;
        Ok(())
    });
    "on_api_error.error_url", "A page that shows errors, instead of the server's own",
        |from| json!(from.on_api_error.error_url.as_ref().map(ErrorUrl::as_str)) => Takes::Text(|to, text| {
        let url = text.parse().map_err(|error: ErrorUrlError| error.to_string())?;
        to.on_api_error.error_url = Some(url);
        Ok(())
    });
    "secret_file", "The file with the secret; BETTER_AUTH_SECRET comes first",
        |from| json!(from.secret_file) => Takes::Text(|to, text| {
        to.secret_file = Some(PathBuf::from(text));
        Ok(())
    });
    "secrets_file", "The file with secrets that take turns, like 2:NEW,1:OLD; BETTER_AUTH_SECRETS comes first",
        |from| json!(from.secrets_file) => Takes::Text(|to, text| {
        to.secrets_file = Some(PathBuf::from(text));
        Ok(())
    });
    "trusted_origins", "Origins that may use the server, besides its own; on a loopback address http://localhost:3000 unless set",
        |from| json!(from.trusted_origins) => Takes::List(|to, list| {
        to.trusted_origins = Some(list);
        Ok(())
    });
    "user.change_email.enabled", "Users may change their e-mail address",
        |from| json!(from.user.change_email.enabled) => Takes::Flag(|to, on| to.user.change_email.enabled = on);
    "user.change_email.send_change_email_confirmation", "A verified address is asked first whether another may take its place",
        |from| json!(from.user.change_email.send_change_email_confirmation) => Takes::Flag(|to, on| {
        to.user.change_email.send_change_email_confirmation = on;
    });
    "user.change_email.update_email_without_verification", "An address that is not verified is changed at once",
        |from| json!(from.user.change_email.update_email_without_verification) => Takes::Flag(|to, on| {
        to.user.change_email.update_email_without_verification = on;
    });
    "user.delete_user.delete_token_expires_in", "How long the link of a deletion is good",
        |from| json!(from.user.delete_user.delete_token_expires_in) => Takes::Seconds {
        least: 1,
        set: |to, n| to.user.delete_user.delete_token_expires_in = n,
    };
    "user.delete_user.enabled", "Users may delete themselves",
        |from| json!(from.user.delete_user.enabled) => Takes::Flag(|to, on| to.user.delete_user.enabled = on);
    "user.delete_user.send_delete_account_verification", "Who wants to be deleted confirms it by a mail",
        |from| json!(from.user.delete_user.send_delete_account_verification) => Takes::Flag(|to, on| {
        to.user.delete_user.send_delete_account_verification = on;
    });
}

impl Key {
    /// Its value in these settings. No key holds a secret; one that may hold a password is masked.
    pub(super) fn show(&self, from: &Settings) -> Json {
        (self.shows)(from)
    }

    /// What it takes, in JSON Schema.
    pub(super) fn schema(&self) -> Json {
        let mut schema = match self.takes {
            Takes::Choice(_) | Takes::Count(_) => {
                json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
            }
            Takes::Flag(_) => json!({ "type": "boolean" }),
            Takes::Port(_) => json!({ "type": "integer", "minimum": 1, "maximum": u16::MAX }),
            Takes::List(_) => json!({ "anyOf": [
                { "type": "array", "items": { "type": "string" } },
                { "type": "string" },
            ] }),
            Takes::Ratio(_) => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
            Takes::Seconds { least, .. } => json!({ "anyOf": [
                { "type": "integer", "minimum": least, "maximum": MOST_SECONDS },
                { "type": "string", "pattern": "^[0-9]+[smhdw]?$" },
            ] }),
            Takes::Retention(_) => json!({ "anyOf": [
                { "type": "integer", "minimum": RETENTIONS.start(), "maximum": RETENTIONS.end() },
                { "type": "string", "pattern": "^[0-9]+[smhdw]?$" },
            ] }),
            Takes::Text(_) => json!({ "type": "string" }),
        };
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), self.about.into());
            let default = self.show(&Settings::default());
            if !default.is_null() {
                schema.insert("default".to_owned(), default);
            }
        }
        schema
    }

    /// Sets the key, or says in words why the value can't be used. The value itself is not
    /// repeated: somebody may have pasted a secret into the wrong place.
    pub(super) fn set(&self, to: &mut Settings, value: Value<'_>) -> Result<(), String> {
        match self.takes {
            Takes::Choice(set) => return set(to, value.count().ok_or("takes a whole number")?),
            Takes::Count(set) => set(to, value.count().ok_or("takes a whole number, like 128")?),
            Takes::Flag(set) => set(to, value.flag().ok_or("takes true or false")?),
            Takes::List(set) => {
                return set(to, value.list().ok_or("takes a list of texts, like [\"a\", \"b\"]")?);
            }
            Takes::Port(set) => {
                let port = value.count().and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0);
                set(to, port.ok_or("takes the number of a port, like 465")?);
            }
            Takes::Ratio(set) => set(to, value.ratio().ok_or("takes a number from 0 to 1")?),
            Takes::Seconds { least, set } => {
                let in_range = |seconds: &i64| (least..=MOST_SECONDS).contains(seconds);
                let problem = "takes seconds, or a span like 15m or 7d, up to 400 days";
                set(to, value.seconds().filter(in_range).ok_or(problem)?);
            }
            Takes::Retention(set) => {
                let problem = "takes a span from 1d to 36500d";
                set(to, value.seconds().filter(|n| RETENTIONS.contains(n)).ok_or(problem)?);
            }
            Takes::Text(set) => return set(to, value.text().ok_or("takes a text")?),
        }
        Ok(())
    }
}

/// The known key that looks most like `key`, as a whole or in its last part: the section may be
/// what is wrong.
pub(super) fn nearest(key: &str) -> &'static str {
    fn last(text: &str) -> &str {
        text.rsplit('.').next().unwrap_or_default()
    }
    let likeness = |known: &&Key| {
        let whole = strsim::jaro_winkler(key, known.name);
        whole.max(0.95 * strsim::jaro_winkler(last(key), last(known.name)))
    };
    let nearest = ALL.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    nearest.map_or("", |known| known.name)
}

fn texts(all: &[impl ToString]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

/// An address without the password that it may hold.
fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split_once(':').map_or(user, |(user, _)| user);
            format!("{scheme}://{user}:…@{host}")
        }
        None => address.to_owned(),
    }
}

fn to_usize(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
