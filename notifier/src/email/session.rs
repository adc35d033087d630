//! One connection for many messages.
//!
//! lettre's own transport makes a connection for each message and does not say which command was refused, so its
//! connection is used directly.

use std::sync::{Mutex, PoisonError};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Tls},
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use secrecy::ExposeSecret;
use tokio::time::{Duration, Instant, timeout, timeout_at};

use super::{
    judge::{About, Fault, Stage, judge},
    server::{SmtpLogin, SmtpServer},
};

/// How long the server may take to say goodbye, which nothing depends on.
const GOODBYE: Duration = Duration::from_secs(1);

/// What is needed to talk to the server.
#[derive(Debug, Clone)]
pub(super) struct Dial {
    pub(super) server: SmtpServer,
    pub(super) tls: Tls,
    pub(super) login: Option<SmtpLogin>,
    pub(super) from: Address,
    /// How long connecting may take, with everything up to the login, and then each message.
    pub(super) timeout: Duration,
}

/// The messages of one run.
pub(super) struct Session<'a> {
    dial: &'a Dial,
    /// Taken out while it is used: what is left of it when a message was given up in the middle is not to be trusted.
    idle: Mutex<Option<AsyncSmtpConnection>>,
}

impl<'a> Session<'a> {
    pub(super) fn new(dial: &'a Dial) -> Self {
        Self { dial, idle: Mutex::new(None) }
    }

    /// Sends one message to one recipient.
    pub(super) async fn send(&self, to: &Address, mail: &[u8]) -> Result<(), Fault> {
        let idle = self.idle().take();
        if let Some(connection) = idle {
            match self.transact(connection, to, mail).await {
                // Servers end connections that were idle or have carried enough. That is no failure of this message.
                Err(fault) if fault.lost => tracing::debug!("the server ended the connection; connecting again"),
                other => return other,
            }
        }
        let connection = self.open().await?;
        self.transact(connection, to, mail).await
    }

    /// Does all that comes before the recipient of a message, and takes it back.
    pub(super) async fn rehearse(&self) -> Result<(), Fault> {
        let mut connection = self.open().await?;
        let (from, limit) = (&self.dial.from, self.dial.timeout);
        let parameters = parameters(&connection, from, from, &[])?;
        let named = timeout(limit, connection.command(Mail::new(Some(from.clone()), parameters)));
        let named = named.await.map_err(|_| Fault::silence(Stage::Sender))?;
        named.map_err(self.at(Stage::Sender))?;
        // Without a recipient there is no message, whether or not this is answered.
        let _ = timeout(limit, connection.command(Rset)).await;
        *self.idle() = Some(connection);
        Ok(())
    }

    /// Says goodbye, if there is time for it.
    pub(super) async fn close(self, until: Option<Instant>) {
        let end = Instant::now() + GOODBYE;
        let idle = self.idle().take();
        if let Some(mut connection) = idle {
            // A server that does not answer to this has taken all messages nevertheless.
            let _ = timeout_at(until.map_or(end, |until| until.min(end)), connection.quit()).await;
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Option<AsyncSmtpConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, Fault> {
        timeout(self.dial.timeout, self.connect()).await.unwrap_or_else(|_| Err(Fault::silence(Stage::Opening)))
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Fault> {
        let Dial { server, tls, login, .. } = self.dial;
        let hello = self.hello();
        let wrapper = match tls {
            Tls::Wrapper(parameters) => Some(parameters.clone()),
            _ => None,
        };
        let address = (server.host(), server.port());
        let mut connection = AsyncSmtpConnection::connect_tokio1(address, None, &hello, wrapper, None)
            .await
            .map_err(self.at(Stage::Opening))?;
        if let Tls::Required(parameters) = tls {
            connection.starttls(parameters.clone(), &hello).await.map_err(self.at(Stage::StartTls))?;
        }
        if let Some(login) = login {
            let user = login.user.expose_secret().to_owned();
            let credentials = Credentials::new(user, login.password.expose_secret().to_owned());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await.map_err(self.at(Stage::Login))?;
        }
        Ok(connection)
    }

    /// The sender's domain: some servers turn away those who greet as `localhost`, which is all that is known of a
    /// function.
    fn hello(&self) -> ClientId {
        let domain = self.dial.from.domain();
        let is_name = domain.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        if is_name { ClientId::Domain(domain.to_owned()) } else { ClientId::default() }
    }

    async fn transact(&self, mut connection: AsyncSmtpConnection, to: &Address, mail: &[u8]) -> Result<(), Fault> {
        let sent = timeout(self.dial.timeout, self.give(&mut connection, to, mail));
        let sent = sent.await.unwrap_or_else(|_| Err(Fault::silence(Stage::Text)));
        let usable = match &sent {
            Ok(()) => true,
            // A refused recipient leaves a sender behind, of whom the server must be rid before the next message.
            Err(fault) if fault.about != About::Server => {
                matches!(timeout(self.dial.timeout, connection.command(Rset)).await, Ok(Ok(_)))
            }
            Err(_) => false,
        };
        if usable {
            *self.idle() = Some(connection);
        }
        sent
    }

    async fn give(&self, connection: &mut AsyncSmtpConnection, to: &Address, mail: &[u8]) -> Result<(), Fault> {
        let from = &self.dial.from;
        let parameters = parameters(connection, from, to, mail)?;
        connection.command(Mail::new(Some(from.clone()), parameters)).await.map_err(self.at(Stage::Sender))?;
        connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(self.at(Stage::Recipient))?;
        connection.command(Data).await.map_err(self.at(Stage::Data))?;
        connection.message(mail).await.map_err(self.at(Stage::Text))?;
        Ok(())
    }

    fn at(&self, stage: Stage) -> impl FnOnce(Error) -> Fault {
        move |error| judge(stage, &error, self.dial.login.as_ref())
    }
}

/// What the server must be told about a message that is not all ASCII.
fn parameters(
    connection: &AsyncSmtpConnection,
    from: &Address,
    to: &Address,
    mail: &[u8],
) -> Result<Vec<MailParameter>, Fault> {
    let takes = |extension| connection.server_info().supports_feature(extension);
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    let mut parameters = Vec::new();
    if !is_ascii(from) || !is_ascii(to) {
        if !takes(Extension::SmtpUtfEight) {
            let reason = "the server takes no addresses outside ASCII (it lacks SMTPUTF8)".to_owned();
            let about = if is_ascii(from) { About::Recipient } else { About::Letter };
            return Err(Fault::refused(about, reason));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    // Contents are encoded as ASCII; only addresses in headers can be anything else.
    if !mail.is_ascii() && takes(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}
