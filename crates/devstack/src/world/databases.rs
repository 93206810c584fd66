//! The databases of a development system: the ledger's, made as `trellis ledger init` makes one, and the signers'.

use alloy_primitives::B256;
use anyhow::Context;
use sqlx::Connection;
use store::deployment::{self, Deployment};
use store::{checkpoint, schema};

use crate::checkout::Checkout;
use crate::migrations::{SIGNER_SCHEMA, migrator};
use crate::postgres::{Address, connect, let_roles_log_in, password_of};

/// The ledger's database.
pub(crate) const LEDGER: &str = "trellis";

/// The signer's own database.
pub(crate) const SIGNER: &str = "trellis_signer";

/// Creates both databases when they are missing and brings them to the newest migration.
pub(crate) async fn migrate(checkout: &Checkout, address: &Address) -> anyhow::Result<()> {
    let signer = migrator(&checkout.path("signer/migrations"), Some(SIGNER_SCHEMA)).await?;
    for (database, migrator) in [(LEDGER, &schema::MIGRATIONS), (SIGNER, &signer)] {
        let url = address.url(database);
        schema::create_database(&url).await?;
        let mut connection = connect(&url).await?;
        let applied = migrator.run(&mut connection).await;
        applied
            .with_context(|| format!("the migrations of {database} do not apply; `--fresh` starts over"))?;
        if let Some(password) = password_of(&url) {
            let_roles_log_in(&mut connection, password).await?;
        }
        connection.close().await?;
    }
    Ok(())
}

/// What the ledger's database is bound to, if it is, and the hash of the newest final block that the listener recorded.
pub(crate) async fn remembered(url: &str) -> anyhow::Result<Option<(Deployment, Option<B256>)>> {
    let mut connection = connect(url).await?;
    let Some(deployed) = deployment::find(&mut connection).await? else {
        return Ok(None);
    };
    let checkpoint = checkpoint::find(&mut connection).await?;
    connection.close().await?;
    Ok(Some((
        deployed,
        checkpoint.map(|checkpoint| checkpoint.final_hash),
    )))
}
