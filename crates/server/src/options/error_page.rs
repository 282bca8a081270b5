//! `on_api_error`: where a browser ends up that a link could not take any further.

use url::Url;

use crate::origin::{RELATIVE_BASE, origin_of};

/// `on_api_error`.
#[derive(Clone, Debug, Default)]
pub struct OnApiError {
    /// A page of the front end's own to show errors; without it the server has one.
    pub error_url: Option<ErrorUrl>,
}

/// A page that shows errors: an absolute address, or a path on the server's own origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorUrl(String);

/// An address that no browser could be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("takes an address like https://app.example.com/error, or a path like /error")]
pub struct ErrorUrlError;

impl std::str::FromStr for ErrorUrl {
    type Err = ErrorUrlError;

    fn from_str(text: &str) -> Result<Self, ErrorUrlError> {
        let is_usable = if text.starts_with('/') {
            let joined = Url::parse(RELATIVE_BASE).and_then(|base| base.join(text));
            joined.is_ok_and(|url| origin_of(&url).as_deref() == Some(RELATIVE_BASE))
        } else {
            Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
        };
        if is_usable { Ok(Self(text.to_owned())) } else { Err(ErrorUrlError) }
    }
}

impl ErrorUrl {
    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_can_be_sent_to_is_taken() {
        for good in ["/", "/error?a=b", "https://app.example.com/error", "http://localhost:3000"] {
            assert_eq!(good.parse::<ErrorUrl>().unwrap().as_str(), good);
        }
        for bad in ["", "error", "//evil.example", "/\\evil.example", "javascript:alert(1)", "a b"]
        {
            assert_eq!(bad.parse::<ErrorUrl>(), Err(ErrorUrlError), "{bad}");
        }
    }
}
