//! Deployment of the contract: what is deployed and where, the rules for a configuration, and the direct path
//! for development, through a provider that can send for the deployer. That way knows the form for the chain's own coin only.
//!
//! Not responsible for sending to public chains; that is `trellis deploy`.

use alloy::network::Ethereum;
use alloy::primitives::{Address, BlockHash, TxHash};
use alloy::providers::Provider;
use alloy::sol_types::SolValue as _;
use thiserror::Error;

use crate::bindings::{ICustody, deployable};

mod asset;
pub mod deterministic;
pub mod rules;
pub mod runtime;

pub use asset::Asset;

/// Where the contract lives, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deployment {
    /// Address of the contract.
    pub address: Address,
    /// Block of the creation; no event of the contract is older.
    pub block_number: u64,
    /// Hash of that block.
    pub block_hash: BlockHash,
    /// Transaction of the creation.
    pub transaction: TxHash,
}

/// Why there is no contract.
#[derive(Debug, Error)]
pub enum DeployError {
    /// The node or the wallet refused the transaction.
    #[error("the deployment could not be sent")]
    Send(#[from] alloy::contract::Error),
    /// The transaction was sent, but no receipt came.
    #[error("the deployment was not included")]
    Inclusion(#[from] alloy::providers::PendingTransactionError),
    /// The constructor reverted: the configuration breaks a rule.
    #[error("the constructor reverted in transaction {transaction}")]
    Reverted {
        /// The reverted transaction.
        transaction: TxHash,
    },
    /// The node's receipt lacks the address or the block.
    #[error("the receipt of transaction {transaction} is incomplete")]
    IncompleteReceipt {
        /// The transaction of the receipt.
        transaction: TxHash,
    },
}

/// Deploys the contract from `deployer`, for which the provider must be able to sign, and waits for the receipt.
pub async fn deploy<P: Provider<Ethereum>>(
    provider: P,
    deployer: Address,
    config: &ICustody::Config,
) -> Result<Deployment, DeployError> {
    // The bindings and the deployable contract have the same struct, as two types.
    let config = deployable::ICustody::Config::abi_decode(&config.abi_encode())
        .map_err(|error| DeployError::Send(error.into()))?;
    let receipt = deployable::Custody::deploy_builder(provider, config)
        .from(deployer)
        .send()
        .await?
        .get_receipt()
        .await?;
    let transaction = receipt.transaction_hash;
    if !receipt.status() {
        return Err(DeployError::Reverted { transaction });
    }
    match (receipt.contract_address, receipt.block_number, receipt.block_hash) {
        (Some(address), Some(block_number), Some(block_hash)) => Ok(Deployment {
            address,
            block_number,
            block_hash,
            transaction,
        }),
        (None, _, _) | (_, None, _) | (_, _, None) => Err(DeployError::IncompleteReceipt { transaction }),
    }
}
