//! Checks behind a guard: that a thing is the caller's own, and that the token grants it.

mod grants;
pub(crate) mod user;

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use gatewright_jose::Verified;
use http::{HeaderName, Request, Response};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

pub use self::grants::Grants;
use self::user::Pattern;
use crate::{
    ChallengeError, Denial, Head, Scopes,
    extract::{Nobody, misconfigured},
};

/// A tower layer that goes behind a [`Guard`](crate::Guard) and lets only those pass who may: 403 for
/// the others, 401 for nobody, 500 without a guard in front.
///
/// ```
/// use axum::{Router, routing::{delete, get}};
/// use gatewright_guard::{Denial, Guard, Require, Verified};
/// # use gatewright_guard::{Policy, Verifier};
/// # let policy = Policy::builder().any_issuer().any_audience().any_algorithm().build();
/// # let verifier = Verifier::from_secret(policy, b"a shared secret of 32 bytes or more")?;
///
/// let own = Router::new()
///     .route("/api/{user_id}/tasks", get(async || "one's own"))
///     .route_layer(Require::user_in_path("user_id"));
/// let admin = Router::new()
///     .route("/admin/tasks", delete(async || "gone"))
///     .route_layer(Require::any_role(["admin", "owner"]))
///     .route_layer(Require::scopes("tasks:read tasks:delete")?);
/// let office = Router::new().route("/office", get(async || "in")).route_layer(Require::that(
///     |caller: &Verified, _| match caller.subject().strip_prefix("staff-") {
///         Some(_) => Ok(()),
///         None => Err(Denial::WrongUser),
///     },
/// ));
/// let app: Router = own.merge(admin).merge(office).layer(Guard::new(verifier));
/// # let _ = app;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Prefer [`UserPath`](crate::UserPath) where the handler wants the user's id: it cannot be
/// forgotten on one route.
#[derive(Debug, Clone)]
pub struct Require(Check);

type Custom = dyn for<'r> Fn(&Verified, Head<'r>) -> Result<(), Denial> + Send + Sync;

#[derive(Clone)]
enum Check {
    AnyRole(Arc<[Box<str>]>),
    Custom(Arc<Custom>),
    Scopes(Scopes),
    UserInHeader(HeaderName),
    UserInPath(Arc<str>),
    UserInPattern(Arc<Pattern>),
    UserInQuery(Arc<str>),
}

impl Require {
    /// All of these scopes, one space apart; see [`Grants`] for where they stand.
    pub fn scopes(scopes: &str) -> Result<Self, ChallengeError> {
        Ok(Self(Check::Scopes(Scopes::parse(scopes)?)))
    }

    /// One of these roles at least; see [`Grants`] for where they stand.
    pub fn any_role<T: Into<String>>(roles: impl IntoIterator<Item = T>) -> Self {
        let roles = roles.into_iter().map(|role| role.into().into_boxed_str());
        Self(Check::AnyRole(roles.collect()))
    }

    /// The route's parameter of this name is the token's subject. For axum, put on with
    /// `route_layer`, or with `layer` on a route: before a router has matched there are no
    /// parameters, which is 500.
    pub fn user_in_path(parameter: &str) -> Self {
        Self(Check::UserInPath(parameter.into()))
    }

    /// The same by the shape of the path itself, for services without axum's router:
    /// `/api/{user_id}/tasks`, or `/api/{user_id}/*` with all that lies below. Other parameters may
    /// hold anything. A path of another shape is nobody's.
    ///
    /// ```
    /// use gatewright_guard::Require;
    ///
    /// let own = Require::user_in_pattern("/api/{user_id}/*", "user_id")?;
    /// // The user must stand in it exactly once.
    /// assert!(Require::user_in_pattern("/api/tasks", "user_id").is_err());
    /// # let _ = own;
    /// # Ok::<(), gatewright_guard::PatternError>(())
    /// ```
    pub fn user_in_pattern(pattern: &str, parameter: &str) -> Result<Self, PatternError> {
        let pattern = Pattern::parse(pattern, parameter).ok_or(PatternError)?;
        Ok(Self(Check::UserInPattern(Arc::new(pattern))))
    }

    /// The query's parameter of this name is there once, and is the token's subject.
    pub fn user_in_query(parameter: &str) -> Self {
        Self(Check::UserInQuery(parameter.into()))
    }

    /// The header field of this name is there once, and is the token's subject.
    pub fn user_in_header(name: HeaderName) -> Self {
        Self(Check::UserInHeader(name))
    }

    /// Whatever the closure says of the caller and the request.
    pub fn that(
        check: impl for<'r> Fn(&Verified, Head<'r>) -> Result<(), Denial> + Send + Sync + 'static,
    ) -> Self {
        Self(Check::Custom(Arc::new(check)))
    }

    fn check<B>(&self, request: Request<B>) -> Result<Request<B>, Denial> {
        let Some(verified) = request.extensions().get::<Verified>() else {
            return Err(match request.extensions().get::<Nobody>() {
                Some(_) => Denial::NoCredential,
                None => misconfigured("no guard in front of a requirement"),
            });
        };
        let subject = verified.subject();
        match &self.0 {
            Check::AnyRole(roles) => Grants::of(verified).require_any_role(roles.iter())?,
            Check::Custom(check) => check(verified, Head::from(&request))?,
            Check::Scopes(scopes) => Grants::of(verified).require_scopes(scopes)?,
            Check::UserInHeader(name) => {
                user::is_user_of_header(subject, request.headers(), name)?;
            }
            Check::UserInPath(parameter) => {
                let verified = verified.clone();
                let (mut parts, body) = request.into_parts();
                user::is_user_of_route(verified.subject(), &mut parts, parameter)?;
                return Ok(Request::from_parts(parts, body));
            }
            Check::UserInPattern(pattern) => {
                user::is_user_of_path(subject, request.uri(), pattern)?;
            }
            Check::UserInQuery(parameter) => {
                user::is_user_of_query(subject, request.uri(), parameter)?;
            }
        }
        Ok(request)
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnyRole(roles) => f.debug_tuple("AnyRole").field(roles).finish(),
            Self::Custom(_) => f.write_str("Custom"),
            Self::Scopes(scopes) => f.debug_tuple("Scopes").field(scopes).finish(),
            Self::UserInHeader(name) => f.debug_tuple("UserInHeader").field(name).finish(),
            Self::UserInPath(name) => f.debug_tuple("UserInPath").field(name).finish(),
            Self::UserInPattern(pattern) => f.debug_tuple("UserInPattern").field(pattern).finish(),
            Self::UserInQuery(name) => f.debug_tuple("UserInQuery").field(name).finish(),
        }
    }
}

impl<S> Layer<S> for Require {
    type Service = RequireService<S>;

    fn layer(&self, inner: S) -> RequireService<S> {
        RequireService { inner, require: self.clone() }
    }
}

/// Checks each request before the service within sees it. Made by [`Require`].
#[derive(Debug, Clone)]
pub struct RequireService<S> {
    inner: S,
    require: Require,
}

impl<S, B, R> Service<Request<B>> for RequireService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: From<&'static str>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = RequireFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> RequireFuture<S::Future> {
        match self.require.check(request) {
            Ok(request) => {
                RequireFuture { state: State::Inner { future: self.inner.call(request) } }
            }
            Err(denial) => {
                let has_subject = denial != Denial::NoCredential && denial != Denial::Misconfigured;
                tracing::debug!(code = denial.code(), has_subject, "request denied");
                RequireFuture { state: State::Denied { denial } }
            }
        }
    }
}

pin_project! {
    /// The response of a [`RequireService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct RequireFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Denied { denial: Denial },
        Inner { #[pin] future: F },
    }
}

impl<F, R, E> Future for RequireFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: From<&'static str>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Inner { future } => Poll::Ready(ready!(future.poll(context))),
            StateProjection::Denied { denial } => Poll::Ready(Ok(denial.to_response())),
        }
    }
}

/// The text is no path with the parameter in it exactly once, as a segment of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a path with the user's parameter in it once, such as /api/{{user_id}}/*")]
pub struct PatternError;
