//! How mails leave, put together: the keys of `mail`, and the password from a file or the
//! environment.

use std::path::PathBuf;

use anyhow::{Context, bail};
use gatewright_server::{BaseUrl, Mail, MailPassword, Options, Random, Secret};

use super::{Settings, secret};
use crate::environment::Environment;

/// The key that there is not, as its variable has it.
pub(super) const PASSWORD_KEY: &str = "mail.smtp.password";

/// The variable with the password of the mail server.
const PASSWORD: &str = "GATEWRIGHT__MAIL__SMTP__PASSWORD";

/// Why the key is not there.
pub(super) const NO_PASSWORD_KEY: &str = "a password has no place in this file; put it into a file \
    of its own and its path into mail.smtp.password_file, or into the variable \
    GATEWRIGHT__MAIL__SMTP__PASSWORD";

/// Where a server for development puts mails when it was not told.
const DEVELOPMENT: &str = ".gatewright/mail";

impl Settings {
    /// How mails leave a server that listens on loopback or not; refused if they could not.
    pub(super) fn mail(
        &self,
        environment: &Environment,
        is_loopback: bool,
    ) -> anyhow::Result<Mail> {
        let mut mail = self.mail.clone();
        mail.smtp.password = self.mail_password(environment)?;
        if is_loopback && !mail.is_on() {
            mail.directory = Some(PathBuf::from(DEVELOPMENT));
        }
        mail.check()?;
        if self.email_and_password.require_email_verification && !mail.is_on() {
            bail!(
                "email_and_password.require_email_verification would let nobody in: there is no \
                 way to send mails; set mail.smtp.host, or mail.directory"
            );
        }
        if self.user.delete_user.send_delete_account_verification && !mail.is_on() {
            bail!(
                "user.delete_user.send_delete_account_verification would let nobody be deleted: \
                 there is no way to send mails; set mail.smtp.host, or mail.directory"
            );
        }
        Ok(mail)
    }

    /// What mails are written and sent with; no secret is made for it, nor read.
    pub(crate) fn for_mails(
        &self,
        environment: &Environment,
        random: &Random,
    ) -> anyhow::Result<Options> {
        let is_loopback = self.listen.ip().is_loopback();
        let here = || is_loopback.then(|| format!("http://localhost:{}", self.listen.port()));
        let base_url = self.base_url.clone().or_else(here).context(
            "base_url is missing: links in mails lead to where browsers reach the server",
        )?;
        let base_url = BaseUrl::new(&base_url, &self.base_path)?;
        let mut options = Options::new(base_url, &[], Secret::new(&Secret::generate(random))?)?;
        options.mail = self.mail(environment, is_loopback)?;
        options.app_name.clone_from(&self.app_name);
        Ok(options)
    }

    /// As for the secret, the environment comes first.
    fn mail_password(&self, environment: &Environment) -> anyhow::Result<Option<MailPassword>> {
        if let Some(password) = environment.get(PASSWORD) {
            return Ok(Some(MailPassword::new(password)));
        }
        let Some(path) = &self.mail_password_file else { return Ok(None) };
        let password = secret::password(path, "mail.smtp.password_file")?;
        Ok(Some(MailPassword::new(&password)))
    }
}

/// In a word, for the start-up lines.
pub(crate) fn place(mail: &Mail) -> String {
    let smtp = &mail.smtp;
    match (&smtp.host, &mail.directory) {
        (Some(host), _) => format!("{host} port {} ({})", smtp.port(), smtp.security.name()),
        (None, Some(path)) => {
            std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string()
        }
        (None, None) => "none are sent".to_owned(),
    }
}
