//! What is wrong with settings, and what only looks wrong.

use super::{Check, Section, Status};
use crate::{
    accounts_source,
    config::{
        AccountFlags, AccountsConfig, Audit, Common, DigestConfig, DigestFlags, Flags, KeysConfig, Problem, Problems,
        Role, RuleSource, TagFlags, TagsConfig, WatchConfig,
    },
    doctor::{
        accounts::{self, Many},
        channels,
    },
    rules_source::RulesError,
    tags::{Action, RegionName, RuleSet},
};

/// The settings of the audits that are examined. What cannot be used is `None`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The audits.
    pub audits: Vec<Audit>,
    /// Those of access keys.
    pub keys: Option<KeysConfig>,
    /// Those of EC2 tags, by the audit or the watch.
    pub tags: Option<TagsConfig>,
    /// The role in other accounts.
    pub role: Option<Role>,
    /// Many accounts.
    pub many: Option<Many>,
    /// Those of the digest.
    pub digest: Option<DigestConfig>,
    /// What is wrong, audit by audit.
    problems: Vec<(Audit, Problems)>,
    /// What is wrong with many accounts.
    of_many: Problems,
    /// Why the file of accounts cannot be used.
    unlisted: Option<String>,
}

impl Settings {
    /// Reads the settings of some audits as their runs do. Flags go before the environment.
    pub fn read(environment: &[(String, String)], audits: Vec<Audit>, flags: &Flags, tag_flags: &TagFlags) -> Self {
        let mut settings = Self {
            audits,
            keys: None,
            tags: None,
            role: None,
            many: None,
            digest: None,
            problems: Vec::new(),
            of_many: Problems(Vec::new()),
            unlisted: None,
        };
        for audit in settings.audits.clone() {
            let outcome = match audit {
                Audit::Keys => KeysConfig::new(environment, flags.clone()).map(|config| settings.keys = Some(config)),
                Audit::Tags => {
                    TagsConfig::new(environment, tag_flags.clone()).map(|config| settings.tags = Some(config))
                }
                Audit::Watch => WatchConfig::new(environment, tag_flags.clone()).map(|config| {
                    settings.tags = Some(config.tags);
                    settings.role = config.role;
                }),
                Audit::Digest => {
                    let config = DigestConfig::new(environment, DigestFlags::default());
                    config.and_then(|config| settings.digest.insert(config).suits_function())
                }
            };
            settings.problems.extend(outcome.err().map(|problems| (audit, problems)));
        }
        if settings.audits.iter().any(|audit| matches!(audit, Audit::Keys | Audit::Tags)) {
            settings.read_many(environment);
        }
        settings
    }

    fn read_many(&mut self, environment: &[(String, String)]) {
        match AccountsConfig::new(environment, AccountFlags::default()) {
            Ok(None) => {}
            Ok(Some(config)) => match accounts_source::known(config.which.clone()) {
                Ok(asked) => {
                    self.role = self.role.take().or_else(|| config.role.clone());
                    self.many = Some(Many { config, asked });
                }
                Err(error) => self.unlisted = Some(in_full(&error)),
            },
            Err(problems) => self.of_many = problems,
        }
    }

    /// What every audit shares, if there are settings that can be used.
    pub fn common(&self) -> Option<&Common> {
        let of_keys = self.keys.as_ref().map(|config| &config.common);
        let of_tags = self.tags.as_ref().map(|config| &config.common);
        of_keys.or(of_tags).or(self.digest.as_ref().map(|config| &config.common))
    }

    /// A check for each audit and each problem, and warnings.
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for audit in &self.audits {
            if self.problems.iter().all(|(wrong, _)| wrong != audit) {
                let found = format!("the settings of `{}` can be used", audit.as_str());
                checks.push(Check::new(Section::Settings, audit.as_str(), Status::Ok, found));
            }
        }
        if self.many.is_some() {
            let found = "the settings of many accounts can be used";
            checks.push(Check::new(Section::Settings, ACCOUNTS, Status::Ok, found));
        }
        let mut all = Problems(Vec::new());
        self.problems.iter().for_each(|(_, problems)| all.add(problems.clone()));
        all.add(self.of_many.clone());
        checks.extend(all.0.iter().map(wrong));
        checks.extend(self.unlisted.as_ref().map(|found| {
            Check::new(Section::Settings, ACCOUNTS, Status::Failed, found)
                .fix("name a file with one account a line, `org`, or ids (docs/configuration.md)")
        }));
        checks.extend(self.keys.as_ref().map(of_keys).unwrap_or_default());
        checks.extend(self.tags.as_ref().map(of_tags).unwrap_or_default());
        let disables = self.keys.as_ref().is_some_and(|config| config.limits.auto_expire);
        let action = self.tags.as_ref().map_or(Action::None, |config| config.limits.action);
        let totals = self.many.as_ref().map(|many| &many.config.totals);
        checks.extend(totals.map(|totals| accounts::closed(totals, disables, action)).unwrap_or_default());
        checks
    }
}

const ACCOUNTS: &str = "ACCOUNTS";

/// An error with its causes, on one line.
fn in_full(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    causes.join(": ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A setting that cannot be used.
fn wrong(Problem { name, value, rule }: &Problem) -> Check {
    let found = match value {
        Some(value) if value.is_empty() => "is not set".to_owned(),
        Some(value) => format!("is `{}`", value.escape_debug()),
        None => "cannot be used (not shown, as it may be a secret)".to_owned(),
    };
    Check::new(Section::Settings, *name, Status::Failed, found).fix(format!("{name}: {rule}"))
}

fn warning(name: &str, found: &str, fix: &str) -> Check {
    Check::new(Section::Settings, name, Status::Warning, found).fix(fix)
}

fn of_keys(config: &KeysConfig) -> Vec<Check> {
    let mut checks = Vec::new();
    if !config.limits.auto_expire {
        return checks;
    }
    if channels::none(&config.common.outputs) {
        checks.push(warning(
            "ENABLE_AUTO_EXPIRE",
            "keys will be disabled, and nobody is told: no channel is set",
            "set a channel, such as SLACK_URL, SLACK_BOT_TOKEN, SMTP_URL or SNS_TOPIC",
        ));
    }
    if config.limits.max_disable == 0 || config.limits.max_percent == Some(0) {
        checks.push(warning(
            "MAX_DISABLE",
            "keys may be disabled, but none in a run: the brake stops every run that finds one",
            "raise MAX_DISABLE (and MAX_DISABLE_PERCENT), or set ENABLE_AUTO_EXPIRE to false",
        ));
    }
    checks
}

fn of_tags(config: &TagsConfig) -> Vec<Check> {
    let mut checks = Vec::new();
    let limits = config.limits;
    if limits.action >= Action::Stop && channels::none(&config.common.outputs) {
        checks.push(warning(
            "TAG_ACTION",
            "instances will be stopped or terminated, and nobody is told: no channel is set",
            "set a channel, such as SLACK_URL, SLACK_BOT_TOKEN, SMTP_URL or SNS_TOPIC",
        ));
    }
    if limits.action == Action::Terminate && config.canary.is_none() {
        checks.push(warning(
            "CANARY_TAGS",
            "instances may be terminated, and no canary tells a region that is not the one that was meant",
            "launch a stopped instance in each region, and name its tags (docs/configuration.md)",
        ));
    }
    for (name, most, action) in
        [("MAX_STOP", limits.max_stop, Action::Stop), ("MAX_TERMINATE", limits.max_terminate, Action::Terminate)]
    {
        if most == 0 && limits.action >= action {
            checks.push(warning(
                name,
                "is 0: a run that finds one instance to be changed so changes nothing at all",
                &format!("raise {name}, or lower TAG_ACTION"),
            ));
        }
    }
    checks
}

/// Where rules come from, in words.
fn source(config: &TagsConfig) -> String {
    match &config.rules {
        RuleSource::File(path) => format!("file {}", path.display()),
        RuleSource::Table(table) => format!("table {}", table.name),
        RuleSource::Short(_) => "the list of required tags".to_owned(),
    }
}

/// The tag rules, or why there are none.
pub fn rules(config: &TagsConfig, rules: &Result<RuleSet, RulesError>) -> Check {
    const NAME: &str = "tag rules";
    match rules {
        Ok(rules) => {
            let count = rules.rules.len();
            let plural = if count == 1 { "" } else { "s" };
            let found = format!("{count} rule{plural} from {}", source(config));
            Check::new(Section::Settings, NAME, Status::Ok, found)
        }
        Err(error) => {
            let found = in_full(error);
            let check = |status| Check::new(Section::Settings, NAME, status, found);
            if error.is_setting() {
                check(Status::Failed).fix("mend the rules, or name others; `sleuth rules check FILE` checks a file")
            } else {
                check(Status::Unchecked).fix("run this again")
            }
        }
    }
}

/// Whether the regions that are named are enabled in the account.
pub fn regions(wanted: &[RegionName], enabled: &[String]) -> Check {
    const NAME: &str = "REGIONS";
    let strange: Vec<&str> =
        wanted.iter().map(|region| region.0.as_str()).filter(|name| !enabled.iter().any(|e| e == name)).collect();
    if strange.is_empty() {
        let names: Vec<&str> = wanted.iter().map(|region| region.0.as_str()).collect();
        return Check::new(Section::Settings, NAME, Status::Ok, format!("enabled: {}", names.join(", ")));
    }
    let found = format!("not enabled in this account, or no region at all: {}", strange.join(", "));
    Check::new(Section::Settings, NAME, Status::Failed, found)
        .fix("enable them in the account's settings, or take them out of REGIONS")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks_of(audits: &[Audit], settings: &[(&str, &str)]) -> Vec<(String, Status)> {
        let environment: Vec<_> = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let settings = Settings::read(&environment, audits.to_vec(), &Flags::default(), &TagFlags::default());
        settings.checks().into_iter().map(|check| (check.name, check.status)).collect()
    }

    fn warnings(audits: &[Audit], settings: &[(&str, &str)]) -> Vec<String> {
        let checks = checks_of(audits, settings);
        checks.into_iter().filter(|(_, status)| *status == Status::Warning).map(|(name, _)| name).collect()
    }

    #[test]
    fn all_problems_are_told_once_and_what_can_be_used_goes_on() {
        let settings = [("EXPIRATION_AGE", "ninety"), ("SNS_TOPIC", "keys"), ("REQUIRED_TAGS", "team")];
        let checks = checks_of(&[Audit::Keys, Audit::Tags, Audit::Watch], &settings);
        let failed = |name: &str| (name.to_owned(), Status::Failed);
        assert_eq!(checks, [failed("EXPIRATION_AGE"), failed("SNS_TOPIC")]);
        let checks = checks_of(&[Audit::Keys, Audit::Tags], &[("WARNING_AGE", "soon"), ("REQUIRED_TAGS", "team")]);
        assert_eq!(checks, [("tags".to_owned(), Status::Ok), failed("WARNING_AGE")]);
    }

    #[test]
    fn secrets_are_not_shown() {
        let environment = [("SLACK_URL".to_owned(), "hush-hush".to_owned())];
        let settings = Settings::read(&environment, vec![Audit::Keys], &Flags::default(), &TagFlags::default());
        let shown = format!("{:?}", settings.checks());
        assert!(shown.contains("SLACK_URL") && !shown.contains("hush"), "{shown}");
    }

    #[test]
    fn settings_that_contradict_each_other_are_warned_of() {
        let keys = |settings: &[(&str, &str)]| warnings(&[Audit::Keys], settings);
        let topic = ("SNS_TOPIC", "arn:aws:sns:eu-west-1:123456789012:keys");
        assert!(keys(&[]).is_empty());
        assert_eq!(keys(&[("ENABLE_AUTO_EXPIRE", "true")]), ["ENABLE_AUTO_EXPIRE"]);
        assert!(keys(&[("ENABLE_AUTO_EXPIRE", "true"), topic]).is_empty());
        assert_eq!(keys(&[("ENABLE_AUTO_EXPIRE", "true"), topic, ("MAX_DISABLE", "0")]), ["MAX_DISABLE"]);
        assert!(keys(&[("MAX_DISABLE", "0")]).is_empty());

        let tags =
            |settings: &[(&str, &str)]| warnings(&[Audit::Tags], &[&[("REQUIRED_TAGS", "team")], settings].concat());
        assert!(tags(&[]).is_empty());
        assert_eq!(tags(&[("TAG_ACTION", "terminate")]), ["TAG_ACTION", "CANARY_TAGS"]);
        assert_eq!(tags(&[("TAG_ACTION", "terminate"), topic]), ["CANARY_TAGS"]);
        assert!(tags(&[("TAG_ACTION", "terminate"), topic, ("CANARY_TAGS", "true")]).is_empty());
        assert_eq!(tags(&[("TAG_ACTION", "stop"), topic, ("MAX_STOP", "0")]), ["MAX_STOP"]);
    }

    #[test]
    fn digest_needs_a_store_and_a_channel() {
        let failed = |settings: &[(&str, &str)]| {
            let checks = checks_of(&[Audit::Digest], settings);
            checks.into_iter().filter(|(_, status)| *status == Status::Failed).map(|(name, _)| name).collect::<Vec<_>>()
        };
        let topic = ("SNS_TOPIC", "arn:aws:sns:eu-west-1:123456789012:keys");
        assert_eq!(failed(&[]), ["ARCHIVE", "SNS_TOPIC"]);
        assert_eq!(failed(&[topic]), ["ARCHIVE"]);
        assert_eq!(failed(&[("SEARCH_URL", "https://search.example.com")]), ["SNS_TOPIC"]);
        assert!(failed(&[topic, ("ARCHIVE", "s3://reports")]).is_empty());
    }

    #[test]
    fn rules_that_cannot_be_read_are_a_wrong_setting() {
        let environment = [("TAG_RULES_FILE".to_owned(), "/nowhere/rules.toml".to_owned())];
        let config = TagsConfig::new(&environment, TagFlags::default()).unwrap();
        let found = crate::rules_source::known(&config.rules).map(Option::unwrap_or_default);
        let check = rules(&config, &found);
        assert_eq!((check.section, check.status), (Section::Settings, Status::Failed));
        assert!(check.found.starts_with("/nowhere/rules.toml cannot be read: "), "{check:?}");
        let late = RulesError::Unavailable { table: "t".to_owned(), message: "Throttling".to_owned() };
        assert_eq!(rules(&config, &Err(late)).status, Status::Unchecked);
    }

    #[test]
    fn regions_that_are_not_enabled_are_named() {
        let wanted = ["eu-west-1", "me-south-1"].map(|name| RegionName(name.to_owned()));
        let enabled = ["eu-west-1", "us-east-1"].map(ToOwned::to_owned);
        let check = regions(&wanted, &enabled);
        assert_eq!(check.status, Status::Failed);
        assert!(check.found.ends_with(": me-south-1"), "{check:?}");
        assert_eq!(regions(&wanted[..1], &enabled).status, Status::Ok);
    }
}
