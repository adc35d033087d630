//! Tag rules from wherever the settings say, DynamoDB among it.

use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::types::AttributeValue;
use tokio::time::Instant;

use super::{
    error::{Problem, problem},
    tally::Tally,
};
use crate::{
    config::{RuleSource, TableName, TagsConfig},
    deadline::before,
    rules_source::{self, RulesError},
    run::tags::Policy,
    tags::{
        RuleSet,
        rules::table::{self, Row},
    },
};

/// What a run goes by. `rules`: if they are known already. A table is waited for until `end`.
pub async fn tag_policy(
    sdk: &SdkConfig,
    config: TagsConfig,
    rules: Option<RuleSet>,
    end: Option<Instant>,
) -> Result<Policy, RulesError> {
    let rules = match (rules, &config.rules) {
        (Some(rules), _) => rules,
        (None, RuleSource::Short(rules)) => rules.clone(),
        (None, RuleSource::File(path)) => rules_source::load(path)?,
        (None, RuleSource::Table(table)) => read(sdk, table, end).await?,
    };
    Ok(Policy::new(config, rules))
}

/// The rules of a table, all pages of it, waited for until `end`. What they do not call for is not done.
async fn read(sdk: &SdkConfig, name: &TableName, end: Option<Instant>) -> Result<RuleSet, RulesError> {
    let failed = |problem| match problem {
        Problem::Wrong(message) => RulesError::Table { table: name.name.clone(), message },
        Problem::Unavailable(message) => RulesError::Unavailable { table: name.name.clone(), message },
    };
    let rows = before(end, rows(sdk, name)).await.map_err(|over| failed(Problem::Unavailable(over.message)))?;
    let rules = table::parse(&rows.map_err(failed)?);
    rules.map_err(|mistakes| failed(Problem::Wrong(format!("its rules cannot be used:\n  {}", mistakes.join("\n  ")))))
}

async fn rows(sdk: &SdkConfig, table: &TableName) -> Result<Vec<Row>, Problem> {
    let settings = aws_sdk_dynamodb::config::Builder::from(sdk).interceptor(Tally);
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
