//! `trellis`: the command line for developers, operators and plan designers.
//!
//! One file per subcommand. Results go to standard output, logs to standard error; see `status` for exit codes.

#![deny(clippy::print_stdout, clippy::print_stderr)]

#[macro_use(errln, out, outln)]
extern crate service;

mod approve;
mod claim;
mod completions;
mod database;
mod deploy;
mod deployment;
mod dev;
mod doctor;
mod enrol;
mod key;
mod ledger;
mod ledger_file;
mod liabilities;
mod logs;
mod operate;
mod operator;
mod plan;
mod signer_audit;
mod status;
mod transaction;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use service::{input, output};

use status::Status;

#[derive(Debug, Parser)]
#[command(name = "trellis", version, about = "Runs and examines Trellis", after_help = status::TABLE)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole system on this machine, for development only
    Dev(dev::Arguments),
    /// Approve a payment or another sensitive operation with an operator's key
    Approve(approve::Arguments),
    /// Deploy the contract of a checked file
    Deploy(deploy::Arguments),
    /// Check this machine's prerequisites; or compare a contract with its file
    Doctor(doctor::Arguments),
    /// Pay a user the amount due under a published root, by proof
    Claim(claim::Arguments),
    /// Enrol the users of a contract's predecessor
    Enrol(enrol::Arguments),
    /// Make, upgrade, verify, restore and repair a ledger
    Ledger(ledger::Arguments),
    /// Recompute published liabilities
    Liabilities(liabilities::Arguments),
    /// Call a contract as its admin, guardian, freezer or treasurer
    Operate(operate::Arguments),
    /// List, add and remove a ledger's operators, grant and revoke their roles
    Operator(operator::Arguments),
    /// Audit a signer's records
    Signer(signer_audit::Arguments),
    /// Check, simulate, compare and explain compensation plans
    Plan(plan::Arguments),
    /// Print a shell completion script
    Completions(completions::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    service::install_tls();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return output::settle(answer(&error)),
    };
    let result = match service::init() {
        Ok(()) => run(arguments.command).await,
        Err(error) => Err(error.into()),
    };
    output::settle(result.unwrap_or_else(|error| {
        errln!("error: {error:#}");
        status::of(&error).into()
    }))
}

/// Help, or what is wrong with the arguments.
fn answer(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        errln!("{}", error.to_string().trim_end());
        Status::Unusable.into()
    } else {
        out!("{error}");
        Status::Done.into()
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Dev(arguments) => dev::run(arguments).await,
        Command::Approve(arguments) => approve::run(&arguments),
        Command::Deploy(arguments) => deploy::run(arguments).await,
        Command::Doctor(arguments) => doctor::run(arguments).await,
        Command::Enrol(arguments) => enrol::run(arguments).await,
        Command::Claim(arguments) => claim::run(arguments).await,
        Command::Liabilities(arguments) => liabilities::run(arguments).await,
        Command::Ledger(arguments) => ledger::run(arguments).await,
        Command::Operate(arguments) => operate::run(arguments).await,
        Command::Operator(arguments) => operator::run(arguments).await,
        Command::Signer(arguments) => signer_audit::run(arguments).await,
        Command::Plan(arguments) => plan::run(arguments).await,
        Command::Completions(arguments) => Ok(completions::run(&arguments, Arguments::command())),
    }
}
