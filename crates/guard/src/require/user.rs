//! Whose a thing is, read from a request: the name of its owner, exactly once.

use std::{
    borrow::Cow,
    pin::pin,
    task::{Context, Poll, Waker},
};

use axum::extract::{FromRequestParts, RawPathParams};
use http::{HeaderMap, HeaderName, Uri, request::Parts};
use percent_encoding::percent_decode;

use crate::{Denial, credential::only, extract::misconfigured};

/// A segment of a path's pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Any,
    Literal(Box<str>),
    User,
}

/// The shape of paths, and where in it the user stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    segments: Vec<Segment>,
    /// Whether more segments may follow.
    has_rest: bool,
}

impl Pattern {
    pub(crate) fn parse(text: &str, parameter: &str) -> Option<Self> {
        let path = text.strip_prefix('/')?;
        let (path, has_rest) = match path.strip_suffix("/*") {
            Some(path) => (path, true),
            None => (path, false),
        };
        let segment = |segment: &str| {
            let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
            match name {
                Some(name) if name == parameter => Some(Segment::User),
                Some(name) if !name.is_empty() && !name.contains(['{', '}', '*']) => {
                    Some(Segment::Any)
                }
                None if !segment.contains(['{', '}', '*']) => {
                    Some(Segment::Literal(segment.into()))
                }
                _ => None,
            }
        };
        let segments = path.split('/').map(segment).collect::<Option<Vec<_>>>()?;
        let users = segments.iter().filter(|segment| **segment == Segment::User).count();
        (users == 1).then_some(Self { segments, has_rest })
    }

    /// The user of a path of this shape, decoded.
    fn user<'p>(&self, path: &'p str) -> Option<Cow<'p, str>> {
        let mut given = path.strip_prefix('/')?.split('/');
        let mut user = None;
        for segment in &self.segments {
            let given = given.next()?;
            match segment {
                Segment::Any => {}
                Segment::Literal(literal) if **literal == *given => {}
                Segment::Literal(_) => return None,
                Segment::User => user = percent_decode(given.as_bytes()).decode_utf8().ok(),
            }
        }
        let is_whole = self.has_rest || given.next().is_none();
        user.filter(|_| is_whole)
    }
}

/// Whether this is the user of a path of this shape; a path of another shape is nobody's.
pub(crate) fn is_user_of_path(subject: &str, uri: &Uri, pattern: &Pattern) -> Result<(), Denial> {
    if pattern.user(uri.path()).is_some_and(|user| user == subject) {
        Ok(())
    } else {
        Err(Denial::WrongUser)
    }
}

/// Whether this is the user that the route's only parameter of this name holds.
pub(crate) fn is_user_of_route(
    subject: &str,
    parts: &mut Parts,
    parameter: &str,
) -> Result<(), Denial> {
    // What an outer router matched stands in the extensions: nothing is waited for.
    let reading = pin!(RawPathParams::from_request_parts(parts, &()));
    let Poll::Ready(parameters) = reading.poll(&mut Context::from_waker(Waker::noop())) else {
        return Err(misconfigured("the path parameters are not at hand"));
    };
    let parameters = parameters.map_err(|error| {
        // What is not UTF-8 after decoding equals no subject.
        if error.status().is_client_error() {
            Denial::WrongUser
        } else {
            misconfigured("no path parameters")
        }
    })?;
    let mut owners = parameters.iter().filter(|(name, _)| *name == parameter);
    match (owners.next(), owners.next()) {
        (Some((_, owner)), None) if owner == subject => Ok(()),
        (Some(_), None) => Err(Denial::WrongUser),
        _ => Err(misconfigured("the route has no single parameter for the user")),
    }
}

/// Whether this is the user that the query's only parameter of this name holds.
pub(crate) fn is_user_of_query(subject: &str, uri: &Uri, parameter: &str) -> Result<(), Denial> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    // Names are decoded as well: a second one must not hide behind another spelling.
    let mut owners = pairs.filter(|(name, _)| decoded(name).as_deref() == Some(parameter));
    match (owners.next(), owners.next()) {
        (Some((_, owner)), None) if decoded(owner).as_deref() == Some(subject) => Ok(()),
        _ => Err(Denial::WrongUser),
    }
}

/// Whether this is the user that the only header field of this name holds.
pub(crate) fn is_user_of_header(
    subject: &str,
    headers: &HeaderMap,
    name: &HeaderName,
) -> Result<(), Denial> {
    let owner = only(headers, name).map_err(|_| Denial::WrongUser)?;
    if owner.is_some_and(|owner| owner.as_bytes() == subject.as_bytes()) {
        Ok(())
    } else {
        Err(Denial::WrongUser)
    }
}

/// A name or a value of `application/x-www-form-urlencoded`; `None` if it is not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode(text.as_bytes()).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(pattern: &str, path: &str) -> Option<String> {
        Pattern::parse(pattern, "user_id").unwrap().user(path).map(Cow::into_owned)
    }

    #[test]
    fn the_user_stands_where_the_pattern_says() {
        assert_eq!(user("/api/{user_id}/*", "/api/alice/tasks/7").as_deref(), Some("alice"));
        assert_eq!(user("/api/{user_id}/tasks", "/api/a%2Fb/tasks").as_deref(), Some("a/b"));
        assert_eq!(user("/{v}/{user_id}", "/v1/alice").as_deref(), Some("alice"));
        for (pattern, path) in [
            ("/api/{user_id}/tasks", "/api/alice/tasks/7"),
            ("/api/{user_id}/tasks", "/api/alice"),
            ("/api/{user_id}/tasks", "/API/alice/tasks"),
            ("/api/{user_id}/tasks", "/api//alice/tasks"),
            ("/api/{user_id}/tasks", "//api/alice/tasks"),
            ("/api/{user_id}/*", "/other/alice/tasks"),
            ("/{user_id}", "*"),
            ("/{user_id}", "/%ff"),
        ] {
            assert_eq!(user(pattern, path), None, "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_has_its_user_exactly_once() {
        for pattern in [
            "",
            "api/{user_id}",
            "/api/tasks",
            "/{user_id}/{user_id}",
            "/x{user_id}",
            "/{*user_id}",
        ] {
            assert_eq!(Pattern::parse(pattern, "user_id"), None, "{pattern}");
        }
    }

    #[test]
    fn the_query_names_its_user_exactly_once() {
        let check = |query: &str| {
            let uri: Uri = format!("/tasks?{query}").parse().unwrap();
            is_user_of_query("a b", &uri, "user_id")
        };
        for query in ["user_id=a+b", "user_id=a%20b", "x=1&user_id=a+b&y", "user%5Fid=a+b"] {
            assert_eq!(check(query), Ok(()), "{query}");
        }
        for query in [
            "",
            "user_id=bob",
            "user_id",
            "user_id=",
            "User_id=a+b",
            "user_id=a+b&user_id=a+b",
            "user_id=a+b&user%5Fid=bob",
            "user_id=a%2Bb",
            "user_id=%ff",
        ] {
            assert_eq!(check(query), Err(Denial::WrongUser), "{query}");
        }
    }
}
