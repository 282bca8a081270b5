//! One row for each reason, from which codes, texts and pages are made.

use super::{Blame, Claim, Rejection};

/// What is known of a reason.
pub(super) struct Row {
    pub(super) code: &'static str,
    pub(super) blame: Blame,
    /// What a log says.
    pub(super) text: &'static str,
    /// What it means, an empty line, and what to do.
    pub(super) explanation: &'static str,
}

impl Rejection {
    /// Every reason once; the two that are about a claim with one claim each.
    pub const ALL: &[Self] = &[
        Self::AlgorithmMismatch,
        Self::AlgorithmNotAllowed,
        Self::AmbiguousKey,
        Self::BadSignature,
        Self::CriticalHeader,
        Self::DuplicateMember,
        Self::EmbeddedKey,
        Self::Expired,
        Self::IssuedInFuture,
        Self::MalformedClaim(Claim::Expiration),
        Self::MalformedHeader,
        Self::MalformedPayload,
        Self::MalformedToken,
        Self::MissingClaim(Claim::Expiration),
        Self::MissingSignature,
        Self::NestingTooDeep,
        Self::NotYetValid,
        Self::TokenTooLarge,
        Self::TooOld,
        Self::UnexpectedClaims,
        Self::UnencodedPayload,
        Self::UnknownKey,
        Self::Unsigned,
        Self::UnsupportedAlgorithm,
        Self::WrongAudience,
        Self::WrongIssuer,
        Self::WrongType,
    ];

    #[expect(clippy::too_many_lines, reason = "a table")]
    pub(super) const fn row(self) -> Row {
        use Blame::{Keys, Policy, Token};
        match self {
            Self::AlgorithmMismatch => Row {
                code: "algorithm-mismatch",
                blame: Keys,
                text: "the key is for another algorithm than the token's",
                explanation: "The token names one algorithm, and the key that fits it otherwise is bound to another. \
                  Either issuer and verifier are set up differently (an issuer that signs with EdDSA, a \
                  back end that holds a shared secret for HS256), or somebody tries to have a public key \
                  used as a secret.\n\n\
                  Compare the `alg` of the token with the `alg` of the key. Give the verifier the issuer's \
                  key set instead of a secret, or let the issuer sign with the secret.",
            },
            Self::AlgorithmNotAllowed => Row {
                code: "algorithm-not-allowed",
                blame: Policy,
                text: "the algorithm is not allowed here",
                explanation: "The signature might be good, but the policy does not list its algorithm.\n\n\
                  Add the algorithm to the policy if the issuer really uses it; a list of exactly what the \
                  issuer uses is the best list.",
            },
            Self::AmbiguousKey => Row {
                code: "ambiguous-key",
                blame: Keys,
                text: "more than one key could have signed the token",
                explanation: "The token names no key (`kid`) and the set has several for its algorithm, or two keys \
                  have one name. Keys are not tried in turn: that would hide which one is in use, and lets \
                  strangers multiply the work.\n\n\
                  Have the issuer put a `kid` into its tokens and give each key a name of its own.",
            },
            Self::BadSignature => Row {
                code: "bad-signature",
                blame: Keys,
                text: "the signature does not fit the key",
                explanation: "The signature was made with another key, or the token was changed on its way. The most \
                  common cause by far is that issuer and verifier do not hold the same secret: another \
                  environment file, a line end or quotes copied along, a secret that is base64 on one side \
                  and text on the other.\n\n\
                  Compare the secrets by a hash, not by eye. With published keys, see whether the \
                  verifier's key set is the one of this issuer.",
            },
            Self::CriticalHeader => Row {
                code: "critical-header",
                blame: Token,
                text: "the header demands an unknown extension",
                explanation: "The header has `crit` (RFC 7515 §4.1.11): whoever does not understand the extensions it \
                  lists must refuse the token. No extension is understood here.\n\n\
                  Have the issuer leave it out; no common issuer sets it.",
            },
            Self::DuplicateMember => Row {
                code: "duplicate-member",
                blame: Token,
                text: "a member name occurs twice",
                explanation: "The header or the claims name something twice. One reader takes the first, another the \
                  last, and they act on different tokens (RFC 8725 §2.4).\n\n\
                  It is a mistake of the issuer's, or an attack. The issuer has to write each name once.",
            },
            Self::EmbeddedKey => Row {
                code: "embedded-key",
                blame: Token,
                text: "the header brings its own key",
                explanation: "The header has `jwk`, `jku`, `x5c` or `x5u`: the token says by which key it wants to be \
                  checked. A verifier that follows accepts tokens of anybody (RFC 8725 §3.10).\n\n\
                  Configure the verifier with the issuer's keys; have the issuer name its key by `kid`.",
            },
            Self::Expired => Row {
                code: "expired",
                blame: Token,
                text: "the token has expired",
                explanation: "`exp` has passed, and the leeway with it. Tokens are meant to be short-lived: Better \
                  Auth's live for 15 minutes.\n\n\
                  Have the client fetch a new token before the old one expires, and once again on a 401. \
                  If it happens with fresh tokens, compare the clocks of both machines.",
            },
            Self::IssuedInFuture => Row {
                code: "issued-in-future",
                blame: Token,
                text: "the token was issued in the future",
                explanation: "`iat` is later than this machine's time, by more than the leeway.\n\n\
                  Compare the clocks: the issuer's is ahead, or this one's is behind. Synchronise them; \
                  the leeway is not for that.",
            },
            Self::MalformedClaim(_) => Row {
                code: "malformed-claim",
                blame: Token,
                text: "a claim is malformed",
                explanation: "A registered claim has the wrong type or an impossible value: `exp` as a text or in \
                  milliseconds, `aud` as a number, an empty `sub`. A malformed claim is never taken for an \
                  absent one.\n\n\
                  Have the issuer write dates as seconds since 1970, texts as texts, and the user's id as \
                  a text in `sub`.",
            },
            Self::MalformedHeader => Row {
                code: "malformed-header",
                blame: Token,
                text: "the header is malformed",
                explanation: "The first part is not a JSON object with an `alg` text, or is longer than any real \
                  header.\n\n\
                  See what was sent: a token that was cut, encoded twice, or is no JWT.",
            },
            Self::MalformedPayload => Row {
                code: "malformed-payload",
                blame: Token,
                text: "the payload is malformed",
                explanation: "The signature is good, and what it covers is no JSON object in UTF-8. It is a JWS, but \
                  not a JWT.\n\n\
                  If it is meant to be something else than a JWT, verify it as a payload (`--jws`, \
                  `PayloadPolicy`).",
            },
            Self::MalformedToken => Row {
                code: "malformed-token",
                blame: Token,
                text: "it is not a signed token",
                explanation: "It is not three parts of strict base64url with dots between. Often it is a session token \
                  or a signed cookie in the place of a JWT, the text `null` or `undefined`, a token with \
                  quotes, `Bearer ` twice, or an encrypted token of five parts.\n\n\
                  Send the JWT: with Better Auth, what `/api/auth/token` answers, not the session's token.",
            },
            Self::MissingClaim(_) => Row {
                code: "missing-claim",
                blame: Token,
                text: "a claim is missing",
                explanation: "A claim that is expected is not there. `sub` and `exp` are required always, `iss` and \
                  `aud` where the policy expects a value, `iat` where it bounds the age, and what it \
                  requires besides.\n\n\
                  Have the issuer put it in, or change what the policy expects. A token without `exp` \
                  would be good for ever.",
            },
            Self::MissingSignature => Row {
                code: "missing-signature",
                blame: Token,
                text: "the signature is missing",
                explanation: "The header names an algorithm, and the signature is empty: somebody took it off, to see \
                  whether anybody looks.\n\n\
                  Nothing is to be mended, unless your own code cut the token.",
            },
            Self::NestingTooDeep => Row {
                code: "nesting-too-deep",
                blame: Token,
                text: "the claims nest too deep",
                explanation: "Arrays and objects within the claims are more than 32 deep. No real claims set is.\n\n\
                  Have the issuer put less into the token.",
            },
            Self::NotYetValid => Row {
                code: "not-yet-valid",
                blame: Token,
                text: "the token is not valid yet",
                explanation: "`nbf` is later than this machine's time, by more than the leeway.\n\n\
                  Wait, if it is on purpose; else compare the clocks of both machines.",
            },
            Self::TokenTooLarge => Row {
                code: "token-too-large",
                blame: Token,
                text: "the token is too large",
                explanation: "It is longer than the policy's limit (16 KiB unless set). Most servers refuse header \
                  lines of half that size.\n\n\
                  Have the issuer put less into the token; raise the limit only if it cannot.",
            },
            Self::TooOld => Row {
                code: "too-old",
                blame: Policy,
                text: "the token was issued too long ago",
                explanation: "It has not expired, but it was issued longer ago than this service permits.\n\n\
                  Fetch a new token more often, or permit a greater age.",
            },
            Self::UnexpectedClaims => Row {
                code: "unexpected-claims",
                blame: Policy,
                text: "the claims are not of the expected shape",
                explanation: "The token is good, but the claims that this service asks for besides are missing or of \
                  another type.\n\n\
                  Compare the type in the service's code with the claims that the issuer writes \
                  (`gatewright token decode` shows them).",
            },
            Self::UnencodedPayload => Row {
                code: "unencoded-payload",
                blame: Token,
                text: "the payload is said not to be encoded",
                explanation: "The header has `b64` (RFC 7797). No JWT may have it (RFC 7797 §7), and it lets two \
                  readers see different payloads.\n\n\
                  Have the issuer leave it out.",
            },
            Self::UnknownKey => Row {
                code: "unknown-key",
                blame: Keys,
                text: "no known key is the one the token names",
                explanation: "No key of the set has the token's `kid`. The token is of another issuer or environment, \
                  or the issuer has new keys that are not known here yet; a remote set is fetched again \
                  then, at most once in a while.\n\n\
                  Compare the token's `kid` with the issuer's key set. If it is in there, the verifier \
                  fetches another address, or has not fetched it again.",
            },
            Self::Unsigned => Row {
                code: "unsigned",
                blame: Token,
                text: "the token is not signed",
                explanation: "The algorithm is `none`, in whatever casing. There is no setting that accepts it.\n\n\
                  If your own issuer made it, it has no key: give it one. Else it is the oldest attack \
                  there is.",
            },
            Self::UnsupportedAlgorithm => Row {
                code: "unsupported-algorithm",
                blame: Token,
                text: "the algorithm is not supported",
                explanation: "The header names an algorithm that is not one of HS256 to HS512, RS256 to RS512, PS256 \
                  to PS512, ES256 to ES512 and EdDSA, in exactly that spelling. An encrypted token names \
                  others.\n\n\
                  Have the issuer sign with one of these; EdDSA is the default of Better Auth.",
            },
            Self::WrongAudience => Row {
                code: "wrong-audience",
                blame: Policy,
                text: "the token is for another audience",
                explanation: "`aud` names none of the audiences expected here. They are compared character by \
                  character: `http` is not `https`, and a slash at the end counts.\n\n\
                  Set the audience here to what the issuer writes, or the other way round. With Better \
                  Auth it is the base URL's origin unless set.",
            },
            Self::WrongIssuer => Row {
                code: "wrong-issuer",
                blame: Policy,
                text: "the token is from another issuer",
                explanation: "`iss` is not an issuer expected here. They are compared character by character: `http` \
                  is not `https`, `localhost` is not `127.0.0.1`, and a slash at the end counts.\n\n\
                  Set the issuer here to what the issuer writes. With Better Auth it is the base URL's \
                  origin unless set.",
            },
            Self::WrongType => Row {
                code: "wrong-type",
                blame: Policy,
                text: "it is another kind of token",
                explanation: "`typ` in the header says that the token was made for another purpose (RFC 8725 §3.11): a \
                  logout token, an access token where an id token is expected.\n\n\
                  Send the right token, or set the type that is expected. Without one a token may have no \
                  `typ` or the plain `JWT`.",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The match fails to compile when a reason is added, the assertion when it is not in the list.
    #[test]
    fn the_list_is_complete() {
        const COUNT: usize = 27;
        for rejection in Rejection::ALL {
            match rejection {
                Rejection::AlgorithmMismatch
                | Rejection::AlgorithmNotAllowed
                | Rejection::AmbiguousKey
                | Rejection::BadSignature
                | Rejection::CriticalHeader
                | Rejection::DuplicateMember
                | Rejection::EmbeddedKey
                | Rejection::Expired
                | Rejection::IssuedInFuture
                | Rejection::MalformedClaim(_)
                | Rejection::MalformedHeader
                | Rejection::MalformedPayload
                | Rejection::MalformedToken
                | Rejection::MissingClaim(_)
                | Rejection::MissingSignature
                | Rejection::NestingTooDeep
                | Rejection::NotYetValid
                | Rejection::TokenTooLarge
                | Rejection::TooOld
                | Rejection::UnexpectedClaims
                | Rejection::UnencodedPayload
                | Rejection::UnknownKey
                | Rejection::Unsigned
                | Rejection::UnsupportedAlgorithm
                | Rejection::WrongAudience
                | Rejection::WrongIssuer
                | Rejection::WrongType => {}
            }
        }
        assert_eq!(Rejection::ALL.len(), COUNT, "a reason was added to the match above: list it");
    }
}
