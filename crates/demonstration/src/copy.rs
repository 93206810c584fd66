//! A copy of the ledger with one wei too much, and whether the reconciler finds it.

use anyhow::{Context, ensure};
use sqlx::{Connection, PgConnection};

use crate::stage::Stage;

/// The copy's name on the throwaway server.
const COPY: &str = "trellis_copy";

/// Ends the system's writers, copies the ledger's database, adds one wei to a user's available balance in the copy and has
/// the reconciler look at it once. Returns what it finds; nothing when it finds nothing.
pub(crate) async fn plant(mut stage: Stage) -> anyhow::Result<Vec<String>> {
    let original = stage.development.endpoints().database_url.clone();
    let (server, name) = original.rsplit_once('/').context("not a URL of a database")?;
    let name = name.to_owned();
    let copy = format!("{server}/{COPY}");
    let maintenance = format!("{server}/postgres");
    // A database is copied while nobody uses it.
    stage.ledger.close().await;
    stage.development.system().stop()?;
    let mut connection = PgConnection::connect(&maintenance).await?;
    let statement = format!("CREATE DATABASE {COPY} TEMPLATE {name}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(&mut connection)
        .await?;
    connection.close().await?;

    let before = stage.development.reconcile_once(&copy).await?;
    ensure!(before.is_empty(), "the copy itself has findings: {before:?}");
    let mut connection = PgConnection::connect(&copy).await?;
    let statement = "UPDATE balance SET credits_posted = credits_posted + 1 WHERE account_id = \
        (SELECT min(id) FROM account WHERE kind = 'available')";
    let changed = sqlx::query(statement).execute(&mut connection).await?;
    ensure!(changed.rows_affected() == 1, "no balance to change");
    connection.close().await?;
    let found = stage.development.reconcile_once(&copy).await?;
    stage.development.stop()?;
    Ok(found)
}
