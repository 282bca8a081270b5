//! Where tokens and keys come from.

use gatewright_jose::Algorithm;
use serde_json::json;

use super::{SECRET, desk, signed};
use crate::desk::Desk;
use crate::key_pair::KeyPair;
use crate::process::Finished;

fn verify(desk: &Desk, args: &[&str]) -> Finished {
    desk.run(&[&["token", "verify", "env:TOKEN"], args].concat())
}

#[test]
fn a_token_comes_from_stdin_a_file_a_variable_or_with_a_warning_the_command_line() {
    let desk = desk();
    let token = signed(&desk, &[]);
    let desk = desk.variable("TOKEN", &token).file("token.txt", format!("{token}\r\n"));
    let keys = ["--secret-env", "SECRET"];
    for source in ["@token.txt", "env:TOKEN"] {
        let finished = desk.run(&[&["token", "verify", source], &keys[..]].concat());
        assert_eq!((finished.code(), &*finished.stderr), (Some(0), ""), "{source}");
    }
    let finished =
        desk.run_reading(&[&["token", "verify", "-"], &keys[..]].concat(), format!("{token}\n"));
    assert_eq!((finished.code(), &*finished.stderr), (Some(0), ""));

    let finished = desk.run(&[&["token", "verify", &token], &keys[..]].concat());
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
    assert_eq!(finished.stderr.matches("list of processes").count(), 1, "{}", finished.stderr);
    assert!(!finished.output().contains(&token), "{}", finished.output());
}

#[test]
fn a_key_comes_from_a_file_stdin_or_a_variable() {
    let pair = KeyPair::new(Algorithm::ES256);
    let desk = desk()
        .file("private.pem", pair.private_pem())
        .file("public.pem", format!("a comment before\n{}", pair.public_pem()))
        .variable("PUBLIC", &pair.public_pem());
    let token = desk.sign(&["--sub", "u", "--key", "private.pem"]);
    let desk = desk.variable("TOKEN", &token);
    for source in ["public.pem", "@public.pem", "env:PUBLIC", "./public.pem"] {
        let finished = verify(&desk, &["--key", source]);
        assert_eq!(finished.code(), Some(0), "{source}: {}", finished.output());
    }
    let args = ["token", "verify", "env:TOKEN", "--key", "-"];
    let finished = desk.run_reading(&args, pair.public_pem());
    assert_eq!(finished.code(), Some(0), "{}", finished.output());
}

#[test]
fn a_shared_secret_can_be_a_jwk_too() {
    let desk = desk();
    let token = signed(&desk, &[]);
    let k = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, SECRET);
    let desk = desk
        .variable("TOKEN", &token)
        .file("named.jwk", json!({"kty": "oct", "alg": "HS256", "k": k}).to_string())
        .file("unnamed.jwk", json!({"kty": "oct", "k": k}).to_string())
        .file(
            "published.jwks",
            json!({"keys": [{"kty": "oct", "alg": "HS256", "k": k}]}).to_string(),
        );
    for args in [&["--key", "named.jwk"][..], &["--key", "unnamed.jwk", "--alg", "HS256"]] {
        let finished = verify(&desk, args);
        assert_eq!(finished.code(), Some(0), "{args:?}: {}", finished.output());
    }
    // Nothing binds it to an algorithm; and a secret that was published proves nothing.
    for (args, named) in [
        (["--key", "unnamed.jwk"], "--alg"),
        (["--jwks", "published.jwks"], "must not be published"),
    ] {
        let finished = verify(&desk, &args);
        assert_eq!(finished.code(), Some(2), "{args:?}: {}", finished.output());
        assert!(finished.stderr.contains(named), "{args:?}: {}", finished.stderr);
        assert!(!finished.output().contains(&k), "{args:?}: {}", finished.output());
    }
}

#[test]
fn what_is_no_key_is_called_by_its_name() {
    let pair = KeyPair::new(Algorithm::EdDSA);
    let desk = desk()
        .variable("TOKEN", "a.b.c")
        .variable("SHORT", "short")
        .variable("BLANK", &" ".repeat(40));
    let private = pair.private_pem();
    for (name, content, named) in [
        ("a.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "openssl x509"),
        ("b.pem", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "ssh"),
        ("c.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 ada@example.com", "ssh"),
        (
            "d.pem",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "openssl pkey",
        ),
        ("e.pem", &private.replace("PRIVATE", "PUBLIC"), "malformed"),
        ("f.pem", &format!("{private}{private}"), "several keys"),
        ("g.txt", SECRET, "--secret-env"),
        ("h.json", "{\"a\":1}", "`kty`"),
        ("i.json", "{", "well formed"),
        ("j.json", "{\"keys\":[]}", "empty"),
        (
            "k.json",
            "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"}]}",
            "not supported",
        ),
        ("l.json", "{\"kty\":\"OKP\",\"crv\":7}", "wrong type"),
        ("m.jwk", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", "malformed"),
        ("n.der", "0000", "malformed"),
    ] {
        desk.write(name, content);
        let finished = verify(&desk, &["--key", name]);
        assert_eq!(finished.code(), Some(2), "{name}: {}", finished.output());
        assert!(finished.stderr.contains(named), "{name}: {}", finished.stderr);
        assert!(finished.stderr.contains(name), "{name}: {}", finished.stderr);
        assert!(!finished.output().contains(SECRET), "{name}: {}", finished.output());
    }
    desk.write("key", [0xff, 0xfe, 0x00]);
    assert!(verify(&desk, &["--key", "key"]).stderr.contains("neither text nor DER"));
    desk.write("huge", vec![b' '; 2 * 1024 * 1024]);
    assert!(verify(&desk, &["--key", "huge"]).stderr.contains("more than"));
    for (name, named) in
        [("SHORT", "at least 32 bytes"), ("BLANK", "blank"), ("NOT_SET", "not set")]
    {
        let finished = verify(&desk, &["--secret-env", name]);
        assert_eq!(finished.code(), Some(2), "{name}: {}", finished.output());
        assert!(finished.stderr.contains(named), "{name}: {}", finished.stderr);
    }
}

#[test]
fn a_private_key_that_does_not_belong_to_its_public_half_is_refused() {
    let (one, two) = (KeyPair::new(Algorithm::EdDSA), KeyPair::new(Algorithm::EdDSA));
    let jwk = |pair: &KeyPair| -> serde_json::Value {
        serde_json::from_str(&pair.private_jwk(Algorithm::EdDSA, "k")).expect("JSON")
    };
    let mut mixed = jwk(&one);
    mixed["x"] = jwk(&two)["x"].clone();
    let desk = desk().variable("TOKEN", "a.b.c").file("mixed.jwk", mixed.to_string());
    let finished = verify(&desk, &["--key", "mixed.jwk"]);
    assert_eq!(finished.code(), Some(2), "{}", finished.output());
    assert!(finished.stderr.contains("does not belong"), "{}", finished.stderr);
}

#[test]
fn entries_that_cannot_be_used_are_told() {
    let pair = KeyPair::new(Algorithm::EdDSA);
    let good = pair.public_jwk(Algorithm::EdDSA, "k1");
    let set = json!({"keys": [good, {"kty": "RSA", "use": "enc"}, 7]});
    let desk = desk().file("private.pem", pair.private_pem()).file("set.json", set.to_string());
    let token = desk.sign(&["--sub", "u", "--key", "private.pem", "--kid", "k1"]);
    let desk = desk.variable("TOKEN", &token);
    for flag in ["--jwks", "--key"] {
        let finished = verify(&desk, &[flag, "set.json"]);
        assert_eq!(finished.code(), Some(0), "{flag}: {}", finished.output());
        assert!(finished.stderr.contains("2 keys were passed over"), "{flag}: {}", finished.stderr);
    }
}
