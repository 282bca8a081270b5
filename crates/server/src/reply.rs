//! What a response carries beside its body: the cookies and headers gathered on the way.

use axum::response::{IntoResponse, Response};
use http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_TYPE, HeaderName, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

use crate::cookies::{Cookie, Cookies, chunks_of, signed};
use crate::crypto::Secret;
use crate::error::ApiError;

/// Carries a fresh JWT beside the session.
pub(crate) const SET_AUTH_JWT: HeaderName = HeaderName::from_static("set-auth-jwt");
/// Carries the signed session token, for clients without cookies.
pub(crate) const SET_AUTH_TOKEN: HeaderName = HeaderName::from_static("set-auth-token");

/// The cookies and headers of a response to come.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// Name and line of each cookie, in order.
    cookies: Vec<(String, String)>,
    headers: Vec<(HeaderName, String)>,
    /// Headers that cross-origin scripts may read.
    exposed: Vec<HeaderName>,
    session_token: Option<String>,
}

impl Reply {
    /// Sets the session cookie; `remember` keeps it for `max_age` seconds, else it ends with the
    /// browser and a second cookie says so.
    pub(crate) fn set_session(
        &mut self,
        cookies: &Cookies,
        secret: &Secret,
        token: &str,
        max_age: Option<i64>,
    ) {
        let value = signed(secret, token);
        let line = cookies.session_token.line(&value, max_age);
        self.cookies.push((cookies.session_token.name.clone(), line));
        if max_age.is_none() {
            let line = cookies.dont_remember.line(&signed(secret, "true"), None);
            self.cookies.push((cookies.dont_remember.name.clone(), line));
        }
        self.session_token = Some(value);
    }

    /// Sets the session cache to `value`, in as many cookies as browsers want; without one, clears
    /// what the request still has of it.
    pub(crate) fn set_session_data(
        &mut self,
        cookie: &Cookie,
        request: &HeaderMap,
        value: Option<&str>,
        max_age: Option<i64>,
    ) {
        let mut lines: Vec<(String, String)> = Vec::new();
        for name in chunks_of(request, &cookie.name) {
            let line = cookie.line_named(&name, "", Some(0));
            lines.push((name, line));
        }
        for (name, line) in value.map(|value| cookie.chunks(value, max_age)).unwrap_or_default() {
            match lines.iter_mut().find(|(cleared, _)| *cleared == name) {
                Some(cleared) => cleared.1 = line,
                None => lines.push((name, line)),
            }
        }
        self.cookies.extend(lines);
    }

    /// Clears the session's cookies, in upstream's order.
    pub(crate) fn clear_session(&mut self, cookies: &Cookies, request: &HeaderMap) {
        self.session_token = None;
        self.expire(&cookies.session_token);
        self.expire(&cookies.session_data);
        self.clear_session_data(cookies, request);
        self.expire(&cookies.dont_remember);
    }

    /// Clears what the request still has of a session cache.
    pub(crate) fn clear_session_data(&mut self, cookies: &Cookies, request: &HeaderMap) {
        self.set_session_data(&cookies.session_data, request, None, None);
    }

    /// Clears a cookie, and withdraws what this response set under its name or its chunks' before:
    /// whoever reads the response is not to find what was good a moment ago.
    pub(crate) fn expire(&mut self, cookie: &Cookie) {
        let name = &cookie.name;
        let is_chunk =
            |set: &str| set.strip_prefix(&**name).is_some_and(|rest| rest.starts_with('.'));
        self.cookies.retain(|(set, _)| set != name && !is_chunk(set));
        self.cookies.push((name.clone(), cookie.line("", Some(0))));
    }

    /// Adds a header.
    pub(crate) fn header(&mut self, name: HeaderName, value: String) {
        self.headers.push((name, value));
    }

    /// Adds a header that cross-origin scripts may read.
    pub(crate) fn exposed_header(&mut self, name: HeaderName, value: String) {
        self.exposed.push(name.clone());
        self.header(name, value);
    }

    /// The response, with `body` as JSON.
    pub(crate) fn json(self, status: StatusCode, body: &impl Serialize) -> Response {
        match serde_json::to_vec(body) {
            Ok(bytes) => {
                let mut response = (status, bytes).into_response();
                self.apply(response.headers_mut());
                response
            }
            // Only a type with failing `Serialize` gets here, and the wire has none.
            Err(error) => ApiError::internal(error).into_response(),
        }
    }

    /// The response without a body; said to be JSON all the same, as upstream says.
    pub(crate) fn empty(self, status: StatusCode) -> Response {
        let mut response = status.into_response();
        self.apply(response.headers_mut());
        response
    }

    fn apply(mut self, headers: &mut HeaderMap) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(token) = self.session_token.take() {
            self.exposed_header(SET_AUTH_TOKEN, token);
        }
        for (_, line) in self.cookies {
            if let Ok(value) = HeaderValue::from_str(&line) {
                headers.append(SET_COOKIE, value);
            }
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        let exposed: Vec<&str> = self.exposed.iter().map(HeaderName::as_str).collect();
        if let Ok(value) = HeaderValue::from_str(&exposed.join(", "))
            && !exposed.is_empty()
        {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, value);
        }
    }
}
