//! `gatewright users import`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::database::{Engine, on_both_engines};
use crate::process::Finished;
use crate::server::{Options, Server};
use crate::users_command::{done, users};

/// What [`HASHES`] were made of, each by another library.
const PASSWORD: &str = "correct horse ü";

const HASHES: [&str; 5] = [
    "$2b$10$2fmohPJaQWXuOqYHPGs2huU6eVbR/iiywRJtWSWvLSkbaUec7TX/u",
    "$2b$04$4o38TiXxKztyPTZXQCN3fugDHz6MtwOmho/pqG1lrJbBqHtuH1DKe",
    "$argon2id$v=19$m=1024,t=2,p=2$gFI6I/vSPphcHln8hGNIXg$Nw2bW+d4el3V2gZeklhprGy5UZK5jaqlG3m7ferPd4E",
    "$scrypt$ln=10,r=8,p=1$dK517h1DCEGoFSJEyFnL+Q$f1wp6Mmx77tgtt5Ao87OT38aAv9Ts/Pw4WnR5QJIqMY",
    "scrypt:1024:8:1$lmISUnW5lQZs1w5m$a0a3a5103c2d9a622d90dd4a56209811060498b56075a479c30e72dfc09714cadea010ff088292f73c78e673b4ccb493120d27ddde901283dedc94c00ef56914",
];

fn import(options: &Options, name: &str, text: &str, args: &[&str]) -> Finished {
    std::fs::write(options.path(name), text).expect("a file");
    users(options, &[&["import", name], args].concat())
}

fn numbers(report: &Value) -> [u64; 5] {
    ["lines", "imported", "updated", "skipped", "refused"]
        .map(|name| report[name].as_u64().expect("a number"))
}

on_both_engines! {
    whoever_is_taken_in_signs_in_with_the_password_they_had_and_gets_better_auths_hash,
    csv_has_the_same_fields_and_more_of_the_teams_own,
    a_second_run_does_what_is_left_and_says_what_was_there,
    who_is_there_is_kept_changed_or_ends_the_import_as_asked,
    each_line_with_a_flaw_is_named_and_the_others_are_taken_in,
    a_stored_hash_that_would_cost_too_much_is_no_match,
}

async fn whoever_is_taken_in_signs_in_with_the_password_they_had_and_gets_better_auths_hash(
    engine: Engine,
) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let lines = HASHES.iter().enumerate().fold(String::new(), |mut text, (at, hash)| {
        let row = json!({"email": format!("User{at}@example.com"), "password_hash": hash,
                "emailVerified": at == 0, "created_at": "2020-01-02T03:04:05Z"});
        let _ = writeln!(text, "{row}");
        text
    });
    let finished = import(&options, "users.jsonl", &lines, &[]);
    let report = done(&finished);
    assert_eq!(numbers(&report), [5, 5, 0, 0, 0]);
    assert_eq!(report["hashes"], json!({"argon2": 1, "bcrypt": 2, "scrypt": 2}));
    for hash in HASHES {
        assert!(!finished.output().contains(hash), "a hash is shown");
    }
    for at in 0..HASHES.len() {
        let email = format!("user{at}@example.com");
        let wrong = server.sign_in(&email, "correct horse u").send().await;
        assert_eq!(
            (wrong.status, &wrong.json()["code"]),
            (401, &json!("INVALID_EMAIL_OR_PASSWORD"))
        );
        for _ in 0..2 {
            let answer = server.sign_in(&email, PASSWORD).send().await;
            assert_eq!(answer.status, 200, "{email}: {answer:?}");
            let user = &answer.json()["user"];
            assert_eq!(user["createdAt"], "2020-01-02T03:04:05.000Z");
            assert_eq!(user["emailVerified"], json!(at == 0));
        }
    }
    for hash in options.rows().texts(r#"SELECT "password" FROM "account""#) {
        let (salt, key) = hash.split_once(':').expect("Better Auth's own form");
        assert_eq!((salt.len(), key.len()), (32, 128), "{hash}");
    }
    server.assert_unharmed();
}

async fn csv_has_the_same_fields_and_more_of_the_teams_own(engine: Engine) {
    let file = "[user.additional_fields.role]\ntype = \"string\"\ninput = false\ndefault_value = \"user\"\n\
        [user.additional_fields.score]\ntype = \"number\"\nrequired = false\n\
        [user.additional_fields.tags]\ntype = \"string[]\"\nrequired = false\n";
    let options = Options::on(engine).file("gatewright.toml", file);
    let server = Server::start(&options);
    let csv = format!(
        "id,email,name,email_verified,image,password,password_hash,role,score,tags\r\n\
             id-1,ada@example.com,\"Lovelace, Ada\",t,,{PASSWORD},,admin,7,\"[\"\"a\"\"]\"\r\n\
             ,bob@example.com,,0,http://x/y,,{},,,\r\n\
             ,eve@example.com,,,,,,,,\r\n",
        HASHES[1]
    );
    let report = done(&import(&options, "users.csv", &csv, &[]));
    assert_eq!(numbers(&report), [3, 3, 0, 0, 0]);
    assert_eq!(report["without_password"], 1);
    let ada = server.sign_in("ada@example.com", PASSWORD).send().await.json()["user"].clone();
    let expected = [
        json!("id-1"),
        json!("Lovelace, Ada"),
        json!(true),
        json!("admin"),
        json!(7),
        json!(["a"]),
    ];
    assert_eq!(
        ["id", "name", "emailVerified", "role", "score", "tags"].map(|name| ada[name].clone()),
        expected
    );
    let bob = server.sign_in("bob@example.com", PASSWORD).send().await.json()["user"].clone();
    assert_eq!(
        (&bob["role"], &bob["score"], &bob["image"]),
        (&json!("user"), &Value::Null, &json!("http://x/y"))
    );
    server.assert_unharmed();
}

async fn a_second_run_does_what_is_left_and_says_what_was_there(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    // More than two batches, one of them not full.
    let lines: Vec<String> = (0..1200)
            .map(|at| json!({"id": format!("id{at}"), "email": format!("u{at}@example.com"), "password_hash": HASHES[1]}).to_string())
            .collect();
    let dry = done(&import(&options, "all.jsonl", &lines.join("\n"), &["--dry-run"]));
    assert_eq!((numbers(&dry), options.rows().count("user")), ([1200, 1200, 0, 0, 0], 0));
    let half = done(&import(&options, "half.jsonl", &lines[..700].join("\n"), &[]));
    assert_eq!(numbers(&half), [700, 700, 0, 0, 0]);
    let whole = done(&import(&options, "all.jsonl", &lines.join("\n"), &[]));
    assert_eq!(numbers(&whole), [1200, 500, 0, 700, 0]);
    assert_eq!((options.rows().count("user"), options.rows().count("account")), (1200, 1200));
    let last = server.sign_in("u1199@example.com", PASSWORD).send().await;
    assert_eq!((last.status, &last.json()["user"]["id"]), (200, &json!("id1199")));
    server.assert_unharmed();
}

async fn who_is_there_is_kept_changed_or_ends_the_import_as_asked(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let (ada, bob) = (server.sign_up("ada").await, server.sign_up("bob").await);
    let row = json!({"email": "ADA@example.com", "name": "Countess", "email_verified": true, "password": PASSWORD});
    let skipped = done(&import(&options, "a.jsonl", &row.to_string(), &[]));
    assert_eq!(numbers(&skipped), [1, 0, 0, 1, 0]);

    let new = json!({"email": "new@example.com"});
    let failed =
        import(&options, "b.jsonl", &format!("{new}\n{row}\n"), &["--on-conflict", "fail"]);
    assert_eq!(failed.code(), Some(2), "{}", failed.output());
    assert!(failed.stderr.contains("line 2"), "{}", failed.stderr);
    assert_eq!(options.rows().count("user"), 2, "a batch is written whole or not");

    let other = json!({"id": bob.id, "email": ada.email});
    let updated =
        import(&options, "c.jsonl", &format!("{row}\n{other}\n"), &["--on-conflict", "update"]);
    assert_eq!(updated.code(), Some(1), "{}", updated.output());
    assert_eq!(numbers(&updated.json()), [2, 0, 1, 0, 1]);
    assert_eq!(updated.json()["flaws"][0]["line"], 2);
    let answer = server.sign_in(&ada.email, PASSWORD).send().await;
    let user = &answer.json()["user"];
    assert_eq!(
        (answer.status, &user["id"], &user["name"]),
        (200, &json!(ada.id), &json!("Countess"))
    );
    assert_eq!(user["emailVerified"], json!(true));
    server.assert_unharmed();
}

async fn each_line_with_a_flaw_is_named_and_the_others_are_taken_in(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let secret = "hunter2-and-more";
    let lines = [
        json!({"email": "ok@example.com", "password": secret}).to_string(),
        json!({"email": "nobody", "password": secret}).to_string(),
        json!({"name": "no address", "password": secret}).to_string(),
        json!({"email": "a@example.com", "password": "short"}).to_string(),
        json!({"email": "b@example.com", "password_hash": secret}).to_string(),
        json!({"email": "c@example.com", "password_hash": HASHES[0].replace("$10$", "$31$")})
            .to_string(),
        json!({"email": "d@example.com", "password": secret, "password_hash": HASHES[0]})
            .to_string(),
        json!({"email": "e@example.com", "role": "admin"}).to_string(),
        json!({"email": "f@example.com", "created_at": "yesterday"}).to_string(),
        json!({"email": "g@example.com", "email_verified": "perhaps"}).to_string(),
        json!({"email": "h@example.com", "name": "a\u{0}b"}).to_string(),
        "not JSON".to_owned(),
        json!({"email": "OK@example.com"}).to_string(),
    ];
    let finished = import(&options, "users.jsonl", &lines.join("\n"), &[]);
    assert_eq!(finished.code(), Some(1), "{}", finished.output());
    let report = finished.json();
    assert_eq!(numbers(&report), [13, 1, 0, 1, 11]);
    let flaws = report["flaws"].as_array().expect("a list").iter();
    let named: Vec<u64> = flaws.map(|flaw| flaw["line"].as_u64().expect("a line")).collect();
    assert_eq!(named, (2..=12).collect::<Vec<_>>());
    assert!(finished.stderr.contains("line 12: "), "{}", finished.stderr);
    assert!(finished.stderr.contains("costs too much"), "{}", finished.stderr);
    assert!(!finished.output().contains(secret), "a password is shown: {}", finished.output());
    assert!(!finished.stderr.contains('\r'), "no progress without a terminal");
    assert_eq!(server.sign_in("ok@example.com", secret).send().await.status, 200);
    server.assert_unharmed();
}

/// As another program on the same database might leave it.
async fn a_stored_hash_that_would_cost_too_much_is_no_match(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let costly = HASHES[0].replace("$10$", "$31$");
    options.rows().execute(&format!(r#"UPDATE "account" SET "password" = '{costly}'"#));
    let answer = server.sign_in(&ada.email, PASSWORD).send().await;
    assert_eq!((answer.status, &answer.json()["code"]), (401, &json!("INVALID_EMAIL_OR_PASSWORD")));
    server.assert_unharmed();
}
