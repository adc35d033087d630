//! The calls of IAM, in their smallest form, and its simulation.

use aws_sdk_iam::{
    Client,
    error::ProvideErrorMetadata as _,
    types::{EntityType, EvaluationResult, PolicyEvaluationDecisionType, ResourceSpecificResult},
};

use super::trouble;
use crate::{
    keys::alerts::QUARANTINE_POLICIES,
    ports::doctor::{Answer, Call, Decision, Trouble},
};

/// Users a page: some, as not every user has a key to try another call on.
const FEW: i32 = 10;

/// Tries a call of IAM.
pub(super) async fn ask(iam: &Client, call: &Call) -> Result<Answer, Trouble> {
    match call {
        Call::AccountAliases => {
            let answer = iam.list_account_aliases().send().await.map_err(|error| trouble(&error))?;
            Ok(Answer::Names(answer.account_aliases))
        }
        Call::UserDetails => {
            let call = iam.get_account_authorization_details().filter(EntityType::User).max_items(FEW);
            let answer = call.send().await.map_err(|error| trouble(&error))?;
            let names = answer.user_detail_list().iter().filter_map(|user| user.user_name.clone());
            Ok(Answer::Names(names.collect()))
        }
        Call::Users => {
            let answer = iam.list_users().max_items(FEW).send().await.map_err(|error| trouble(&error))?;
            Ok(Answer::Names(answer.users.into_iter().map(|user| user.user_name).collect()))
        }
        Call::AccessKeys(user) => {
            let answer = iam.list_access_keys().user_name(&user.0).send().await.map_err(|error| trouble(&error))?;
            let ids = answer.access_key_metadata.into_iter().filter_map(|key| key.access_key_id);
            Ok(Answer::Names(ids.collect()))
        }
        call => ask_only(iam, call).await.map(|()| Answer::Allowed),
    }
}

/// The calls of which the answer is of no interest.
async fn ask_only(iam: &Client, call: &Call) -> Result<(), Trouble> {
    match call {
        Call::PolicyUsers(partition) => {
            let policy = QUARANTINE_POLICIES.first().copied().unwrap_or_default();
            let arn = format!("arn:{partition}:iam::aws:policy/{policy}");
            let call = iam.list_entities_for_policy().policy_arn(arn).entity_filter(EntityType::User).max_items(1);
            match call.send().await {
                // Not every partition has every version of the policy, and who may not ask is not told that.
                Err(error) if error.code() == Some("NoSuchEntity") => Ok(()),
                answer => answer.map(|_| ()).map_err(|error| trouble(&error)),
            }
        }
        Call::UserTags(user) => {
            let call = iam.list_user_tags().user_name(&user.0).max_items(1);
            call.send().await.map(|_| ()).map_err(|error| trouble(&error))
        }
        Call::LastUse(key) => {
            let call = iam.get_access_key_last_used().access_key_id(&key.0);
            call.send().await.map(|_| ()).map_err(|error| trouble(&error))
        }
        Call::AccountSummary => iam.get_account_summary().send().await.map(|_| ()).map_err(|error| trouble(&error)),
        Call::MakeReport => iam.generate_credential_report().send().await.map(|_| ()).map_err(|error| trouble(&error)),
        Call::CredentialReport => match iam.get_credential_report().send().await {
            // It was ordered a moment ago.
            Err(error) if matches!(error.code(), Some("ReportNotPresent" | "ReportInProgress" | "ReportExpired")) => {
                Ok(())
            }
            answer => answer.map(|_| ()).map_err(|error| trouble(&error)),
        },
        _ => Err(Trouble::Unclear("this is no call of IAM".to_owned())),
    }
}

/// What the policies of a user or role say of actions on one resource.
pub(super) async fn simulate(
    iam: &Client,
    principal: &str,
    actions: &[&'static str],
    resource: &str,
) -> Result<Vec<(&'static str, Decision)>, Trouble> {
    let names = actions.iter().map(|action| (*action).to_owned()).collect();
    let call = iam.simulate_principal_policy().policy_source_arn(principal).set_action_names(Some(names));
    let mut results = call.resource_arns(resource).into_paginator().items().send();
    let mut decided = Vec::new();
    while let Some(result) = results.next().await {
        let result = result.map_err(|error| trouble(&error))?;
        let action = actions.iter().find(|action| action.eq_ignore_ascii_case(result.eval_action_name()));
        decided.extend(action.map(|action| (*action, decision(&result))));
    }
    Ok(decided)
}

/// IAM says of a condition that it does not hold if nobody gives the key that it is about.
fn decision(result: &EvaluationResult) -> Decision {
    let specific = result.resource_specific_results().iter().flat_map(ResourceSpecificResult::missing_context_values);
    let mut missing: Vec<String> = result.missing_context_values().iter().chain(specific).cloned().collect();
    missing.sort();
    missing.dedup();
    match result.eval_decision() {
        PolicyEvaluationDecisionType::Allowed => Decision::Allowed,
        _ if !missing.is_empty() => Decision::Depends(missing),
        PolicyEvaluationDecisionType::ExplicitDeny => Decision::Forbidden,
        _ => Decision::NotAllowed,
    }
}
