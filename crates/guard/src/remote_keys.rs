//! Keys that the issuer publishes at an address.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use gatewright_jose::{KeyCache, KeyCacheTimes, KeySet, KeySetError, Lookup, UnixTime, UnknownKey};
use reqwest::{Client, StatusCode, Url, redirect};
use tokio::sync::watch;

use crate::{Clock, Denial};

/// Bounds on a fetch and on the use of what it brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteKeysOptions {
    /// How long a set serves, and how often it is fetched at most.
    pub times: KeyCacheTimes,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the whole fetch may take.
    pub total_timeout: Duration,
    /// How many bytes the answer may have.
    pub max_body_bytes: usize,
    /// Where plain `http` may be used.
    pub plain_http: PlainHttp,
}

impl Default for RemoteKeysOptions {
    fn default() -> Self {
        Self {
            times: KeyCacheTimes::default(),
            connect_timeout: Duration::from_secs(2),
            total_timeout: Duration::from_secs(5),
            max_body_bytes: 256 * 1024,
            plain_http: PlainHttp::LoopbackOnly,
        }
    }
}

/// Where keys may come over a connection that anybody on the way can rewrite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlainHttp {
    /// Only from this machine.
    LoopbackOnly,
    /// From everywhere: only where the network itself is trusted, as between containers.
    Everywhere,
}

/// Keys fetched from a JWKS address and kept; cheap to clone, one cache for all clones.
///
/// Many requests that wait cause one fetch. A token with an unknown key causes another, at most
/// once per cooldown. While the source is down the old keys serve on.
#[derive(Clone)]
pub struct RemoteKeys(Arc<Inner>);

struct Inner {
    client: Client,
    url: Url,
    max_body_bytes: usize,
    cache: Mutex<KeyCache>,
    /// Told after every fetch, whatever came of it.
    settled: watch::Sender<()>,
}

impl RemoteKeys {
    /// The keys at an address; nothing is fetched before the first token.
    pub fn new(url: &str, options: RemoteKeysOptions) -> Result<Self, RemoteKeysError> {
        let url = Url::parse(url).map_err(|_| RemoteKeysError::NotAnAddress)?;
        check_address(&url, options.plain_http)?;
        let client = Client::builder()
            .connect_timeout(options.connect_timeout)
            .timeout(options.total_timeout)
            // An issuer that redirects elsewhere would hand the choice of keys to elsewhere.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(RemoteKeysError::Client)?;
        Ok(Self(Arc::new(Inner {
            client,
            url,
            max_body_bytes: options.max_body_bytes,
            cache: Mutex::new(KeyCache::new(options.times)),
            settled: watch::Sender::new(()),
        })))
    }

    /// The set to verify with, if there is one now; has a stale one renewed on the side.
    pub(crate) fn at_hand(&self, now: UnixTime) -> Option<Arc<KeySet>> {
        match self.0.cache().lookup(now) {
            Lookup::Found(keys) => Some(keys),
            Lookup::FoundStale(keys) => {
                self.start_fetch(now);
                Some(keys)
            }
            Lookup::Refresh => {
                self.start_fetch(now);
                None
            }
            _ => None,
        }
    }

    /// The set to verify with, after a fetch if need be.
    pub(crate) async fn wait_for_keys(&self, clock: &Clock) -> Result<Arc<KeySet>, Denial> {
        // Twice: once for a fetch that is under way, and once for one of our own. A source that is
        // down must not hold a request for longer.
        for _ in 0..2 {
            // Subscribed first: a fetch that ends between the look and the wait must be noticed.
            let mut settled = self.0.settled.subscribe();
            let now = clock.now();
            if let Some(keys) = self.at_hand(now) {
                return Ok(keys);
            }
            if !self.0.cache().is_fetching() {
                let retry_after_seconds = self.0.cache().seconds_until_retry(now);
                return Err(Denial::KeysUnavailable { retry_after_seconds });
            }
            if settled.changed().await.is_err() {
                break;
            }
        }
        let now = clock.now();
        self.at_hand(now).ok_or_else(|| Denial::KeysUnavailable {
            retry_after_seconds: self.0.cache().seconds_until_retry(now),
        })
    }

    /// A set that is newer than this one, or `None` where there is none to be had now.
    pub(crate) async fn wait_for_newer_than(
        &self,
        keys: &Arc<KeySet>,
        clock: &Clock,
    ) -> Option<Arc<KeySet>> {
        let mut settled = self.0.settled.subscribe();
        let now = clock.now();
        // Decided in a statement of its own, so that the lock is not held while waiting.
        let decision = self.0.cache().unknown_key(keys, now);
        match decision {
            UnknownKey::Refresh => self.start_fetch(now),
            UnknownKey::Retry => {}
            _ => return None,
        }
        if self.0.cache().is_fetching() {
            settled.changed().await.ok()?;
        }
        self.at_hand(clock.now()).filter(|newer| !Arc::ptr_eq(newer, keys))
    }

    /// Fetches in a task of its own: the request that asked first may be dropped by its client, and
    /// the others wait on.
    fn start_fetch(&self, now: UnixTime) {
        let remote = self.clone();
        tokio::spawn(async move {
            let _settle = Settle(&remote.0);
            match remote.0.fetch().await {
                Ok(json) => {
                    if let Err(error) = remote.0.cache().received(&json, now) {
                        remote.0.warn(&error.into());
                    }
                }
                Err(error) => remote.0.warn(&error),
            }
        });
    }
}

impl fmt::Debug for RemoteKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RemoteKeys").field(&self.0.url.as_str()).finish()
    }
}

impl Inner {
    fn cache(&self) -> MutexGuard<'_, KeyCache> {
        // The cache's methods leave it whole at every step, so a panic elsewhere spoils nothing.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self) -> Result<Vec<u8>, FetchError> {
        let mut response = self.client.get(self.url.clone()).send().await?;
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

    fn warn(&self, error: &FetchError) {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(url = %self.url, %error, cause, "the key set was not renewed");
    }
}

/// Wakes those who wait, even if the fetch panicked: else they would wait for ever.
struct Settle<'r>(&'r Inner);

impl Drop for Settle<'_> {
    fn drop(&mut self) {
        self.0.cache().failed();
        self.0.settled.send_replace(());
    }
}

fn check_address(url: &Url, plain_http: PlainHttp) -> Result<(), RemoteKeysError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RemoteKeysError::HasCredentials);
    }
    let host = url.host_str().ok_or(RemoteKeysError::NotAnAddress)?;
    match url.scheme() {
        "https" => Ok(()),
        "http" if plain_http == PlainHttp::Everywhere || is_loopback(host) => Ok(()),
        "http" => Err(RemoteKeysError::PlainHttp),
        _ => Err(RemoteKeysError::NotAnAddress),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost") // RFC 6761 §6.3
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Why keys cannot be had from an address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteKeysError {
    /// The HTTP client cannot be made on this machine.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
    /// The address holds a user name or a password, which would end up in logs.
    #[error("the address of a key set must not hold credentials")]
    HasCredentials,
    /// The text is no absolute address with `https` or `http`.
    #[error("the address of a key set must be an absolute http or https URL")]
    NotAnAddress,
    /// Plain `http` to another machine, which [`PlainHttp::Everywhere`] would permit.
    #[error("keys must not be fetched over plain http from another machine; use https")]
    PlainHttp,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the answer is no key set")]
    KeySet(#[from] KeySetError),
    #[error("the source answered {0}")]
    Status(StatusCode),
    #[error("the answer is too large")]
    TooLarge,
    #[error("the source cannot be reached")]
    Transport(#[from] reqwest::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> Option<RemoteKeysError> {
        RemoteKeys::new(url, RemoteKeysOptions::default()).err()
    }

    #[test]
    fn addresses_that_may_serve_keys() {
        for url in [
            "https://auth.example/api/auth/jwks",
            "http://localhost:4000/api/auth/jwks",
            "http://auth.localhost/jwks",
            "http://127.0.0.1:4000/jwks",
            "http://[::1]:4000/jwks",
        ] {
            assert!(refused(url).is_none(), "{url}");
        }
    }

    #[test]
    fn addresses_that_may_not() {
        use RemoteKeysError as E;
        assert!(matches!(refused("http://auth.example/jwks"), Some(E::PlainHttp)));
        assert!(matches!(refused("http://localhost.evil.example/"), Some(E::PlainHttp)));
        assert!(matches!(refused("http://127.0.0.1.evil.example/"), Some(E::PlainHttp)));
        assert!(matches!(refused("https://a:b@auth.example/"), Some(E::HasCredentials)));
        for url in ["", "/jwks", "auth.example/jwks", "file:///etc/keys", "ftp://a.example/"] {
            assert!(matches!(refused(url), Some(E::NotAnAddress)), "{url}");
        }
        let options =
            RemoteKeysOptions { plain_http: PlainHttp::Everywhere, ..RemoteKeysOptions::default() };
        assert!(RemoteKeys::new("http://auth:4000/jwks", options).is_ok());
    }
}
