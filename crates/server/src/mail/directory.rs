//! The transport for development: a file a mail.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

use super::Mail;
use super::message::message;
use crate::clock::Clock;
use crate::crypto::{ID_CHARACTERS, Random};

/// Writes mails as files that only the server's own user can read: what is in them lets anybody in.
pub(super) struct Directory {
    path: PathBuf,
    host: String,
    clock: Clock,
    random: Random,
}

impl Directory {
    pub(super) fn new(path: PathBuf, host: String, clock: Clock, random: Random) -> Self {
        Self { path, host, clock, random }
    }

    /// Writes the mail, or says where it could not.
    pub(super) fn deliver(&self, mail: &Mail) -> io::Result<()> {
        self.write(mail).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
        })
    }

    /// Under a name that sorts by time. It is there whole or not at all.
    fn write(&self, mail: &Mail) -> io::Result<()> {
        self.prepare()?;
        let (id, now) = (self.random.id(ID_CHARACTERS), self.clock.now());
        let name = format!("{}-{}-{id}", now.milliseconds(), mail.kind.name());
        let draft = self.path.join(format!("{name}.draft"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let text = message(mail, &self.host, &id, now);
        let written = options
            .open(&draft)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&draft, self.path.join(format!("{name}.eml"))));
        if written.is_err() {
            // Half a mail is of no use; that it cannot be removed either adds nothing.
            let _ = fs::remove_file(&draft);
        }
        written
    }

    /// Makes the directory if it is not there, for its owner alone and outside of version control.
    fn prepare(&self) -> io::Result<()> {
        if self.path.is_dir() {
            return Ok(());
        }
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.path)?;
        fs::write(self.path.join(".gitignore"), "*\n")
    }
}
