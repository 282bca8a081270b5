//! Mails by SMTP (RFC 5321), over TLS that is verified.
//!
//! Each step is taken by itself, so that a refusal is known for what it is: of the whole server, of
//! the password, or of this one mail. What a server says in words is never passed on: it may repeat
//! an address.

mod wire;

use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;

use super::Mail;
use super::error::MailError;
use super::message::Letterhead;
use super::transport::Failure;
use crate::clock::Date;
use crate::options::Smtp as SmtpOptions;
use wire::Door;

/// How long a server may take over a farewell.
const FAREWELL: Duration = Duration::from_secs(2);

/// Mails on one connection, at most: some servers count, and so does [`wire`].
const MOST_MAILS: u32 = 100;

/// How the password is shown to the server. Both show it in clear, inside of TLS.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// Refusals that have to do with signing in, which the operator can mend (RFC 4954 §6).
const ABOUT_SIGN_IN: [u16; 4] = [530, 534, 535, 538];

/// The server that takes mails further.
pub(super) struct Relay {
    door: Door,
    credentials: Option<Credentials>,
    timeout: Duration,
    letterhead: Letterhead,
}

/// One lane to it, with the connection that was used last.
pub(super) struct Smtp {
    relay: Arc<Relay>,
    connection: Option<AsyncSmtpConnection>,
    /// How many mails it has taken.
    mails: u32,
}

impl Relay {
    pub(super) fn new(options: &SmtpOptions, letterhead: Letterhead) -> Result<Self, MailError> {
        let credentials = match (&options.username, &options.password) {
            (Some(name), Some(password)) => {
                Some(Credentials::new(name.clone(), password.reveal().to_owned()))
            }
            (None, None) => None,
            _ => return Err(MailError::HalfOfCredentials),
        };
        Ok(Self { door: Door::new(options)?, credentials, timeout: options.attempt(), letterhead })
    }

    /// A connection, protected and signed in.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let hello = &self.letterhead.host;
        let stream = self
            .door
            .open(hello)
            .await
            .map_err(|error| Failure::Temporary(format!("connecting: {error}")))?;
        let hello = ClientId::Domain(hello.clone());
        let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &hello)
            .await
            .map_err(|error| temporary("connecting", &error))?;
        if let Some(credentials) = &self.credentials {
            if connection.server_info().get_auth_mechanism(&MECHANISMS).is_none() {
                connection.abort().await;
                return Err(Failure::Temporary(
                    "the mail server lets nobody sign in by PLAIN or LOGIN".to_owned(),
                ));
            }
            if let Err(error) = connection.auth(&MECHANISMS, credentials).await {
                connection.abort().await;
                return Err(temporary("signing in", &error));
            }
        }
        Ok(connection)
    }
}

impl Smtp {
    pub(super) fn new(relay: Arc<Relay>) -> Self {
        Self { relay, connection: None, mails: 0 }
    }

    pub(super) fn timeout(&self) -> Duration {
        self.relay.timeout
    }

    /// Connects and signs in, as for a mail.
    pub(super) async fn try_out(&mut self) -> Result<(), Failure> {
        let timeout = self.relay.timeout;
        let connected = tokio::time::timeout(timeout, self.relay.connect()).await;
        self.connection = Some(connected.unwrap_or_else(|_elapsed| Err(too_slow(timeout)))?);
        Ok(())
    }

    pub(super) async fn deliver(
        &mut self,
        mail: &Mail,
        id: &str,
        written: Date,
    ) -> Result<(), Failure> {
        let timeout = self.relay.timeout;
        let delivered = tokio::time::timeout(timeout, self.send(mail, id, written)).await;
        if self.mails >= MOST_MAILS {
            self.rest().await;
        }
        delivered.unwrap_or_else(|_elapsed| Err(too_slow(timeout)))
    }

    /// The connection is kept only when all went well.
    async fn send(&mut self, mail: &Mail, id: &str, written: Date) -> Result<(), Failure> {
        let relay = &self.relay;
        let address = |text: &str| text.parse::<Address>().ok();
        let from = address(relay.letterhead.from.address());
        let envelope = address(&mail.to).and_then(|to| Envelope::new(from, vec![to]).ok());
        let Some(envelope) = envelope else {
            return Err(Failure::Permanent("its address is none that mail can go to".to_owned()));
        };
        let mut connection = Self::connected(self.connection.take(), relay).await?;
        let message = relay.letterhead.message(mail, id, written);
        connection.send(&envelope, message.as_bytes()).await.map_err(|error| refused(&error))?;
        self.connection = Some(connection);
        self.mails += 1;
        Ok(())
    }

    /// The connection that was kept, if the server still knows it, or a new one.
    async fn connected(
        kept: Option<AsyncSmtpConnection>,
        relay: &Relay,
    ) -> Result<AsyncSmtpConnection, Failure> {
        if let Some(mut kept) = kept
            && kept.test_connected().await
        {
            return Ok(kept);
        }
        relay.connect().await
    }

    /// Says farewell to the server.
    pub(super) async fn rest(&mut self) {
        self.mails = 0;
        if let Some(mut connection) = self.connection.take() {
            // Whatever it answers, and if nothing: it is not needed any more.
            let _ = tokio::time::timeout(FAREWELL, connection.quit()).await;
        }
    }
}

/// While nothing of the mail is known to the server, nothing it says is about the mail.
fn temporary(step: &str, error: &Error) -> Failure {
    Failure::Temporary(format!("{step}: {}", reason(error)))
}

/// What came of a mail that was handed over.
fn refused(error: &Error) -> Failure {
    let code = error.status().map(u16::from);
    let is_about_mail = error.is_permanent() && !code.is_some_and(|c| ABOUT_SIGN_IN.contains(&c));
    let reason = reason(error);
    if is_about_mail { Failure::Permanent(reason) } else { Failure::Temporary(reason) }
}

/// What is wrong, without the words of the server.
fn reason(error: &Error) -> String {
    if let Some(code) = error.status() {
        format!("the mail server answered {code}")
    } else if error.is_response() {
        "the mail server hung up, or answered what is no SMTP".to_owned()
    } else if error.is_client() {
        "the mail server lacks something that the mail needs".to_owned()
    } else {
        error.to_string()
    }
}

fn too_slow(limit: Duration) -> Failure {
    Failure::Temporary(format!("the mail server took longer than {} s", limit.as_secs()))
}
