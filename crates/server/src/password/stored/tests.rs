use proptest::prelude::*;

use super::*;

const PASSWORD: &str = "correct horse ü";

/// Each written by another library for [`PASSWORD`]: Python's bcrypt, Werkzeug, passlib and
/// argon2-cffi.
const FOREIGN: &[(HashKind, &str)] = &[
    (HashKind::Bcrypt, "$2b$04$4o38TiXxKztyPTZXQCN3fugDHz6MtwOmho/pqG1lrJbBqHtuH1DKe"),
    (HashKind::Bcrypt, "$2b$10$2fmohPJaQWXuOqYHPGs2huU6eVbR/iiywRJtWSWvLSkbaUec7TX/u"),
    (
        HashKind::Scrypt,
        "scrypt:32768:8:1$E3eZVwNzodQVI9mE$a6d6250d8030d688298f4ca2375907c6772b6dfe9a6dbf5ae0f3a9bf60c7764022e0a38296a2fa14b36feec7dcba5e44892b25ffc872ffd0da05e4b4108a59f1",
    ),
    (
        HashKind::Scrypt,
        "$scrypt$ln=10,r=8,p=1$dK517h1DCEGoFSJEyFnL+Q$f1wp6Mmx77tgtt5Ao87OT38aAv9Ts/Pw4WnR5QJIqMY",
    ),
    (
        HashKind::Argon2,
        "$argon2id$v=19$m=1024,t=2,p=2$gFI6I/vSPphcHln8hGNIXg$Nw2bW+d4el3V2gZeklhprGy5UZK5jaqlG3m7ferPd4E",
    ),
    (
        HashKind::Argon2,
        "$argon2i$v=19$m=1024,t=2,p=2$5tPCa/0dwy8cCm6hGPAR1A$zt7nLg8L10OHA6KRgdz4KbiM3CeL1OqO5so6ZvMgGWc",
    ),
    (
        HashKind::Argon2,
        "$argon2d$v=19$m=1024,t=2,p=2$LCnuJBnkyF4opn3BdhT5Eg$GjpVYL1WemAFoLgLYcldvzG3c2GpNBWQN7yf5cqVpL0",
    ),
    (
        HashKind::Argon2,
        "$argon2id$v=19$m=65536,t=3,p=4$ll8GNDCB2LgNm+kzoCyZtA$M+IuO1CNUSUoIqdaJGMeC5xSejl0ypqQqoLoUtoaY1Q",
    ),
];

fn is_of(stored: &str, password: &str) -> bool {
    Stored::parse(stored).unwrap_or_else(|flaw| panic!("{stored}: {flaw}")).is_of(password).unwrap()
}

#[test]
fn hashes_of_other_libraries_are_verified() {
    for (kind, stored) in FOREIGN {
        assert_eq!(HashKind::of(stored), Ok(*kind), "{stored}");
        assert!(is_of(stored, PASSWORD), "{stored}");
        assert!(!is_of(stored, "correct horse u"), "{stored}");
        assert!(!is_of(stored, ""), "{stored}");
    }
}

/// What the versions of bcrypt differ in are flaws of old programs, none of which concern ASCII.
#[test]
fn every_version_of_bcrypt_is_known() {
    // jBCrypt's own test, of the empty password.
    let rest = "$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.";
    for version in ["$2a", "$2b", "$2x", "$2y"] {
        let stored = format!("{version}{rest}");
        assert!(is_of(&stored, "") && !is_of(&stored, "a"), "{stored}");
    }
    assert_eq!(HashKind::of(&format!("$2{rest}")), Err(HashFlaw::Unknown));
}

#[test]
fn bcrypt_takes_72_bytes_of_a_password() {
    let long = "x".repeat(71);
    assert_eq!(bcrypt_input(&long).last(), Some(&0));
    assert_eq!(bcrypt_input(&format!("{long}yz")), bcrypt_input(&format!("{long}y")));
}

#[test]
fn what_costs_too_much_is_refused_before_it_costs_anything() {
    let key = "a".repeat(128);
    let b64 = "gFI6I/vSPphcHln8hGNIXg$Nw2bW+d4el3V2gZeklhprGy5UZK5jaqlG3m7ferPd4E";
    let bcrypt = "$4o38TiXxKztyPTZXQCN3fugDHz6MtwOmho/pqG1lrJbBqHtuH1DKe";
    for (stored, is_within) in [
        (format!("$2b$14{bcrypt}"), true),
        (format!("$2b$15{bcrypt}"), false),
        (format!("$2b$31{bcrypt}"), false),
        (format!("$2b$99{bcrypt}"), false),
        (format!("scrypt:131072:8:4$salt${key}"), true),
        (format!("scrypt:131072:8:5$salt${key}"), false),
        (format!("scrypt:262144:16:1$salt${key}"), false),
        (format!("scrypt:2147483648:8:1$salt${key}"), false),
        (format!("scrypt:2:4294967295:4294967295$salt${key}"), false),
        (format!("$scrypt$ln=17,r=8,p=4${b64}"), true),
        (format!("$scrypt$ln=63,r=8,p=1${b64}"), false),
        (format!("$scrypt$ln=4294967295,r=4294967295,p=4294967295${b64}"), false),
        (format!("$argon2id$v=19$m=262144,t=4,p=1${b64}"), true),
        (format!("$argon2id$v=19$m=262144,t=5,p=1${b64}"), false),
        (format!("$argon2id$v=19$m=262145,t=1,p=1${b64}"), false),
        (format!("$argon2id$v=19$m=4294967295,t=4294967295,p=1${b64}"), false),
        (format!("$argon2id$v=19$m=8,t=4294967295,p=1${b64}"), false),
    ] {
        let found = HashKind::of(&stored);
        let expected = if is_within { found.is_ok() } else { found == Err(HashFlaw::TooCostly) };
        assert!(expected, "{stored}: {found:?}");
    }
}

#[test]
fn what_is_malformed_is_refused() {
    let argon2 = "gFI6I/vSPphcHln8hGNIXg$Nw2bW+d4el3V2gZeklhprGy5UZK5jaqlG3m7ferPd4E";
    let key = "a".repeat(128);
    for stored in [
        String::new(),
        "plain".to_owned(),
        "5f4dcc3b5aa765d61d8327deb882cf99".to_owned(),
        "pbkdf2:sha256:600000$salt$00".to_owned(),
        "$2b$10$tooshort".to_owned(),
        "$2b$03$4o38TiXxKztyPTZXQCN3fugDHz6MtwOmho/pqG1lrJbBqHtuH1DKe".to_owned(),
        "$2b$+4$4o38TiXxKztyPTZXQCN3fugDHz6MtwOmho/pqG1lrJbBqHtuH1DKe".to_owned(),
        "$2b$04$4o38TiXxKztyPTZXQCN3fugDHz6MtwOmho/pqG1lrJbBqHtuH1DKeé".to_owned(),
        format!("$argon2id$v=18$m=1024,t=2,p=2${argon2}"),
        format!("$argon2id$v=19$m=1024,t=2${argon2}"),
        format!("$argon2id$v=19$m=1024,t=2,p=2,keyid=aa${argon2}"),
        format!("$argon2id$v=19$m=1024,t=0,p=2${argon2}"),
        format!("$argon2id$v=19$m=8,t=1,p=2${argon2}"),
        format!("$argon2x$v=19$m=1024,t=2,p=2${argon2}"),
        "$argon2id$v=19$m=1024,t=2,p=2$gFI6$Nw2bW+d4el3V2gZeklhprGy5UZK5jaqlG3m7ferPd4E".to_owned(),
        "$argon2id$v=19$m=1024,t=2,p=2$gFI6I/vSPphcHln8hGNIXg$".to_owned(),
        format!("scrypt:1000:8:1$salt${key}"),
        format!("scrypt:0:8:1$salt${key}"),
        format!("scrypt:1:8:1$salt${key}"),
        format!("scrypt:1024:0:1$salt${key}"),
        format!("scrypt:1024:8:1$${key}"),
        "scrypt:1024:8:1$salt$".to_owned(),
        format!(":{key}"),
        "salt:00".to_owned(),
        format!("salt:{key}:{key}"),
    ] {
        let found = HashKind::of(&stored);
        assert!(
            matches!(found, Err(HashFlaw::Malformed | HashFlaw::Unknown)),
            "{stored}: {found:?}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_reading(
        start in "(\\$2b\\$|\\$argon2id\\$|\\$scrypt\\$|scrypt:|)",
        rest in "[\\x00-\\x7fé]{0,80}",
    ) {
        let _ = HashKind::of(&format!("{start}{rest}"));
    }
}
