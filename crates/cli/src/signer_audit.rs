//! `trellis signer audit`: recomputes the hash chain of a signer's decisions and compares it with its records.
//!
//! It only reads, as the signer's auditor may.

use std::process::ExitCode;

use clap::Subcommand;
use signer::audit::{Anchor, verify_database};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Recompute the hash chain of a signer's decisions
    Audit(Audit),
}

#[derive(Debug, clap::Args)]
struct Audit {
    /// The signer's own database; the role `trellis_signer_auditor` is enough
    #[arg(long, env = "TRELLIS_SIGNER_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// An earlier head that must be in the chain, as reported by the signer's health endpoint
    #[arg(long, value_name = "SEQ:HASH")]
    anchor: Option<Anchor>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Audit(audit) => run_audit(audit).await,
    }
}

async fn run_audit(audit: Audit) -> anyhow::Result<ExitCode> {
    match verify_database(&audit.database_url, audit.anchor).await {
        Ok(verified) => {
            let head = verified.head;
            outln!("{} decisions, intact up to {}:{}", head.seq, head.seq, head.hash);
            Ok(ExitCode::SUCCESS)
        }
        Err(signer::audit::VerifyError::Broken(broken)) => {
            outln!("BROKEN: {broken}");
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error.into()),
    }
}
