//! What a notification looks like as e-mail: a subject, and the same content as text and as HTML.

use super::html;
use crate::{
    layout,
    notification::{Group, Line, Notification},
    retry::Part,
    text::{self, Head},
};

/// Largest HTML of one message, in bytes, unless a single line is larger. Of more than 102 KB Gmail hides the rest behind
/// a link (<https://support.dotmailer.com/hc/en-gb/articles/360000028830-Why-does-Gmail-clip-my-campaigns->), which some
/// would not follow. With its text a message stays far below what servers refuse: Amazon SES takes 40 MB over SMTP
/// (<https://docs.aws.amazon.com/ses/latest/dg/quotas.html>).
pub const HTML_BYTES: usize = 100_000;
/// Longest subject, in characters, without the number of the part. A header line has at most 998
/// (<https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1>), but nobody sees more than this.
pub const SUBJECT_CHARACTERS: usize = 150;

/// A message, before it is addressed to anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailMessage {
    /// The subject, on one line.
    pub subject: String,
    /// The content as plain text.
    pub text: String,
    /// The content as a page of HTML.
    pub html: String,
}

/// The messages that carry `notification`, in order. None if it is empty.
pub fn payloads(notification: &Notification) -> Vec<EmailMessage> {
    parts(notification).into_iter().map(|part| part.body).collect()
}

pub(crate) fn parts(notification: &Notification) -> Vec<Part<EmailMessage>> {
    if notification.is_empty() {
        return Vec::new();
    }
    let head = Head::of(notification);
    let pages = pages(notification, &head);
    let of = pages.len();
    pages.iter().enumerate().map(|(index, page)| part(page, &head, index + 1, of)).collect()
}

fn part(page: &Notification, head: &Head, part: usize, of: usize) -> Part<EmailMessage> {
    let number = layout::number(part, of);
    let lines: Vec<String> = text::lines(page).into_iter().map(|line| line.units.concat()).collect();
    let text = head.above(&number, &lines.join("\n"));
    let subject = layout::clip(head.title.trim(), SUBJECT_CHARACTERS) + &number;
    Part {
        title: page.title.clone(),
        part,
        of,
        subjects: page.groups.iter().flat_map(|group| &group.lines).map(|line| line.subject.clone()).collect(),
        text: text.clone(),
        body: EmailMessage { subject, text, html: html::page(page, head, &number) },
    }
}

/// The notification in pieces of which each fits a message, by whole lines. The instructions stand on the first.
fn pages(notification: &Notification, head: &Head) -> Vec<Notification> {
    let empty = |index| Notification {
        instructions: if index == 0 { notification.instructions.clone() } else { String::new() },
        groups: Vec::new(),
        ..notification.clone()
    };
    // Any group may go on on the next page and then has its heading there too, and numbers of any width have room.
    let heading = notification.groups.iter().map(html::group_size).max().unwrap_or_default();
    let number = layout::number(usize::MAX, usize::MAX);
    let frame = |index| heading + html::page(&empty(index), head, &number).len();
    let lines = notification.groups.iter().flat_map(|group| {
        let line = move |(index, line)| Item { group, line, first: index == 0 };
        group.lines.iter().enumerate().map(line)
    });
    let packed = layout::pack(lines.collect(), HTML_BYTES, frame, Item::size);
    packed.iter().enumerate().map(|(index, items)| Notification { groups: groups(items), ..empty(index) }).collect()
}

/// A line and where it belongs.
struct Item<'a> {
    group: &'a Group,
    line: &'a Line,
    first: bool,
}

impl Item<'_> {
    fn size(&self) -> usize {
        let heading = if self.first { html::group_size(self.group) } else { 0 };
        heading + html::line_size(self.line)
    }
}

fn groups(items: &[Item<'_>]) -> Vec<Group> {
    let same = |one: &Item<'_>, other: &Item<'_>| std::ptr::eq(one.group, other.group);
    let groups = items.chunk_by(same).filter_map(|items| {
        let group = items.first()?.group;
        let lines = items.iter().map(|item| item.line.clone()).collect();
        Some(Group { heading: group.heading.clone(), colour: group.colour, lines })
    });
    groups.collect()
}
