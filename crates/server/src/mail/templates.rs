//! The words of each mail, plain and as HTML.
//!
//! No mail has the user's name in it. Whoever signs up writes that, to an address that need not be
//! theirs: it would be a way to send anybody any text in this server's name.

use super::{Kind, Letter, Mail};

/// What differs between the mails.
struct Words {
    subject: String,
    why: &'static str,
    button: &'static str,
    link: &'static str,
    otherwise: &'static str,
}

/// Writes the mail of a letter from the server at `host`.
pub(super) fn write(host: &str, letter: &Letter) -> Mail {
    let words = words(host, letter.kind);
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
    Mail { kind: letter.kind, to: letter.to.clone(), subject, text, html }
}

fn words(host: &str, kind: Kind) -> Words {
    match kind {
        Kind::AccountDeletion => Words {
            subject: format!("Delete your account for {host}"),
            why: "Somebody, hopefully you, asked to delete your account, with everything in it.",
            button: "Delete my account",
            link: "The link works once, in a browser where you are signed in, within",
            otherwise: "If it was not you, do not open the link, and change your password: \
                        somebody else is signed in to your account.",
        },
        Kind::EmailChangeConfirmation => Words {
            subject: format!("Confirm your new e-mail address for {host}"),
            why: "Somebody, hopefully you, asked to use another e-mail address for your account.",
            button: "Use the other address",
            link: "The link is valid for",
            otherwise: "If it was not you, do not open the link, and change your password: \
                        somebody else is signed in to your account.",
        },
        Kind::EmailChangeVerification => Words {
            subject: format!("Verify your new e-mail address for {host}"),
            why: "Please confirm that this e-mail address is yours and is to be the one of your \
                  account.",
            button: "Verify this address",
            link: "The link works once, within",
            otherwise: "If you did not ask for this, ignore this mail: nothing is changed.",
        },
        Kind::EmailVerification => Words {
            subject: format!("Verify your e-mail address for {host}"),
            why: "Please confirm that this e-mail address is yours.",
            button: "Verify this address",
            link: "The link is valid for",
            otherwise: "If you did not ask for this, ignore this mail: the address stays \
                        unverified.",
        },
        Kind::PasswordReset => Words {
            subject: format!("Reset your password for {host}"),
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

/// Text as it may stand in HTML, in quotes too.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(kind: Kind, link: &str) -> Mail {
        let letter =
            Letter { kind, to: "a@b.co".to_owned(), link: link.to_owned(), expires_in: 3600 };
        write("auth.example.com", &letter)
    }

    #[test]
    fn each_mail_has_its_link_twice_over_and_says_how_long_it_is_good() {
        for kind in [
            Kind::AccountDeletion,
            Kind::EmailChangeConfirmation,
            Kind::EmailChangeVerification,
            Kind::EmailVerification,
            Kind::PasswordReset,
        ] {
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
