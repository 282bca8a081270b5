//! Options about single endpoints: `disabled_paths` and `rate_limit.custom_rules`.

use crate::glob::Glob;
use crate::router::is_endpoint;

/// `disabled_paths`: endpoints that are not there.
#[derive(Clone, Debug, Default)]
pub struct DisabledPaths(Vec<String>);

/// A path that names no endpoint: whoever wrote it believes that one is switched off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no endpoint {path:?}; paths are written below base_path, like /sign-up/email")]
pub struct NoEndpoint {
    path: String,
}

impl DisabledPaths {
    /// Each is the path of an endpoint, below the base path.
    pub fn new(paths: Vec<String>) -> Result<Self, NoEndpoint> {
        match paths.iter().find(|path| !is_endpoint(path)) {
            Some(path) => Err(NoEndpoint { path: path.clone() }),
            None => Ok(Self(paths)),
        }
    }

    /// As they were given.
    pub fn all(&self) -> &[String] {
        &self.0
    }

    /// `path` is below the base path; slashes at its end don't count.
    pub(crate) fn contains(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.0.iter().any(|disabled| disabled == path)
    }
}

/// How often requests may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "requests are counted, or they are not")]
pub enum CustomRule {
    /// So many in a window.
    Limit {
        /// Seconds.
        window: i64,
        /// Requests.
        max: u32,
    },
    /// `false`: as many as there are.
    Unlimited,
}

/// `rate_limit.custom_rules`: by the path of an endpoint or a pattern, in which `*` stands for any
/// text.
#[derive(Clone, Debug, Default)]
pub struct CustomRules(Vec<(Glob, CustomRule)>);

/// A pattern that can match nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It does not begin with a slash or a wildcard, or ends with a slash.
    #[error("{path:?} is no path; write it as /sign-in/email or /sign-in/*")]
    NoPath {
        /// What was given.
        path: String,
    },
    /// It has no wildcard, and there is no such endpoint.
    #[error(transparent)]
    NoEndpoint(#[from] NoEndpoint),
    /// Nobody could ever get through.
    #[error("the rule for {path:?} needs a window and a max of 1 at least")]
    NoLimit {
        /// What was given.
        path: String,
    },
}

impl CustomRules {
    /// A path goes before a pattern, and a longer pattern before a shorter one: Better Auth takes
    /// the first that matches, but tables of TOML have no order.
    pub fn new(rules: Vec<(String, CustomRule)>) -> Result<Self, RuleError> {
        let mut checked = Vec::with_capacity(rules.len());
        for (path, rule) in rules {
            let is_pattern = path.contains('*');
            if !path.starts_with(['/', '*']) || path.ends_with('/') {
                return Err(RuleError::NoPath { path });
            }
            if !is_pattern && !is_endpoint(&path) {
                return Err(NoEndpoint { path }.into());
            }
            if matches!(rule, CustomRule::Limit { window, max } if window < 1 || max < 1) {
                return Err(RuleError::NoLimit { path });
            }
            checked.push((is_pattern, Glob::crossing(&path), rule));
        }
        checked.sort_by_key(|(is_pattern, glob, _)| {
            (*is_pattern, std::cmp::Reverse(glob.text().len()))
        });
        Ok(Self(checked.into_iter().map(|(_, glob, rule)| (glob, rule)).collect()))
    }

    /// The rule for `path`, and the text that it stands under.
    pub(crate) fn of(&self, path: &str) -> Option<(&str, CustomRule)> {
        let is_it = |glob: &Glob| {
            let is_pattern = glob.text().contains('*');
            if is_pattern { glob.matches(path) } else { glob.text() == path }
        };
        let found = self.0.iter().find(|(glob, _)| is_it(glob));
        found.map(|(glob, rule)| (glob.text(), *rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEW: CustomRule = CustomRule::Limit { window: 10, max: 1 };

    fn rules(rules: &[(&str, CustomRule)]) -> Result<CustomRules, RuleError> {
        CustomRules::new(rules.iter().map(|(path, rule)| ((*path).to_owned(), *rule)).collect())
    }

    #[test]
    fn a_path_that_is_no_endpoint_cannot_be_disabled() {
        for path in ["/sign-up/emial", "/sign-up/email/", "sign-up/email", "", "/"] {
            assert!(DisabledPaths::new(vec![path.to_owned()]).is_err(), "{path:?}");
        }
        let disabled = DisabledPaths::new(vec!["/sign-up/email".to_owned()]).unwrap();
        for (path, is_disabled) in [
            ("/sign-up/email", true),
            ("/sign-up/email/", true),
            ("/sign-up/email//", true),
            ("/sign-up", false),
            ("/sign-up/email/x", false),
        ] {
            assert_eq!(disabled.contains(path), is_disabled, "{path}");
        }
    }

    #[test]
    fn the_closest_rule_counts() {
        let rules =
            rules(&[("*", FEW), ("/sign-in/*", CustomRule::Unlimited), ("/token", FEW)]).unwrap();
        assert_eq!(rules.of("/sign-in/email"), Some(("/sign-in/*", CustomRule::Unlimited)));
        assert_eq!(rules.of("/sign-in/a/b"), Some(("/sign-in/*", CustomRule::Unlimited)));
        assert_eq!(rules.of("/token"), Some(("/token", FEW)));
        assert_eq!(rules.of("/get-session"), Some(("*", FEW)));
    }

    #[test]
    fn rules_that_do_nothing_or_too_much_are_refused() {
        let none = CustomRule::Limit { window: 10, max: 0 };
        for (path, rule) in [("/tokn", FEW), ("token", FEW), ("/token/", FEW), ("/token", none)] {
            assert!(rules(&[(path, rule)]).is_err(), "{path}");
        }
    }
}
