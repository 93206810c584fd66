//! The ledger's database, for commands that work on it.

use anyhow::Context as _;
use sqlx::{Connection as _, PgConnection};

/// A connection for one command.
pub(crate) async fn connect(url: &str) -> anyhow::Result<PgConnection> {
    PgConnection::connect(url)
        .await
        .context("cannot connect to the ledger's database")
}
