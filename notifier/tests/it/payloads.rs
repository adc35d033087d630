//! What goes over the wire, and that nothing is lost on the way.

use notifier::{Colour, Group, Line, Notification, Span, email, slack, sns};
use proptest::prelude::*;

use crate::{line, notification};

fn two_groups() -> Notification {
    let mut notification = notification(vec![
        line("k1", Some("U024BE7LH"), "Alice", " key AKIA…AAAA was disabled"),
        line("k2", Some("subteam-SAZ94GDB8"), "ci <deploy>", " key AKIA…BBBB & more"),
        line("k3", None, "bob <!channel>", " key AKIA…CCCC"),
    ]);
    notification.groups.insert(0, Group { heading: "Nothing here".into(), colour: Colour::Yellow, lines: Vec::new() });
    notification.groups.insert(
        0,
        Group {
            heading: "Expiring soon".into(),
            colour: Colour::Yellow,
            lines: vec![line("k4", Some("W1"), "Dora", " expires in 3 days")],
        },
    );
    notification
}

#[test]
fn slack_message_is_as_documented() {
    insta::assert_json_snapshot!(slack::payloads(&two_groups()));
}

#[test]
fn sns_message_is_plain_text_with_names() {
    let messages = sns::payloads(&two_groups());
    assert_eq!(messages.len(), 1);
    insta::assert_snapshot!(format!("Subject: {}\n\n{}", messages[0].subject, messages[0].text));
}

#[test]
fn an_alert_comes_first_on_every_channel() {
    let mut notification = two_groups();
    notification.alert = "Nothing was disabled: <30> keys".into();
    let text = &slack::payloads(&notification)[0].attachments[0].text;
    assert!(text.starts_with("*Nothing was disabled: &lt;30&gt; keys*\nAccount "), "{text}");
    let text = &sns::payloads(&notification)[0].text;
    assert!(text.starts_with("Nothing was disabled: <30> keys\n\nAWS IAM Key Expiration Report\n"), "{text}");
}

#[test]
fn nothing_to_say_makes_no_message() {
    let empty = notification(Vec::new());
    assert!(empty.is_empty());
    assert!(slack::payloads(&empty).is_empty());
    assert!(sns::payloads(&empty).is_empty());
}

#[test]
fn subject_is_short_printable_ascii() {
    let mut long = two_groups();
    long.title = format!(" Schlüssel\nbericht {}", "x".repeat(200));
    let subject = sns::payloads(&long)[0].subject.clone();
    assert_eq!(subject.len(), sns::payload::SUBJECT_CHARACTERS);
    assert!(subject.starts_with("Schl?ssel bericht xxx"), "{subject}");
}

#[test]
fn five_thousand_findings_arrive_each_exactly_once() {
    let name = |i: usize| format!("user-{i:04}");
    let lines = (0..5_000)
        .map(|i| line(&name(i), Some("U024BE7LH"), &name(i), &format!(" {} key AKIA…{i:04} was disabled;", name(i))))
        .collect();
    let notification = notification(lines);

    let messages = slack::payloads(&notification);
    assert!(messages.len() > 1);
    let json: Vec<String> = messages.iter().map(|message| serde_json::to_string(message).unwrap()).collect();
    assert!(json.iter().all(|json| json.len() <= slack::payload::MESSAGE_BYTES));
    let last = messages.last().unwrap().attachments[0].title.clone();
    assert!(last.ends_with(&format!("({0}/{0})", messages.len())), "{last}");

    let texts: Vec<String> = sns::payloads(&notification).into_iter().map(|message| message.text).collect();
    assert!(texts.len() > 1 && texts.iter().all(|text| text.len() <= 256 * 1024));

    for all in [json.concat(), texts.concat()] {
        for i in [0, 1, 2_500, 4_999] {
            assert_eq!(all.matches(&format!("{} key", name(i))).count(), 1, "{}", name(i));
        }
        assert_eq!(all.matches(" was disabled;").count(), 5_000);
    }
}

/// Words with everything that needs care: escapes, quotes, line breaks, wide and combining characters. Long ones repeat
/// themselves, for each character that is drawn takes its time.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => r#"[a-z&<>"\\é漢🦀 \n\t_*~`@.-]{0,40}"#,
        1 => (r#"[a-z&<>"\\é漢🦀 \n\t]{1,40}"#, 1..60_usize).prop_map(|(words, times)| words.repeat(times)),
    ]
}

fn any_line() -> impl Strategy<Value = Line> {
    let slack = prop_oneof![Just(None), Just(Some("U024BE7LH")), Just(Some("SAZ94GDB8"))];
    (words(), slack, words(), prop::option::weighted(0.2, words()), prop::option::weighted(0.2, (words(), words())))
        .prop_map(|(name, slack, text, command, link)| {
            let mut line = line(&name, slack, &name, &text);
            line.spans.extend(command.map(Span::Command));
            line.spans.extend(link.map(|(text, url)| Span::Link { text, url }));
            line
        })
}

#[test]
fn many_small_groups_keep_within_a_hundred_attachments() {
    let mut notification = notification(Vec::new());
    notification.groups = (0..500)
        .map(|i| Group { heading: "x".into(), colour: Colour::Red, lines: vec![line(&i.to_string(), None, "y", "")] })
        .collect();
    let messages = slack::payloads(&notification);
    assert!(messages.iter().all(|message| message.attachments.len() <= 100));
    assert_eq!(messages.iter().map(|message| message.attachments.len() - 1).sum::<usize>(), 500);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_part_is_over_a_limit_and_no_word_is_lost(
        title in words(), alert in words(), instructions in words(), account in words(),
        lines in prop::collection::vec(any_line(), 1..200),
    ) {
        let notification = Notification {
            title, alert, instructions, account,
            groups: vec![Group { heading: "Expired".into(), colour: Colour::Red, lines: lines.clone() }],
        };

        let messages = slack::payloads(&notification);
        let mut shown = String::new();
        for message in &messages {
            prop_assert!(serde_json::to_string(message).unwrap().len() <= slack::payload::MESSAGE_BYTES);
            prop_assert!(message.attachments.len() <= 100);
            for attachment in &message.attachments {
                prop_assert!(attachment.text.chars().count() <= slack::payload::TEXT_CHARACTERS);
                if attachment.color.is_some() {
                    shown.push_str(&attachment.text);
                }
            }
        }
        let expected: String = lines.iter().flat_map(|line| &line.spans).map(in_slack).collect();
        prop_assert_eq!(without_breaks(&shown), without_breaks(&expected));

        let texts = sns::payloads(&notification);
        prop_assert!(texts.iter().all(|message| message.text.len() <= 256 * 1024));
        let mails = email::payloads(&notification);
        prop_assert!(mails.iter().all(|mail| mail.html.len() <= email::payload::HTML_BYTES));
        prop_assert!(mails.iter().all(|mail| !mail.subject.contains(char::is_control)));
        let plain: Vec<String> = lines.iter().map(|line| without_controls(&line.plain())).collect();
        let of_topic: String = texts.iter().map(|message| message.text.as_str()).collect();
        prop_assert_eq!(first_missing(&of_topic, &plain), None);
        let of_mails: String = mails.iter().map(|mail| mail.text.as_str()).collect();
        prop_assert_eq!(first_missing(&of_mails, &plain), None);
        let pages: String = mails.iter().map(|mail| mail.html.as_str()).collect();
        let pieces: Vec<String> = lines.iter().flat_map(|line| &line.spans).map(in_html).collect();
        prop_assert_eq!(first_missing(&pages, &pieces), None);
    }
}

/// The first of `pieces` that does not stand in `text`, after those before it.
fn first_missing<'a>(text: &str, pieces: &'a [String]) -> Option<&'a String> {
    let mut rest = text;
    pieces.iter().find(|piece| match rest.split_once(piece.as_str()) {
        Some((_, after)) => {
            rest = after;
            false
        }
        None => true,
    })
}

/// A span in Slack's grammar, written a second time and simply, to compare with.
fn in_slack(span: &Span) -> String {
    match span {
        Span::Mention(mention) if mention.slack.is_some() => {
            format!("{} (login)", mention.slack.as_ref().unwrap().mention())
        }
        Span::Command(command) if escaped(command).chars().count() <= slack::payload::TEXT_CHARACTERS - 4 => {
            let fence = if command.contains('`') { "```" } else { "`" };
            let fence = if command.contains("```") { "" } else { fence };
            format!("{fence}{}{fence}", escaped(command))
        }
        Span::Link { text, url }
            if escaped(text).chars().count() + escaped(url).chars().count() <= slack::payload::TEXT_CHARACTERS - 3 =>
        {
            format!("<{}|{}>", escaped(url), escaped(text))
        }
        span => escaped(&span.to_plain()),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(['\n', '\t'], " ")
}

/// A span in HTML, likewise: a command has an element of its own. No address here is one to be linked.
fn in_html(span: &Span) -> String {
    let plain = match span {
        Span::Command(command) => without_controls(command),
        span => without_controls(&span.to_plain()),
    };
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn without_controls(text: &str) -> String {
    text.replace(char::is_control, " ")
}

fn without_breaks(text: &str) -> String {
    text.replace('\n', "")
}
