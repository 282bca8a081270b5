//! `audit_log`. Better Auth has nothing like it.

/// `audit_log`.
#[derive(Clone, Debug)]
pub struct AuditLogOptions {
    /// On by default.
    pub enabled: bool,
    /// Seconds for which a row is kept.
    pub retention: i64,
}

impl Default for AuditLogOptions {
    fn default() -> Self {
        Self { enabled: true, retention: 365 * 86_400 }
    }
}
