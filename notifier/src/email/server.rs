//! Where the SMTP server is, and how safely it must be talked to.

use std::fmt;

use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters, TlsParametersBuilder};
use reqwest::Url;
use secrecy::SecretString;

/// Port of SMTP over TLS from the first byte (<https://www.rfc-editor.org/rfc/rfc8314#section-3.3>).
const TLS_PORT: u16 = 465;
/// Port where mail is submitted, with STARTTLS (<https://www.rfc-editor.org/rfc/rfc6409#section-3.1>).
const STARTTLS_PORT: u16 = 587;

/// An SMTP server that mail is submitted to.
#[derive(Debug, Clone)]
pub struct SmtpServer {
    host: String,
    port: u16,
    security: Security,
    /// Authorities to be trusted beside those of this machine.
    roots: Vec<Certificate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after a few words in the clear. A server that does not offer it is told nothing.
    StartTls,
    /// None; on this machine only.
    None,
}

/// Why a server is refused. Its address is not repeated: it may hold a password that does not belong there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServer {
    /// Not a URL, or one of no server.
    #[error("must be smtps://HOST or smtp://HOST, with a port or without")]
    NotAUrl,
    /// Another protocol.
    #[error("must start with smtps:// or smtp://")]
    Scheme,
    /// Credentials where they would be printed.
    #[error("must not hold a user or password: set SMTP_USER and SMTP_PASSWORD")]
    Login,
    /// Something after the port.
    #[error("must end after the host and port; only smtp:// on this machine may be followed by ?tls=none")]
    Extra,
    /// Would be sent in the clear.
    #[error("must use TLS (?tls=none is accepted for 127.0.0.1, localhost and [::1] only)")]
    NotTls,
}

/// Why a server cannot be talked to from here at all.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetup {
    /// Not a certificate in PEM.
    #[error("must be one or more certificates in PEM form")]
    NotACertificate,
    /// Certificates that are needed to recognise the server are missing or broken.
    #[error("the certificates of this machine, or those given with it, cannot be used: {0}")]
    Roots(#[source] lettre::transport::smtp::Error),
}

/// Who may send. Neither part is ever printed.
#[derive(Clone)]
pub struct SmtpLogin {
    /// The user, which with many services is an access key.
    pub user: SecretString,
    /// The password.
    pub password: SecretString,
}

impl fmt::Debug for SmtpLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpLogin([redacted])")
    }
}

impl SmtpServer {
    /// Reads `smtps://HOST[:465]` (TLS from the start) or `smtp://HOST[:587]` (STARTTLS, which the server must offer).
    /// For a server on this machine, `smtp://127.0.0.1:PORT?tls=none` does without.
    pub fn parse(value: &str) -> Result<Self, InvalidServer> {
        let url = Url::parse(value).map_err(|_| InvalidServer::NotAUrl)?;
        let (security, usual_port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Security::Tls, TLS_PORT),
            ("smtp", None) => (Security::StartTls, STARTTLS_PORT),
            ("smtp", Some("tls=none")) => (Security::None, STARTTLS_PORT),
            ("smtp" | "smtps", Some(_)) => return Err(InvalidServer::Extra),
            _ => return Err(InvalidServer::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidServer::Login);
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(InvalidServer::Extra);
        }
        let host = url.host_str().filter(|host| is_host(host)).ok_or(InvalidServer::NotAUrl)?;
        if security == Security::None && !matches!(host, "127.0.0.1" | "localhost" | "[::1]") {
            return Err(InvalidServer::NotTls);
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port: url.port().unwrap_or(usual_port), security, roots: Vec::new() })
    }

    /// Trusts these authorities too, for this server only: a private one has its certificates in no machine's store.
    /// (`SSL_CERT_FILE` would replace the store, and for all that this process talks to.)
    pub fn trusting(mut self, pem: &[u8]) -> Result<Self, TlsSetup> {
        // The parser takes a text without any certificate for one with none.
        if !String::from_utf8_lossy(pem).contains("-----BEGIN CERTIFICATE-----") {
            return Err(TlsSetup::NotACertificate);
        }
        self.roots.push(Certificate::from_pem(pem).map_err(|_| TlsSetup::NotACertificate)?);
        self.tls()?;
        Ok(self)
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Reads this machine's certificates, unless there is no TLS.
    pub(super) fn tls(&self) -> Result<Tls, TlsSetup> {
        let wrap = match self.security {
            Security::Tls => Tls::Wrapper,
            Security::StartTls => Tls::Required,
            Security::None => return Ok(Tls::None),
        };
        let builder = TlsParameters::builder(self.host.clone());
        let builder = self.roots.iter().cloned().fold(builder, TlsParametersBuilder::add_root_certificate);
        builder.build().map(wrap).map_err(TlsSetup::Roots)
    }
}

impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A name or an address. The URL parser checks neither for protocols it does not know.
fn is_host(host: &str) -> bool {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    !host.is_empty() && (host.bytes().all(is_name) || host.starts_with('['))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_use_tls_or_are_this_machine() {
        for (url, shown, security) in [
            ("smtps://smtp.example.com", "smtp.example.com:465", Security::Tls),
            ("smtps://smtp.example.com:2465/", "smtp.example.com:2465", Security::Tls),
            ("smtp://smtp.example.com", "smtp.example.com:587", Security::StartTls),
            ("smtp://127.0.0.1:2525", "127.0.0.1:2525", Security::StartTls),
            ("smtp://127.0.0.1:2525?tls=none", "127.0.0.1:2525", Security::None),
            ("smtp://localhost:25/?tls=none", "localhost:25", Security::None),
            ("smtp://[::1]:25?tls=none", "::1:25", Security::None),
        ] {
            let server = SmtpServer::parse(url).unwrap();
            assert_eq!((server.to_string().as_str(), server.security), (shown, security), "{url}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for (url, error) in [
            ("", InvalidServer::NotAUrl),
            ("smtp.example.com", InvalidServer::NotAUrl),
            ("smtp.example.com:587", InvalidServer::Scheme),
            ("smtps://", InvalidServer::NotAUrl),
            ("smtps:smtp.example.com", InvalidServer::Extra),
            ("smtps://a%0d%0ab", InvalidServer::NotAUrl),
            ("https://smtp.example.com", InvalidServer::Scheme),
            ("smtps://alice:hush@smtp.example.com", InvalidServer::Login),
            ("smtps://alice@smtp.example.com", InvalidServer::Login),
            ("smtp://smtp.example.com?tls=none", InvalidServer::NotTls),
            ("smtp://127.0.0.1.example.com?tls=none", InvalidServer::NotTls),
            ("smtps://127.0.0.1?tls=none", InvalidServer::Extra),
            ("smtp://smtp.example.com?tls=opportunistic", InvalidServer::Extra),
            ("smtp://smtp.example.com/inbox", InvalidServer::Extra),
            ("smtp://smtp.example.com#hush", InvalidServer::Extra),
        ] {
            let refused = SmtpServer::parse(url).unwrap_err();
            assert_eq!(refused, error, "{url}");
            assert!(!refused.to_string().contains("hush") && !refused.to_string().contains("alice"), "{refused}");
        }
    }

    #[test]
    fn only_certificates_can_be_trusted() {
        let server = SmtpServer::parse("smtps://smtp.example.com").unwrap();
        for pem in [
            "",
            "hush",
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\naHVzaA==\n-----END CERTIFICATE-----\n",
        ] {
            assert!(server.clone().trusting(pem.as_bytes()).is_err(), "{pem}");
        }
    }

    #[test]
    fn login_is_redacted() {
        let login = SmtpLogin { user: "AKIAHUSH".into(), password: "hush-hush".into() };
        assert_eq!(format!("{login:?}"), "SmtpLogin([redacted])");
    }
}
