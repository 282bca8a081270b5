//! Answers that send a browser on.

use axum::response::Response;
use http::StatusCode;
use http::header::LOCATION;
use percent_encoding::{CONTROLS, utf8_percent_encode};
use url::{Url, form_urlencoded};

use crate::context::Context;
use crate::error::ApiError;
use crate::error_codes::{self, ErrorCode};
use crate::origin::RELATIVE_BASE;
use crate::reply::Reply;

/// Where a browser may be sent: a path on our own origin, or a trusted one.
pub(crate) struct Destination(Url);

impl Destination {
    /// What a link's `callbackURL` names; an empty one leads to the wire's own page for errors.
    pub(crate) fn new(cx: &Context, callback_url: &str) -> Result<Self, ApiError> {
        let refused = || ApiError::known(&error_codes::INVALID_CALLBACK_URL);
        let base = &cx.options.base_url;
        let own = format!("{}{}", base.origin, base.path);
        let url = if callback_url.is_empty() {
            Url::parse(&format!("{own}/error"))
        } else if cx.options.trusts_redirect(callback_url) {
            Url::parse(&own).and_then(|own| own.join(callback_url))
        } else {
            return Err(refused());
        };
        url.map(Self).map_err(|_not_a_url| refused())
    }

    /// The address with a query parameter; the first of that name is replaced, as JavaScript's
    /// `searchParams.set` has it, and more of them are dropped.
    pub(crate) fn with(mut self, name: &str, value: &str) -> String {
        let mut is_set = false;
        let mut pairs = Vec::new();
        for (key, other) in self.0.query_pairs().into_owned() {
            if key != name {
                pairs.push((key, other));
            } else if !is_set {
                is_set = true;
                pairs.push((key, value.to_owned()));
            }
        }
        if !is_set {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        self.0.query_pairs_mut().clear().extend_pairs(pairs);
        self.0.into()
    }
}

/// Where the browser came from, as it was named: kept to the letter, and relative if it was so.
pub(crate) struct Return(String);

impl Return {
    /// An absent or empty address is none.
    pub(crate) fn new(
        cx: &Context,
        callback_url: Option<String>,
    ) -> Result<Option<Self>, ApiError> {
        match callback_url.filter(|url| !url.is_empty()) {
            None => Ok(None),
            Some(url) if cx.options.trusts_redirect(&url) => Ok(Some(Self(url))),
            Some(_) => Err(ApiError::known(&error_codes::INVALID_CALLBACK_URL)),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with `error=CODE` after its query.
    pub(crate) fn with_error(&self, error: &ErrorCode) -> Result<String, ApiError> {
        with_query(&self.0, [("error", error.code)].into_iter())
    }
}

/// An address, absolute or a path, with more parameters after its query. What it has is kept to the
/// letter.
pub(crate) fn with_query<'a>(
    address: &str,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<String, ApiError> {
    let refused = |_not_a_url| ApiError::known(&error_codes::INVALID_CALLBACK_URL);
    let own = Url::parse(RELATIVE_BASE).map_err(refused)?;
    let mut url = own.join(address).map_err(refused)?;
    let more = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let query = match url.query().filter(|query| !query.is_empty()) {
        None => more,
        Some(query) if query.ends_with('&') => format!("{query}{more}"),
        Some(query) => format!("{query}&{more}"),
    };
    url.set_query(Some(&query));
    let url = String::from(url);
    let relative = url.strip_prefix(RELATIVE_BASE).filter(|_| address.starts_with('/'));
    Ok(relative.map(str::to_owned).unwrap_or(url))
}

/// 302 to `location`, with the cookies and headers of `reply`.
pub(crate) fn found(mut reply: Reply, location: &str) -> Response {
    // A header is ASCII; a browser would write the rest as percent-encoded UTF-8 itself.
    reply.header(LOCATION, utf8_percent_encode(location, CONTROLS).to_string());
    reply.empty(StatusCode::FOUND)
}
