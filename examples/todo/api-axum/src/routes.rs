//! The routes, and what each demands: a `UserPath` in the signature is the isolation of users.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{
        HeaderValue, Method, StatusCode,
        header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::any,
};
use gatewright_guard::{Guard, UserPath, Verifier};
use serde::Deserialize;
use serde_json::json;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{
    clock::Clock,
    error::{ApiError, Body, detail},
    store::{Deleted, Store},
    task::{NewTask, PartOfTask, Task, TaskId, Title, WholeTask},
};

const MAX_BODY_BYTES: usize = 16 * 1024;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// What every handler may use.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
}

/// The other parameter of a task's path; the user's id is [`UserPath`]'s.
#[derive(Deserialize)]
struct TaskPath {
    id: TaskId,
}

pub(crate) fn router(context: Context, verifier: Verifier, cors_origin: HeaderValue) -> Router {
    let tasks = any(async || wrong_method("GET, HEAD, POST")).get(list).post(create);
    let task = any(async || wrong_method("GET, HEAD, PUT, PATCH, DELETE"));
    let task = task.get(show).put(replace).patch(change).delete(remove);
    // Each path takes any method, so that a wrong one is 401 before it is 405: a stranger is not
    // even told by an `Allow` what there is.
    let guarded = Router::new()
        .route("/api/{user_id}/tasks", tasks)
        .route("/api/{user_id}/tasks/{id}", task)
        .layer(Guard::new(verifier));
    Router::new()
        .route("/health", any(async || wrong_method("GET, HEAD")).get(health))
        .merge(guarded)
        .fallback(async || detail(StatusCode::NOT_FOUND, "Not found"))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(in_time))
        // Outermost: a preflight has no token, and a browser must be able to read a 401.
        .layer(cors(cors_origin))
        .with_state(context)
}

fn cors(origin: HeaderValue) -> CorsLayer {
    CorsLayer::new()
        // A list, for then no other origin is told this one's name.
        .allow_origin(AllowOrigin::list([origin]))
        .vary([ORIGIN])
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([RETRY_AFTER, WWW_AUTHENTICATE])
        .max_age(Duration::from_mins(10))
}

/// No request waits for ever: not for its own body, not for the database.
async fn in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await;
    answer.unwrap_or_else(|_| {
        let late = detail(StatusCode::SERVICE_UNAVAILABLE, "The request took too long");
        ([(RETRY_AFTER, HeaderValue::from(1))], late).into_response()
    })
}

fn wrong_method(allowed: &'static str) -> Response {
    let wrong = detail(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed");
    ([(ALLOW, HeaderValue::from_static(allowed))], wrong).into_response()
}

async fn health() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

async fn list(
    State(context): State<Context>,
    UserPath(user, ()): UserPath,
) -> Result<Json<Vec<Task>>, ApiError> {
    Ok(Json(context.store.tasks(user).await?))
}

async fn create(
    State(context): State<Context>,
    UserPath(user, ()): UserPath,
    Body(body): Body<NewTask>,
) -> Result<(StatusCode, Json<Task>), ApiError> {
    let title = Title::parse(&body.title)?;
    let task = context.store.create_task(user, title, context.clock.now()).await?;
    Ok((StatusCode::CREATED, Json(task)))
}

async fn show(
    State(context): State<Context>,
    UserPath(user, TaskPath { id }): UserPath<TaskPath>,
) -> Result<Json<Task>, ApiError> {
    found(context.store.find_task(user, id).await?)
}

async fn replace(
    State(context): State<Context>,
    UserPath(user, TaskPath { id }): UserPath<TaskPath>,
    Body(body): Body<WholeTask>,
) -> Result<Json<Task>, ApiError> {
    let title = Some(Title::parse(&body.title)?);
    let completed = Some(body.completed);
    found(context.store.change_task(user, id, title, completed, context.clock.now()).await?)
}

async fn change(
    State(context): State<Context>,
    UserPath(user, TaskPath { id }): UserPath<TaskPath>,
    Body(body): Body<PartOfTask>,
) -> Result<Json<Task>, ApiError> {
    let title = body.title.as_deref().map(Title::parse).transpose()?;
    found(context.store.change_task(user, id, title, body.completed, context.clock.now()).await?)
}

async fn remove(
    State(context): State<Context>,
    UserPath(user, TaskPath { id }): UserPath<TaskPath>,
) -> Result<StatusCode, ApiError> {
    match context.store.delete_task(user, id).await? {
        Deleted::Task => Ok(StatusCode::NO_CONTENT),
        Deleted::NoSuchTask => Err(ApiError::NoSuchTask),
    }
}

fn found(task: Option<Task>) -> Result<Json<Task>, ApiError> {
    task.map(Json).ok_or(ApiError::NoSuchTask)
}
