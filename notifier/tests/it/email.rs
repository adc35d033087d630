//! The e-mail channel against an SMTP server on this machine, which is difficult in every way a server can be.

use std::time::{Duration, Instant};

use notifier::{
    Address, Channel, Colour, DeliveryReport, Email, EmailSettings, Group, Line, Messages, Notification, Notifier,
    OwnerDomains, OwnerMessage, PartResult, Span, email,
};
use serde_json::json;

use crate::{
    impatient, line, notification,
    smtp::{PASSWORD, Smtp, USER, login, settings},
};

const OPS: &str = "ops@example.com";
const TITLE: &str = "AWS IAM Key Expiration Report";

/// With time for TLS on a busy machine.
fn policy() -> notifier::RetryPolicy {
    notifier::RetryPolicy { timeout: Duration::from_secs(10), ..impatient() }
}

async fn send_all(settings: EmailSettings, messages: &Messages) -> DeliveryReport {
    let channel = Channel::Email(Email::new(settings, policy()).unwrap());
    let report = Notifier::new(vec![channel]).send(messages, None).await;
    let shown = format!("{report:?}");
    assert!(!shown.contains(PASSWORD) && !shown.contains(USER), "the login is a secret: {shown}");
    report
}

async fn send(settings: EmailSettings) -> DeliveryReport {
    send_all(settings, &Messages::to_all(vec![report_on(&["AKIA1"])])).await
}

fn report_on(subjects: &[&str]) -> Notification {
    let text = " key AKIA…AAAA was disabled";
    notification(subjects.iter().map(|subject| line(subject, Some("U024BE7LH"), "alice", text)).collect())
}

fn owner(name: &str, email: Option<&str>, subjects: &[&str]) -> OwnerMessage {
    let to = Address { name: name.into(), slack: None, email: email.map(ToOwned::to_owned) };
    OwnerMessage { to, notification: report_on(subjects) }
}

/// What came of each part: channel and recipient, attempts, and the reason if it was not delivered.
fn results(report: &DeliveryReport) -> Vec<(String, u32, Option<String>)> {
    let result = |result: &PartResult| match result {
        PartResult::Delivered => None,
        PartResult::Redirected { reason } => Some(format!("redirected: {reason}")),
        PartResult::Undelivered { reason, text } => {
            assert!(text.contains("AKIA…AAAA was disabled"), "the text is kept: {text}");
            Some(reason.clone())
        }
    };
    let to = |title: &str| title.strip_prefix(TITLE).unwrap().strip_prefix(" to ").unwrap().to_owned();
    let parts = report.parts.iter();
    parts.map(|part| (format!("{} {}", part.channel, to(&part.title)), part.attempts, result(&part.result))).collect()
}

fn reason(report: &DeliveryReport) -> String {
    results(report)[0].2.clone().unwrap_or_else(|| panic!("was delivered: {report:?}"))
}

fn delivered(to: &str) -> (String, u32, Option<String>) {
    (format!("email {to}"), 1, None)
}

/// One of everything: groups, a command, links, an alert, and data that would be markup.
fn rich() -> Notification {
    let mut notification = notification(vec![
        line("k1", Some("U024BE7LH"), "Alice", " key AKIA…AAAA was disabled"),
        line("k2", None, "ci <deploy>", " key AKIA…BBBB & more"),
    ]);
    let repair = Line {
        subject: "k3".into(),
        spans: vec![
            Span::Text("Dora's key expires in 3 days; ".into()),
            Span::Link { text: "the run".into(), url: "https://ci.example.com/run?a=1&b=2".into() },
            Span::Link { text: " and a script".into(), url: "javascript:alert(1)".into() },
            Span::Command("aws iam create-access-key --user-name 'dora' && echo <done>".into()),
        ],
    };
    notification.alert = "Nothing was disabled: <30> keys".into();
    let soon = Group { heading: "Expiring soon".into(), colour: Colour::Yellow, lines: vec![repair] };
    notification.groups.insert(0, soon);
    notification.groups.push(Group { heading: "Nothing here".into(), colour: Colour::Grey, lines: Vec::new() });
    notification
}

#[test]
fn message_has_a_text_and_a_page() {
    let messages = email::payloads(&rich());
    assert_eq!(messages.len(), 1);
    insta::assert_snapshot!("email_text", format!("Subject: {}\n\n{}", messages[0].subject, messages[0].text));
    insta::assert_snapshot!("email_html", messages[0].html.replace("><", ">\n<"));
}

#[test]
fn nothing_to_say_makes_no_message() {
    assert!(email::payloads(&notification(Vec::new())).is_empty());
}

#[test]
fn five_thousand_findings_arrive_each_exactly_once_and_none_is_hidden() {
    let name = |i: usize| format!("user-{i:04}");
    let lines = |range: std::ops::Range<usize>| {
        range.map(|i| line(&name(i), None, &name(i), &format!(" <{}> was disabled;", name(i)))).collect::<Vec<_>>()
    };
    let mut large = notification(lines(0..2_500));
    large.groups.push(Group { heading: "Expiring soon".into(), colour: Colour::Yellow, lines: lines(2_500..5_000) });
    let messages = email::payloads(&large);
    assert!(messages.len() > 1);
    assert!(messages.iter().all(|message| message.html.len() <= email::payload::HTML_BYTES));
    let of = messages.len();
    for (index, message) in messages.iter().enumerate() {
        assert!(message.subject.ends_with(&format!("({}/{of})", index + 1)), "{}", message.subject);
        assert_eq!(message.text.contains("Rotate your key"), index == 0);
        assert_eq!(message.text.matches(" was disabled;").count(), message.html.matches(" was disabled;").count());
    }
    let texts: String = messages.iter().map(|message| message.text.as_str()).collect();
    let pages: String = messages.iter().map(|message| message.html.as_str()).collect();
    for i in 0..5_000 {
        assert_eq!(texts.matches(&format!("<{}>", name(i))).count(), 1);
        assert_eq!(pages.matches(&format!("&lt;{}&gt;", name(i))).count(), 1);
    }
}

#[tokio::test]
async fn text_and_page_arrive_encrypted_and_after_a_login() {
    for (tls, scheme) in [("starttls", "smtp"), ("implicit", "smtps")] {
        let server = Smtp::start(&json!({"tls": tls, "login": [USER, PASSWORD]}));
        let settings = settings(server.server(scheme), Some(login()), &["\"Ops, night\" <ops@example.com>"]);
        let report = send_all(settings, &Messages::to_all(vec![rich()])).await;
        assert_eq!(results(&report), [delivered(OPS)], "{tls}");
        assert_eq!(report.told().len(), 3);

        let told = server.told();
        let mail = &told.messages[0];
        assert_eq!((mail.from.as_str(), mail.to.as_slice()), ("sleuth@example.com", [OPS.to_owned()].as_slice()));
        assert_eq!((mail.user.as_deref(), mail.encrypted), (Some(USER), true));
        assert_eq!(mail.header("From"), "Sleuth <sleuth@example.com>");
        assert_eq!(mail.header("To"), "\"Ops, night\" <ops@example.com>");
        assert_eq!(mail.header("Subject"), TITLE);
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        assert!(mail.header("Content-Type").starts_with("multipart/alternative"));
        assert!(mail.header("Message-ID").ends_with("@example.com>"), "{}", mail.header("Message-ID"));
        assert!(mail.header("Date").ends_with("+0000") || mail.header("Date").ends_with("-0000"));
        let expected = &email::payloads(&rich())[0];
        assert_eq!(mail.text.trim_end(), expected.text.trim_end());
        assert_eq!(mail.html.trim_end(), expected.html);
        assert!(mail.raw.is_ascii());
        assert!(told.said.contains("EHLO example.com\r\n"));
    }
}

#[tokio::test]
async fn server_without_tls_is_told_nothing() {
    let server = Smtp::start(&json!({"tls": "none", "login": [USER, PASSWORD]}));
    let report = send(settings(server.server("smtp"), Some(login()), &[OPS, "b@example.com"])).await;
    assert!(reason(&report).contains("offers no STARTTLS"), "{report:?}");
    assert_eq!(results(&report).iter().map(|result| result.1).collect::<Vec<_>>(), [1, 0]);
    let told = server.told();
    assert_eq!((told.said.as_str(), told.connections), ("EHLO example.com\r\n", 1));
}

#[tokio::test]
async fn server_that_is_not_trusted_is_told_nothing() {
    for (tls, scheme) in [("starttls", "smtp"), ("implicit", "smtps")] {
        let server = Smtp::start(&json!({"tls": tls, "login": [USER, PASSWORD]}));
        let report = send(settings(server.strange(scheme), Some(login()), &[OPS])).await;
        assert!(reason(&report).contains("certificate is not trusted (invalid peer certificate: UnknownIssuer)"));
        assert_eq!(results(&report)[0].1, 1);
        let told = server.told();
        assert!(!told.said.contains("AUTH") && told.messages.is_empty(), "{}", told.said);
    }
}

#[tokio::test]
async fn server_of_another_name_is_not_trusted() {
    let server = Smtp::start(&json!({"tls": "starttls"}));
    let named = notifier::SmtpServer::parse(&format!("smtp://localhost:{}", server.port)).unwrap();
    let report = send(settings(named.trusting(server.authority.as_bytes()).unwrap(), None, &[OPS])).await;
    assert!(reason(&report).contains("certificate is not trusted"), "{report:?}");
}

#[tokio::test]
async fn tls_where_there_is_none_is_named() {
    let server = Smtp::start(&json!({"tls": "starttls"}));
    let report = send(settings(server.server("smtps"), None, &[OPS])).await;
    assert!(reason(&report).contains("no TLS with the server"), "{report:?}");
}

#[tokio::test]
async fn wrong_password_is_named_and_not_repeated() {
    let server = Smtp::start(&json!({"tls": "starttls", "login": [USER, "another"]}));
    let report = send(settings(server.server("smtp"), Some(login()), &[OPS, "b@example.com"])).await;
    assert_eq!(reason(&report), "the server refuses the login (535): check SMTP_USER and SMTP_PASSWORD");
    let attempts: Vec<_> = results(&report).iter().map(|result| result.1).collect();
    assert_eq!(attempts, [1, 0]);
    assert_eq!(server.told().said.matches("AUTH").count(), 1);
}

#[tokio::test]
async fn missing_login_is_named() {
    let server = Smtp::start(&json!({"tls": "starttls", "login": [USER, PASSWORD]}));
    let report = send(settings(server.server("smtp"), None, &[OPS])).await;
    assert!(reason(&report).starts_with("the server wants a login: check SMTP_USER"), "{report:?}");
}

#[tokio::test]
async fn answer_that_repeats_the_login_is_quoted_without_it() {
    let refusal = format!("554 5.7.1 {USER} may not send here with {PASSWORD}");
    let server = Smtp::start(&json!({"tls": "starttls", "login": [USER, PASSWORD], "data": {"reply": refusal}}));
    let report = send(settings(server.server("smtp"), Some(login()), &[OPS])).await;
    assert_eq!(reason(&report), "554 5.7.1 [redacted] may not send here with [redacted]");
}

#[tokio::test]
async fn sender_who_is_refused_closes_the_channel() {
    let server = Smtp::start(&json!({"mail": {"reply": "553 5.7.1 not yours"}}));
    let report = send(server.plain(&[OPS, "b@example.com"])).await;
    assert_eq!(reason(&report), "the server refuses the sender: check EMAIL_FROM: 553 5.7.1 not yours");
    assert_eq!(server.told().said.matches("MAIL FROM").count(), 1);
}

#[tokio::test]
async fn busy_server_is_tried_again() {
    for orders in [
        json!({"rcpt": {OPS: {"reply": "450 4.2.1 busy", "times": 1}}}),
        json!({"data": {"reply": "454 Throttling failure: Maximum sending rate exceeded", "times": 1}}),
        json!({"mail": {"reply": "421 too many connections", "times": 1}}),
    ] {
        let server = Smtp::start(&orders);
        let report = send(server.plain(&[OPS])).await;
        assert_eq!(results(&report), [(format!("email {OPS}"), 2, None)], "{orders}");
        assert_eq!(server.told().recipients(), [OPS]);
    }
}

#[tokio::test]
async fn recipient_who_is_never_taken_is_given_up_after_all_others() {
    let server = Smtp::start(&json!({"rcpt": {OPS: {"reply": "452 4.2.2 mailbox full"}}}));
    let started = Instant::now();
    let report = send(server.plain(&[OPS, "b@example.com", "c@example.com"])).await;
    assert!(started.elapsed() < Duration::from_secs(10));
    let reason = reason(&report);
    assert!(reason.contains("452 4.2.2 mailbox full (gave up: "), "{reason}");
    assert_eq!(results(&report)[1..], [delivered("b@example.com"), delivered("c@example.com")]);
    assert!(results(&report)[0].1 > 3, "{report:?}");
    let told = server.told();
    assert_eq!(told.recipients(), ["b@example.com", "c@example.com"]);
    let order: Vec<usize> = ["c@example.com", OPS].map(|to| told.said.rfind(to).unwrap()).to_vec();
    assert!(order[0] < order[1], "the others had their turn first: {}", told.said);
}

#[tokio::test]
async fn refused_recipient_stops_no_other_and_leaves_nobody_untold() {
    let server = Smtp::start(&json!({"rcpt": {"b@example.com": {"reply": "550 5.1.1 no such user"}}}));
    let report = send(server.plain(&[OPS, "b@example.com", "c@example.com"])).await;
    let refused = ("email b@example.com".to_owned(), 1, Some("550 5.1.1 no such user".to_owned()));
    assert_eq!(results(&report), [delivered(OPS), refused, delivered("c@example.com")]);
    assert_eq!(report.undelivered().count(), 1);
    assert_eq!(report.told()["AKIA1"], Ok(()));
    let told = server.told();
    assert_eq!((told.recipients(), told.connections), (vec![OPS, "c@example.com"], 1));
}

#[tokio::test]
async fn nobody_is_told_if_all_recipients_are_refused() {
    let no = json!({"reply": "550 5.1.1 no such user"});
    let server = Smtp::start(&json!({"rcpt": {OPS: no, "b@example.com": no}}));
    let report = send(server.plain(&[OPS, "b@example.com"])).await;
    assert_eq!(report.told()["AKIA1"], Err("email: 550 5.1.1 no such user".to_owned()));
}

#[tokio::test]
async fn refused_message_does_not_stop_the_next_one() {
    let server = Smtp::start(&json!({"data": {"reply": "554 5.6.0 no", "times": 1}}));
    let messages = Messages::to_all(vec![report_on(&["AKIA1"]), report_on(&["AKIA2"])]);
    let report = send_all(server.plain(&[OPS]), &messages).await;
    assert_eq!(reason(&report), "554 5.6.0 no");
    assert_eq!(report.parts[1].result, PartResult::Delivered);
    assert_eq!(report.told()["AKIA1"], Err("email: 554 5.6.0 no".to_owned()));
    assert_eq!(report.told()["AKIA2"], Ok(()));
}

#[tokio::test]
async fn one_connection_carries_all_messages() {
    let server = Smtp::start(&json!({"tls": "starttls", "login": [USER, PASSWORD]}));
    let to: Vec<String> = (0..20).map(|i| format!("u{i}@example.com")).collect();
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let report = send(settings(server.server("smtp"), Some(login()), &to)).await;
    assert_eq!(report.undelivered().count(), 0);
    let told = server.told();
    assert_eq!((told.recipients(), told.connections), (to, 1));
    assert!(told.said.ends_with("QUIT\r\n"), "{}", told.said);
    let ids: std::collections::BTreeSet<_> = told.messages.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 20);
}

#[tokio::test]
async fn connection_that_is_cut_is_made_again_and_nobody_hears_twice() {
    let server = Smtp::start(&json!({"cut": 2}));
    let to = ["a@example.com", "b@example.com", "c@example.com", "d@example.com"];
    let report = send(server.plain(&to)).await;
    assert_eq!(results(&report), to.map(delivered));
    let told = server.told();
    assert_eq!((told.recipients(), told.connections), (to.to_vec(), 2));
}

#[tokio::test]
async fn server_that_has_enough_of_a_connection_gets_another() {
    let server = Smtp::start(&json!({"mail": {"reply": "421 4.7.0 enough", "times": 1, "after": 1}}));
    let report = send(server.plain(&[OPS, "b@example.com"])).await;
    assert_eq!(results(&report), [delivered(OPS), delivered("b@example.com")]);
    assert_eq!(server.told().connections, 2);
}

#[tokio::test]
async fn silence_is_cut_off_by_the_end_of_the_run() {
    for hang in ["greeting", "data"] {
        let server = Smtp::start(&json!({"hang": hang}));
        let channel = Channel::Email(Email::new(server.plain(&[OPS, "b@example.com"]), policy()).unwrap());
        let started = Instant::now();
        let until = tokio::time::Instant::now() + Duration::from_millis(500);
        let messages = Messages::to_all(vec![report_on(&["AKIA1"])]);
        let report = Notifier::new(vec![channel]).send(&messages, Some(until)).await;
        assert!(started.elapsed() < Duration::from_secs(3), "{hang}: {:?}", started.elapsed());
        assert_eq!(reason(&report), "no answer, and the time of the run was over", "{hang}");
        assert_eq!(report.undelivered().count(), 2);
        assert!(server.told().messages.is_empty());
    }
}

#[tokio::test]
async fn silence_is_given_up() {
    let server = Smtp::start(&json!({"hang": "greeting"}));
    let channel = Channel::Email(Email::new(server.plain(&[OPS]), impatient()).unwrap());
    let report = Notifier::new(vec![channel]).send(&Messages::to_all(vec![report_on(&["AKIA1"])]), None).await;
    let reason = reason(&report);
    assert!(reason.starts_with("no answer in time: is it the right port") && reason.contains("gave up"), "{reason}");
}

#[tokio::test]
async fn nobody_listening_is_given_up() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = notifier::SmtpServer::parse(&format!("smtp://127.0.0.1:{port}?tls=none")).unwrap();
    let report = send(settings(server, None, &[OPS, "b@example.com"])).await;
    let reason = reason(&report);
    assert!(reason.starts_with("no connection: ") && reason.contains("gave up"), "{reason}");
    assert_eq!(results(&report)[1].1, 0);
}

#[tokio::test]
async fn probe_goes_as_far_as_the_sender_and_sends_nothing() {
    for (orders, scheme) in [
        (json!({"tls": "starttls", "login": [USER, PASSWORD]}), "smtp"),
        (json!({"tls": "implicit", "login": [USER, PASSWORD]}), "smtps"),
    ] {
        let server = Smtp::start(&orders);
        let email = Email::new(settings(server.server(scheme), Some(login()), &[OPS]), policy()).unwrap();
        assert_eq!(email.probe().await, Ok(()), "{scheme}");
        let told = server.told();
        assert!(told.said.contains("MAIL FROM:<sleuth@example.com>") && told.said.contains("QUIT"), "{}", told.said);
        assert!(!told.said.contains("RCPT") && told.messages.is_empty(), "{}", told.said);
    }
}

#[tokio::test]
async fn probe_says_what_is_wrong_and_whether_that_passes() {
    let other = notifier::SmtpLogin { user: USER.into(), password: "hush-other".into() };
    let wants = json!({"tls": "implicit", "login": [USER, PASSWORD]});
    for (orders, scheme, login, passes, said) in [
        (wants.clone(), "smtps", Some(other), false, "the server refuses the login (535)"),
        (wants, "smtps", None, false, "the server wants a login"),
        (json!({"mail": {"reply": "550 not yours"}}), "smtp?tls=none", None, false, "refuses the sender"),
        (json!({"mail": {"reply": "451 later"}}), "smtp?tls=none", None, true, "451 later (gave up"),
    ] {
        let server = Smtp::start(&orders);
        let email = Email::new(settings(server.server(scheme), login, &[OPS]), policy()).unwrap();
        let error = email.probe().await.unwrap_err();
        assert_eq!(error.passes(), passes, "{error}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(said) && !shown.contains("hush") && !shown.contains(USER), "{shown}");
        assert!(server.told().messages.is_empty());
    }
    let server = Smtp::start(&json!({"hang": "greeting"}));
    let email = Email::new(server.plain(&[OPS]), impatient()).unwrap();
    assert!(email.probe().await.unwrap_err().passes());
}

#[tokio::test]
async fn owners_are_written_to_in_allowed_domains_only() {
    let server = Smtp::start(&json!({}));
    let messages = Messages {
        everyone: vec![report_on(&["AKIA1", "AKIA2"])],
        owners: vec![
            owner("alice", Some("Alice@Example.com"), &["AKIA1"]),
            owner("bob", Some("bob@elsewhere.example"), &["AKIA2"]),
            owner("carol", Some("carol@sub.example.com"), &["AKIA2"]),
            owner("dora", Some("no address"), &["AKIA2"]),
            owner("erin", None, &["AKIA2"]),
        ],
        ..Messages::default()
    };
    let mut settings = server.plain(&[OPS]);
    settings.owners = OwnerDomains::parse("example.com").unwrap();
    let report = send_all(settings, &messages).await;
    assert_eq!(results(&report), [delivered(OPS), ("email_owner Alice@Example.com".to_owned(), 1, None)]);
    let told = server.told();
    assert_eq!(told.recipients(), [OPS, "Alice@Example.com"]);
    assert_eq!(told.messages[1].header("To"), "alice <Alice@Example.com>");
    assert_eq!(told.messages[1].text.matches("was disabled").count(), 1);
}

#[tokio::test]
async fn without_domains_no_owner_is_written_to() {
    let server = Smtp::start(&json!({}));
    let owners = vec![owner("alice", Some("alice@example.com"), &["AKIA1"])];
    let report = send_all(server.plain(&[OPS]), &Messages { owners, ..Messages::default() }).await;
    assert_eq!(report, DeliveryReport::default());
    assert_eq!(server.told().connections, 0);
}

#[tokio::test]
async fn owner_who_is_refused_is_covered_by_everybody_elses_message_if_somebody_got_that() {
    let no = json!({"reply": "550 5.1.1 no such user"});
    let busy = json!({"reply": "450 4.2.1 busy"});
    let messages = Messages {
        everyone: vec![report_on(&["AKIA1"])],
        owners: vec![owner("alice", Some("alice@example.com"), &["AKIA1"])],
        ..Messages::default()
    };
    for (rcpt, expected) in [
        (json!({"alice@example.com": no, "b@example.com": no}), "redirected: 550 5.1.1 no such user"),
        (json!({"alice@example.com": no, "b@example.com": no, OPS: no}), "550 5.1.1 no such user"),
        (json!({"alice@example.com": busy}), "450 4.2.1 busy (gave up: 2 s is the limit for retries)"),
    ] {
        let server = Smtp::start(&json!({"rcpt": rcpt}));
        let mut settings = server.plain(&[OPS, "b@example.com"]);
        settings.owners = OwnerDomains::parse("*").unwrap();
        let report = send_all(settings, &messages).await;
        let owner = results(&report).remove(2);
        assert_eq!((owner.0.as_str(), owner.2.as_deref()), ("email_owner alice@example.com", Some(expected)));
        assert_eq!(report.told()["AKIA1"].is_ok(), rcpt[OPS].is_null(), "{report:?}");
    }
}

#[tokio::test]
async fn line_breaks_in_names_and_titles_do_no_harm() {
    let server = Smtp::start(&json!({}));
    let evil = "Schlüssel\r\nBcc: evil@example.com\r\n\r\n<script>";
    let mut bad = notification(vec![line("AKIA1", None, evil, "\r\n.\r\nMAIL FROM:<evil@example.com>")]);
    bad.title = evil.into();
    bad.account = evil.into();
    bad.groups[0].heading = evil.into();
    let to = Address { name: format!("{evil}\" <evil@example.com>,"), slack: None, email: Some(OPS.into()) };
    let owners = vec![OwnerMessage { to, notification: bad }];
    let mut settings = server.plain(&[]);
    settings.owners = OwnerDomains::parse("example.com").unwrap();
    let report = send_all(settings, &Messages { owners, ..Messages::default() }).await;
    assert_eq!(report.undelivered().count(), 0);

    let told = server.told();
    assert_eq!(told.recipients(), [OPS]);
    let mail = &told.messages[0];
    assert!(mail.headers.iter().all(|(name, _)| !name.eq_ignore_ascii_case("bcc")), "{:?}", mail.headers);
    assert_eq!(mail.header("Subject"), "Schlüssel  Bcc: evil@example.com    <script>");
    assert!(mail.header("To").ends_with("<ops@example.com>"), "{}", mail.header("To"));
    assert!(!mail.html.contains("<script>") && mail.text.contains("- Schlüssel  Bcc: evil@example.com"));
    assert_eq!(told.said.matches("RCPT TO").count(), 1);
}

#[tokio::test]
async fn lines_that_begin_with_a_dot_arrive_whole() {
    let server = Smtp::start(&json!({}));
    let mut dotted = report_on(&["AKIA1"]);
    dotted.instructions = ".\n.hidden\n..".into();
    send_all(server.plain(&[OPS]), &Messages::to_all(vec![dotted])).await;
    assert!(server.told().messages[0].text.contains("\n.\n.hidden\n..\n"));
}

#[test]
fn login_is_not_shown() {
    let server = notifier::SmtpServer::parse("smtps://smtp.example.com").unwrap();
    let channel = Email::new(settings(server, Some(login()), &[OPS]), impatient()).unwrap();
    let shown = format!("{channel:?}");
    assert!(!shown.contains(USER) && !shown.contains(PASSWORD), "{shown}");
}
