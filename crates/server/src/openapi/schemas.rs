//! What answers are made of. `wire` writes them; `interop` holds real answers against these.

use serde_json::{Value, json};

pub(super) fn all() -> Value {
    json!({
        "Account": object(&[
            ("id", json!({ "type": "string" })),
            ("accountId", json!({ "type": "string" })),
            ("providerId", json!({ "type": "string" })),
            ("userId", json!({ "type": "string" })),
            ("createdAt", date()),
            ("updatedAt", date()),
            ("scopes", json!({ "type": "array", "items": { "type": "string" } })),
        ]),
        // Plugins and validation have codes and words of their own.
        "Error": {
            "type": "object",
            "properties": {
                "code": { "type": "string" },
                "message": { "type": "string" },
            },
            "required": ["message"],
        },
        "Message": object(&[("message", json!({ "type": "string" }))]),
        "Session": object(&[
            ("id", json!({ "type": "string" })),
            ("token", json!({ "type": "string" })),
            ("userId", json!({ "type": "string" })),
            ("expiresAt", date()),
            ("createdAt", date()),
            ("updatedAt", date()),
            ("ipAddress", or_null("string")),
            ("userAgent", or_null("string")),
        ]),
        "User": object(&[
            ("id", json!({ "type": "string" })),
            ("name", json!({ "type": "string" })),
            ("email", json!({ "type": "string" })),
            ("emailVerified", json!({ "type": "boolean" })),
            ("image", or_null("string")),
            ("createdAt", date()),
            ("updatedAt", date()),
        ]),
    })
}

/// An object with all of these fields; more may come with later versions.
pub(super) fn object(fields: &[(&str, Value)]) -> Value {
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

pub(super) fn list_of(name: &str) -> Value {
    json!({ "type": "array", "items": reference(name) })
}

pub(super) fn or_null(kind: &str) -> Value {
    json!({ "type": [kind, "null"] })
}

fn date() -> Value {
    json!({ "type": "string", "format": "date-time" })
}
