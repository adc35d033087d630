//! A message with its headers, as it goes over the wire.

use std::fmt::Write as _;

use lettre::{
    Message,
    message::{
        MultiPart,
        header::{HeaderName, HeaderValue, MessageId},
    },
};
use sha2::{Digest, Sha256};

use super::{address::EmailAddress, payload::EmailMessage};

/// The message to one recipient. Its date is that of now. Headers cannot be smuggled in: what is not on one line, or
/// not ASCII, is encoded.
pub(super) fn compose(
    from: &EmailAddress,
    to: &EmailAddress,
    message: &EmailMessage,
) -> Result<Vec<u8>, lettre::error::Error> {
    let content = MultiPart::alternative_plain_html(message.text.clone(), message.html.clone());
    let mut mail = Message::builder()
        .from(from.mailbox().clone())
        .to(to.mailbox().clone())
        .subject(message.subject.clone())
        .multipart(content)?;
    // Nobody's vacation is answered (https://www.rfc-editor.org/rfc/rfc3834#section-5).
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    mail.headers_mut().insert_raw(HeaderValue::new(automatic, "auto-generated".to_owned()));
    let id = format!("<{}@{}>", fingerprint(&mail.formatted()), from.domain());
    mail.headers_mut().set(MessageId::from(id));
    Ok(mail.formatted())
}

/// Nothing else has it: the boundary between the parts is random.
fn fingerprint(mail: &[u8]) -> String {
    Sha256::digest(mail).iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
