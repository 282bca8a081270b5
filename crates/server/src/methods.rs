//! An endpoint's methods, and what their handlers ask for.
//!
//! A handler's signature is what decides which body is read and what the request must be. The
//! description of the API is made from the same signature, so that the two cannot differ.

use axum::extract::State;
use axum::handler::Handler;
use axum::routing::{MethodRouter, any};

use crate::call::{Body, Call, Demand, Guard};
use crate::context::Context;
use crate::error::ApiError;
use crate::shape::{Asked, asked_by};

/// The methods of one path.
pub(crate) struct Methods {
    pub(crate) router: MethodRouter<Context>,
    pub(crate) operations: Vec<Operation>,
}

/// A method, and what it asks of a request.
pub(crate) struct Operation {
    /// In small letters, as OpenAPI writes it.
    pub(crate) method: &'static str,
    pub(crate) body: Option<BodyShape>,
    pub(crate) demand: Demand,
}

/// The shape of a body that is read.
pub(crate) struct BodyShape {
    pub(crate) media_types: &'static [&'static str],
    pub(crate) fields: Vec<Asked>,
    pub(crate) is_required: bool,
}

/// Unknown paths and wrong methods alike: 404 without a body.
pub(crate) async fn not_found() -> ApiError {
    ApiError::not_found()
}

/// No method at all: to begin with, each answers 404, and none says what else there would be.
pub(crate) fn none() -> Methods {
    Methods { router: any(not_found), operations: Vec::new() }
}

impl Methods {
    pub(crate) fn get<H, T>(self, handler: H) -> Self
    where
        H: Handler<T, Context>,
        T: Signature + 'static,
    {
        let operation = Operation { method: "get", body: None, demand: T::DEMAND };
        self.with(operation, |router| router.get(handler))
    }

    pub(crate) fn post<H, T>(self, handler: H) -> Self
    where
        H: Handler<T, Context>,
        T: Signature + 'static,
    {
        let operation = Operation { method: "post", body: T::body(), demand: T::DEMAND };
        self.with(operation, |router| router.post(handler))
    }

    fn with(
        mut self,
        operation: Operation,
        add: impl FnOnce(MethodRouter<Context>) -> MethodRouter<Context>,
    ) -> Self {
        self.operations.push(operation);
        Self { router: add(self.router), operations: self.operations }
    }
}

/// What the arguments of a handler say, the first being axum's own mark.
pub(crate) trait Signature {
    const DEMAND: Demand;

    fn body() -> Option<BodyShape>;
}

macro_rules! signatures {
    ($([$($argument:ty),*] $(with $any:ident)?;)*) => {$(
        impl<M, $($any,)? B: Body, G: Guard> Signature for (M, $($argument,)* Call<B, G>) {
            const DEMAND: Demand = G::DEMAND;

            fn body() -> Option<BodyShape> {
                shape_of::<B>()
            }
        }
    )*};
}

signatures! {
    [];
    [State<Context>];
    [State<Context>, P] with P;
}

fn shape_of<B: Body>() -> Option<BodyShape> {
    let fields = asked_by::<B>()?;
    let is_required = B::read(None).is_err();
    Some(BodyShape { media_types: B::MEDIA_TYPES, fields, is_required })
}
