//! A well-behaved client, and a user who has signed up with it.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, ORIGIN, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::process::PATIENCE;
use crate::server::Server;

/// The password of every user who has no other.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The cookie of a session.
pub(crate) const SESSION_COOKIE: &str = "better-auth.session_token";

/// Follows no redirect, uses no proxy, keeps no cookies.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(PATIENCE)
        .connect_timeout(Duration::from_secs(20))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("a client")
}

/// Every byte percent-encoded, as it may stand in a query.
pub(crate) fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02x}"))
}

impl Server {
    /// `GET` below the base path.
    pub(crate) fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    /// `POST` of JSON below the base path.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Request {
        let Request(request) = self.request(Method::POST, path);
        Request(request.header(CONTENT_TYPE, "application/json").body(body.to_string()))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        Request(self.http.request(method, self.url(&format!("/api/auth{path}"))))
    }

    pub(crate) fn sign_in(&self, email: &str, password: &str) -> Request {
        self.post("/sign-in/email", &json!({"email": email, "password": password}))
    }

    /// A sign-up with [`PASSWORD`].
    pub(crate) fn signing_up(&self, name: &str, email: &str) -> Request {
        let body = json!({"name": name, "email": email, "password": PASSWORD});
        self.post("/sign-up/email", &body)
    }

    /// Signs up somebody new, with [`PASSWORD`] and the address `<name>@example.com`.
    pub(crate) async fn sign_up(&self, name: &str) -> User {
        let email = format!("{name}@example.com");
        let answer = self.signing_up(name, &email).send().await;
        assert_eq!(answer.status, 200, "sign-up of {name}: {answer:?}");
        let json = answer.json();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        User {
            id: text(&json["user"]["id"]),
            email,
            token: text(&json["token"]),
            cookie: answer.cookie(SESSION_COOKIE).expect("a session cookie").value,
            bearer: answer.header("set-auth-token").expect("a signed token").to_owned(),
        }
    }
}

/// Somebody with a session.
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
    /// The session's token.
    pub(crate) token: String,
    /// The cookie's value, as it was set.
    pub(crate) cookie: String,
    /// The token with its signature.
    pub(crate) bearer: String,
}

/// A request to be sent.
pub(crate) struct Request(RequestBuilder);

impl Request {
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// With the session cookie of `user`, from a page that may.
    pub(crate) fn by(self, user: &User) -> Self {
        self.cookie(&format!("{SESSION_COOKIE}={}", user.cookie))
    }

    /// With cookies, from a page that may.
    pub(crate) fn cookie(self, cookies: &str) -> Self {
        Self(self.0.header(COOKIE, cookies).header(ORIGIN, "http://localhost:3000"))
    }

    #[track_caller]
    pub(crate) fn send(self) -> impl Future<Output = Answer> {
        let place = std::panic::Location::caller();
        async move {
            self.try_send().await.unwrap_or_else(|error| panic!("{place}: no answer: {error:?}"))
        }
    }

    /// For servers that may be gone.
    pub(crate) async fn try_send(self) -> reqwest::Result<Answer> {
        let response = self.0.send().await?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await?.to_vec(),
        })
    }
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A cookie as a response sets it.
#[derive(Debug)]
pub(crate) struct Cookie {
    pub(crate) value: String,
    /// In the order in which they stand.
    pub(crate) attributes: Vec<String>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header of text"))
    }

    /// The items of a header that is a list, in small letters.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let values = self.headers.get_all(name).into_iter();
        let values = values.flat_map(|value| value.to_str().expect("a header of text").split(','));
        values.map(|item| item.trim().to_ascii_lowercase()).collect()
    }

    /// The cookie that it sets under this name; a second one would be a mistake.
    pub(crate) fn cookie(&self, name: &str) -> Option<Cookie> {
        let lines = self.headers.get_all(SET_COOKIE).into_iter();
        let mut lines = lines.filter_map(|line| {
            let (set, rest) = line.to_str().expect("a cookie of text").split_once('=')?;
            (set == name).then_some(rest)
        });
        let mut parts = lines.next()?.split("; ").map(str::to_owned);
        assert!(lines.next().is_none(), "{name} is set twice: {self:?}");
        Some(Cookie { value: parts.next().unwrap_or_default(), attributes: parts.collect() })
    }

    pub(crate) fn sets_cookies(&self) -> bool {
        self.headers.contains_key(SET_COOKIE)
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, self.text())
    }
}
