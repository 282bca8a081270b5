//! What was typed after `gatewright token`.

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args as Flags, Subcommand, value_parser};
use gatewright_jose::Algorithm;

use super::Format;
use crate::moment::{Moment, positive_span};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  gatewright token decode @token.txt
  gatewright token verify @token.txt --secret-env BETTER_AUTH_SECRET
  gatewright token sign --sub user-1 --secret-env BETTER_AUTH_SECRET")]
pub(crate) enum TokenCommand {
    /// Show what a token says of itself, without verifying anything
    Decode(DecodeFlags),
    /// Make a token, for a test or for a service of your own
    Sign(SignFlags),
    /// Verify a token as a back end does, and say why it is refused
    Verify(VerifyFlags),
}

/// Where a token comes from.
const TOKEN_HELP: &str = "The token: @FILE, env:NAME, - for stdin, or the token itself (which a list \
                          of processes shows to others)";

#[derive(Debug, Flags)]
#[command(after_help = "\
Examples:
  gatewright token decode @token.txt
  gatewright token decode env:TOKEN --format json
  gatewright token decode - < token.txt

Nothing is verified: anybody can write such a token. `gatewright token verify` verifies.

Exit codes: 0 it is a JWT · 2 it is none, and what it is instead")]
pub(crate) struct DecodeFlags {
    #[arg(value_name = "TOKEN", help = TOKEN_HELP, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) token: String,
    /// The time that dates are compared with: 2026-11-25T12:00:00Z, seconds since 1970, or from now
    /// on like -5m or +1h
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<Moment>,
    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Flags)]
#[command(
    group = ArgGroup::new("source").args(["jwks", "key", "secret_env"]).required(true),
    after_help = "\
Examples:
  gatewright token verify @token.txt --secret-env BETTER_AUTH_SECRET
  gatewright token verify env:TOKEN --jwks http://localhost:4000/api/auth/jwks \\
    --issuer http://localhost:4000 --audience http://localhost:4000
  gatewright token verify - --key public.pem --alg ES256 --at -1m < es256.txt
  gatewright token verify @body.jws --jws --key public.pem

What is not given is not checked, and the output says so. `sub` and `exp` are required always.

Exit codes: 0 verified · 1 not verified, and why · 2 there is nothing to judge: no token, no key"
)]
pub(crate) struct VerifyFlags {
    #[arg(value_name = "TOKEN", help = TOKEN_HELP, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) token: String,
    /// The issuer's public keys: a JWK Set in a file, or at an address (https, or http on this machine)
    #[arg(long, value_name = "FILE|URL", help_heading = "Key (exactly one)")]
    pub(crate) jwks: Option<String>,
    /// A key file: JWK, JWK Set, PEM or DER; of a private key the public half is used. Also env:NAME
    /// or -
    #[arg(long, value_name = "FILE", help_heading = "Key (exactly one)")]
    pub(crate) key: Option<String>,
    /// The variable that holds the shared secret, for HS256 unless --alg says otherwise
    #[arg(long, value_name = "NAME", help_heading = "Key (exactly one)")]
    pub(crate) secret_env: Option<String>,
    /// The issuer to expect (`iss`); repeat it to accept several
    #[arg(long, value_name = "ISSUER", conflicts_with = "jws", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) issuer: Vec<String>,
    /// The audience to expect (`aud`); repeat it if any of several will do
    #[arg(long, value_name = "AUDIENCE", conflicts_with = "jws", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) audience: Vec<String>,
    /// The algorithm to accept; repeat it for several [default: each that a key is for]
    #[arg(long, value_name = "ALG", value_parser = algorithms())]
    pub(crate) alg: Vec<Algorithm>,
    /// Verify as if it were this time: 2026-11-25T12:00:00Z, seconds since 1970, or from now on like
    /// -5m or +1h
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, conflicts_with = "jws")]
    pub(crate) at: Option<Moment>,
    /// How many seconds clocks may differ, up to 60 [default: 10]
    #[arg(long, value_name = "SECONDS", conflicts_with = "jws", value_parser = value_parser!(u8).range(0..=60))]
    pub(crate) leeway: Option<u8>,
    /// The `typ` to demand, like at+jwt [default: none, or JWT; with --jws none, or JOSE]
    #[arg(long, value_name = "TYP", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) r#type: Option<String>,
    /// Refuse what was issued longer ago, like 15m
    #[arg(long, value_name = "SPAN", conflicts_with = "jws", value_parser = positive_span)]
    pub(crate) max_age: Option<u32>,
    /// A claim that must be there besides `sub` and `exp`; repeat it for several
    #[arg(long, value_name = "CLAIM", conflicts_with = "jws", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) require: Vec<String>,
    /// The payload is no claims set: verify the signature alone, and print the payload as it is
    #[arg(long)]
    pub(crate) jws: bool,
    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Flags)]
#[command(
    group = ArgGroup::new("source").args(["key", "secret_env"]).required(true),
    after_help = "\
Examples:
  gatewright token sign --sub user-1 --secret-env BETTER_AUTH_SECRET
  gatewright token sign --claims '{\"sub\":\"user-1\",\"role\":\"admin\"}' --key private.jwk \\
    --issuer http://localhost:4000 --audience http://localhost:4000 --expires-in 1h
  gatewright token sign --claims @claims.json --key private.pem --kid 2026-01
  gatewright token sign --sub user-1 --secret-env BETTER_AUTH_SECRET --at -1h
  gatewright token sign --jws --payload body.json --key private.pem

The token alone goes to stdout. It is valid for 15 minutes unless you say otherwise.

Exit codes: 0 signed · 2 the claims or the key can't be used"
)]
pub(crate) struct SignFlags {
    /// A private key: JWK, JWK Set, PEM or DER; also env:NAME or - for stdin
    #[arg(long, value_name = "FILE", help_heading = "Key (exactly one)")]
    pub(crate) key: Option<String>,
    /// The variable that holds the shared secret, for HS256 unless --alg says otherwise
    #[arg(long, value_name = "NAME", help_heading = "Key (exactly one)")]
    pub(crate) secret_env: Option<String>,
    /// The algorithm, where the key leaves a choice
    #[arg(long, value_name = "ALG", value_parser = algorithms())]
    pub(crate) alg: Option<Algorithm>,
    /// The key's name, for the header; of a JWK Set, the key to sign with
    #[arg(long, value_name = "KID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) kid: Option<String>,
    /// The `typ` of the header, like at+jwt [default: none; with --jws JOSE]
    #[arg(long, value_name = "TYP", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) r#type: Option<String>,
    /// The claims: JSON, @FILE, env:NAME, or - for stdin
    #[arg(long, value_name = "JSON")]
    pub(crate) claims: Option<String>,
    /// `sub`: whom the token is about
    #[arg(long, value_name = "SUBJECT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) sub: Option<String>,
    /// `iss`: who issues it
    #[arg(long, value_name = "ISSUER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) issuer: Option<String>,
    /// `aud`: whom it is for; repeat it for several
    #[arg(long, value_name = "AUDIENCE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) audience: Vec<String>,
    /// `exp`: how long it is valid [default: 15m, unless the claims have an `exp`]
    #[arg(long, value_name = "SPAN", value_parser = positive_span)]
    pub(crate) expires_in: Option<u32>,
    /// `nbf`: from when on it is valid, in the forms of --at
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) not_before: Option<Moment>,
    /// `jti`: the token's own id
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) jti: Option<String>,
    /// Sign as if it were this time: 2026-11-25T12:00:00Z, seconds since 1970, or from now on like
    /// -1h, which makes an expired token
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<Moment>,
    /// Sign any payload instead of claims
    #[arg(long, requires = "payload", conflicts_with_all = ["claims", "sub", "issuer", "audience", "expires_in", "not_before", "jti", "at"])]
    pub(crate) jws: bool,
    /// What to sign with --jws: a file, or - for stdin
    #[arg(long, value_name = "FILE", requires = "jws")]
    pub(crate) payload: Option<String>,
    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// The names that [`Algorithm`] has, so that help and completions list them. There is no `none`.
fn algorithms() -> impl TypedValueParser<Value = Algorithm> {
    let names = Algorithm::ALL.iter().map(|algorithm| algorithm.as_str());
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Algorithm>())
}
