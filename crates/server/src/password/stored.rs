//! Hashes as they are stored: Better Auth's own, and those that other systems made.
//!
//! What a hash costs stands in the hash itself. So each kind has a limit, and what would cost more
//! is no hash to us: nobody's stored row may hold a thread for minutes, or take gigabytes.

use argon2::{Algorithm, Argon2, Params as Argon2Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use scrypt::{Params as ScryptParams, scrypt};

use super::{KEY_BYTES, PasswordError, derive};
use crate::crypto::{equal_in_constant_time, hex_decode};

/// bcrypt's cost, at most: some 16 times what cost 10 takes, a second.
const MOST_BCRYPT_COST: u32 = 14;
const LEAST_BCRYPT_COST: u32 = 4;

/// scrypt's N·r·p, at most: 16 times that of Better Auth's own.
const MOST_SCRYPT_WORK: u64 = 1 << 22;

/// scrypt's N·r, at most: 256 MiB, at 128 bytes each.
const MOST_SCRYPT_BLOCKS: u64 = 1 << 21;

/// argon2's memory, at most: 256 MiB, in KiB.
const MOST_ARGON2_MEMORY: u32 = 1 << 18;

/// argon2's memory times its passes, at most: 1 GiB, in KiB.
const MOST_ARGON2_WORK: u64 = 1 << 20;

/// Bytes of a hash's own result, and of its salt, at most.
const MOST_BYTES: usize = 128;
const LEAST_KEY_BYTES: usize = 16;

/// Which kind of hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum HashKind {
    /// argon2id, argon2i or argon2d, in PHC form.
    Argon2,
    /// `$2a$`, `$2b$`, `$2x$` or `$2y$`.
    Bcrypt,
    /// Better Auth's own: scrypt as `salt:key`.
    BetterAuth,
    /// scrypt in PHC form (`$scrypt$ln=…`), or as Werkzeug writes it (`scrypt:N:r:p$salt$key`).
    Scrypt,
}

impl HashKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Argon2 => "argon2",
            Self::Bcrypt => "bcrypt",
            Self::BetterAuth => "better-auth",
            Self::Scrypt => "scrypt",
        }
    }

    /// The kind of a stored hash, if one of its kind could be verified here.
    pub fn of(stored: &str) -> Result<Self, HashFlaw> {
        Stored::parse(stored).map(|stored| stored.kind())
    }
}

/// Why a hash is none that could be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashFlaw {
    /// Its beginning says what it is, but the rest does not fit.
    #[error("the hash is malformed")]
    Malformed,
    /// It asks for more time or memory than a sign-in may cost.
    #[error(
        "the hash costs too much to verify: bcrypt may cost 14, scrypt 16 times Better Auth's own \
         (N·r·p up to 4194304) and 256 MiB, argon2 256 MiB and 1 GiB over all passes"
    )]
    TooCostly,
    /// It is of no kind that is known here.
    #[error("no known kind of hash: it is not Better Auth's, bcrypt, scrypt or argon2")]
    Unknown,
}

/// A hash, read, and within the limits.
pub(super) enum Stored<'a> {
    Argon2 { argon2: Box<Argon2<'a>>, salt: Vec<u8>, key: Vec<u8> },
    Bcrypt { cost: u32, salt: [u8; 16], key: [u8; 23] },
    BetterAuth { salt: &'a str, key: [u8; KEY_BYTES] },
    Scrypt { params: ScryptParams, salt: Vec<u8>, key: Vec<u8> },
}

impl<'a> Stored<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, HashFlaw> {
        if let Some(rest) = text.strip_prefix("$argon2") {
            return argon2_phc(rest);
        }
        if let Some(rest) = text.strip_prefix("$scrypt$") {
            return scrypt_phc(rest);
        }
        if let Some(rest) = text.strip_prefix("scrypt:") {
            return scrypt_of_werkzeug(rest);
        }
        if let Some(rest) =
            ["$2a$", "$2b$", "$2x$", "$2y$"].iter().find_map(|prefix| text.strip_prefix(prefix))
        {
            return bcrypt_modular(rest);
        }
        match text.split_once(':') {
            Some((salt, key)) if !salt.is_empty() && !salt.contains('$') => {
                let key = hex_decode(key).and_then(|key| key.try_into().ok());
                Ok(Self::BetterAuth { salt, key: key.ok_or(HashFlaw::Malformed)? })
            }
            _ => Err(HashFlaw::Unknown),
        }
    }

    pub(super) fn kind(&self) -> HashKind {
        match self {
            Self::Argon2 { .. } => HashKind::Argon2,
            Self::Bcrypt { .. } => HashKind::Bcrypt,
            Self::BetterAuth { .. } => HashKind::BetterAuth,
            Self::Scrypt { .. } => HashKind::Scrypt,
        }
    }

    /// Whether `password` is the one. Better Auth's own hashes the normalised text; others were
    /// made of what was typed.
    pub(super) fn is_of(&self, password: &str) -> Result<bool, PasswordError> {
        let failed = PasswordError::Hash;
        match self {
            Self::Argon2 { argon2, salt, key } => {
                let mut made = vec![0; key.len()];
                argon2
                    .hash_password_into(password.as_bytes(), salt, &mut made)
                    .map_err(|_memory| failed)?;
                Ok(equal_in_constant_time(&made, key))
            }
            Self::Bcrypt { cost, salt, key } => {
                let made = bcrypt::bcrypt(*cost, *salt, &bcrypt_input(password));
                // bcrypt has 24 bytes, and leaves the last one out of what is written.
                Ok(made.get(..key.len()).is_some_and(|made| equal_in_constant_time(made, key)))
            }
            Self::BetterAuth { salt, key } => {
                Ok(equal_in_constant_time(&derive(password, salt)?, key))
            }
            Self::Scrypt { params, salt, key } => {
                let mut made = vec![0; key.len()];
                scrypt(password.as_bytes(), salt, params, &mut made).map_err(|_length| failed)?;
                Ok(equal_in_constant_time(&made, key))
            }
        }
    }
}

/// What bcrypt hashes: the password and a NUL, of which it takes 72 bytes.
fn bcrypt_input(password: &str) -> Vec<u8> {
    password.bytes().chain([0]).take(72).collect()
}

/// `12$` and 53 characters: 22 of salt, 31 of the key.
fn bcrypt_modular(rest: &str) -> Result<Stored<'_>, HashFlaw> {
    let malformed = HashFlaw::Malformed;
    let (cost, rest) = rest.split_once('$').ok_or(malformed)?;
    let cost = number(cost, 2)?;
    if cost < LEAST_BCRYPT_COST {
        return Err(malformed);
    }
    let (salt, key) = rest.split_at_checked(22).ok_or(malformed)?;
    let mut decoded = ([0; 16], [0; 23]);
    let lengths = (
        bcrypt::BASE_64.decode_slice(salt, &mut decoded.0).map_err(|_| malformed)?,
        bcrypt::BASE_64.decode_slice(key, &mut decoded.1).map_err(|_| malformed)?,
    );
    match lengths {
        (16, 23) if cost > MOST_BCRYPT_COST => Err(HashFlaw::TooCostly),
        (16, 23) => Ok(Stored::Bcrypt { cost, salt: decoded.0, key: decoded.1 }),
        _ => Err(malformed),
    }
}

/// `id$v=19$m=65536,t=3,p=4$salt$key`, where `v` may be left out.
fn argon2_phc(rest: &str) -> Result<Stored<'_>, HashFlaw> {
    let malformed = HashFlaw::Malformed;
    let mut parts: Vec<&str> = rest.split('$').collect();
    let algorithm = match *parts.first().ok_or(malformed)? {
        "id" => Algorithm::Argon2id,
        "i" => Algorithm::Argon2i,
        "d" => Algorithm::Argon2d,
        _ => return Err(HashFlaw::Unknown),
    };
    if parts.len() == 4 {
        parts.insert(1, "v=16"); // 1.0, from before there was a `v`
    }
    let [_, version, params, salt, key] = parts.as_slice() else { return Err(malformed) };
    let version = match *version {
        "v=16" => Version::V0x10,
        "v=19" => Version::V0x13,
        _ => return Err(malformed),
    };
    let [memory, passes, lanes] = named(params, ["m", "t", "p"])?;
    let (salt, key) = (decoded(salt)?, decoded_key(key)?);
    if memory > MOST_ARGON2_MEMORY || u64::from(memory) * u64::from(passes) > MOST_ARGON2_WORK {
        return Err(HashFlaw::TooCostly);
    }
    // Each lane needs 8 KiB, so that the memory bounds the lanes as well.
    if u64::from(lanes) * 8 > u64::from(memory) {
        return Err(malformed);
    }
    let params =
        Argon2Params::new(memory, passes, lanes, Some(key.len())).map_err(|_| malformed)?;
    if salt.len() < argon2::MIN_SALT_LEN {
        return Err(malformed);
    }
    let argon2 = Box::new(Argon2::new(algorithm, version, params));
    Ok(Stored::Argon2 { argon2, salt, key })
}

/// `ln=14,r=8,p=1$salt$key`
fn scrypt_phc(rest: &str) -> Result<Stored<'_>, HashFlaw> {
    let malformed = HashFlaw::Malformed;
    let parts: Vec<&str> = rest.split('$').collect();
    let [params, salt, key] = parts.as_slice() else { return Err(malformed) };
    let [log_n, r, p] = named(params, ["ln", "r", "p"])?;
    let (salt, key) = (decoded(salt)?, decoded_key(key)?);
    Ok(Stored::Scrypt { params: scrypt_params(log_n, r, p)?, salt, key })
}

/// `32768:8:1$salt$key`: the salt is text as it stands, the key hexadecimal.
fn scrypt_of_werkzeug(rest: &str) -> Result<Stored<'_>, HashFlaw> {
    let malformed = HashFlaw::Malformed;
    let parts: Vec<&str> = rest.split('$').collect();
    let [params, salt, key] = parts.as_slice() else { return Err(malformed) };
    let params: Vec<&str> = params.split(':').collect();
    let [n, r, p] = params.as_slice() else { return Err(malformed) };
    let n = number(n, 10)?;
    if !n.is_power_of_two() || salt.is_empty() || salt.len() > MOST_BYTES {
        return Err(malformed);
    }
    let key = hex_decode(key).filter(|key| is_key_length(key.len())).ok_or(malformed)?;
    let params = scrypt_params(n.trailing_zeros(), number(r, 10)?, number(p, 10)?)?;
    Ok(Stored::Scrypt { params, salt: salt.as_bytes().to_vec(), key })
}

fn scrypt_params(log_n: u32, r: u32, p: u32) -> Result<ScryptParams, HashFlaw> {
    if log_n == 0 || r == 0 || p == 0 {
        return Err(HashFlaw::Malformed);
    }
    let n = 1_u64.checked_shl(log_n).ok_or(HashFlaw::TooCostly)?;
    let blocks = n.saturating_mul(r.into());
    // Before the library sees them: it multiplies.
    if blocks > MOST_SCRYPT_BLOCKS || blocks.saturating_mul(p.into()) > MOST_SCRYPT_WORK {
        return Err(HashFlaw::TooCostly);
    }
    let log_n = u8::try_from(log_n).map_err(|_| HashFlaw::TooCostly)?;
    ScryptParams::new(log_n, r, p).map_err(|_| HashFlaw::Malformed)
}

/// The numbers of `a=1,b=2,c=3`: these names, each once, and no other.
fn named(params: &str, names: [&str; 3]) -> Result<[u32; 3], HashFlaw> {
    let malformed = HashFlaw::Malformed;
    let pairs: Vec<(&str, &str)> = params.split(',').filter_map(|p| p.split_once('=')).collect();
    if pairs.len() != names.len() || params.split(',').count() != names.len() {
        return Err(malformed);
    }
    let mut values = [0; 3];
    for (value, name) in values.iter_mut().zip(names) {
        let found = pairs.iter().find(|(known, _)| *known == name).ok_or(malformed)?;
        *value = number(found.1, 10)?;
    }
    Ok(values)
}

/// Digits alone: no sign.
fn number(text: &str, most_digits: usize) -> Result<u32, HashFlaw> {
    let is_number = text.len() <= most_digits && text.bytes().all(|c| c.is_ascii_digit());
    let number = is_number.then(|| text.parse().ok()).flatten();
    number.ok_or(HashFlaw::Malformed)
}

fn decoded(text: &str) -> Result<Vec<u8>, HashFlaw> {
    // Twice as many characters as bytes is more than base64 needs.
    if text.len() > 2 * MOST_BYTES {
        return Err(HashFlaw::Malformed);
    }
    STANDARD_NO_PAD.decode(text).map_err(|_| HashFlaw::Malformed)
}

fn decoded_key(text: &str) -> Result<Vec<u8>, HashFlaw> {
    decoded(text)
        .and_then(|key| if is_key_length(key.len()) { Ok(key) } else { Err(HashFlaw::Malformed) })
}

fn is_key_length(bytes: usize) -> bool {
    (LEAST_KEY_BYTES..=MOST_BYTES).contains(&bytes)
}

#[cfg(test)]
mod tests;
