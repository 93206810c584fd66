//! A PostgreSQL that keeps what it commits, and new databases in it.

use devstack::Checkout;
use devstack::postgres::{Durability, Postgres, PostgresSpec, connect};
use sqlx::AssertSqlSafe;

/// The server of benchmarks that measure posting.
pub(crate) async fn durable() -> anyhow::Result<Postgres> {
    let checkout = Checkout::find()?;
    let directory = checkout.local("bench")?;
    let spec = PostgresSpec {
        data: "bench/postgres".to_owned(),
        log: directory.join("postgres.log"),
        pids: directory,
        durability: Durability::Durable,
    };
    Postgres::start(&checkout, &spec).await
}

/// An empty database, in place of one with this name; returns its URL.
pub(crate) async fn empty_database(server: &Postgres, name: &str) -> anyhow::Result<String> {
    let mut maintenance = connect(&server.address().url("postgres")).await?;
    for statement in [
        format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        format!("CREATE DATABASE {name}"),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut maintenance)
            .await?;
    }
    Ok(server.address().url(name))
}
