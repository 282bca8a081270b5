//! Configuration: defaults, then `gatewright.toml`, then the environment, then flags.
//!
//! Every key is declared once, in [`keys::ALL`]; what is read here is checked there.

mod dangers;
mod fields;
mod keys;
mod mail;
mod report;
mod rules;
mod secret;
mod telemetry;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use gatewright_server::{
    AdditionalFields, Advanced, AuditLogOptions, BaseUrl, DatabaseUrl, DisabledPaths,
    EmailAndPassword, EmailVerification, Jwt, Lockout, Mail, OnApiError, OpenApi, Options, Random,
    RateLimit, SessionOptions, UserOptions,
};

use crate::args::ServeFlags;
use crate::environment::Environment;
use fields::GivenFields;
use keys::{ALL, Value};
pub(crate) use mail::place as mail_place;
pub(crate) use report::{schema, shown};
use rules::GivenRules;
pub(crate) use secret::SecretSource;
use telemetry::Telemetry;

const FILE: &str = "gatewright.toml";

/// The front end that a server for development trusts when it was told of none: where Next.js and
/// its like start.
const DEVELOPMENT_ORIGIN: &str = "http://localhost:3000";

/// What was configured, each key read and none of them combined yet.
#[derive(Debug)]
pub(crate) struct Settings {
    listen: SocketAddr,
    database: String,
    database_password_file: Option<PathBuf>,
    base_url: Option<String>,
    base_path: String,
    trusted_origins: Option<Vec<String>>,
    secret_file: Option<PathBuf>,
    secrets_file: Option<PathBuf>,
    disabled_paths: DisabledPaths,
    email_and_password: EmailAndPassword,
    user: UserOptions,
    email_verification: EmailVerification,
    on_api_error: OnApiError,
    session: SessionOptions,
    rate_limit: RateLimit,
    lockout: Lockout,
    pub(crate) audit_log: AuditLogOptions,
    advanced: Advanced,
    jwt: Jwt,
    mail: Mail,
    mail_password_file: Option<PathBuf>,
    app_name: Option<String>,
    metrics_listen: Option<SocketAddr>,
    open_api: OpenApi,
    telemetry: Telemetry,
    /// Where each key that was set was set.
    places: BTreeMap<&'static str, String>,
    fields: GivenFields,
    rules: GivenRules,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 4000)),
            database: "sqlite:gatewright.db".to_owned(),
            database_password_file: None,
            base_url: None,
            base_path: "/api/auth".to_owned(),
            trusted_origins: None,
            secret_file: None,
            secrets_file: None,
            disabled_paths: DisabledPaths::default(),
            email_and_password: EmailAndPassword::default(),
            user: UserOptions::default(),
            email_verification: EmailVerification::default(),
            on_api_error: OnApiError::default(),
            session: SessionOptions::default(),
            rate_limit: RateLimit::default(),
            lockout: Lockout::default(),
            audit_log: AuditLogOptions::default(),
            advanced: Advanced::default(),
            jwt: Jwt::default(),
            metrics_listen: None,
            open_api: OpenApi::default(),
            telemetry: Telemetry::default(),
            mail: Mail::default(),
            mail_password_file: None,
            app_name: None,
            places: BTreeMap::new(),
            fields: GivenFields::default(),
            rules: GivenRules::default(),
        }
    }
}

/// What the server starts with.
pub(crate) struct Resolved {
    pub(crate) options: Options,
    /// The trusted origins, for the start-up line.
    pub(crate) trusted_origins: Vec<String>,
    pub(crate) secret_source: SecretSource,
}

impl Settings {
    /// Reads file, environment and flags. All problems are told at once.
    pub(crate) fn read(flags: &ServeFlags, environment: &Environment) -> anyhow::Result<Self> {
        let (mut settings, problems) = Self::gather(flags.config.as_deref(), environment)?;
        if !problems.is_empty() {
            bail!("the configuration cannot be used{}", listed(&problems));
        }
        settings.listen = flags.listen.unwrap_or(settings.listen);
        settings.database = flags.database.clone().unwrap_or(settings.database);
        settings.base_url = flags.base_url.clone().or(settings.base_url);
        Ok(settings)
    }

    /// Reads file and environment, and what is wrong with them.
    pub(crate) fn gather(
        file: Option<&Path>,
        environment: &Environment,
    ) -> anyhow::Result<(Self, Vec<String>)> {
        let mut settings = Self::default();
        let mut problems = Vec::new();
        if let Some((path, text)) = read_file(file)? {
            let table: toml::Table =
                text.parse().with_context(|| format!("{} is not valid TOML", path.display()))?;
            let place = path.display().to_string();
            for (key, value) in flattened(&table) {
                settings.set(&place, &key, Value::Toml(value), &mut problems);
            }
        }
        // Better Auth's own names first, so that ours win.
        for (name, key) in [
            ("BETTER_AUTH_URL", "base_url"),
            ("BETTER_AUTH_TRUSTED_ORIGINS", "trusted_origins"),
            ("DATABASE_URL", "database"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry.otlp_endpoint"),
            ("OTEL_SERVICE_NAME", "telemetry.service_name"),
        ] {
            if let Some(value) = environment.get(name) {
                settings.set(name, key, Value::Text(value), &mut problems);
            }
        }
        for (name, key, value) in environment.keys() {
            if key == mail::PASSWORD_KEY {
                continue;
            }
            settings.set(name, &key, Value::Text(value), &mut problems);
        }
        let [of_users, of_sessions] = settings.fields.build(&mut problems);
        settings.rate_limit.custom_rules = settings.rules.build(&mut problems);
        settings.user.additional_fields = of_users;
        settings.session.additional_fields = of_sessions;
        Ok((settings, problems))
    }

    /// Where to listen.
    pub(crate) fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Where to listen for whoever gathers figures.
    pub(crate) fn metrics_listen(&self) -> Option<SocketAddr> {
        self.metrics_listen
    }

    /// Where browsers reach the server, as far as that is known before it listens.
    pub(crate) fn known_base_url(&self) -> anyhow::Result<BaseUrl> {
        let local = || format!("http://localhost:{}", self.listen.port());
        Ok(BaseUrl::new(&self.base_url.clone().unwrap_or_else(local), &self.base_path)?)
    }

    /// Where traces go, if they go anywhere.
    pub(crate) fn telemetry(
        &self,
        environment: &Environment,
    ) -> anyhow::Result<Option<crate::telemetry::Options>> {
        self.telemetry.resolve(environment)
    }

    /// Where the database is.
    pub(crate) fn database(&self) -> anyhow::Result<DatabaseUrl> {
        let url: DatabaseUrl = self.database.parse()?;
        let Some(path) = &self.database_password_file else { return Ok(url) };
        Ok(url.or_password(&secret::password(path, "database_password_file")?))
    }

    /// Combines everything for a server that listens on `address`.
    pub(crate) fn resolve(
        self,
        address: SocketAddr,
        environment: &Environment,
        random: &Random,
    ) -> anyhow::Result<Resolved> {
        let is_loopback = address.ip().is_loopback();
        let mail = self.mail(environment, is_loopback)?;
        let base_url = match &self.base_url {
            Some(url) => url.clone(),
            None if is_loopback => format!("http://localhost:{}", address.port()),
            None => bail!(
                "a server that listens on {address} needs to know where browsers reach it: \
                 set --base-url or BETTER_AUTH_URL, say to https://auth.example.com"
            ),
        };
        let base_url = BaseUrl::new(&base_url, &self.base_path)?;
        let development = || is_loopback.then(|| DEVELOPMENT_ORIGIN.to_owned());
        let trusted_origins =
            self.trusted_origins.clone().unwrap_or_else(|| development().into_iter().collect());
        let places = self.secret_places(environment, is_loopback);
        let secret::Found { secret, rotation, source: secret_source } =
            secret::find(&places, random)?;
        let mut options = Options::new(base_url, &trusted_origins, secret)?;
        options.secret_rotation = rotation;
        options.disabled_paths = self.disabled_paths;
        options.email_and_password = self.email_and_password;
        options.user = self.user;
        options.email_verification = self.email_verification;
        options.on_api_error = self.on_api_error;
        options.session = self.session;
        options.rate_limit = self.rate_limit;
        options.lockout = self.lockout;
        options.audit_log = self.audit_log;
        options.advanced = self.advanced;
        options.jwt = self.jwt;
        options.mail = mail;
        options.app_name = self.app_name;
        options.open_api = self.open_api;
        Ok(Resolved { options, trusted_origins, secret_source })
    }

    /// What signing keys are made and read with. A secret is never made for it: another one than
    /// the server's would make keys that the server cannot read.
    pub(crate) fn for_keys(&self, environment: &Environment) -> anyhow::Result<Options> {
        let is_loopback = self.listen.ip().is_loopback();
        let found = secret::look(&self.secret_places(environment, is_loopback))?;
        let found = found.context(
            "there is no secret: set BETTER_AUTH_SECRET, or secret_file, to the one that the \
             server has, or run this where the server runs",
        )?;
        // Keys know nothing of addresses.
        let base_url = BaseUrl::new("http://localhost", &self.base_path)?;
        let mut options = Options::new(base_url, &[], found.secret)?;
        options.secret_rotation = found.rotation;
        options.jwt = self.jwt.clone();
        options.audit_log = self.audit_log.clone();
        Ok(options)
    }

    /// The additional fields of users and of sessions.
    pub(crate) fn additional_fields(&self) -> (AdditionalFields, AdditionalFields) {
        (self.user.additional_fields.clone(), self.session.additional_fields.clone())
    }

    /// How long passwords may be, among other things.
    pub(crate) fn email_and_password(&self) -> &EmailAndPassword {
        &self.email_and_password
    }

    /// How long a key that signs no more stays published, in seconds.
    pub(crate) fn grace_period(&self) -> i64 {
        self.jwt.jwks.grace_period
    }

    /// Where secrets may lie.
    fn secret_places<'a>(
        &'a self,
        environment: &'a Environment,
        is_loopback: bool,
    ) -> secret::Places<'a> {
        secret::Places {
            environment,
            file: self.secret_file.as_deref(),
            list_file: self.secrets_file.as_deref(),
            is_loopback,
        }
    }

    fn set(&mut self, place: &str, key: &str, value: Value<'_>, problems: &mut Vec<String>) {
        let of_names = self.fields.set(place, key, value);
        if let Some(result) = of_names.or_else(|| self.rules.set(place, key, value)) {
            problems.extend(result.err().map(|problem| format!("{place}: {key}: {problem}")));
            return;
        }
        let result = match ALL.iter().find(|known| known.name == key) {
            Some(known) => known.set(self, value).map(|()| {
                self.places.insert(known.name, place.to_owned());
            }),
            None if key == mail::PASSWORD_KEY => Err(mail::NO_PASSWORD_KEY.to_owned()),
            None => Err(format!("there is no such key; did you mean {}?", keys::nearest(key))),
        };
        if let Err(problem) = result {
            problems.push(format!("{place}: {key}: {problem}"));
        }
    }
}

/// The file that was asked for, or the one that lies here, if one does.
fn read_file(asked: Option<&Path>) -> anyhow::Result<Option<(PathBuf, String)>> {
    let path = asked.unwrap_or(Path::new(FILE));
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some((path.to_owned(), text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && asked.is_none() => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// `{a: {b: 1}}` as `a.b = 1`.
fn flattened(table: &toml::Table) -> Vec<(String, &toml::Value)> {
    let mut keys = Vec::new();
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => {
                let inner = flattened(inner).into_iter();
                keys.extend(inner.map(|(rest, value)| (format!("{key}.{rest}"), value)));
            }
            value => keys.push((key.clone(), value)),
        }
    }
    keys
}

fn listed(problems: &[String]) -> String {
    problems.iter().fold(String::new(), |mut list, problem| {
        // Writing to a String cannot fail.
        let _ = write!(list, "\n  {problem}");
        list
    })
}

#[cfg(test)]
mod tests;
