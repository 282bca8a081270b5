//! Project Wycheproof's signatures: the edge cases that broke other implementations.
//!
//! The vectors sign arbitrary messages, and a token's message is its own text; so they are put to the
//! key itself, which reads the published key in DER as it reads anybody's.

use wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify as pkcs1, rsa_pss_verify as pss};

use super::{VerifyingKey, mac_key_of_any_length};
use crate::{Algorithm, crypto::Refused};

/// How many signatures of a set were accepted and refused, all of them rightly.
#[derive(Default)]
struct Tally {
    accepted: usize,
    refused: usize,
}

impl Tally {
    #[track_caller]
    fn judge(&mut self, what: &str, id: usize, result: TestResult, ours: Result<(), Refused>) {
        match (result, ours) {
            (TestResult::Valid, Ok(())) => self.accepted += 1,
            (TestResult::Invalid, Err(Refused)) => self.refused += 1,
            // Where the vectors leave it open, either will do.
            (TestResult::Acceptable, _) => {}
            (result, ours) => panic!("{what}, case {id}: {result:?}, and ours says {ours:?}"),
        }
    }

    #[track_caller]
    fn assert_at_least(&self, accepted: usize, refused: usize) {
        let Self { accepted: a, refused: r } = self;
        assert!(*a >= accepted && *r >= refused, "only {a} accepted and {r} refused");
    }
}

/// Goes through the groups of a set, whose types differ from module to module.
macro_rules! judge {
    ($module:ident :: $name:ident, $algorithm:ident, $tally:ident) => {{
        let set = $module::TestSet::load($module::TestName::$name).unwrap();
        for group in set.test_groups {
            let key = VerifyingKey::from_der(&group.der, Some(Algorithm::$algorithm));
            for test in group.tests {
                let ours = match &key {
                    Ok(key) => key.verify(&test.msg, &test.sig),
                    Err(error) => panic!("{}: {error}", stringify!($name)),
                };
                $tally.judge(stringify!($name), test.tc_id, test.result, ours);
            }
        }
    }};
}

#[test]
fn ecdsa_signatures_of_fixed_length() {
    let mut tally = Tally::default();
    judge!(ecdsa::EcdsaSecp256r1Sha256P1363, ES256, tally);
    judge!(ecdsa::EcdsaSecp384r1Sha384P1363, ES384, tally);
    judge!(ecdsa::EcdsaSecp521r1Sha512P1363, ES512, tally);
    tally.assert_at_least(400, 200);
}

/// The same signatures in DER, which JWS has no use for: none is accepted.
#[test]
fn ecdsa_signatures_in_der_are_refused() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    for group in set.test_groups {
        let key = VerifyingKey::from_der(&group.der, None).unwrap();
        for test in group.tests.into_iter().filter(|test| test.result == TestResult::Valid) {
            assert_eq!(key.verify(&test.msg, &test.sig), Err(Refused), "case {}", test.tc_id);
        }
    }
}

#[test]
fn ed25519_signatures() {
    let mut tally = Tally::default();
    judge!(eddsa::Ed25519, EdDSA, tally);
    tally.assert_at_least(80, 50);
}

#[test]
fn rsa_pkcs1_signatures() {
    let mut tally = Tally::default();
    judge!(pkcs1::Rsa2048Sha256, RS256, tally);
    judge!(pkcs1::Rsa2048Sha384, RS384, tally);
    judge!(pkcs1::Rsa2048Sha512, RS512, tally);
    judge!(pkcs1::Rsa3072Sha256, RS256, tally);
    judge!(pkcs1::Rsa4096Sha512, RS512, tally);
    judge!(pkcs1::Rsa8192Sha512, RS512, tally);
    tally.assert_at_least(40, 1000);
}

#[test]
fn rsa_pss_signatures_with_a_salt_as_long_as_the_hash() {
    let mut tally = Tally::default();
    judge!(pss::RsaPss2048Sha256Mgf1SaltLen32, PS256, tally);
    judge!(pss::RsaPss2048Sha384Mgf1SaltLen48, PS384, tally);
    judge!(pss::RsaPss4096Sha256Mgf1SaltLen32, PS256, tally);
    judge!(pss::RsaPss4096Sha384Mgf1SaltLen48, PS384, tally);
    judge!(pss::RsaPss4096Sha512Mgf1SaltLen64, PS512, tally);
    tally.assert_at_least(200, 200);
}

/// RFC 7518 §3.5: "The size of the salt value is the same size as the hash function output."
#[test]
fn rsa_pss_signatures_with_another_salt_are_refused() {
    let mut refused = 0;
    for (name, algorithm) in [
        (pss::TestName::RsaPss2048Sha256Mgf1SaltLen0, Algorithm::PS256),
        (pss::TestName::RsaPss4096Sha512Mgf1SaltLen32, Algorithm::PS512),
    ] {
        for group in pss::TestSet::load(name).unwrap().test_groups {
            let key = VerifyingKey::from_der(&group.der, Some(algorithm)).unwrap();
            for test in group.tests.into_iter().filter(|test| test.result == TestResult::Valid) {
                assert_eq!(key.verify(&test.msg, &test.sig), Err(Refused), "case {}", test.tc_id);
                refused += 1;
            }
        }
    }
    assert!(refused > 50, "only {refused}");
}

/// Tags of full length are judged as the vectors say, and shortened ones never accepted.
#[test]
fn hmac_tags() {
    let mut tally = Tally::default();
    for (name, algorithm) in [
        (mac::TestName::HmacSha256, Algorithm::HS256),
        (mac::TestName::HmacSha384, Algorithm::HS384),
        (mac::TestName::HmacSha512, Algorithm::HS512),
    ] {
        for group in mac::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let key = mac_key_of_any_length(algorithm, &test.key).unwrap();
                let is_whole = group.tag_size == key.tag_bytes() * 8;
                let result = if is_whole { test.result } else { TestResult::Invalid };
                let ours = key.verify(&test.msg, &test.tag);
                tally.judge(algorithm.as_str(), test.tc_id, result, ours);
            }
        }
    }
    tally.assert_at_least(90, 400);
}
