//! What a cookie says of a session: the rows of session and user, as clients see them.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value as Json};

use crate::clock::Date;
use crate::fields::{Additional, AdditionalFields};
use crate::store::{ActiveSession, Session, User};
use crate::wire;

/// As it is written. The order of the fields is upstream's, whose signature depends on it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Written<'a> {
    pub(super) session: wire::Session<'a>,
    pub(super) user: wire::User<'a>,
    /// Milliseconds since the Unix epoch.
    pub(super) updated_at: i64,
    pub(super) version: &'a str,
}

/// The same among the claims of a JWT.
#[derive(Serialize)]
pub(super) struct WrittenClaims<'a> {
    #[serde(flatten)]
    pub(super) payload: Written<'a>,
    pub(super) iat: i64,
    pub(super) exp: i64,
    /// Of an encrypted one alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) jti: Option<String>,
}

/// As it is read. Columns of plugins that we don't serve are passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payload {
    pub(super) session: CachedSession,
    user: CachedUser,
    pub(super) updated_at: i64,
    version: Option<String>,
}

impl Payload {
    /// A cookie without one is of the first.
    pub(super) fn version(&self) -> &str {
        self.version.as_deref().filter(|version| !version.is_empty()).unwrap_or("1")
    }
}

/// The same among the claims of a JWT.
#[derive(Deserialize)]
pub(super) struct Claims {
    #[serde(flatten)]
    pub(super) payload: Payload,
    pub(super) exp: i64,
    nbf: Option<i64>,
}

impl Claims {
    /// Whether it is for the present. Nobody writes a cookie for later.
    pub(super) fn is_for_now(&self) -> bool {
        self.nbf.is_none()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CachedSession {
    id: String,
    #[serde(deserialize_with = "date")]
    pub(super) expires_at: Date,
    pub(super) token: String,
    #[serde(deserialize_with = "date")]
    created_at: Date,
    #[serde(deserialize_with = "date")]
    updated_at: Date,
    ip_address: Option<String>,
    user_agent: Option<String>,
    user_id: String,
    #[serde(flatten)]
    more: Map<String, Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CachedUser {
    id: String,
    name: String,
    email: String,
    email_verified: bool,
    image: Option<String>,
    #[serde(deserialize_with = "date")]
    created_at: Date,
    #[serde(deserialize_with = "date")]
    updated_at: Date,
    #[serde(flatten)]
    more: Map<String, Json>,
}

impl Payload {
    /// The session with the additional fields of it and of its user, as far as clients see them.
    /// `None` if one of those is missing: the cookie is older than the field.
    pub(super) fn into_session(
        self,
        of_session: &AdditionalFields,
        of_user: &AdditionalFields,
    ) -> Option<ActiveSession> {
        let Self { session, user, .. } = self;
        Some(ActiveSession {
            session: Session {
                id: session.id,
                expires_at: session.expires_at,
                token: session.token,
                created_at: session.created_at,
                updated_at: session.updated_at,
                ip_address: session.ip_address,
                user_agent: session.user_agent,
                user_id: session.user_id,
                additional: additional(of_session, session.more)?,
            },
            user: User {
                id: user.id,
                name: user.name,
                email: user.email,
                email_verified: user.email_verified,
                image: user.image,
                created_at: user.created_at,
                updated_at: user.updated_at,
                additional: additional(of_user, user.more)?,
            },
        })
    }
}

fn additional(fields: &AdditionalFields, mut cached: Map<String, Json>) -> Option<Additional> {
    let values = fields.all().iter().map(|field| {
        let value = cached.remove(&field.name).filter(|_| field.returned);
        value.or_else(|| (!field.returned).then_some(Json::Null))
    });
    Some(Additional::new(fields.clone(), values.collect::<Option<_>>()?))
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
    Date::parse(&text).ok_or_else(|| serde::de::Error::custom("no ISO 8601 date"))
}
