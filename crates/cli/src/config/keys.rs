//! Every configuration key, declared once: its name, what it takes, and what it sets.

use std::path::PathBuf;

use super::Settings;

/// A value as it was given.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Toml(&'a toml::Value),
    /// From the environment, where everything is text.
    Text(&'a str),
}

/// One key.
pub(super) struct Key {
    pub(super) name: &'static str,
    takes: Takes,
}

/// What a key takes, and where it goes. A text or list may be refused in words.
enum Takes {
    Count(fn(&mut Settings, u32)),
    Flag(fn(&mut Settings, bool)),
    List(fn(&mut Settings, Vec<String>) -> Result<(), String>),
    /// A number of seconds, or a span like `15m`, from 1 on (or from 0, where that means never or
    /// always).
    Seconds {
        least: i64,
        set: fn(&mut Settings, i64),
    },
    Text(fn(&mut Settings, &str) -> Result<(), String>),
}

/// The longest span that a cookie may live: 400 days.
const MOST_SECONDS: i64 = 34_560_000;

macro_rules! keys {
    ($($name:literal => $takes:expr;)*) => {
        /// Every key.
        pub(super) const KEYS: &[Key] = &[$(Key { name: $name, takes: $takes }),*];
    };
}

keys! {
    "advanced.cookie_prefix" => Takes::Text(|to, text| {
        let is_token = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
        if text.is_empty() || !text.bytes().all(is_token) {
            return Err("takes letters, digits, `-`, `_` and `.`".to_owned());
        }
        text.clone_into(&mut to.advanced.cookie_prefix);
        Ok(())
    });
    "advanced.ip_address.trusted_proxies" => Takes::List(|to, list| {
        let networks: Result<_, _> = list.iter().map(|text| text.parse()).collect();
        to.advanced.trusted_proxies = networks.map_err(|error: gatewright_server::NetworkError| {
            error.to_string()
        })?;
        Ok(())
    });
    "advanced.use_secure_cookies" => Takes::Flag(|to, on| {
        to.advanced.use_secure_cookies = Some(on);
    });
    "base_path" => Takes::Text(|to, text| {
        text.clone_into(&mut to.base_path);
        Ok(())
    });
    "base_url" => Takes::Text(|to, text| {
        to.base_url = Some(text.to_owned());
        Ok(())
    });
    "database" => Takes::Text(|to, text| {
        text.clone_into(&mut to.database);
        Ok(())
    });
    "email_and_password.disable_sign_up" => Takes::Flag(|to, on| {
        to.email_and_password.disable_sign_up = on;
    });
    "email_and_password.enabled" => Takes::Flag(|to, on| to.email_and_password.enabled = on);
    "email_and_password.max_password_length" => Takes::Count(|to, n| {
        to.email_and_password.max_password_length = to_usize(n);
    });
    "email_and_password.min_password_length" => Takes::Count(|to, n| {
        to.email_and_password.min_password_length = to_usize(n);
    });
    "jwt.audience" => Takes::Text(|to, text| {
        to.jwt.audience = Some(text.to_owned());
        Ok(())
    });
    "jwt.expiration_time" => Takes::Seconds { least: 1, set: |to, n| to.jwt.expiration_time = n };
    "jwt.issuer" => Takes::Text(|to, text| {
        to.jwt.issuer = Some(text.to_owned());
        Ok(())
    });
    "jwt.jwks.key_pair_config.alg" => Takes::Text(|to, text| {
        to.jwt.algorithm =
            text.parse().map_err(|_unknown| {
                "takes EdDSA, ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512, HS256, \
                 HS384 or HS512".to_owned()
            })?;
        Ok(())
    });
    "listen" => Takes::Text(|to, text| {
        to.listen = text.parse().map_err(|_| "takes an address like 127.0.0.1:4000".to_owned())?;
        Ok(())
    });
    "rate_limit.enabled" => Takes::Flag(|to, on| to.rate_limit.enabled = on);
    "rate_limit.max" => Takes::Count(|to, n| to.rate_limit.max = n);
    "rate_limit.window" => Takes::Seconds { least: 1, set: |to, n| to.rate_limit.window = n };
    "secret_file" => Takes::Text(|to, text| {
        to.secret_file = Some(PathBuf::from(text));
        Ok(())
    });
    "session.expires_in" => Takes::Seconds { least: 1, set: |to, n| to.session.expires_in = n };
    "session.fresh_age" => Takes::Seconds { least: 0, set: |to, n| to.session.fresh_age = n };
    "session.update_age" => Takes::Seconds { least: 0, set: |to, n| to.session.update_age = n };
    "trusted_origins" => Takes::List(|to, list| {
        to.trusted_origins = Some(list);
        Ok(())
    });
}

impl Key {
    /// Sets the key, or says in words why the value can't be used. The value itself is not
    /// repeated: somebody may have pasted a secret into the wrong place.
    pub(super) fn set(&self, to: &mut Settings, value: Value<'_>) -> Result<(), String> {
        match self.takes {
            Takes::Count(set) => set(to, value.count().ok_or("takes a whole number, like 128")?),
            Takes::Flag(set) => set(to, value.flag().ok_or("takes true or false")?),
            Takes::List(set) => {
                return set(to, value.list().ok_or("takes a list of texts, like [\"a\", \"b\"]")?);
            }
            Takes::Seconds { least, set } => {
                let in_range = |seconds: &i64| (least..=MOST_SECONDS).contains(seconds);
                let problem = "takes seconds, or a span like 15m or 7d, up to 400 days";
                set(to, value.seconds().filter(in_range).ok_or(problem)?);
            }
            Takes::Text(set) => return set(to, value.text().ok_or("takes a text")?),
        }
        Ok(())
    }
}

impl<'a> Value<'a> {
    fn text(self) -> Option<&'a str> {
        match self {
            Self::Toml(value) => value.as_str(),
            Self::Text(text) => Some(text),
        }
    }

    fn flag(self) -> Option<bool> {
        match self {
            Self::Toml(value) => value.as_bool(),
            Self::Text(text) => text.parse().ok(),
        }
    }

    fn count(self) -> Option<u32> {
        match self {
            Self::Toml(value) => value.as_integer().and_then(|n| u32::try_from(n).ok()),
            Self::Text(text) => text.parse().ok(),
        }
    }

    fn seconds(self) -> Option<i64> {
        match self {
            Self::Toml(toml::Value::Integer(seconds)) => Some(*seconds),
            value => crate::moment::span(value.text()?),
        }
    }

    /// A list, or texts with commas between them.
    fn list(self) -> Option<Vec<String>> {
        if let Self::Toml(toml::Value::Array(items)) = self {
            return items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
        }
        let items = self.text()?.split(',').map(str::trim);
        Some(items.filter(|item| !item.is_empty()).map(str::to_owned).collect())
    }
}

/// The known key that looks most like `key`, as a whole or in its last part: the section may be
/// what is wrong.
pub(super) fn nearest(key: &str) -> &'static str {
    fn last(text: &str) -> &str {
        text.rsplit('.').next().unwrap_or_default()
    }
    let likeness = |known: &Key| {
        let whole = strsim::jaro_winkler(key, known.name);
        whole.max(0.95 * strsim::jaro_winkler(last(key), last(known.name)))
    };
    let nearest = KEYS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    nearest.map_or("", |known| known.name)
}

fn to_usize(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
