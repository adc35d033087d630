//! What policies hold, beside what the doctor and the documentation say that functions need.

use std::collections::BTreeSet;

use sleuth::{
    config::{Audit, Flags, TagFlags},
    doctor::{
        needs::{NEEDS, Wants},
        settings::Settings,
    },
};

use crate::{
    documentation::documented_actions,
    policies::{UNTOLD, is_untold},
    policies_rendered::{Configuration, values},
};

/// What AWS accepts of all policies of a role together, without blanks.
const MOST_CHARACTERS: usize = 10_240;

/// What the doctor says that a function needs with its settings.
fn needed(configuration: &Configuration) -> BTreeSet<String> {
    let environment: Vec<_> = configuration.environment.clone().into_iter().collect();
    let audits = [Audit::Keys, Audit::Tags, Audit::Watch, Audit::Digest];
    let audit = audits.into_iter().find(|audit| audit.as_str() == configuration.audit()).unwrap();
    let settings = Settings::read(&environment, vec![audit], &Flags::default(), &TagFlags::default());
    assert!(settings.common().is_some(), "{}: {settings:?}", configuration.name);
    let needs = Wants::new(&settings, None).needs(&[]);
    needs.iter().map(|need| need.action.to_owned()).collect()
}

/// The actions of a policy that calls of Sleuth need.
fn own(configuration: &Configuration) -> BTreeSet<String> {
    configuration.actions().into_iter().filter(|action| !is_untold(action)).collect()
}

#[test]
fn policies_allow_what_the_doctor_asks_for() {
    for configuration in Configuration::all() {
        let mut needed = needed(&configuration);
        // Keys are used for the caller, of which settings name only one.
        needed.retain(|action| !is_untold(action));
        assert_eq!(own(&configuration), needed, "{}", configuration.name);
    }
}

#[test]
fn all_that_is_ever_needed_is_in_some_policy_and_documented() {
    let granted: BTreeSet<String> = Configuration::all().iter().flat_map(Configuration::actions).collect();
    let needed: BTreeSet<String> = NEEDS.iter().map(|need| need.action.to_owned()).collect();
    let mut documented: BTreeSet<String> =
        ["Both audits", "Outputs", "Access keys", "EC2 tags", "The watch", "Many accounts"]
            .into_iter()
            .flat_map(documented_actions)
            .collect();
    for setup in ["es:ESHttpGet", "es:ESHttpPut"] {
        assert!(documented.remove(setup), "only `sleuth search setup` needs {setup}");
    }
    let missing: Vec<_> = needed.union(&documented).filter(|action| !granted.contains(*action)).collect();
    assert!(missing.is_empty(), "no policy of terraform/policies has {missing:?}");
    let unknown: Vec<_> = granted.difference(&documented).filter(|action| !is_untold(action)).collect();
    assert!(unknown.is_empty(), "docs/permissions.md does not have {unknown:?}");
    for (action, why) in UNTOLD {
        assert!(granted.contains(*action), "{action} is in no policy any more ({why})");
    }
}

#[test]
fn policies_name_every_action_in_full_and_fit_into_a_role() {
    for Configuration { name, policy, .. } in Configuration::all() {
        assert_eq!(policy["Version"], "2012-10-17");
        let statements = policy["Statement"].as_array().unwrap();
        let names: BTreeSet<&str> = statements.iter().map(|statement| statement["Sid"].as_str().unwrap()).collect();
        assert_eq!(names.len(), statements.len(), "{name}: two statements have one name");
        for statement in statements {
            let fields = statement.as_object().unwrap().keys().map(String::as_str);
            let known = ["Action", "Condition", "Effect", "Resource", "Sid"];
            assert!(fields.collect::<Vec<_>>().iter().all(|field| known.contains(field)), "{name}: {statement}");
        }
        let actions = values(&policy, "Allow", "Action");
        assert!(actions.iter().all(|action| !action.contains('*')), "{name}: {actions:?}");
        let length = policy.to_string().len();
        assert!(length <= MOST_CHARACTERS, "{name}: {length} characters");
    }
}

#[test]
fn neither_audit_may_do_what_only_the_other_does() {
    for configuration in Configuration::all() {
        let own = own(&configuration);
        let has = |service: &str| own.iter().any(|action| action.starts_with(service));
        match configuration.audit() {
            "keys" => {
                assert!(!has("ec2:") && !has("dynamodb:"), "{own:?}");
                assert!(!has("sts:") || configuration.environment.contains_key("ACCOUNTS"), "{own:?}");
            }
            "digest" => assert!(!has("ec2:") && !has("iam:"), "{own:?}"),
            _ => {
                let of_iam = own.iter().filter(|action| action.starts_with("iam:"));
                let reads = |action: &String| action.starts_with("iam:Get") || action.starts_with("iam:List");
                assert!(of_iam.clone().all(reads), "{own:?}");
            }
        }
    }
}

/// Actions for networks come with a statement that keeps the function itself from them.
#[test]
fn lambda_joins_a_vpc_and_the_function_does_not() {
    let mut met = 0;
    for configuration in Configuration::all() {
        let denied = values(&configuration.policy, "Deny", "Action");
        let joins = configuration
            .actions()
            .into_iter()
            .filter(|action| UNTOLD.iter().any(|(own, why)| own == action && *why == "Lambda joins the VPC"));
        for action in joins {
            met += 1;
            assert!(denied.contains(&action), "{}: {action}", configuration.name);
        }
    }
    assert!(met > 0);
}
