//! A server that is killed keeps what it has promised.

use std::collections::BTreeSet;

use tokio::task::JoinSet;

use crate::client::PASSWORD;
use crate::database::{Engine, on_both_engines};
use crate::server::{Options, Server};

/// Sign-ups at once.
const AT_ONCE: usize = 200;

/// How many are answered before each kill. The last one is the crowd's third; the early ones are
/// cheap, and each falls at another moment of somebody's sign-up.
const KILLS: [usize; 5] = [1, 3, 6, 10, AT_ONCE / 3];

on_both_engines! { whoever_was_told_yes_can_sign_in_after_a_kill }

async fn whoever_was_told_yes_can_sign_in_after_a_kill(engine: Engine) {
    let options = Options::on(engine);
    let mut promised = BTreeSet::new();
    let mut untold = BTreeSet::new();
    for (round, answers) in KILLS.into_iter().enumerate() {
        let everybody = (0..AT_ONCE).map(|number| format!("user{number}.{round}@example.com"));
        let everybody: BTreeSet<String> = everybody.collect();
        let told = sign_up_until_killed(Server::start(&options), &everybody, answers).await;
        options.rows().assert_whole();
        untold.extend(everybody.difference(&told).take(2).cloned());
        promised.extend(told);
    }

    let server = Server::start(&options);
    let mut tasks = JoinSet::new();
    for email in &promised {
        let request = server.sign_in(email, PASSWORD);
        tasks.spawn(async move { request.send().await });
    }
    while let Some(answer) = tasks.join_next().await {
        let answer = answer.expect("a task that does not panic");
        assert_eq!(answer.status, 200, "told yes, and forgotten: {answer:?}");
    }
    // Whoever was told nothing is there wholly or not at all.
    for email in &untold {
        let again = server.signing_up("Somebody", email).send().await;
        match again.status {
            200 => {}
            422 => assert_eq!(server.sign_in(email, PASSWORD).send().await.status, 200, "{email}"),
            _ => panic!("{email}: {again:?}"),
        }
    }
    server.assert_unharmed();
    options.rows().assert_whole();
}

/// Signs all of them up at once, and kills the server when some are answered. Gives those who were
/// told yes.
async fn sign_up_until_killed(
    server: Server,
    everybody: &BTreeSet<String>,
    answers: usize,
) -> BTreeSet<String> {
    let mut tasks = JoinSet::new();
    for email in everybody {
        let (email, request) = (email.clone(), server.signing_up("Somebody", email));
        tasks.spawn(async move { (email, request.try_send().await) });
    }
    let mut told = BTreeSet::new();
    let mut is_killed = false;
    let mut unanswered = 0;
    while let Some(done) = tasks.join_next().await {
        match done.expect("a task that does not panic") {
            (email, Ok(answer)) if answer.status == 200 => {
                told.insert(email);
            }
            (_, Ok(answer)) => assert_eq!(answer.status, 503, "neither yes nor later: {answer:?}"),
            (_, Err(error)) => {
                assert!(is_killed, "no answer before the kill: {error:?}");
                unanswered += 1;
            }
        }
        if told.len() == answers && !is_killed {
            server.signal("KILL");
            is_killed = true;
        }
    }
    assert!(unanswered > 0, "it was not killed in their midst");
    assert_eq!(server.finish().code(), None, "killed");
    told
}
