//! Who competes, and in what.

use std::collections::HashSet;
use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, Ed25519KeyPair, KeyPair as _, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatewright_guard::Verifier;
use gatewright_jose::{Jwk, NoClaims, SigningKey};
use jsonwebtoken::jwk::Jwk as TheirJwk;
use jwt_simple::algorithms::{
    ECDSAP256PublicKeyLike as _, ES256PublicKey, Ed25519KeyPair as SimpleEd25519, Ed25519PublicKey,
    EdDSAKeyPairLike as _, EdDSAPublicKeyLike as _, HS256Key, MACLike as _, RS256PublicKey,
    RSAPublicKeyLike as _,
};
use jwt_simple::claims::{Claims as SimpleClaims, JWTClaims};
use jwt_simple::common::VerificationOptions;

use crate::measure::{Contender, compete};
use crate::tokens::{
    CLAIMS, Claims, CustomClaims, ISSUER, Kind, NOW, Ours, OwnedClaims, SECRET, SEED,
};

pub(crate) fn hs256(time: Duration) -> Result<()> {
    let Ours { token, keys, policy, .. } = Ours::hs256()?;
    ensure!((420..440).contains(&token.len()), "the token has {} bytes", token.len());
    let (input, tag) = cut(&token)?;
    let raw = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    let is_authentic = |input: &[u8], tag: &[u8]| hmac::verify(&raw, input, tag).is_ok();
    let their_key = jsonwebtoken::DecodingKey::from_secret(SECRET);
    let validation = validation(jsonwebtoken::Algorithm::HS256);
    let simple = HS256Key::from_bytes(SECRET);
    let options = options();
    let token = token.as_str();
    compete(
        "HS256 verify",
        time,
        vec![
            Contender::new("the primitive", || is_authentic(black_box(input.as_bytes()), &tag)),
            Contender::new("the practical limit", || least(black_box(token), is_authentic, plain)),
            Contender::new("the limit with vector base64", || {
                least(black_box(token), is_authentic, vectors)
            }),
            Contender::new("gatewright", || {
                policy.verify::<NoClaims>(black_box(token), &keys, NOW)
            }),
            Contender::new("gatewright, ten claims read", || {
                policy.verify::<OwnedClaims>(black_box(token), &keys, NOW)
            }),
            Contender::new("jsonwebtoken", || {
                jsonwebtoken::decode::<OwnedClaims>(black_box(token), &their_key, &validation)
            }),
            Contender::new("jwt-simple", || {
                simple.verify_token::<CustomClaims>(black_box(token), Some(options.clone()))
            }),
        ],
    );
    // A verifier that refuses the token would be fast for the wrong reason.
    policy.verify::<OwnedClaims>(token, &keys, NOW)?;
    jsonwebtoken::decode::<OwnedClaims>(token, &their_key, &validation)?;
    ensure!(simple.verify_token::<CustomClaims>(token, Some(options)).is_ok());
    Ok(())
}

pub(crate) fn verify(kind: Kind, time: Duration) -> Result<()> {
    let Ours { key, token, keys, policy } = Ours::new(kind.key()?)?;
    let jwk = key.public_jwk().unwrap_or_default();
    let (input, signature) = cut(&token)?;
    let raw = raw_key(kind, &jwk)?;
    let their_jwk: TheirJwk = serde_json::from_value(serde_json::to_value(&jwk)?)?;
    let their_key = jsonwebtoken::DecodingKey::from_jwk(&their_jwk)?;
    let validation = validation(kind.name().parse()?);
    let simple = SimpleKey::new(kind, &jwk)?;
    let options = options();
    let token = token.as_str();
    compete(
        &format!("{} verify", kind.name()),
        time,
        vec![
            Contender::new("the primitive", || {
                raw.verify_sig(black_box(input.as_bytes()), &signature).is_ok()
            }),
            Contender::new("gatewright", || {
                policy.verify::<NoClaims>(black_box(token), &keys, NOW)
            }),
            Contender::new("gatewright, ten claims read", || {
                policy.verify::<OwnedClaims>(black_box(token), &keys, NOW)
            }),
            Contender::new("jsonwebtoken", || {
                jsonwebtoken::decode::<OwnedClaims>(black_box(token), &their_key, &validation)
            }),
            Contender::new("jwt-simple", || simple.verify(black_box(token), options.clone())),
        ],
    );
    ensure!(raw.verify_sig(input.as_bytes(), &signature).is_ok());
    policy.verify::<OwnedClaims>(token, &keys, NOW)?;
    jsonwebtoken::decode::<OwnedClaims>(token, &their_key, &validation)?;
    simple.verify(token, options).map(drop)
}

/// A token that comes again, through the guard and its cache: what most requests cost.
pub(crate) fn seen_before(key: SigningKey, time: Duration) -> Result<()> {
    let Ours { key, token, keys, policy } = Ours::new(key)?;
    let verifier = Verifier::from_keys(policy, keys);
    // Their tokens do not fit the processor's nearest caches.
    let crowd: Vec<String> = (0..1_000)
        .map(|number| key.sign(&CLAIMS.of(&format!("Qk3pVn8yXc5tRw2zLm7bHs4dGf{number:06}"))))
        .collect::<Result<_, _>>()?;
    for token in crowd.iter().chain([&token]).cycle().take(2 * 1_001) {
        ensure!(verifier.verify_now(token).is_ok_and(|found| found.subject().len() == 32));
    }
    let mut turn = crowd.iter().cycle();
    let contenders = vec![
        Contender::new("gatewright", || verifier.verify_now(black_box(&token))),
        Contender::new("gatewright, a thousand in turn", || {
            turn.next().map(|token| verifier.verify_now(black_box(token)))
        }),
    ];
    compete(&format!("{} verify, seen before", key.algorithm()), time, contenders);
    Ok(())
}

pub(crate) fn eddsa_sign(time: Duration) -> Result<()> {
    let Ours { key, token, .. } = Ours::new(SigningKey::ed25519_from_seed(&SEED)?)?;
    let (input, _) = cut(&token)?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&SEED)?;
    let der = pair.to_pkcs8()?;
    let their_key = jsonwebtoken::EncodingKey::from_ed_der(der.as_ref());
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA);
    let both = [&SEED[..], pair.public_key().as_ref()].concat();
    let simple = self::simple(SimpleEd25519::from_bytes(&both))?;
    let custom: CustomClaims = serde_json::from_value(serde_json::to_value(&CLAIMS)?)?;
    let expires_in = jwt_simple::prelude::Duration::from_hours(1);
    let claims = SimpleClaims::with_custom_claims(custom, expires_in)
        .with_issuer(ISSUER)
        .with_audience(ISSUER)
        .with_subject("Qk3pVn8yXc5tRw2zLm7bHs4dGf6jPa9e");
    compete(
        "EdDSA sign",
        time,
        vec![
            Contender::new("the primitive", || pair.sign(black_box(input.as_bytes()))),
            Contender::new("gatewright", || key.sign(black_box(&CLAIMS))),
            Contender::new("jsonwebtoken", || {
                jsonwebtoken::encode(&header, black_box(&CLAIMS), &their_key)
            }),
            // It takes its claims by value.
            Contender::new("jwt-simple", || simple.sign(black_box(claims.clone()))),
        ],
    );
    ensure!(simple.sign(claims.clone()).is_ok());
    Ok(())
}

/// The least that a verifier does: the primitive, base64 into a buffer that is there already, and
/// serde into a struct that borrows.
fn least(
    token: &str,
    is_authentic: impl Fn(&[u8], &[u8]) -> bool,
    decode: for<'b> fn(&str, &'b mut [u8]) -> Option<&'b [u8]>,
) -> Option<i64> {
    let (input, signature) = token.rsplit_once('.')?;
    let (_, payload) = input.split_once('.')?;
    if !is_authentic(input.as_bytes(), decode(signature, &mut [0; 64])?) {
        return None;
    }
    let mut buffer = [0; 512];
    let json = std::str::from_utf8(decode(payload, &mut buffer)?).ok()?;
    let claims: Claims<'_> = serde_json::from_str(json).ok()?;
    Some(black_box(claims).expires_at())
}

fn plain<'b>(text: &str, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let length = URL_SAFE_NO_PAD.decode_slice(text, buffer).ok()?;
    buffer.get(..length)
}

fn vectors<'b>(text: &str, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let out = base64_simd::Out::from_slice(buffer);
    base64_simd::URL_SAFE_NO_PAD.decode(text.as_bytes(), out).ok().map(|bytes| &*bytes)
}

/// What is signed, and the signature.
fn cut(token: &str) -> Result<(&str, Vec<u8>)> {
    let (input, signature) = token.rsplit_once('.').context("a token has three parts")?;
    Ok((input, URL_SAFE_NO_PAD.decode(signature)?))
}

fn raw_key(kind: Kind, jwk: &Jwk) -> Result<ParsedPublicKey> {
    Ok(match kind {
        Kind::EdDSA => ParsedPublicKey::new(&ED25519, bytes(jwk.x.as_deref())?)?,
        Kind::ES256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point(jwk)?)?,
        Kind::RS256 => {
            let (n, e) = (bytes(jwk.n.as_deref())?, bytes(jwk.e.as_deref())?);
            RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)?
        }
    })
}

fn bytes(member: Option<&str>) -> Result<Vec<u8>> {
    Ok(URL_SAFE_NO_PAD.decode(member.context("a member of the key")?)?)
}

fn point(jwk: &Jwk) -> Result<Vec<u8>> {
    Ok([vec![4], bytes(jwk.x.as_deref())?, bytes(jwk.y.as_deref())?].concat())
}

fn validation(algorithm: jsonwebtoken::Algorithm) -> jsonwebtoken::Validation {
    let mut validation = jsonwebtoken::Validation::new(algorithm);
    validation.set_audience(&[ISSUER]);
    validation.set_issuer(&[ISSUER]);
    validation
}

fn options() -> VerificationOptions {
    let expected = || Some(HashSet::from([ISSUER.to_owned()]));
    VerificationOptions {
        allowed_issuers: expected(),
        allowed_audiences: expected(),
        ..VerificationOptions::default()
    }
}

/// jwt-simple has a type for each algorithm.
enum SimpleKey {
    EdDSA(Ed25519PublicKey),
    ES256(ES256PublicKey),
    RS256(RS256PublicKey),
}

impl SimpleKey {
    fn new(kind: Kind, jwk: &Jwk) -> Result<Self> {
        Ok(match kind {
            Kind::EdDSA => {
                Self::EdDSA(simple(Ed25519PublicKey::from_bytes(&bytes(jwk.x.as_deref())?))?)
            }
            Kind::ES256 => Self::ES256(simple(ES256PublicKey::from_bytes(&point(jwk)?))?),
            Kind::RS256 => {
                let (n, e) = (bytes(jwk.n.as_deref())?, bytes(jwk.e.as_deref())?);
                Self::RS256(simple(RS256PublicKey::from_components(&n, &e))?)
            }
        })
    }

    fn verify(&self, token: &str, options: VerificationOptions) -> Result<JWTClaims<CustomClaims>> {
        let options = Some(options);
        simple(match self {
            Self::EdDSA(key) => key.verify_token(token, options),
            Self::ES256(key) => key.verify_token(token, options),
            Self::RS256(key) => key.verify_token(token, options),
        })
    }
}

fn simple<T>(result: Result<T, jwt_simple::Error>) -> Result<T> {
    result.map_err(|error| anyhow::anyhow!("jwt-simple: {error}"))
}
