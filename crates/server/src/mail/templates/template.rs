//! A text with places for what is known only when a mail is written: `{{ url }}`. There are places
//! and nothing else: no conditions, no loops, no way to leave something unescaped.

/// Places in one text, at most: what fills them may be long.
const MOST_PLACES: usize = 32;

/// What may stand between the braces, and in which order it is named where something else does.
const NAMES: [(&str, Place); 6] = [
    ("url", Place::Url),
    ("user.name", Place::UserName),
    ("user.email", Place::UserEmail),
    ("app.name", Place::AppName),
    ("app.url", Place::AppUrl),
    ("expires_in", Place::ExpiresIn),
];

/// What fills a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Url,
    UserName,
    UserEmail,
    AppName,
    AppUrl,
    ExpiresIn,
}

/// Each place's text. None of them has a line end in it.
#[derive(Debug)]
pub(super) struct Values<'v> {
    pub(super) url: &'v str,
    pub(super) user_name: &'v str,
    pub(super) user_email: &'v str,
    pub(super) app_name: &'v str,
    pub(super) app_url: &'v str,
    /// `1 hour`
    pub(super) expires_in: &'v str,
}

/// What is wrong with a template, and in which line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) line: usize,
    pub(super) what: String,
}

/// A template, read.
#[derive(Debug)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug)]
enum Part {
    Text(String),
    Place(Place),
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, Flaw> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let line = || text.len() - after.len();
            let flaw = |what: String| {
                let before = text.get(..line()).unwrap_or_default();
                Flaw { line: before.matches('\n').count() + 1, what }
            };
            let Some((name, after)) =
                after.split_once("}}").filter(|(name, _)| !name.contains(['\n', '{']))
            else {
                return Err(flaw("`{{` is never closed".to_owned()));
            };
            let name = name.trim();
            let Some((_, place)) = NAMES.iter().find(|(known, _)| *known == name) else {
                let known = NAMES.map(|(known, _)| known).join(", ");
                let name: String = name.chars().take(40).collect();
                return Err(flaw(format!("there is no `{{{{ {name} }}}}`; there are {known}")));
            };
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Place(*place));
            if parts.len() > 2 * MOST_PLACES {
                return Err(flaw(format!("it has more than {MOST_PLACES} places")));
            }
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    pub(super) fn has(&self, wanted: Place) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Place(place) if *place == wanted))
    }

    /// For people to read as it is.
    pub(super) fn plain(&self, values: &Values<'_>) -> String {
        self.fill(values, str::to_owned)
    }

    /// For HTML: what fills a place stays text, in quotes of an attribute too.
    pub(super) fn html(&self, values: &Values<'_>) -> String {
        self.fill(values, escaped)
    }

    fn fill(&self, values: &Values<'_>, write: fn(&str) -> String) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Place(place) => write(values.of(*place)),
        });
        parts.collect()
    }
}

impl Values<'_> {
    fn of(&self, place: Place) -> &str {
        match place {
            Place::Url => self.url,
            Place::UserName => self.user_name,
            Place::UserEmail => self.user_email,
            Place::AppName => self.app_name,
            Place::AppUrl => self.app_url,
            Place::ExpiresIn => self.expires_in,
        }
    }
}

/// Text as it may stand in HTML, in quotes too.
pub(in crate::mail) fn escaped(text: &str) -> String {
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

    const VALUES: Values<'_> = Values {
        url: "https://a/?x=1&y='2'",
        user_name: "<b>\"Ada\"</b> {{ url }}",
        user_email: "ada@example.com",
        app_name: "A & B",
        app_url: "https://a",
        expires_in: "1 hour",
    };

    #[test]
    fn places_are_filled_and_escaped_in_html() {
        let template = Template::parse("Dear {{user.name}} ({{ user.email }}),\n{{  app.name  }} at {{app.url}}: {{ url }}, {{ expires_in }}.\n").unwrap();
        assert_eq!(
            template.plain(&VALUES),
            "Dear <b>\"Ada\"</b> {{ url }} (ada@example.com),\nA & B at https://a: https://a/?x=1&y='2', 1 hour.\n"
        );
        assert_eq!(
            template.html(&VALUES),
            "Dear &lt;b&gt;&quot;Ada&quot;&lt;/b&gt; {{ url }} (ada@example.com),\nA &amp; B at https://a: https://a/?x=1&amp;y=&#39;2&#39;, 1 hour.\n"
        );
        assert!(template.has(Place::Url));
        assert!(!Template::parse("{ url } }}").unwrap().has(Place::Url));
    }

    #[test]
    fn anything_else_between_the_braces_is_a_flaw_in_its_line() {
        for (text, line, what) in [
            ("a\n{{ name }}", 2, "no `{{ name }}`; there are url, user.name, user.email"),
            ("{{}}", 1, "no `{{  }}`"),
            ("{{ URL }}", 1, "no `{{ URL }}`"),
            ("{{ url | safe }}", 1, "no `{{ url | safe }}`"),
            ("\n\n{{ url", 3, "never closed"),
            ("{{ url\n}}", 1, "never closed"),
            ("{{ {{ url }} }}", 1, "never closed"),
            ("{{{ url }}}", 1, "never closed"),
        ] {
            let flaw = Template::parse(text).unwrap_err();
            assert_eq!(flaw.line, line, "{text}");
            assert!(flaw.what.contains(what), "{text}: {}", flaw.what);
        }
        assert!(Template::parse(&"{{url}}".repeat(MOST_PLACES)).is_ok());
        assert!(Template::parse(&"{{url}}".repeat(MOST_PLACES + 1)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_fail(text in "[{}a.\\n ]{0,40}") {
            if let Ok(template) = Template::parse(&text) {
                proptest::prop_assert!(template.plain(&VALUES).len() <= text.len() + 40 * 24);
            }
        }
    }
}
