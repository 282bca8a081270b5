use std::collections::BTreeSet;

use super::*;

fn document() -> Value {
    openapi(&BaseUrl::new("https://auth.example.com", "/api/auth").unwrap())
}

fn served() -> BTreeSet<(String, &'static str)> {
    let methods = ENDPOINTS.iter().flat_map(|(path, methods)| {
        methods().operations.into_iter().map(|operation| ((*path).to_owned(), operation.method))
    });
    methods.collect()
}

#[test]
fn every_operation_is_described_once_and_nothing_else_is() {
    let described: Vec<_> =
        ABOUT.iter().map(|about| (about.path.to_owned(), about.method)).collect();
    let once: BTreeSet<_> = described.iter().cloned().collect();
    assert_eq!(described.len(), once.len(), "an operation is described twice");
    assert_eq!(once, served());
    assert!(described.is_sorted(), "sort them");
    for about in ABOUT {
        assert!(about::TAGS.iter().any(|(tag, _)| *tag == about.tag), "{}", about.path);
        assert!(!about.answers.is_empty() || !about.errors.is_empty(), "{}", about.path);
    }
}

#[test]
fn the_document_has_every_served_path_and_method_and_no_other() {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let methods = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(|method| (path.clone(), method.clone()))
    });
    let documented: BTreeSet<_> = methods.collect();
    let served: BTreeSet<_> =
        served().into_iter().map(|(path, method)| (path, method.to_owned())).collect();
    assert_eq!(documented, served);
}

#[test]
fn bodies_are_what_their_readers_ask_for() {
    let document = document();
    let body = |path: &str| &document["paths"][path]["post"]["requestBody"];
    let sign_up = body("/sign-up/email");
    assert_eq!(sign_up["required"], true);
    let content = sign_up["content"].as_object().unwrap();
    assert_eq!(
        content.keys().collect::<Vec<_>>(),
        ["application/json", "application/x-www-form-urlencoded"]
    );
    let schema = &content["application/json"]["schema"];
    assert_eq!(schema["required"], json!(["name", "email", "password"]));
    assert_eq!(schema["properties"]["email"], json!({"type": "string", "format": "email"}));
    assert_eq!(schema["properties"]["password"], json!({"type": "string", "minLength": 1}));
    assert_eq!(schema["properties"]["rememberMe"], json!({"type": "boolean"}));
    assert_eq!(body("/sign-out")["required"], false);
    assert_eq!(body("/revoke-sessions"), &Value::Null);
    let image =
        &body("/update-user")["content"]["application/json"]["schema"]["properties"]["image"];
    assert_eq!(image, &json!({"type": ["string", "null"]}));
}

#[test]
fn what_asks_for_a_session_says_so() {
    let document = document();
    let operation = |path: &str, method: &str| document["paths"][path][method].clone();
    assert!(operation("/list-sessions", "get")["security"].is_array());
    assert!(operation("/get-session", "get")["security"].is_null());
    let fresh = operation("/list-sessions", "get")["responses"]["403"].to_string();
    assert!(fresh.contains("SESSION_NOT_FRESH"), "{fresh}");
    let ids: Vec<String> = served()
        .into_iter()
        .map(|(path, method)| operation(&path, method)["operationId"].to_string())
        .collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{ids:?}");
}

#[test]
fn every_schema_that_is_referred_to_is_there() {
    let document = document();
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let referred: BTreeSet<&str> = text
        .split("#/components/schemas/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(referred, schemas.keys().map(String::as_str).collect());
}
