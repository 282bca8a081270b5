//! A disk that is full, and has room again.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use serde_json::json;

use crate::server::{Options, Server};

/// Writes until nothing more goes onto the disk.
fn fill(path: &Path) {
    let mut file = File::create(path).expect("a file");
    for size in [64 * 1024, 4096, 1] {
        let block = vec![b'x'; size];
        let full = (0..1 << 20).find_map(|_| file.write_all(&block).err());
        assert!(full.is_some(), "a disk of some megabytes");
    }
}

#[tokio::test]
async fn on_a_full_disk_whoever_reads_goes_on_and_whoever_writes_comes_back_later() {
    let server = Server::start(&Options::default().on_small_disk(4));
    let inside = server.directory_inside();
    assert!(inside.exists(), "`unshare --map-root-user --mount` gives no disk of its own here");
    let ada = server.sign_up("ada").await;
    // Until there is a key, reading a session makes one.
    let early = server.sign_up("eve").await;
    assert_eq!(server.get("/token").by(&early).send().await.status, 200);
    let filler = inside.join("filler");
    fill(&filler);

    let mut promised = BTreeSet::new();
    let mut refused = 0;
    for number in 0..20 {
        let email = format!("user{number}@example.com");
        let answer = server.signing_up("Somebody", &email).send().await;
        match answer.status {
            200 => drop(promised.insert(email)),
            503 => {
                assert_eq!(answer.json()["code"], json!("SERVICE_UNAVAILABLE"), "{answer:?}");
                refused += 1;
            }
            _ => panic!("neither yes nor later: {answer:?}"),
        }
    }
    assert!(refused > 10, "the disk was not full: {refused} of 20 were refused");
    let session = server.get("/get-session").by(&ada).send().await;
    assert_eq!(session.json()["user"]["id"], json!(ada.id), "{session:?}");
    assert_eq!(server.get("/token").by(&ada).send().await.status, 200);

    std::fs::remove_file(filler).expect("the file can be removed");
    let answer = server.signing_up("Somebody", "afterwards@example.com").send().await;
    assert_eq!(answer.status, 200, "with room it goes on by itself: {answer:?}");
    promised.insert("afterwards@example.com".to_owned());
    promised.extend([ada.email, early.email]);

    // The disk goes with the server; nobody writes now.
    for name in ["it.db", "it.db-wal"] {
        std::fs::copy(inside.join(name), server.directory().join(name)).expect("a copy");
    }
    let database = server.rows();
    database.assert_whole();
    let there: BTreeSet<String> =
        database.texts(r#"SELECT "email" FROM "user""#).into_iter().collect();
    assert_eq!(there, promised, "who was told yes is there, and nobody by half");
    let log = server.stop();
    assert!(!log.text.contains("panic"), "{}", log.text);
}
