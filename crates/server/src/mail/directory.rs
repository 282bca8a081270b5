//! The transport for development: a file a mail.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

use super::Mail;
use super::message::Letterhead;
use crate::clock::Date;

/// Writes mails as files that only the server's own user can read: what is in them lets anybody in.
pub(super) struct Directory {
    path: PathBuf,
    letterhead: Letterhead,
}

impl Directory {
    pub(super) fn new(path: PathBuf, letterhead: Letterhead) -> Self {
        Self { path, letterhead }
    }

    /// Writes the mail, or says where it could not.
    pub(super) fn deliver(&self, mail: &Mail, id: &str, written: Date) -> io::Result<()> {
        self.write(mail, id, written).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
        })
    }

    /// Under a name that sorts by time. It is there whole or not at all, and once however often it
    /// is delivered.
    fn write(&self, mail: &Mail, id: &str, written: Date) -> io::Result<()> {
        self.prepare()?;
        let name = format!("{}-{}-{id}", written.milliseconds(), mail.kind);
        let draft = self.path.join(format!("{name}.draft"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let text = self.letterhead.message(mail, id, written);
        let done = options
            .open(&draft)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&draft, self.path.join(format!("{name}.eml"))));
        if done.is_err() {
            // Half a mail is of no use; that it cannot be removed either adds nothing.
            let _ = fs::remove_file(&draft);
        }
        done
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
