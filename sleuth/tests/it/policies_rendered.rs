//! Functions as Terraform configures them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::documentation::root;

/// The account of `terraform/tests/policies`.
pub(crate) const ACCOUNT: &str = "123456789012";

/// A function as Terraform configures it: a file of `terraform/policies`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Configuration {
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) policy: Value,
    /// What its role in other accounts may do, by account.
    #[serde(default)]
    pub(crate) members: BTreeMap<String, Value>,
}

impl Configuration {
    pub(crate) fn all() -> Vec<Self> {
        let mut all: Vec<Self> = std::fs::read_dir(root().join("terraform/policies"))
            .unwrap()
            .map(|file| {
                let path = file.unwrap().path();
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                Self { name, ..serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap() }
            })
            .collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    pub(crate) fn named(name: &str) -> Self {
        Self::all().into_iter().find(|configuration| configuration.name == name).unwrap()
    }

    /// What the function does: the setting `AUDITS`.
    pub(crate) fn audit(&self) -> &str {
        &self.environment["AUDITS"]
    }

    /// The actions that are allowed on something, in the function's own account.
    pub(crate) fn actions(&self) -> BTreeSet<String> {
        values(&self.policy, "Allow", "Action")
    }

    /// All permissions, each as an account and an action.
    pub(crate) fn permissions(&self) -> BTreeSet<(String, String)> {
        let members = self.members.iter().map(|(account, policy)| (account.as_str(), policy));
        let all = members.chain([(ACCOUNT, &self.policy)]).map(|(account, policy)| {
            let actions = values(policy, "Allow", "Action").into_iter();
            actions.map(|action| (account.to_owned(), action)).collect::<Vec<_>>()
        });
        all.flatten().collect()
    }

    /// The same function without a permission.
    pub(crate) fn without(&self, account: &str, action: &str) -> Self {
        let mut less = self.clone();
        let policy = if account == ACCOUNT { &mut less.policy } else { less.members.get_mut(account).unwrap() };
        let statements = policy["Statement"].as_array_mut().unwrap();
        for statement in statements.iter_mut().filter(|statement| statement["Effect"] == "Allow") {
            statement["Action"].as_array_mut().unwrap().retain(|other| other != action);
        }
        // IAM takes no statement without an action.
        statements.retain(|statement| statement["Action"] != json!([]));
        less
    }

    pub(crate) fn is(&self, setting: &str, value: &str) -> bool {
        self.environment.get(setting).is_some_and(|set| set == value)
    }

    /// The name of the function, and of its role.
    pub(crate) fn function(&self) -> String {
        format!("sleuth-{}", self.name)
    }
}

/// What statements of an effect have in a part such as `Action`.
pub(crate) fn values(policy: &Value, effect: &str, part: &str) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().unwrap().iter().filter(|statement| statement["Effect"] == effect);
    statements.flat_map(|statement| statement[part].as_array().unwrap()).map(text).collect()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
