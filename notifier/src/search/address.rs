//! Where OpenSearch is, and the name of an index.

use std::fmt;

use reqwest::Url;

use super::login::Service;

/// The address of OpenSearch or Elasticsearch. It holds no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchUrl(Url);

/// Why an address is refused. The address itself is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSearchUrl {
    /// Not a URL.
    #[error("is not a URL")]
    NotAUrl,
    /// Would be sent in the clear.
    #[error("must start with https:// (http:// is accepted for 127.0.0.1 and localhost only)")]
    NotHttps,
    /// A user or a password where logs may show them.
    #[error("must not hold a user or a password: they have settings of their own")]
    Credentials,
    /// A query or a fragment, which would not be sent.
    #[error("must end with the host or a path, without ? or #")]
    NotABase,
}

impl SearchUrl {
    /// Checks the address: scheme, host, and perhaps a path under which OpenSearch is. Plain HTTP is accepted for this
    /// machine only.
    pub fn parse(value: &str) -> Result<Self, InvalidSearchUrl> {
        let mut url = Url::parse(value.trim()).map_err(|_| InvalidSearchUrl::NotAUrl)?;
        let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(InvalidSearchUrl::NotHttps),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidSearchUrl::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidSearchUrl::NotABase);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The address of something below this one. `path` begins with a slash.
    pub(super) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        url.set_query(query);
        url
    }

    /// Whether the name of the host says that this is OpenSearch as a service of AWS.
    pub fn is_of_aws(&self) -> bool {
        self.at_aws().is_some()
    }

    /// Which service of AWS this is and in which region, if the name of the host says so
    /// (<https://docs.aws.amazon.com/general/latest/gr/opensearch-service.html>).
    pub fn at_aws(&self) -> Option<(Service, &str)> {
        let labels: Vec<&str> = self.0.host_str()?.split('.').collect();
        let (region, service) = match labels.as_slice() {
            [.., region, service, "amazonaws", "com"] | [.., region, service, "amazonaws", "com", "cn"] => {
                (*region, *service)
            }
            [.., service, region, "on", "aws"] => (*region, *service),
            _ => return None,
        };
        match service.strip_suffix("-fips").unwrap_or(service) {
            "es" | "aos" => Some((Service::Domain, region)),
            "aoss" => Some((Service::Serverless, region)),
            _ => None,
        }
    }
}

impl fmt::Display for SearchUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// The name of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexName(String);

/// Why a value is not the name of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a-z, 0-9, `-`, `_` and `.` only, begin with a letter or digit, and have at most 255 characters")]
pub struct InvalidIndexName;

impl IndexName {
    /// Checks the name. OpenSearch wants lower case, no `_` or `-` first, and none of ` ,:"*+/\|?#><`
    /// (<https://docs.opensearch.org/latest/api-reference/index-apis/create-index/#index-naming-restrictions>). Its
    /// other characters and a first `.`, for what is hidden, are refused too: so a name needs no escaping anywhere.
    pub fn parse(value: &str) -> Result<Self, InvalidIndexName> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let allowed = value.bytes().all(|b| plain(b) || b"-_.".contains(&b));
        if allowed && value.len() <= 255 && value.bytes().next().is_some_and(plain) {
            return Ok(Self(value.to_owned()));
        }
        Err(InvalidIndexName)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IndexName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_or_this_machine_and_hold_no_secret() {
        for (value, shown) in [
            ("https://search.example.com", "https://search.example.com/"),
            ("https://search.example.com:9200/", "https://search.example.com:9200/"),
            (" https://example.com/search/ ", "https://example.com/search"),
            ("http://127.0.0.1:9200", "http://127.0.0.1:9200/"),
            ("http://[::1]:9200", "http://[::1]:9200/"),
        ] {
            assert_eq!(SearchUrl::parse(value).unwrap().to_string(), shown);
        }
        for (value, error) in [
            ("", InvalidSearchUrl::NotAUrl),
            ("search.example.com", InvalidSearchUrl::NotAUrl),
            ("http://search.example.com", InvalidSearchUrl::NotHttps),
            ("http://127.0.0.1.example.com", InvalidSearchUrl::NotHttps),
            ("https://user:hush@search.example.com", InvalidSearchUrl::Credentials),
            ("https://user@search.example.com", InvalidSearchUrl::Credentials),
            ("https://search.example.com/?pretty", InvalidSearchUrl::NotABase),
            ("https://search.example.com/#top", InvalidSearchUrl::NotABase),
        ] {
            assert_eq!(SearchUrl::parse(value).unwrap_err(), error, "{value}");
        }
    }

    #[test]
    fn paths_are_below_the_address() {
        for (base, joined) in [
            ("https://a.example.com", "https://a.example.com/keys/_bulk"),
            ("https://a.example.com/search/", "https://a.example.com/search/keys/_bulk"),
        ] {
            assert_eq!(SearchUrl::parse(base).unwrap().join("/keys/_bulk").as_str(), joined);
        }
    }

    #[test]
    fn hosts_of_aws_say_service_and_region() {
        for (host, expected) in [
            ("search-audits-x.eu-west-1.es.amazonaws.com", Some((Service::Domain, "eu-west-1"))),
            ("search-audits-x.cn-north-1.es.amazonaws.com.cn", Some((Service::Domain, "cn-north-1"))),
            ("search-audits-x.aos.eu-west-1.on.aws", Some((Service::Domain, "eu-west-1"))),
            ("07tjusf2h91cunochc.us-east-1.aoss.amazonaws.com", Some((Service::Serverless, "us-east-1"))),
            ("search.example.com", None),
            ("es.amazonaws.com.example.com", None),
            ("bucket.us-east-1.s3.amazonaws.com", None),
        ] {
            let url = SearchUrl::parse(&format!("https://{host}")).unwrap();
            assert_eq!(url.at_aws(), expected, "{host}");
        }
    }

    #[test]
    fn index_names_are_checked() {
        for value in ["aws-audits", "aws_audits.2026", "0", &"a".repeat(255)] {
            assert_eq!(IndexName::parse(value).unwrap().as_str(), value);
        }
        for value in ["", "-a", "_a", ".a", "Audits", "a b", "a*", "a,b", "a/b", "a#", "ä", &"a".repeat(256)] {
            assert_eq!(IndexName::parse(value), Err(InvalidIndexName), "{value}");
        }
    }
}
