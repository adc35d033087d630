//! A Slack message as people will see it, as far as a terminal can show it.

use std::fmt::Write as _;

use console::Style;
use notifier::{Colour, Group, Line, Notification, Span};

use super::text::printable;

/// The notifications as text. Mentions stand out by an `@`, or also by colour.
pub fn preview(notifications: &[Notification], colours: bool) -> String {
    let mut text = String::new();
    for notification in notifications {
        let bold = Style::new().bold().force_styling(colours);
        let _ = writeln!(text, "{}", bold.apply_to(printable(&notification.title)));
        if !notification.alert.is_empty() {
            let _ = writeln!(text, "{}", bold.apply_to(printable(&notification.alert)));
        }
        let _ = writeln!(text, "Account {}", printable(&notification.account));
        for line in notification.instructions.lines() {
            let _ = writeln!(text, "{}", printable(line));
        }
        for group in notification.groups.iter().filter(|group| !group.lines.is_empty()) {
            write_group(&mut text, group, colours);
        }
        text.push('\n');
    }
    text
}

fn write_group(text: &mut String, group: &Group, colours: bool) {
    let bar = match group.colour {
        Colour::Grey => Style::new().dim(),
        Colour::Yellow => Style::new().yellow(),
        Colour::Red => Style::new().red(),
    };
    let bar = bar.force_styling(colours).apply_to("┃");
    let _ = writeln!(text, "{bar} {}", printable(&group.heading));
    for line in &group.lines {
        let _ = writeln!(text, "{bar}   {}", shown(line, colours));
    }
}

fn shown(line: &Line, colours: bool) -> String {
    let blue = Style::new().blue().force_styling(colours);
    let spans = line.spans.iter().map(|span| match span {
        Span::Text(text) => printable(text),
        Span::Mention(mention) if mention.slack.is_some() => {
            blue.apply_to(format!("@{}", printable(&mention.name))).to_string()
        }
        span => printable(&span.to_plain()),
    });
    spans.collect()
}
