use std::ffi::OsString;
use std::net::SocketAddr;

use gatewright_server::Random;

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::new(
        variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))),
    )
}

fn read(file: &str, variables: &[(&str, &str)]) -> anyhow::Result<Settings> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("gatewright.toml");
    std::fs::write(&path, file).unwrap();
    let flags = ServeFlags { config: Some(path), ..ServeFlags::default() };
    Settings::read(&flags, &environment(variables))
}

fn problem(file: &str, variables: &[(&str, &str)]) -> String {
    format!("{:#}", read(file, variables).unwrap_err())
}

#[test]
fn the_environment_wins_over_the_file_and_flags_over_both() {
    let file = "base_url = 'http://file'\n[session]\nexpires_in = '1h'\nupdate_age = 5";
    let variables = [("BETTER_AUTH_URL", "http://env"), ("GATEWRIGHT__SESSION__UPDATE_AGE", "7m")];
    let settings = read(file, &variables).unwrap();
    assert_eq!(settings.base_url.as_deref(), Some("http://env"));
    assert_eq!((settings.session.expires_in, settings.session.update_age), (3600, 420));

    let flags = ServeFlags { base_url: Some("http://flag".to_owned()), ..ServeFlags::default() };
    let settings = Settings::read(&flags, &environment(&variables)).unwrap();
    assert_eq!(settings.base_url.as_deref(), Some("http://flag"));
}

#[test]
fn our_own_variables_win_over_better_auths() {
    let variables = [("BETTER_AUTH_URL", "http://b"), ("GATEWRIGHT__BASE_URL", "http://a")];
    assert_eq!(read("", &variables).unwrap().base_url.as_deref(), Some("http://a"));
}

#[test]
fn every_problem_is_told_at_once_with_the_nearest_key_and_without_the_value() {
    let file = "[rate_limit]\nenabld = true\n[session]\nexpires_in = 'hunter2'\n[jwt]\nissuer = 1";
    let text = problem(file, &[("GATEWRIGHT__TRUSTED_ORIGIN", "x")]);
    for expected in [
        "rate_limit.enabld: there is no such key; did you mean rate_limit.enabled?",
        "session.expires_in: takes seconds, or a span like 15m or 7d",
        "jwt.issuer: takes a text",
        "GATEWRIGHT__TRUSTED_ORIGIN: trusted_origin: there is no such key; did you mean trusted_origins?",
    ] {
        assert!(text.contains(expected), "{expected}\nnot in\n{text}");
    }
    assert!(!text.contains("hunter2"));
}

#[test]
fn a_secret_has_no_place_in_the_file() {
    let text = problem(&format!("secret = '{SECRET}'"), &[]);
    assert!(text.contains("did you mean secret_file?"), "{text}");
    assert!(!text.contains(SECRET));
}

#[test]
fn values_of_the_wrong_kind_are_refused() {
    for (key, value) in [
        ("GATEWRIGHT__RATE_LIMIT__ENABLED", "yes"),
        ("GATEWRIGHT__RATE_LIMIT__MAX", "-1"),
        ("GATEWRIGHT__SESSION__EXPIRES_IN", "0"),
        ("GATEWRIGHT__SESSION__EXPIRES_IN", "401d"),
        ("GATEWRIGHT__SESSION__EXPIRES_IN", "9223372036854775807w"),
        ("GATEWRIGHT__JWT__JWKS__KEY_PAIR_CONFIG__ALG", "none"),
        ("GATEWRIGHT__LISTEN", "4000"),
        ("GATEWRIGHT__ADVANCED__COOKIE_PREFIX", "a b"),
        ("GATEWRIGHT__ADVANCED__IP_ADDRESS__TRUSTED_PROXIES", "10.0.0.0/99"),
    ] {
        assert!(read("", &[(key, value)]).is_err(), "{key}={value}");
    }
}

fn resolve(
    settings: Settings,
    address: &str,
    variables: &[(&str, &str)],
) -> anyhow::Result<Resolved> {
    let address: SocketAddr = address.parse().unwrap();
    settings.resolve(address, &environment(variables), &Random::system())
}

#[test]
fn a_loopback_server_has_defaults_for_development_and_any_other_none() {
    let secret = [("BETTER_AUTH_SECRET", SECRET)];
    let local = resolve(Settings::default(), "127.0.0.1:4000", &secret).unwrap();
    assert_eq!(local.options.base_url.origin, "http://localhost:4000");
    assert_eq!(local.trusted_origins, [DEVELOPMENT_ORIGIN]);

    let error = resolve(Settings::default(), "0.0.0.0:4000", &secret).err().unwrap();
    assert!(error.to_string().contains("--base-url"), "{error}");
    let with_url =
        || Settings { base_url: Some("https://a.example.com".to_owned()), ..Settings::default() };
    assert_eq!(resolve(with_url(), "0.0.0.0:4000", &secret).unwrap().trusted_origins, [""; 0]);
    let error = resolve(with_url(), "0.0.0.0:4000", &[]).err().unwrap();
    assert!(error.to_string().contains("BETTER_AUTH_SECRET"), "{error}");
}

#[test]
fn a_short_secret_is_refused_everywhere_and_not_repeated() {
    let variables = [("BETTER_AUTH_SECRET", "too-short-a-secret")];
    let error = resolve(Settings::default(), "127.0.0.1:4000", &variables).err().unwrap();
    let text = format!("{error:#}");
    assert!(text.contains("has 18 characters, and needs at least 32"), "{text}");
    assert!(!text.contains("too-short"));
}

#[test]
fn mails_become_files_on_loopback_and_elsewhere_only_when_told() {
    let secret = [("BETTER_AUTH_SECRET", SECRET)];
    let directory = |settings: Settings, address: &str| {
        resolve(settings, address, &secret).map(|resolved| resolved.options.mail.directory)
    };
    let local = directory(Settings::default(), "127.0.0.1:4000").unwrap();
    assert_eq!(local.as_deref(), Some(Path::new(".gatewright/mail")));
    let public = "base_url = 'https://a.example.com'";
    assert_eq!(directory(read(public, &[]).unwrap(), "0.0.0.0:4000").unwrap(), None);

    let told = format!("{public}\n[mail]\ndirectory = 'mails'");
    let told = directory(read(&told, &[]).unwrap(), "0.0.0.0:4000").unwrap();
    assert_eq!(told.as_deref(), Some(Path::new("mails")));
    assert!(read("mail.directory = ''", &[]).is_err());
}

#[test]
fn a_verification_that_nobody_could_pass_is_refused() {
    let file = "base_url = 'https://a.example.com'\n\
                email_and_password.require_email_verification = true";
    let secret = [("BETTER_AUTH_SECRET", SECRET)];
    let error = resolve(read(file, &[]).unwrap(), "0.0.0.0:4000", &secret).err().unwrap();
    assert!(error.to_string().contains("set mail.directory"), "{error}");
    let settings = read(&format!("listen = '0.0.0.0:4000'\n{file}"), &[]).unwrap();
    let problems = settings.problems(&environment(&secret), &Random::system());
    assert!(problems.iter().any(|problem| problem.contains("set mail.directory")), "{problems:?}");
}
