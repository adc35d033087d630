//! What a notification looks like as HTML: one column that any mail client can show, in its own colours, light or dark.
//!
//! Everything is styled in place, as many clients drop style sheets. Neither text nor background has a colour, so that
//! a client in dark mode can choose both; bars and borders show on either. Nothing is fetched from anywhere.

use maud::{DOCTYPE, Markup, html};

use crate::{
    notification::{Group, Line, Notification, Span},
    text::{Head, one_line},
};

const BODY: &str = "margin:0;padding:16px;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;\
                    font-size:16px;line-height:1.5;overflow-wrap:anywhere";
const ALERT: &str = "margin:0 0 16px;padding:8px 12px;border:2px solid #ff0000;font-weight:bold";
const CODE: &str = "display:block;margin:4px 0;padding:6px 8px;border:1px solid #9e9e9e;border-radius:4px;\
                    font-family:Menlo,Consolas,monospace;font-size:14px;white-space:pre-wrap;overflow-wrap:anywhere";

/// The whole page. Data is escaped; the operator's instructions may hold links as Slack writes them.
pub(super) fn page(notification: &Notification, head: &Head, number: &str) -> String {
    let title = format!("{}{number}", head.title);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (title) }
            }
            body style=(BODY) {
                div style="max-width:720px;margin:0 auto" {
                    @if !head.alert.is_empty() {
                        p style=(ALERT) { (head.alert) }
                    }
                    h1 style="margin:0;font-size:22px;line-height:1.3" { (title) }
                    p style="margin:4px 0 16px" { "Account " (head.account) }
                    @if !notification.instructions.trim().is_empty() {
                        p style="margin:0 0 16px" { (instructions(&notification.instructions)) }
                    }
                    @for group in notification.groups.iter().filter(|group| !group.lines.is_empty()) {
                        (section(group, &html! { @for line in &group.lines { (item(line)) } }))
                    }
                }
            }
        }
    };
    markup.into_string()
}

/// What one finding takes of a page, in bytes.
pub(super) fn line_size(line: &Line) -> usize {
    item(line).into_string().len()
}

/// What a group takes of a page without its findings, in bytes.
pub(super) fn group_size(group: &Group) -> usize {
    section(group, &html! {}).into_string().len()
}

fn section(group: &Group, items: &Markup) -> Markup {
    html! {
        div style={ "margin:0 0 20px;padding:2px 0 2px 12px;border-left:6px solid " (group.colour.hex()) } {
            h2 style="margin:0 0 6px;font-size:17px;line-height:1.3" { (one_line(&group.heading)) }
            ul style="margin:0;padding:0 0 0 20px" { (items) }
        }
    }
}

fn item(line: &Line) -> Markup {
    html! { li style="margin:0 0 6px" { @for span in &line.spans { (piece(span)) } } }
}

fn piece(span: &Span) -> Markup {
    match span {
        Span::Text(text) => html! { (one_line(text)) },
        Span::Mention(mention) => html! { (one_line(&mention.name)) },
        Span::Command(command) => html! { code style=(CODE) { (one_line(command)) } },
        Span::Link { text, url } => link(url, text).unwrap_or_else(|| html! { (one_line(&span.to_plain())) }),
    }
}

/// Words that lead somewhere, if that is a place one can go to safely.
fn link(url: &str, words: &str) -> Option<Markup> {
    let is_web = url.starts_with("https://") && !url.contains(|c: char| c.is_control() || c.is_whitespace());
    is_web.then(|| html! { a href=(url) rel="noreferrer" { (one_line(words)) } })
}

/// The operator's words. `<https://…|words>` and `<https://…>` are links, as they are in Slack, for which they may have
/// been written; everything else is shown as it is.
fn instructions(text: &str) -> Markup {
    html! {
        @for (index, line) in text.trim_end().lines().enumerate() {
            @if index > 0 { br; }
            @for piece in linked(line) { (piece) }
        }
    }
}

fn linked(line: &str) -> Vec<Markup> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('<') {
        let found = after.split_once('>').and_then(|(inside, tail)| {
            let (url, words) = inside.split_once('|').unwrap_or((inside, inside));
            Some((link(url, words)?, tail))
        });
        pieces.push(html! { (one_line(before)) });
        rest = match found {
            Some((anchor, tail)) => {
                pieces.push(anchor);
                tail
            }
            None => {
                pieces.push(html! { "<" });
                after
            }
        };
    }
    pieces.push(html! { (one_line(rest)) });
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        instructions(text).into_string()
    }

    #[test]
    fn instructions_show_slack_links_as_links() {
        let link = r#"<a href="https://wiki.example.com/?a=1&amp;b=2" rel="noreferrer">how &amp; why</a>"#;
        assert_eq!(shown("See <https://wiki.example.com/?a=1&b=2|how & why>."), format!("See {link}."));
        assert_eq!(
            shown("<https://a.example>\n2 < 3"),
            r#"<a href="https://a.example" rel="noreferrer">https://a.example</a><br>2 &lt; 3"#
        );
    }

    #[test]
    fn other_markup_is_shown_as_it_is() {
        for (text, expected) in [
            ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
            ("<http://a.example|x>", "&lt;http://a.example|x&gt;"),
            ("<@U024BE7LH> <b>", "&lt;@U024BE7LH&gt; &lt;b&gt;"),
            ("<https://a.example\" onclick=\"x|y>", "&lt;https://a.example&quot; onclick=&quot;x|y&gt;"),
            ("<", "&lt;"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn only_web_addresses_are_links() {
        let show = |url: &str| piece(&Span::Link { text: "the <run>".into(), url: url.into() }).into_string();
        assert_eq!(
            show("https://a.example/?x=\"1\""),
            r#"<a href="https://a.example/?x=&quot;1&quot;" rel="noreferrer">the &lt;run&gt;</a>"#
        );
        assert_eq!(show("http://a.example/"), "the &lt;run&gt;: http://a.example/");
        assert_eq!(show("javascript:alert(1)"), "the &lt;run&gt;: javascript:alert(1)");
    }
}
