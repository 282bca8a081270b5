//! `gatewright token`

mod decode;
mod fetch;
mod hidden;
mod sign;
mod sources;
mod verify;

/// The secret of the tests, in the variable `SECRET` of a desk.
pub(crate) const SECRET: &str = "zK4vQ9xW2mT7bN5cL8rJ3hF6gD1sA0pYeUiOwEtRqXyZ";

/// `sign` with the claims that verifiers want, and the secret.
pub(crate) fn signed(desk: &crate::desk::Desk, more: &[&str]) -> String {
    desk.sign(&[&["--secret-env", "SECRET", "--sub", "user-1"], more].concat())
}

pub(crate) fn desk() -> crate::desk::Desk {
    crate::desk::Desk::new().variable("SECRET", SECRET)
}
