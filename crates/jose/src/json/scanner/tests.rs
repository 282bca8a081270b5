use proptest::prelude::*;
use serde_json::{Map, Value as Json};

use super::*;

/// Reads all of it.
fn scanned(json: &str) -> Result<Vec<(String, String)>, Fault> {
    let mut scanner = Scanner::new(json)?;
    let mut members = Vec::new();
    while let Some(name) = scanner.next_name()? {
        members.push((name.into_owned(), format!("{:?}", scanner.value()?)));
    }
    Ok(members)
}

fn skipped(json: &str) -> Result<(), Fault> {
    let mut scanner = Scanner::new(json)?;
    while scanner.next_name()?.is_some() {
        scanner.skip_value()?;
    }
    Ok(())
}

/// The same by the library.
fn expected(json: &str) -> Option<Vec<(String, String)>> {
    let object: Map<String, Json> = serde_json::from_str(json).ok()?;
    let show = |value: &Json| match value {
        Json::String(text) => format!("{:?}", Value::Text(text.into())),
        Json::Number(number) => format!("{:?}", Value::Number(&number.to_string())),
        Json::Array(all) => match all.iter().map(Json::as_str).collect::<Option<Vec<_>>>() {
            Some(texts) => {
                format!("{:?}", Value::Texts(texts.into_iter().map(Into::into).collect()))
            }
            None => format!("{:?}", Value::Other),
        },
        _ => format!("{:?}", Value::Other),
    };
    Some(object.iter().map(|(name, value)| (name.clone(), show(value))).collect())
}

#[test]
fn what_is_json_and_what_is_not() {
    for json in [
        "{}",
        " { } ",
        "{\"a\":1}",
        "{\"a\":[],\"b\":{}}",
        "\n{\"a\" : [ \"x\" , \"y\" ]\t}\r",
        "{\"a\":[\"x\",1]}",
        "{\"a\":[[\"x\"]]}",
        "{\"a\":{\"b\":{\"c\":[{},[],true,false,null]}}}",
        "{\"a\":-0}",
        "{\"a\":1.5e+3}",
        "{\"a\":1E-2}",
        "{\"a\":\"\\u00e9\\n\"}",
        "{\"\":\"\"}",
        "{\"a\":\"é\u{7f}\u{2028}\"}",
        "{\"a\\u0062\":1}",
        "{\"a\":\"\\ud83d\\ude00\"}",
    ] {
        let found: std::collections::BTreeMap<_, _> =
            scanned(json).expect(json).into_iter().collect();
        let names: Vec<_> = expected(json).expect(json).into_iter().map(|(name, _)| name).collect();
        assert_eq!(found.keys().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>(), "{json}");
        assert_eq!(skipped(json), Ok(()), "{json}");
    }
    for json in [
        "",
        " ",
        "{",
        "}",
        "[]",
        "null",
        "\"\"",
        "{}{}",
        "{} x",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":+1}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":1e}",
        "{\"a\":1e+}",
        "{\"a\":0x1}",
        "{\"a\":NaN}",
        "{\"a\":tru}",
        "{\"a\":True}",
        "{\"a\":truex}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":[1 2]}",
        "{\"a\":[}",
        "{\"a\":{]}",
        "{\"a\":[1}]",
        "{\"a\":{\"b\"}}",
        "{\"a\":{\"b\":1,}}",
        "{\"a\":{1:2}}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\0\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\",
        "{\"a\":\"",
        "{\"a\":\"\\\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":[\"\\ud800\",1]}",
        "{\"a\":1}//",
        "\u{feff}{}",
        "{\"a\":1}\u{a0}",
    ] {
        assert_eq!(scanned(json), Err(Fault::Syntax), "{json}");
        assert_eq!(skipped(json), Err(Fault::Syntax), "{json}");
    }
}

#[test]
fn nesting_has_an_end() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(skipped(&nested(31)), Ok(()));
    assert_eq!(skipped(&nested(32)), Err(Fault::TooDeep));
    assert_eq!(scanned(&nested(32)), Err(Fault::TooDeep));
    assert_eq!(skipped(&format!("{{\"a\":{}", "{\"a\":".repeat(10_000))), Err(Fault::TooDeep));
    assert_eq!(skipped(&format!("{{\"a\":\"{}\"}}", "[".repeat(100))), Ok(()));
}

#[test]
fn special_bytes_are_found_wherever_they_stand() {
    for length in 0..40 {
        assert_eq!(plain_length(&vec![b'a'; length]), length);
        for at in 0..length {
            for special in [b'"', b'\\', 0, 0x1f] {
                for filler in [b'a', b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff] {
                    let mut bytes = vec![filler; length];
                    bytes[at] = special;
                    assert_eq!(plain_length(&bytes), at, "{special} among {filler}");
                }
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        "\\PC{0,12}".prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::vec((".{0,8}", inner), 0..6)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_reads_what_the_library_writes(
        members in prop::collection::vec((".{0,8}", any_json()), 0..8), pretty: bool,
    ) {
        let object = Json::Object(members.into_iter().collect());
        let json = if pretty {
            serde_json::to_string_pretty(&object).unwrap()
        } else {
            object.to_string()
        };
        prop_assert_eq!(scanned(&json).ok(), expected(&json));
        prop_assert_eq!(skipped(&json), Ok(()));
    }

    /// One character of good JSON is replaced: both read it alike, or both refuse it.
    #[test]
    fn it_refuses_what_the_library_refuses(
        members in prop::collection::vec(("[a-c]{0,2}", any_json()), 0..4),
        at: prop::sample::Index, with in "[{}\\[\\]:,\"\\\\ 0-9a-fntu.eE+-]",
    ) {
        let mut json: Vec<char> =
            Json::Object(members.into_iter().collect()).to_string().chars().collect();
        let at = at.index(json.len());
        json[at] = with.chars().next().unwrap();
        let json: String = json.into_iter().collect();
        let (found, expected) = (scanned(&json), expected(&json));
        prop_assert_eq!(found.is_ok(), skipped(&json).is_ok());
        if let Ok(found) = found {
            // The library takes the last of two members with one name, and limits numbers.
            let names = |members: &[(String, String)]| -> std::collections::BTreeSet<String> {
                members.iter().map(|(name, _)| name.clone()).collect()
            };
            if let Some(expected) = expected {
                prop_assert_eq!(names(&found), names(&expected));
            } else {
                prop_assert!(json.contains(['e', 'E']), "only a number without end: {}", json);
            }
        } else {
            prop_assert_eq!(expected, None);
        }
    }
}
