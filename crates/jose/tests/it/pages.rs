//! The page of each rejection, made from the one table.

use std::fmt::Write as _;

use gatewright_jose::{Blame, Rejection};

use crate::support::is_up_to_date;

#[test]
fn every_rejection_has_its_page_and_it_is_up_to_date() {
    let mut index = "# Why a token is refused\n\n\
        Each reason has a code that never changes. Logs, metrics, exceptions and \
        `gatewright token verify` name it; whoever sent the token is never told.\n\n\
        | code | meaning | look first at |\n|---|---|---|\n"
        .to_owned();
    for rejection in Rejection::ALL {
        let code = rejection.code();
        let text = text_of(*rejection);
        let blame = match rejection.blame() {
            Blame::Keys => "the keys: issuer and verifier do not hold the same",
            Blame::Policy => "the verifier's settings",
            _ => "the token",
        };
        writeln!(index, "| [`{code}`]({code}.md) | {text} | {blame} |").unwrap();
        let (meaning, mend) = rejection.explanation().split_once("\n\n").unwrap();
        let page = format!(
            "# `{code}`: {text}\n\n{meaning}\n\n## What to do\n\n{mend}\n\n\
             Look first at {blame}. [All reasons](README.md)\n"
        );
        is_up_to_date(&format!("docs/rejections/{code}.md"), &page);
    }
    is_up_to_date("docs/rejections/README.md", &index);
}

#[test]
fn no_page_is_left_of_a_rejection_that_is_gone() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rejections");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let code = name.strip_suffix(".md").unwrap();
        let is_known = Rejection::ALL.iter().any(|rejection| rejection.code() == code);
        assert!(is_known || code == "README", "docs/rejections/{name} is nobody's page");
    }
}

#[test]
fn codes_are_kebab_case_and_unique() {
    let codes: std::collections::BTreeSet<_> = Rejection::ALL.iter().map(|r| r.code()).collect();
    assert_eq!(codes.len(), Rejection::ALL.len());
    for code in codes {
        assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{code}");
    }
}

/// The text, without the claim that a particular token would have named.
fn text_of(rejection: Rejection) -> String {
    let text = rejection.to_string();
    text.split_once(": ").map_or(text.clone(), |(text, _)| text.to_owned())
}
