//! A database that takes many rows fast: nothing is checked twice, and indexes are made when all rows are there.

use sqlx::{AssertSqlSafe, PgConnection, Row};

/// What was taken out of the way, to be put back.
pub(crate) struct Indexes(Vec<String>);

/// Turns off triggers and foreign keys of this connection and drops the indexes that no constraint needs.
pub(crate) async fn begin(connection: &mut PgConnection) -> anyhow::Result<Indexes> {
    let rows = sqlx::query(
        "SELECT format('%I.%I', n.nspname, c.relname), pg_get_indexdef(c.oid)
         FROM pg_index AS i
         JOIN pg_class AS c ON c.oid = i.indexrelid
         JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND NOT i.indisunique",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut definitions = Vec::new();
    for row in rows {
        run(connection, format!("DROP INDEX {}", row.get::<String, _>(0))).await?;
        definitions.push(row.get(1));
    }
    run(
        connection,
        "SET session_replication_role = replica; SET synchronous_commit = off; \
         SET plan_cache_mode = force_generic_plan"
            .to_owned(),
    )
    .await?;
    Ok(Indexes(definitions))
}

/// Makes the indexes, and statistics for the planner.
pub(crate) async fn end(connection: &mut PgConnection, indexes: Indexes) -> anyhow::Result<()> {
    run(connection, "SET maintenance_work_mem = '512MB'".to_owned()).await?;
    for definition in indexes.0 {
        run(connection, definition).await?;
    }
    run(
        connection,
        "RESET session_replication_role; RESET synchronous_commit; RESET plan_cache_mode; RESET maintenance_work_mem"
            .to_owned(),
    )
    .await?;
    run(connection, "VACUUM ANALYZE".to_owned()).await?;
    run(connection, "CHECKPOINT".to_owned()).await
}

async fn run(connection: &mut PgConnection, statement: String) -> anyhow::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await?;
    Ok(())
}
