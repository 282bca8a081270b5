//! What is kept: for whom, how long, and for every server that shares the database.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{PASSWORD, SESSION_COOKIE};
use crate::database::{Engine, on_both_engines};
use crate::server::{Options, Server, Starting};

on_both_engines! {
    a_user_who_is_deleted_takes_sessions_and_accounts_along,
    nothing_is_lost_by_a_restart,
    two_servers_share_a_database,
    of_fifty_sign_ups_with_one_address_one_wins,
    an_expired_session_is_none_and_is_cleared_away,
    with_another_secret_no_server_starts_and_no_key_is_replaced,
    fifty_servers_that_start_at_once_make_one_key,
}

async fn a_user_who_is_deleted_takes_sessions_and_accounts_along(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let (ada, eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    let database = options.rows();
    assert_eq!((database.count("session"), database.count("account")), (2, 2));
    database.execute(&format!("DELETE FROM \"user\" WHERE \"id\" = '{}'", ada.id));
    assert_eq!((database.count("session"), database.count("account")), (1, 1));

    let gone = server.get("/get-session").by(&ada).send().await;
    assert_eq!((gone.status, gone.json()), (200, Value::Null));
    assert_eq!(server.sign_in(&ada.email, PASSWORD).send().await.status, 401);
    let there = server.get("/get-session").by(&eve).send().await;
    assert_eq!(there.json()["user"]["id"], json!(eve.id));
    server.assert_unharmed();
}

async fn nothing_is_lost_by_a_restart(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    server.stop().assert_no_failure();
    let server = Server::start(&options);
    let session = server.get("/get-session").by(&ada).send().await;
    assert_eq!(session.json()["session"]["token"], json!(ada.token));
    assert_eq!(server.sign_in(&ada.email, PASSWORD).send().await.status, 200);
    server.assert_unharmed();
}

async fn two_servers_share_a_database(engine: Engine) {
    let options = Options::on(engine).arg("--base-url").arg("http://auth.example.com");
    // Started at once on a file that is not there yet.
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| Server::start(&options));
        let two = scope.spawn(|| Server::start(&options));
        (one.join().expect("the first starts"), two.join().expect("the second starts"))
    });
    let sign_up = async |server: &Server, name: String| server.sign_up(&name).await;
    for round in 0..4 {
        let (ada, eve) = tokio::join!(
            sign_up(&one, format!("ada{round}")),
            sign_up(&two, format!("eve{round}"))
        );
        for (server, user) in [(&two, &ada), (&one, &eve)] {
            let session = server.get("/get-session").by(user).send().await;
            assert_eq!(session.json()["user"]["id"], json!(user.id), "{session:?}");
            assert_eq!(server.sign_in(&user.email, PASSWORD).send().await.status, 200);
            assert_eq!(server.get("/token").by(user).send().await.status, 200);
        }
        let gone = two.post("/sign-out", &json!({})).by(&ada).send().await;
        assert_eq!(gone.status, 200);
        assert!(one.get("/get-session").by(&ada).send().await.json().is_null());
    }
    // Whatever the one has signed, the other publishes the key of.
    let keys = async |server: &Server| server.get("/jwks").send().await.json();
    assert_eq!(keys(&one).await, keys(&two).await);
    one.assert_unharmed();
    two.assert_unharmed();
}

async fn of_fifty_sign_ups_with_one_address_one_wins(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        tasks.spawn(server.signing_up("Ada", "ada@example.com").send());
    }
    let mut statuses: Vec<u16> =
        tasks.join_all().await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (200, &[422; 49][..]));
    let database = options.rows();
    assert_eq!(["user", "account", "session"].map(|table| database.count(table)), [1, 1, 1]);
    server.assert_unharmed();
}

async fn an_expired_session_is_none_and_is_cleared_away(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let database = options.rows();
    let past = "UPDATE session SET \"expiresAt\" = '2020-01-01T00:00:00.000Z'";
    assert_eq!(database.execute(past), 1);
    let answer = server.get("/get-session").by(&ada).send().await;
    assert_eq!((answer.status, answer.json()), (200, Value::Null));
    assert_eq!(answer.header("set-auth-jwt"), None, "no token for an expired session");
    assert_eq!(answer.cookie(SESSION_COOKIE).expect("a cleared cookie").value, "");
    assert_eq!(database.count("session"), 0);
    for path in ["/token", "/list-sessions"] {
        assert_eq!(server.get(path).by(&ada).send().await.status, 401, "{path}");
    }
    server.assert_unharmed();
}

async fn with_another_secret_no_server_starts_and_no_key_is_replaced(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    assert_eq!(server.get("/token").by(&ada).send().await.status, 200);
    server.stop().assert_no_failure();

    let other = "another-secret-for-tests-of-52-characters-or-so-long";
    let starting = Starting::new(&options.clone().variable("BETTER_AUTH_SECRET", other));
    let refused = starting.refused();
    assert_eq!(refused.code(), Some(2), "{}", refused.output());
    assert!(refused.stderr.contains("gatewright keys rotate"), "{}", refused.stderr);
    assert!(!refused.output().contains(other), "{}", refused.output());
    assert_eq!(options.rows().count("jwks"), 1, "no key is replaced");

    let server = Server::start(&options);
    let session = server.get("/get-session").by(&ada).send().await;
    assert_eq!(session.json()["user"]["id"], json!(ada.id), "with the first one all is well");
    server.assert_unharmed();
}

/// All on a database without a table, each asked for a key before any has one.
async fn fifty_servers_that_start_at_once_make_one_key(engine: Engine) {
    let options = Options::on(engine);
    let starting: Vec<Starting> = (0..50).map(|_| Starting::new(&options)).collect();
    let servers: Vec<Server> = starting.into_iter().map(Starting::listening).collect();
    let mut tasks = JoinSet::new();
    for server in &servers {
        tasks.spawn(server.get("/jwks").send());
    }
    let mut keys = BTreeSet::new();
    for answer in tasks.join_all().await {
        assert_eq!(answer.status, 200, "{answer:?}");
        keys.insert(answer.text());
    }
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert_eq!(options.rows().count("jwks"), 1);
    for server in servers {
        server.stop().assert_no_failure();
    }
}
