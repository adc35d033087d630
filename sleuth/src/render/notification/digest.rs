//! A digest as a message to those who look after all accounts. Owners are named, not called: they were told at the time.

use notifier::{Colour, Group, Line, Messages, Notification, Span};

use crate::{
    digest::{Action, Deed, Digest, OfAccount, OfOwner},
    render::words::digest as words,
    report::Outcome,
};

/// Title and introduction, as the operator set them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// Title.
    pub title: String,
    /// What readers should know or do.
    pub text: String,
}

/// How times are written.
const FORM: &str = "%Y-%m-%d %H:%M UTC";

/// What is to be sent. If nothing was done or held back, and nothing went wrong, that is nothing, unless it is not to be `quiet` then.
pub fn messages(digest: &Digest, texts: &Texts, quiet: bool) -> Messages {
    if quiet && digest.is_empty() {
        return Messages::default();
    }
    let mut groups = vec![unread(digest), incomplete(digest)];
    groups.extend(digest.accounts.iter().map(of_account));
    if groups.iter().all(|group| group.lines.is_empty()) {
        groups.push(nothing(digest));
    }
    let account = match digest.accounts.as_slice() {
        [account] => account.account.to_string(),
        accounts => format!("{} accounts", accounts.len()),
    };
    let span = format!("From {} to {}: ", digest.span.from.format(FORM), digest.span.to.format(FORM));
    Messages::to_all(vec![Notification {
        title: texts.title.clone(),
        alert: span + &words::counts(&digest.summary),
        instructions: texts.text.clone(),
        account,
        groups,
    }])
}

fn text(subject: String, text: String) -> Line {
    Line { subject, spans: vec![Span::Text(text)] }
}

fn unread(digest: &Digest) -> Group {
    let lines = digest.errors.iter().enumerate().map(|(index, error)| {
        let words = format!("{}: {}: {}", error.subject, error.operation, error.message);
        text(format!("digest/unread/{index}"), words)
    });
    let heading = "Reports that could not be read: what they say was done is not in this digest";
    Group { heading: heading.to_owned(), colour: Colour::Red, lines: lines.collect() }
}

fn incomplete(digest: &Digest) -> Group {
    let lines = digest.incomplete.iter().map(|run| {
        let others = match run.count.saturating_sub(1) {
            0 => String::new(),
            others => format!(", and {others} more"),
        };
        let at = run.at.format(FORM);
        let words = format!("{}, {} at {at}: {}{others}", run.account, run.audit, run.first);
        text(format!("digest/incomplete/{}/{}", run.account, run.run), words)
    });
    let heading = "Runs that could not read, do or tell everything";
    Group { heading: heading.to_owned(), colour: Colour::Yellow, lines: lines.collect() }
}

fn nothing(digest: &Digest) -> Group {
    let lines = vec![text("digest/nothing".to_owned(), words::counts(&digest.summary))];
    Group { heading: "Nothing was changed".to_owned(), colour: Colour::Grey, lines }
}

fn of_account(account: &OfAccount) -> Group {
    let name = account.account.to_string();
    let mut lines: Vec<Line> = account.owners.iter().flat_map(|owner| of_owner(&name, owner)).collect();
    let held = words::held(account).into_iter().enumerate();
    lines.extend(held.map(|(index, words)| text(format!("digest/held/{name}/{index}"), words)));
    let severe = |deed: &Deed| deed.action == Action::Terminate || deed.outcome == Outcome::Failed;
    let deeds = || account.owners.iter().flat_map(|owner| &owner.deeds);
    let colour = match () {
        () if deeds().any(severe) => Colour::Red,
        () if deeds().next().is_some() => Colour::Yellow,
        () => Colour::Grey,
    };
    Group { heading: format!("Account {name}: {}", words::counts(&account.summary)), colour, lines }
}

/// What was done to what one owner has, a line each.
fn of_owner(account: &str, of: &OfOwner) -> Vec<Line> {
    let line = |deed: &Deed| {
        let target = words::target(&deed.target);
        let words = format!(
            "{}: {target}, {}: {} ({})",
            words::owner(of.owner.as_deref(), deed),
            words::history(&deed.target),
            words::deed(deed),
            deed.at.format(FORM),
        );
        text(format!("digest/{account}/{}/{}/{target}", deed.run, deed.action.as_str()), words)
    };
    of.deeds.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
