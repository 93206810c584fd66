//! `trellis ledger quarantine`: lists quarantined commands, retries or dismisses them.

use std::process::ExitCode;

use sqlx::Connection as _;
use store::quarantine::{self, End, Quarantined};

use crate::database;

/// Maximum number of commands listed at once.
const LISTED_MAX: usize = 200;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The ledger's database; the role `trellis_reader` is enough to list; ending a quarantine requires the owner
    #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Retry the command with this id
    #[arg(long, value_name = "ID", requires = "reason", conflicts_with = "dismiss")]
    retry: Option<i64>,
    /// Never post the command with this id
    #[arg(long, value_name = "ID", requires = "reason")]
    dismiss: Option<i64>,
    /// The reason, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut connection = database::connect(&arguments.database_url).await?;
    let retried = arguments.retry.map(|id| (id, End::Retried));
    let dismissed = arguments.dismiss.map(|id| (id, End::Dismissed));
    if let Some((id, end)) = retried.or(dismissed) {
        let reason = arguments.reason.as_deref().unwrap_or_default();
        let mut transaction = connection.begin().await?;
        let ended = quarantine::end(&mut transaction, id, end, reason).await?;
        anyhow::ensure!(ended, "no quarantined command {id}");
        transaction.commit().await?;
        match end {
            End::Retried => outln!("command {id} is waiting to be posted again"),
            End::Dismissed => outln!("command {id} is dismissed"),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let listed = quarantine::list(&mut connection, LISTED_MAX).await?;
    for command in &listed {
        print(command);
    }
    match listed.len() {
        0 => outln!("no quarantined commands"),
        LISTED_MAX => outln!("the first {LISTED_MAX} commands; there may be more"),
        count => outln!("{count} put aside"),
    }
    Ok(if listed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print(command: &Quarantined) {
    let Quarantined {
        inbox_id,
        source,
        natural_key,
        cause,
        detail,
        age_seconds,
        payload,
    } = command;
    outln!("{inbox_id} {source} {natural_key:?}, for {age_seconds} s: {cause}: {detail:?}");
    outln!("    {payload}");
}
