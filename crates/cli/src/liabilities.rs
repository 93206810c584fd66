//! `trellis liabilities`: commands for a published root and its public list, usable by anyone.
//!
//! Not responsible for a single user's proof: that is `trellis claim`.

mod settle;
mod verify;

use std::process::ExitCode;

use audit::liabilities::LEAVES_MAX;
use clap::Subcommand;

/// Maximum size of a list in bytes: a line has an address and an amount of at most 39 digits, and the header has less
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
    /// Pay all users the amounts due under a mature root, many users per call
    Settle(settle::Arguments),
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Verify(arguments) => verify::run(&arguments).await,
        Command::Settle(arguments) => settle::run(&arguments).await,
    }
}
