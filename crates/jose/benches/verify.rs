//! What a token costs: ours beside the bare primitive, the practical limit and `jsonwebtoken`.
//!
//! `cargo bench -p gatewright-jose --profile dist`, or `cargo xtask bench --only jose`. The practical
//! limit is the least that any verifier does to a token: one MAC or signature, base64 into a buffer
//! that is there already, and serde into a struct that borrows. All are given the same token and
//! keys parsed beforehand; the ratios count, within one run.
#![expect(
    clippy::expect_used,
    reason = "a benchmark has nothing to do but end when its setup fails"
)]

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use divan::{Bencher, black_box};
use gatewright_jose::{Algorithm, KeySet, NoClaims, Policy, SigningKey, UnixTime};
use serde::{Deserialize, Serialize};

const SECRET: &[u8] = b"a shared secret of more than 32 bytes";
const SEED: [u8; 32] = [7; 32];
const ISSUER: &str = "https://app.example.com";
const NOW: UnixTime = UnixTime::new(1_800_000_000);

/// Ten claims, as Better Auth's jwt plugin puts them in: 430 bytes as an HS256 token.
const CLAIMS: Claims<'static> = Claims {
    aud: ISSUER,
    created: "2026-01-31T09:30:00.000Z",
    email: "ada.lovelace@example.com",
    exp: 4_102_444_800, // jsonwebtoken reads the real clock
    iat: 1_799_999_100,
    iss: ISSUER,
    name: "Ada Lovelace",
    role: "administrator",
    sub: "Qk3pVn8yXc5tRw2zLm7bHs4dGf6jPa9e",
    verified: true,
};

#[derive(Serialize, Deserialize)]
struct Claims<'a> {
    aud: &'a str,
    #[serde(rename = "createdAt")]
    created: &'a str,
    email: &'a str,
    exp: i64,
    iat: i64,
    iss: &'a str,
    name: &'a str,
    role: &'a str,
    sub: &'a str,
    #[serde(rename = "emailVerified")]
    verified: bool,
}

/// The same, owned: what one takes out of a verifier.
#[derive(Deserialize)]
#[expect(dead_code, reason = "read from the token, and that is all")]
struct OwnedClaims {
    aud: String,
    #[serde(rename = "createdAt")]
    created: String,
    email: String,
    exp: i64,
    iat: i64,
    iss: String,
    name: String,
    role: String,
    sub: String,
    #[serde(rename = "emailVerified")]
    verified: bool,
}

fn main() {
    let length = Ours::hs256().token.len();
    assert!((420..440).contains(&length), "the token has {length} bytes, and is to have about 430");
    divan::main();
}

/// A token, and all that our verifier is given.
struct Ours {
    token: String,
    keys: KeySet,
    policy: Policy,
}

impl Ours {
    fn hs256() -> Self {
        Self::new(&SigningKey::hmac(Algorithm::HS256, SECRET).expect("long enough"))
    }

    fn ed25519() -> Self {
        Self::new(&SigningKey::ed25519_from_seed(&SEED).expect("a seed"))
    }

    fn new(key: &SigningKey) -> Self {
        let policy =
            Policy::builder().issuer(ISSUER).audience(ISSUER).algorithms([key.algorithm()]).build();
        let token = key.sign(&CLAIMS).expect("claims become JSON");
        Self { token, keys: KeySet::from(key.verifying_key()), policy }
    }
}

fn theirs(algorithm: jsonwebtoken::Algorithm) -> jsonwebtoken::Validation {
    let mut validation = jsonwebtoken::Validation::new(algorithm);
    validation.set_audience(&[ISSUER]);
    validation.set_issuer(&[ISSUER]);
    validation
}

/// The least that a verifier does; `is_authentic` is the primitive.
fn least<'a>(
    token: &str,
    buffer: &'a mut [u8; 512],
    is_authentic: impl Fn(&[u8], &[u8]) -> bool,
) -> Claims<'a> {
    let (input, signature) = token.rsplit_once('.').expect("three parts");
    let (_, payload) = input.split_once('.').expect("three parts");
    let mut tag = [0; 64];
    let length = URL_SAFE_NO_PAD.decode_slice(signature, &mut tag).expect("base64url");
    assert!(is_authentic(input.as_bytes(), tag.get(..length).expect("it fits")));
    let length = URL_SAFE_NO_PAD.decode_slice(payload, &mut buffer[..]).expect("base64url");
    serde_json::from_slice(buffer.get(..length).expect("it fits")).expect("the claims")
}

#[divan::bench_group(name = "HS256 verify")]
mod hs256 {
    use super::{
        Bencher, NOW, NoClaims, Ours, OwnedClaims, SECRET, URL_SAFE_NO_PAD, black_box, hmac, least,
        theirs,
    };
    use base64::Engine as _;

    #[divan::bench]
    fn a_raw_hmac(bencher: Bencher) {
        let token = Ours::hs256().token;
        let (input, tag) = token.rsplit_once('.').expect("three parts");
        let tag = URL_SAFE_NO_PAD.decode(tag).expect("base64url");
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
        bencher.bench_local(|| hmac::verify(&key, black_box(input.as_bytes()), &tag).is_ok());
    }

    #[divan::bench]
    fn b_practical_limit(bencher: Bencher) {
        let token = Ours::hs256().token;
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
        let mut buffer = [0; 512];
        bencher.bench_local(|| {
            let is_authentic = |input: &[u8], tag: &[u8]| hmac::verify(&key, input, tag).is_ok();
            black_box(least(black_box(&token), &mut buffer, is_authentic));
        });
    }

    #[divan::bench]
    fn c_gatewright(bencher: Bencher) {
        let Ours { token, keys, policy } = Ours::hs256();
        bencher.bench_local(|| {
            policy.verify::<NoClaims>(black_box(&token), &keys, NOW).expect("a good token")
        });
    }

    #[divan::bench]
    fn d_gatewright_with_ten_claims(bencher: Bencher) {
        let Ours { token, keys, policy } = Ours::hs256();
        bencher.bench_local(|| {
            policy.verify::<OwnedClaims>(black_box(&token), &keys, NOW).expect("a good token")
        });
    }

    #[divan::bench]
    fn e_jsonwebtoken_with_ten_claims(bencher: Bencher) {
        let token = Ours::hs256().token;
        let key = jsonwebtoken::DecodingKey::from_secret(SECRET);
        let validation = theirs(jsonwebtoken::Algorithm::HS256);
        bencher.bench_local(|| {
            jsonwebtoken::decode::<OwnedClaims>(black_box(&token), &key, &validation)
                .expect("a good token")
        });
    }
}

#[divan::bench_group(name = "EdDSA verify")]
mod eddsa_verify {
    use super::{
        Bencher, ED25519, Ed25519KeyPair, NOW, NoClaims, Ours, OwnedClaims, SEED, URL_SAFE_NO_PAD,
        UnparsedPublicKey, black_box, theirs,
    };
    use aws_lc_rs::signature::KeyPair as _;
    use base64::Engine as _;

    #[divan::bench]
    fn a_raw_ed25519(bencher: Bencher) {
        let token = Ours::ed25519().token;
        let (input, signature) = token.rsplit_once('.').expect("three parts");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        let pair = Ed25519KeyPair::from_seed_unchecked(&SEED).expect("a seed");
        let key = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
        let key = key.parse().expect("a public key");
        bencher.bench_local(|| key.verify_sig(black_box(input.as_bytes()), &signature).is_ok());
    }

    #[divan::bench]
    fn b_gatewright(bencher: Bencher) {
        let Ours { token, keys, policy } = Ours::ed25519();
        bencher.bench_local(|| {
            policy.verify::<NoClaims>(black_box(&token), &keys, NOW).expect("a good token")
        });
    }

    #[divan::bench]
    fn c_gatewright_with_ten_claims(bencher: Bencher) {
        let Ours { token, keys, policy } = Ours::ed25519();
        bencher.bench_local(|| {
            policy.verify::<OwnedClaims>(black_box(&token), &keys, NOW).expect("a good token")
        });
    }

    #[divan::bench]
    fn d_jsonwebtoken_with_ten_claims(bencher: Bencher) {
        let token = Ours::ed25519().token;
        let pair = Ed25519KeyPair::from_seed_unchecked(&SEED).expect("a seed");
        let key = jsonwebtoken::DecodingKey::from_ed_der(pair.public_key().as_ref());
        let validation = theirs(jsonwebtoken::Algorithm::EdDSA);
        bencher.bench_local(|| {
            jsonwebtoken::decode::<OwnedClaims>(black_box(&token), &key, &validation)
                .expect("a good token")
        });
    }
}

#[divan::bench_group(name = "EdDSA sign")]
mod eddsa_sign {
    use super::{Bencher, CLAIMS, Ed25519KeyPair, Ours, SEED, SigningKey, black_box};

    #[divan::bench]
    fn a_raw_ed25519(bencher: Bencher) {
        let token = Ours::ed25519().token;
        let (input, _) = token.rsplit_once('.').expect("three parts");
        let pair = Ed25519KeyPair::from_seed_unchecked(&SEED).expect("a seed");
        bencher.bench_local(|| pair.sign(black_box(input.as_bytes())));
    }

    #[divan::bench]
    fn b_gatewright(bencher: Bencher) {
        let key = SigningKey::ed25519_from_seed(&SEED).expect("a seed");
        bencher.bench_local(|| key.sign(black_box(&CLAIMS)).expect("claims become JSON"));
    }

    #[divan::bench]
    fn c_jsonwebtoken(bencher: Bencher) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&SEED).expect("a seed");
        let der = pair.to_pkcs8().expect("an encoding");
        let key = jsonwebtoken::EncodingKey::from_ed_der(der.as_ref());
        let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA);
        bencher.bench_local(|| {
            jsonwebtoken::encode(&header, black_box(&CLAIMS), &key).expect("claims become JSON")
        });
    }
}
