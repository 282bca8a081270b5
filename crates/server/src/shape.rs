//! Checks the shape of a body, and words what is wrong as upstream's validator (Zod) does.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::call::Body;

/// Everything that is wrong with a body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Issues {
    issues: Vec<Issue>,
    /// Of a body that stood for none, what was asked of it.
    asked: Option<Vec<Asked>>,
}

/// A field that somebody reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) is_required: bool,
    pub(crate) is_nullable: bool,
}

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Email,
    Flag,
    NonEmptyText,
    Text,
}

/// Stands for no body: whoever reads it learns nothing, and has to say what was asked for. It is
/// told from an empty object by its address.
static QUESTION: LazyLock<Value> = LazyLock::new(|| Value::Object(Map::new()));

/// What `B` reads of a body; `None` where it looks at none.
pub(crate) fn asked_by<B: Body>() -> Option<Vec<Asked>> {
    B::read(Some(&QUESTION)).err().and_then(|issues| issues.asked)
}

#[derive(Debug, PartialEq, Eq)]
struct Issue {
    /// `None`: the body as a whole.
    field: Option<&'static str>,
    reason: String,
}

impl Issues {
    /// `[body.email] reason; [body] reason`.
    pub(crate) fn in_body(&self) -> String {
        self.within("body")
    }

    /// `[query.token] reason`.
    pub(crate) fn in_query(&self) -> String {
        self.within("query")
    }

    fn within(&self, place: &str) -> String {
        let words = self.issues.iter().map(|Issue { field, reason }| match field {
            Some(field) => format!("[{place}.{field}] {reason}"),
            None => format!("[{place}] {reason}"),
        });
        words.collect::<Vec<_>>().join("; ")
    }
}

/// The fields of a body: reads one after another, and gathers what is wrong.
pub(crate) struct Fields<'a> {
    given: &'a Map<String, Value>,
    issues: Vec<Issue>,
    /// Only where the body stands for none.
    asked: Option<Vec<Asked>>,
}

impl<'a> Fields<'a> {
    /// The fields of an object. `also` names what else upstream's schema says of anything but an
    /// object (`record`, where further fields are let through).
    pub(crate) fn of(body: Option<&'a Value>, also: Option<&str>) -> Result<Self, Issues> {
        match body {
            Some(Value::Object(fields)) => Ok(Self::over(fields)),
            other => {
                let expected = std::iter::once("object").chain(also);
                let issue = |expected| Issue { field: None, reason: mismatch(expected, other) };
                Err(Issues { issues: expected.map(issue).collect(), asked: None })
            }
        }
    }

    /// The fields of an object whose fields upstream's schema does not name.
    pub(crate) fn of_record(body: Option<&'a Value>) -> Result<Self, Issues> {
        match body {
            Some(Value::Object(fields)) => Ok(Self::over(fields)),
            other => {
                let issue = Issue { field: None, reason: mismatch("record", other) };
                Err(Issues { issues: vec![issue], asked: None })
            }
        }
    }

    fn over(fields: &'a Map<String, Value>) -> Self {
        let is_question =
            QUESTION.as_object().is_some_and(|question| std::ptr::eq(fields, question));
        Self { given: fields, issues: Vec::new(), asked: is_question.then(Vec::new) }
    }

    /// Notes what is asked for, if that is the question. What was said of a field first, counts.
    fn ask(&mut self, name: &'static str, kind: Kind, is_required: bool) {
        let Some(asked) = &mut self.asked else { return };
        if asked.iter().all(|known| known.name != name) {
            asked.push(Asked { name, kind, is_required, is_nullable: false });
        }
    }

    /// A field that must be text.
    pub(crate) fn string(&mut self, field: &'static str) -> String {
        self.ask(field, Kind::Text, true);
        let value = self.given.get(field);
        if let Some(text) = value.and_then(Value::as_str) {
            return text.to_owned();
        }
        self.issue(field, mismatch("string", value));
        String::new()
    }

    /// A field that must be text and not empty.
    pub(crate) fn non_empty_string(&mut self, field: &'static str) -> String {
        self.ask(field, Kind::NonEmptyText, true);
        if self.given.get(field).and_then(Value::as_str) == Some("") {
            self.issue(field, "Too small: expected string to have >=1 characters".to_owned());
        }
        self.string(field)
    }

    /// A field that must be an e-mail address.
    pub(crate) fn email(&mut self, field: &'static str) -> String {
        self.ask(field, Kind::Email, true);
        if self.given.get(field).and_then(Value::as_str).is_some_and(|text| !is_email(text)) {
            self.issue(field, "Invalid email address".to_owned());
        }
        self.string(field)
    }

    /// A field that may be absent, and else must be text.
    pub(crate) fn optional_string(&mut self, field: &'static str) -> Option<String> {
        self.ask(field, Kind::Text, false);
        self.given.contains_key(field).then(|| self.string(field))
    }

    /// Whether a field is there, and null.
    pub(crate) fn is_null(&mut self, field: &'static str) -> bool {
        self.ask(field, Kind::Text, false);
        for asked in self.asked.iter_mut().flatten().filter(|asked| asked.name == field) {
            asked.is_nullable = true;
        }
        self.given.get(field).is_some_and(Value::is_null)
    }

    /// Whether a field is there with anything but JavaScript's ways to say nothing.
    pub(crate) fn is_truthy(&self, field: &str) -> bool {
        self.given.get(field).is_some_and(is_truthy)
    }

    /// A field that may be absent, and else must be true or false.
    pub(crate) fn optional_bool(&mut self, field: &'static str) -> Option<bool> {
        self.ask(field, Kind::Flag, false);
        let value = self.given.get(field)?;
        if value.as_bool().is_none() {
            self.issue(field, mismatch("boolean", Some(value)));
        }
        value.as_bool()
    }

    /// The fields but those that are `known`.
    pub(crate) fn others(&self, known: &[&str]) -> Map<String, Value> {
        let others = self.given.iter().filter(|(name, _)| !known.contains(&name.as_str()));
        others.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// `read`, if nothing was wrong.
    pub(crate) fn finish<T>(self, read: T) -> Result<T, Issues> {
        let Self { issues, asked, .. } = self;
        if issues.is_empty() && asked.is_none() { Ok(read) } else { Err(Issues { issues, asked }) }
    }

    fn issue(&mut self, field: &'static str, reason: String) {
        self.issues.push(Issue { field: Some(field), reason });
    }
}

/// Whether a value is anything but JavaScript's ways to say nothing.
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Bool(true) | Value::Array(_) | Value::Object(_) => true,
    }
}

/// Says that a value is of another type.
pub(crate) fn mismatch(expected: &str, received: Option<&Value>) -> String {
    let received = match received {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    };
    format!("Invalid input: expected {expected}, received {received}")
}

/// Upstream's idea of an address: ASCII, dots within the local part, a domain of labels and a
/// top-level domain of two letters or more.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_atom = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'\'' | b'+' | b'-');
    let atoms_are_right =
        local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom));
    let ends_right = !local.ends_with('\'');
    let mut labels: Vec<&str> = domain.split('.').collect();
    let Some(top) = labels.pop() else { return false };
    let label_is_right = |label: &&str| {
        label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
            && label.bytes().next().is_some_and(|c| c.is_ascii_alphanumeric())
    };
    atoms_are_right
        && ends_right
        && !labels.is_empty()
        && labels.iter().all(label_is_right)
        && top.len() >= 2
        && top.bytes().all(|c| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn issues_are_worded_as_upstream_words_them() {
        let body = json!({"name": 1, "email": "x", "password": "", "image": null, "r": "x"});
        let mut fields = Fields::of(Some(&body), None).unwrap();
        fields.string("name");
        fields.email("email");
        fields.non_empty_string("password");
        fields.optional_string("image");
        fields.optional_bool("r");
        fields.optional_string("absent");
        assert_eq!(
            fields.finish(()).unwrap_err().in_body(),
            "[body.name] Invalid input: expected string, received number; \
             [body.email] Invalid email address; \
             [body.password] Too small: expected string to have >=1 characters; \
             [body.image] Invalid input: expected string, received null; \
             [body.r] Invalid input: expected boolean, received string"
        );
        let issues = Fields::of(Some(&json!([])), Some("record")).err().unwrap();
        assert_eq!(
            issues.in_body(),
            "[body] Invalid input: expected object, received array; \
             [body] Invalid input: expected record, received array"
        );
    }

    #[test]
    fn a_reader_says_what_it_asks_for_and_an_empty_body_is_just_that() {
        struct Read;
        impl Body for Read {
            fn read(body: Option<&Value>) -> Result<Self, Issues> {
                let mut fields = Fields::of(body, None)?;
                fields.optional_bool("flag");
                if !fields.is_null("image") {
                    fields.optional_string("image");
                }
                fields.finish(Self)
            }
        }
        let asked = |name, kind, is_nullable| Asked { name, kind, is_required: false, is_nullable };
        assert_eq!(
            asked_by::<Read>().unwrap(),
            [asked("flag", Kind::Flag, false), asked("image", Kind::Text, true)]
        );
        assert!(Read::read(Some(&json!({}))).is_ok());
        assert_eq!(asked_by::<()>(), None);
    }

    #[test]
    fn nothing_is_what_javascript_takes_for_it() {
        let body = json!({"a": null, "b": false, "c": 0, "d": -0.0, "e": "", "f": [], "g": {},
            "h": "0", "i": 0.1, "j": true});
        let fields = Fields::of_record(Some(&body)).unwrap();
        let truthy: Vec<_> =
            body.as_object().unwrap().keys().filter(|field| fields.is_truthy(field)).collect();
        assert_eq!(truthy, ["f", "g", "h", "i", "j"]);
        assert!(!fields.is_truthy("absent"));
    }

    #[test]
    fn addresses_are_judged_as_upstream_judges_them() {
        for good in
            ["a@b.co", "A.b+c_d-e'f@sub.example.com", "a-@b.co", "_@b.co", "1@1.co", "a@b-.co"]
        {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b.co",
            "a@",
            "a@b",
            "a@b.c",
            "a@.co",
            "a@b..co",
            "a..b@c.co",
            ".a@b.co",
            "a.@b.co",
            "a'@b.co",
            "a@-b.co",
            "a@b.c1",
            "\"a\"@b.co",
            "a@[1.2.3.4]",
            "é@b.co",
            "a@é.co",
            "a b@c.co",
            "a@b.co ",
            "a@b@c.co",
            "a\0@b.co",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
