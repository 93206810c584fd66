//! `trellis ledger status`: what a ledger's database is of, and whether processes of this version work on it.

use std::process::ExitCode;

use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use store::schema::{self, SchemaError};
use store::{deployment, operator, replay};

use crate::database;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The ledger's database; the role `trellis_reader` is enough
    #[arg(long, env = "TRELLIS_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut connection = database::connect(&arguments.database_url).await?;
    let (status, problem) = match schema::read(&mut connection).await {
        Ok(schema) if schema.missing.is_empty() => look(&mut connection, schema.applied).await?,
        Ok(schema) => {
            let problem = match schema.applied {
                0 => SchemaError::Absent,
                _ => SchemaError::Outdated,
            };
            (json!({ "migrations": schema.applied }), Some(problem.to_string()))
        }
        Err(error) => (json!({}), Some(error.to_string())),
    };
    connection.close().await?;
    print(&status, problem.as_deref(), arguments.json);
    Ok(match problem {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    })
}

/// What a database of this version says, and what keeps processes from working on it.
async fn look(connection: &mut PgConnection, migrations: usize) -> anyhow::Result<(Value, Option<String>)> {
    let Some(deployed) = deployment::find(connection).await? else {
        let problem = "not_deployed: the database is not bound to a contract; run `trellis ledger init`";
        return Ok((json!({ "migrations": migrations }), Some(problem.to_owned())));
    };
    let served = deployed.served_plan();
    let plan = served.as_ref().map_or_else(
        |_| "unknown".to_owned(),
        |plan| format!("{} {}", plan.name(), plan.version()),
    );
    let last = replay::find_last_batch(connection).await?;
    let operators = operator::list(connection).await?;
    let status = json!({
        "migrations": migrations,
        "chain_id": deployed.chain_id,
        "contract": deployed.contract.to_checksum(None),
        "contract_block": deployed.contract_block,
        "asset": deployed.asset,
        "plan": plan,
        "plan_hash": deployed.plan_hash,
        "facts": last.map_or(0, |last| last.tail.fact_seq),
        "operators": operators.len(),
    });
    let problem = served.err().map(|error| format!("plan_unusable: {error}"));
    Ok((status, problem))
}

fn print(status: &Value, problem: Option<&str>, as_json: bool) {
    if as_json {
        let mut status = status.clone();
        status["problem"] = problem.into();
        outln!("{status:#}");
        return;
    }
    for (name, value) in status.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        outln!("{name:<16}{value}");
    }
    if let Some(problem) = problem {
        outln!("{problem}");
    }
}
