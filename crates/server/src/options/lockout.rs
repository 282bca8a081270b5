//! `lockout`: what wrong passwords lead to. Better Auth has nothing like it.

/// `lockout`.
#[derive(Clone, Debug)]
pub struct Lockout {
    /// On by default.
    pub enabled: bool,
    /// Seconds of the first delay; each failure after it doubles it.
    pub delay: i64,
    /// Seconds of the longest delay.
    pub max_delay: i64,
    /// `account`: for each account, whether or not there is one.
    pub account: LockoutLimit,
    /// `address`: for each address, whatever the account.
    pub address: LockoutLimit,
}

/// How many failures are forgiven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockoutLimit {
    /// The failure that brings the first delay.
    pub max_failures: u32,
    /// Seconds in which so many failures are forgotten, one after another.
    pub forget_after: i64,
}

impl Default for Lockout {
    fn default() -> Self {
        Self {
            enabled: true,
            delay: 60,
            max_delay: 900,
            account: LockoutLimit { max_failures: 10, forget_after: 86_400 },
            address: LockoutLimit { max_failures: 100, forget_after: 3600 },
        }
    }
}
