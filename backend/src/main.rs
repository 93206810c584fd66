//! Entry point: one program for the API server, the workers and the export of the API's description.

#![deny(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use service::{errln, output};

/// The Trellis backend. Configured by environment variables only.
#[derive(Debug, Parser)]
#[command(name = "backend", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the HTTP API for users and operators.
    Serve,
    /// Runs the posting worker.
    Work,
    /// Runs the settlement worker.
    Settle {
        /// End the pause of the sending account, with a reason, and exit. Nonces used elsewhere are abandoned.
        #[arg(long, value_name = "REASON")]
        resume: Option<String>,
    },
    /// Sends the ends of the plan's days.
    Schedule,
    /// Prints the OpenAPI description of the API as JSON.
    Openapi {
        /// Compare it with backend/openapi.json instead; fails if they differ.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Serve => backend::serve::main(),
        Command::Work => backend::work::main(),
        Command::Settle { resume } => backend::settle::main(resume.as_deref()),
        Command::Schedule => backend::schedule::main(),
        Command::Openapi { check: false } => backend::http::openapi::print(),
        Command::Openapi { check: true } => backend::http::openapi::check(),
    };
    output::settle(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the backend failed: {error:#}");
            // Without a subscriber, as in `openapi`, nothing was logged.
            if !tracing::event_enabled!(tracing::Level::ERROR) {
                errln!("{error:#}");
            }
            ExitCode::FAILURE
        }
    })
}
