//! Where the database is: `sqlite:FILE` or `postgres://…`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use tokio_postgres::config::{Host, SslMode};
use url::form_urlencoded;

/// Where the database is. Its text form has no password.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// `sqlite:FILE`
    Sqlite(PathBuf),
    /// `postgres://USER:PASSWORD@HOST:PORT/NAME?…`, as libpq has it
    /// (PostgreSQL's documentation, "Connection URIs").
    Postgres(Box<PostgresUrl>),
}

/// How to reach a PostgreSQL database.
#[derive(Clone)]
pub struct PostgresUrl {
    pub(super) config: tokio_postgres::Config,
    pub(super) tls: TlsMode,
}

/// libpq's `sslmode`, and what it trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TlsMode {
    /// `disable`
    Off,
    /// `prefer`, the default: TLS where the server has it. Nothing is verified, so that it only
    /// keeps out who listens, not who interferes; as libpq has it.
    Opportunistic,
    /// `require`, `verify-ca`, `verify-full`: the server's certificate is for its name, and by
    /// somebody whom the system trusts, or by one of `sslrootcert`.
    Verified { root_certificate: Option<PathBuf> },
}

/// An address of a database that can't be used. It never shows the address: a password is in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseUrlError {
    /// Neither of the two.
    #[error("the database is neither sqlite:FILE, say sqlite:gatewright.db, nor postgres://…")]
    Scheme,
    /// A value of `sslmode` that libpq has not.
    #[error("sslmode is one of disable, prefer, require, verify-ca, verify-full")]
    SslMode,
    /// It is no connection URI.
    #[error("the database's address cannot be read")]
    Unreadable(#[source] tokio_postgres::Error),
    /// Neither a host nor a directory with a socket.
    #[error("the database's address names no host")]
    NoHost,
}

impl DatabaseUrl {
    /// The same with this password, which then need not stand in the address; one that stands there
    /// counts. A file has none.
    #[must_use]
    pub fn or_password(mut self, password: &str) -> Self {
        if let Self::Postgres(url) = &mut self
            && url.config.get_password().is_none()
        {
            url.config.password(password);
        }
        self
    }
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(url: &str) -> Result<Self, DatabaseUrlError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return PostgresUrl::parse(url).map(|url| Self::Postgres(Box::new(url)));
        }
        let file = url.strip_prefix("sqlite:").map(|file| file.strip_prefix("//").unwrap_or(file));
        match file {
            Some(file) if !file.is_empty() && !file.starts_with(':') => {
                Ok(Self::Sqlite(PathBuf::from(file)))
            }
            _ => Err(DatabaseUrlError::Scheme),
        }
    }
}

impl PostgresUrl {
    fn parse(url: &str) -> Result<Self, DatabaseUrlError> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let mut mode = String::from("prefer");
        let mut root_certificate = None;
        let mut rest = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "sslmode" => mode = value.into_owned(),
                "sslrootcert" => root_certificate = Some(PathBuf::from(value.as_ref())),
                // Prisma's and PgBouncer's users have these; they say nothing to us.
                "pgbouncer" | "connection_limit" | "uselibpqcompat" => {}
                _ => drop(rest.append_pair(&name, &value)),
            }
        }
        // The library reads `+` as itself.
        let rest = rest.finish().replace('+', "%20");
        let mut config: tokio_postgres::Config =
            format!("{address}?{rest}").parse().map_err(DatabaseUrlError::Unreadable)?;
        if config.get_hosts().is_empty() {
            return Err(DatabaseUrlError::NoHost);
        }
        let (tls, ssl_mode) = match mode.as_str() {
            "disable" => (TlsMode::Off, SslMode::Disable),
            "allow" | "prefer" => (TlsMode::Opportunistic, SslMode::Prefer),
            "require" | "verify-ca" | "verify-full" | "no-verify" => {
                (TlsMode::Verified { root_certificate }, SslMode::Require)
            }
            _ => return Err(DatabaseUrlError::SslMode),
        };
        config.ssl_mode(ssl_mode);
        Ok(Self { config, tls })
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        let ports = self.config.get_ports();
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            let port = ports.get(index).or_else(|| ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(host) => write!(f, "{separator}{host}:{port}")?,
                #[cfg(unix)]
                Host::Unix(directory) => write!(f, "{separator}{}:{port}", directory.display())?,
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres(url: &str) -> PostgresUrl {
        match url.parse() {
            Ok(DatabaseUrl::Postgres(url)) => *url,
            other => panic!("{url}: {other:?}"),
        }
    }

    #[test]
    fn files_and_servers_are_told_apart() {
        let file = |url: &str| match url.parse() {
            Ok(DatabaseUrl::Sqlite(file)) => file,
            other => panic!("{url}: {other:?}"),
        };
        assert_eq!(file("sqlite:app.db"), PathBuf::from("app.db"));
        assert_eq!(file("sqlite:///var/app.db"), PathBuf::from("/var/app.db"));
        for url in
            ["app.db", "sqlite:", "sqlite::memory:", "mysql://x", "postgres://", "postgres:x"]
        {
            assert!(url.parse::<DatabaseUrl>().is_err(), "{url}");
        }
    }

    #[test]
    fn a_password_shows_nowhere() {
        let url = postgres("postgres://app:hunter2@db.example.com:5433/auth?sslmode=require");
        assert_eq!(url.to_string(), "postgres://app@db.example.com:5433/auth");
        assert!(!format!("{url:?}").contains("hunter2"));
        let error = "postgres://app:hunter2@db/x?nonsense=1".parse::<DatabaseUrl>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn a_password_may_come_from_elsewhere() {
        for (url, expected) in
            [("postgres://app@db/x", "else"), ("postgres://app:here@db/x", "here")]
        {
            let url: DatabaseUrl = url.parse().unwrap();
            let url = url.or_password("else");
            assert!(!format!("{url} {url:?}").contains(expected));
            let DatabaseUrl::Postgres(url) = url else { panic!("{url}") };
            assert_eq!(url.config.get_password(), Some(expected.as_bytes()));
        }
    }

    #[test]
    fn what_is_required_is_verified() {
        let mode = |query: &str| postgres(&format!("postgres://u@h/d{query}")).tls;
        assert_eq!(mode(""), TlsMode::Opportunistic);
        assert_eq!(mode("?sslmode=disable"), TlsMode::Off);
        for strict in ["require", "verify-ca", "verify-full"] {
            let expected = TlsMode::Verified { root_certificate: None };
            assert_eq!(mode(&format!("?sslmode={strict}")), expected);
        }
        let expected = TlsMode::Verified { root_certificate: Some("/ca.pem".into()) };
        assert_eq!(mode("?sslmode=verify-full&sslrootcert=/ca.pem"), expected);
        assert!("postgres://u@h/d?sslmode=yes".parse::<DatabaseUrl>().is_err());
    }

    #[test]
    fn a_socket_and_further_parameters_are_kept() {
        let url = postgres("postgres://u@/d?host=/run/postgresql&application_name=my+app");
        assert_eq!(url.to_string(), "postgres://u@/run/postgresql:5432/d");
        assert_eq!(url.config.get_application_name(), Some("my app"));
    }
}
