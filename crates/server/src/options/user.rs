//! `user`: what users have, and may do with themselves.

use crate::fields::AdditionalFields;

/// `user`.
#[derive(Clone, Debug, Default)]
pub struct UserOptions {
    /// `additional_fields`.
    pub additional_fields: AdditionalFields,
    /// `change_email`.
    pub change_email: ChangeEmail,
    /// `delete_user`.
    pub delete_user: DeleteUser,
}

/// `user.change_email`.
#[derive(Clone, Debug, Default)]
pub struct ChangeEmail {
    /// Whether users may change their address; off by default.
    pub enabled: bool,
    /// Mail who has a verified address there first, and the new address only once they agree. It is
    /// upstream's function of that name being set.
    pub send_change_email_confirmation: bool,
    /// Change an address that is not verified at once, and have the new one verified afterwards.
    pub update_email_without_verification: bool,
}

/// `user.delete_user`.
#[derive(Clone, Debug)]
pub struct DeleteUser {
    /// Whether users may delete themselves; off by default.
    pub enabled: bool,
    /// Mail them a link that does it, rather than do it when asked. It is upstream's function of
    /// that name being set.
    pub send_delete_account_verification: bool,
    /// Seconds for which the link is good.
    pub delete_token_expires_in: i64,
}

impl Default for DeleteUser {
    fn default() -> Self {
        Self {
            enabled: false,
            send_delete_account_verification: false,
            delete_token_expires_in: 86_400,
        }
    }
}
