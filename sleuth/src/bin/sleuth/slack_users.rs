//! `sleuth slack-users`.

use anyhow::Context as _;
use notifier::{
    RetryPolicy,
    slack::{Directory, users::API},
};
use sleuth::{exit::Exit, render::slack_users};

use crate::{
    cli::{BadArgument, ListForm, SlackUsersArguments},
    output,
};

pub(crate) async fn run(arguments: &SlackUsersArguments, environment: Vec<(String, String)>) -> anyhow::Result<Exit> {
    let setting = |name: &str| {
        let value = environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
        value.filter(|value| !value.is_empty())
    };
    let token = setting("SLACK_API_TOKEN")
        .ok_or(BadArgument("SLACK_API_TOKEN is not set: it must hold a Slack token with the scope users:read"))?;
    let api = setting("SLACK_API_URL").unwrap_or(API);
    Directory::check_api(api).map_err(|_| BadArgument("SLACK_API_URL must start with https://"))?;
    let directory = Directory::new(token.to_owned().into(), api, RetryPolicy::default())?;

    let bar = output::progress("Reading Slack users");
    let users = directory.users(|count| bar.set_position(count as u64)).await?;
    bar.finish_and_clear();
    let text = match arguments.output {
        ListForm::Table => slack_users::as_table(&users, output::look()),
        ListForm::Json => slack_users::as_json(&users).context("the list cannot be written")?,
        ListForm::Csv => slack_users::as_csv(&users).context("the list cannot be written")?,
    };
    output::report(&text)?;
    Ok(Exit::Done)
}
