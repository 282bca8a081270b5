//! The wire as an OpenAPI 3.1 document.
//!
//! Paths, methods, bodies and what a request must be come from the route table and the handlers'
//! signatures; [`about`] adds what they cannot say: what for, and with which answers.

mod about;
mod schemas;

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::call::Demand;
use crate::error_codes::{self, ErrorCode};
use crate::methods::{BodyShape, Operation};
use crate::options::BaseUrl;
use crate::router::ENDPOINTS;
use crate::shape::{Asked, Kind};
use about::{ABOUT, About, Answer};

/// Describes the wire as a server at `base_url` speaks it.
pub fn openapi(base_url: &BaseUrl) -> Value {
    let mut paths = Map::new();
    for (path, methods) in &ENDPOINTS {
        let operations = methods().operations;
        let described = operations.iter().map(|operation| {
            let about =
                ABOUT.iter().find(|about| about.path == *path && about.method == operation.method);
            (operation.method.to_owned(), described(path, operation, about))
        });
        paths.insert((*path).to_owned(), Value::Object(described.collect()));
    }
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Gatewright",
            "description": "Users, sessions and JWTs, on the wire of Better Auth",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": format!("{}{}", base_url.origin, base_url.path) }],
        "tags": about::TAGS.map(|(name, description)| {
            json!({ "name": name, "description": description })
        }),
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "securitySchemes": {
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "better-auth.session_token",
                    "description": "Set by sign-in and sign-up. The name begins otherwise with \
                        `advanced.cookie_prefix`, and with `__Secure-` where the server is \
                        reached by https.",
                },
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The session's token, as `set-auth-token` has it",
                },
            },
        },
    })
}

fn described(path: &str, operation: &Operation, about: Option<&About>) -> Value {
    let mut described = json!({
        "operationId": operation_id(path, operation.method),
        "responses": responses(operation, about),
    });
    let Some(object) = described.as_object_mut() else { return described };
    if let Some(about) = about {
        object.insert("summary".to_owned(), about.summary.into());
        object.insert("tags".to_owned(), json!([about.tag]));
    }
    let parameters = parameters(path, about);
    if !parameters.is_empty() {
        object.insert("parameters".to_owned(), parameters.into());
    }
    if let Some(body) = &operation.body {
        object.insert("requestBody".to_owned(), request_body(body));
    }
    if matches!(operation.demand, Demand::Session | Demand::FreshSession) {
        object.insert("security".to_owned(), json!([{ "cookie": [] }, { "bearer": [] }]));
    }
    described
}

/// `POST /sign-in/email` is `postSignInEmail`.
fn operation_id(path: &str, method: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |id, word| {
        let (first, rest) = word.split_at(1);
        id + &first.to_ascii_uppercase() + rest
    })
}

fn parameters(path: &str, about: Option<&About>) -> Vec<Value> {
    let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(|name| {
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
    });
    let in_query = about.into_iter().flat_map(|about| about.query).map(|(name, is_required)| {
        json!({
            "name": name, "in": "query", "required": is_required, "schema": { "type": "string" },
        })
    });
    in_path.chain(in_query).collect()
}

fn request_body(body: &BodyShape) -> Value {
    let properties: Map<String, Value> =
        body.fields.iter().map(|field| (field.name.to_owned(), field_schema(field))).collect();
    let required: Vec<&str> =
        body.fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if let Some(object) = schema.as_object_mut().filter(|_| !required.is_empty()) {
        object.insert("required".to_owned(), required.into());
    }
    let content: Map<String, Value> = body
        .media_types
        .iter()
        .map(|media_type| ((*media_type).to_owned(), json!({ "schema": schema })))
        .collect();
    json!({ "required": body.is_required, "content": content })
}

fn field_schema(field: &Asked) -> Value {
    let kind = match field.kind {
        Kind::Flag => "boolean",
        Kind::Email | Kind::NonEmptyText | Kind::Text => "string",
    };
    let mut schema =
        if field.is_nullable { schemas::or_null(kind) } else { json!({ "type": kind }) };
    let more = match field.kind {
        Kind::Email => ("format", json!("email")),
        Kind::NonEmptyText => ("minLength", json!(1)),
        Kind::Flag | Kind::Text => return schema,
    };
    if let Some(object) = schema.as_object_mut() {
        object.insert(more.0.to_owned(), more.1);
    }
    schema
}

fn responses(operation: &Operation, about: Option<&About>) -> Map<String, Value> {
    let mut errors: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    let mut add = |status: StatusCode, code| errors.entry(status.as_u16()).or_default().push(code);
    for error in implied(operation) {
        add(error.status, error.code);
    }
    if operation.body.is_some() || about.is_some_and(|about| !about.query.is_empty()) {
        add(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    }
    if operation.method == "post" {
        add(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE");
    }
    for (status, error) in about.into_iter().flat_map(|about| about.errors) {
        add(status.unwrap_or(error.status), error.code);
    }
    let mut responses = Map::new();
    for (status, mut codes) in errors {
        codes.sort_unstable();
        codes.dedup();
        responses.insert(status.to_string(), refusal(status, &codes));
    }
    // Of no use to a client that would branch on more.
    for (status, words) in [
        ("404", "There is no such endpoint, or it is switched off"),
        ("408", "The request took too long to arrive, or to be answered"),
        ("500", "The server failed; its log says how, under the answer's `x-request-id`"),
    ] {
        responses.entry(status).or_insert_with(|| json!({ "description": words }));
    }
    responses.insert(
        "429".to_owned(),
        json!({
            "description": "Too soon; `x-retry-after` has the seconds to wait",
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Message" } } },
        }),
    );
    for answer in about.into_iter().flat_map(|about| about.answers) {
        let (status, described) = answered(answer);
        responses.insert(status.to_owned(), described);
    }
    responses
}

fn answered(answer: &Answer) -> (&'static str, Value) {
    match answer {
        Answer::Json(schema) => (
            "200",
            json!({
                "description": "Done",
                "content": { "application/json": { "schema": schema() } },
            }),
        ),
        Answer::Page => (
            "200",
            json!({
                "description": "A page",
                "content": { "text/html": { "schema": { "type": "string" } } },
            }),
        ),
        Answer::Redirect => (
            "302",
            json!({
                "description": "On to the page of the front end",
                "headers": { "location": { "schema": { "type": "string" } } },
            }),
        ),
    }
}

fn refusal(status: u16, codes: &[&str]) -> Value {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    json!({
        "description": reason.unwrap_or("Refused"),
        "content": { "application/json": { "schema": {
            "allOf": [{ "$ref": "#/components/schemas/Error" }],
            "properties": { "code": { "enum": codes } },
        } } },
    })
}

/// What any request of this kind may be refused for, before its handler runs.
fn implied(operation: &Operation) -> Vec<&'static ErrorCode> {
    let mut implied = vec![&error_codes::SERVICE_UNAVAILABLE];
    if operation.method == "post" {
        implied.extend([
            &error_codes::BAD_REQUEST,
            &error_codes::PAYLOAD_TOO_LARGE,
            &error_codes::INVALID_ORIGIN,
            &error_codes::MISSING_OR_NULL_ORIGIN,
            &error_codes::INVALID_CALLBACK_URL,
            &error_codes::INVALID_ERROR_CALLBACK_URL,
            &error_codes::INVALID_NEW_USER_CALLBACK_URL,
            &error_codes::INVALID_REDIRECT_URL,
        ]);
    }
    match operation.demand {
        Demand::Nothing => {}
        Demand::TrustedPage => implied.push(&error_codes::CROSS_SITE_NAVIGATION_LOGIN_BLOCKED),
        Demand::Session => implied.push(&error_codes::UNAUTHORIZED),
        Demand::FreshSession => {
            implied.extend([&error_codes::UNAUTHORIZED, &error_codes::SESSION_NOT_FRESH]);
        }
    }
    implied
}

#[cfg(test)]
mod tests;
