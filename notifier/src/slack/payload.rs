//! What a notification looks like in Slack: legacy attachments, a title first, then one or more for each group.

use serde::Serialize;

use crate::{
    layout::{self, Shaped, Source, Units},
    notification::{Group, Notification, Span},
    retry::Part,
};

/// Longest text of one attachment, in characters. Slack has been seen to cut fields at 2,000.
pub const TEXT_CHARACTERS: usize = 1_900;
/// Largest message, in bytes of JSON. Slack refuses or cuts messages from about 13,000 characters on.
pub const MESSAGE_BYTES: usize = 12_000;
/// Longest title or heading, in characters.
pub const TITLE_CHARACTERS: usize = 150;
/// What an attachment counts at least, in bytes, so that with the head no message has more than 100: Slack takes no more.
const LEAST_WEIGHT: usize = MESSAGE_BYTES.div_ceil(99);
/// Longest name of an account, in characters: an id of 12 and an alias of at most 63 have room.
const ACCOUNT_CHARACTERS: usize = 80;
/// Longest alert, in characters.
const ALERT_CHARACTERS: usize = 200;

/// A message as it is posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Title and instructions, then the groups.
    pub attachments: Vec<Attachment>,
}

/// A legacy attachment (<https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments/>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// Colour of the bar beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<&'static str>,
    /// What clients show that cannot show attachments, push notifications for example.
    pub fallback: String,
    /// Heading.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The lines.
    pub text: String,
    /// Which fields hold markup.
    pub mrkdwn_in: [&'static str; 1],
}

/// The messages that carry `notification`, in order. None if it is empty.
pub fn payloads(notification: &Notification) -> Vec<Message> {
    parts(notification).into_iter().map(|part| part.body).collect()
}

/// An attachment and the lines it was made of.
struct Chunk {
    attachment: Attachment,
    lines: Vec<Shaped>,
}

impl Chunk {
    /// What it says, for people who have to pass it on.
    fn plain(&self) -> String {
        let lines = self.lines.iter().map(|line| line.plain.as_str()).filter(|plain| !plain.is_empty());
        std::iter::once(self.attachment.title.as_str()).chain(lines).collect::<Vec<_>>().join("\n")
    }
}

pub(crate) fn parts(notification: &Notification) -> Vec<Part<Message>> {
    if notification.is_empty() {
        return Vec::new();
    }
    let mut instructions = instructions(notification);
    // The first ones stand under the title; what has no room there follows in attachments of its own.
    let first = if instructions.is_empty() { String::new() } else { instructions.remove(0) };
    let opening = |index| if index == 0 { first.as_str() } else { "" };
    let chunks: Vec<Chunk> = instructions
        .into_iter()
        .map(|text| Chunk { attachment: attachment(None, String::new(), text), lines: Vec::new() })
        .chain(notification.groups.iter().flat_map(group_chunks))
        .collect();
    // Numbers of any width have room: the head is measured with wider ones than will ever be written.
    let reserved =
        |index| size(&head(notification, opening(index), usize::MAX, usize::MAX)) + r#"{"attachments":[]}"#.len();
    let packed = layout::pack(chunks, MESSAGE_BYTES, reserved, |chunk| (size(&chunk.attachment) + 1).max(LEAST_WEIGHT));
    let of = packed.len();
    packed
        .into_iter()
        .enumerate()
        .map(|(index, chunks)| {
            part(notification, head(notification, opening(index), index + 1, of), chunks, index + 1, of)
        })
        .collect()
}

fn part(notification: &Notification, head: Attachment, chunks: Vec<Chunk>, number: usize, of: usize) -> Part<Message> {
    let subjects = chunks.iter().flat_map(|chunk| &chunk.lines).map(|line| line.subject.clone()).collect();
    let title = format!("{}\nAccount {}", head.title, notification.account);
    let text = std::iter::once(title).chain(chunks.iter().map(Chunk::plain)).collect::<Vec<_>>().join("\n\n");
    let attachments: Vec<Attachment> =
        std::iter::once(head).chain(chunks.into_iter().map(|chunk| chunk.attachment)).collect();
    Part { title: notification.title.clone(), part: number, of, subjects, text, body: Message { attachments } }
}

/// The first attachment of every message: whose report this is, which part of it, and on the first what to do.
fn head(notification: &Notification, instructions: &str, part: usize, of: usize) -> Attachment {
    let number = layout::number(part, of);
    let title = layout::clip(&notification.title, TITLE_CHARACTERS) + &number;
    let account = escape(&layout::clip(&notification.account, ACCOUNT_CHARACTERS));
    let alert = escape(&layout::clip(&notification.alert, ALERT_CHARACTERS));
    let alert = if alert.is_empty() { alert } else { format!("*{alert}*\n") };
    let text = format!("{alert}Account {account}\n{instructions}");
    attachment(None, title, text.trim_end().to_owned())
}

/// The operator's own words, cut to fit: sent as written, so that links and formatting work.
fn instructions(notification: &Notification) -> Vec<String> {
    if notification.instructions.trim().is_empty() {
        return Vec::new();
    }
    // Room for the lines with the alert and the account, every character of them escaped (`&amp;`).
    let room = TEXT_CHARACTERS - 5 * (ACCOUNT_CHARACTERS + ALERT_CHARACTERS) - 20;
    let lines = notification.instructions.lines().map(|line| Source::words(line, markup_units(line, room))).collect();
    layout::blocks(lines, room, characters).iter().map(|block| layout::join(block)).collect()
}

fn group_chunks(group: &Group) -> Vec<Chunk> {
    let lines =
        group.lines.iter().map(|line| Source::line(line, line.spans.iter().flat_map(span_units).collect())).collect();
    let heading = layout::clip(&group.heading, TITLE_CHARACTERS);
    layout::blocks(lines, TEXT_CHARACTERS, characters)
        .into_iter()
        .enumerate()
        .map(|(index, lines)| {
            let title = if index == 0 { heading.clone() } else { format!("{heading} (continued)") };
            Chunk { attachment: attachment(Some(group.colour.hex()), title, layout::join(&lines)), lines }
        })
        .collect()
}

fn attachment(color: Option<&'static str>, title: String, text: String) -> Attachment {
    let fallback = if title.is_empty() { layout::clip(&text, TITLE_CHARACTERS) } else { title.clone() };
    Attachment { color, fallback, title, text, mrkdwn_in: ["text"] }
}

fn span_units(span: &Span) -> Units {
    let whole = match span {
        Span::Text(text) => return data_units(text),
        Span::Mention(mention) => {
            return match &mention.slack {
                Some(id) => std::iter::once(id.mention()).chain(data_units(&format!(" ({})", mention.label))).collect(),
                None => data_units(&mention.name),
            };
        }
        // On a line of its own, and whole: half a command is worse than none.
        Span::Command(command) => format!("\n{}\n", code(&escape(command))),
        Span::Link { text, url } => {
            format!("<{}|{}>", escape(url).replace('|', "%7C"), escape(text).replace('|', "/"))
        }
    };
    // What has no room in any attachment is not a command or a link any more, but words, and no word is lost.
    if characters(&whole) <= TEXT_CHARACTERS { vec![whole] } else { data_units(&span.to_plain()) }
}

/// A command as code, and no other than it is: people paste it. A backtick would end the code, but not a block of it,
/// which three end (<https://docs.slack.dev/messaging/formatting-message-text/#inline-code>).
fn code(command: &str) -> String {
    match command {
        _ if command.contains("```") => command.to_owned(),
        _ if command.contains('`') => format!("```\n{command}\n```"),
        _ => format!("`{command}`"),
    }
}

/// Data, character by character, so that an escape is never cut.
fn data_units(text: &str) -> Units {
    text.chars().map(|c| escape(c.encode_utf8(&mut [0; 4]))).collect()
}

/// Markup, character by character, but what stands in angle brackets whole, unless it is longer than `max` characters.
fn markup_units(text: &str, max: usize) -> Units {
    let mut units = Units::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let bracketed = if first == '<' { rest.find('>').map(|end| end + 1) } else { None };
        let end = bracketed.filter(|end| *end <= max).unwrap_or(first.len_utf8());
        let (unit, tail) = rest.split_at(end);
        units.push(unit.to_owned());
        rest = tail;
    }
    units
}

/// Escapes data as Slack asks (<https://docs.slack.dev/messaging/formatting-message-text/#escaping>), and keeps control
/// characters out: they would break the line they stand in.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

/// Bytes of JSON. Strings and a fixed array cannot fail to serialise.
fn size(attachment: &Attachment) -> usize {
    serde_json::to_string(attachment).map_or(usize::MAX / 4, |json| json.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notification::{Colour, Line};

    fn texts(spans: Vec<Span>) -> Vec<String> {
        let group =
            Group { heading: "Expired".into(), colour: Colour::Red, lines: vec![Line { subject: "k".into(), spans }] };
        group_chunks(&group).into_iter().map(|chunk| chunk.attachment.text).collect()
    }

    fn command(text: &str) -> Span {
        Span::Command(text.into())
    }

    fn link(text: &str, url: &str) -> Span {
        Span::Link { text: text.into(), url: url.into() }
    }

    #[test]
    fn a_command_stands_alone_and_cannot_call_anybody() {
        let spans = vec![Span::Text("Disable it:".into()), command("aws <!channel> && rm 'x' > y\nz")];
        assert_eq!(texts(spans), ["Disable it:\n`aws &lt;!channel&gt; &amp;&amp; rm 'x' &gt; y z`\n"]);
    }

    #[test]
    fn a_command_with_backticks_keeps_its_quoting() {
        for (text, expected) in [
            ("aws --tags 'a`b<'", "\n```\naws --tags 'a`b&lt;'\n```\n"),
            ("`a` ``b``", "\n```\n`a` ``b``\n```\n"),
            ("aws '```<!channel>'", "\naws '```&lt;!channel&gt;'\n"),
        ] {
            assert_eq!(texts(vec![command(text)]), [expected]);
        }
    }

    #[test]
    fn a_link_leads_where_it_says_and_cannot_call_anybody() {
        let hostile = link("a|b> <!channel>", "https://x.example/?a=1&b=<2>|https://y.example");
        let expected = "<https://x.example/?a=1&amp;b=&lt;2&gt;%7Chttps://y.example|a/b&gt; &lt;!channel&gt;>";
        assert_eq!(texts(vec![hostile]), [expected]);
    }

    #[test]
    fn commands_and_links_are_not_cut_while_they_fit_an_attachment() {
        for (span, room) in [(command("x"), 1_896), (link("x", "https://x.example/"), 1_879)] {
            let long = |length: usize| match &span {
                Span::Link { url, .. } => link(&"x".repeat(length), url),
                _ => command(&"x".repeat(length)),
            };
            let found = texts(vec![Span::Text("y".repeat(1_000)), long(room), Span::Text("z".into())]);
            assert_eq!(found.len(), 3, "{found:?}");
            assert_eq!(characters(&found[1]), TEXT_CHARACTERS);

            let words = texts(vec![long(room + 1)]);
            assert!(words.iter().all(|text| characters(text) <= TEXT_CHARACTERS), "{words:?}");
            assert_eq!(words.concat(), long(room + 1).to_plain());
        }
    }
}
