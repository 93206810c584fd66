//! `trellis plan …`: examines compensation plans; what happened comes from a file or is read from a ledger.

mod check;
mod diff;
mod explain;
mod history;
mod simulate;

use std::process::ExitCode;

use clap::Subcommand;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compile a plan file, say what it does to whom and where it may run
    Check(check::Arguments),
    /// Simulate a plan with people who behave as assumed
    Simulate(simulate::Arguments),
    /// Apply what happened under two plans, and say who gains and who loses by which rule
    Diff(diff::Arguments),
    /// Say why a fact moved money, or what a user got and did not get, and why
    Explain(explain::Arguments),
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Check(arguments) => Ok(check::run(&arguments)),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Diff(arguments) => diff::run(arguments).await,
        Command::Explain(arguments) => explain::run(arguments).await,
    }
}
