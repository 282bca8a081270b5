//! JWTs for a signed-in user. Upstream: `src/plugins/jwt/sign.ts`.

use crate::call::Facts;
use crate::context::Context;
use crate::error::ApiError;
use crate::store::User;
use crate::wire;

/// Signs a JWT whose subject is `user`.
pub(crate) async fn issue(
    cx: &Context,
    facts: &mut Facts,
    user: &User,
) -> Result<String, ApiError> {
    let jwt = &cx.options.jwt;
    let origin = &cx.options.base_url.origin;
    let iat = cx.clock.now().seconds();
    let claims = wire::Claims {
        iat,
        user: user.into(),
        sub: &user.id,
        exp: iat + jwt.expiration_time,
        iss: jwt.issuer.as_ref().unwrap_or(origin),
        aud: jwt.audience.as_ref().unwrap_or(origin),
    };
    let token = cx.keys.sign(iat, &claims, facts.keys.take()).await?;
    cx.metrics.tokens_issued.inc();
    Ok(token)
}
