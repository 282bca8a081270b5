//! What HTTP does not reach, on both engines: tables that differ, are added to, and are copied.

use tempfile::TempDir;

use super::engine::Engine;
use super::*;
use crate::clock::Date;
use crate::crypto::Random;

const NOW: Date = Date::from_milliseconds(1_800_000_000_000);

/// An empty database, and what keeps it.
struct Place {
    url: DatabaseUrl,
    _directory: Option<TempDir>,
}

fn sqlite() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(directory.path().join("auth.db"));
    Place { url, _directory: Some(directory) }
}

/// A new database in the server that the variable names.
#[expect(clippy::disallowed_methods, reason = "a test has nobody to get it from")]
async fn postgres() -> Place {
    let server = std::env::var("GATEWRIGHT_TEST_POSTGRES").expect(
        "GATEWRIGHT_TEST_POSTGRES names a PostgreSQL for tests: `cargo xtask postgres cargo test` \
         starts one",
    );
    let (client, connection) =
        tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let name = Random::system().id(16).to_lowercase();
    client.batch_execute(&format!(r#"CREATE DATABASE "t{name}""#)).await.unwrap();
    let (rest, query) = server.split_once('?').unwrap_or((&server, ""));
    let scheme = rest.find("://").unwrap() + 3;
    let end = rest[scheme..].find('/').map_or(rest.len(), |slash| scheme + slash);
    let url = format!("{}/t{name}?{query}", &rest[..end]);
    Place { url: url.parse().unwrap(), _directory: None }
}

async fn both() -> [Place; 2] {
    [sqlite(), postgres().await]
}

fn none() -> AdditionalFields {
    AdditionalFields::default()
}

async fn run(place: &Place, sql: &'static str) {
    let engine = Engine::open(&place.url).unwrap();
    engine.write(move |tx| Box::pin(tx.batch(sql))).await.unwrap();
    engine.close().await;
}

async fn inspect(place: &Place) -> Inspection {
    Store::inspect(&place.url, none(), none()).await.unwrap()
}

fn user(number: u32, random: &Random) -> NewUser {
    let user = User {
        id: random.id(32),
        name: format!("Ada {number} \u{1f600}"),
        email: format!("ada{number}@example.com"),
        email_verified: number.is_multiple_of(2),
        image: None,
        created_at: NOW.plus_seconds(number.into()),
        updated_at: NOW,
        additional: crate::fields::Additional::default(),
    };
    NewUser { user, account_id: random.id(32), password: "a:b".to_owned(), session: None }
}

async fn fill(place: &Place, users: u32) {
    let store = Store::open(&place.url).await.unwrap();
    let random = Random::system();
    for number in 0..users {
        store.create_user(user(number, &random)).await.unwrap();
    }
    store.close().await;
}

#[tokio::test]
async fn a_new_database_differs_in_nothing() {
    for place in both().await {
        Store::open(&place.url).await.unwrap().close().await;
        let found = inspect(&place).await;
        assert_eq!((found.drifts, found.own_drifts), (vec![], vec![]), "{}", place.url);
        assert_eq!(found.version, SchemaVersion::V1_7);
        assert!(found.tables.iter().any(|table| table.name == "user" && table.rows == 0));
    }
}

#[tokio::test]
async fn every_difference_is_named_and_nothing_is_changed() {
    for place in both().await {
        Store::open(&place.url).await.unwrap().close().await;
        run(&place, r#"ALTER TABLE "jwks" DROP COLUMN "crv""#).await;
        run(&place, r#"ALTER TABLE "verification" RENAME COLUMN "value" TO "worth""#).await;
        run(&place, r#"DROP TABLE "account""#).await;
        run(&place, r#"DROP TABLE "session""#).await;
        run(
            &place,
            r#"CREATE TABLE "session" ("id" text primary key, "expiresAt" integer, "token" text)"#,
        )
        .await;
        let drifts = inspect(&place).await.drifts;
        let found: Vec<String> = drifts.iter().map(ToString::to_string).collect();
        for expected in [
            "column jwks.crv is missing",
            "column verification.value is missing",
            "column verification.worth needs a value in each row, and Gatewright has none for it",
            "table account is missing",
            "column session.token may hold a value twice",
            "column session.userId is missing",
        ] {
            assert!(found.iter().any(|text| text == expected), "{expected}: {found:#?}");
        }
        let wrong = "column session.expiresAt is of the type integer, not ";
        assert!(found.iter().any(|text| text.starts_with(wrong)), "{found:#?}");
        let error = Store::open(&place.url).await.unwrap_err();
        assert!(matches!(error, StoreError::ForeignSchema { .. }), "{error:?}");
        assert_eq!(inspect(&place).await.drifts, drifts);
    }
}

#[tokio::test]
async fn a_migration_adds_what_is_missing_and_can_be_run_twice() {
    for place in both().await {
        fill(&place, 2).await;
        run(&place, r#"ALTER TABLE "jwks" DROP COLUMN "alg""#).await;
        run(&place, r#"DROP TABLE "rateLimit""#).await;
        assert_eq!(inspect(&place).await.version, SchemaVersion::V1_6);
        let shown = Store::migrate(&place.url, none(), none(), false).await.unwrap();
        assert_eq!(inspect(&place).await.drifts.len(), 1, "nothing was run");
        let ran = Store::migrate(&place.url, none(), none(), true).await.unwrap();
        assert_eq!(shown, ran);
        assert!(ran.iter().any(|sql| sql.starts_with(r#"ALTER TABLE "jwks" ADD COLUMN "alg""#)));
        let again = Store::migrate(&place.url, none(), none(), true).await.unwrap();
        assert_eq!(again, Vec::<String>::new());
        let found = inspect(&place).await;
        assert_eq!((found.drifts, found.own_drifts), (vec![], vec![]));
        let store = Store::open(&place.url).await.unwrap();
        assert!(store.has_own_tables() && store.has_email("ada1@example.com").await.unwrap());
    }
}

#[tokio::test]
async fn without_tables_of_ours_a_database_is_used_and_left_alone() {
    for place in both().await {
        Store::open(&place.url).await.unwrap().close().await;
        run(&place, r#"DROP TABLE "rateLimit""#).await;
        let store = Store::open(&place.url).await.unwrap();
        assert!(!store.has_own_tables());
        store.create_user(user(1, &Random::system())).await.unwrap();
        store.close().await;
        assert!(!inspect(&place).await.own_drifts.is_empty(), "nothing was added unasked");
    }
}

#[tokio::test]
async fn an_issuer_is_written_where_there_is_a_column_for_it() {
    for place in both().await {
        Store::open(&place.url).await.unwrap().close().await;
        run(&place, r#"ALTER TABLE "account" ADD COLUMN "issuer" text"#).await;
        assert_eq!(inspect(&place).await.version, SchemaVersion::V1_7WithIssuer);
        let store = Store::open(&place.url).await.unwrap();
        store.create_user(user(1, &Random::system())).await.unwrap();
        let sql = r#"SELECT "issuer" FROM "account""#;
        let issuer = store.engine.first(sql, values![], |row| row.text(0)).await.unwrap();
        assert_eq!(issuer.as_deref(), Some("local:credential"));
    }
}

#[tokio::test]
async fn ids_are_uuids_where_the_database_has_them() {
    let place = postgres().await;
    Store::open(&place.url).await.unwrap().close().await;
    for sql in [
        r#"ALTER TABLE "session" DROP CONSTRAINT "session_userId_fkey""#,
        r#"ALTER TABLE "account" DROP CONSTRAINT "account_userId_fkey""#,
        r#"ALTER TABLE "user" ALTER "id" TYPE uuid USING "id"::uuid"#,
        r#"ALTER TABLE "session" ALTER "userId" TYPE uuid USING "userId"::uuid, ALTER "id" TYPE uuid USING "id"::uuid"#,
        r#"ALTER TABLE "account" ALTER "userId" TYPE uuid USING "userId"::uuid, ALTER "id" TYPE uuid USING "id"::uuid"#,
    ] {
        run(&place, sql).await;
    }
    let store = Store::open(&place.url).await.unwrap();
    let random = Random::system();
    let mut new = user(1, &random);
    new.user.id = store.new_id(&random);
    new.account_id = store.new_id(&random);
    let id = new.user.id.clone();
    assert_eq!(id.len(), 36);
    store.create_user(new).await.unwrap();
    let found = store.find_credential("ada1@example.com").await.unwrap().unwrap();
    assert_eq!((found.user.id.as_str(), found.password.as_deref()), (id.as_str(), Some("a:b")));
    assert!(store.find_user(&id).await.unwrap().is_some());
    assert_eq!(store.find_user_id(&id).await.unwrap(), Some(id.clone()));
    assert_eq!(store.find_user_id("nobody").await.unwrap(), None);
    let unlinked = store.unlink_account("no id of this kind".to_owned(), id).await;
    assert!(matches!(unlinked, Err(UnlinkError::Last | UnlinkError::NotFound)), "{unlinked:?}");
}

#[tokio::test]
async fn a_copy_has_the_same_rows_in_both_directions_and_goes_on_where_it_stopped() {
    let (source, target, back) = (sqlite(), postgres().await, sqlite());
    fill(&source, 450).await;
    let mut steps = 0;
    let copied =
        Store::copy(&source.url, &target.url, none(), none(), |_| steps += 1).await.unwrap();
    let of = |copied: &Copied, name: &str| {
        let table = copied.tables.iter().find(|table| table.name == name).unwrap();
        (table.rows, table.written, table.checksum.clone())
    };
    let (rows, written, checksum) = of(&copied, "user");
    assert_eq!((rows, written, steps > 6), (450, 450, true));

    run(&target, r#"DELETE FROM "user" WHERE "email" LIKE '%7@example.com'"#).await;
    let again = Store::copy(&source.url, &target.url, none(), none(), |_| {}).await.unwrap();
    assert_eq!(of(&again, "user"), (450, 45, checksum.clone()));
    assert_eq!(of(&again, "account").1, 45);

    let home = Store::copy(&target.url, &back.url, none(), none(), |_| {}).await.unwrap();
    assert_eq!(of(&home, "user"), (450, 450, checksum));

    let other = postgres().await;
    fill(&other, 1).await;
    let refused = Store::copy(&source.url, &other.url, none(), none(), |_| {}).await;
    assert!(refused.is_err(), "{refused:?}");
}
