//! The tower layer.

use std::sync::Arc;

use http::HeaderName;
use tower::Layer;

use crate::{
    ChallengeError, Credential, GuardService, Verifier, challenge::Realm, extract::UserNames,
};

/// Lets no request pass without a valid token, and puts the [`Verified`](crate::Verified) into the
/// request's extensions.
///
/// It is a tower layer over `http::Request<B>` with any body, for services whose response has a body
/// that a text can become: `axum::body::Body`, `http_body_util::Full<Bytes>`, `String`. In axum, use
/// it with `Router::layer` rather than `route_layer`, so that a wrong method on a guarded path is
/// answered 401 as well and tells a stranger nothing. A CORS layer goes outside of it: preflight
/// requests carry no token.
///
/// ```
/// use gatewright_guard::{Guard, Policy, Verified, Verifier};
/// use http::{Request, Response};
/// use tower::{Layer as _, ServiceExt as _, service_fn};
///
/// # let policy = Policy::builder().any_issuer().any_audience().any_algorithm().build();
/// let verifier = Verifier::from_secret(policy, b"a shared secret of 32 bytes or more")?;
/// let guard = Guard::new(verifier).realm("todo")?;
/// let service = guard.layer(service_fn(async |request: Request<()>| {
///     let caller = request.extensions().get::<Verified>().map(|caller| caller.subject().to_owned());
///     Ok::<_, std::convert::Infallible>(Response::new(caller.unwrap_or_default()))
/// }));
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # let response = runtime.block_on(service.oneshot(Request::new(())))?;
/// # /*
/// let response = service.oneshot(Request::new(())).await?;
/// # */
/// assert_eq!(response.status(), 401);
/// assert_eq!(response.headers()["www-authenticate"], r#"Bearer realm="todo""#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Guard(Arc<Settings>);

/// What all services of one guard share.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) verifier: Verifier,
    pub(crate) credential: Credential,
    pub(crate) anonymous: Anonymous,
    pub(crate) realm: Option<Realm>,
    /// Only if others than the usual ones are set.
    pub(crate) user_names: Option<UserNames>,
}

/// Whether a request without any credential passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anonymous {
    Denied,
    Permitted,
}

impl Guard {
    /// Every request needs a valid token, in its `Authorization` header.
    pub fn new(verifier: Verifier) -> Self {
        Self(Arc::new(Settings {
            verifier,
            credential: Credential::bearer(),
            anonymous: Anonymous::Denied,
            realm: None,
            user_names: None,
        }))
    }

    /// A request without credential passes as nobody. One with a bad credential is still denied:
    /// whoever tries to be somebody must not be taken for nobody.
    ///
    /// ```
    /// use gatewright_guard::{Authenticated, Guard};
    /// # use gatewright_guard::{Policy, Verifier};
    /// # let policy = Policy::builder().any_issuer().any_audience().any_algorithm().build();
    /// # let verifier = Verifier::from_secret(policy, b"a shared secret of 32 bytes or more")?;
    ///
    /// async fn greet(caller: Option<Authenticated>) -> String {
    ///     match caller {
    ///         Some(Authenticated(caller)) => format!("hello, {}", caller.subject()),
    ///         None => "hello, whoever you are".to_owned(),
    ///     }
    /// }
    ///
    /// let app: axum::Router = axum::Router::new()
    ///     .route("/", axum::routing::get(greet))
    ///     .layer(Guard::new(verifier).permitting_anonymous());
    /// # let _ = app;
    /// # Ok::<(), gatewright_guard::KeyError>(())
    /// ```
    #[must_use]
    pub fn permitting_anonymous(self) -> Self {
        self.with(|settings| settings.anonymous = Anonymous::Permitted)
    }

    /// Where the token is, in place of the `Authorization` header.
    #[must_use]
    pub fn credential(self, credential: Credential) -> Self {
        self.with(|settings| settings.credential = credential)
    }

    /// The `realm` of its challenges, and of those of extractors and layers behind it.
    pub fn realm(self, realm: &str) -> Result<Self, ChallengeError> {
        let realm = Realm::parse(realm)?;
        Ok(self.with(|settings| settings.realm = Some(realm)))
    }

    /// How [`UserPath`](crate::UserPath) and [`UserQuery`](crate::UserQuery) behind it call the
    /// parameter that says whose something is, in place of `user_id`.
    #[must_use]
    pub fn user_parameter(self, name: impl Into<String>) -> Self {
        self.with(|settings| {
            settings.user_names.get_or_insert_default().parameter = name.into().into();
        })
    }

    /// Which header field [`UserHeader`](crate::UserHeader) behind it reads, in place of `x-user-id`.
    #[must_use]
    pub fn user_header(self, name: HeaderName) -> Self {
        self.with(|settings| settings.user_names.get_or_insert_default().header = name)
    }

    fn with(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Arc::unwrap_or_clone(self.0);
        change(&mut settings);
        Self(Arc::new(settings))
    }
}

impl<S> Layer<S> for Guard {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> GuardService<S> {
        GuardService::new(inner, Arc::clone(&self.0))
    }
}
