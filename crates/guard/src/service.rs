//! The tower service that the layer makes.

use std::{
    mem,
    task::{Context, Poll},
};

use axum::{extract::Request, response::IntoResponse};
use tower::Service;

use crate::{
    Denial, Verified, Verifier, credential::bearer_token, extract::Nobody, future::GuardFuture,
    layer::Anonymous, verifier::Verdict,
};

/// Verifies each request before the service within sees it. Made by [`Guard`](crate::Guard).
#[derive(Debug, Clone)]
pub struct GuardService<S> {
    inner: S,
    verifier: Verifier,
    anonymous: Anonymous,
}

impl<S> GuardService<S> {
    pub(crate) fn new(inner: S, verifier: Verifier, anonymous: Anonymous) -> Self {
        Self { inner, verifier, anonymous }
    }
}

impl<S> Service<Request> for GuardService<S>
where
    S: Service<Request> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
{
    type Response = axum::response::Response;
    type Error = S::Error;
    type Future = GuardFuture<S>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> GuardFuture<S> {
        // What an outer guard with other keys found out must not pass for this one's finding.
        request.extensions_mut().remove::<Verified>();
        request.extensions_mut().remove::<Nobody>();
        let token = match bearer_token(request.headers()) {
            Ok(token) => token,
            Err(Denial::NoCredential) if self.anonymous == Anonymous::Permitted => {
                request.extensions_mut().insert(Nobody);
                return GuardFuture::inner(self.inner.call(request));
            }
            Err(denial) => return GuardFuture::denied(denial),
        };
        match self.verifier.judge(token) {
            Verdict::Ready(Ok(verified)) => {
                request.extensions_mut().insert(verified);
                GuardFuture::inner(self.inner.call(request))
            }
            Verdict::Ready(Err(denial)) => GuardFuture::denied(denial),
            Verdict::Pending(verdict) => {
                // The service that was polled ready goes with the request; its clone stays behind.
                let clone = self.inner.clone();
                let mut ready = mem::replace(&mut self.inner, clone);
                GuardFuture::pending(Box::pin(async move {
                    let verified = verdict.await?;
                    request.extensions_mut().insert(verified);
                    Ok(ready.call(request))
                }))
            }
        }
    }
}
