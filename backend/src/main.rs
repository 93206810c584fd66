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
    /// Answers users and operators over HTTP.
    Serve,
    /// Runs the workers.
    Work,
    /// Runs the settlement worker.
    Settle {
        /// Instead, end the pause of the account that sends, and say why. Nonces that somebody else used are given up.
        #[arg(long, value_name = "REASON")]
        resume: Option<String>,
    },
    /// Prints the API's description (OpenAPI) as JSON.
    Openapi {
        /// Compare it with backend/openapi.json instead, and fail when they differ.
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
