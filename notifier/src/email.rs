//! E-mail over SMTP: all findings to the operators, and those of each owner to that owner.
//!
//! - [`payload`]: subject, text and HTML of a notification (pure); `html` is how the latter looks.
//! - [`address`]: whom to write to, and which owners may be written to.
//! - [`server`]: where the server is, and how safely it must be talked to.
//! - `compose`: a message with its headers, as it goes over the wire.
//! - `session`: one connection for many messages; `judge`: what its failures mean.
//! - `post`: letter by letter, so that no recipient stops another.
//! - [`channel`]: who gets what, and what came of it.

pub mod address;
pub mod channel;
mod compose;
mod html;
mod judge;
pub mod payload;
mod post;
pub mod server;
mod session;

pub use address::{EmailAddress, InvalidAddress, InvalidDomains, OwnerDomains};
pub use channel::{Email, EmailSettings};
pub use payload::{EmailMessage, payloads};
pub use server::{InvalidServer, SmtpLogin, SmtpServer, TlsSetup};
