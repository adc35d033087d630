//! The arguments of `sleuth tags` and `sleuth rules`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use sleuth::{config::TagFlags, tags::Status};

use super::{AccountArguments, Form, RunArguments};

pub(super) const ENVIRONMENT: &str = "\
Environment (an empty value means \"not set\"; see docs/configuration.md):
  TAG_RULES_FILE               see --rules
  TAG_RULES_TABLE              name or ARN of a DynamoDB table with rules
  REQUIRED_TAGS                see --tags
  TAG_ACTION                   the severest action a run may take: `notify`, `repair`, `stop` or
                               `terminate` [default: notify]
  MAX_STOP                     most instances one run may stop; if it would be more, nothing is
                               changed [default: 10]
  MAX_TERMINATE                the same for terminations [default: 5]
  MAX_STOP_TOTAL               most instances that a run over many accounts may stop in all of them
                               together [default: MAX_STOP, which holds for each of them]
  MAX_TERMINATE_TOTAL          the same for terminations [default: MAX_TERMINATE]
  OVERRIDE_PROTECTION          see --override-protection
  CREATED_BY_VALIDATE          see --created-by-validate
  GRACE_MINUTES                see --grace
  REGIONS                      see --regions
  CANARY_TAGS                  tags of a stopped instance that every region must show, or it is not
                               acted on; `true`: those of docs/configuration.md [default: none]
  OWNER_TAGS                   tags that name an owner [default: owner,created_by]
  OWNER_LOOKUP_SECONDS         time for asking CloudTrail who launched instances; 0: it is not asked
                               [default: 120]
  TAG_NOTIFICATION_TITLE       title of messages
  TAG_NOTIFICATION_TEXT        what owners should do";

/// Arguments of `sleuth tags`.
#[derive(Debug, Args)]
pub(crate) struct TagsArguments {
    #[command(flatten)]
    pub(crate) run: RunArguments,

    /// End with exit code 3 if an instance that is not exempt has this status or a worse one
    #[arg(long, value_name = "STATUS")]
    pub(crate) fail_on: Option<FailOn>,

    #[command(flatten)]
    pub(crate) settings: Settings,

    #[command(flatten)]
    pub(crate) accounts: AccountArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Within its grace period, or in violation
    Grace,
    /// In violation of a rule
    Violation,
}

impl FailOn {
    /// The statuses that fail.
    pub(crate) const fn statuses(self) -> &'static [Status] {
        match self {
            Self::Grace => &[Status::Grace, Status::Violation],
            Self::Violation => &[Status::Violation],
        }
    }
}

/// Settings, read as text and checked with those of the environment, so that all mistakes are reported together.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules and limits")]
pub(crate) struct Settings {
    /// Tag rules: TOML, or JSON if the name ends in .json [env: TAG_RULES_FILE]
    #[arg(long, value_name = "FILE", conflicts_with = "tags")]
    rules: Option<String>,

    /// Required tags, with or without allowed values, as in created_by,department,Code=LOL|GGG [env: REQUIRED_TAGS]
    #[arg(long, value_name = "TAGS")]
    tags: Option<String>,

    /// Regions, as in eu-west-1,us-east-1 [env: REGIONS] [default: all that are enabled]
    #[arg(long, value_name = "REGIONS")]
    regions: Option<String>,

    /// Minutes after its launch in which an instance is left alone [env: GRACE_MINUTES] [default: 5]
    #[arg(long, value_name = "MINUTES")]
    grace: Option<String>,

    /// Allow termination, as TAG_ACTION=terminate does; rules given by --tags then call for it. A plain
    /// run terminates nothing
    #[arg(long)]
    terminate: bool,

    /// The tag created_by must name an IAM user [env: CREATED_BY_VALIDATE]
    #[arg(long)]
    created_by_validate: bool,

    /// Switch off termination and stop protection where it is in the way [env: OVERRIDE_PROTECTION]
    #[arg(long)]
    override_protection: bool,
}

impl From<Settings> for TagFlags {
    fn from(settings: Settings) -> Self {
        let Settings { rules, tags, regions, grace, terminate, created_by_validate, override_protection } = settings;
        Self { rules, tags, regions, grace, terminate, created_by_validate, override_protection }
    }
}

/// What to do with tag rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Check a file of tag rules, and say in words what they ask
    ///
    /// Every mistake is told with its line and column. Nothing is read from AWS.
    Check {
        /// TOML, or JSON if the name ends in .json
        file: PathBuf,

        /// Form of what is printed on stdout
        #[arg(long, value_name = "FORM", default_value = "table")]
        output: Form,
    },
}
