//! `rate_limit.storage`.

use std::str::FromStr;

/// Where requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimitStorage {
    /// In each server by itself: several servers allow as many times more.
    Memory,
    /// In the database, for all servers that share it.
    Database,
}

impl RateLimitStorage {
    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Database => "database",
        }
    }
}

impl FromStr for RateLimitStorage {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        [Self::Memory, Self::Database].into_iter().find(|one| one.name() == name).ok_or(())
    }
}
