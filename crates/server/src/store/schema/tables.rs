//! What each table holds.

/// A table and its columns, the primary key `id` included.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Table {
    pub(in crate::store) name: &'static str,
    pub(in crate::store) columns: &'static [Column],
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Column {
    pub(in crate::store) name: &'static str,
    pub(in crate::store) kind: Kind,
    pub(in crate::store) rule: Rule,
    pub(in crate::store) is_nullable: bool,
    /// PostgreSQL's own default is the present, as upstream's migration has it there.
    pub(in crate::store) defaults_to_now: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    Text,
    Boolean,
    /// 32 bits.
    Integer,
    /// 64 bits.
    BigInt,
    Date,
    /// Any JSON.
    Json,
}

/// What else holds of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Rule {
    None,
    Primary,
    Unique,
    Indexed,
    /// The `id` of another table, whose rows take theirs with them; indexed.
    References(&'static str),
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, rule: Rule::None, is_nullable: false, defaults_to_now: false }
}

const fn text(name: &'static str) -> Column {
    column(name, Kind::Text)
}

const fn date(name: &'static str) -> Column {
    column(name, Kind::Date)
}

const fn id() -> Column {
    text("id").rule(Rule::Primary)
}

impl Column {
    const fn nullable(self) -> Self {
        Self { is_nullable: true, ..self }
    }

    const fn now(self) -> Self {
        Self { defaults_to_now: true, ..self }
    }

    const fn rule(self, rule: Rule) -> Self {
        Self { rule, ..self }
    }
}

const USER: Rule = Rule::References("user");

/// Better Auth 1.7.25, with its jwt and bearer plugins: exactly what its own migration makes.
pub(in crate::store) const BETTER_AUTH: &[Table] = &[
    Table {
        name: "user",
        columns: &[
            id(),
            text("name"),
            text("email").rule(Rule::Unique),
            column("emailVerified", Kind::Boolean),
            text("image").nullable(),
            date("createdAt").now(),
            date("updatedAt").now(),
        ],
    },
    Table {
        name: "session",
        columns: &[
            id(),
            date("expiresAt"),
            text("token").rule(Rule::Unique),
            date("createdAt").now(),
            date("updatedAt"),
            text("ipAddress").nullable(),
            text("userAgent").nullable(),
            text("userId").rule(USER),
        ],
    },
    Table {
        name: "account",
        columns: &[
            id(),
            text("accountId"),
            text("providerId"),
            text("userId").rule(USER),
            text("accessToken").nullable(),
            text("refreshToken").nullable(),
            text("idToken").nullable(),
            date("accessTokenExpiresAt").nullable(),
            date("refreshTokenExpiresAt").nullable(),
            text("scope").nullable(),
            text("password").nullable(),
            date("createdAt").now(),
            date("updatedAt"),
        ],
    },
    Table {
        name: "verification",
        columns: &[
            id(),
            text("identifier").rule(Rule::Indexed),
            text("value"),
            date("expiresAt"),
            date("createdAt").now(),
            date("updatedAt").now(),
        ],
    },
    Table {
        name: "jwks",
        columns: &[
            id(),
            text("publicKey"),
            text("privateKey"),
            date("createdAt"),
            date("expiresAt").nullable(),
            text("alg").nullable(),
            text("crv").nullable(),
        ],
    },
];

/// What we keep beside it. `rateLimit` is Better Auth's own, for `rateLimit.storage: "database"`.
pub(in crate::store) const OURS: &[Table] = &[
    Table {
        name: "rateLimit",
        columns: &[
            id(),
            text("key").rule(Rule::Unique),
            column("count", Kind::Integer),
            column("lastRequest", Kind::BigInt),
        ],
    },
    Table {
        name: "gatewright_audit_log",
        columns: &[
            id(),
            date("at").rule(Rule::Indexed),
            text("event"),
            text("outcome"),
            text("userId").nullable().rule(Rule::Indexed),
            text("sessionId").nullable(),
            text("ipAddress").nullable(),
            text("userAgent").nullable(),
            text("requestId").nullable(),
            text("details"),
            column("expiresAt", Kind::BigInt).rule(Rule::Indexed),
        ],
    },
    Table {
        name: "gatewright_lockout",
        columns: &[
            id(),
            column("failures", Kind::Integer),
            column("lastFailureAt", Kind::BigInt).rule(Rule::Indexed),
            column("lockedUntil", Kind::BigInt),
        ],
    },
    Table {
        name: "gatewright_mail",
        columns: &[
            id(),
            text("payload"),
            column("attempts", Kind::Integer),
            column("nextAttemptAt", Kind::BigInt).rule(Rule::Indexed),
            column("expiresAt", Kind::BigInt),
            column("createdAt", Kind::BigInt),
        ],
    },
];
