use serde_json::{Map, json};

use super::*;

const NOW: Date = Date::from_milliseconds(1_795_464_716_007);

fn map(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        other => panic!("no object: {other}"),
    }
}

fn fields(all: Vec<AdditionalField>) -> AdditionalFields {
    AdditionalFields::new(FieldOwner::User, all).unwrap()
}

fn optional(name: &str, kind: FieldType) -> AdditionalField {
    AdditionalField { required: false, ..AdditionalField::new(name, kind) }
}

fn fixed(value: Json) -> FieldDefault {
    FieldDefault::Fixed(value)
}

#[test]
fn a_new_row_has_what_was_sent_and_the_defaults_of_the_rest() {
    let fields = fields(vec![
        AdditionalField::new("nick", FieldType::Text),
        AdditionalField {
            default: Some(fixed(json!("basic"))),
            ..optional("plan", FieldType::Text)
        },
        AdditionalField {
            default: Some(fixed(json!("user"))),
            input: false,
            ..AdditionalField::new("role", FieldType::Text)
        },
        AdditionalField { input: false, ..optional("note", FieldType::Text) },
        AdditionalField { default: Some(FieldDefault::Now), ..optional("seen", FieldType::Date) },
        AdditionalField { returned: false, ..optional("secret", FieldType::Text) },
    ]);
    let new = |body| {
        fields.read_new(&map(body), Numbers::Any, NOW).map(|new| serde_json::to_value(new).unwrap())
    };
    assert_eq!(
        new(json!({"nick": "a", "role": "admin", "note": "", "secret": "s", "other": 1})),
        Ok(json!({"nick": "a", "plan": "basic", "role": "user", "note": null,
            "seen": "2026-11-23T20:11:56.007Z"}))
    );
    assert_eq!(new(json!({})), Err(InputError::Missing { name: "nick".to_owned() }));
    assert_eq!(new(json!({"nick": null})), Err(InputError::Null { name: "nick".to_owned() }));
    let not_allowed = InputError::NotAllowed { name: "note".to_owned() };
    assert_eq!(new(json!({"nick": "a", "note": "x"})), Err(not_allowed));
    let plan = new(json!({"nick": "a", "plan": null})).map(|new| new["plan"].clone());
    assert_eq!(plan, Ok(Json::Null), "null is a value of what may have none");
}

#[test]
fn a_change_takes_what_clients_may_set() {
    let fields = fields(vec![
        AdditionalField::new("nick", FieldType::Text),
        AdditionalField {
            default: Some(fixed(json!("user"))),
            input: false,
            ..AdditionalField::new("role", FieldType::Text)
        },
        optional("age", FieldType::Number),
    ]);
    let changes = |body| fields.read_changes(&map(body), Numbers::Any);
    let given = changes(json!({"age": null, "role": ""})).unwrap();
    assert_eq!((given.at(0), given.at(1), given.at(2)), (None, None, Some(&Json::Null)));
    assert!(changes(json!({"name": "x"})).unwrap().is_empty());
    let not_allowed = InputError::NotAllowed { name: "role".to_owned() };
    assert_eq!(changes(json!({"role": "admin"})), Err(not_allowed));
    assert_eq!(changes(json!({"nick": null})), Err(InputError::Null { name: "nick".to_owned() }));
}

#[test]
fn values_are_of_their_type() {
    use FieldType::{Boolean, Date, Number, Numbers as Many, Text, Texts};
    for (kind, given, kept) in [
        (Boolean, json!(true), json!(true)),
        (Date, json!("2026-01-31"), json!("2026-01-31T00:00:00.000Z")),
        (Date, json!("2026-01-31T01:00:00+01:00"), json!("2026-01-31T00:00:00.000Z")),
        (Number, json!(7), json!(7)),
        (Number, json!(7.0), json!(7)),
        (Number, json!(-0.5), json!(-0.5)),
        (Number, json!("42"), json!(42)),
        (Many, json!([1, 2.5]), json!([1, 2.5])),
        (Text, json!(""), json!("")),
        (Texts, json!(["a", ""]), json!(["a", ""])),
        (Texts, json!([]), json!([])),
    ] {
        assert_eq!(input::typed(kind, &given, Numbers::Any), Ok(kept), "{kind:?} {given}");
    }
    for (kind, given) in [
        (Boolean, json!("true")),
        (Boolean, json!(1)),
        (Date, json!(0)),
        (Date, json!("soon")),
        (Date, json!("2026-02-30")),
        (Date, json!("2026-13-0é")),
        (Number, json!("x")),
        (Number, json!("inf")),
        (Number, json!("NaN")),
        (Number, json!([1])),
        (Many, json!(1)),
        (Many, json!(["1"])),
        (Text, json!(1)),
        (Text, json!("a\0")),
        (Text, json!({})),
        (Texts, json!("a")),
        (Texts, json!(["a", 1])),
    ] {
        assert!(input::typed(kind, &given, Numbers::Any).is_err(), "{kind:?} {given}");
    }
    for given in [json!(0.5), json!(2_147_483_648_u32), json!("-2147483649")] {
        assert!(input::typed(Number, &given, Numbers::Int32).is_err(), "{given}");
        assert!(input::typed(Number, &given, Numbers::Any).is_ok(), "{given}");
    }
}

#[test]
fn fields_that_could_not_work_are_refused() {
    let text = |name: &str| optional(name, FieldType::Text);
    let refused = |owner, field| AdditionalFields::new(owner, vec![field]).unwrap_err();
    for name in ["", "1a", "a-b", "a b", "a\"", "é", "_a", &"a".repeat(64)] {
        let error = refused(FieldOwner::User, text(name));
        assert!(matches!(error, FieldError::Name { .. }), "{name}: {error}");
        let error =
            refused(FieldOwner::User, AdditionalField { column: name.to_owned(), ..text("fine") });
        assert!(matches!(error, FieldError::Name { .. }), "{name}: {error}");
    }
    for name in ["id", "emailVerified", "EMAIL", "password", "callbackURL", "aud", "exp"] {
        let error = refused(FieldOwner::User, text(name));
        assert!(matches!(error, FieldError::Taken { .. }), "{name}: {error}");
    }
    for name in ["token", "userId"] {
        let error = refused(FieldOwner::Session, text(name));
        assert!(matches!(error, FieldError::Taken { .. }), "{name}: {error}");
    }
    let column = AdditionalField { column: "NICK".to_owned(), ..text("other") };
    let error = AdditionalFields::new(FieldOwner::User, vec![text("nick"), column]).unwrap_err();
    assert_eq!(error, FieldError::Taken { name: "other".to_owned() });

    for default in [fixed(json!(1)), fixed(Json::Null), FieldDefault::Now] {
        let default = Some(default);
        let error = refused(FieldOwner::User, AdditionalField { default, ..text("nick") });
        assert!(matches!(error, FieldError::Default { .. }), "{error}");
    }
    let day = AdditionalField {
        default: Some(fixed(json!("2026-01-31"))),
        ..optional("day", FieldType::Date)
    };
    let day = serde_json::to_value(fields(vec![day]).defaults(NOW)).unwrap();
    assert_eq!(day, json!({"day": "2026-01-31T00:00:00.000Z"}), "a default is as values are");
    let half =
        AdditionalField { default: Some(fixed(json!(0.5))), ..optional("half", FieldType::Number) };
    let half = fields(vec![half]);
    assert_eq!(half.check_defaults(Numbers::Any), Ok(()));
    assert!(half.check_defaults(Numbers::Int32).is_err());
    let must = AdditionalField::new("nick", FieldType::Text);
    assert!(AdditionalFields::new(FieldOwner::User, vec![must.clone()]).is_ok());
    let error = refused(FieldOwner::Session, must.clone());
    assert!(matches!(error, FieldError::NobodySetsIt { .. }), "{error}");
    let error = refused(FieldOwner::User, AdditionalField { input: false, ..must });
    assert!(matches!(error, FieldError::NobodySetsIt { .. }), "{error}");
}
