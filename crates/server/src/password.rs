//! Passwords: hashed and compared as Better Auth does, on threads of their own.
//!
//! One hash takes a core for tens of milliseconds and 32 MiB. So there is one thread a core, a
//! bounded queue before them, and an honest "try again" beyond it; the threads that answer other
//! requests never hash. Upstream: `@better-auth/utils/password`.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use scrypt::{Params, scrypt};
use tokio::sync::oneshot;
use tracing::Instrument;
use unicode_normalization::UnicodeNormalization;

use crate::crypto::{Random, equal_in_constant_time, hex_decode, hex_encode};
use crate::metrics::Passwords as Metrics;
use crate::trace::step;

/// scrypt's N as a power of two: 16384.
const LOG_N: u8 = 14;
const R: u32 = 16;
const P: u32 = 1;
const KEY_BYTES: usize = 64;
const SALT_BYTES: usize = 16;

/// Hashes that may wait for each core: at some 70 ms each, the last one waits nine seconds.
const QUEUE_PER_CORE: usize = 128;

/// Why a password was neither hashed nor compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PasswordError {
    /// Too many are waiting.
    #[error("too many passwords wait to be hashed")]
    QueueFull,
    /// The server is stopping.
    #[error("password hashing has stopped")]
    Stopped,
    /// scrypt refused its parameters, which are ours and fixed.
    #[error("scrypt failed")]
    Hash,
}

/// The threads that hash. Cheap to clone; they end when the last clone is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    jobs: SyncSender<Job>,
    random: Random,
    metrics: Metrics,
}

enum Job {
    Hash {
        password: String,
        salt: String,
        answer: oneshot::Sender<Result<String, PasswordError>>,
    },
    Verify {
        password: String,
        stored: String,
        answer: oneshot::Sender<Result<Verdict, PasswordError>>,
    },
}

/// Whether a password is the stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    Wrong,
}

impl Passwords {
    /// Starts one thread a core.
    pub(crate) fn start(random: Random, metrics: Metrics) -> std::io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let (jobs, waiting) = sync_channel(cores * QUEUE_PER_CORE);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..cores {
            let (waiting, metrics) = (Arc::clone(&waiting), metrics.clone());
            thread::Builder::new().name("password-hash".to_owned()).spawn(move || {
                while let Some(job) = next(&waiting) {
                    metrics.waiting.dec();
                    run(job, &metrics);
                }
            })?;
        }
        Ok(Self { jobs, random, metrics })
    }

    /// Hashes a new password with a new salt: `<salt in hex>:<key in hex>`.
    pub(crate) async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let mut salt = [0; SALT_BYTES];
        self.random.fill(&mut salt);
        let (answer, answered) = oneshot::channel();
        self.submit(Job::Hash { password, salt: hex_encode(&salt), answer })?;
        answered
            .instrument(step!("password.hash"))
            .await
            .map_err(|_ended| PasswordError::Stopped)?
    }

    /// Compares a password with a stored hash; a malformed one never matches.
    pub(crate) async fn verify(
        &self,
        password: String,
        stored: String,
    ) -> Result<Verdict, PasswordError> {
        let (answer, answered) = oneshot::channel();
        self.submit(Job::Verify { password, stored, answer })?;
        answered
            .instrument(step!("password.hash"))
            .await
            .map_err(|_ended| PasswordError::Stopped)?
    }

    fn submit(&self, job: Job) -> Result<(), PasswordError> {
        // First: a thread may take it before this one goes on.
        self.metrics.waiting.inc();
        self.jobs.try_send(job).map_err(|error| {
            self.metrics.waiting.dec();
            match error {
                TrySendError::Full(_) => {
                    self.metrics.refused.inc();
                    PasswordError::QueueFull
                }
                TrySendError::Disconnected(_) => PasswordError::Stopped,
            }
        })
    }
}

/// Whoever holds the lock waits for the next job; the others wait for the lock.
fn next(waiting: &Mutex<Receiver<Job>>) -> Option<Job> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn run(job: Job, metrics: &Metrics) {
    // A request that was given up is not worth a hash; nor does anyone hear its answer.
    let is_given_up = match &job {
        Job::Hash { answer, .. } => answer.is_closed(),
        Job::Verify { answer, .. } => answer.is_closed(),
    };
    if is_given_up {
        return;
    }
    // Counted before the answer is given: who has it may look at once.
    match job {
        Job::Hash { password, salt, answer } => {
            let hash = timed(metrics, || derive(&password, &salt));
            let _ = answer.send(hash.map(|key| format!("{salt}:{}", hex_encode(&key))));
        }
        Job::Verify { password, stored, answer } => {
            let _ = answer.send(timed(metrics, || compare(&password, &stored)));
        }
    }
}

fn timed<T>(metrics: &Metrics, work: impl FnOnce() -> T) -> T {
    metrics.running.inc();
    let start = Instant::now();
    let done = work();
    metrics.duration.observe(start.elapsed());
    metrics.running.dec();
    done
}

fn compare(password: &str, stored: &str) -> Result<Verdict, PasswordError> {
    let (salt, expected) = stored.split_once(':').unwrap_or((stored, ""));
    let key = derive(password, salt)?;
    let expected = hex_decode(expected).unwrap_or_default();
    let is_right = !salt.is_empty() && equal_in_constant_time(&key, &expected);
    Ok(if is_right { Verdict::Right } else { Verdict::Wrong })
}

/// The salt is the hex text itself, not the bytes it stands for.
fn derive(password: &str, salt: &str) -> Result<[u8; KEY_BYTES], PasswordError> {
    let password: String = password.nfkc().collect();
    let params = Params::new(LOG_N, R, P).map_err(|_fixed| PasswordError::Hash)?;
    let mut key = [0; KEY_BYTES];
    scrypt(password.as_bytes(), salt.as_bytes(), &params, &mut key)
        .map_err(|_fixed| PasswordError::Hash)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by Better Auth 1.7.25 for `password1234`.
    const UPSTREAM: &str = "409dc69d9e07f9bd4ef341efa0b665fb:c3db6d3d4702bc3582a7385a27bb37cdd20a0084659751b0441e7aad1b1bd181c10959939f58dbc596910aecd9b4c7c6bc69e8f37de59af32433e7bbb8d34550";

    fn passwords() -> Passwords {
        Passwords::start(Random::system(), Metrics::default()).unwrap()
    }

    #[tokio::test]
    async fn upstreams_hash_is_verified() {
        let right = passwords().verify("password1234".to_owned(), UPSTREAM.to_owned()).await;
        assert_eq!(right, Ok(Verdict::Right));
        let wrong = passwords().verify("password1235".to_owned(), UPSTREAM.to_owned()).await;
        assert_eq!(wrong, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn a_hash_verifies_after_normalisation() {
        // The ligature and its letters are the same text after NFKC.
        let stored = passwords().hash("\u{fb01}le password".to_owned()).await.unwrap();
        let verdict = passwords().verify("file password".to_owned(), stored).await;
        assert_eq!(verdict, Ok(Verdict::Right));
    }

    #[tokio::test]
    async fn malformed_hashes_never_match() {
        for stored in ["", ":", "salt", "salt:", "salt:zz", ":00", "a:b:c"] {
            let verdict = passwords().verify(String::new(), stored.to_owned()).await;
            assert_eq!(verdict, Ok(Verdict::Wrong), "{stored}");
        }
    }

    #[tokio::test]
    async fn beyond_the_queue_is_an_error_and_no_wait() {
        // No thread takes from this queue, so that what fits is known.
        let (jobs, _waiting) = sync_channel(0);
        let passwords = Passwords { jobs, random: Random::system(), metrics: Metrics::default() };
        assert_eq!(passwords.hash("one".to_owned()).await, Err(PasswordError::QueueFull));
        assert_eq!(passwords.metrics.refused.get(), 1);
        assert_eq!(passwords.metrics.waiting.get(), 0);
    }

    #[tokio::test]
    async fn after_the_threads_have_ended_it_is_an_error() {
        let (jobs, waiting) = sync_channel(1);
        drop(waiting);
        let passwords = Passwords { jobs, random: Random::system(), metrics: Metrics::default() };
        assert_eq!(passwords.hash("one".to_owned()).await, Err(PasswordError::Stopped));
    }
}
