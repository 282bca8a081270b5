//! Where traces go: our keys, and the variables that every OpenTelemetry exporter knows.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::environment::Environment;
use crate::telemetry::Options;

/// `telemetry`, as it was configured.
#[derive(Debug)]
pub(super) struct Telemetry {
    pub(super) otlp_endpoint: Option<String>,
    pub(super) sample_ratio: f64,
    pub(super) service_name: String,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { otlp_endpoint: None, sample_ratio: 1.0, service_name: "gatewright".to_owned() }
    }
}

impl Telemetry {
    /// What the exporter is told; `None` where there is nothing to export to.
    pub(super) fn resolve(&self, environment: &Environment) -> anyhow::Result<Option<Options>> {
        let is_off = environment.get("OTEL_SDK_DISABLED").is_some_and(|text| text == "true");
        let traces_endpoint = environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let url = match (traces_endpoint, &self.otlp_endpoint) {
            _ if is_off => return Ok(None),
            (Some(whole), _) => endpoint(whole).map_err(|problem| {
                anyhow::anyhow!("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {problem}")
            })?,
            (None, Some(base)) => {
                let base = base.trim_end_matches('/');
                let url = endpoint(&format!("{base}/v1/traces"));
                url.map_err(|problem| anyhow::anyhow!("telemetry.otlp_endpoint: {problem}"))?
            }
            (None, None) => return Ok(None),
        };
        check_protocol(environment)?;
        let mut headers = HeaderMap::new();
        for name in ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"] {
            for (key, value) in pairs(environment, name)? {
                let header = header(&key, &value)
                    .with_context(|| format!("{name} has something that is no header"))?;
                headers.insert(header.0, header.1);
            }
        }
        let mut resource = pairs(environment, "OTEL_RESOURCE_ATTRIBUTES")?;
        let ours = ["service.name", "service.version"];
        resource.retain(|(key, _)| !ours.contains(&key.as_str()));
        resource.push(("service.name".to_owned(), self.service_name.clone()));
        resource.push(("service.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));
        Ok(Some(Options {
            url,
            headers,
            timeout: timeout(environment)?,
            sample_ratio: self.sample_ratio,
            resource,
        }))
    }
}

/// An address for traces, or what is wrong with it; never what it is.
pub(super) fn endpoint(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_not_a_url| ADDRESS)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(ADDRESS);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("takes no user and password; put them into OTEL_EXPORTER_OTLP_HEADERS");
    }
    Ok(url)
}

const ADDRESS: &str = "takes an address like http://localhost:4318";

fn check_protocol(environment: &Environment) -> anyhow::Result<()> {
    for name in ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"] {
        if let Some(protocol) = environment.get(name)
            && protocol != "http/protobuf"
        {
            bail!("{name}: only http/protobuf is spoken; collectors take it on port 4318");
        }
    }
    Ok(())
}

fn timeout(environment: &Environment) -> anyhow::Result<Duration> {
    const MOST: u64 = 60_000;
    for name in ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"] {
        if let Some(text) = environment.get(name) {
            let milliseconds = text.parse().ok().filter(|n| (1..=MOST).contains(n));
            let milliseconds = milliseconds
                .with_context(|| format!("{name} takes milliseconds, from 1 to {MOST}"))?;
            return Ok(Duration::from_millis(milliseconds));
        }
    }
    Ok(Duration::from_secs(10))
}

/// `key=value,key=value`, percent-encoded.
fn pairs(environment: &Environment, name: &str) -> anyhow::Result<Vec<(String, String)>> {
    let text = environment.get(name).unwrap_or_default();
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let read = pairs.map(|pair| {
        let (key, value) = pair.split_once('=')?;
        Some((key.trim().to_owned(), decoded(value.trim())?))
    });
    read.collect::<Option<_>>().with_context(|| format!("{name} is not of the form key=value,…"))
}

fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// It may be a credential: no `Debug` shows it.
fn header(key: &str, value: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let key = HeaderName::from_bytes(key.as_bytes())?;
    let mut value = HeaderValue::from_str(value)?;
    value.set_sensitive(true);
    Ok((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(variables: &[(&str, &str)]) -> anyhow::Result<Option<Options>> {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let telemetry = Telemetry {
            otlp_endpoint: Some("http://collector:4318/".to_owned()),
            ..Telemetry::default()
        };
        telemetry.resolve(&Environment::new(variables))
    }

    #[test]
    fn the_path_is_added_to_a_base_and_not_to_an_address_for_traces() {
        assert_eq!(resolve(&[]).unwrap().unwrap().url.as_str(), "http://collector:4318/v1/traces");
        let whole = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://other/x?y")];
        assert_eq!(resolve(&whole).unwrap().unwrap().url.as_str(), "https://other/x?y");
        assert!(resolve(&[("OTEL_SDK_DISABLED", "true")]).unwrap().is_none());
        assert!(Telemetry::default().resolve(&Environment::new([])).unwrap().is_none());
    }

    #[test]
    fn headers_are_sent_and_never_shown() {
        let secret = "Bearer%20hush";
        let options =
            resolve(&[("OTEL_EXPORTER_OTLP_HEADERS", &format!("authorization={secret},x-a=b"))]);
        let options = options.unwrap().unwrap();
        assert_eq!(options.headers["authorization"], "Bearer hush");
        assert!(!format!("{options:?}").contains("hush"));
    }

    #[test]
    fn the_resource_names_the_service_once() {
        let attributes = [("OTEL_RESOURCE_ATTRIBUTES", "service.name=x,region=eu%2Dwest")];
        let resource = resolve(&attributes).unwrap().unwrap().resource;
        let [(_, region), (name, service), (_, _)] = &resource[..] else { panic!("{resource:?}") };
        assert_eq!(
            (region.as_str(), name.as_str(), service.as_str()),
            ("eu-west", "service.name", "gatewright")
        );
    }

    #[test]
    fn what_cannot_be_done_is_refused_without_being_repeated() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4318"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://user:hush@collector"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "hush"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a b=hush"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=hush%0a"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=hush%x"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
            ("OTEL_RESOURCE_ATTRIBUTES", "hush"),
        ] {
            let error = resolve(&[(name, value)]).unwrap_err();
            assert!(!format!("{error:#}").contains("hush"), "{error:#}");
        }
    }
}
