//! What a plain script does to audit access keys, as a measure for others: all users, then for each its tags, its keys,
//! and for each key its last use, one call after the other.

use aws_config::{BehaviorVersion, Region};
use aws_sdk_iam::{Client, config::Credentials, error::BoxError};
use clap::Parser;

/// Reads users, tags, access keys and their last use one call after the other, and prints how many there were.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where IAM answers
    #[arg(long, value_name = "URL")]
    endpoint: String,
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "the result")]
async fn main() -> Result<(), BoxError> {
    let endpoint = Arguments::parse().endpoint;
    let settings = aws_sdk_iam::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("root", "root", None, None, "invented"))
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint);
    let client = Client::from_conf(settings.build());
    let (mut tags, mut keys, mut used) = (0, 0, 0);
    let users = users(&client).await?;
    for user in &users {
        tags += client.list_user_tags().user_name(user).send().await?.tags.len();
        for key in client.list_access_keys().user_name(user).send().await?.access_key_metadata {
            keys += 1;
            let Some(id) = key.access_key_id else { continue };
            let answer = client.get_access_key_last_used().access_key_id(id).send().await?;
            used += usize::from(answer.access_key_last_used.is_some_and(|used| used.last_used_date.is_some()));
        }
    }
    let counts = serde_json::json!({"users": users.len(), "tags": tags, "keys": keys, "used": used});
    println!("{counts}");
    Ok(())
}

async fn users(client: &Client) -> Result<Vec<String>, BoxError> {
    let (mut names, mut marker) = (Vec::new(), None);
    loop {
        let page = client.list_users().set_marker(marker).send().await?;
        names.extend(page.users.into_iter().map(|user| user.user_name));
        if !page.is_truncated {
            return Ok(names);
        }
        marker = page.marker;
    }
}
