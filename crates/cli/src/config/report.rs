//! The configuration as it is reported: checked, shown, and described.

use anyhow::Context as _;
use gatewright_server::{BaseUrl, Options, Random, Secret, check_cookies};
use serde_json::{Map, Value as Json, json};

use super::keys::ALL;
use super::{SecretSource, Settings, fields, secret};
use crate::environment::Environment;

/// A key, its value, and where that was set; `None` is the default.
pub(crate) struct Shown<'s> {
    pub(crate) name: &'s str,
    pub(crate) value: Json,
    pub(crate) place: Option<&'s str>,
}

/// Every key, in alphabetical order, then those of additional fields. No secret is among them.
pub(crate) fn shown(settings: &Settings) -> impl Iterator<Item = Shown<'_>> {
    let own = ALL.iter().map(|key| Shown {
        name: key.name,
        value: key.show(settings),
        place: settings.places.get(key.name).map(String::as_str),
    });
    let fields = settings.fields.set.iter().map(|(name, (value, place))| Shown {
        name,
        value: value.clone(),
        place: Some(place),
    });
    own.chain(fields)
}

impl Settings {
    /// Where the secret lies; `None` where one is made at the first start.
    pub(crate) fn secret_source(
        &self,
        environment: &Environment,
    ) -> anyhow::Result<Option<SecretSource>> {
        let is_loopback = self.listen.ip().is_loopback();
        let found = secret::look(&self.secret_places(environment, is_loopback))?;
        Ok(found.map(|found| found.source))
    }

    /// What would keep a server from starting with these settings, beside the single values. It
    /// writes nothing, and opens no database.
    pub(crate) fn problems(&self, environment: &Environment, random: &Random) -> Vec<String> {
        let mut problems = Vec::new();
        let mut note = |result: anyhow::Result<()>| {
            problems.extend(result.err().map(|error| format!("{error:#}")));
        };
        note(self.database().map(drop));
        note(self.telemetry(environment).map(drop));
        let is_loopback = self.listen.ip().is_loopback();
        note(self.mail(environment, is_loopback).map(drop));
        let algorithm = self.jwt.algorithm;
        let places = self.secret_places(environment, is_loopback);
        note(secret::look(&places).and_then(|found| {
            if let Some(found) = found.filter(|_| algorithm.is_symmetric()) {
                found.secret.check_for(algorithm).with_context(|| {
                    format!("the secret ({}) cannot sign with {algorithm}", found.source)
                })?;
            }
            Ok(())
        }));
        let base_url = match &self.base_url {
            Some(url) => url.clone(),
            None if is_loopback => format!("http://localhost:{}", self.listen.port()),
            None => {
                note(Err(anyhow::anyhow!(
                    "base_url is missing: a server that listens on {} needs to know where browsers \
                     reach it, say https://auth.example.com",
                    self.listen
                )));
                return problems;
            }
        };
        let origins = self.trusted_origins.as_deref().unwrap_or_default();
        note(BaseUrl::new(&base_url, &self.base_path).map_err(anyhow::Error::new).and_then(
            |url| {
                check_cookies(&self.advanced, &url)?;
                // The secret was judged above; any other serves to judge the rest.
                Options::new(url, origins, Secret::new(&Secret::generate(random))?)?;
                Ok(())
            },
        ));
        problems
    }
}

/// A JSON Schema (2020-12) of the configuration file, with nothing else allowed.
pub(crate) fn schema() -> Json {
    let mut root = object();
    for key in ALL.iter() {
        let mut place = &mut root;
        let mut names = key.name.split('.').peekable();
        while let Some(name) = names.next() {
            let is_last = names.peek().is_none();
            let Some(properties) = place.get_mut("properties").and_then(Json::as_object_mut) else {
                break;
            };
            let entry = || if is_last { key.schema() } else { object() };
            place = properties.entry(name).or_insert_with(entry);
        }
    }
    for section in ["user", "session"] {
        let section = root.pointer_mut(&format!("/properties/{section}/properties"));
        if let Some(section) = section.and_then(Json::as_object_mut) {
            section.insert("additional_fields".to_owned(), fields::schema());
        }
    }
    if let Some(root) = root.as_object_mut() {
        let dialect = "https://json-schema.org/draft/2020-12/schema";
        root.insert("$schema".to_owned(), dialect.into());
        root.insert("title".to_owned(), "gatewright.toml".into());
    }
    root
}

fn object() -> Json {
    json!({ "type": "object", "additionalProperties": false, "properties": Map::new() })
}
