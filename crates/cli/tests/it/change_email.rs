//! Changes of address: to one's own mail alone, once for each link, and without telling who there
//! is.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{PASSWORD, User};
use crate::database::{Engine, on_both_engines};
use crate::server::{Options, Server};

const CHANGES: &str = "GATEWRIGHT__USER__CHANGE_EMAIL__ENABLED";
const AT_ONCE: &str = "GATEWRIGHT__USER__CHANGE_EMAIL__UPDATE_EMAIL_WITHOUT_VERIFICATION";
const CONFIRMED: &str = "GATEWRIGHT__USER__CHANGE_EMAIL__SEND_CHANGE_EMAIL_CONFIRMATION";

fn enabled(engine: Engine) -> Options {
    Options::on(engine).variable(CHANGES, "true")
}

async fn ask(server: &Server, user: &User, email: &str) {
    let answer = server.post("/change-email", &json!({"newEmail": email})).by(user).send().await;
    assert_eq!((answer.status, answer.json()), (200, json!({"status": true})));
}

async fn email_of(server: &Server, user: &User) -> Value {
    server.get("/get-session").by(user).send().await.json()["user"]["email"].take()
}

on_both_engines! {
    it_is_off_unless_it_is_configured,
    a_link_opened_fifty_times_at_once_changes_the_address_once,
    of_many_who_want_an_address_one_gets_it_and_nobody_learns_of_it_before,
    a_link_is_good_for_its_own_user_and_address_alone,
    an_old_address_that_is_verified_is_asked_first,
    a_link_that_is_opened_again_and_again_mails_nobody_without_end,
}

async fn it_is_off_unless_it_is_configured(engine: Engine) {
    let options = Options::on(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let body = json!({"newEmail": "new@example.com"});
    let answer = server.post("/change-email", &body).by(&ada).send().await;
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("CHANGE_EMAIL_DISABLED")));
    assert_eq!(email_of(&server, &ada).await, json!(ada.email));
    server.assert_unharmed();
    assert!(options.mails().is_empty());
}

async fn a_link_opened_fifty_times_at_once_changes_the_address_once(engine: Engine) {
    let options = enabled(engine);
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    ask(&server, &ada, "new@example.com").await;
    let mail = options.mail(0).await;
    assert_eq!(mail.to(), "new@example.com");
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let path = format!("/verify-email?token={}", mail.token());
        tasks.spawn(server.get(&path).send());
    }
    let (done, late): (Vec<_>, Vec<_>) =
        tasks.join_all().await.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(done.len(), 1, "{done:?}");
    assert_eq!(done[0].json()["user"]["email"], "new@example.com");
    for answer in late {
        assert_eq!((answer.status, &answer.json()["code"]), (401, &json!("INVALID_TOKEN")));
    }
    assert_eq!(server.sign_in("new@example.com", PASSWORD).send().await.status, 200);
    assert_eq!(server.sign_in(&ada.email, PASSWORD).send().await.status, 401);
    server.assert_unharmed();
}

async fn of_many_who_want_an_address_one_gets_it_and_nobody_learns_of_it_before(engine: Engine) {
    let options = enabled(engine).variable(AT_ONCE, "true");
    let server = Server::start(&options);
    let mut users = Vec::new();
    for name in ["ada", "bob", "carl", "dora"] {
        users.push(server.sign_up(name).await);
    }
    let mut tasks = JoinSet::new();
    for user in &users {
        let body = json!({"newEmail": "Wanted@example.com"});
        tasks.spawn(server.post("/change-email", &body).by(user).send());
    }
    for answer in tasks.join_all().await {
        assert_eq!((answer.status, answer.json()), (200, json!({"status": true})));
    }
    let mut owners = 0;
    for user in &users {
        owners += usize::from(email_of(&server, user).await == json!("wanted@example.com"));
    }
    assert_eq!(owners, 1);
    server.assert_unharmed();
    // Whoever has it is asked to prove it; to nobody else there is anything to say.
    assert_eq!(options.mails().len(), 1);
}

async fn a_link_is_good_for_its_own_user_and_address_alone(engine: Engine) {
    let options = enabled(engine);
    let server = Server::start(&options);
    let (ada, eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    ask(&server, &ada, "first@example.com").await;
    let first = options.mail(0).await;
    ask(&server, &ada, "second@example.com").await;
    let second = options.mail(1).await;

    let answer = server.get(first.path()).by(&eve).send().await;
    assert_eq!(answer.header("location"), Some("/?error=INVALID_USER"));
    let answer = server.get(second.path()).send().await;
    assert_eq!(answer.header("location"), Some("/"));
    // The address is another by now: what was agreed to for the old one is void.
    let answer = server.get(first.path()).send().await;
    assert_eq!(answer.header("location"), Some("/?error=INVALID_TOKEN"));
    assert_eq!(email_of(&server, &ada).await, json!("second@example.com"));
    assert_eq!(email_of(&server, &eve).await, json!(eve.email));
    server.assert_unharmed();
}

async fn an_old_address_that_is_verified_is_asked_first(engine: Engine) {
    let options = enabled(engine).variable(CONFIRMED, "true");
    let server = Server::start(&options);
    let ada = server.sign_up("ada").await;
    let verify = json!({"email": ada.email});
    assert_eq!(server.post("/send-verification-email", &verify).by(&ada).send().await.status, 200);
    let proof = options.mail(0).await;
    assert_eq!(server.get(proof.path()).send().await.status, 302);

    ask(&server, &ada, "new@example.com").await;
    let question = options.mail(1).await;
    assert_eq!(question.to(), "ada@example.com");
    // Who can read the new address's mail alone has nothing to go on with.
    assert_eq!(server.get(question.path()).send().await.status, 302);
    let proof = options.mail(2).await;
    assert_eq!(proof.to(), "new@example.com");
    assert_eq!(email_of(&server, &ada).await, json!("ada@example.com"));
    assert_eq!(server.get(proof.path()).send().await.status, 302);
    assert_eq!(email_of(&server, &ada).await, json!("new@example.com"));
    server.assert_unharmed();
    assert_eq!(options.mails().len(), 3);
}

async fn a_link_that_is_opened_again_and_again_mails_nobody_without_end(engine: Engine) {
    let options = enabled(engine).variable(CONFIRMED, "true");
    let limited = options.clone().variable("GATEWRIGHT__RATE_LIMIT__ENABLED", "true");
    let server = Server::start(&limited);
    let ada = server.sign_up("ada").await;
    let verify = json!({"email": ada.email});
    assert_eq!(server.post("/send-verification-email", &verify).by(&ada).send().await.status, 200);
    assert_eq!(server.get(options.mail(0).await.path()).send().await.status, 302);
    ask(&server, &ada, "victim@example.com").await;
    let question = options.mail(1).await;
    for _ in 0..20 {
        let answer = server.get(question.path()).send().await;
        assert_eq!((answer.status, answer.header("location")), (302, Some("/")));
    }
    server.assert_unharmed();
    // Three in a minute from one address, the request by hand among them.
    let mails = options.mails().len();
    assert_eq!(mails, 4, "two before, and two to the new address");
}
