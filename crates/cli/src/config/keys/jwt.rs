//! `jwt`.

use serde_json::json;

use super::{Key, Takes};

keys! {
    "jwt.audience", "The audience of tokens; by default the base URL",
        |from| json!(from.jwt.audience) => Takes::Text(|to, text| {
        to.jwt.audience = Some(text.to_owned());
        Ok(())
    });
    "jwt.expiration_time", "How long a token is valid",
        |from| json!(from.jwt.expiration_time) => Takes::Seconds { least: 1, set: |to, n| to.jwt.expiration_time = n };
    "jwt.issuer", "The issuer of tokens; by default the base URL",
        |from| json!(from.jwt.issuer) => Takes::Text(|to, text| {
        to.jwt.issuer = Some(text.to_owned());
        Ok(())
    });
    "jwt.jwks.disable_private_key_encryption", "New private keys lie in the database as they are; those that do are read in any case",
        |from| json!(from.jwt.jwks.disable_private_key_encryption) => Takes::Flag(|to, on| {
        to.jwt.jwks.disable_private_key_encryption = on;
    });
    "jwt.jwks.grace_period", "How long a key that signs no more stays published, so that its tokens still verify",
        |from| json!(from.jwt.jwks.grace_period) => Takes::Seconds {
        least: 0,
        set: |to, n| to.jwt.jwks.grace_period = n,
    };
    "jwt.jwks.key_pair_config.alg", "How tokens are signed: EdDSA with keys of the server's own, or HS256, HS384 or HS512 with the secret",
        |from| json!(from.jwt.algorithm.as_str()) => Takes::Text(|to, text| {
        to.jwt.algorithm =
            text.parse().map_err(|_unknown| {
                "takes EdDSA, ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512, HS256, \
                 HS384 or HS512".to_owned()
            })?;
        Ok(())
    });
    "jwt.jwks.rotation_interval", "How long a key signs before another takes its place; by default for ever",
        |from| json!(from.jwt.jwks.rotation_interval) => Takes::Seconds {
        least: 1,
        set: |to, n| to.jwt.jwks.rotation_interval = Some(n),
    };
}
