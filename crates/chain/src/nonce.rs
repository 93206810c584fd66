//! A sending account as the chain sees it: how many transactions it made, and what it can pay with.

use alloy::eips::BlockId;
use alloy::primitives::{Address, U64, U256};

use crate::error::ChainError;
use crate::node::At;
use crate::send::Sender;

impl Sender {
    /// The account's next nonce in this state: how many of its transactions are included. The highest of the answers,
    /// because nodes lag and never lead.
    pub async fn transaction_count(&self, account: Address, at: At) -> Result<u64, ChainError> {
        let block = BlockId::from(at);
        let counts = self
            .answers(|node| node.call::<_, U64>("eth_getTransactionCount", (account, block)))
            .await?;
        Ok(counts.into_iter().max().unwrap_or_default().to())
    }

    /// What the account has in this state, in wei. The lowest of the answers: nothing is sent on one node's word that
    /// there is money.
    ///
    /// # Errors
    /// [`ChainError`] when no node responds; [`ChainError::Malformed`] beyond 128 bits.
    pub async fn balance(&self, account: Address, at: At) -> Result<u128, ChainError> {
        let block = BlockId::from(at);
        let balances = self
            .answers(|node| node.call::<_, U256>("eth_getBalance", (account, block)))
            .await?;
        let lowest = balances.into_iter().min().unwrap_or_default();
        u128::try_from(lowest).map_err(|_| ChainError::malformed(format!("a balance of {lowest} wei")))
    }
}
