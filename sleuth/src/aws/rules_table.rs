//! Tag rules that are kept in DynamoDB.

use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::types::AttributeValue;
use tokio::time::Instant;

use super::error::{Problem, problem};
use crate::{
    config::TableName,
    deadline::before,
    tags::{
        Response, RuleSet,
        rules::table::{self, Row},
    },
};

/// Why there are no rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("TAG_RULES_TABLE is `{table}`: {problem}")]
pub struct TableError {
    /// The table.
    pub table: String,
    /// What is wrong with it.
    pub problem: Problem,
}

impl TableError {
    /// Whether somebody has to mend a setting or the table, rather than repeat the run.
    pub fn is_setting(&self) -> bool {
        matches!(self.problem, Problem::Wrong(_))
    }
}

/// The rules of a table, all pages of it, waited for until `end`. `response`: what rules that do not say call for.
pub async fn read(
    sdk: &SdkConfig,
    name: &TableName,
    response: Response,
    end: Option<Instant>,
) -> Result<RuleSet, TableError> {
    let failed = |problem| TableError { table: name.name.clone(), problem };
    let rows = before(end, rows(sdk, name)).await.map_err(|over| failed(Problem::Unavailable(over.message)))?;
    let rules = table::parse(&rows.map_err(failed)?, response);
    rules.map_err(|mistakes| failed(Problem::Wrong(format!("its rules cannot be used:\n  {}", mistakes.join("\n  ")))))
}

async fn rows(sdk: &SdkConfig, table: &TableName) -> Result<Vec<Row>, Problem> {
    let settings = aws_sdk_dynamodb::config::Builder::from(sdk);
    let settings = match &table.region {
        Some(region) => settings.region(Region::new(region.clone())),
        None => settings,
    };
    let client = aws_sdk_dynamodb::Client::from_conf(settings.build());
    // A rule that was just corrected must not be applied as it was.
    let mut items = client.scan().table_name(&table.name).consistent_read(true).into_paginator().items().send();
    let mut rows = Vec::new();
    while let Some(item) = items.next().await {
        let item = item.map_err(|error| problem(&error))?;
        let row: Result<Row, Problem> = item.into_iter().map(|(key, value)| text(&key, value)).collect();
        rows.push(row?);
    }
    Ok(rows)
}

/// An attribute as text. A truth value reads `Y` or `N`, as the table writes them.
fn text(key: &str, value: AttributeValue) -> Result<(String, String), Problem> {
    let text = match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text,
        AttributeValue::Bool(true) => "Y".to_owned(),
        AttributeValue::Bool(false) => "N".to_owned(),
        AttributeValue::Null(_) => String::new(),
        _ => return Err(Problem::Wrong(format!("the attribute {key} of a rule is neither text nor a number"))),
    };
    Ok((key.to_owned(), text))
}
