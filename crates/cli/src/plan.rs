//! `trellis plan …`: examines compensation plans; what happened comes from a file or is read from a ledger.

mod check;
mod diff;
mod explain;
mod history;
mod schema;
mod simulate;

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use plan::compile::{TEXT_BYTES_MAX, refusals};
use plan::{CompileError, CompiledPlan};

use crate::input::{self, InputError};
use crate::status::{self, Status, ending};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compile a plan file, print its findings and where it may run
    Check(check::Arguments),
    /// Simulate a plan with assumed participant behaviour
    Simulate(simulate::Arguments),
    /// Apply one history under two plans and show who gains and who loses by which rule
    Diff(diff::Arguments),
    /// Explain why a fact moved money, or what a user received or missed
    Explain(explain::Arguments),
    /// Print the JSON Schema of plan files
    #[command(after_help = status::TABLE)]
    Schema,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Diff(arguments) => diff::run(arguments).await,
        Command::Explain(arguments) => explain::run(arguments).await,
        Command::Schema => Ok(schema::run()),
    }
}

/// The text of a plan file; an error if it is too long.
fn read(file: &Path) -> Result<Result<String, CompileError>, InputError> {
    match input::read_text(file, TEXT_BYTES_MAX) {
        Ok(text) => Ok(Ok(text)),
        Err(InputError::TooLong { bytes, .. }) => Ok(Err(plan::compile::too_long(bytes).into())),
        Err(error) => Err(error),
    }
}

/// The text of a plan file that compiles, and the plan.
fn compiled(file: &Path) -> anyhow::Result<(String, CompiledPlan)> {
    let name = input::name(file);
    let refused = |text: &str, all: &[CompileError]| {
        let all: Vec<String> = all.iter().map(|error| error.report(&name, text)).collect();
        let text = format!("the plan {name} was rejected\n{}", all.join("\n").trim_end());
        ending(Status::Refused, text)
    };
    let text = read(file)?.map_err(|error| refused("", &[error]))?;
    match plan::compile(&text) {
        Ok(plan) => Ok((text, plan)),
        Err(_) => Err(refused(&text, &refusals(&text))),
    }
}
