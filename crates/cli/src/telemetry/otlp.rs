//! A batch of spans in the protobuf of OTLP (opentelemetry-proto 1.x, `ExportTraceServiceRequest`).
//!
//! The format is stable and this is all of it that we write; `interop` has the official package read
//! it.

use super::layer::{Origin, Span, Value};

/// Kinds of spans: `SpanKind`.
const INTERNAL: u64 = 1;
const SERVER: u64 = 2;

/// `StatusCode`: it went wrong on our side.
const ERROR: u64 = 2;

/// The attribute that says how a request went.
const STATUS_CODE: &str = "http.response.status_code";

/// The batch, with what is known of this server.
pub(super) fn request(resource: &[(String, String)], spans: &[Span]) -> Vec<u8> {
    let mut about = Message::default();
    for (key, value) in resource {
        about.message(1, &attribute(key, &Value::Text(value.clone())));
    }
    let mut scope = Message::default();
    scope.text(1, "gatewright");
    scope.text(2, env!("CARGO_PKG_VERSION"));
    let mut scope_spans = Message::default();
    scope_spans.message(1, &scope);
    for one in spans {
        scope_spans.message(2, &span(one));
    }
    let mut resource_spans = Message::default();
    resource_spans.message(1, &about);
    resource_spans.message(2, &scope_spans);
    let mut request = Message::default();
    request.message(1, &resource_spans);
    request.0
}

fn span(span: &Span) -> Message {
    let mut message = Message::default();
    message.bytes(1, &span.trace_id);
    message.bytes(2, &span.id);
    if let Some(parent) = &span.parent_id {
        message.bytes(4, parent);
    }
    message.text(5, &name(span));
    message.number(6, if span.origin == Origin::Request { SERVER } else { INTERNAL });
    message.fixed(7, span.start);
    message.fixed(8, span.end);
    for (key, value) in &span.attributes {
        message.message(9, &attribute(key, value));
    }
    if let Some(status) = number(span, STATUS_CODE)
        && status >= 500
    {
        let error = Value::Text(status.to_string());
        message.message(9, &attribute("error.type", &error));
        let mut status = Message::default();
        status.number(3, ERROR);
        message.message(15, &status);
    }
    message
}

/// `POST /api/auth/sign-in/email` for a request, as the semantic conventions have it; the method
/// alone where nothing is served.
fn name(span: &Span) -> String {
    match (text(span, "http.request.method"), text(span, "http.route")) {
        (Some(method), Some(route)) if route.starts_with('/') => format!("{method} {route}"),
        (Some(method), _) => method.to_owned(),
        _ => span.name.to_owned(),
    }
}

fn text<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    span.attributes.iter().find_map(|(name, value)| match value {
        Value::Text(text) if *name == key => Some(text.as_str()),
        _ => None,
    })
}

fn number(span: &Span, key: &str) -> Option<i64> {
    span.attributes.iter().find_map(|(name, value)| match value {
        Value::Number(number) if *name == key => Some(*number),
        _ => None,
    })
}

fn attribute(key: &str, value: &Value) -> Message {
    let mut any = Message::default();
    match value {
        Value::Text(text) => any.text(1, text),
        // Two's complement, as protobuf writes an int64.
        Value::Number(number) => any.number(3, number.cast_unsigned()),
    }
    let mut pair = Message::default();
    pair.text(1, key);
    pair.message(2, &any);
    pair
}

/// A protobuf message, field by field.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn number(&mut self, field: u8, value: u64) {
        self.varint(u64::from(field) << 3);
        self.varint(value);
    }

    fn fixed(&mut self, field: u8, value: u64) {
        self.varint(u64::from(field) << 3 | 1);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn bytes(&mut self, field: u8, value: &[u8]) {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    fn text(&mut self, field: u8, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    fn message(&mut self, field: u8, value: &Self) {
        self.bytes(field, &value.0);
    }

    fn varint(&mut self, mut value: u64) {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                self.0.push(low);
                return;
            }
            self.0.push(low | 0x80);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_protobuf_writes_them() {
        let written = |value| {
            let mut message = Message::default();
            message.number(1, value);
            message.0
        };
        assert_eq!(written(0), [0x08, 0]);
        assert_eq!(written(127), [0x08, 127]);
        assert_eq!(written(150), [0x08, 0x96, 0x01]);
        assert_eq!(written(u64::MAX), [[0x08].as_slice(), &[0xff; 9], &[0x01]].concat());
        let mut nested = Message::default();
        nested.fixed(16, 1);
        assert_eq!(nested.0, [0x81, 0x01, 1, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_span_is_named_by_its_route_and_never_by_a_path() {
        let span = |route: &str| Span {
            trace_id: [1; 16],
            id: [2; 8],
            parent_id: None,
            name: "request",
            origin: Origin::Request,
            start: 1,
            end: 2,
            attributes: vec![
                ("http.request.method", Value::Text("GET".to_owned())),
                ("http.route", Value::Text(route.to_owned())),
            ],
        };
        assert_eq!(name(&span("/api/auth/ok")), "GET /api/auth/ok");
        assert_eq!(name(&span("-")), "GET");
    }
}
