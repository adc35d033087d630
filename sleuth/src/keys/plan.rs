//! What is to be done about each verdict, and why not where nothing is.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    decision::{Brake, Decision, both},
    facts::UserName,
};

use super::{
    audit::Verdict,
    inventory::{AccessKeyId, AutoExpire},
    policy::Status,
};

/// What a verdict calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Nothing.
    None,
    /// Tell the owner.
    Warn,
    /// Disable the key, and tell the owner.
    Disable,
}

/// One verdict and its consequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The verdict.
    pub verdict: Verdict,
    /// What it calls for.
    pub action: Action,
    /// Whether that will be done.
    pub decision: Decision,
}

/// One step a verdict, in the verdicts' order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// Why no key is disabled, if something stopped them all.
    pub brake: Option<Brake>,
}

/// Whose keys, and how many of them, one run may disable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Whether keys may be disabled at all: `ENABLE_AUTO_EXPIRE`.
    pub auto_expire: bool,
    /// Most keys in one run: `MAX_DISABLE`.
    pub max_disable: usize,
    /// Most keys in one run, in percent of the working ones: `MAX_DISABLE_PERCENT`.
    pub max_percent: Option<usize>,
    /// Paths of users whose keys are never disabled, such as `/admins/`: `PROTECTED_PATHS`.
    pub protected_paths: Vec<String>,
}

impl Limits {
    /// Why no key of a user with this path is disabled, whatever its tags say. Upper and lower case are alike here, though
    /// not in IAM's policies: so as to protect rather too many.
    fn protects(&self, path: Option<&str>) -> Option<String> {
        let below = |path: &str, protected: &&String| {
            path.get(..protected.len()).is_some_and(|start| start.eq_ignore_ascii_case(protected))
        };
        match path {
            _ if self.protected_paths.is_empty() => None,
            None => Some("it is not known whether its user is below one of PROTECTED_PATHS".to_owned()),
            Some(path) => {
                let protected = self.protected_paths.iter().find(|protected| below(path, protected))?;
                Some(format!("its user is below `{protected}` (PROTECTED_PATHS): let an administrator disable it"))
            }
        }
    }

    /// Why `disabled` of `working` keys are too many, if they are.
    fn exceeded(&self, disabled: usize, working: usize) -> Option<String> {
        if disabled > self.max_disable {
            let keys = if disabled == 1 { "1 key was".to_owned() } else { format!("{disabled} keys were") };
            return Some(format!("{keys} to be disabled, MAX_DISABLE is {}", self.max_disable));
        }
        let percent = self.max_percent.filter(|percent| disabled * 100 > percent * working)?;
        Some(format!("{disabled} of {working} working keys were to be disabled, MAX_DISABLE_PERCENT is {percent}"))
    }
}

/// A key that is to be disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// Whose key.
    pub user: &'a UserName,
    /// Which key.
    pub key: &'a AccessKeyId,
    /// The verdict that condemned it.
    pub verdict: &'a Verdict,
}

impl Plan {
    /// The keys to disable.
    pub fn targets(&self) -> impl Iterator<Item = Target<'_>> {
        self.steps
            .iter()
            .filter(|step| step.action == Action::Disable && step.decision == Decision::Proceed)
            .filter_map(|step| {
                step.verdict.key.as_ref().map(|key| Target { user: &step.verdict.user, key, verdict: &step.verdict })
            })
    }

    /// Whether no key is to be disabled.
    pub fn is_empty(&self) -> bool {
        self.targets().next().is_none()
    }
}

/// One line a key to be disabled.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for target in self.targets() {
            writeln!(f, "disable {} of {}", target.key, target.user)?;
        }
        Ok(())
    }
}

/// Decides what to do about each verdict. More keys to disable than `limits` allow, or a `doubt` about the inventory as a
/// whole, and none is disabled: whatever caused that is more likely a mistake than a morning's work.
pub fn plan(verdicts: Vec<Verdict>, limits: &Limits, doubt: Option<String>) -> Plan {
    let works = |verdict: &&Verdict| match verdict.status {
        Status::Disabled => false,
        // A finding that stands for keys that could not be listed is no key.
        Status::Unknown => verdict.key.is_some(),
        _ => true,
    };
    let working = verdicts.iter().filter(works).count();
    let steps = verdicts.into_iter().map(|mut verdict| {
        if verdict.auto_expire == Some(AutoExpire::Allowed) {
            let protection = limits.protects(verdict.path.as_deref()).map(AutoExpire::Protected);
            verdict.auto_expire = protection.or(verdict.auto_expire);
        }
        let (action, decision) = decide(&verdict, limits.auto_expire);
        if action == Action::Warn {
            verdict.note = both(verdict.note.take(), never(&verdict));
        }
        Step { verdict, action, decision }
    });
    let mut plan = Plan { steps: steps.collect(), brake: None };
    let exceeded = || limits.exceeded(plan.targets().count(), working).map(Brake::Limits);
    plan.brake = doubt.map(Brake::Doubt).or_else(exceeded);
    if plan.brake.is_some() {
        let stopped = plan.steps.iter_mut().filter(|step| step.action == Action::Disable);
        for step in stopped.filter(|step| step.decision == Decision::Proceed) {
            step.decision = Decision::Held("the brake stopped all changes of this run".to_owned());
        }
    }
    plan
}

fn decide(verdict: &Verdict, auto_expire: bool) -> (Action, Decision) {
    let nothing = |reason: Option<String>| (Action::None, Decision::Nothing(reason));
    match verdict.status {
        Status::Good | Status::Disabled | Status::Unknown => nothing(verdict.note.clone()),
        _ if verdict.is_exempt() => nothing(Some("exempt: tag KeyAutoExpire is false".to_owned())),
        Status::Old | Status::Stagnant => (Action::Warn, Decision::Proceed),
        Status::Expired => (Action::Disable, disable(verdict, auto_expire)),
    }
}

fn disable(verdict: &Verdict, auto_expire: bool) -> Decision {
    match &verdict.auto_expire {
        Some(AutoExpire::Allowed) if !auto_expire => Decision::Held("disabling is switched off".to_owned()),
        Some(AutoExpire::Allowed) => Decision::Proceed,
        // An exempt key does not come here, nor one whose tags were not read.
        _ => Decision::Held(never(verdict).unwrap_or_else(|| "it is not known whether it may be".to_owned())),
    }
}

/// Why a key whose owner is not exempt is not disabled all the same, if something speaks against it.
fn never(verdict: &Verdict) -> Option<String> {
    match &verdict.auto_expire {
        Some(AutoExpire::Unclear(value)) => {
            Some(format!("its user's tag KeyAutoExpire is `{value}`: set it to true or false"))
        }
        Some(AutoExpire::Protected(reason)) => Some(reason.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::policy::{Cause, Days};

    fn verdict(status: Status, auto_expire: Option<AutoExpire>) -> Verdict {
        Verdict {
            user: UserName("alice".into()),
            path: Some("/people/".into()),
            name: "Alice".into(),
            slack: None,
            email: None,
            auto_expire,
            key: Some(AccessKeyId("AKIA1".into())),
            status,
            cause: Some(Cause::Age),
            created: None,
            last_use: None,
            age: Some(Days(100)),
            idle: None,
            days_left: None,
            unread: None,
            note: None,
        }
    }

    fn decided(status: Status, auto_expire: Option<AutoExpire>, enabled: bool) -> (Action, Decision) {
        decide(&verdict(status, auto_expire), enabled)
    }

    #[test]
    fn expired_key_is_disabled_only_when_that_is_enabled() {
        let allowed = || Some(AutoExpire::Allowed);
        assert_eq!(decided(Status::Expired, allowed(), true), (Action::Disable, Decision::Proceed));
        let (action, decision) = decided(Status::Expired, allowed(), false);
        assert_eq!(action, Action::Disable);
        assert_eq!(decision, Decision::Held("disabling is switched off".into()));
    }

    #[test]
    fn warnings_do_not_need_it() {
        for status in [Status::Old, Status::Stagnant] {
            assert_eq!(decided(status, Some(AutoExpire::Allowed), false), (Action::Warn, Decision::Proceed));
        }
    }

    #[test]
    fn an_unclear_exemption_holds() {
        let (_, decision) = decided(Status::Expired, Some(AutoExpire::Unclear("no".into())), true);
        assert_eq!(decision, Decision::Held("its user's tag KeyAutoExpire is `no`: set it to true or false".into()));
    }

    fn on() -> Limits {
        Limits { auto_expire: true, max_disable: 25, max_percent: None, protected_paths: Vec::new() }
    }

    /// A plan for so many expired and so many good keys.
    fn planned(expired: usize, good: usize, limits: &Limits, doubt: Option<&str>) -> Plan {
        let allowed = || Some(AutoExpire::Allowed);
        let mut verdicts = vec![verdict(Status::Expired, allowed()); expired];
        verdicts.extend(vec![verdict(Status::Good, allowed()); good]);
        // These do not count as working.
        verdicts.extend(vec![verdict(Status::Disabled, allowed()); 100]);
        plan(verdicts, limits, doubt.map(ToOwned::to_owned))
    }

    #[test]
    fn one_key_too_many_and_none_is_disabled() {
        assert_eq!(planned(25, 100, &on(), None).targets().count(), 25);
        let stopped = planned(26, 100, &on(), None);
        assert!(stopped.is_empty());
        assert_eq!(stopped.brake, Some(Brake::Limits("26 keys were to be disabled, MAX_DISABLE is 25".into())));
        let held = "the brake stopped all changes of this run".to_owned();
        assert_eq!(stopped.steps[0].decision, Decision::Held(held));
    }

    #[test]
    fn percent_counts_working_keys() {
        let limits = Limits { max_percent: Some(20), ..on() };
        assert_eq!(planned(2, 8, &limits, None).targets().count(), 2);
        let stopped = planned(3, 7, &limits, None);
        assert_eq!(stopped.targets().count(), 0);
        let said = "3 of 10 working keys were to be disabled, MAX_DISABLE_PERCENT is 20";
        assert_eq!(stopped.brake, Some(Brake::Limits(said.into())));
        assert!(planned(1, 0, &Limits { max_percent: Some(0), ..on() }, None).is_empty());
    }

    #[test]
    fn doubt_stops_everything() {
        let stopped = planned(1, 1, &on(), Some("the canary is missing"));
        assert!(stopped.is_empty());
        assert_eq!(stopped.brake, Some(Brake::Doubt("the canary is missing".into())));
        let both = planned(26, 1, &on(), Some("the canary is missing"));
        assert_eq!(both.brake, stopped.brake, "doubt weighs more than a limit");
    }

    #[test]
    fn no_brake_where_nothing_would_be_disabled() {
        assert_eq!(planned(100, 0, &Limits { auto_expire: false, ..on() }, None).brake, None);
    }

    #[test]
    fn keys_of_protected_users_are_told_about_and_never_disabled() {
        let limits = Limits { protected_paths: vec!["/admins/".into(), "/break-glass/".into()], ..on() };
        let held = |path: Option<&str>, status, auto_expire| {
            let verdict = Verdict { path: path.map(ToOwned::to_owned), ..verdict(status, auto_expire) };
            let plan = plan(vec![verdict], &limits, None);
            let step = plan.steps.into_iter().next().unwrap();
            (step.action, step.decision, step.verdict.note)
        };
        let protected = "its user is below `/admins/` (PROTECTED_PATHS): let an administrator disable it".to_owned();
        let unknown = "it is not known whether its user is below one of PROTECTED_PATHS".to_owned();
        let allowed = || Some(AutoExpire::Allowed);
        for (path, expected) in [
            (Some("/admins/"), Decision::Held(protected.clone())),
            (Some("/Admins/emea/"), Decision::Held(protected.clone())),
            (Some("/"), Decision::Proceed),
            (Some("/administration/"), Decision::Proceed),
            (Some("/people/admins/"), Decision::Proceed),
            (None, Decision::Held(unknown)),
        ] {
            assert_eq!(held(path, Status::Expired, allowed()), (Action::Disable, expected, None), "{path:?}");
        }
        let warned = held(Some("/admins/"), Status::Old, allowed());
        assert_eq!(warned, (Action::Warn, Decision::Proceed, Some(protected)));
        let exempt = held(Some("/admins/"), Status::Expired, Some(AutoExpire::Exempt));
        assert_eq!(exempt.0, Action::None, "who is exempt stays so");
    }

    #[test]
    fn plan_prints_its_targets() {
        let plan = plan(vec![verdict(Status::Expired, Some(AutoExpire::Allowed)); 2], &on(), None);
        assert_eq!(plan.to_string(), "disable AKIA1 of alice\ndisable AKIA1 of alice\n");
        assert!(!plan.is_empty());
    }

    fn any_status() -> impl Strategy<Value = Status> {
        prop::sample::select(vec![
            Status::Expired,
            Status::Unknown,
            Status::Old,
            Status::Stagnant,
            Status::Good,
            Status::Disabled,
        ])
    }

    fn any_auto_expire() -> impl Strategy<Value = Option<AutoExpire>> {
        prop::sample::select(vec![
            None,
            Some(AutoExpire::Allowed),
            Some(AutoExpire::Exempt),
            Some(AutoExpire::Unclear("no".into())),
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn exempt_and_unknown_are_never_acted_on(status in any_status(), auto_expire in any_auto_expire(), enabled: bool) {
            let limits = Limits { auto_expire: enabled, ..on() };
            let plan = plan(vec![verdict(status, auto_expire.clone())], &limits, None);
            let acts = !plan.is_empty();
            prop_assert_eq!(acts, enabled && status == Status::Expired && auto_expire == Some(AutoExpire::Allowed));
            if auto_expire == Some(AutoExpire::Exempt) {
                prop_assert_eq!(plan.steps[0].action, Action::None);
            }
        }
    }
}
