//! Opens every output by itself, asks it what can be asked, and sends it what is to be sent.

use notifier::{
    Notifier, Probed,
    search::{SearchError, Setup},
};
use tokio::time::Instant;

use super::{Order, timely};
use crate::{
    config::{Common, SearchLogin},
    doctor::{
        Check, Section, Status,
        channels::{
            self, Kind, Output,
            found::{self, Use},
        },
        needs::Wants,
    },
    facts::Account,
    ports::doctor::{Examine, Trouble},
};

/// An output, and what it says, or why it is not to be had.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) output: Output,
    pub(super) result: Result<Answered, Trouble>,
}

/// What an output says without being sent anything.
#[derive(Debug)]
pub(super) enum Answered {
    /// A channel.
    Channel(Notifier, Probed),
    /// An index that can be reached, compared with what runs write; or why it cannot be.
    Index(Result<Setup, SearchError>),
    /// An archive, which was not asked: to write an object is all that a run may do there.
    Archive,
}

/// All outputs. Nothing is sent.
pub(super) async fn open(aws: &impl Examine, common: Option<&Common>, order: Order) -> Vec<Opened> {
    let mut opened = Vec::new();
    for output in common.map(|common| channels::outputs(&common.outputs)).unwrap_or_default() {
        let result = match output.kind {
            Kind::Channel { .. } => timely(order.end, channel(aws, &output)).await,
            Kind::Index => timely(order.end, index(aws, &output, order.end)).await.map(Answered::Index),
            Kind::Archive(_) => Ok(Answered::Archive),
        };
        opened.push(Opened { output, result });
    }
    opened
}

async fn channel(aws: &impl Examine, output: &Output) -> Result<Answered, Trouble> {
    let notifier = aws.notifier(&output.alone).await?;
    // There is one channel in it.
    let probed = notifier.probe().await.pop().unwrap_or(Ok(Probed::Nothing));
    probed.map(|probed| Answered::Channel(notifier, probed)).map_err(|error| found::unprobed(&error))
}

/// Searches, by the method that documents are written with, and then compares.
async fn index(
    aws: &impl Examine,
    output: &Output,
    end: Option<Instant>,
) -> Result<Result<Setup, SearchError>, Trouble> {
    let index = aws.search(&output.alone).await?;
    match index.reach(end).await {
        Ok(()) => Ok(index.check(end).await),
        // Who may write need not be allowed to search, unless AWS decides, which knows methods only.
        Err(denied @ SearchError::Denied(_)) if !is_signed(output) => Ok(Err(denied)),
        Err(error) => Err(found::unsearched(&error)),
    }
}

fn is_signed(output: &Output) -> bool {
    output.alone.search.as_ref().is_some_and(|search| matches!(search.login, SearchLogin::SigV4))
}

/// What is known of the outputs, and of what is sent to them, if something is to be. `common`: settings that can be
/// used.
pub(super) async fn through(
    aws: &impl Examine,
    opened: &[Opened],
    common: Option<&Common>,
    wants: &Wants,
    account: &Account,
    order: Order,
) -> Vec<Check> {
    let Some(common) = common else {
        let found = "not looked at, as the settings cannot be used";
        return vec![Check::new(Section::Channels, "channels", Status::Skipped, found)];
    };
    let of = Use { writes: wants.audits(), archived: wants.archive.is_some() };
    let mut checks: Vec<Check> = channels::none(&common.outputs).then(channels::nobody).into_iter().collect();
    for Opened { output, result } in opened {
        match (result, &output.kind) {
            (Err(trouble), _) => checks.push(found::unopened(output, trouble)),
            (Ok(Answered::Channel(notifier, probed)), kind) => {
                let sends = order.send_test && *kind == Kind::Channel { readers: true };
                checks.extend(found::probed(output, probed, of, sends));
                if sends {
                    let message = found::test_message(&account.to_string());
                    checks.extend(found::sent(output, &notifier.send(&message, order.end).await));
                }
            }
            (Ok(Answered::Index(compared)), _) => checks.push(found::index(output, compared)),
            (Ok(Answered::Archive), Kind::Archive(archive)) if order.send_test && of.writes => {
                let object = found::test_object(&account.to_string(), order.now);
                let kept = timely(order.end, aws.keep(archive, found::TEST_OBJECT, &object)).await;
                checks.push(found::kept(output, &kept));
            }
            (Ok(Answered::Archive), _) => checks.push(found::unwritten(output, of)),
        }
    }
    checks
}
