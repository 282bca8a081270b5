//! From an issuer to the address of its keys (OpenID Connect Discovery 1.0 §4, RFC 8414 §3).

use std::sync::{Mutex, PoisonError};

use reqwest::Url;
use serde::Deserialize;

use super::{
    PlainHttp, RemoteKeysError, address,
    fetch::{DiscoveryError, FetchError, Http},
};

/// An issuer, and the address of its keys once it is known.
pub(super) struct Discovery {
    /// As it was asked for; the document must name exactly this.
    issuer: String,
    documents: [Url; 2],
    plain_http: PlainHttp,
    found: Mutex<Option<Url>>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

impl Discovery {
    pub(super) fn new(issuer: &str, plain_http: PlainHttp) -> Result<Self, RemoteKeysError> {
        let url = address::parse(issuer, plain_http)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(RemoteKeysError::NotAnIssuer);
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            documents: documents(&url),
            plain_http,
            found: Mutex::new(None),
        })
    }

    /// The first place to ask.
    pub(super) fn document(&self) -> &Url {
        let [first, _] = &self.documents;
        first
    }

    /// The keys; the address that was found is kept until a fetch from it fails.
    pub(super) async fn fetch(&self, http: &Http) -> Result<Vec<u8>, FetchError> {
        let known = self.found().clone();
        let url = match known {
            Some(url) => url,
            None => self.find(http).await?,
        };
        let fetched = http.get(&url).await;
        *self.found() = fetched.is_ok().then_some(url);
        fetched
    }

    /// What was fetched from the address held no keys: it may have moved.
    pub(super) fn forget(&self) {
        *self.found() = None;
    }

    async fn find(&self, http: &Http) -> Result<Url, FetchError> {
        let [openid, oauth] = &self.documents;
        let document = match http.get(openid).await {
            // Only where there is no such document is there another to ask for.
            Err(FetchError::Status(status)) if status.is_client_error() => http.get(oauth).await?,
            fetched => fetched?,
        };
        Ok(self.read(&document)?)
    }

    fn read(&self, document: &[u8]) -> Result<Url, DiscoveryError> {
        let document: Document =
            serde_json::from_slice(document).map_err(|_| DiscoveryError::NotADocument)?;
        // RFC 8414 §3.3: else one issuer could make itself pass for another.
        if document.issuer != self.issuer {
            return Err(DiscoveryError::AnotherIssuer);
        }
        let url = address::parse(&document.jwks_uri, self.plain_http)
            .map_err(|_| DiscoveryError::BadAddress)?;
        // What was asked for over https must not be had over http, from this machine either.
        if self.document().scheme() == "https" && url.scheme() != "https" {
            return Err(DiscoveryError::BadAddress);
        }
        Ok(url)
    }

    fn found(&self) -> std::sync::MutexGuard<'_, Option<Url>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// OpenID Connect appends its name to the issuer's path; RFC 8414 §3.1 puts its own before it.
fn documents(issuer: &Url) -> [Url; 2] {
    let path = issuer.path().trim_end_matches('/').to_owned();
    let with_path = |path: String| {
        let mut url = issuer.clone();
        url.set_path(&path);
        url
    };
    [
        with_path(format!("{path}/.well-known/openid-configuration")),
        with_path(format!("/.well-known/oauth-authorization-server{path}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn discovery(issuer: &str) -> Discovery {
        Discovery::new(issuer, PlainHttp::LoopbackOnly).unwrap()
    }

    fn read(issuer: &str, document: &str) -> Result<String, DiscoveryError> {
        discovery(issuer).read(document.as_bytes()).map(Into::into)
    }

    #[test]
    fn documents_stand_where_the_standards_say() {
        for (issuer, openid, oauth) in [
            (
                "https://a.example",
                "https://a.example/.well-known/openid-configuration",
                "https://a.example/.well-known/oauth-authorization-server",
            ),
            (
                "https://a.example/realms/x/",
                "https://a.example/realms/x/.well-known/openid-configuration",
                "https://a.example/.well-known/oauth-authorization-server/realms/x",
            ),
        ] {
            let documents = discovery(issuer).documents;
            assert_eq!(documents.map(String::from), [openid, oauth]);
        }
    }

    #[test]
    fn an_issuer_has_no_query() {
        for issuer in ["https://a.example/?x", "https://a.example/#x"] {
            let error = Discovery::new(issuer, PlainHttp::LoopbackOnly).err().unwrap();
            assert!(matches!(error, RemoteKeysError::NotAnIssuer));
        }
    }

    #[test]
    fn the_document_names_the_issuer_that_was_asked_for() {
        let document = r#"{"issuer":"https://a.example","jwks_uri":"https://keys.example/jwks"}"#;
        assert_eq!(read("https://a.example", document).unwrap(), "https://keys.example/jwks");
        for issuer in ["https://a.example/", "https://b.example", "https://A.example"] {
            assert_eq!(read(issuer, document), Err(DiscoveryError::AnotherIssuer), "{issuer}");
        }
        for document in ["", "[]", "{}", r#"{"issuer":"https://a.example"}"#, "<html>"] {
            assert_eq!(read("https://a.example", document), Err(DiscoveryError::NotADocument));
        }
    }

    #[test]
    fn the_address_of_the_keys_is_checked_like_any_other() {
        let with = |issuer: &str, uri: &str| {
            read(issuer, &format!(r#"{{"issuer":"{issuer}","jwks_uri":"{uri}"}}"#))
        };
        for uri in ["http://a.example/jwks", "http://127.0.0.1/jwks", "file:///jwks", "/jwks"] {
            assert_eq!(with("https://a.example", uri), Err(DiscoveryError::BadAddress), "{uri}");
        }
        assert!(with("http://localhost:4000", "http://127.0.0.1:4000/jwks").is_ok());
        assert!(with("http://localhost:4000", "http://a.example/jwks").is_err());
    }
}
