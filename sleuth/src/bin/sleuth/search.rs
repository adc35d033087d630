//! `sleuth search`.

use notifier::search::{Change, Setup};
use sleuth::{
    aws,
    config::{Common, SearchConfig},
    exit::Exit,
};

use crate::{
    cli::{BadArgument, SearchCommand},
    output,
};

/// Gets an index ready.
pub(crate) async fn run(command: SearchCommand, environment: Vec<(String, String)>) -> anyhow::Result<Exit> {
    let SearchCommand::Setup = command;
    let common = Common::checked(&environment)?;
    let missing = BadArgument("SEARCH_URL is not set: it must say where OpenSearch is");
    let search = common.outputs.search.as_ref().ok_or(missing)?;
    let Setup { template, index } = setup(search, &common).await?;
    output::report(&format!(
        "Index template sleuth-{name}: {}.\nIndex {name}: {}.\n",
        words(template),
        words(index),
        name = search.index,
    ))?;
    Ok(Exit::Done)
}

async fn setup(search: &SearchConfig, common: &Common) -> anyhow::Result<Setup> {
    // A password of one's own needs no credentials of AWS.
    let sdk = if search.needs_aws() { aws::connect(common.profile.as_deref(), None).await? } else { aws::nobody() };
    let index = aws::search_index(&sdk, search, &common.outputs, None).await?;
    Ok(index.setup(None).await?)
}

const fn words(change: Change) -> &'static str {
    match change {
        Change::Created => "created",
        Change::Updated => "brought up to date",
        Change::Unchanged => "as it should be",
    }
}
