//! Needs by settings.

use std::collections::BTreeSet;

use super::*;
use crate::{
    config::{Flags, TagFlags},
    doctor::settings::Settings,
    tags::rules::file::{self, Format},
};

/// Rules of which one repairs.
const REPAIRS: &str = "[[rule]]\ntag = \"created_by\"\naliases = [\"creator\"]\nrepair = { launch-user = true }\n\n\
                       [[rule]]\ntag = \"team\"";

fn environment(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn of(audit: Audit, settings: &[(&str, &str)], rules: Option<&str>) -> Wants {
    let settings = Settings::read(&environment(settings), vec![audit], &Flags::default(), &TagFlags::default());
    assert!(settings.common().is_some(), "{settings:?}");
    Wants::new(&settings, rules.map(|rules| file::parse(rules, Format::Toml).unwrap()).as_ref())
}

fn of_keys(settings: &[(&str, &str)]) -> Wants {
    of(Audit::Keys, settings, None)
}

fn of_tags(audit: Audit, settings: &[(&str, &str)], rules: Option<&str>) -> Wants {
    of(audit, &[&[("TAG_RULES_FILE", "rules.toml")], settings].concat(), rules)
}

fn actions(wants: &Wants) -> BTreeSet<&'static str> {
    wants.needs(&[]).iter().map(|need| need.action).collect()
}

/// What one set of settings needs and the other does not.
fn more(wants: &Wants, than: &Wants) -> Vec<&'static str> {
    actions(wants).difference(&actions(than)).copied().collect()
}

#[test]
fn plain_audit_of_keys_needs_the_documented_five() {
    let five = [
        "iam:GetAccessKeyLastUsed",
        "iam:GetAccountAuthorizationDetails",
        "iam:GetAccountSummary",
        "iam:ListAccessKeys",
        "iam:ListAccountAliases",
    ];
    assert_eq!(actions(&of_keys(&[])), BTreeSet::from(five));
}

#[test]
fn keys_are_disabled_with_two_more() {
    let wants = of_keys(&[("ENABLE_AUTO_EXPIRE", "true")]);
    assert_eq!(more(&wants, &of_keys(&[])), ["iam:ListUserTags", "iam:UpdateAccessKey"]);
}

#[test]
fn credential_report_needs_two_more_that_can_be_done_without() {
    let wants = of_keys(&[("INVENTORY", "report")]);
    let two = ["iam:GenerateCredentialReport", "iam:GetCredentialReport"];
    assert_eq!(more(&wants, &of_keys(&[])), two);
    assert!(wants.needs(&[]).iter().filter(|need| two.contains(&need.action)).all(|need| need.lack == Lack::Worse));
}

#[test]
fn channels_need_what_they_are_made_of() {
    let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack";
    let parameter = "arn:aws:ssm:eu-west-1:123456789012:parameter/slack";
    let topic = "arn:aws:sns:eu-west-1:123456789012:keys";
    for (name, value, action) in [
        ("SNS_TOPIC", topic, &["sns:Publish"][..]),
        ("SLACK_URL", secret, &["secretsmanager:GetSecretValue"]),
        ("SLACK_URL", parameter, &["ssm:GetParameter"]),
        ("SLACK_URL", "https://hooks.slack.com/services/T/B/x", &[]),
    ] {
        assert_eq!(more(&of_keys(&[(name, value)]), &of_keys(&[])), action, "{value}");
    }
}

#[test]
fn what_is_done_instead_is_needed_once_the_fast_call_is_denied() {
    let before = actions(&of_keys(&[]));
    let needs = of_keys(&[]).needs(&["iam:GetAccountAuthorizationDetails"]);
    let instead: Vec<_> =
        needs.iter().filter(|need| !before.contains(need.action)).map(|need| (need.action, need.lack)).collect();
    let listed = ["iam:ListUsers", "iam:ListEntitiesForPolicy", "iam:ListUserTags"];
    assert_eq!(instead, listed.map(|action| (action, Lack::Missing)));
    let fast = |wants: &Wants| wants.needs(&[]).into_iter().find(|need| need.action == DETAILS).unwrap().lack;
    assert_eq!(fast(&of_keys(&[])), Lack::Worse);
    // The audit of tags cannot do without, nor can both together.
    let tags = of_tags(Audit::Tags, &[], None);
    assert_eq!(fast(&tags), Lack::Missing);
    assert_eq!(fast(&Wants { audits: vec![Audit::Keys, Audit::Tags], ..tags }), Lack::Missing);
}

#[test]
fn plain_audit_of_tags_needs_the_documented_five() {
    let five = [
        "cloudtrail:LookupEvents",
        "ec2:DescribeInstances",
        "ec2:DescribeRegions",
        "iam:GetAccountAuthorizationDetails",
        "iam:ListAccountAliases",
    ];
    let plain = of_tags(Audit::Tags, &[], None);
    assert_eq!(actions(&plain), BTreeSet::from(five));
    assert_eq!(more(&plain, &of_tags(Audit::Tags, &[("REGIONS", "eu-west-1")], None)), ["ec2:DescribeRegions"]);
    assert_eq!(
        more(&plain, &of_tags(Audit::Tags, &[("OWNER_LOOKUP_SECONDS", "0")], None)),
        ["cloudtrail:LookupEvents"]
    );
}

#[test]
fn action_decides_what_may_be_changed() {
    let plain = of_tags(Audit::Tags, &[], None);
    let more = |settings: &[(&str, &str)], rules| more(&of_tags(Audit::Tags, settings, rules), &plain);
    let requires = "[[rule]]\ntag = \"team\"";
    let [tags, look, protect, stop, terminate] =
        ["CreateTags", "DescribeInstanceAttribute", "ModifyInstanceAttribute", "StopInstances", "TerminateInstances"];
    let all = [tags, look, protect, stop, terminate].map(|action| format!("ec2:{action}"));
    assert_eq!(more(&[("TAG_ACTION", "repair")], None), all[..1]);
    assert!(more(&[("TAG_ACTION", "repair")], Some(requires)).is_empty());
    assert_eq!(more(&[("TAG_ACTION", "stop")], Some(requires)), [&all[1], &all[3]]);
    assert_eq!(more(&[("TAG_ACTION", "terminate")], Some(requires)), [&all[1], &all[3], &all[4]]);
    assert_eq!(more(&[("TAG_ACTION", "terminate"), ("OVERRIDE_PROTECTION", "true")], None), all);
    assert!(more(&[("OVERRIDE_PROTECTION", "true")], None).is_empty());
    assert_eq!(more(&[("CANARY_TAGS", "true")], Some(requires)), all[..1]);
}

#[test]
fn tags_to_be_set_are_those_of_repairs_and_canaries() {
    let wants = of_tags(Audit::Tags, &[("TAG_ACTION", "repair"), ("CANARY_TAGS", "true")], Some(REPAIRS));
    assert_eq!(wants.sets, Some(["canary_timestamp", "created_by", "creator"].map(ToOwned::to_owned).to_vec()));
    let wants = of_tags(Audit::Tags, &[], Some(REPAIRS));
    assert_eq!(wants.sets, Some(Vec::new()));
}

#[test]
fn rules_in_a_table_have_to_be_read() {
    let wants = of(Audit::Tags, &[("TAG_RULES_TABLE", "rules")], None);
    assert!(actions(&wants).contains("dynamodb:Scan"));
}

#[test]
fn watch_reads_logs_and_perhaps_other_accounts_but_no_list_of_regions() {
    let tags = of_tags(Audit::Tags, &[], None);
    let watch = of_tags(Audit::Watch, &[], None);
    assert_eq!(more(&watch, &tags), ["s3:GetObject"]);
    assert_eq!(more(&tags, &watch), ["ec2:DescribeRegions"]);
    let elsewhere = of_tags(Audit::Watch, &[("ASSUME_ROLE_NAME", "tools/sleuth")], None);
    assert_eq!(more(&elsewhere, &watch), ["sts:AssumeRole"]);
}

/// An archive with a key of one's own.
const ARCHIVE: [(&str, &str); 2] = [
    ("ARCHIVE", "s3://reports/sleuth"),
    ("ARCHIVE_KMS_KEY", "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-0000-0000-000000000000"),
];
const DOMAIN: (&str, &str) = ("SEARCH_URL", "https://search-audits-abc.eu-west-1.es.amazonaws.com");
const COLLECTION: (&str, &str) = ("SEARCH_URL", "https://abc.eu-west-1.aoss.amazonaws.com");

#[test]
fn stores_need_what_they_are_made_of() {
    let more = |settings: &[(&str, &str)]| more(&of_keys(settings), &of_keys(&[]));
    assert_eq!(more(&ARCHIVE[..1]), ["s3:PutObject"]);
    assert_eq!(more(&ARCHIVE), ["kms:GenerateDataKey", "s3:PutObject"]);
    assert_eq!(more(&[DOMAIN]), ["es:ESHttpPost"]);
    assert_eq!(more(&[COLLECTION]), ["aoss:APIAccessAll"]);
    // Who logs in otherwise, or not at all, needs nothing of AWS.
    assert!(more(&[DOMAIN, ("SEARCH_USER", "sleuth"), ("SEARCH_PASSWORD", "hush")]).is_empty());
    assert!(more(&[("SEARCH_URL", "http://127.0.0.1:9200")]).is_empty());
}

#[test]
fn digest_reads_the_archive_or_else_the_index_and_nothing_else() {
    let topic = ("SNS_TOPIC", "arn:aws:sns:eu-west-1:123456789012:keys");
    let digest = |settings: &[(&str, &str)]| actions(&of(Audit::Digest, &[&[topic], settings].concat(), None));
    assert_eq!(digest(&ARCHIVE), BTreeSet::from(["s3:GetObject", "s3:ListBucket", "sns:Publish"]));
    assert_eq!(digest(&[ARCHIVE[0], DOMAIN]), BTreeSet::from(["s3:GetObject", "s3:ListBucket", "sns:Publish"]));
    assert_eq!(digest(&[DOMAIN]), BTreeSet::from(["es:ESHttpPost", "sns:Publish"]));
}

#[test]
fn logs_and_reports_are_permissions_of_their_own() {
    let settings = [&ARCHIVE[..], &[("TAG_RULES_FILE", "rules.toml")]].concat();
    let watch = of(Audit::Watch, &settings, None);
    let both = Wants { audits: vec![Audit::Watch, Audit::Digest], ..watch };
    let needs = both.needs(&[]);
    let of: Vec<Resource> = needs.iter().filter(|n| n.action == "s3:GetObject").map(|n| n.resource).collect();
    assert_eq!(of, [Resource::Reports, Resource::Logs]);
}

#[test]
fn secrets_of_all_outputs_are_known_each_once() {
    let [one, two, three] = ["secret:slack", "secret:mail", "secret:search"]
        .map(|n| format!("arn:aws:secretsmanager:eu-west-1:123456789012:{n}"));
    let token = "arn:aws:ssm:eu-west-1:123456789012:parameter/token";
    let wants = of_keys(&[
        ("SLACK_URL", &one),
        ("SLACK_BOT_TOKEN", token),
        ("SLACK_CHANNEL", "#keys"),
        ("SMTP_URL", "smtps://smtp.example.com"),
        ("SMTP_USER", &two),
        ("SMTP_PASSWORD", &two),
        ("EMAIL_FROM", "sleuth@example.com"),
        ("EMAIL_TO", "ops@example.com"),
        ("SEARCH_URL", "https://search.example.com"),
        ("SEARCH_USER", "sleuth"),
        ("SEARCH_PASSWORD", &three),
    ]);
    let secrets: Vec<_> = wants.secrets.iter().map(|(names, arn)| (names.clone(), arn.to_string())).collect();
    assert_eq!(
        secrets,
        [
            (vec!["SLACK_URL"], one),
            (vec!["SLACK_BOT_TOKEN"], token.to_owned()),
            (vec!["SMTP_USER", "SMTP_PASSWORD"], two),
            (vec!["SEARCH_PASSWORD"], three),
        ]
    );
    assert_eq!(more(&wants, &of_keys(&[])), ["secretsmanager:GetSecretValue", "ssm:GetParameter"]);
}
