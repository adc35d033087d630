use super::*;
use crate::config::{Common, Problems};

fn checked(settings: &[(&str, &str)]) -> Result<Outputs, Problems> {
    let settings: Vec<_> = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Common::checked(&settings).map(|common| common.outputs)
}

/// The names of the settings that are complained of, and all that is said.
fn problems(settings: &[(&str, &str)]) -> (Vec<&'static str>, String) {
    let problems = checked(settings).unwrap_err();
    (problems.0.iter().map(|problem| problem.name).collect(), problems.to_string())
}

const MAIL: [(&str, &str); 3] =
    [("SMTP_URL", "smtps://mail.example"), ("EMAIL_FROM", "sleuth@a.example"), ("EMAIL_TO", "ops@a.example")];

#[test]
fn nothing_is_set_by_default() {
    let outputs = checked(&[("SMTP_URL", " "), ("ARCHIVE", ""), ("SEARCH_INDEX", "")]).unwrap();
    assert!(!outputs.reach_people() && outputs.archive.is_none() && outputs.search.is_none());
}

#[test]
fn archives_are_places_in_s3() {
    for (url, bucket, prefix) in [
        ("s3://reports", "reports", ""),
        ("s3://reports/", "reports", ""),
        ("s3://my.reports-1/sleuth", "my.reports-1", "sleuth/"),
        (" s3://reports/a/b/ ", "reports", "a/b/"),
    ] {
        let archive = checked(&[("ARCHIVE", url), ("ARCHIVE_KMS_KEY", "alias/reports")]).unwrap().archive.unwrap();
        assert_eq!((archive.bucket.as_str(), archive.prefix.as_str()), (bucket, prefix), "{url}");
        assert_eq!(archive.kms_key.as_deref(), Some("alias/reports"));
    }
    for url in ["reports", "s3://", "s3://ab", "s3://Reports", "https://reports", "s3://reports//a", "s3://-bucket/a"] {
        let (names, told) = problems(&[("ARCHIVE", url)]);
        assert_eq!(names, ["ARCHIVE"], "{url}");
        assert!(told.contains("s3://BUCKET/PREFIX"), "{told}");
    }
}

#[test]
fn settings_of_what_is_not_set_are_mistakes() {
    let (names, told) = problems(&[
        ("SLACK_CHANNEL", "#keys"),
        ("SMTP_PASSWORD", "hush-hush"),
        ("EMAIL_TO", "ops@a.example"),
        ("SEARCH_INDEX", "audits"),
        ("ARCHIVE_KMS_KEY", "alias/x"),
    ]);
    assert_eq!(names, ["SLACK_CHANNEL", "SMTP_PASSWORD", "EMAIL_TO", "SEARCH_INDEX", "ARCHIVE_KMS_KEY"]);
    assert!(told.contains("only with SMTP_URL, which is not set") && !told.contains("hush-hush"), "{told}");
}

#[test]
fn bot_needs_a_channel() {
    let token = ("SLACK_BOT_TOKEN", "xoxb-hush-hush");
    assert!(checked(&[token, ("SLACK_CHANNEL", "C0123456789")]).unwrap().bot.is_some());
    let (names, told) = problems(&[token]);
    assert_eq!(names, ["SLACK_CHANNEL"]);
    assert!(told.contains("SLACK_CHANNEL is not set: must be the channel"), "{told}");
    assert_eq!(problems(&[token, ("SLACK_CHANNEL", "aws keys")]).0, ["SLACK_CHANNEL"]);
    // Mixed up: neither is taken, and the token is not shown.
    let (names, told) = problems(&[("SLACK_BOT_TOKEN", "#aws"), ("SLACK_CHANNEL", "xoxb-hush-hush")]);
    assert_eq!(names, ["SLACK_BOT_TOKEN", "SLACK_CHANNEL"]);
    assert!(!told.contains("hush"), "{told}");
    let (names, told) = problems(&[token, ("SLACK_CHANNEL", "#a"), ("SLACK_API_URL", "http://slack.example")]);
    assert_eq!(names, ["SLACK_API_URL"]);
    assert!(!told.contains("hush-hush"), "{told}");
}

#[test]
fn mail_needs_a_sender_and_somebody_to_get_it() {
    assert!(checked(&MAIL).unwrap().email.is_some());
    assert_eq!(problems(&MAIL[..1]).0, ["EMAIL_FROM", "EMAIL_TO"]);
    assert_eq!(problems(&[MAIL[0], ("EMAIL_FROM", "nobody"), MAIL[2]]).0, ["EMAIL_FROM"]);
    assert_eq!(problems(&[MAIL[0], MAIL[1], ("EMAIL_TO", "ops@a.example, x")]).0, ["EMAIL_TO"]);
    assert_eq!(problems(&[&MAIL[..], &[("EMAIL_OWNER_DOMAINS", "a b")]].concat()).0, ["EMAIL_OWNER_DOMAINS"]);
    // Alerts are for no owner: somebody else has to get them.
    let only_owners = [MAIL[0], MAIL[1], ("EMAIL_OWNER_DOMAINS", "a.example")];
    assert_eq!(problems(&only_owners).0, ["EMAIL_TO"]);
    let topic = ("SNS_TOPIC", "arn:aws:sns:eu-west-1:123456789012:keys");
    let outputs = checked(&[&only_owners[..], &[topic]].concat()).unwrap();
    assert!(outputs.email.unwrap().to.is_empty());
    let (names, told) = problems(&[&MAIL[..], &[("SMTP_CA_FILE", "/nonexistent/ca.pem")]].concat());
    assert_eq!(names, ["SMTP_CA_FILE"]);
    assert!(told.contains("`/nonexistent/ca.pem`: cannot be read: No such file"), "{told}");
    assert_eq!(problems(&[&MAIL[..], &[("SMTP_CA_FILE", "Cargo.toml")]].concat()).0, ["SMTP_CA_FILE"]);
    for (set, missing) in [(("SMTP_USER", "u"), "SMTP_PASSWORD"), (("SMTP_PASSWORD", "hush-hush"), "SMTP_USER")] {
        let (names, told) = problems(&[&MAIL[..], &[set]].concat());
        assert_eq!(names, [missing]);
        assert!(!told.contains("hush-hush"), "{told}");
    }
    // A password in the address is not repeated.
    let (names, told) = problems(&[("SMTP_URL", "smtps://u:hush-hush@mail.example"), MAIL[1], MAIL[2]]);
    assert_eq!(names, ["SMTP_URL"]);
    assert!(told.contains("SMTP_PASSWORD") && !told.contains("hush-hush"), "{told}");
}

#[test]
fn secrets_may_be_kept_elsewhere() {
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-AbCdEf";
    let login = |password| [&MAIL[..], &[("SMTP_USER", "u"), ("SMTP_PASSWORD", password)]].concat();
    let of = |password| checked(&login(password)).unwrap().email.unwrap().login.unwrap().1;
    assert!(matches!(of(arn), Secret::Kept(kept) if kept.to_string() == arn));
    assert!(matches!(of("hush"), Secret::Plain(_)));
    assert_eq!(problems(&login("arn:aws:s3:::bucket")).0, ["SMTP_PASSWORD"]);
    assert!(!format!("{:?}", of("hush-hush")).contains("hush-hush"));
}

#[test]
fn login_to_the_index_is_what_the_settings_suggest() {
    let aws = ("SEARCH_URL", "https://search-x.eu-west-1.es.amazonaws.com");
    let own = ("SEARCH_URL", "https://search.a.example:9200");
    let basic = [("SEARCH_USER", "u"), ("SEARCH_PASSWORD", "p")];
    let of = |settings: &[(&str, &str)]| match checked(settings).unwrap().search.unwrap().login {
        SearchLogin::None => "none",
        SearchLogin::Basic(..) => "basic",
        SearchLogin::SigV4 => "sigv4",
    };
    assert_eq!(of(&[aws]), "sigv4");
    assert_eq!(of(&[own]), "none");
    assert_eq!(of(&[aws, basic[0], basic[1]]), "basic");
    assert_eq!(of(&[own, ("SEARCH_AUTH", "SigV4")]), "sigv4");
    assert_eq!(problems(&[own, basic[0]]).0, ["SEARCH_PASSWORD"]);
    assert_eq!(problems(&[own, ("SEARCH_USER", "a:b"), basic[1]]).0, ["SEARCH_USER"]);
    assert_eq!(problems(&[own, ("SEARCH_AUTH", "basic")]).0, ["SEARCH_USER", "SEARCH_PASSWORD"]);
    assert_eq!(problems(&[own, ("SEARCH_AUTH", "none"), basic[0]]).0, ["SEARCH_USER"]);
    assert_eq!(problems(&[own, ("SEARCH_AUTH", "token")]).0, ["SEARCH_AUTH"]);
    assert_eq!(problems(&[("SEARCH_URL", "http://search.a.example"), ("SEARCH_INDEX", "Audits")]).0.len(), 2);
}
