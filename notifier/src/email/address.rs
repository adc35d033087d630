//! Addresses, and the domains whose owners may be written to.

use std::fmt;

use lettre::{
    Address,
    message::{Mailbox, Mailboxes},
};

use crate::text::one_line;

/// An address that a message can be sent to, with a name or without: `ops@example.com`, `Ops <ops@example.com>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(Mailbox);

/// Why a value is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// Not of the form.
    #[error("must be an e-mail address, NAME@DOMAIN, or `Words <NAME@DOMAIN>`")]
    NotAnAddress,
    /// One of a list is not of the form, or there is none.
    #[error("must be e-mail addresses, NAME@DOMAIN or `Words <NAME@DOMAIN>`, with commas between them")]
    NotAList,
    /// Could smuggle lines into a message.
    #[error("must not hold line breaks or other control characters")]
    Control,
}

impl EmailAddress {
    /// Reads one address.
    pub fn parse(value: &str) -> Result<Self, InvalidAddress> {
        let value = printable(value)?;
        value.parse().map(Self).map_err(|_| InvalidAddress::NotAnAddress)
    }

    /// Reads at least one address, with commas between them.
    pub fn parse_list(value: &str) -> Result<Vec<Self>, InvalidAddress> {
        let value = printable(value)?;
        let list: Mailboxes = value.parse().map_err(|_| InvalidAddress::NotAList)?;
        let list: Vec<_> = list.into_iter().map(Self).collect();
        if list.is_empty() { Err(InvalidAddress::NotAList) } else { Ok(list) }
    }

    /// The address of somebody who may be called anything; an empty name is none.
    pub(super) fn named(self, name: &str) -> Self {
        let name = one_line(name).trim().to_owned();
        Self(Mailbox { name: (!name.is_empty()).then_some(name), email: self.0.email })
    }

    /// What stands after the `@`.
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }

    /// The address without the name.
    pub(super) fn address(&self) -> &Address {
        &self.0.email
    }

    pub(super) fn mailbox(&self) -> &Mailbox {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn printable(value: &str) -> Result<&str, InvalidAddress> {
    let value = value.trim();
    if value.chars().any(char::is_control) { Err(InvalidAddress::Control) } else { Ok(value) }
}

/// The domains whose owners are written to. Owners are named by tags, which many people may set: without this list
/// anybody could have reports sent to any address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnerDomains {
    any: bool,
    /// In lower case.
    domains: Vec<String>,
}

/// Why a value is no list of domains.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDomains {
    /// One is not of the form.
    #[error("must be domains with commas between them, such as example.com, or * for all: `{0}` is none")]
    NotADomain(String),
    /// A pattern.
    #[error("takes no patterns: a domain stands for itself and not for those below it, and * alone for all")]
    Pattern,
}

impl OwnerDomains {
    /// No owner is written to.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads domains with commas between them, or `*` for any. A domain stands for itself only, not for those below it,
    /// and is compared without case.
    pub fn parse(value: &str) -> Result<Self, InvalidDomains> {
        if value.trim() == "*" {
            return Ok(Self { any: true, domains: Vec::new() });
        }
        let domains = value.split(',').map(str::trim).map(|domain| match Address::new("x", domain) {
            _ if domain.contains('*') => Err(InvalidDomains::Pattern),
            Ok(_) => Ok(domain.to_lowercase()),
            Err(_) => Err(InvalidDomains::NotADomain(one_line(domain))),
        });
        Ok(Self { any: false, domains: domains.collect::<Result<_, _>>()? })
    }

    /// Whether owners at this address are written to.
    pub fn allow(&self, address: &EmailAddress) -> bool {
        self.any || self.domains.contains(&address.domain().to_lowercase())
    }

    /// Whether no owner is written to.
    pub fn is_none(&self) -> bool {
        !self.any && self.domains.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_names_or_not() {
        for (value, shown) in [
            ("ops@example.com", "ops@example.com"),
            (" Ops <ops@example.com> ", "Ops <ops@example.com>"),
            (r#""Ops, night" <ops@example.com>"#, r#""Ops, night" <ops@example.com>"#),
            ("ops+keys@EXAMPLE.com", "ops+keys@EXAMPLE.com"),
            ("jörg@bücher.example", "jörg@bücher.example"),
        ] {
            assert_eq!(EmailAddress::parse(value).unwrap().to_string(), shown);
        }
        assert_eq!(EmailAddress::parse("Ops <ops@example.com>").unwrap().domain(), "example.com");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for value in ["", "ops", "@example.com", "ops@", "a b@example.com", "<ops@example.com", "a@b.c, d@e.f", "a@b@c"]
        {
            assert_eq!(EmailAddress::parse(value), Err(InvalidAddress::NotAnAddress), "{value}");
        }
        for value in ["a@b.c\r\nBcc: d@e.f", "\"x\ny\" <a@b.c>", "a@b.c\0"] {
            assert_eq!(EmailAddress::parse(value), Err(InvalidAddress::Control), "{value:?}");
        }
    }

    #[test]
    fn lists_hold_names_with_commas() {
        let list = EmailAddress::parse_list(r#"a@example.com, "B, C" <b@example.com>,c@example.com"#).unwrap();
        assert_eq!(
            list.iter().map(|entry| entry.address().to_string()).collect::<Vec<_>>(),
            ["a@example.com", "b@example.com", "c@example.com"]
        );
        for value in ["", " ", ",", "a@example.com,", "a@example.com; b@example.com", "a@example.com b@example.com"] {
            assert_eq!(EmailAddress::parse_list(value), Err(InvalidAddress::NotAList), "{value}");
        }
    }

    #[test]
    fn domain_stands_for_itself_only() {
        let domains = OwnerDomains::parse("example.com, Corp.Example.org").unwrap();
        let allowed = |address| domains.allow(&EmailAddress::parse(address).unwrap());
        assert!(allowed("a@example.com") && allowed("a@EXAMPLE.com") && allowed("a@corp.example.org"));
        assert!(!allowed("a@sub.example.com") && !allowed("a@example.org") && !allowed("a@notexample.com"));
        assert!(!domains.is_none());
    }

    #[test]
    fn star_is_any_and_nothing_is_none() {
        let somebody = EmailAddress::parse("a@example.com").unwrap();
        assert!(OwnerDomains::parse("*").unwrap().allow(&somebody));
        assert!(!OwnerDomains::none().allow(&somebody) && OwnerDomains::none().is_none());
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for value in ["*.example.com", "example.com,*"] {
            assert_eq!(OwnerDomains::parse(value), Err(InvalidDomains::Pattern), "{value}");
        }
        for value in ["", "example.com,", "@example.com", "a b"] {
            assert!(matches!(OwnerDomains::parse(value), Err(InvalidDomains::NotADomain(_))), "{value}");
        }
    }
}
