//! Scopes and roles, as the claims of a verified token grant them.

use gatewright_jose::Verified;
use serde::{Deserialize, de::IgnoredAny};

use crate::{Denial, Scopes};

/// What a token grants besides saying who its subject is.
///
/// - Scopes stand in `scope` (RFC 8693 §4.2, RFC 9068 §2.2.3) or `scp`, as one text with spaces or
///   as a list.
/// - Roles stand in `roles` or `role`, as a list or as one text; in a text commas separate them, as
///   Better Auth's admin plugin writes it.
///
/// A claim of another shape grants nothing. In a handler:
///
/// ```
/// use axum::extract::State;
/// use gatewright_guard::{Authenticated, Denial, Grants, Scopes};
///
/// async fn archive(
///     State(writing): State<Scopes>,
///     Authenticated(caller): Authenticated,
/// ) -> Result<&'static str, Denial> {
///     let grants = Grants::of(&caller);
///     grants.require_scopes(&writing)?;
///     Ok(if grants.has_role("admin") { "all archived" } else { "yours archived" })
/// }
/// let app: axum::Router = axum::Router::new()
///     .route("/archive", axum::routing::post(archive))
///     .with_state(Scopes::parse("tasks:write")?);
/// # let _ = app;
/// # Ok::<(), gatewright_guard::ChallengeError>(())
/// ```
///
/// For whole routes there is [`Require`](crate::Require).
#[derive(Debug, Clone, Default)]
pub struct Grants {
    scopes: Vec<String>,
    roles: Vec<String>,
}

#[derive(Deserialize)]
struct Raw {
    scope: Option<Names>,
    scp: Option<Names>,
    roles: Option<Names>,
    role: Option<Names>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Many(Vec<String>),
    /// What is neither must not be taken for the other claim alone: nothing is granted then.
    Neither(IgnoredAny),
}

impl Grants {
    /// What this token grants.
    pub fn of<C>(verified: &Verified<C>) -> Self {
        let Ok(raw) = serde_json::from_str::<Raw>(verified.payload()) else {
            return Self::default();
        };
        Self {
            scopes: both(raw.scope, raw.scp, ' ').unwrap_or_default(),
            roles: both(raw.roles, raw.role, ',').unwrap_or_default(),
        }
    }

    /// Whether it has this scope, compared exactly.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|one| one == scope)
    }

    /// Whether it has this role, compared exactly.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|one| one == role)
    }

    /// Fails unless it has all of these scopes.
    pub fn require_scopes(&self, scopes: &Scopes) -> Result<(), Denial> {
        if scopes.iter().all(|scope| self.has_scope(scope)) {
            Ok(())
        } else {
            Err(Denial::InsufficientScope(scopes.clone()))
        }
    }

    /// Fails unless it has one of these roles at least.
    pub fn require_any_role<T: AsRef<str>>(
        &self,
        roles: impl IntoIterator<Item = T>,
    ) -> Result<(), Denial> {
        let has_one = roles.into_iter().any(|role| self.has_role(role.as_ref()));
        if has_one { Ok(()) } else { Err(Denial::MissingRole) }
    }
}

/// The names in two claims that mean the same; `None` if one of them is of another shape.
fn both(first: Option<Names>, second: Option<Names>, separator: char) -> Option<Vec<String>> {
    let mut all = Vec::new();
    for names in [first, second].into_iter().flatten() {
        match names {
            Names::One(text) => {
                let names = text.split(separator).map(str::trim).filter(|name| !name.is_empty());
                all.extend(names.map(ToOwned::to_owned));
            }
            Names::Many(names) => all.extend(names),
            Names::Neither(_) => return None,
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use gatewright_jose::{KeySet, NoClaims, Policy, SigningKey, UnixTime};
    use serde_json::{Value, json};

    use super::*;

    fn grants(mut claims: Value) -> Grants {
        claims["sub"] = "alice".into();
        claims["exp"] = 60.into();
        let key = SigningKey::ed25519_from_seed(&[7; 32]).unwrap();
        let policy = Policy::builder().any_issuer().any_audience().any_algorithm().build();
        let keys = KeySet::from(key.verifying_key());
        let token = key.sign(&claims).unwrap();
        Grants::of(&policy.verify::<NoClaims>(&token, &keys, UnixTime::new(0)).unwrap())
    }

    #[test]
    fn scopes_in_each_form_that_issuers_use() {
        for claims in [
            json!({"scope": "tasks:read tasks:write"}),
            json!({"scp": ["tasks:read", "tasks:write"]}),
            json!({"scp": "tasks:read tasks:write"}),
            json!({"scope": "tasks:read", "scp": ["tasks:write"]}),
        ] {
            let grants = grants(claims.clone());
            let both = Scopes::parse("tasks:write tasks:read").unwrap();
            assert_eq!(grants.require_scopes(&both), Ok(()), "{claims}");
            let more = Scopes::parse("tasks:read tasks:delete").unwrap();
            assert_eq!(grants.require_scopes(&more), Err(Denial::InsufficientScope(more.clone())));
            assert!(
                !grants.has_scope("tasks")
                    && !grants.has_scope("")
                    && !grants.has_role("tasks:read")
            );
        }
    }

    #[test]
    fn roles_in_each_form_that_issuers_use() {
        for claims in [
            json!({"role": "user,admin"}),
            json!({"role": "admin"}),
            json!({"roles": ["user", "admin"]}),
            json!({"roles": [], "role": "admin"}),
        ] {
            let grants = grants(claims.clone());
            assert_eq!(grants.require_any_role(["owner", "admin"]), Ok(()), "{claims}");
            assert_eq!(grants.require_any_role(["Admin", "owner"]), Err(Denial::MissingRole));
            assert_eq!(grants.require_any_role::<&str>([]), Err(Denial::MissingRole));
        }
        assert!(!grants(json!({"roles": ["user,admin"]})).has_role("admin"));
    }

    #[test]
    fn a_claim_of_another_shape_grants_nothing() {
        for claims in [
            json!({"roles": {"admin": true}}),
            json!({"roles": [["admin"]]}),
            json!({"roles": ["admin", 1]}),
            json!({"roles": true, "role": "admin"}),
            json!({"role": null}),
            json!({"Role": "admin"}),
            json!({}),
        ] {
            assert!(!grants(claims.clone()).has_role("admin"), "{claims}");
        }
    }
}
