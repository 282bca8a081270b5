//! The response future of [`GuardService`](crate::GuardService).

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use pin_project_lite::pin_project;
use tower::Service;

use crate::Denial;

/// Leads to the call of the inner service once the keys have been fetched.
pub(crate) struct Admission<S: Service<Request>>(
    Pin<Box<dyn Future<Output = Result<S::Future, Denial>> + Send>>,
);

pin_project! {
    /// The response: at once where a request is denied, else the inner service's. Only where keys
    /// have to be fetched first is a future boxed.
    #[must_use = "futures do nothing unless polled"]
    pub struct GuardFuture<S>
    where
        S: Service<Request>,
    {
        #[pin]
        state: State<S>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S>
    where
        S: Service<Request>,
    {
        Denied { denial: Denial },
        Pending { admission: Admission<S> },
        Inner { #[pin] future: S::Future },
    }
}

impl<S: Service<Request>> GuardFuture<S> {
    pub(crate) fn denied(denial: Denial) -> Self {
        Self { state: State::Denied { denial } }
    }

    pub(crate) fn inner(future: S::Future) -> Self {
        Self { state: State::Inner { future } }
    }

    pub(crate) fn pending(
        admission: Pin<Box<dyn Future<Output = Result<S::Future, Denial>> + Send>>,
    ) -> Self {
        Self { state: State::Pending { admission: Admission(admission) } }
    }
}

impl<S> Future for GuardFuture<S>
where
    S: Service<Request>,
    S::Response: IntoResponse,
{
    type Output = Result<Response, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Inner { future } => {
                    return future.poll(context).map_ok(IntoResponse::into_response);
                }
                StateProjection::Denied { denial } => {
                    tracing::debug!(code = denial.code(), "request denied");
                    return Poll::Ready(Ok(denial.into_response()));
                }
                StateProjection::Pending { admission } => {
                    match ready!(admission.0.as_mut().poll(context)) {
                        Ok(future) => State::Inner { future },
                        Err(denial) => State::Denied { denial },
                    }
                }
            };
            this.state.set(next);
        }
    }
}
