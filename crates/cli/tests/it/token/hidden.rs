//! Neither a secret, nor a private key, nor a token is shown, wherever it was put by mistake.

use gatewright_jose::Algorithm;

use super::{SECRET, desk, signed};
use crate::key_pair::KeyPair;

#[test]
fn a_token_in_the_wrong_place_is_not_repeated() {
    let desk = desk();
    let token = signed(&desk, &[]);
    let signature = token.rsplit_once('.').expect("three parts").1.to_owned();
    for args in [
        &["token", "decode", "Bearer", &token][..],
        &["token", "decode", "x", "--at", &token],
        &["token", "verify", "x", "--jwks", &token],
        &["token", "verify", "x", "--key", &token],
        &["token", "verify", "x", "--secret-env", &token],
        &["token", "verify", "x", &token, "--secret-env", "SECRET"],
        &["token", "verify", &format!("@{token}"), "--secret-env", "SECRET"],
        &["token", "verify", &format!("env:{token}"), "--secret-env", "SECRET"],
        &["token", "verify", &token, "--secret-env", "SECRET", &format!("--alg={token}")],
        &["token", "verify", &token, "--secret-env", "SECRET"],
        &["token", "decode", &token],
        &["token", &token],
        &[&token],
    ] {
        let finished = desk.run(args);
        assert!(!finished.output().contains(&signature), "{args:?}: {}", finished.output());
    }
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let desk = desk().file("secret.txt", SECRET);
    for args in [
        &["token", "verify", "x", "--secret-env", SECRET][..],
        &["token", "verify", "x", "--key", SECRET],
        &["token", "verify", "x", "--key", "secret.txt"],
        &["token", "verify", "x", "--jwks", "secret.txt"],
        &["token", "verify", "x", "--key", &format!("env:{SECRET}")],
        &["token", "sign", "--sub", "u", "--secret-env", SECRET],
        &["token", "sign", "--sub", "u", "--key", "secret.txt"],
        &["token", "sign", "--sub", "u", &format!("--secret={SECRET}")],
        &["token", "verify", "@secret.txt", "--secret-env", "SECRET"],
        &["token", "decode", "@secret.txt"],
        &["secret", "check", SECRET],
        &["secret", "check", "secret.txt"],
        &["secret", "check", &format!("env:{SECRET}")],
        &["secret", "check", "--secret-env", SECRET],
        &["secret", "check", "--secret-env", "SECRET"],
        &["secret", "check", "--env-file", "secret.txt"],
        &["secret", "check", "--env-file", "secret.txt", "--name", SECRET],
        &["secret", "check", "--env-file", SECRET],
        &["secret", "check", "--secret-env", "SECRET", "--same-as", SECRET],
        &["secret", "generate", "--env-file", ".env", "--name", SECRET],
        &["secret", "generate", SECRET],
        &["secret", SECRET],
    ] {
        let finished = desk.run(args);
        // Six characters of what was given as a token are shown, by design.
        let part = &SECRET[6..14];
        assert!(!finished.output().contains(part), "{args:?}: {}", finished.output());
    }
}

#[test]
fn a_private_key_is_not_repeated() {
    let pair = KeyPair::new(Algorithm::ES256);
    let (pem, jwk) = (pair.private_pem(), pair.private_jwk(Algorithm::ES256, "k1"));
    let d: serde_json::Value = serde_json::from_str(&jwk).expect("JSON");
    let d = d["d"].as_str().expect("a private part").to_owned();
    let line = pem.lines().nth(1).expect("a line of base64").to_owned();
    let desk = desk()
        .file("private.pem", &pem)
        .file("private.jwk", &jwk)
        .file("broken.jwk", jwk.replace("\"crv\":\"P-256\"", "\"crv\":7"))
        .file("broken.json", jwk.replace('}', ""))
        .file("broken.pem", pem.replace("-----END", "----END"));
    for args in [
        &["--key", "private.pem"][..],
        &["--key", "private.jwk"],
        &["--key", "broken.jwk"],
        &["--key", "broken.json"],
        &["--key", "broken.pem"],
        &["--key", &jwk],
        &[&format!("--key={pem}")],
        &["--jwks", "private.jwk"],
        &["--jwks", &jwk],
        &["--secret-env", &jwk],
    ] {
        for command in [&["token", "verify", "a.b.c"][..], &["token", "sign", "--sub", "u"]] {
            let finished = desk.run(&[command, args].concat());
            for part in [&d, &line] {
                assert!(!finished.output().contains(part), "{args:?}: {}", finished.output());
            }
        }
    }
}
