//! The calls of Secrets Manager, Systems Manager and S3, in their smallest form, and the one object that is written.

use aws_config::SdkConfig;

use super::{says_denied, trouble};
use crate::{
    aws::{
        archive::{Archive, Form, Place},
        buckets::Buckets,
        error::Problem,
        secrets,
    },
    config::ArchiveConfig,
    ports::doctor::{Answer, Call, Trouble},
};

/// Objects a page: some, as not every object is a report.
const FEW: i32 = 20;
/// Bytes of a report that are read.
const FIRST_BYTE: &str = "bytes=0-0";

/// Tries a call.
pub(super) async fn ask(sdk: &SdkConfig, call: &Call) -> Result<Answer, Trouble> {
    match call {
        Call::Secret(arn) => secrets::read(sdk, arn).await.map(|_| Answer::Allowed).map_err(of_problem),
        Call::Reports(ArchiveConfig { bucket, prefix, .. }) => {
            let list = Buckets::new(sdk);
            let list = list.call(bucket, None, |client| {
                client.list_objects_v2().bucket(bucket).prefix(prefix).max_keys(FEW).send()
            });
            let answer = list.await.map_err(|error| trouble(&error))?;
            let keys = answer.contents.unwrap_or_default().into_iter().filter_map(|object| object.key);
            Ok(Answer::Names(keys.collect()))
        }
        Call::Report(ArchiveConfig { bucket, .. }, key) => {
            let get = Buckets::new(sdk);
            let get =
                get.call(bucket, None, |client| client.get_object().bucket(bucket).key(key).range(FIRST_BYTE).send());
            get.await.map(|_| Answer::Allowed).map_err(|error| trouble(&error))
        }
        _ => Err(Trouble::Unclear("this is no call of a store".to_owned())),
    }
}

/// Writes a text into the archive, as a run writes its reports. `name` is that of the object, without `.json`.
pub(super) async fn keep(sdk: &SdkConfig, config: &ArchiveConfig, name: &str, content: &str) -> Result<(), Trouble> {
    let archive = Archive::new(sdk, config.clone());
    archive.try_put(&Place::beside_reports(name), Form::Json, content, None).await.map_err(of_problem)
}

fn of_problem(problem: Problem) -> Trouble {
    match problem {
        Problem::Unavailable(said) => Trouble::Unanswered(said),
        Problem::Wrong(said) if says_denied(&said) => Trouble::Denied(said),
        Problem::Wrong(said) => Trouble::Unclear(said),
    }
}
