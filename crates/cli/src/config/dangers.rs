//! What is allowed, and seldom meant: one list, for `serve` at its start and for `config check`.

use std::net::IpAddr;

use gatewright_server::{BaseUrl, Network};

use super::Settings;

/// Sessions beyond this are long: after 30 days NIST SP 800-63B wants another sign-in, at its lowest
/// level already.
const LONG_SESSION: i64 = 30 * 86_400;

/// The least length of passwords by NIST SP 800-63B and OWASP ASVS.
const LEAST_PASSWORD: usize = 8;

impl Settings {
    /// One sentence for each danger, with what to do. They keep no server from starting.
    pub(crate) fn dangers(&self) -> Vec<&'static str> {
        let all = self.of_requests().into_iter().chain(self.of_addresses()).chain(self.of_times());
        all.filter(|(is_on, _)| *is_on).map(|(_, danger)| danger).collect()
    }

    /// Who can do what with requests.
    fn of_requests(&self) -> [(bool, &'static str); 6] {
        let advanced = &self.advanced;
        let is_public = self.is_public();
        let everybody = advanced.trusted_proxies.iter().any(Network::is_everything);
        [
            (
                advanced.disable_csrf_check == Some(true),
                "advanced.disable_csrf_check is on: EVERY website can send requests as the users \
                 who visit it; remove it, and name your front ends in trusted_origins",
            ),
            (
                advanced.disable_origin_check,
                "advanced.disable_origin_check is on: EVERY website can send requests as the users \
                 who visit it, and links of this server lead anywhere; remove it, and name your \
                 front ends in trusted_origins",
            ),
            (
                is_public && !self.rate_limit.enabled,
                "rate_limit.enabled is off: anybody may ask as often as they like; remove it, and \
                 set single limits with rate_limit.custom_rules",
            ),
            (
                is_public && !self.lockout.enabled,
                "lockout.enabled is off: passwords can be guessed for as long as it takes; remove \
                 it, or raise lockout.account.max_failures",
            ),
            (
                everybody,
                "advanced.ip_address.trusted_proxies holds every address: each client says itself \
                 which address is counted and written down; name your proxies alone",
            ),
            (
                self.email_and_password.min_password_length < LEAST_PASSWORD,
                "email_and_password.min_password_length is below 8: short passwords are guessed; \
                 set it to 8 or more",
            ),
        ]
    }

    /// Who reaches what.
    fn of_addresses(&self) -> [(bool, &'static str); 5] {
        let advanced = &self.advanced;
        let base_url = self.known_base_url().ok();
        let is_loopback = self.listen.ip().is_loopback();
        let has_directory = is_loopback || self.mail.directory.is_some();
        let is_https = base_url.as_ref().is_some_and(BaseUrl::is_https);
        let is_clear = base_url.is_some_and(|url| !url.is_https() && !is_local(&url.origin));
        let secure_off = advanced.use_secure_cookies == Some(false)
            || advanced.default_cookie_attributes.secure == Some(false);
        [
            (
                self.metrics_listen.is_some_and(|listen| !is_private(listen.ip())),
                "metrics.listen is no loopback or private address: whoever reaches it sees how many \
                 users sign in and fail; choose one that your Prometheus alone reaches",
            ),
            (
                is_clear,
                "base_url begins with http://: passwords and sessions can be read on their way; put \
                 a proxy with TLS in front, and let base_url begin with https://",
            ),
            (
                is_https && secure_off,
                "cookies lack Secure though base_url begins with https://: a browser sends them \
                 in clear as well; remove advanced.use_secure_cookies and \
                 advanced.default_cookie_attributes.secure",
            ),
            (
                self.is_public() && self.mail.smtp.host.is_none() && has_directory,
                "mails are files, which nobody gets: set mail.smtp.host",
            ),
            (
                self.is_public() && is_loopback && self.trusted_origins.is_none(),
                "trusted_origins is not set: on a loopback address http://localhost:3000 is trusted \
                 then, as under development; name your front ends",
            ),
        ]
    }

    /// How long something is good, and keys.
    fn of_times(&self) -> [(bool, &'static str); 4] {
        let jwks = &self.jwt.jwks;
        let has_pairs = !self.jwt.algorithm.is_symmetric();
        [
            (
                has_pairs && jwks.disable_private_key_encryption,
                "jwt.jwks.disable_private_key_encryption: whoever reads the database can sign \
                 tokens for every user; remove it, and make a new key: gatewright keys rotate",
            ),
            (
                has_pairs && jwks.grace_period < self.jwt.expiration_time,
                "jwt.jwks.grace_period is shorter than jwt.expiration_time: the last tokens of a \
                 key are refused before they expire; make it as long at least",
            ),
            (
                self.session.expires_in > LONG_SESSION,
                "session.expires_in is more than 30 days: so long is a stolen cookie good, and each \
                 use prolongs it; shorten it",
            ),
            (
                self.session.fresh_age == 0,
                "session.fresh_age is 0: a session of any age may do what should take a new \
                 sign-in, such as deleting its user; give it a span, like 1d",
            ),
        ]
    }

    /// Whether others than this machine are meant to reach it, through a proxy perhaps.
    fn is_public(&self) -> bool {
        let is_elsewhere = |url: BaseUrl| !is_local(&url.origin);
        !self.listen.ip().is_loopback() || self.known_base_url().is_ok_and(is_elsewhere)
    }
}

/// Whether an origin is on this machine.
fn is_local(origin: &str) -> bool {
    let Some((_, host)) = origin.split_once("://") else { return false };
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether strangers on the internet cannot reach it. "Every address" is not private.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::environment::Environment;

    /// The keys that the warnings begin with, or name, for these variables.
    fn dangers(variables: &[(&str, &str)]) -> Vec<&'static str> {
        let variables = variables.iter().map(|(name, value)| {
            (OsString::from(format!("GATEWRIGHT__{name}")), OsString::from(value))
        });
        let environment = Environment::new(variables);
        let (settings, problems) = Settings::gather(None, &environment).unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        settings.dangers()
    }

    /// A server for others, behind a proxy on its machine.
    const DEPLOYED: [(&str, &str); 4] = [
        ("BASE_URL", "https://auth.example.com"),
        ("TRUSTED_ORIGINS", "https://app.example.com"),
        ("MAIL__SMTP__HOST", "mail.example.com"),
        ("MAIL__FROM", "auth@example.com"),
    ];

    #[test]
    fn a_server_behind_a_proxy_that_is_configured_as_for_development_is_told_so() {
        assert!(dangers(&DEPLOYED).is_empty(), "{:?}", dangers(&DEPLOYED));
        for (left_out, told) in [(1, "trusted_origins"), (2, "mail.smtp.host")] {
            let mut variables = DEPLOYED.to_vec();
            variables.remove(left_out);
            let dangers = dangers(&variables);
            assert!(matches!(dangers[..], [danger] if danger.contains(told)), "{dangers:?}");
        }
    }

    #[test]
    fn each_danger_is_told_and_its_safe_neighbour_is_not() {
        for (name, dangerous, safe, public) in [
            ("ADVANCED__DISABLE_CSRF_CHECK", "true", "false", false),
            ("ADVANCED__DISABLE_ORIGIN_CHECK", "true", "false", false),
            ("RATE_LIMIT__ENABLED", "false", "true", true),
            ("LOCKOUT__ENABLED", "false", "true", true),
            ("ADVANCED__IP_ADDRESS__TRUSTED_PROXIES", "10.0.0.1,0.0.0.0/0", "10.0.0.0/8", false),
            ("ADVANCED__IP_ADDRESS__TRUSTED_PROXIES", "::/0", "fd00::/8", false),
            ("EMAIL_AND_PASSWORD__MIN_PASSWORD_LENGTH", "7", "8", false),
            ("METRICS__LISTEN", "0.0.0.0:9464", "10.1.2.3:9464", false),
            ("METRICS__LISTEN", "[2001:db8::1]:9464", "[fd00::1]:9464", false),
            ("BASE_URL", "http://auth.example.com", "http://127.0.0.1:4000", false),
            ("BASE_URL", "http://localhost.example.com", "http://app.localhost", false),
            ("ADVANCED__USE_SECURE_COOKIES", "false", "true", true),
            ("ADVANCED__DEFAULT_COOKIE_ATTRIBUTES__SECURE", "false", "true", true),
            ("JWT__JWKS__DISABLE_PRIVATE_KEY_ENCRYPTION", "true", "false", false),
            ("JWT__EXPIRATION_TIME", "31d", "30d", false),
            ("SESSION__EXPIRES_IN", "31d", "30d", false),
            ("SESSION__FRESH_AGE", "0", "1", false),
        ] {
            let with = |value| {
                let [url, rest @ ..] = DEPLOYED;
                let mut variables = rest.to_vec();
                variables.extend(public.then_some(url).into_iter().chain([(name, value)]));
                dangers(&variables)
            };
            let told = with(dangerous);
            assert_eq!(told.len(), 1, "{name}={dangerous}: {told:?}");
            let last = name.rsplit("__").next().unwrap().to_ascii_lowercase();
            // The span is told by the key that it must not exceed.
            assert!(told[0].to_ascii_lowercase().contains(&last), "{name}: {told:?}");
            assert!(told[0].contains(['"', ';', ':']), "it says what to do: {told:?}");
            assert!(with(safe).is_empty(), "{name}={safe}: {:?}", with(safe));
        }
    }

    #[test]
    fn what_is_usual_under_development_is_no_danger() {
        assert!(dangers(&[]).is_empty());
        let usual = [
            ("RATE_LIMIT__ENABLED", "false"),
            ("LOCKOUT__ENABLED", "false"),
            ("MAIL__DIRECTORY", "mails"),
            ("ADVANCED__USE_SECURE_COOKIES", "false"),
        ];
        assert!(dangers(&usual).is_empty(), "{:?}", dangers(&usual));
        // The same for others to reach, by its own address or by that of a proxy.
        for public in [("LISTEN", "0.0.0.0:4000"), ("BASE_URL", "https://auth.example.com")] {
            let told = dangers(&[usual.as_slice(), &[public]].concat());
            for key in ["rate_limit.enabled", "lockout.enabled", "mail.smtp.host"] {
                assert!(told.iter().any(|danger| danger.contains(key)), "{key}: {told:?}");
            }
        }
    }

    #[test]
    fn with_a_shared_secret_there_is_no_pair_to_keep() {
        let keys = [
            ("JWT__JWKS__KEY_PAIR_CONFIG__ALG", "HS256"),
            ("JWT__JWKS__DISABLE_PRIVATE_KEY_ENCRYPTION", "true"),
        ];
        assert!(dangers(&keys).is_empty());
    }
}
