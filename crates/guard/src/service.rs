//! The tower service that the layer makes.

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use http::{Extensions, Request, Response};
use tower::Service;

use crate::{
    Denial, Event, Head, Verified,
    extract::{Nobody, UserNames},
    future::GuardFuture,
    layer::{Anonymous, Settings},
    verifier::Verdict,
};

/// Verifies each request before the service within sees it. Made by [`Guard`](crate::Guard).
#[derive(Debug, Clone)]
pub struct GuardService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> GuardService<S> {
    pub(crate) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }
}

impl<S, B, R> Service<Request<B>> for GuardService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<&'static str>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = GuardFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> GuardFuture<S::Future> {
        let settings = &self.settings;
        let watch = settings.stop_watch();
        settings.forget_others(request.extensions_mut());
        let token = match settings.credential.token(Head::from(&request)) {
            Ok(token) => token,
            Err(Denial::NoCredential) if settings.anonymous == Anonymous::Permitted => {
                request.extensions_mut().insert(Nobody);
                tracing::trace!(code = "anonymous", has_subject = false, "request accepted");
                settings.tell("anonymous", watch);
                return GuardFuture::inner(self.inner.call(request), settings);
            }
            Err(denial) => return GuardFuture::denied(settings.denied(denial, watch), settings),
        };
        match settings.verifier.judge(token) {
            Verdict::Ready(Ok(verified)) => {
                settings.accepted(verified, request.extensions_mut(), watch);
                GuardFuture::inner(self.inner.call(request), settings)
            }
            Verdict::Ready(Err(denial)) => {
                GuardFuture::denied(settings.denied(denial, watch), settings)
            }
            Verdict::Pending(verdict) => {
                // The service that was polled ready goes with the request; its clone stays behind.
                let clone = self.inner.clone();
                let mut ready = mem::replace(&mut self.inner, clone);
                let shared = Arc::clone(settings);
                let admission = Box::pin(async move {
                    match verdict.await {
                        Ok(verified) => {
                            shared.accepted(verified, request.extensions_mut(), watch);
                            Ok(ready.call(request))
                        }
                        Err(denial) => Err(shared.denied(denial, watch)),
                    }
                });
                GuardFuture::pending(admission, settings)
            }
        }
    }
}

impl Settings {
    /// The time is read only for those who look at it.
    fn stop_watch(&self) -> Option<Instant> {
        self.verifier.around().observer.as_ref().map(|_| Instant::now())
    }

    /// What an outer guard with other keys found out must not pass for this one's finding.
    fn forget_others(&self, extensions: &mut Extensions) {
        if extensions.is_empty() && self.user_names.is_none() {
            return;
        }
        extensions.remove::<Verified>();
        extensions.remove::<Nobody>();
        extensions.remove::<UserNames>();
        if let Some(names) = &self.user_names {
            extensions.insert(names.clone());
        }
    }

    fn accepted(&self, verified: Verified, extensions: &mut Extensions, watch: Option<Instant>) {
        // That somebody is known, and never who.
        tracing::trace!(code = "accepted", has_subject = true, "request accepted");
        extensions.insert(verified);
        self.tell("accepted", watch);
    }

    fn denied(&self, denial: Denial, watch: Option<Instant>) -> Denial {
        tracing::debug!(code = denial.code(), has_subject = false, "request denied");
        self.tell(denial.code(), watch);
        denial
    }

    fn tell(&self, code: &'static str, watch: Option<Instant>) {
        if let Some(began) = watch {
            self.verifier.around().tell(&Event::Judged { code, took: began.elapsed() });
        }
    }
}
