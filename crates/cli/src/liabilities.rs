//! `trellis liabilities`: what anybody can do with a published root and the public list behind it.
//!
//! Not responsible for a single user's proof: that is `trellis claim`.

mod settle;
mod verify;

use std::process::ExitCode;

use audit::liabilities::LEAVES_MAX;
use clap::Subcommand;

/// Longest list in bytes: a line has an address and an amount of at most 39 digits, and the lines above the leaves have less
/// than a kilobyte.
const LIST_BYTES_MAX: usize = LEAVES_MAX * 83 + 1_024;

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
