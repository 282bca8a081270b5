//! What every handler works with.

use std::sync::Arc;

use gatewright_jose::KeyError;

use crate::audit::{AuditEntry, AuditLog};
use crate::clock::Clock;
use crate::cookie_cache::CookieCache;
use crate::cookies::{CookieError, Cookies};
use crate::crypto::{Random, Secrets};
use crate::every::Every;
use crate::mail::{MailError, Mailer};
use crate::metrics::Metrics;
use crate::options::Options;
use crate::password::Passwords;
use crate::rate_limit::RateLimiter;
use crate::router::route_templates;
use crate::signing_keys::SigningKeys;
use crate::store::Store;

/// The server's parts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context(Arc<Parts>);

/// The server could not be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The secret can't be the key of the JWT algorithm asked for.
    #[error("the secret cannot sign with {algorithm}")]
    Secret {
        /// `jwt.jwks.key_pair_config.alg`.
        algorithm: &'static str,
        /// What is wrong with it.
        #[source]
        source: KeyError,
    },
    /// Names or attributes of cookies that can't be.
    #[error(transparent)]
    Cookies(#[from] CookieError),
    /// The cryptography library made no keys for it.
    #[error("the cookie cache cannot be had")]
    CookieCache(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The system gave no threads for password hashing.
    #[error("cannot start the threads that hash passwords")]
    Threads(#[source] std::io::Error),
    /// Mails cannot be sent as they were configured.
    #[error("mails cannot be sent like this")]
    Mail(#[source] MailError),
}

/// The key that is to sign cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("tokens cannot be signed")]
pub struct KeyCheckError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// What a [`Context`] is made of; for this crate alone.
#[derive(Debug)]
pub struct Parts {
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) cookies: Cookies,
    /// None where sessions are not cached in cookies.
    pub(crate) cookie_cache: Option<CookieCache>,
    pub(crate) mailer: Mailer,
    pub(crate) metrics: Metrics,
    pub(crate) passwords: Passwords,
    pub(crate) keys: SigningKeys,
    pub(crate) audit: AuditLog,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) lockout_removal: Every,
}

impl Context {
    /// Puts the server together; starts its threads, and on the runtime around it its tasks.
    pub fn new(
        options: Options,
        store: Store,
        clock: Clock,
        random: Random,
    ) -> Result<Self, StartError> {
        let cookies = Cookies::new(&options.advanced, &options.base_url)?;
        let secrets = Secrets::new(options.secret.clone(), options.secret_rotation.clone());
        let cache = &options.session.cookie_cache;
        let cookie_cache = cache
            .enabled
            .then(|| CookieCache::new(&options, &secrets, random.clone()))
            .transpose()
            .map_err(|source| StartError::CookieCache(source.into()))?;
        let algorithm = options.jwt.algorithm.as_str();
        let audit =
            AuditLog::new(options.audit_log.clone(), store.clone(), clock.clone(), random.clone());
        let keys = SigningKeys::new(
            &options.jwt,
            secrets,
            random.clone(),
            clock.clone(),
            store.clone(),
            audit.clone(),
        )
        .map_err(|source| StartError::Secret { algorithm, source })?;
        let rate_limiter =
            RateLimiter::new(options.rate_limit.clone(), store.clone(), random.clone());
        let base_path = &options.base_url.path;
        let metrics = Metrics::new(route_templates(base_path), base_path, clock.now());
        let counts = metrics.mails.clone();
        let mailer = Mailer::start(&options, store.clone(), clock.clone(), random.clone(), counts)
            .map_err(StartError::Mail)?;
        let passwords = Passwords::start(random.clone(), metrics.passwords.clone())
            .map_err(StartError::Threads)?;
        Ok(Self(Arc::new(Parts {
            options,
            store,
            clock,
            random,
            cookies,
            cookie_cache,
            mailer,
            metrics,
            passwords,
            keys,
            audit,
            rate_limiter,
            lockout_removal: Every::default(),
        })))
    }

    /// Whether the keys that are to sign can be used: one that cannot is better found at start than
    /// by the first who signs in. Says of others in the database that they cannot, in the log.
    pub async fn check_keys(&self) -> Result<(), KeyCheckError> {
        self.0.keys.check().await.map_err(|error| KeyCheckError(Box::new(error)))
    }

    /// An id for a new row.
    pub(crate) fn new_id(&self) -> String {
        self.0.store.new_id(&self.0.random)
    }

    /// Writes a row of the audit log, for what the program around the server does.
    pub async fn record(&self, entry: AuditEntry) {
        self.audit.record(entry).await;
    }

    /// Delivers the mails that are due, for a while. To be called when nobody is answered any more.
    pub async fn close(&self) {
        self.0.mailer.close().await;
    }
}

impl std::ops::Deref for Context {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
