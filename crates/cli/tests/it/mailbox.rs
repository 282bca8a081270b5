//! The mails of a server: files in the directory where one for development puts them.

use std::fs;
use std::path::PathBuf;

use crate::process::PATIENCE;
use crate::server::Options;

impl Options {
    /// The mails so far, in the order in which they were sent.
    pub(crate) fn mails(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path(".gatewright/mail")) else { return Vec::new() };
        let mut mails: Vec<PathBuf> =
            entries.map(|entry| entry.expect("an entry").path()).collect();
        mails.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
        mails.sort();
        mails
    }

    /// The mail with this number, once it is there.
    pub(crate) async fn mail(&self, number: usize) -> Mail {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(path) = self.mails().get(number) {
                return Mail { text: fs::read_to_string(path).expect("a mail of text") };
            }
            assert!(tokio::time::Instant::now() < deadline, "no mail {number} in time");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

/// A mail as it was sent.
pub(crate) struct Mail {
    pub(crate) text: String,
}

impl Mail {
    /// Whom it is to.
    pub(crate) fn to(&self) -> &str {
        let line = self.text.lines().find_map(|line| line.strip_prefix("To: "));
        line.unwrap_or_else(|| panic!("a mail to nobody: {}", self.text))
    }

    /// The address that it wants opened.
    pub(crate) fn link(&self) -> &str {
        let line = self.text.lines().find(|line| line.starts_with("http"));
        line.unwrap_or_else(|| panic!("no link in {}", self.text))
    }

    /// The link from the base path on.
    pub(crate) fn path(&self) -> &str {
        self.link().split_once("/api/auth").expect("a link to the server").1
    }

    /// The link's token.
    pub(crate) fn token(&self) -> &str {
        let after = self.path().split_once("token=").expect("a token").1;
        after.split('&').next().unwrap_or_default()
    }
}
