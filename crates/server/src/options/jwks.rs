//! `jwt.jwks`: the key pairs that sign JWTs.

/// `jwt.jwks`, but for the algorithm.
#[derive(Clone, Debug)]
pub struct JwksOptions {
    /// Seconds after which a key signs no more, and another one is made; by default never.
    pub rotation_interval: Option<i64>,
    /// Seconds for which a key that signs no more stays published, so that its tokens still verify.
    pub grace_period: i64,
    /// Whether private keys lie in the database as they are. Those that do are read in any case.
    pub disable_private_key_encryption: bool,
}

impl Default for JwksOptions {
    fn default() -> Self {
        Self {
            rotation_interval: None,
            grace_period: 2_592_000,
            disable_private_key_encryption: false,
        }
    }
}
