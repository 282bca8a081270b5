//! One bounded fetch over HTTP, and why one failed.

use std::time::Duration;

use gatewright_jose::KeySetError;
use reqwest::{Client, StatusCode, Url, redirect};

use super::{RemoteKeysError, RemoteKeysOptions, address::is_loopback};

/// An HTTP client with bounds on time and size.
pub(super) struct Http {
    client: Client,
    max_body_bytes: usize,
    pub(super) total_timeout: Duration,
}

impl Http {
    pub(super) fn new(url: &Url, options: &RemoteKeysOptions) -> Result<Self, RemoteKeysError> {
        let client = Client::builder()
            .connect_timeout(options.connect_timeout)
            .timeout(options.total_timeout)
            // An issuer that redirects elsewhere would hand the choice of keys to elsewhere.
            .redirect(redirect::Policy::none());
        // Plain http is for this machine because nobody stands between; nor may a proxy.
        let client = if is_loopback(url) { client.no_proxy() } else { client };
        Ok(Self {
            client: client.build().map_err(RemoteKeysError::Client)?,
            max_body_bytes: options.max_body_bytes,
            total_timeout: options.total_timeout,
        })
    }

    pub(super) async fn get(&self, url: &Url) -> Result<Vec<u8>, FetchError> {
        let mut response = self.client.get(url.clone()).send().await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > self.max_body_bytes {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Why a fetch brought no keys. Nothing of what the source said is repeated.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("the issuer's document is not to be trusted")]
    Discovery(#[from] DiscoveryError),
    #[error("the file cannot be read")]
    File(#[from] std::io::Error),
    #[error("the keys cannot be used")]
    KeySet(#[from] KeySetError),
    #[error("the fetch was given up, or could not be started")]
    Lost,
    #[error("the file holds neither a JWK, nor a JWK Set, nor public keys in PEM")]
    NotAKeyFile,
    #[error("the source answered {0}")]
    Status(StatusCode),
    #[error("it took too long")]
    TimedOut,
    #[error("the answer is too large")]
    TooLarge,
    #[error("the source cannot be reached")]
    Transport(#[source] reqwest::Error),
}

/// What is wrong with the document that an issuer publishes of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum DiscoveryError {
    #[error("it names another issuer")]
    AnotherIssuer,
    #[error("its jwks_uri is no address that may serve keys")]
    BadAddress,
    #[error("it is no JSON object with issuer and jwks_uri")]
    NotADocument,
}

impl FetchError {
    /// A stable name in kebab case.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Discovery(_) => "bad-discovery",
            Self::File(_) => "unreadable",
            Self::KeySet(_) | Self::NotAKeyFile => "no-keys",
            Self::Lost => "lost",
            Self::Status(_) => "bad-status",
            Self::TimedOut => "timed-out",
            Self::TooLarge => "too-large",
            Self::Transport(_) => "unreachable",
        }
    }
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        // Without the address: it is named beside the error, and may hold more than should be seen.
        if error.is_timeout() { Self::TimedOut } else { Self::Transport(error.without_url()) }
    }
}
