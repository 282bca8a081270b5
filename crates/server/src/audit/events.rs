//! What the audit log tells of: each event declared once.

use std::fmt;

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOutcome {
    /// It was done.
    Ok,
    /// It was refused.
    Failed,
    /// It was refused, and the failure was one too many: there is a delay from now on.
    Locked,
}

impl AuditOutcome {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Locked => "locked",
        }
    }
}

macro_rules! audit_events {
    ($($event:ident = $name:literal, $about:literal;)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum AuditEvent {
            $(#[doc = $about] $event,)*
        }

        impl AuditEvent {
            /// Every event, in alphabetical order.
            pub const ALL: &[Self] = &[$(Self::$event),*];

            /// As it is stored.
            pub fn name(self) -> &'static str {
                match self { $(Self::$event => $name,)* }
            }

            /// When it is written, and what its details say.
            pub fn about(self) -> &'static str {
                match self { $(Self::$event => $about,)* }
            }
        }
    };
}

audit_events! {
    AccountUnlink = "account-unlink", "A user gave up an account that they signed in with. Details: `account`, its id";
    EmailChange = "email-change", "A user has another e-mail address";
    EmailVerify = "email-verify", "An e-mail address was verified by a link";
    KeyMake = "key-make", "The server made a key pair for tokens. Details: `kid`, `alg`";
    KeyRotate = "key-rotate", "An operator made a new key pair. Details: `kid`, `alg`";
    PasswordChange = "password-change", "A user changed their password, or gave a wrong one for it. Details: `sessions_revoked`";
    PasswordCheck = "password-check", "A wrong password where a user was asked for theirs (verify-password)";
    PasswordReset = "password-reset", "A user has a new password by a link. Details: `sessions_revoked`";
    PasswordResetRequest = "password-reset-request", "A link for a new password was asked for; who for, if there is no such user, is not told";
    ServerStart = "server-start", "A server started. Details: `version`, `base_url`, and in `set` each key of the configuration that was set";
    SessionsRevoke = "sessions-revoke", "Sessions were ended. Details: `which` (`one`, `others`, `all` of a user, or `everybody`), `count`, and `by` where it was an `operator`";
    SignIn = "sign-in", "Somebody signed in, or gave a wrong password. Details of a failure: `account`, the same for the same e-mail address, whoever has it";
    SignOut = "sign-out", "A user signed out";
    SignUp = "sign-up", "There is a new user, or (`failed`) the address was taken";
    UserChange = "user-change", "An operator changed a user. Details: `changed`, which is `password`";
    UserCreate = "user-create", "An operator made a user, or took many in. Details of the latter: `imported`, `updated`";
    UserDelete = "user-delete", "A user deleted themselves, or gave a wrong password for it";
}

impl fmt::Display for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sorted_and_the_table_of_the_documentation_has_them() {
        let names: Vec<_> = AuditEvent::ALL.iter().map(|event| event.name()).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        let table: Vec<String> = AuditEvent::ALL
            .iter()
            .map(|event| format!("| `{}` | {} |", event.name(), event.about()))
            .collect();
        let page = include_str!("../../../../docs/audit-log.md");
        let rows = page.lines().skip_while(|line| *line != "| event | is written when |").skip(2);
        let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
        assert_eq!(rows, table, "docs/audit-log.md should have:\n{}", table.join("\n"));
    }
}
