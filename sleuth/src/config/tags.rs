//! Settings of the audit of EC2 tags.

use std::{path::PathBuf, time::Duration};

use serde::Deserialize;

use super::{Common, Problems, check::Check, read};
use crate::{
    render::notification::tags::Texts,
    tags::{
        Action, CanaryTags, Limits, RegionName, Response, RuleSet,
        plan::Used,
        rules::{MOST_MINUTES, short},
    },
};

/// Minutes after its launch that an instance has to be tagged in, if nothing else is said.
const GRACE_MINUTES: u32 = 5;
/// Most instances that one run may stop if nothing else is said.
const MAX_STOP: usize = 10;
/// Most instances that one run may terminate if nothing else is said. What is terminated is gone.
const MAX_TERMINATE: usize = 5;
/// Largest number of instances that is accepted.
const MOST_INSTANCES: usize = 1_000_000;
/// Seconds for asking CloudTrail if nothing else is said.
const LOOKUP_SECONDS: u64 = 120;
/// Most seconds for asking CloudTrail.
const MOST_LOOKUP_SECONDS: u64 = 86_400;
/// Tags that name an owner if nothing else is said.
const OWNER_TAGS: &str = "owner,created_by";
/// The canary if nothing else is said of it than that there is one.
const CANARY_TAGS: &str = "created_by,project,department,Name=api-canary-{region}";

/// Everything a run needs to know.
#[derive(Debug, Clone)]
pub struct TagsConfig {
    /// What every audit needs to know.
    pub common: Common,
    /// Where the rules are: `TAG_RULES_FILE`, `TAG_RULES_TABLE`, `REQUIRED_TAGS`.
    pub rules: RuleSource,
    /// What rules given by required tags, which cannot say, call for: by `TAG_ACTION`.
    pub response: Response,
    /// Whether `created_by` must name an IAM user: `CREATED_BY_VALIDATE`.
    pub created_by_validate: bool,
    /// Minutes an instance has after its launch, where a rule does not say: `GRACE_MINUTES`.
    pub grace_minutes: u32,
    /// How far a run may go: `TAG_ACTION`, `MAX_STOP`, `MAX_TERMINATE`, `OVERRIDE_PROTECTION`.
    pub limits: Limits,
    /// The regions; `None`: all that are enabled. `REGIONS`.
    pub regions: Option<Vec<RegionName>>,
    /// What a canary is known by; `None`: nobody looks for one. `CANARY_TAGS`.
    pub canary: Option<CanaryTags>,
    /// Tags that name an owner: `OWNER_TAGS`.
    pub owner_tags: Vec<String>,
    /// How long CloudTrail may be asked in all; `None`: it is not. `OWNER_LOOKUP_SECONDS`.
    pub lookups: Option<Duration>,
    /// Title and instructions of messages.
    pub texts: Texts,
}

/// Where rules come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleSource {
    /// A file.
    File(PathBuf),
    /// A DynamoDB table.
    Table(TableName),
    /// A list of required tags, read already.
    Short(RuleSet),
}

/// Where a DynamoDB table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName {
    /// Its name or ARN.
    pub name: String,
    /// The region of its ARN; `None`: that of the run.
    pub region: Option<String>,
}

/// Settings from the command line, which go before the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagFlags {
    /// `--rules`
    pub rules: Option<String>,
    /// `--tags`
    pub tags: Option<String>,
    /// `--regions`
    pub regions: Option<String>,
    /// `--grace`
    pub grace: Option<String>,
    /// `--terminate`
    pub terminate: bool,
    /// `--created-by-validate`
    pub created_by_validate: bool,
    /// `--override-protection`
    pub override_protection: bool,
}

/// The settings as they stand in the environment.
#[derive(Debug, Clone, Default, Deserialize)]
struct Environment {
    tag_rules_file: Option<String>,
    tag_rules_table: Option<String>,
    required_tags: Option<String>,
    tag_action: Option<String>,
    created_by_validate: Option<String>,
    grace_minutes: Option<String>,
    max_stop: Option<String>,
    max_terminate: Option<String>,
    override_protection: Option<String>,
    regions: Option<String>,
    canary_tags: Option<String>,
    owner_tags: Option<String>,
    owner_lookup_seconds: Option<String>,
    tag_notification_title: Option<String>,
    tag_notification_text: Option<String>,
}

impl TagsConfig {
    /// Checks all settings. An empty value means "not set".
    pub fn new(environment: &[(String, String)], flags: TagFlags) -> Result<Self, Problems> {
        let env: Environment = read(environment)?;
        let mut check = Check::default();
        let action = check.action(env.tag_action.as_deref(), flags.terminate);
        let response = match action {
            Action::Stop => Response::Stop,
            Action::Terminate => Response::Terminate,
            Action::None | Action::Notify | Action::Repair => Response::Notify,
        };
        let created_by_validate =
            check.boolean("CREATED_BY_VALIDATE", env.created_by_validate.as_deref()) || flags.created_by_validate;
        let rules = check.rules(&env, &flags, response, created_by_validate);
        let grace = pick(flags.grace, "--grace", env.grace_minutes, "GRACE_MINUTES");
        let regions = pick(flags.regions, "--regions", env.regions, "REGIONS");
        let limits = Limits {
            action,
            max_stop: check.number("MAX_STOP", env.max_stop.as_deref(), MOST_INSTANCES).unwrap_or(MAX_STOP),
            max_terminate: check
                .number("MAX_TERMINATE", env.max_terminate.as_deref(), MOST_INSTANCES)
                .unwrap_or(MAX_TERMINATE),
            used: Used::default(),
            override_protection: check.boolean("OVERRIDE_PROTECTION", env.override_protection.as_deref())
                || flags.override_protection,
        };
        let grace_minutes = check.number(grace.0, grace.1.as_deref(), MOST_MINUTES).unwrap_or(GRACE_MINUTES);
        let regions = check.regions(regions.0, regions.1.as_deref());
        let canary = check.canary(env.canary_tags.as_deref());
        let owner_tags = check.keys("OWNER_TAGS", env.owner_tags.as_deref().unwrap_or(OWNER_TAGS));
        let lookups = check.number("OWNER_LOOKUP_SECONDS", env.owner_lookup_seconds.as_deref(), MOST_LOOKUP_SECONDS);
        let lookups = Some(lookups.unwrap_or(LOOKUP_SECONDS)).filter(|seconds| *seconds > 0).map(Duration::from_secs);
        let common = Common::new(environment, &mut check)?;
        let texts = Texts {
            title: env.tag_notification_title.unwrap_or_else(|| "AWS EC2 Tag Report".to_owned()),
            text: env.tag_notification_text.unwrap_or_default(),
        };
        match rules {
            Some(rules) if check.0.is_empty() => Ok(Self {
                common,
                rules,
                response,
                created_by_validate,
                grace_minutes,
                limits,
                regions,
                canary,
                owner_tags,
                lookups,
                texts,
            }),
            _ => Err(Problems(check.0)),
        }
    }
}

/// A setting with the name it goes by: the flag's, if that is given.
fn pick(
    flag: Option<String>,
    flag_name: &'static str,
    variable: Option<String>,
    name: &'static str,
) -> (&'static str, Option<String>) {
    if flag.is_some() { (flag_name, flag) } else { (name, variable) }
}

impl Check {
    fn action(&mut self, value: Option<&str>, terminate: bool) -> Action {
        let named = self.one_of("TAG_ACTION", value, Action::LIMITS.map(Action::as_str));
        let action = Action::LIMITS.into_iter().find(|action| Some(action.as_str()) == named);
        if terminate { Action::Terminate } else { action.unwrap_or(Action::Notify) }
    }

    /// The first source that is set, flags before variables.
    fn rules(
        &mut self,
        env: &Environment,
        flags: &TagFlags,
        response: Response,
        created_by_validate: bool,
    ) -> Option<RuleSource> {
        let file = |path: &String| RuleSource::File(PathBuf::from(path.trim()));
        if let Some(path) = &flags.rules {
            return Some(file(path));
        }
        if let Some(tags) = &flags.tags {
            return self.short("--tags", tags, response);
        }
        if let Some(path) = &env.tag_rules_file {
            return Some(file(path));
        }
        if let Some(table) = &env.tag_rules_table {
            return self.table(table.trim());
        }
        if let Some(tags) = &env.required_tags {
            return self.short("REQUIRED_TAGS", tags, response);
        }
        if created_by_validate {
            // The rule about created_by is a rule too.
            return Some(RuleSource::Short(RuleSet::default()));
        }
        let rule =
            "no rules are set; set this, or --rules, TAG_RULES_TABLE, --tags or REQUIRED_TAGS (docs/tag-rules.md)";
        self.fail("TAG_RULES_FILE", Some(""), rule.to_owned())
    }

    fn short(&mut self, name: &'static str, tags: &str, response: Response) -> Option<RuleSource> {
        match short::parse(tags, response) {
            Ok(rules) => Some(RuleSource::Short(rules)),
            Err(mistakes) => {
                for mistake in mistakes {
                    self.note(name, Some(tags), mistake);
                }
                None
            }
        }
    }

    /// A table by its name, as DynamoDB allows it
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>), or ARN.
    fn table(&mut self, value: &str) -> Option<RuleSource> {
        let named = |name: &str| {
            (3..=255).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
        };
        let parts: Vec<&str> = value.splitn(6, ':').collect();
        let region = match parts.as_slice() {
            ["arn", _, "dynamodb", region, _, table] => {
                table.strip_prefix("table/").filter(|name| named(name)).map(|_| Some((*region).to_owned()))
            }
            _ => named(value).then_some(None),
        };
        let source = region.map(|region| RuleSource::Table(TableName { name: value.to_owned(), region }));
        source.or_else(|| {
            self.fail("TAG_RULES_TABLE", Some(value), "must be the name or ARN of a DynamoDB table".to_owned())
        })
    }

    fn regions(&mut self, name: &'static str, value: Option<&str>) -> Option<Vec<RegionName>> {
        let value = value?;
        if value.trim().eq_ignore_ascii_case("all") {
            return None;
        }
        let mut names = value.split(',').map(str::trim).filter(|name| !name.is_empty()).peekable();
        if names.peek().is_some()
            && let Some(names) = names.map(RegionName::parse).collect()
        {
            return Some(names);
        }
        self.fail(name, Some(value), "must be `all`, or regions as in eu-west-1,us-east-1".to_owned())
    }

    fn canary(&mut self, value: Option<&str>) -> Option<CanaryTags> {
        let value = value?.trim();
        let text = match value.to_ascii_lowercase().as_str() {
            "false" => return None,
            "true" => CANARY_TAGS,
            _ => value,
        };
        let rule = format!("must be `true` (for {CANARY_TAGS}), or tags as in Name=canary-{{region}},team");
        CanaryTags::parse(text).or_else(|| self.fail("CANARY_TAGS", Some(value), rule))
    }

    fn keys(&mut self, name: &'static str, value: &str) -> Vec<String> {
        let keys: Vec<String> = value.split(',').map(|key| key.trim().to_owned()).collect();
        if keys.iter().any(String::is_empty) {
            self.note(name, Some(value), "must be tag keys as in owner,created_by".to_owned());
        }
        keys
    }
}
