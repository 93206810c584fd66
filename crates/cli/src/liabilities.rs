//! `trellis liabilities`: what anybody can do with a published root and the public list behind it.
//!
//! Not responsible for a single user's proof: that is `trellis claim`.

mod settle;
mod verify;

use std::process::ExitCode;

use clap::Subcommand;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Recompute a root from its public list and compare it with the chain's
    Verify(verify::Arguments),
    /// Pay everybody what a mature root says is due, many users by each call
    Settle(settle::Arguments),
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Verify(arguments) => verify::run(&arguments).await,
        Command::Settle(arguments) => settle::run(&arguments).await,
    }
}
