//! Keys that lie in a file beside the service.

use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use gatewright_jose::{Algorithm, Jwk, KeyCacheTimes, KeySet, KeySetError, VerifyingKey};
use serde::Deserialize;

use super::{cached::Cached, fetch::FetchError, source::Source};

/// Bounds on the reading of a key file, and what it does not say itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileKeysOptions {
    /// How long what was read serves, and how often the file is read at most.
    pub times: KeyCacheTimes,
    /// How long reading may take; a file may lie on a network.
    pub timeout: Duration,
    /// How many bytes the file may have.
    pub max_bytes: usize,
    /// What a PEM key is for, where its type leaves a choice: an RSA key is for RS256 otherwise.
    pub pem_algorithm: Option<Algorithm>,
}

impl Default for FileKeysOptions {
    /// Read again after five seconds of use, at most once a second, and at most 256 KiB; what was
    /// read last serves for a day if the file is gone or unusable.
    fn default() -> Self {
        let times = KeyCacheTimes { fresh_seconds: 5, cooldown_seconds: 1, stale_seconds: 86_400 };
        Self { times, timeout: Duration::from_secs(2), max_bytes: 256 * 1024, pem_algorithm: None }
    }
}

/// Keys from a file: a JWK, a JWK Set, or one public key in PEM. Cheap to clone, one cache for all.
///
/// The file is read at the first token, and again while tokens come: what is written to it holds
/// within [`fresh_seconds`](KeyCacheTimes::fresh_seconds), and a key id that is not in it has it
/// read at once. Content of no use is warned of, and changes nothing. Write a new file beside it and
/// rename: a half-written file is of no use either.
///
/// A shared secret may stand in it as an `oct` key with its `alg`: unlike a published set, the file
/// is the service's own. Of a private JWK only the public half is used; a private key in PEM is
/// refused.
///
/// ```
/// use gatewright_guard::{Algorithm, FileKeys, FileKeysOptions, Policy, Verifier};
///
/// # async fn example(token: &str) -> Result<(), gatewright_guard::Denial> {
/// let policy = Policy::builder()
///     .issuer("https://auth.example")
///     .audience("https://api.example")
///     .algorithms([Algorithm::EdDSA])
///     .build();
/// let keys = FileKeys::new("/etc/todo/keys.json", FileKeysOptions::default());
/// let verified = Verifier::from_file(policy, keys).verify(token).await?;
/// # let _ = verified;
/// # Ok(())
/// # }
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
/// # // There is no such file: 503, not 401.
/// # let denial = runtime.block_on(example("eyJhbGciOiJFZERTQSJ9.e30.AA")).unwrap_err();
/// # assert_eq!(denial.code(), "keys-unavailable");
/// ```
#[derive(Clone)]
pub struct FileKeys(pub(super) Arc<Cached>);

impl FileKeys {
    /// The keys in a file; nothing is read before the first token.
    pub fn new(path: impl Into<PathBuf>, options: FileKeysOptions) -> Self {
        let reader = Reader { path: path.into(), options, turn: Arc::new(Mutex::new(())) };
        Self(Arc::new(Cached::new(Source::File(reader), options.times)))
    }
}

impl fmt::Debug for FileKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FileKeys").field(&self.0.name()).finish()
    }
}

/// Reads the file.
pub(super) struct Reader {
    path: PathBuf,
    options: FileKeysOptions,
    /// A read that hangs keeps one thread, not one more at each attempt.
    turn: Arc<Mutex<()>>,
}

impl Reader {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) async fn fetch(&self) -> Result<Vec<u8>, FetchError> {
        let (path, turn) = (self.path.clone(), Arc::clone(&self.turn));
        let max_bytes = self.options.max_bytes;
        let reading = tokio::task::spawn_blocking(move || {
            let Ok(_turn) = turn.try_lock() else { return Err(FetchError::TimedOut) };
            read(&path, max_bytes)
        });
        match tokio::time::timeout(self.options.timeout, reading).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(FetchError::Lost),
            Err(_) => Err(FetchError::TimedOut),
        }
    }

    pub(super) fn parse(&self, bytes: &[u8]) -> Result<KeySet, FetchError> {
        parse(bytes, self.options.pem_algorithm)
    }
}

fn read(path: &Path, max_bytes: usize) -> Result<Vec<u8>, FetchError> {
    // A pipe or a device would never end, or wait to be opened.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput).into());
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > max_bytes { Err(FetchError::TooLarge) } else { Ok(bytes) }
}

fn parse(bytes: &[u8], pem_algorithm: Option<Algorithm>) -> Result<KeySet, FetchError> {
    #[derive(Deserialize)]
    struct RawSet {
        keys: Vec<serde_json::Value>,
    }

    let text = str::from_utf8(bytes).map_err(|_| FetchError::NotAKeyFile)?;
    if text.contains("-----BEGIN ") {
        let key =
            VerifyingKey::from_pem(text, pem_algorithm).map_err(|_| FetchError::NotAKeyFile)?;
        return Ok(KeySet::from(key));
    }
    let json: serde_json::Value =
        serde_json::from_str(text).map_err(|_| FetchError::NotAKeyFile)?;
    let entries = if json.get("keys").is_some() {
        let set: RawSet = serde_json::from_value(json).map_err(|_| FetchError::NotAKeyFile)?;
        set.keys
    } else {
        vec![json]
    };
    let usable = entries.into_iter().filter_map(|entry| {
        let jwk: Jwk = serde_json::from_value(entry).ok()?;
        VerifyingKey::from_jwk(&jwk).ok()
    });
    let keys: KeySet = usable.collect();
    if keys.is_empty() { Err(KeySetError::NoUsableKey.into()) } else { Ok(keys) }
}
