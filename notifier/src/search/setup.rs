//! Telling OpenSearch how documents are to be indexed.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{
    http::Body,
    index::{Reply, SearchError, SearchIndex, read},
    template::{properties, template, template_name},
};
use crate::retry::Patience;

/// What setting up did, or would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// To the index template.
    pub template: Change,
    /// To the index itself.
    pub index: Change,
}

/// What became of something that should be there in a certain form, or what has to become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    Created,
    /// It was there in another form: an index lacked fields, a template was made by another version.
    Updated,
    /// It was as it should be.
    Unchanged,
}

#[derive(Deserialize)]
struct Templates {
    index_templates: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    index_template: Value,
}

#[derive(Deserialize)]
struct Mapped {
    mappings: Mappings,
}

#[derive(Deserialize)]
struct Mappings {
    #[serde(default)]
    properties: Map<String, Value>,
}

impl SearchIndex {
    /// Makes the index template and the index, or brings them up to date. What is as it should be is left alone.
    ///
    /// A template holds for indices that are made after it: an index that is there already is given the fields it
    /// lacks. If one of its fields has another type, that is an error, for it cannot be changed.
    pub async fn setup(&self, until: Option<Instant>) -> Result<Setup, SearchError> {
        let mut patience = self.patience(until);
        let template = self.setup_template(&mut patience).await?;
        let index = self.setup_index(&mut patience).await?;
        Ok(Setup { template, index })
    }

    /// What [`setup`](Self::setup) would have to do. Reads, and changes nothing.
    ///
    /// It takes leave to read templates and mappings (of AWS `es:ESHttpGet`), which who only writes documents need not
    /// have: without it the error is [`SearchError::Denied`].
    pub async fn check(&self, until: Option<Instant>) -> Result<Setup, SearchError> {
        let mut patience = self.patience(until);
        let template = self.compare_template(&mut patience).await?;
        let (index, _) = self.compare_index(&mut patience).await?;
        Ok(Setup { template, index })
    }

    async fn setup_template(&self, patience: &mut Patience<'_>) -> Result<Change, SearchError> {
        let change = self.compare_template(patience).await?;
        if change != Change::Unchanged {
            self.must(patience, &self.template_path(), template(&self.index)).await?;
        }
        Ok(change)
    }

    async fn setup_index(&self, patience: &mut Patience<'_>) -> Result<Change, SearchError> {
        match self.compare_index(patience).await? {
            (Change::Created, _) => self.create(patience, &format!("/{}", self.index)).await,
            (Change::Updated, missing) => {
                self.must(patience, &self.mapping_path(), json!({ "properties": missing })).await?;
                Ok(Change::Updated)
            }
            (Change::Unchanged, _) => Ok(Change::Unchanged),
        }
    }

    fn template_path(&self) -> String {
        format!("/_index_template/{}", template_name(&self.index))
    }

    fn mapping_path(&self) -> String {
        format!("/{}/_mapping", self.index)
    }

    /// What has to be done to the template.
    async fn compare_template(&self, patience: &mut Patience<'_>) -> Result<Change, SearchError> {
        let name = template_name(&self.index);
        let known = match self.ask(patience, Method::GET, &self.template_path(), Body::Empty).await? {
            Reply::Success(answer) => read::<Templates>(&answer)?.index_templates,
            _ => Vec::new(),
        };
        let known = known.into_iter().find(|known| known.name == name).map(|known| known.index_template);
        Ok(match known {
            None => Change::Created,
            Some(known) if says_all(&known, &template(&self.index)) => Change::Unchanged,
            Some(_) => Change::Updated,
        })
    }

    /// What has to be done to the index, and the fields that it lacks if it is there.
    async fn compare_index(&self, patience: &mut Patience<'_>) -> Result<(Change, Map<String, Value>), SearchError> {
        let reply = self.ask(patience, Method::GET, &self.mapping_path(), Body::Empty).await?;
        let Reply::Success(answer) = reply else { return Ok((Change::Created, Map::new())) };
        let mut missing = Map::new();
        // There are several if it is an alias.
        for (index, mapped) in read::<BTreeMap<String, Mapped>>(&answer)? {
            let (lacks, fields) = compare(&mapped.mappings.properties, &properties(), "");
            if !fields.is_empty() {
                return Err(SearchError::OtherTypes { index, fields });
            }
            extend(&mut missing, lacks);
        }
        Ok((if missing.is_empty() { Change::Unchanged } else { Change::Updated }, missing))
    }

    /// Makes the index, with the fields of the template.
    async fn create(&self, patience: &mut Patience<'_>, path: &str) -> Result<Change, SearchError> {
        match self.ask(patience, Method::PUT, path, Body::Empty).await? {
            // It was made in between, or the answer to the first attempt was lost: after the template in any case.
            Reply::Success(_) | Reply::Exists => Ok(Change::Created),
            Reply::NoIndex | Reply::Nothing => Err(SearchError::Unreadable(format!("PUT {path} finds nothing"))),
        }
    }

    async fn must(&self, patience: &mut Patience<'_>, path: &str, body: Value) -> Result<(), SearchError> {
        match self.ask(patience, Method::PUT, path, Body::Json(body)).await? {
            Reply::Success(_) => Ok(()),
            Reply::NoIndex => Err(SearchError::NoIndex(self.index.clone())),
            Reply::Nothing | Reply::Exists => Err(SearchError::Unreadable(format!("PUT {path} changes nothing"))),
        }
    }
}

/// Whether `known` has all that is `wanted`, whatever else it has: servers add what they take for granted.
fn says_all(known: &Value, wanted: &Value) -> bool {
    match (known, wanted) {
        (Value::Object(known), Value::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| known.get(name).is_some_and(|known| says_all(known, wanted)))
        }
        _ => known == wanted,
    }
}

/// The fields that an index lacks, and those of another type. `within` is the object that they are fields of, with a
/// point after it.
fn compare(known: &Map<String, Value>, wanted: &Map<String, Value>, within: &str) -> (Map<String, Value>, Vec<String>) {
    let (mut lacks, mut others) = (Map::new(), Vec::new());
    let none = Map::new();
    for (field, wanted) in wanted {
        match known.get(field) {
            None => {
                lacks.insert(field.clone(), wanted.clone());
            }
            Some(known) if kind(known) != kind(wanted) => {
                others.push(format!("{within}{field}: {} instead of {}", of_type(known), of_type(wanted)));
            }
            Some(known) => {
                let [known, wanted] = [known, wanted].map(|mapping| fields(mapping).unwrap_or(&none));
                let (inner, fields) = compare(known, wanted, &format!("{within}{field}."));
                if !inner.is_empty() {
                    lacks.insert(field.clone(), json!({ "properties": inner }));
                }
                others.extend(fields);
            }
        }
    }
    (lacks, others)
}

/// Adds fields to others, and to the objects among them.
fn extend(fields: &mut Map<String, Value>, more: Map<String, Value>) {
    for (field, more) in more {
        match (fields.get_mut(&field), more) {
            (Some(Value::Object(known)), Value::Object(more)) => extend(known, more),
            (_, more) => {
                fields.insert(field, more);
            }
        }
    }
}

/// The fields of an object.
fn fields(mapping: &Value) -> Option<&Map<String, Value>> {
    mapping.get("properties").and_then(Value::as_object)
}

/// The type of a field; one without is an object.
fn of_type(mapping: &Value) -> &str {
    mapping.get("type").and_then(Value::as_str).unwrap_or("object")
}

/// The type, as far as it matters: all numbers take our numbers.
fn kind(mapping: &Value) -> &str {
    match of_type(mapping) {
        "long" | "integer" | "double" | "float" => "number",
        other => other,
    }
}
