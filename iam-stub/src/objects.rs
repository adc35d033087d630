//! The few calls of S3 that keep files and find them again, in memory: `PutObject`, also only if there is none, `GetObject`
//! and `ListObjectsV2`.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Included, Unbounded},
};

use hyper::{Method, Request, Response, body::Bytes};

use crate::{
    form,
    server::{Body, response},
    xml::{around, element},
};

/// Most keys on a page, as S3 has it.
const PAGE: usize = 1_000;

/// Files by `BUCKET/KEY`.
#[derive(Debug, Default)]
pub(crate) struct Objects(BTreeMap<String, Bytes>);

/// The call of S3 that a request is; `None`: it is none of these.
pub(crate) fn action(request: &Request<Bytes>) -> Option<&'static str> {
    let listing = request.uri().query().is_some_and(|query| query.contains("list-type=2"));
    match *request.method() {
        Method::PUT => Some("PutObject"),
        Method::GET if listing => Some("ListObjectsV2"),
        Method::GET => Some("GetObject"),
        _ => None,
    }
}

impl Objects {
    /// The answer to a call.
    pub(crate) fn answer(&mut self, request: &Request<Bytes>) -> Response<Body> {
        let path = form::path(request.uri().path().trim_start_matches('/'));
        match action(request) {
            Some("PutObject") => self.put(path, request),
            Some("GetObject") => match self.0.get(&path) {
                Some(content) => response(200, "application/json", content.clone()),
                None => refused(404, "NoSuchKey", "The specified key does not exist."),
            },
            Some("ListObjectsV2") => {
                let query = form::parse(request.uri().query().unwrap_or_default().as_bytes());
                self.list(path.trim_end_matches('/'), &query)
            }
            _ => refused(405, "MethodNotAllowed", "only PUT and GET"),
        }
    }

    fn put(&mut self, path: String, request: &Request<Bytes>) -> Response<Body> {
        let has = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        if has("content-encoding").is_some_and(|encoding| encoding.contains("aws-chunked")) {
            return refused(501, "NotImplemented", "a body in chunks");
        }
        if has("if-none-match") == Some("*") && self.0.contains_key(&path) {
            return refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
        }
        self.0.insert(path, request.body().clone());
        let mut kept = response(200, "application/xml", "");
        let encrypted = hyper::header::HeaderValue::from_static("AES256");
        kept.headers_mut().insert("x-amz-server-side-encryption", encrypted);
        kept
    }

    fn list(&self, bucket: &str, query: &BTreeMap<String, String>) -> Response<Body> {
        let asked = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
        if asked("delimiter").is_some() {
            return refused(501, "NotImplemented", "a delimiter");
        }
        let prefix = format!("{bucket}/{}", asked("prefix").unwrap_or_default());
        let after = asked("continuation-token").or_else(|| asked("start-after"));
        let after = after.map(|key| format!("{bucket}/{key}"));
        let start = match &after {
            Some(after) if *after >= prefix => Excluded(after.as_str()),
            _ => Included(prefix.as_str()),
        };
        let found = self.0.range::<str, _>((start, Unbounded)).take_while(|(path, _)| path.starts_with(&prefix));
        let mut found = found.filter_map(|(path, content)| Some((path.split_once('/')?.1, content.len()))).peekable();
        let (mut contents, mut end) = (String::new(), "");
        for (key, size) in found.by_ref().take(PAGE) {
            contents += &around("Contents", &(element("Key", key) + &element("Size", &size.to_string())));
            end = key;
        }
        let position = if found.peek().is_some() {
            element("IsTruncated", "true") + &element("NextContinuationToken", end)
        } else {
            element("IsTruncated", "false")
        };
        response(200, "application/xml", around("ListBucketResult", &(element("Name", bucket) + &position + &contents)))
    }
}

fn refused(status: u16, code: &str, message: &str) -> Response<Body> {
    response(status, "application/xml", around("Error", &(element("Code", code) + &element("Message", message))))
}
