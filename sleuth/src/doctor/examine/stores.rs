//! Which secrets can be read, which reports, and whether the search index may be used.

use tokio::time::Instant;

use super::{outputs::Opened, permissions::Found, timely};
use crate::{
    config::{ArchiveConfig, Audit},
    doctor::{channels::Kind, judge::Tried, needs::Wants},
    ports::doctor::{Answer, Call, Examine, Trouble},
};

/// How the names of reports for programs end.
const REPORTS: &str = ".json";

impl Found {
    /// Tries what outputs need.
    pub(super) async fn look_at_stores(
        &mut self,
        aws: &impl Examine,
        wants: &Wants,
        opened: &[Opened],
        end: Option<Instant>,
    ) {
        for (_, secret) in &wants.secrets {
            let call = Call::Secret(secret.clone());
            let result = timely(end, aws.ask(&call)).await;
            self.note_on(call.action(), secret.to_string(), result.map(|_| ()));
        }
        if let Some(archive) = wants.archive.as_ref().filter(|_| wants.digest()) {
            self.look_at_reports(aws, archive, end).await;
        }
        for runs in runs(wants) {
            self.look_at_reports(aws, &runs, end).await;
        }
        self.note_search(wants, opened);
    }

    /// Lists some reports, as the digest does, or files of runs in steps, and reads the beginning of one.
    async fn look_at_reports(&mut self, aws: &impl Examine, archive: &ArchiveConfig, end: Option<Instant>) {
        let list = Call::Reports(archive.clone());
        let listed = timely(end, aws.ask(&list)).await;
        let report = match &listed {
            Ok(Answer::Names(keys)) => keys.iter().find(|key| key.ends_with(REPORTS)).cloned(),
            _ => None,
        };
        self.note_on(list.action(), bucket(&self.partition, archive), listed.map(|_| ()));
        let result = match report {
            Some(key) => timely(end, aws.ask(&Call::Report(archive.clone(), key))).await.map(|_| ()),
            None => Err(Trouble::Unclear("no report is known to try it on".to_owned())),
        };
        self.note_on("s3:GetObject", objects(&self.partition, archive), result);
    }

    /// That the index was searched took the leave that writing takes, too.
    fn note_search(&mut self, wants: &Wants, opened: &[Opened]) {
        let index = opened.iter().find(|opened| opened.output.kind == Kind::Index);
        if let (Some(search), Some(index)) = (&wants.search, index) {
            let result = index.result.as_ref().map(|_| ()).map_err(Clone::clone);
            self.tried.push(Tried { action: search.action(), region: None, resource: None, result });
        }
    }

    fn note_on(&mut self, action: &'static str, resource: String, result: Result<(), Trouble>) {
        self.tried.push(Tried { action, region: None, resource: Some(resource), result });
    }
}

/// Where the files of runs in steps are: below the prefix of the archive, for each audit.
pub(super) fn runs(wants: &Wants) -> Vec<ArchiveConfig> {
    let archive = wants.archive.as_ref().filter(|_| wants.in_steps());
    let audits = wants.audits.iter().filter(|audit| matches!(audit, Audit::Keys | Audit::Tags));
    let place = |audit: &Audit, archive: &ArchiveConfig| ArchiveConfig {
        prefix: format!("{}runs/{}/", archive.prefix, audit.as_str()),
        ..archive.clone()
    };
    audits.filter_map(|audit| Some(place(audit, archive?))).collect()
}

/// The bucket of an archive, by its ARN.
pub(super) fn bucket(partition: &str, archive: &ArchiveConfig) -> String {
    format!("arn:{partition}:s3:::{}", archive.bucket)
}

/// All objects of an archive, as a policy names them.
pub(super) fn objects(partition: &str, archive: &ArchiveConfig) -> String {
    format!("{}/{}*", bucket(partition, archive), archive.prefix)
}
