//! Keys that the issuer publishes at an address.

use std::{fmt, sync::Arc, time::Duration};

use gatewright_jose::KeyCacheTimes;

use super::{
    PlainHttp, RemoteKeysError, address, cached::Cached, discovery::Discovery, fetch::Http,
    source::Source,
};

/// Bounds on a fetch and on the use of what it brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteKeysOptions {
    /// How long a set serves, and how often it is fetched at most.
    pub times: KeyCacheTimes,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the whole fetch may take, with its discovery.
    pub total_timeout: Duration,
    /// How many bytes an answer may have.
    pub max_body_bytes: usize,
    /// Where plain `http` may be used.
    pub plain_http: PlainHttp,
}

impl Default for RemoteKeysOptions {
    /// Two seconds to connect, five in all, 256 KiB, plain `http` from this machine only.
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

/// Keys fetched from an issuer and kept; cheap to clone, one cache for all clones.
///
/// Many requests that wait cause one fetch. A token with an unknown key causes another, at most
/// once per cooldown. While the source is down the old keys serve on; while there never were any,
/// nobody passes.
///
/// A key that the issuer withdrew is accepted for at most
/// [`fresh_seconds`](KeyCacheTimes::fresh_seconds) after the last fetch that brought it, if the
/// issuer can be reached, and [`stale_seconds`](KeyCacheTimes::stale_seconds) if not.
#[derive(Clone)]
pub struct RemoteKeys(pub(super) Arc<Cached>);

impl RemoteKeys {
    /// The keys at the address of a JWK Set; nothing is fetched before the first token.
    ///
    /// ```
    /// use gatewright_guard::{RemoteKeys, RemoteKeysOptions};
    ///
    /// let url = "https://auth.example/api/auth/jwks";
    /// let keys = RemoteKeys::new(url, RemoteKeysOptions::default())?;
    /// // Plain http is refused, but for loopback.
    /// assert!(RemoteKeys::new("http://auth.example/jwks", RemoteKeysOptions::default()).is_err());
    /// # Ok::<(), gatewright_guard::RemoteKeysError>(())
    /// ```
    pub fn new(url: &str, options: RemoteKeysOptions) -> Result<Self, RemoteKeysError> {
        let url = address::parse(url, options.plain_http)?;
        let source = Source::Address(Http::new(&url, &options)?, url);
        Ok(Self(Arc::new(Cached::new(source, options.times))))
    }

    /// The keys of an issuer, whose address stands in its own metadata: in
    /// `/.well-known/openid-configuration`, or where that is not, in
    /// `/.well-known/oauth-authorization-server` (RFC 8414). What is found is kept, and looked up
    /// again after a fetch of the keys has failed.
    ///
    /// The document must name exactly the issuer that is asked for, which the policy should expect
    /// as well; the address in it is held to the same rules as any other, and an issuer on `https`
    /// cannot name one on plain `http`.
    ///
    /// ```
    /// use gatewright_guard::{Policy, RemoteKeys, RemoteKeysOptions, Verifier};
    ///
    /// let issuer = "https://auth.example";
    /// let policy = Policy::builder().issuer(issuer).audience("todo").any_algorithm().build();
    /// let keys = RemoteKeys::discover(issuer, RemoteKeysOptions::default())?;
    /// let verifier = Verifier::from_remote(policy, keys);
    /// # let _ = verifier;
    /// # Ok::<(), gatewright_guard::RemoteKeysError>(())
    /// ```
    pub fn discover(issuer: &str, options: RemoteKeysOptions) -> Result<Self, RemoteKeysError> {
        let discovery = Discovery::new(issuer, options.plain_http)?;
        let http = Http::new(discovery.document(), &options)?;
        let source = Source::Issuer(http, Box::new(discovery));
        Ok(Self(Arc::new(Cached::new(source, options.times))))
    }
}

impl fmt::Debug for RemoteKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RemoteKeys").field(&self.0.name()).finish()
    }
}
