//! OpenSearch and Elasticsearch: what was found, as documents that can be searched for years.
//!
//! - `address`: where OpenSearch is, and the name of an index; `login`: who we are there.
//! - `bulk`: documents as the bodies of bulk requests, and what their answers say (pure); `write`: sends them.
//! - `template`: how the fields are indexed (pure); `setup`: tells OpenSearch, or only compares.
//! - `find`: what was done in a span of time, and whether anything can be asked at all.
//! - `http`: one request and its answer; `sigv4`: its signature, for AWS; `problem`: what an answer complains of.
//!
//! A store tells nobody: its parts name no subjects, and a subject that is written here is not thereby told.

mod address;
mod bulk;
mod find;
mod http;
mod index;
mod login;
mod problem;
mod setup;
mod sigv4;
mod template;
mod write;

pub use address::{IndexName, InvalidIndexName, InvalidSearchUrl, SearchUrl};
pub use bulk::{Document, bodies};
pub use index::{SearchError, SearchIndex};
pub use login::{InvalidLogin, Login, Service};
pub use setup::{Change, Setup};
pub use template::{template, template_name};
