use std::time::Duration;

use super::*;
use crate::keys::{Days, Limits, Policy};

fn config(environment: &[(&str, &str)]) -> Result<KeysConfig, Problems> {
    with_flags(environment, Flags::default())
}

fn with_flags(environment: &[(&str, &str)], flags: Flags) -> Result<KeysConfig, Problems> {
    let environment: Vec<_> = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    KeysConfig::new(&environment, flags)
}

fn problems(environment: &[(&str, &str)]) -> String {
    config(environment).unwrap_err().to_string()
}

fn policy(expiration: i64, warning: i64, inactivity: i64, inactivity_warning: i64) -> Policy {
    Policy::new(Days(expiration), Days(warning), Days(inactivity), Days(inactivity_warning)).unwrap()
}

#[test]
fn defaults_are_the_documented_ones() {
    let config = config(&[]).unwrap();
    assert_eq!(config.policy, policy(90, 80, 90, 80));
    assert_eq!(
        config.limits,
        Limits { auto_expire: false, max_disable: 25, max_percent: None, protected_paths: Vec::new() }
    );
    assert!(
        config.canary.is_none()
            && !config.common.debug
            && config.common.outputs.slack.is_none()
            && config.common.outputs.topic.is_none()
    );
    assert_eq!(config.texts.expire_title, "AWS IAM Key Expiration Report");
    assert_eq!(config.texts.inactive_title, "AWS IAM Key Inactivity Report");
    assert_eq!((config.texts.expire_text, config.texts.inactive_text), (String::new(), String::new()));
}

#[test]
fn every_variable_is_read() {
    let config = config(&[
        ("ENABLE_AUTO_EXPIRE", "True"),
        ("EXPIRATION_AGE", "60"),
        ("WARNING_AGE", " 50 "),
        ("INACTIVITY_AGE", "30"),
        ("INACTIVITY_WARNING_AGE", "20"),
        ("EXPIRE_NOTIFICATION_TITLE", "a"),
        ("EXPIRE_NOTIFICATION_TEXT", "b"),
        ("INACTIVE_NOTIFICATION_TITLE", "c"),
        ("INACTIVE_NOTIFICATION_TEXT", "d"),
        ("SLACK_URL", "https://hooks.slack.com/services/T/B/x"),
        ("SNS_TOPIC", "arn:aws:sns:us-east-1:123456789012:keys"),
        ("NOTIFY_RETRY_SECONDS", "5"),
        ("MAX_DISABLE", "3"),
        ("MAX_DISABLE_PERCENT", "10"),
        ("CANARY_USER", " alice "),
        ("PROTECTED_PATHS", "/admins/, /ops/on-call/"),
        ("DEBUG", "1"),
        ("UNRELATED", "\u{fffd}"),
    ])
    .unwrap();
    assert_eq!(config.policy, policy(60, 50, 30, 20));
    let protected_paths = vec!["/admins/".to_owned(), "/ops/on-call/".to_owned()];
    assert_eq!(config.limits, Limits { auto_expire: true, max_disable: 3, max_percent: Some(10), protected_paths });
    assert!(config.canary.as_deref() == Some("alice") && config.common.debug && config.common.outputs.slack.is_some());
    assert_eq!(config.common.outputs.topic.unwrap().to_string(), "arn:aws:sns:us-east-1:123456789012:keys");
    let texts = config.texts;
    assert_eq!(
        [texts.expire_title, texts.expire_text, texts.inactive_title, texts.inactive_text],
        ["a", "b", "c", "d"]
    );
    assert_eq!(config.common.outputs.retry.budget, Duration::from_secs(5));
}

#[test]
fn empty_means_not_set() {
    let names = [
        "ENABLE_AUTO_EXPIRE",
        "EXPIRATION_AGE",
        "WARNING_AGE",
        "INACTIVITY_AGE",
        "INACTIVITY_WARNING_AGE",
        "EXPIRE_NOTIFICATION_TITLE",
        "SLACK_URL",
        "SNS_TOPIC",
        "NOTIFY_RETRY_SECONDS",
        "MAX_DISABLE",
        "MAX_DISABLE_PERCENT",
        "CANARY_USER",
        "PROTECTED_PATHS",
        "DEBUG",
    ];
    for empty in ["", "  "] {
        let config = config(&names.map(|name| (name, empty))).unwrap();
        assert_eq!(config.policy, policy(90, 80, 90, 80));
        assert_eq!(config.texts.expire_title, "AWS IAM Key Expiration Report");
        assert!(config.common.outputs.slack.is_none() && config.common.outputs.topic.is_none() && !config.common.debug);
    }
}

#[test]
fn protected_paths_are_paths_of_users() {
    for wrong in ["admins", "/admins", "admins/", "/", "//", "/admins/*", "/a b/", "/\u{e4}/"] {
        let said = problems(&[("PROTECTED_PATHS", wrong)]);
        let accepted = config(&[("PROTECTED_PATHS", "/admins/")]).unwrap().limits.protected_paths;
        assert!(said.contains(&format!("PROTECTED_PATHS is `{wrong}`: must be paths")), "{said}");
        assert_eq!(accepted, ["/admins/"]);
    }
    let said = problems(&[("PROTECTED_PATHS", "/admins/,admins")]);
    assert!(said.contains("is `admins`"), "{said}");
}

#[test]
fn inactivity_follows_age_unless_it_is_set() {
    assert_eq!(
        config(&[("EXPIRATION_AGE", "200"), ("WARNING_AGE", "150")]).unwrap().policy,
        policy(200, 150, 200, 150)
    );
}

#[test]
fn flags_go_before_the_environment() {
    let flags = Flags { expiration_age: Some("40".into()), warning_age: Some("30".into()), ..Flags::default() };
    assert_eq!(with_flags(&[("EXPIRATION_AGE", "x")], flags).unwrap().policy, policy(40, 30, 40, 30));
    let flags = Flags { warning_age: Some("90".into()), ..Flags::default() };
    insta::assert_snapshot!(with_flags(&[], flags).unwrap_err(), @r"
    these settings cannot be used:
      --warning-age is `90`: must be lower than EXPIRATION_AGE, which is 90
    ");
}

#[test]
fn every_problem_is_reported_at_once() {
    insta::assert_snapshot!(problems(&[
        ("ENABLE_AUTO_EXPIRE", "yes"),
        ("EXPIRATION_AGE", "ninety"),
        ("WARNING_AGE", "-1"),
        ("INACTIVITY_AGE", "1.5"),
        ("INACTIVITY_WARNING_AGE", "99999999999999999999"),
        ("SLACK_URL", "http://hooks.slack.com/services/T/B/hush"),
        ("SNS_TOPIC", "keys"),
        ("NOTIFY_RETRY_SECONDS", "1h"),
        ("MAX_DISABLE", "all"),
        ("MAX_DISABLE_PERCENT", "101"),
    ]), @r"
    these settings cannot be used:
      EXPIRATION_AGE is `ninety`: must be a whole number of days from 0 to 36500
      WARNING_AGE is `-1`: must be a whole number of days from 0 to 36500
      INACTIVITY_AGE is `1.5`: must be a whole number of days from 0 to 36500
      INACTIVITY_WARNING_AGE is `99999999999999999999`: must be a whole number of days from 0 to 36500
      MAX_DISABLE is `all`: must be a whole number from 0 to 1000000
      ENABLE_AUTO_EXPIRE is `yes`: must be `true` or `false`
      MAX_DISABLE_PERCENT is `101`: must be a whole number from 0 to 100
      SLACK_URL (not shown, as it may be a secret): must start with https:// (http:// is accepted for 127.0.0.1 and localhost only)
      SNS_TOPIC is `keys`: must be a topic's ARN, arn:aws:sns:REGION:ACCOUNT:NAME
      NOTIFY_RETRY_SECONDS is `1h`: must be a whole number from 0 to 900
    ");
}

#[test]
fn thresholds_that_cross_are_explained() {
    insta::assert_snapshot!(problems(&[("EXPIRATION_AGE", "60")]), @r"
    these settings cannot be used:
      WARNING_AGE is `80`: the default; must be lower than EXPIRATION_AGE, which is 60
    ");
    insta::assert_snapshot!(problems(&[("WARNING_AGE", "90"), ("INACTIVITY_AGE", "91"), ("INACTIVITY_WARNING_AGE", "91")]), @r"
    these settings cannot be used:
      WARNING_AGE is `90`: must be lower than EXPIRATION_AGE, which is 90
      INACTIVITY_AGE is `91`: must be at most EXPIRATION_AGE, which is 90
      INACTIVITY_WARNING_AGE is `91`: must be lower than INACTIVITY_AGE, which is 91
    ");
}

#[test]
fn inactivity_thresholds_come_in_pairs() {
    insta::assert_snapshot!(problems(&[("INACTIVITY_AGE", "30")]), @r"
    these settings cannot be used:
      INACTIVITY_AGE is `30`: needs INACTIVITY_WARNING_AGE too: set both or neither
    ");
    insta::assert_snapshot!(problems(&[("INACTIVITY_WARNING_AGE", "30"), ("INACTIVITY_AGE", "")]), @r"
    these settings cannot be used:
      INACTIVITY_WARNING_AGE is `30`: needs INACTIVITY_AGE too: set both or neither
    ");
}

#[test]
fn debug_is_on_when_set() {
    let debug = |value: &str| debug(&[("DEBUG".to_owned(), value.to_owned())]);
    assert!(debug("1") && debug("true") && debug("yes"));
    assert!(!debug("") && !debug("false") && !debug("0") && !super::debug(&[]));
}

#[test]
fn secrets_do_not_print() {
    let config = config(&[("SLACK_URL", "https://hooks.slack.com/services/T/B/hush")]).unwrap();
    assert!(!format!("{config:?}").contains("hush"));
    assert!(!problems(&[("SLACK_URL", "hush")]).contains("hush"));
    for misplaced in ["https://hooks.slack.com/services/T/B/hush", "hooks.slack.com/services/T/B/hush"] {
        assert!(!problems(&[("SNS_TOPIC", misplaced), ("CANARY_USER", misplaced)]).contains("hush"));
    }
}

#[test]
fn names_are_in_capitals() {
    let config =
        config(&[("enable_auto_expire", "true"), ("expiration_age", "1"), ("debug", "1"), ("DEBUG", "1")]).unwrap();
    assert!(!config.limits.auto_expire && config.common.debug);
    assert_eq!(config.policy, policy(90, 80, 90, 80));
}

#[test]
fn one_problem_does_not_hide_another() {
    insta::assert_snapshot!(problems(&[("EXPIRATION_AGE", "abc"), ("INACTIVITY_AGE", "5")]), @r"
    these settings cannot be used:
      EXPIRATION_AGE is `abc`: must be a whole number of days from 0 to 36500
      INACTIVITY_AGE is `5`: needs INACTIVITY_WARNING_AGE too: set both or neither
    ");
    insta::assert_snapshot!(
        problems(&[("WARNING_AGE", "95"), ("INACTIVITY_AGE", "abc"), ("INACTIVITY_WARNING_AGE", "10")]), @r"
    these settings cannot be used:
      INACTIVITY_AGE is `abc`: must be a whole number of days from 0 to 36500
      WARNING_AGE is `95`: must be lower than EXPIRATION_AGE, which is 90
    ");
}
