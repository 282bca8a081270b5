//! The page for errors: it shows what a link says, and does nothing that a link says.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::client::percent_encoded;
use crate::server::{Options, Server};

/// Texts that would do something on a page that took them for more than text.
const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</q></p></body><iframe src=javascript:alert(1)>",
    "'; style='background:url(//evil.example)",
    "&lt;script&gt;&#60;b&#62;",
    "{{7*7}}${7*7}<!--#exec cmd=\"id\"-->",
];

#[tokio::test]
async fn nothing_in_a_link_becomes_part_of_the_page() {
    let server = Server::start(&Options::default());
    let plain = server.get("/error?error=INVALID_TOKEN&error_description=x").send().await.text();
    let tags = |page: &str| page.matches('<').count();
    for hostile in HOSTILE {
        let text = percent_encoded(hostile);
        let path = format!("/error?error={text}&error_description={text}&x={text}");
        let answer = server.get(&path).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = answer.text();
        assert_eq!(tags(&page), tags(&plain), "{page}");
        assert!(page.contains("<code>UNKNOWN</code>"), "{page}");
        assert!(!page.contains("&lt;script"), "what is escaped already is escaped again: {page}");
    }
    server.assert_unharmed();
}

#[tokio::test]
async fn its_policy_allows_its_own_style_and_nothing_else() {
    let server = Server::start(&Options::default());
    let answer = server.get("/error?error=INVALID_TOKEN").send().await;
    let page = answer.text();
    let style = page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>"));
    let hash = STANDARD.encode(digest(&SHA256, style.expect("a style").0.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    assert_eq!(answer.header("content-security-policy"), Some(policy.as_str()));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert!(page.contains("<code>INVALID_TOKEN</code>"), "{page}");
    server.assert_unharmed();
}

#[tokio::test]
async fn a_page_of_the_front_ends_own_takes_its_place() {
    let url = "https://app.example.com/oops?from=auth";
    let options = Options::default().variable("GATEWRIGHT__ON_API_ERROR__ERROR_URL", url);
    let server = Server::start(&options);
    let answer = server.get("/error?error=a%0d%0ab&error_description=c%0d%0ad%26e").send().await;
    let location = format!("{url}&error=UNKNOWN&error_description=c%0D%0Ad%26e");
    assert_eq!((answer.status, answer.header("location")), (302, Some(location.as_str())));
    server.assert_unharmed();
}
