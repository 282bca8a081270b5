//! The words of each mail, plain and as HTML: ours, or a team's own.
//!
//! No mail of ours has the user's name in it. Whoever signs up writes that, to an address that need
//! not be theirs: it would be a way to send anybody any text in this server's name.

mod files;
mod template;

use super::header::without_control;
use super::{Kind, Letter, Mail};
use crate::options::{Mail as MailOptions, Options};
pub use files::TemplateError;
use files::Texts;
use template::Values;
pub(super) use template::escaped;

/// Characters of a user's name in a mail, at most: enough for a name, and too few for a message.
const MOST_NAME_CHARACTERS: usize = 64;

/// What mails are written with.
#[derive(Debug)]
pub(super) struct Templates {
    own: Vec<(Kind, Texts)>,
    app_name: String,
    app_url: String,
}

/// What differs between the mails.
struct Words {
    subject: String,
    why: &'static str,
    button: &'static str,
    link: &'static str,
    otherwise: &'static str,
}

/// Reads the team's own texts, if there are any, and says what is wrong with them.
pub(super) fn check(options: &MailOptions) -> Result<(), TemplateError> {
    options.templates.as_deref().map_or(Ok(()), |directory| files::read(directory).map(drop))
}

impl Templates {
    /// For a server at `host`, which is what the application is called unless it has a name.
    pub(super) fn new(options: &Options, host: &str) -> Result<Self, TemplateError> {
        let own = options.mail.templates.as_deref().map(files::read).transpose()?;
        Ok(Self {
            own: own.unwrap_or_default(),
            app_name: options.app_name.clone().unwrap_or_else(|| host.to_owned()),
            app_url: options.base_url.origin.clone(),
        })
    }

    /// Writes the mail of a letter.
    pub(super) fn write(&self, letter: &Letter) -> Mail {
        let own = self.own.iter().find(|(kind, _)| *kind == letter.kind);
        let (subject, text, html) = match own {
            Some((_, texts)) => self.fill(texts, letter),
            None => builtin(&self.app_name, letter),
        };
        Mail { kind: letter.kind.name().to_owned(), to: letter.to.clone(), subject, text, html }
    }

    fn fill(&self, texts: &Texts, letter: &Letter) -> (String, String, String) {
        let name: String =
            without_control(&letter.name).chars().take(MOST_NAME_CHARACTERS).collect();
        let values = Values {
            url: &without_control(&letter.link),
            user_name: name.trim(),
            user_email: &letter.to,
            app_name: &self.app_name,
            app_url: &self.app_url,
            expires_in: &span(letter.expires_in),
        };
        (texts.subject.plain(&values), texts.text.plain(&values), texts.html.html(&values))
    }
}

/// Subject, text and HTML of a mail without a template.
fn builtin(app_name: &str, letter: &Letter) -> (String, String, String) {
    let words = words(app_name, letter.kind);
    let validity = format!("{} {}.", words.link, span(letter.expires_in));
    let Words { subject, why, button, otherwise, .. } = words;
    let link = &letter.link;
    let text = format!("{why}\n\n{button}:\n{link}\n\n{validity}\n\n{otherwise}\n");
    let (title, href) = (escaped(&subject), escaped(link));
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n</head>\n\
         <body style=\"font: 16px/1.5 sans-serif; max-width: 36em; margin: 2em auto; padding: 0 1em\">\n\
         <p>{why}</p>\n<p><a href=\"{href}\"><strong>{button}</strong></a></p>\n<p>{validity}</p>\n\
         <p>{otherwise}</p>\n<p style=\"font-size: 13px\">If the link does not open, copy this \
         address into your browser:<br>\n{href}</p>\n</body>\n</html>\n"
    );
    (subject, text, html)
}

fn words(app_name: &str, kind: Kind) -> Words {
    match kind {
        Kind::AccountDeletion => Words {
            subject: format!("Delete your account for {app_name}"),
            why: "Somebody, hopefully you, asked to delete your account, with everything in it.",
            button: "Delete my account",
            link: "The link works once, in a browser where you are signed in, within",
            otherwise: "If it was not you, do not open the link, and change your password: \
                        somebody else is signed in to your account.",
        },
        Kind::EmailChangeConfirmation => Words {
            subject: format!("Confirm your new e-mail address for {app_name}"),
            why: "Somebody, hopefully you, asked to use another e-mail address for your account.",
            button: "Use the other address",
            link: "The link is valid for",
            otherwise: "If it was not you, do not open the link, and change your password: \
                        somebody else is signed in to your account.",
        },
        Kind::EmailChangeVerification => Words {
            subject: format!("Verify your new e-mail address for {app_name}"),
            why: "Please confirm that this e-mail address is yours and is to be the one of your \
                  account.",
            button: "Verify this address",
            link: "The link works once, within",
            otherwise: "If you did not ask for this, ignore this mail: nothing is changed.",
        },
        Kind::EmailVerification => Words {
            subject: format!("Verify your e-mail address for {app_name}"),
            why: "Please confirm that this e-mail address is yours.",
            button: "Verify this address",
            link: "The link is valid for",
            otherwise: "If you did not ask for this, ignore this mail: the address stays \
                        unverified.",
        },
        Kind::PasswordReset => Words {
            subject: format!("Reset your password for {app_name}"),
            why: "Somebody, hopefully you, asked for a new password for your account.",
            button: "Choose a new password",
            link: "The link works once, within",
            otherwise: "If it was not you, ignore this mail: your password stays as it is.",
        },
    }
}

/// `3600` as `1 hour`: the largest unit that goes in without a rest.
fn span(seconds: i64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let fits = units.into_iter().find(|(size, _)| seconds % size == 0 && seconds != 0);
    let (size, unit) = fits.unwrap_or((1, "second"));
    let count = seconds / size;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::crypto::Secret;
    use crate::options::BaseUrl;

    fn letter(kind: Kind, link: &str) -> Letter {
        Letter {
            kind,
            to: "a@b.co".to_owned(),
            name: "Ada".to_owned(),
            link: link.to_owned(),
            expires_in: 3600,
        }
    }

    fn templates(own: Option<&Path>, app_name: Option<&str>) -> Templates {
        let base_url = BaseUrl::new("https://auth.example.com", "/api/auth").unwrap();
        let secret = Secret::new(&"x".repeat(32)).unwrap();
        let mut options = Options::new(base_url, &[], secret).unwrap();
        options.mail.templates = own.map(Path::to_owned);
        options.app_name = app_name.map(str::to_owned);
        Templates::new(&options, "auth.example.com").unwrap()
    }

    fn mail(kind: Kind, link: &str) -> Mail {
        templates(None, None).write(&letter(kind, link))
    }

    #[test]
    fn each_mail_has_its_link_twice_over_and_says_how_long_it_is_good() {
        for kind in Kind::ALL {
            let mail = mail(kind, "https://auth.example.com/t?a=1&b=2");
            assert!(mail.subject.ends_with(" for auth.example.com"), "{}", mail.subject);
            assert!(mail.text.contains("\nhttps://auth.example.com/t?a=1&b=2\n"), "{}", mail.text);
            assert!(mail.html.contains("href=\"https://auth.example.com/t?a=1&amp;b=2\""));
            for part in [&mail.text, &mail.html] {
                assert!(part.contains("1 hour."), "{part}");
            }
        }
    }

    #[test]
    fn nothing_in_a_link_becomes_html() {
        let mail = mail(Kind::PasswordReset, "https://a/\"><script>'&");
        assert!(mail.html.contains("https://a/&quot;&gt;&lt;script&gt;&#39;&amp;"));
        assert!(!mail.html.contains("<script"));
    }

    #[test]
    fn the_application_is_called_by_its_name() {
        let templates = templates(None, Some("Ex & Co"));
        let mail = templates.write(&letter(Kind::EmailVerification, "https://a/"));
        assert_eq!(mail.subject, "Verify your e-mail address for Ex & Co");
        assert!(mail.html.contains("for Ex &amp; Co</title>"), "{}", mail.html);
    }

    #[test]
    fn a_teams_own_texts_take_the_place_of_ours_and_no_name_gets_out_of_its_place() {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("reset-password.subject.txt", "{{ user.name }}: {{ app.name }}\n"),
            ("reset-password.txt", "{{ user.name }}\n{{ url }}\n"),
            ("reset-password.html", "<p title='{{ user.name }}'>{{ url }} {{ expires_in }}</p>\n"),
        ] {
            fs::write(directory.path().join(name), text).unwrap();
        }
        let templates = templates(Some(directory.path()), Some("Example"));
        let name = format!("Ada'<script>\r\nBcc: eve@b.co{}", "x".repeat(100));
        let reset = letter(Kind::PasswordReset, "https://a/?x&y");
        let mail = templates.write(&Letter { name, ..reset });
        let name = format!("Ada'<script>  Bcc: eve@b.co{}", "x".repeat(37));
        assert_eq!(mail.subject, format!("{name}: Example"));
        assert_eq!(mail.text, format!("{name}\nhttps://a/?x&y\n"));
        let name = name.replace('\'', "&#39;").replace('<', "&lt;").replace('>', "&gt;");
        assert_eq!(mail.html, format!("<p title='{name}'>https://a/?x&amp;y 1 hour</p>\n"));

        let other = templates.write(&letter(Kind::EmailVerification, "https://a/"));
        assert_eq!(other.subject, "Verify your e-mail address for Example");
    }

    #[test]
    fn spans_are_said_in_the_largest_unit_that_fits() {
        for (seconds, words) in [
            (1, "1 second"),
            (90, "90 seconds"),
            (60, "1 minute"),
            (3600, "1 hour"),
            (5400, "90 minutes"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(seconds), words);
        }
    }
}
