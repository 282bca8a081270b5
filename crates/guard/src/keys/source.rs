//! Where keys come from, told apart.

use gatewright_jose::KeySet;
use reqwest::Url;

use super::{
    discovery::Discovery,
    fetch::{FetchError, Http},
    file::Reader,
};

pub(super) enum Source {
    Address(Http, Url),
    File(Reader),
    Issuer(Http, Box<Discovery>),
}

impl Source {
    /// For logs and metrics: without a query, which might hold more than should be seen.
    pub(super) fn name(&self) -> String {
        let of = |url: &Url| {
            let mut url = url.clone();
            url.set_query(None);
            url.set_fragment(None);
            url.to_string()
        };
        match self {
            Self::Address(_, url) => of(url),
            Self::File(reader) => reader.path().display().to_string(),
            Self::Issuer(_, discovery) => of(discovery.document()),
        }
    }

    /// The bytes that hold the keys; bounded in time and size.
    pub(super) async fn fetch(&self) -> Result<Vec<u8>, FetchError> {
        match self {
            Self::Address(http, url) => http.get(url).await,
            Self::File(reader) => reader.fetch().await,
            Self::Issuer(http, discovery) => {
                // Up to three requests, and still one wait.
                let all = tokio::time::timeout(http.total_timeout, discovery.fetch(http));
                all.await.unwrap_or(Err(FetchError::TimedOut))
            }
        }
    }

    pub(super) fn parse(&self, bytes: &[u8]) -> Result<KeySet, FetchError> {
        match self {
            Self::Address(..) => Ok(KeySet::from_jwk_set_json(bytes)?),
            Self::File(reader) => reader.parse(bytes),
            Self::Issuer(_, discovery) => {
                let set = KeySet::from_jwk_set_json(bytes);
                if set.as_ref().map_or(true, KeySet::is_empty) {
                    discovery.forget();
                }
                Ok(set?)
            }
        }
    }
}
