//! Elements as text.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};

/// `<name>text</name>`, with what is special in the text escaped.
pub fn element(name: &str, text: &str) -> String {
    let mut out = String::with_capacity(2 * name.len() + text.len() + 5);
    let _ = write!(out, "<{name}>");
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            character => out.push(character),
        }
    }
    let _ = write!(out, "</{name}>");
    out
}

/// `<name>inner</name>`, where `inner` is XML.
pub fn around(name: &str, inner: &str) -> String {
    format!("<{name}>{inner}</{name}>")
}

/// A time as IAM writes it.
pub fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The answer to `action`, with `inner` as its result.
pub fn response(action: &str, inner: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{action}Result>{inner}</{action}Result>\
         <ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{action}Response>"
    )
}

/// An error with this code and message.
pub fn error(status: u16, code: &str, message: &str) -> String {
    let fault = if status < 500 { "Sender" } else { "Receiver" };
    let inner = [element("Type", fault), element("Code", code), element("Message", message)].concat();
    format!("<ErrorResponse><Error>{inner}</Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>")
}

const REQUEST_ID: &str = "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_an_element() {
        assert_eq!(element("Value", "<a> & 'b'"), "<Value>&lt;a&gt; &amp; &apos;b&apos;</Value>");
    }
}
