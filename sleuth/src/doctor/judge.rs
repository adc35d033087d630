//! What calls that were tried and policies that were simulated say of a permission.
//!
//! A call that was tried goes before all: it met every policy there is. IAM's simulation knows the policies of the
//! caller, and not those of resources and sessions
//! (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>).

use super::{
    Check, Section, Statement, Status,
    needs::{Lack, Need},
};
use crate::{
    ports::doctor::{Decision, Trouble},
    tags::RegionName,
};

/// A permission in question.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is needed.
    pub need: Need,
    /// On what, as a policy names it.
    pub resource: String,
    /// What for.
    pub purpose: String,
}

/// What came of a call that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The action.
    pub action: &'static str,
    /// Where, if it was about a region.
    pub region: Option<RegionName>,
    /// On what, as a policy names it, if the action may be needed on something else, too.
    pub resource: Option<String>,
    /// What it answered.
    pub result: Result<(), Trouble>,
}

impl Question {
    /// What `need` is about, where that is one thing.
    pub fn new(need: Need, resource: impl Into<String>) -> Self {
        Self { need, resource: resource.into(), purpose: need.purpose.to_owned() }
    }
}

impl Tried {
    /// Whether it tells anything about a permission.
    pub fn is_about(&self, question: &Question) -> bool {
        let on = |resource: &String| *resource == question.resource;
        self.action == question.need.action && self.resource.as_ref().is_none_or(on)
    }
}

/// Why nothing was simulated, or what was.
pub type Simulated = Result<Decision, Trouble>;

/// What is tried if something is sent.
const SENT: [&str; 3] = ["kms:GenerateDataKey", "s3:PutObject", "sns:Publish"];

/// What is known of a permission. `tried`: what is about it; `simulated` decides only if no call does.
pub fn judge(asked: &Question, tried: &[Tried], simulated: &Simulated) -> Check {
    let of = |wanted: fn(&Trouble) -> bool| -> Vec<&Tried> {
        tried.iter().filter(|tried| tried.result.as_ref().is_err_and(wanted)).collect()
    };
    let denied = of(|trouble| matches!(trouble, Trouble::Denied(_)));
    let unanswered = of(|trouble| matches!(trouble, Trouble::Unanswered(_)));
    let unclear = of(|trouble| matches!(trouble, Trouble::Unclear(_)));
    if !denied.is_empty() {
        let found = format!("not allowed{}: {}", places(&denied, tried.len()), said(&denied));
        return lacking(asked, &found);
    }
    if !unanswered.is_empty() {
        let found = format!("could not be checked{}: {}", places(&unanswered, tried.len()), said(&unanswered));
        return check(asked, Status::Unchecked, found).fix("run this again");
    }
    if tried.len() > unclear.len() {
        let done = match asked.need.action {
            action if is_trial(action) => "allowed, as EC2 says of a dry run",
            _ => "allowed, tried",
        };
        return check(asked, Status::Ok, done);
    }
    let why = if unclear.is_empty() { String::new() } else { format!("; {}", said(&unclear)) };
    by_simulation(asked, simulated, &why)
}

/// What the simulation alone says. `why` no call does.
fn by_simulation(asked: &Question, simulated: &Simulated, why: &str) -> Check {
    match simulated {
        Ok(Decision::Allowed) => check(asked, Status::Ok, format!("allowed, as IAM simulates the policies{why}")),
        Ok(Decision::Forbidden) => lacking(asked, &format!("forbidden by a policy, as IAM simulates them{why}")),
        Ok(Decision::NotAllowed) => match asked.need.resource.owner() {
            Some(owner) => left_to_the_owner(asked, owner, why),
            None => lacking(asked, &format!("not allowed, as IAM simulates the policies{why}")),
        },
        Ok(Decision::Depends(keys)) => check(
            asked,
            Status::Skipped,
            format!("not known: it depends on {}, which cannot be simulated{why}", keys.join(", ")),
        ),
        Err(Trouble::Unanswered(said)) => {
            check(asked, Status::Unchecked, format!("could not be checked: SimulatePrincipalPolicy: {said}{why}"))
                .fix("run this again")
        }
        Err(trouble) => check(asked, Status::Skipped, format!("not known: it could not be simulated: {trouble}{why}")),
    }
}

/// A permission that the caller's policies do not give. Whoever owns the resource can allow others to use it.
fn left_to_the_owner(asked: &Question, owner: &str, why: &str) -> Check {
    let found = format!(
        "not allowed by the policies of the caller, as IAM simulates them; that of the {owner} may allow it{why}"
    );
    let fix = if SENT.contains(&asked.need.action) { "see with --send-test, or allow it" } else { "allow it" };
    Check { status: Status::Warning, found, ..lacking(asked, "") }.fix(fix)
}

/// A permission that is missing.
fn lacking(asked: &Question, found: &str) -> Check {
    let Question { need, resource, .. } = asked;
    let (status, then) = match need.lack {
        Lack::Worse => (Status::Warning, "; the audit does without, in another way"),
        Lack::Missing | Lack::Instead(_) => (Status::Failed, ""),
    };
    let statement = Statement { action: need.action, resource: resource.clone() };
    let fix = format!("allow {} on {resource} (docs/permissions.md); if it is, see what else forbids it", need.action);
    Check { statement: Some(statement), ..check(asked, status, format!("{found}{then}")) }.fix(fix)
}

fn check(asked: &Question, status: Status, found: impl Into<String>) -> Check {
    let found = format!("{} ({})", found.into(), asked.purpose);
    Check::new(Section::Permissions, asked.need.action, status, found)
}

fn is_trial(action: &str) -> bool {
    action.starts_with("ec2:") && !action.starts_with("ec2:Describe")
}

/// Where, if that is not everywhere.
fn places(tried: &[&Tried], of: usize) -> String {
    let regions: Vec<&str> =
        tried.iter().filter_map(|tried| tried.region.as_ref()).map(|region| region.0.as_str()).collect();
    match regions.len() {
        0 => String::new(),
        all if all == of && all > 1 => format!(" in any of {of} regions"),
        _ => format!(" in {}", regions.join(", ")),
    }
}

/// What the first of them was told.
fn said(tried: &[&Tried]) -> String {
    let first = tried.iter().find_map(|tried| tried.result.as_ref().err());
    first.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::needs::NEEDS;

    fn need(action: &str) -> Need {
        *NEEDS.iter().find(|need| need.action == action).unwrap()
    }

    fn tried(action: &'static str, region: &str, result: Result<(), Trouble>) -> Tried {
        let region = (!region.is_empty()).then(|| RegionName(region.to_owned()));
        Tried { action, region, resource: None, result }
    }

    fn denied() -> Trouble {
        Trouble::Denied("AccessDenied: no".to_owned())
    }

    fn unsimulated() -> Simulated {
        Err(Trouble::Denied("AccessDenied: not that either".to_owned()))
    }

    const LIST: &str = "iam:ListAccessKeys";

    #[test]
    fn call_that_was_tried_goes_before_the_simulation() {
        let check = judge(&Question::new(need(LIST), "*"), &[tried(LIST, "", Ok(()))], &Ok(Decision::Forbidden));
        assert_eq!((check.status, check.statement), (Status::Ok, None));
        let check = judge(&Question::new(need(LIST), "*"), &[tried(LIST, "", Err(denied()))], &Ok(Decision::Allowed));
        assert_eq!(check.status, Status::Failed);
        assert_eq!(check.found, "not allowed: AccessDenied: no (keys of a user)");
        assert_eq!(check.statement, Some(Statement { action: LIST, resource: "*".to_owned() }));
        assert!(check.fix.unwrap().starts_with("allow iam:ListAccessKeys on *"));
    }

    #[test]
    fn lost_answer_is_neither_denied_nor_allowed() {
        for simulated in [Ok(Decision::Allowed), Ok(Decision::Forbidden), unsimulated()] {
            let lost = Trouble::Unanswered("no answer in time".to_owned());
            let check = judge(&Question::new(need(LIST), "*"), &[tried(LIST, "", Err(lost))], &simulated);
            assert_eq!((check.status, check.statement), (Status::Unchecked, None));
            assert_eq!(check.found, "could not be checked: no answer in time (keys of a user)");
        }
    }

    #[test]
    fn regions_are_named_where_they_differ() {
        const CALL: &str = "ec2:DescribeInstances";
        let in_regions = |results: [Result<(), Trouble>; 2]| {
            let mut regions = ["eu-west-1", "us-east-1"].into_iter();
            let tried: Vec<_> = results.into_iter().map(|r| tried(CALL, regions.next().unwrap(), r)).collect();
            judge(&Question::new(need(CALL), "*"), &tried, &unsimulated())
        };
        assert_eq!(in_regions([Ok(()), Ok(())]).status, Status::Ok);
        let one = in_regions([Ok(()), Err(denied())]);
        assert_eq!(
            (one.status, one.found.as_str()),
            (Status::Failed, "not allowed in us-east-1: AccessDenied: no (instances of a region)")
        );
        let all = in_regions([Err(denied()), Err(denied())]);
        assert_eq!(all.found, "not allowed in any of 2 regions: AccessDenied: no (instances of a region)");
        // What is denied in one is known, whatever the other did not say.
        let lost = Trouble::Unanswered("lost".to_owned());
        assert_eq!(in_regions([Err(lost.clone()), Err(denied())]).status, Status::Failed);
        assert_eq!(in_regions([Err(lost), Ok(())]).status, Status::Unchecked);
    }

    #[test]
    fn what_cannot_be_tried_is_known_by_simulation_only() {
        const WRITE: &str = "iam:UpdateAccessKey";
        let arn = "arn:aws:iam::123456789012:user/*";
        for (simulated, status, lacks) in [
            (Ok(Decision::Allowed), Status::Ok, false),
            (Ok(Decision::NotAllowed), Status::Failed, true),
            (Ok(Decision::Forbidden), Status::Failed, true),
            (Ok(Decision::Depends(vec!["aws:TagKeys".to_owned()])), Status::Skipped, false),
            (unsimulated(), Status::Skipped, false),
            (Err(Trouble::Unanswered("Throttling".to_owned())), Status::Unchecked, false),
        ] {
            let check = judge(&Question::new(need(WRITE), arn), &[], &simulated);
            assert_eq!((check.status, check.statement.is_some()), (status, lacks), "{check:?}");
        }
    }

    #[test]
    fn call_that_told_nothing_leaves_it_to_the_simulation_and_says_so() {
        const STOP: &str = "ec2:StopInstances";
        let nothing = Trouble::Unclear("there is no instance to try it on".to_owned());
        let tried = [tried(STOP, "", Err(nothing))];
        let check = judge(&Question::new(need(STOP), "*"), &tried, &Ok(Decision::Allowed));
        assert_eq!(check.status, Status::Ok);
        assert!(check.found.contains("as IAM simulates") && check.found.contains("there is no instance"), "{check:?}");
        assert_eq!(judge(&Question::new(need(STOP), "*"), &tried, &unsimulated()).status, Status::Skipped);
    }

    #[test]
    fn topic_may_allow_what_the_callers_policies_do_not() {
        let judge = |simulated| judge(&Question::new(need("sns:Publish"), "arn:t"), &[], &Ok(simulated));
        let check = judge(Decision::NotAllowed);
        assert_eq!((check.status, check.statement.is_some()), (Status::Warning, true), "{check:?}");
        assert_eq!(judge(Decision::Forbidden).status, Status::Failed);
    }

    #[test]
    fn bucket_and_key_may_allow_it_too_and_only_what_is_sent_can_be_seen() {
        for (action, seen) in [("s3:PutObject", true), ("kms:GenerateDataKey", true), ("s3:ListBucket", false)] {
            let check = judge(&Question::new(need(action), "arn:x"), &[], &Ok(Decision::NotAllowed));
            assert_eq!((check.status, check.statement.is_some()), (Status::Warning, true), "{check:?}");
            assert_eq!(check.fix.unwrap().contains("--send-test"), seen, "{action}");
        }
    }

    #[test]
    fn call_on_one_thing_says_nothing_of_another() {
        let on = |resource: &str| Question::new(need("s3:GetObject"), resource);
        let tried = Tried { resource: Some("arn:a".to_owned()), ..tried("s3:GetObject", "", Ok(())) };
        assert!(tried.is_about(&on("arn:a")) && !tried.is_about(&on("arn:b")));
    }

    #[test]
    fn what_can_be_done_without_is_a_warning() {
        let fast = need("iam:GetAccountAuthorizationDetails");
        let check = judge(&Question::new(fast, "*"), &[tried(fast.action, "", Err(denied()))], &unsimulated());
        assert_eq!((check.status, check.statement.is_some()), (Status::Warning, true));
        let fast = Need { lack: Lack::Missing, ..fast };
        assert_eq!(
            judge(&Question::new(fast, "*"), &[tried(fast.action, "", Err(denied()))], &unsimulated()).status,
            Status::Failed
        );
    }
}
