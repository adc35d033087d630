//! Instances as the events themselves tell of them, without AWS: for trying rules on the logs of another day.

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::{
    facts::{Account, ReadError, Reading},
    ports::{
        NoAnswer, Users,
        tags::{Instances, ReadInstances, Trail},
        watch::ReadLogs,
    },
    tags::{
        Instance, InstanceId, Protection, RegionName, State,
        watch::{
            LogObject,
            evidence::{Evidence, Wanted},
        },
    },
};

/// What events tell of one account.
#[derive(Debug, Clone)]
pub struct Recorded {
    account: String,
    wanted: Wanted,
    /// Whether rules ask which IAM users there are, of which events know nothing.
    users_matter: bool,
}

impl Recorded {
    /// An account as events tell of it. `users_matter`: whether rules ask which IAM users there are.
    pub fn new(account: &str, wanted: &Wanted, users_matter: bool) -> Self {
        Self { account: account.to_owned(), wanted: wanted.clone(), users_matter }
    }

    fn launched(&self, region: &RegionName, id: &InstanceId) -> Result<&Instance, ReadError> {
        let evidence = self.wanted.get(&(region.clone(), id.clone()));
        let launched = evidence.and_then(|evidence| evidence.launched.as_ref());
        let launched = launched.ok_or_else(|| unknown("its launch is not in these files"))?;
        match evidence {
            Some(evidence) if evidence.is_doubtful() => {
                Err(unknown("CloudTrail left out which tags it was launched with"))
            }
            _ => Ok(launched),
        }
    }
}

fn unknown(message: &str) -> ReadError {
    ReadError { operation: "replay".to_owned(), message: message.to_owned() }
}

impl ReadInstances for Recorded {
    async fn account(&self) -> (Account, Vec<ReadError>) {
        (Account { id: Some(self.account.clone()), alias: None }, Vec::new())
    }

    async fn users(&self, _: Option<Instant>) -> Users {
        let errors =
            if self.users_matter { vec![unknown("which IAM users there are is not in these files")] } else { vec![] };
        Users { found: Vec::new(), broke_off: self.users_matter, errors }
    }

    async fn regions(&self) -> Result<Vec<RegionName>, ReadError> {
        Ok(self.wanted.keys().map(|(region, _)| region.clone()).collect())
    }

    /// No other instances are known of.
    async fn instances(&self, _: &RegionName, _: &[State], _: Option<Instant>) -> Instances {
        Instances::default()
    }

    async fn named(&self, region: &RegionName, ids: &[InstanceId], _: Option<Instant>) -> Instances {
        let mut listing = Instances::default();
        for id in ids {
            match self.launched(region, id) {
                Ok(instance) => listing.found.push(instance.clone()),
                Err(error) => listing.errors = vec![error],
            }
        }
        listing
    }

    async fn instance(&self, region: &RegionName, id: &InstanceId) -> Result<Instance, NoAnswer> {
        Ok(self.launched(region, id)?.clone())
    }

    async fn protection(&self, region: &RegionName, id: &InstanceId) -> Result<Protection, NoAnswer> {
        match &self.launched(region, id)?.protection {
            Some(Reading::Read(protection)) => Ok(*protection),
            _ => Err(unknown("what protects it is not in these files").into()),
        }
    }

    async fn launch(
        &self,
        region: &RegionName,
        id: &InstanceId,
        _: DateTime<Utc>,
        _: DateTime<Utc>,
    ) -> Result<Trail, ReadError> {
        let known = self.wanted.get(&(region.clone(), id.clone())).and_then(Evidence::launch);
        Ok(known.map_or(Trail::Nobody, Trail::Launched))
    }
}

/// Files in buckets, none of which can be had without AWS.
#[derive(Debug, Clone, Copy)]
pub struct OutOfReach;

impl ReadLogs for OutOfReach {
    type Bytes = std::io::Empty;

    async fn open(&self, _: &LogObject) -> Result<Self::Bytes, ReadError> {
        Err(unknown("a file in a bucket is read only with --live; or name a copy of it"))
    }
}
