//! The response future of [`GuardService`](crate::GuardService).

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{HeaderValue, Response, header::WWW_AUTHENTICATE};
use pin_project_lite::pin_project;

use crate::{Denial, Event, layer::Settings};

type Admission<F> = Pin<Box<dyn Future<Output = Result<F, Denial>> + Send>>;

pin_project! {
    /// The response: at once where a request is denied, else the inner service's. Only where keys
    /// have to be fetched first is a future boxed.
    #[must_use = "futures do nothing unless polled"]
    pub struct GuardFuture<F> {
        #[pin]
        state: State<F>,
        // Only where something is done to the inner response.
        settings: Option<Arc<Settings>>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Denied { denial: Denial },
        Pending { admission: Admission<F> },
        Inner { #[pin] future: F },
    }
}

impl<F> GuardFuture<F> {
    pub(crate) fn denied(denial: Denial, settings: &Arc<Settings>) -> Self {
        Self::new(State::Denied { denial }, settings)
    }

    pub(crate) fn inner(future: F, settings: &Arc<Settings>) -> Self {
        Self::new(State::Inner { future }, settings)
    }

    pub(crate) fn pending(admission: Admission<F>, settings: &Arc<Settings>) -> Self {
        Self::new(State::Pending { admission }, settings)
    }

    fn new(state: State<F>, settings: &Arc<Settings>) -> Self {
        let has_a_say = settings.realm.is_some() || settings.verifier.around().observer.is_some();
        Self { state, settings: has_a_say.then(|| Arc::clone(settings)) }
    }
}

impl<F, R, E> Future for GuardFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: From<&'static str>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Inner { future } => {
                    // A response is large: nobody moves it for nothing.
                    let Some(settings) = this.settings else { return future.poll(context) };
                    let mut response = ready!(future.poll(context))?;
                    settings.look_at(&mut response);
                    return Poll::Ready(Ok(response));
                }
                StateProjection::Denied { denial } => {
                    let mut response = denial.to_response();
                    if let Some(settings) = this.settings {
                        settings.name_realm(denial, &mut response);
                    }
                    return Poll::Ready(Ok(response));
                }
                StateProjection::Pending { admission } => {
                    match ready!(admission.as_mut().poll(context)) {
                        Ok(future) => State::Inner { future },
                        Err(denial) => State::Denied { denial },
                    }
                }
            };
            this.state.set(next);
        }
    }
}

impl Settings {
    /// A denial by what is behind the guard is told, and gets the guard's realm.
    fn look_at<R>(&self, response: &mut Response<R>) {
        let Some(denial) = response.extensions().get::<Denial>().cloned() else { return };
        self.verifier.around().tell(&Event::DeniedWithin { code: denial.code() });
        self.name_realm(&denial, response);
    }

    fn name_realm<R>(&self, denial: &Denial, response: &mut Response<R>) {
        let Some(realm) = &self.realm else { return };
        // Only what the denial wrote itself: an inner guard's realm is the nearer one.
        let is_untouched = response.headers().get(WWW_AUTHENTICATE).map(HeaderValue::as_bytes)
            == denial.challenge(None).as_ref().map(HeaderValue::as_bytes);
        if let Some(challenge) = denial.challenge(Some(realm)).filter(|_| is_untouched) {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
    }
}
