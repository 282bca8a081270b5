//! The JSON of requests and responses, and nothing else.

mod leave;
mod mail;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::call::{Body, FORM_OR_JSON};
use crate::clock::Date;
use crate::fields::Additional;
use crate::shape::{Fields, Issues};
use crate::store;

pub(crate) use leave::{DeleteUser, DeleteUserCallback, Deleted};
pub(crate) use mail::{
    ChangeEmail, EmailChanged, EmailVerified, PasswordResetRequested, RequestPasswordReset,
    ResetPassword, ResetPasswordCallback, SendVerificationEmail, VerifyEmail, token_in_query,
};

/// Body of `POST /sign-up/email`.
pub(crate) struct SignUpEmail {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) image: Option<String>,
    pub(crate) callback_url: Option<String>,
    pub(crate) remember_me: bool,
    /// Further fields, of any name.
    pub(crate) more: Map<String, Value>,
}

impl Body for SignUpEmail {
    const MEDIA_TYPES: &'static [&'static str] = FORM_OR_JSON;

    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        let mut fields = Fields::of(body, Some("record"))?;
        let name = fields.string("name");
        let email = fields.email("email");
        let password = fields.non_empty_string("password");
        let image = fields.optional_string("image");
        let callback_url = fields.optional_string("callbackURL");
        let remember_me = fields.optional_bool("rememberMe").unwrap_or(true);
        let known = ["name", "email", "password", "image", "callbackURL", "rememberMe"];
        let more = fields.others(&known);
        fields.finish(Self { name, email, password, image, callback_url, remember_me, more })
    }
}

/// Body of `POST /sign-in/email`.
pub(crate) struct SignInEmail {
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) callback_url: Option<String>,
    pub(crate) remember_me: bool,
}

impl Body for SignInEmail {
    const MEDIA_TYPES: &'static [&'static str] = FORM_OR_JSON;

    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        let mut fields = Fields::of(body, None)?;
        let email = fields.string("email");
        let password = fields.string("password");
        let callback_url = fields.optional_string("callbackURL");
        let remember_me = fields.optional_bool("rememberMe").unwrap_or(true);
        fields.finish(Self { email, password, callback_url, remember_me })
    }
}

/// Body of `POST /sign-out`: may be absent. Its fields are for providers with a sign-out of their
/// own.
pub(crate) struct SignOut;

impl Body for SignOut {
    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        if body.is_none() {
            return Ok(Self);
        }
        let mut fields = Fields::of(body, None)?;
        fields.optional_string("callbackURL");
        fields.optional_bool("disableRedirect");
        fields.optional_string("state");
        fields.finish(Self)
    }
}

/// Body of `POST /revoke-session`.
pub(crate) struct RevokeSession {
    pub(crate) token: String,
}

impl Body for RevokeSession {
    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        let mut fields = Fields::of(body, None)?;
        let token = fields.string("token");
        fields.finish(Self { token })
    }
}

/// Body of `POST /unlink-account`.
pub(crate) struct UnlinkAccount {
    /// The row's id, not the provider's name for the user.
    pub(crate) account_id: String,
}

impl Body for UnlinkAccount {
    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        let mut fields = Fields::of(body, None)?;
        let account_id = fields.string("accountId");
        fields.finish(Self { account_id })
    }
}

/// Body of `POST /update-user`.
pub(crate) struct UpdateUser {
    pub(crate) name: Option<String>,
    pub(crate) image: store::NewImage,
    /// Whether an address is there as well, whatever it is.
    pub(crate) has_email: bool,
    /// Further fields, of any name.
    pub(crate) more: Map<String, Value>,
}

impl Body for UpdateUser {
    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        let mut fields = Fields::of_record(body)?;
        let has_email = fields.is_truthy("email");
        let name = fields.optional_string("name");
        let image = if fields.is_null("image") {
            store::NewImage::None
        } else {
            let image = fields.optional_string("image");
            image.map_or(store::NewImage::AsBefore, store::NewImage::Some)
        };
        let more = fields.others(&["name", "image", "email"]);
        fields.finish(Self { name, image, has_email, more })
    }
}

/// Body of `POST /update-session`: any object.
pub(crate) struct UpdateSession {
    pub(crate) fields: Map<String, Value>,
}

impl Body for UpdateSession {
    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        let fields = Fields::of_record(body)?;
        let all = fields.others(&[]);
        fields.finish(Self { fields: all })
    }
}

/// Body of `POST /change-password`.
pub(crate) struct ChangePassword {
    pub(crate) new_password: String,
    pub(crate) current_password: String,
    pub(crate) revoke_other_sessions: bool,
}

impl Body for ChangePassword {
    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        let mut fields = Fields::of(body, None)?;
        let new_password = fields.string("newPassword");
        let current_password = fields.string("currentPassword");
        let revoke_other_sessions = fields.optional_bool("revokeOtherSessions").unwrap_or(false);
        fields.finish(Self { new_password, current_password, revoke_other_sessions })
    }
}

/// Body of `POST /verify-password`.
pub(crate) struct VerifyPassword {
    pub(crate) password: String,
}

impl Body for VerifyPassword {
    fn read(body: Option<&Value>) -> Result<Self, Issues> {
        let mut fields = Fields::of(body, None)?;
        let password = fields.string("password");
        fields.finish(Self { password })
    }
}

/// A user as clients see one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User<'a> {
    name: &'a str,
    email: &'a str,
    email_verified: bool,
    image: Option<&'a str>,
    created_at: Date,
    updated_at: Date,
    id: &'a str,
    #[serde(flatten)]
    additional: &'a Additional,
}

impl<'a> From<&'a store::User> for User<'a> {
    fn from(user: &'a store::User) -> Self {
        Self {
            name: &user.name,
            email: &user.email,
            email_verified: user.email_verified,
            image: user.image.as_deref(),
            created_at: user.created_at,
            updated_at: user.updated_at,
            id: &user.id,
            additional: &user.additional,
        }
    }
}

/// A session as clients see one, its token included.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session<'a> {
    expires_at: Date,
    token: &'a str,
    created_at: Date,
    updated_at: Date,
    ip_address: Option<&'a str>,
    user_agent: Option<&'a str>,
    user_id: &'a str,
    id: &'a str,
    #[serde(flatten)]
    additional: &'a Additional,
}

impl<'a> From<&'a store::Session> for Session<'a> {
    fn from(session: &'a store::Session) -> Self {
        Self {
            expires_at: session.expires_at,
            token: &session.token,
            created_at: session.created_at,
            updated_at: session.updated_at,
            ip_address: session.ip_address.as_deref(),
            user_agent: session.user_agent.as_deref(),
            user_id: &session.user_id,
            id: &session.id,
            additional: &session.additional,
        }
    }
}

/// An account as clients see one, without what the provider gave for our eyes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are upstream's")]
pub(crate) struct Account<'a> {
    id: &'a str,
    account_id: &'a str,
    provider_id: &'a str,
    user_id: &'a str,
    created_at: Date,
    updated_at: Date,
    scopes: Vec<&'a str>,
}

impl<'a> From<&'a store::Account> for Account<'a> {
    fn from(account: &'a store::Account) -> Self {
        let scopes = account.scope.as_deref().unwrap_or_default().split(',').map(str::trim);
        Self {
            id: &account.id,
            account_id: &account.account_id,
            provider_id: &account.provider_id,
            user_id: &account.user_id,
            created_at: account.created_at,
            updated_at: account.updated_at,
            scopes: scopes.filter(|scope| !scope.is_empty()).collect(),
        }
    }
}

/// Answer of `POST /sign-up/email`.
#[derive(Serialize)]
pub(crate) struct SignedUp<'a> {
    /// None where the address is to be verified first.
    pub(crate) token: Option<&'a str>,
    pub(crate) user: User<'a>,
}

/// Answer of `POST /sign-in/email`.
#[derive(Serialize)]
pub(crate) struct SignedIn<'a> {
    pub(crate) redirect: bool,
    pub(crate) token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<&'a str>,
    pub(crate) user: User<'a>,
}

/// Answer of `POST /change-password`.
#[derive(Serialize)]
pub(crate) struct ChangedPassword<'a> {
    /// Of the new session, if the others were to end.
    pub(crate) token: Option<&'a str>,
    pub(crate) user: User<'a>,
}

/// Answer of `POST /update-session`.
#[derive(Serialize)]
pub(crate) struct UpdatedSession<'a> {
    pub(crate) session: Session<'a>,
}

/// Answer of `GET /get-session`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CurrentSession<'a> {
    pub(crate) session: Session<'a>,
    pub(crate) user: User<'a>,
    /// Where extending a session is deferred: whether the client is to ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) needs_refresh: Option<bool>,
}

/// Answer of `POST /sign-out`.
#[derive(Serialize)]
pub(crate) struct Success {
    pub(crate) success: bool,
}

/// Answer of the `revoke-…` endpoints.
#[derive(Serialize)]
pub(crate) struct Status {
    pub(crate) status: bool,
}

/// Answer of `GET /ok`.
#[derive(Serialize)]
pub(crate) struct Ok {
    pub(crate) ok: bool,
}

/// Answer of `GET /token`.
#[derive(Serialize)]
pub(crate) struct Token {
    pub(crate) token: String,
}

/// Answer of `GET /jwks`.
#[derive(Serialize)]
pub(crate) struct KeySet {
    pub(crate) keys: Vec<Value>,
}

/// The payload of a JWT: the user, and the registered claims around it.
#[derive(Serialize)]
pub(crate) struct Claims<'a> {
    pub(crate) iat: i64,
    #[serde(flatten)]
    pub(crate) user: User<'a>,
    pub(crate) sub: &'a str,
    pub(crate) exp: i64,
    pub(crate) iss: &'a str,
    pub(crate) aud: &'a str,
}
