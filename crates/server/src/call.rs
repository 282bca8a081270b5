//! A request on its way to a handler, in upstream's order: body, origin, shape, guard.
//!
//! A handler's signature says what it demands: `Call<wire::RevokeSession, SignedIn>` has a body of
//! that shape, from a trusted origin, by somebody with a session.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{ConnectInfo, FromRequest, Request};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_body_util::LengthLimitError;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::context::Context;
use crate::cookies::Cookie;
use crate::error::ApiError;
use crate::error_codes;
use crate::reply::Reply;
use crate::request_log::RequestId;
use crate::shape::Issues;
use crate::store::StoredKey;
use crate::{client_ip, cookies, csrf};

/// Bytes of a request's body, at most.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// What some editors put before UTF-8; JavaScript passes over it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const JSON: &str = "application/json";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The shape of a body.
pub(crate) trait Body: Sized {
    /// Whether anybody looks at it.
    const IS_READ: bool = true;

    /// The content types it may come in.
    const MEDIA_TYPES: &'static [&'static str] = &[JSON];

    /// Reads it, or says everything that is wrong with it.
    fn read(body: Option<&Value>) -> Result<Self, Issues>;
}

/// No body is wanted; one that is there must be JSON all the same.
impl Body for () {
    fn read(_: Option<&Value>) -> Result<Self, Issues> {
        Ok(())
    }
}

/// A body that nobody looks at.
pub(crate) struct Unread;

impl Body for Unread {
    const IS_READ: bool = false;

    fn read(_: Option<&Value>) -> Result<Self, Issues> {
        Ok(Self)
    }
}

/// The content types of the endpoints that also take a plain HTML form.
pub(crate) const FORM_OR_JSON: &[&str] = &[FORM, JSON];

/// What a guard demands, for the description of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    Nothing,
    /// A page that may, unless no browser is in play.
    TrustedPage,
    Session,
    FreshSession,
}

/// What a request must be beside well-formed.
pub(crate) trait Guard: Sized {
    const DEMAND: Demand;

    /// Lets the request pass, or answers it.
    fn admit(
        cx: &Context,
        facts: &mut Facts,
    ) -> impl Future<Output = Result<Self, ApiError>> + Send;
}

/// No guard.
pub(crate) struct Anyone;

impl Guard for Anyone {
    const DEMAND: Demand = Demand::Nothing;

    async fn admit(_: &Context, _: &mut Facts) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

/// What is known of a request beside its body, and the response as far as it has come.
pub(crate) struct Facts {
    pub(crate) headers: HeaderMap,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) reply: Reply,
    pub(crate) request_id: Option<String>,
    /// The signing keys, where they were read together with the session.
    pub(crate) keys: Option<Vec<StoredKey>>,
    /// The session token of `Authorization: Bearer`, its signature checked.
    bearer: Option<String>,
    peer: Option<ConnectInfo<SocketAddr>>,
}

impl Facts {
    /// The session token that the request carries and whose signature is right.
    pub(crate) fn session_token(&self, cx: &Context) -> Option<String> {
        self.bearer.clone().or_else(|| self.signed_cookie(cx, &cx.cookies.session_token))
    }

    /// The value of a signed cookie whose signature is right.
    pub(crate) fn signed_cookie(&self, cx: &Context, cookie: &Cookie) -> Option<String> {
        let text = cookies::find(&self.headers, &cookie.name)?;
        cookies::verified(&cx.options.secret, &text).map(str::to_owned)
    }

    /// The first of a header that is to be there once, as text; `None` where it is absent or empty.
    fn first_header(&self, name: HeaderName) -> Option<Cow<'_, str>> {
        let value = String::from_utf8_lossy(self.headers.get(name)?.as_bytes());
        Some(value).filter(|value| !value.is_empty())
    }

    /// A header as text; `None` where it is absent or empty. Of one that is repeated, and of one
    /// that is no text, all that matters is that it equals nothing good: it is joined, or replaced.
    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> Option<Cow<'_, str>> {
        let mut values = self.headers.get_all(name).iter().map(HeaderValue::as_bytes);
        let first = String::from_utf8_lossy(values.next()?);
        let joined =
            values.fold(first, |joined, more| joined + ", " + String::from_utf8_lossy(more));
        Some(joined).filter(|value| !value.is_empty())
    }

    /// The client's address, as requests are counted by it.
    pub(crate) fn ip(&self, cx: &Context) -> String {
        client_ip(&self.headers, self.peer.as_ref(), cx)
    }

    /// The client's address, as sessions remember it: empty where they are not to.
    pub(crate) fn remembered_ip(&self, cx: &Context) -> String {
        let is_off = cx.options.advanced.ip_address.disable_tracking;
        if is_off { String::new() } else { self.ip(cx) }
    }

    /// What the client calls itself, as sessions remember it.
    pub(crate) fn user_agent(&self) -> String {
        self.first_header(USER_AGENT).map(Cow::into_owned).unwrap_or_default()
    }

    /// A query value; an array when it is repeated.
    pub(crate) fn query_value(&self, name: &str) -> Option<Value> {
        let mut values = self.query.iter().filter(|(key, _)| key == name);
        let (_, first) = values.next()?;
        let more: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        if more.is_empty() {
            return Some(Value::from(first.as_str()));
        }
        Some(std::iter::once(first.as_str()).chain(more).collect())
    }

    /// The query as one object, read like a body's.
    pub(crate) fn query_object(&self) -> Value {
        let mut object = Map::new();
        for (name, value) in &self.query {
            let value = Value::from(value.as_str());
            match object.get_mut(name) {
                None => drop(object.insert(name.clone(), value)),
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        Value::Object(object)
    }

    /// Whether a query flag is set. JavaScript's truth: any text is true, `false` too.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.query.iter().any(|(key, value)| key == name && !value.is_empty())
    }
}

/// A request that may be handled.
pub(crate) struct Call<B, G = Anyone> {
    pub(crate) body: B,
    pub(crate) guard: G,
    pub(crate) facts: Facts,
}

impl<B: Body + Send, G: Guard + Send> FromRequest<Context> for Call<B, G> {
    type Rejection = ApiError;

    async fn from_request(request: Request, cx: &Context) -> Result<Self, ApiError> {
        let (parts, http_body) = request.into_parts();
        let query = parts.uri.query().unwrap_or_default();
        let mut facts = Facts {
            bearer: bearer(&parts.headers, cx),
            peer: parts.extensions.get().copied(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: parts.headers,
            keys: None,
            reply: Reply::default(),
            request_id: parts.extensions.get().map(|RequestId(id)| id.clone()),
        };
        let body = match parts.method {
            Method::GET => None,
            _ if !B::IS_READ => None,
            _ => read_body(http_body, &facts, B::MEDIA_TYPES).await?,
        };
        if parts.method != Method::GET {
            csrf::check_origin(cx, &facts)?;
            csrf::check_redirects(cx, &facts, body.as_ref())?;
        }
        let body =
            B::read(body.as_ref()).map_err(|issues| ApiError::validation(issues.in_body()))?;
        let guard = G::admit(cx, &mut facts).await?;
        Ok(Self { body, guard, facts })
    }
}

/// The client's address; without a peer, as in tests, it is this machine.
pub(crate) fn client_ip(
    headers: &HeaderMap,
    peer: Option<&ConnectInfo<SocketAddr>>,
    cx: &Context,
) -> String {
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(peer)| peer.ip());
    let advanced = &cx.options.advanced;
    client_ip::of(headers, peer, &advanced.trusted_proxies, &advanced.ip_address)
}

/// Upstream's bearer plugin: a raw token, or one with its signature. Anything else is ignored.
fn bearer(headers: &HeaderMap, cx: &Context) -> Option<String> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return None;
    }
    if !token.contains('.') {
        return Some(token.to_owned());
    }
    cookies::verified(&cx.options.secret, &cookies::decoded(token)).map(str::to_owned)
}

async fn read_body(
    body: HttpBody,
    facts: &Facts,
    media_types: &[&str],
) -> Result<Option<Value>, ApiError> {
    let length = facts.first_header(CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| length > BODY_LIMIT) {
        return Err(ApiError::known(&error_codes::PAYLOAD_TOO_LARGE));
    }
    let bytes = to_bytes(body, BODY_LIMIT).await.map_err(|error| {
        let error = error.into_inner();
        match error.downcast_ref::<LengthLimitError>() {
            Some(_) => ApiError::known(&error_codes::PAYLOAD_TOO_LARGE),
            // The client broke off, or its framing was wrong: there is nobody to blame but it.
            None => ApiError::known(&error_codes::BAD_REQUEST),
        }
    })?;
    // Upstream passes over a body that does not say what it is.
    let Some(content_type) = facts.first_header(CONTENT_TYPE) else { return Ok(None) };
    if bytes.is_empty() && !facts.headers.contains_key(TRANSFER_ENCODING) {
        return Ok(None);
    }
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !media_types.contains(&media_type.as_str()) {
        let allowed = media_types.join(", ");
        return Err(ApiError::unsupported_media_type(format!(
            "Content-Type \"{content_type}\" is not allowed. Allowed types: {allowed}"
        )));
    }
    if media_type == FORM {
        let fields = form_urlencoded::parse(&bytes);
        return Ok(Some(fields.map(|(key, value)| (key, Value::from(value))).collect()));
    }
    serde_json::from_slice(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes))
        .map(Some)
        .map_err(|_not_json| ApiError::known(&error_codes::BAD_REQUEST))
}
