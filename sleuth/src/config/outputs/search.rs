//! Settings of the search index.

use notifier::{IndexName, SearchUrl};

use super::{super::check::Check, Environment, Secret};

/// The index that reports have always gone to.
const INDEX: &str = "aws-audits";

/// An index of OpenSearch or Elasticsearch.
#[derive(Debug, Clone)]
pub struct SearchConfig {
    /// Where it is: `SEARCH_URL`.
    pub url: SearchUrl,
    /// How to log in: `SEARCH_AUTH`, `SEARCH_USER`, `SEARCH_PASSWORD`.
    pub login: SearchLogin,
    /// The index: `SEARCH_INDEX`.
    pub index: IndexName,
}

/// How to log in.
#[derive(Debug, Clone)]
pub enum SearchLogin {
    /// Not at all.
    None,
    /// By name and password.
    Basic(String, Secret),
    /// By the AWS credentials of the run.
    SigV4,
}

impl SearchConfig {
    /// Whether it takes credentials of AWS to log in.
    pub fn needs_aws(&self) -> bool {
        match &self.login {
            SearchLogin::None | SearchLogin::Basic(_, Secret::Plain(_)) => false,
            SearchLogin::SigV4 | SearchLogin::Basic(_, Secret::Kept(_)) => true,
        }
    }

    pub(super) fn new(env: &Environment, check: &mut Check) -> Option<Self> {
        let Some(url) = env.search_url.as_deref() else {
            let others = [
                ("SEARCH_AUTH", env.search_auth.as_ref()),
                ("SEARCH_USER", env.search_user.as_ref()),
                ("SEARCH_PASSWORD", env.search_password.as_ref()),
                ("SEARCH_INDEX", env.search_index.as_ref()),
            ];
            check.only_with("SEARCH_URL", others);
            return None;
        };
        let url = match SearchUrl::parse(url) {
            Ok(url) => Some(url),
            Err(error) => check.fail("SEARCH_URL", None, error.to_string()),
        };
        let name = env.search_index.as_deref().map_or(INDEX, str::trim);
        let index = match IndexName::parse(name) {
            Ok(index) => Some(index),
            Err(error) => check.fail("SEARCH_INDEX", Some(name), error.to_string()),
        };
        let login = login(url.as_ref(), env, check);
        Some(Self { url: url?, login: login?, index: index? })
    }
}

/// As `SEARCH_AUTH` says; without it, as the other settings suggest.
fn login(url: Option<&SearchUrl>, env: &Environment, check: &mut Check) -> Option<SearchLogin> {
    let of_aws = url.is_some_and(SearchUrl::is_of_aws);
    let suggested = match (env.search_user.is_some() || env.search_password.is_some(), of_aws) {
        (true, _) => "basic",
        (false, true) => "sigv4",
        (false, false) => "none",
    };
    let set = env.search_auth.as_deref();
    let auth = set.map_or(Some(suggested), |set| check.one_of("SEARCH_AUTH", Some(set), ["sigv4", "basic", "none"]))?;
    if auth == "basic" {
        let what = "must be set to log in by name and password";
        let user = check.needed("SEARCH_USER", env.search_user.as_ref(), what);
        if user.is_some_and(|user| user.contains(':')) {
            check.note("SEARCH_USER", None, "must not hold a colon, which ends a name in HTTP".to_owned());
        }
        let password = check.needed("SEARCH_PASSWORD", env.search_password.as_ref(), what);
        let password = password.and_then(|password| check.secret("SEARCH_PASSWORD", password));
        return Some(SearchLogin::Basic(user?.to_owned(), password?));
    }
    check.only_with(
        "SEARCH_AUTH=basic",
        [("SEARCH_USER", env.search_user.as_ref()), ("SEARCH_PASSWORD", env.search_password.as_ref())],
    );
    Some(if auth == "sigv4" { SearchLogin::SigV4 } else { SearchLogin::None })
}
