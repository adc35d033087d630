//! `sleuth rules`.

use sleuth::{exit::Exit, render::rules, rules_source, tags::rules::explain::explain};

use crate::{
    cli::{Form, RulesCommand},
    output,
};

pub(crate) fn run(command: &RulesCommand) -> anyhow::Result<Exit> {
    let RulesCommand::Check { file, output: form } = command;
    let set = rules_source::load(file)?;
    let text = match form {
        Form::Table => rules::text(&explain(&set), output::look()),
        Form::Json => rules::json(&set)?,
    };
    output::report(&text)?;
    Ok(Exit::Done)
}
