//! Mail servers that are down, slow or unwilling, and servers that die with mails in hand: what was
//! promised arrives, and nobody waits for it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;

use crate::server::{Options, Server};
use crate::smtp::{ask_for_a_mail, mailing, reset_token, waiting};
use crate::smtp_server::SmtpServer;

/// A port of a mail server that is down, whose certificate is known.
fn down(options: &Options) -> u16 {
    SmtpServer::start(&options.path(""), "tls", &json!({})).port()
}

/// The mail server at a port that was another's before.
fn up(options: &Options, port: u16) -> SmtpServer {
    SmtpServer::start(&options.path(""), "tls", &json!({"port": port}))
}

#[tokio::test]
async fn what_a_server_that_is_down_could_not_take_it_gets_when_it_is_up() {
    let options = Options::default();
    let port = down(&options);
    let server = Server::start(&mailing(options.clone(), port, "tls"));
    server.sign_up("grace").await;
    ask_for_a_mail(&server).await;
    server.wait_for_log("a mail could not be delivered");
    let smtp = up(&options, port);
    let token = reset_token(&smtp.wait_for_mail());
    let body = json!({"newPassword": "another correct horse", "token": token});
    assert_eq!(server.post("/reset-password", &body).send().await.status, 200);
    server.wait_for_log("a mail was delivered");
    server.assert_unharmed();
    assert_eq!(smtp.received().len(), 1);
    assert_eq!(waiting(&options.database()), 0);
}

#[tokio::test]
async fn a_restart_in_between_loses_no_mail_and_sends_none_twice() {
    let options = Options::default();
    let port = down(&options);
    let mailing = mailing(options.clone(), port, "tls");
    let server = Server::start(&mailing);
    server.sign_up("grace").await;
    ask_for_a_mail(&server).await;
    server.wait_for_log("a mail could not be delivered");
    server.stop();
    assert_eq!(waiting(&options.database()), 1);

    let smtp = up(&options, port);
    let server = Server::start(&mailing);
    smtp.wait_for_mail();
    server.wait_for_log("a mail was delivered");
    server.assert_unharmed();
    Server::start(&mailing).assert_unharmed();
    assert_eq!(smtp.received().len(), 1);
    assert_eq!(waiting(&options.database()), 0);
}

#[tokio::test]
async fn a_mail_that_was_promised_outlives_a_kill() {
    let options = Options::default();
    let port = down(&options);
    let mailing = mailing(options.clone(), port, "tls");
    let server = Server::start(&mailing);
    server.sign_up("grace").await;
    ask_for_a_mail(&server).await;
    server.signal("KILL");
    server.finish();
    let smtp = up(&options, port);
    let server = Server::start(&mailing);
    smtp.wait_for_mail();
    server.wait_for_log("a mail was delivered");
    server.assert_unharmed();
    assert_eq!(waiting(&options.database()), 0);
}

#[tokio::test]
async fn a_mail_that_was_on_its_way_at_a_kill_is_sent_again_and_a_slow_server_holds_up_nobody() {
    let options = Options::default();
    let silent = SmtpServer::start(&options.path(""), "tls", &json!({"never_answers": true}));
    let port = silent.port();
    let mailing = mailing(options.clone(), port, "tls");
    let server = Server::start(&mailing);
    server.sign_up("grace").await;
    let start = Instant::now();
    ask_for_a_mail(&server).await;
    assert!(start.elapsed() < Duration::from_secs(2), "it took {:?}", start.elapsed());
    silent.wait_for("holding", "");
    server.signal("KILL");
    server.finish();
    drop(silent);
    let smtp = up(&options, port);
    let server = Server::start(&mailing);
    smtp.wait_for_mail();
    server.wait_for_log("a mail was delivered");
    server.assert_unharmed();
}

#[tokio::test]
async fn a_server_that_never_answers_is_left_alone_after_a_while() {
    let options = Options::default();
    let silent = SmtpServer::start(&options.path(""), "tls", &json!({"never_answers": true}));
    let server = Server::start(&mailing(options.clone(), silent.port(), "tls"));
    server.sign_up("grace").await;
    ask_for_a_mail(&server).await;
    server.wait_for_log("a mail could not be delivered");
    let log = server.stop();
    assert!(log.text.contains("the mail server took longer than 3 s"), "{}", log.text);
    assert_eq!(waiting(&options.database()), 1);
}

#[tokio::test]
async fn a_mail_that_is_refused_for_now_is_sent_again() {
    let options = Options::default();
    let later = json!({
        "to_recipients": ["450 4.2.0 <ADDRESS>: greylisted"],
        "to_mails": ["451 4.3.0 try again"],
    });
    let smtp = SmtpServer::start(&options.path(""), "tls", &later);
    let server = Server::start(&mailing(options.clone(), smtp.port(), "tls"));
    server.sign_up("grace").await;
    ask_for_a_mail(&server).await;
    smtp.wait_for_mail();
    server.wait_for_log("a mail was delivered");
    let log = server.stop();
    for code in ["the mail server answered 450", "the mail server answered 451"] {
        assert!(log.text.contains(code), "{}", log.text);
    }
    assert!(!log.text.contains("grace@"), "{}", log.text);
    log.assert_no_failure();
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_given_up_and_the_next_one_is_not() {
    let options = Options::default();
    let unknown = json!({"to_recipients": ["550 5.1.1 <ADDRESS>: there is no such user"]});
    let smtp = SmtpServer::start(&options.path(""), "tls", &unknown);
    let server = Server::start(&mailing(options.clone(), smtp.port(), "tls"));
    server.sign_up("grace").await;
    ask_for_a_mail(&server).await;
    server.wait_for_log("a mail was given up");
    smtp.wait_for("refused", "550 5.1.1 <grace@example.com>");
    assert_eq!(waiting(&options.database()), 0);
    ask_for_a_mail(&server).await;
    smtp.wait_for_mail();
    server.wait_for_log("a mail was delivered");
    let log = server.stop();
    let given_up = log.lines.iter().find(|line| line["message"] == "a mail was given up");
    let given_up = given_up.expect("a line");
    assert_eq!(given_up["reason"], "the mail server answered 550");
    assert_eq!(given_up["id"].as_str().map(str::len), Some(32));
    assert!(!log.text.contains("grace@") && !log.text.contains("no such user"), "{}", log.text);
}

#[tokio::test]
async fn two_servers_on_one_database_send_each_mail_once() {
    let options = Options::default();
    let port = down(&options);
    let mailing = mailing(options.clone(), port, "tls");
    let servers = [Server::start(&mailing), Server::start(&mailing)];
    servers[0].sign_up("grace").await;
    for round in 0..10 {
        ask_for_a_mail(&servers[round % 2]).await;
    }
    let smtp = up(&options, port);
    let deadline = Instant::now() + crate::process::PATIENCE;
    while smtp.received().len() < 10 {
        assert!(Instant::now() < deadline, "only {} came", smtp.received().len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for server in servers {
        server.assert_unharmed();
    }
    let tokens: BTreeSet<String> = smtp.received().iter().map(reset_token).collect();
    assert_eq!((tokens.len(), smtp.received().len()), (10, 10));
    assert_eq!(waiting(&options.database()), 0);
}

#[tokio::test]
async fn in_a_database_without_our_tables_mails_wait_in_memory_and_what_is_lost_is_said() {
    let options = Options::default();
    let port = down(&options);
    let mailing = mailing(options.clone(), port, "tls");
    Server::start(&mailing).assert_unharmed();
    let database = Connection::open(options.database()).expect("a database");
    database.execute_batch("DROP TABLE gatewright_mail").expect("a table");
    drop(database);
    let server = Server::start(&mailing);
    server.sign_up("grace").await;
    ask_for_a_mail(&server).await;
    server.wait_for_log("a mail could not be delivered");
    let smtp = up(&options, port);
    smtp.wait_for_mail();
    server.wait_for_log("a mail was delivered");
    drop(smtp);
    ask_for_a_mail(&server).await;
    server.signal("TERM");
    let finished = server.finish();
    assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
    assert!(finished.stderr.contains("\"lost\":1"), "{}", finished.stderr);
}
