//! `trellis plan …`: examines compensation plans, without a database or a chain.

mod check;
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
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Check(arguments) => Ok(check::run(&arguments)),
        Command::Simulate(arguments) => simulate::run(&arguments),
    }
}
