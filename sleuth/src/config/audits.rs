//! What the Lambda function does.

use serde::Deserialize;

use super::{Problem, Problems, read};

/// An audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audit {
    /// Access keys.
    Keys,
    /// EC2 tags.
    Tags,
    /// EC2 tags of the instances that events name.
    Watch,
    /// No audit: what the runs of the last day did.
    Digest,
}

/// The setting as it stands in the environment.
#[derive(Debug, Clone, Default, Deserialize)]
struct Environment {
    audits: Option<String>,
}

impl Audit {
    /// The audits that this build holds.
    pub const BUILT: &[Self] = &[
        #[cfg(feature = "keys")]
        Self::Keys,
        #[cfg(feature = "tags")]
        Self::Tags,
        #[cfg(feature = "tags")]
        Self::Watch,
        #[cfg(feature = "audit")]
        Self::Digest,
    ];

    /// The word used in the setting and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Tags => "tags",
            Self::Watch => "watch",
            Self::Digest => "digest",
        }
    }

    /// The audits that `AUDITS` names: by default that of access keys, or the one there is.
    pub fn named(environment: &[(String, String)]) -> Result<Vec<Self>, Problems> {
        let env: Environment = read(environment)?;
        let Some(value) = env.audits else { return Ok(Self::BUILT.first().copied().into_iter().collect()) };
        let find = |word: &str| Self::BUILT.iter().find(|audit| audit.as_str().eq_ignore_ascii_case(word)).copied();
        let named: Option<Vec<Self>> = value.split(',').map(|word| find(word.trim())).collect();
        match named {
            Some(mut audits) => {
                audits.sort();
                audits.dedup();
                // What is done at this moment is no matter of the past yet.
                if audits.len() > 1 && audits.contains(&Self::Digest) {
                    let rule = "must name `digest` alone: give it a function and a schedule of its own".to_owned();
                    return Err(Problems(vec![Problem { name: "AUDITS", value: Some(value), rule }]));
                }
                Ok(audits)
            }
            None => {
                let built: Vec<&str> = Self::BUILT.iter().map(|audit| audit.as_str()).collect();
                let rule = format!("must name audits that this function was built with: {}", built.join(","));
                Err(Problems(vec![Problem { name: "AUDITS", value: Some(value), rule }]))
            }
        }
    }
}
