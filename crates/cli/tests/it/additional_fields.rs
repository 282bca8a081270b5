//! Fields of the team's own: in every place where a user or session is shown, and in none where they
//! are not to be.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::client::{PASSWORD, SESSION_COOKIE, User};
use crate::database::{Engine, on_both_engines};
use crate::process::{Process, gatewright};
use crate::server::{Options, SECRET, Server};

const FIELDS: &str = r#"
[user.additional_fields.nickName]
type = "string"
field_name = "nick_name"

[user.additional_fields.role]
type = "string"
input = false
default_value = "user"

[user.additional_fields.badge]
type = "string"
required = false
unique = true

[user.additional_fields.pin]
type = "string"
required = false
returned = false

[user.additional_fields.tags]
type = "string[]"
default_value = ["new"]

[session.additional_fields.theme]
type = "string"
default_value = "light"
"#;

fn with_fields(engine: Engine) -> Options {
    Options::on(engine).file("gatewright.toml", FIELDS)
}

async fn sign_up(server: &Server, name: &str, more: Value) -> User {
    let mut body = json!({"name": name, "email": format!("{name}@example.com"),
        "password": PASSWORD, "nickName": name.to_uppercase()});
    let more = more.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(more);
    let answer = server.post("/sign-up/email", &body).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    User {
        id: answer.json()["user"]["id"].as_str().expect("an id").to_owned(),
        email: format!("{name}@example.com"),
        token: answer.json()["token"].as_str().expect("a token").to_owned(),
        cookie: answer.cookie(SESSION_COOKIE).expect("a session cookie").value,
        bearer: answer.header("set-auth-token").expect("a signed token").to_owned(),
    }
}

on_both_engines! {
    they_are_shown_wherever_a_user_is_but_for_what_is_hidden,
    nobody_gives_themselves_what_is_not_theirs_to_give,
    of_many_who_want_a_value_that_is_there_once_one_gets_it,
    a_value_of_another_type_in_the_database_locks_nobody_out,
    a_database_without_their_columns_is_not_altered_unasked,
}

async fn they_are_shown_wherever_a_user_is_but_for_what_is_hidden(engine: Engine) {
    let server = Server::start(&with_fields(engine));
    let ada = sign_up(&server, "ada", json!({"pin": "1234", "role": "admin"})).await;
    let session = server.get("/get-session").by(&ada).send().await.json();
    let jwt = server.get("/token").by(&ada).send().await.json();
    let payload = jwt["token"].as_str().and_then(|jwt| jwt.split('.').nth(1)).expect("a JWT");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64");
    let claims: Value = serde_json::from_slice(&payload).expect("JSON");
    let signed_in = server.sign_in(&ada.email, PASSWORD).send().await.json();
    for user in [&session["user"], &claims, &signed_in["user"]] {
        assert_eq!(user["nickName"], "ADA", "{user}");
        assert_eq!(user["role"], "user", "{user}");
        assert_eq!(user["tags"], json!(["new"]), "{user}");
        assert_eq!(user["badge"], Value::Null, "{user}");
        for hidden in ["pin", "nick_name"] {
            assert!(user.get(hidden).is_none(), "{user}");
        }
    }
    assert_eq!(claims["sub"], json!(ada.id));
    assert_eq!(session["session"]["theme"], "light");
    server.assert_unharmed();
}

async fn nobody_gives_themselves_what_is_not_theirs_to_give(engine: Engine) {
    let server = Server::start(&with_fields(engine));
    let ada = sign_up(&server, "ada", json!({})).await;
    for body in [json!({"role": "admin"}), json!({"role": "admin", "nickName": "x"})] {
        let answer = server.post("/update-user", &body).by(&ada).send().await;
        let error =
            json!({"code": "FIELD_NOT_ALLOWED", "message": "role is not allowed to be set"});
        assert_eq!((answer.status, answer.json()), (400, error));
    }
    let body = json!({"emailVerified": true, "id": "x", "nick_name": "y", "updatedAt": "z"});
    assert_eq!(server.post("/update-user", &body).by(&ada).send().await.status, 400);
    let body = json!({"userId": "x", "token": "y", "expiresAt": "2100-01-01T00:00:00.000Z"});
    assert_eq!(server.post("/update-session", &body).by(&ada).send().await.status, 400);
    let user = server.get("/get-session").by(&ada).send().await.json()["user"].take();
    assert_eq!((&user["role"], &user["nickName"]), (&json!("user"), &json!("ADA")));
    assert_eq!(user["emailVerified"], false);
    server.assert_unharmed();
}

async fn of_many_who_want_a_value_that_is_there_once_one_gets_it(engine: Engine) {
    let options = with_fields(engine);
    let server = Server::start(&options);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let body = json!({"name": "x", "email": format!("u{number}@example.com"),
            "password": PASSWORD, "nickName": "x", "badge": "gold"});
        tasks.spawn(server.post("/sign-up/email", &body).send());
    }
    let mut statuses: Vec<u16> =
        tasks.join_all().await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422, 422, 422, 422, 422, 422, 422]);
    server.assert_unharmed();
}

async fn a_value_of_another_type_in_the_database_locks_nobody_out(engine: Engine) {
    let options = with_fields(engine);
    let server = Server::start(&options);
    let ada = sign_up(&server, "ada", json!({})).await;
    // What PostgreSQL keeps is JSON and text at least.
    let (tags, badge, shown) = match engine {
        Engine::Sqlite => ("'no list'", "x'00ff'", Value::Null),
        Engine::Postgres => ("'7'", "'{}'", json!("{}")),
    };
    let broken = format!("UPDATE \"user\" SET \"tags\" = {tags}, \"badge\" = {badge}");
    assert_eq!(options.rows().execute(&broken), 1);
    let user = server.get("/get-session").by(&ada).send().await.json()["user"].take();
    assert_eq!((&user["tags"], &user["badge"]), (&Value::Null, &shown), "{user}");
    server.assert_unharmed();
}

/// What a server says that does not start with this file.
fn refused(file: &str) -> String {
    let options = Options::default().file("gatewright.toml", file);
    let variables = [("BETTER_AUTH_SECRET".to_owned(), SECRET.to_owned())];
    let args = ["serve", "--listen", "127.0.0.1:0"];
    let command = gatewright(&options.path(""), &args, &variables);
    let finished = Process::spawn(command).finish();
    assert_eq!(finished.code(), Some(2), "{file}: {}", finished.stderr);
    finished.stderr
}

#[test]
fn fields_that_could_not_work_keep_a_server_from_starting() {
    for (file, says) in [
        ("[user.additional_fields.a]\nrequired = false", "a.type is missing"),
        ("[user.additional_fields.a]\ntype = 'text'", "takes boolean, date, number"),
        ("[user.additional_fields.a]\ntype = 'string'\ndefault = 'x'", "no such key"),
        ("[user.additional_fields.email]\ntype = 'string'", "already"),
        ("[user.additional_fields.sub]\ntype = 'string'", "already"),
        ("[session.additional_fields.token]\ntype = 'string'\nrequired = false", "already"),
        ("[user.additional_fields.'a\"; drop']\ntype = 'string'", "letters, digits"),
        ("[user.additional_fields.a]\ntype = 'string'\nfield_name = 'a b'", "letters, digits"),
        ("[user.additional_fields.a]\ntype = 'number'\ndefault_value = 'x'", "is no number"),
        ("[user.additional_fields.a]\ntype = 'string'\ninput = false", "nobody who could set it"),
        ("[session.additional_fields.a]\ntype = 'string'", "nobody who could set it"),
        ("[user]\nadditional_fields = 'a'", "takes a table"),
    ] {
        let said = refused(file);
        assert!(said.contains(says), "{file} says: {said}");
    }
}

async fn a_database_without_their_columns_is_not_altered_unasked(engine: Engine) {
    let options = Options::on(engine);
    let directory = options.path("");
    let variables = [("BETTER_AUTH_SECRET".to_owned(), SECRET.to_owned())];
    let server = Server::start(&options);
    server.stop().assert_no_failure();
    std::fs::write(options.path("gatewright.toml"), FIELDS).expect("a file");
    let database = options.rows().url();
    let args = ["serve", "--listen", "127.0.0.1:0", "--database", &database];
    let finished = Process::spawn(gatewright(&directory, &args, &variables)).finish();
    assert_eq!(finished.code(), Some(2), "{}", finished.stderr);
    assert!(finished.stderr.contains("column user.badge"), "{}", finished.stderr);
}

#[test]
fn they_are_in_what_config_shows_and_in_its_schema() {
    let options = with_fields(Engine::Sqlite);
    let run = |args: &[&str]| {
        let finished = Process::spawn(gatewright(&options.path(""), args, &[])).finish();
        assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
        serde_json::from_str::<Value>(&finished.stdout).expect("JSON")
    };
    let shown = run(&["config", "show", "--format", "json"]);
    let role = &shown["keys"]["user.additional_fields.role.default_value"];
    assert_eq!(role["value"], "user", "{shown}");
    let schema = run(&["config", "schema"]);
    let fields = &schema["properties"]["session"]["properties"]["additional_fields"];
    assert_eq!(fields["additionalProperties"]["required"], json!(["type"]), "{fields}");
}
