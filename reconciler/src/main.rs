//! The process `reconciler`: configuration from the environment, `SIGTERM` and Ctrl-C end it in order.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use reconciler::Config;
use service::{Env, ErrorChain, errln, output};

#[derive(Debug, Parser)]
#[command(name = "reconciler", version, about = "Compares contract, events and ledger")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run all checks once, print the findings and write nothing
    Once {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    service::install_tls();
    if let Err(error) = service::init() {
        errln!("{}", ErrorChain(&error));
        return ExitCode::FAILURE;
    }
    output::settle(match run(Arguments::parse().command).await {
        Ok(code) => code,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the reconciler failed");
            ExitCode::FAILURE
        }
    })
}

async fn run(command: Option<Command>) -> anyhow::Result<ExitCode> {
    let config = Config::from_env(&Env::process())?;
    if let Some(Command::Once { json }) = command {
        return reconciler::once(&config, json).await;
    }
    let stop = service::shutdown::on_signals()?;
    reconciler::watch(config, &stop).await?;
    Ok(ExitCode::SUCCESS)
}
