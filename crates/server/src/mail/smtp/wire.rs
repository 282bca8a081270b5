//! The connection below the protocol: to the server, within TLS that is verified, and with an end to
//! what it may say.
//!
//! STARTTLS is done here, byte by byte: whatever somebody on the way has put behind the server's
//! `220` is taken for a part of the TLS handshake, which it spoils. A reader that has read ahead
//! would take it for what the server says within TLS (as in CVE-2011-0411).

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use crate::crypto::tls_provider;
use crate::mail::error::MailError;
use crate::options::{Security, Smtp as SmtpOptions};

/// Bytes that a server may say on one connection: about a kilobyte a mail is usual.
const MOST_BYTES: usize = 1024 * 1024;

/// Bytes that it may say before TLS.
const MOST_GREETING_BYTES: usize = 8 * 1024;

/// Bytes of a file of certificates, at most: more than all the world's have.
const MOST_CA_BYTES: u64 = 4 * 1024 * 1024;

/// Which share of the time one of the server's addresses may take.
const SHARE: u32 = 3;

/// What a server says first, where it has said so before TLS.
const GREETING: &[u8] = b"220 go on\r\n";

/// Where to connect to, and how it is protected.
pub(super) struct Door {
    host: String,
    port: u16,
    protection: Protection,
    timeout: Duration,
}

enum Protection {
    Tls(Tls),
    StartTls(Tls),
    None,
}

struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Door {
    pub(super) fn new(options: &SmtpOptions) -> Result<Self, MailError> {
        let host = options.host.clone().ok_or(MailError::NoHost)?;
        let protection = match options.security {
            Security::Tls => Protection::Tls(Tls::new(options, &host)?),
            Security::StartTls => Protection::StartTls(Tls::new(options, &host)?),
            Security::None => Protection::None,
        };
        Ok(Self { host, port: options.port(), protection, timeout: options.attempt() })
    }

    /// A connection on which the server is about to greet; `hello` is what we are called.
    pub(super) async fn open(&self, hello: &str) -> io::Result<Box<dyn AsyncTokioStream>> {
        let mut stream = self.connect().await?;
        let peer = stream.peer_addr()?;
        Ok(match &self.protection {
            Protection::None => Box::new(Wire::new(stream, peer, b"")),
            Protection::Tls(tls) => Box::new(Wire::new(tls.wrap(stream).await?, peer, b"")),
            Protection::StartTls(tls) => {
                start_tls(&mut stream, hello).await?;
                Box::new(Wire::new(tls.wrap(stream).await?, peer, GREETING))
            }
        })
    }

    /// To one of the addresses: one that does not answer leaves time for the next.
    async fn connect(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::new(ErrorKind::NotFound, "the host has no address");
        for address in lookup_host((self.host.as_str(), self.port)).await? {
            match tokio::time::timeout(self.timeout / SHARE, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Ok(Err(error)) => last = error,
                Err(_elapsed) => last = io::Error::new(ErrorKind::TimedOut, "no answer"),
            }
        }
        Err(last)
    }
}

impl Tls {
    /// Trusts whom the system trusts, and the certificates of a file.
    fn new(options: &SmtpOptions, host: &str) -> Result<Self, MailError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| MailError::UnusableHost)?;
        let roots = extra_roots(options)?;
        let provider = tls_provider();
        let flaw = |error: rustls::Error| MailError::Tls(error.to_string());
        let verifier =
            Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(flaw)?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(flaw)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }

    async fn wrap(
        &self,
        stream: TcpStream,
    ) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        self.connector.connect(self.name.clone(), stream).await
    }
}

/// The certificates of `ca_file`.
fn extra_roots(options: &SmtpOptions) -> Result<Vec<CertificateDer<'static>>, MailError> {
    let Some(path) = &options.ca_file else { return Ok(Vec::new()) };
    let flaw = |problem: String| MailError::CaFile { path: path.clone(), problem };
    let unread = |error: io::Error| flaw(format!("cannot be read: {error}"));
    if std::fs::metadata(path).map_err(unread)?.len() > MOST_CA_BYTES {
        return Err(flaw("is too long for a file of certificates".to_owned()));
    }
    let pem = std::fs::read(path).map_err(unread)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = certificates.unwrap_or_default();
    if certificates.is_empty() {
        return Err(flaw("holds no certificate in PEM".to_owned()));
    }
    Ok(certificates)
}

/// Asks for TLS, and reads not a byte more than the answer.
async fn start_tls(stream: &mut TcpStream, hello: &str) -> io::Result<()> {
    let mut budget = MOST_GREETING_BYTES;
    expect(&reply(stream, &mut budget).await?, "220")?;
    stream.write_all(format!("EHLO {hello}\r\n").as_bytes()).await?;
    let offers = reply(stream, &mut budget).await?;
    expect(&offers, "250")?;
    let is_offered = |line: &String| {
        line.get(4..).is_some_and(|offer| offer.trim().eq_ignore_ascii_case("STARTTLS"))
    };
    if !offers.iter().any(is_offered) {
        return Err(io::Error::other(
            "the mail server offers no STARTTLS; somebody on the way may have taken the offer out",
        ));
    }
    stream.write_all(b"STARTTLS\r\n").await?;
    expect(&reply(stream, &mut budget).await?, "220")
}

/// The lines of one answer (RFC 5321 §4.2.1): all but the last have a `-` behind their code.
async fn reply(stream: &mut TcpStream, budget: &mut usize) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        loop {
            *budget = budget.checked_sub(1).ok_or_else(too_much)?;
            match stream.read_u8().await? {
                b'\n' => break,
                byte => line.push(byte),
            }
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let goes_on = line.as_bytes().get(3) == Some(&b'-');
        lines.push(line);
        if !goes_on {
            return Ok(lines);
        }
    }
}

/// What the server said otherwise is not repeated, but for its code.
fn expect(reply: &[String], code: &str) -> io::Result<()> {
    let got = reply.last().and_then(|line| line.get(..3)).unwrap_or_default();
    if got == code {
        return Ok(());
    }
    let is_code = got.len() == 3 && got.bytes().all(|byte| byte.is_ascii_digit());
    let got = if is_code { got } else { "what is no SMTP" };
    Err(io::Error::other(format!("the mail server answered {got}")))
}

fn too_much() -> io::Error {
    io::Error::other("the mail server says too much")
}

/// A stream with something that is read first, and with an end to what may be read.
struct Wire<S> {
    stream: S,
    peer: SocketAddr,
    first: &'static [u8],
    bytes_left: usize,
}

impl<S> Wire<S> {
    fn new(stream: S, peer: SocketAddr, first: &'static [u8]) -> Self {
        Self { stream, peer, first, bytes_left: MOST_BYTES }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let (now, later) = self.first.split_at(self.first.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.first = later;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        match self.bytes_left.checked_sub(buffer.filled().len() - before) {
            Some(left) => self.bytes_left = left,
            None => return Poll::Ready(Err(too_much())),
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S> fmt::Debug for Wire<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({})", self.peer)
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> AsyncTokioStream for Wire<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
