//! Which ledger a database is: one row, written once when the contract is deployed.

use alloy_primitives::{Address, B256};
use sqlx::PgConnection;

use crate::StoreError;

/// Chain, contract, asset and plan of a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The chain's id.
    pub chain_id: u64,
    /// The custody contract.
    pub contract: Address,
    /// Block in which the contract was deployed.
    pub contract_block: u64,
    /// Hash of that block.
    pub contract_block_hash: B256,
    /// Code of the asset, as in [`money::Asset::code`].
    pub asset: String,
    /// Hash of the compiled plan.
    pub plan_hash: B256,
    /// The plan file.
    pub plan_text: String,
}

/// Binds the database to a deployment.
///
/// # Errors
/// The database is bound already: constraint `deployment_pkey`.
pub async fn insert(connection: &mut PgConnection, deployment: &Deployment) -> Result<(), StoreError> {
    let number = |number: u64| {
        i64::try_from(number).map_err(|_| StoreError::corrupt("a chain id or block number above 2^63"))
    };
    sqlx::query!(
        "INSERT INTO deployment
            (chain_id, contract, contract_block, contract_block_hash, asset, plan_hash, plan_text)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        number(deployment.chain_id)?,
        deployment.contract.as_slice(),
        number(deployment.contract_block)?,
        deployment.contract_block_hash.as_slice(),
        deployment.asset,
        deployment.plan_hash.as_slice(),
        deployment.plan_text,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The deployment that the database is bound to, if it is.
///
/// # Errors
/// The database does not respond.
pub async fn find(connection: &mut PgConnection) -> Result<Option<Deployment>, StoreError> {
    let row = sqlx::query!(
        "SELECT chain_id, contract, contract_block, contract_block_hash, asset, plan_hash, plan_text
         FROM deployment"
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Deployment {
        chain_id: natural(row.chain_id, "deployment.chain_id")?,
        contract: address(&row.contract, "deployment.contract")?,
        contract_block: natural(row.contract_block, "deployment.contract_block")?,
        contract_block_hash: hash(&row.contract_block_hash, "deployment.contract_block_hash")?,
        asset: row.asset,
        plan_hash: hash(&row.plan_hash, "deployment.plan_hash")?,
        plan_text: row.plan_text,
    }))
}

/// A stored number that cannot be negative.
pub(crate) fn natural(number: i64, what: &'static str) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::corrupt(what))
}

/// A stored address.
pub(crate) fn address(bytes: &[u8], what: &'static str) -> Result<Address, StoreError> {
    Address::try_from(bytes).map_err(|_| StoreError::corrupt(what))
}

/// A stored hash or reference of 32 bytes.
pub(crate) fn hash(bytes: &[u8], what: &'static str) -> Result<B256, StoreError> {
    B256::try_from(bytes).map_err(|_| StoreError::corrupt(what))
}
