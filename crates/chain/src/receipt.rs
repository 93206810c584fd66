//! The receipt of a transaction.
//!
//! Not responsible for whether its block is final, or on the branch that the system follows.

use alloy::primitives::{Address, B256, U64, U128};
use serde::Deserialize;

use crate::block::BlockRef;
use crate::error::ChainError;
use crate::node::Node;
use crate::send::Sender;

/// The result of an included transaction. It counts only as long as its block does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The block that includes it.
    pub block: BlockRef,
    /// Whether it was executed; `false` when it reverted.
    pub succeeded: bool,
    /// The gas that it used.
    pub gas_used: u64,
    /// Wei that were paid for each unit.
    pub effective_gas_price: u128,
    /// The account that sent it.
    pub from: Address,
}

impl Receipt {
    /// What the sender paid for it, in wei.
    pub fn fee(&self) -> u128 {
        u128::from(self.gas_used).saturating_mul(self.effective_gas_price)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawReceipt {
    transaction_hash: B256,
    block_number: Option<U64>,
    block_hash: Option<B256>,
    status: Option<U64>,
    gas_used: U64,
    effective_gas_price: Option<U128>,
    from: Address,
}

impl Sender {
    /// What each node knows of the transaction's receipt, in the order of the configuration.
    pub async fn receipts(&self, transaction: B256) -> Vec<Result<Option<Receipt>, ChainError>> {
        self.ask_all(|node| receipt(node, transaction)).await
    }

    /// The transaction's receipt, if a node has one; of several, the one in the highest block. `None` is said only when
    /// every node answered, and none has one.
    ///
    /// # Errors
    /// [`ChainError`] when no receipt was found and a node did not answer.
    pub async fn find_receipt(&self, transaction: B256) -> Result<Option<Receipt>, ChainError> {
        let mut found: Option<Receipt> = None;
        let mut failure = None;
        for answer in self.receipts(transaction).await {
            match answer {
                Ok(receipt) => {
                    found = found
                        .into_iter()
                        .chain(receipt)
                        .max_by_key(|receipt| receipt.block.number);
                }
                Err(error) => failure = Some(error),
            }
        }
        match (found, failure) {
            (None, Some(error)) => Err(error),
            (found, _) => Ok(found),
        }
    }
}

pub(crate) async fn receipt(node: &Node, transaction: B256) -> Result<Option<Receipt>, ChainError> {
    let raw: Option<RawReceipt> = node.call("eth_getTransactionReceipt", (transaction,)).await?;
    raw.map(|raw| accept(&raw, transaction)).transpose()
}

fn accept(raw: &RawReceipt, transaction: B256) -> Result<Receipt, ChainError> {
    if raw.transaction_hash != transaction {
        return Err(ChainError::malformed(format!(
            "the receipt of {} in the answer for {transaction}",
            raw.transaction_hash
        )));
    }
    let (Some(number), Some(hash), Some(status), Some(price)) = (
        raw.block_number,
        raw.block_hash,
        raw.status,
        raw.effective_gas_price,
    ) else {
        return Err(ChainError::malformed(format!(
            "the receipt of {transaction} is incomplete"
        )));
    };
    let succeeded = match status.to::<u64>() {
        0 => false,
        1 => true,
        other => {
            return Err(ChainError::malformed(format!(
                "the receipt of {transaction} has the status {other}"
            )));
        }
    };
    Ok(Receipt {
        block: BlockRef {
            number: number.to(),
            hash,
        },
        succeeded,
        gas_used: raw.gas_used.to(),
        effective_gas_price: price.to(),
        from: raw.from,
    })
}

#[cfg(test)]
mod tests;
