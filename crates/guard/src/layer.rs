//! The tower layer.

use tower::Layer;

use crate::{GuardService, Verifier};

/// Lets no request pass without a valid token, and puts the [`Verified`](crate::Verified) into the
/// request's extensions.
///
/// Use it with `Router::layer` rather than `route_layer`, so that a wrong method on a guarded path
/// is answered 401 as well and tells a stranger nothing. A CORS layer goes outside of it: preflight
/// requests carry no token.
#[derive(Debug, Clone)]
pub struct Guard {
    verifier: Verifier,
    anonymous: Anonymous,
}

/// Whether a request without any credential passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anonymous {
    Denied,
    Permitted,
}

impl Guard {
    /// Every request needs a valid token.
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier, anonymous: Anonymous::Denied }
    }

    /// A request without credential passes as nobody. One with a bad credential is still denied:
    /// whoever tries to be somebody must not be taken for nobody.
    pub fn permitting_anonymous(verifier: Verifier) -> Self {
        Self { verifier, anonymous: Anonymous::Permitted }
    }
}

impl<S> Layer<S> for Guard {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> GuardService<S> {
        GuardService::new(inner, self.verifier.clone(), self.anonymous)
    }
}
