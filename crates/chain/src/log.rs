//! Logs of one contract, accepted only if they match the request.

use alloy::primitives::{Address, B256, LogData};
use alloy::rpc::types::Log;

use crate::block::BlockRef;
use crate::error::ChainError;

/// One log of the contract with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractLog {
    /// The block that it is in.
    pub block: BlockRef,
    /// The transaction that emitted it.
    pub transaction_hash: B256,
    /// Place of the transaction in its block.
    pub transaction_index: u32,
    /// Place of the log in its block.
    pub log_index: u32,
    /// Topics and data.
    pub data: LogData,
}

/// Accepts the node's logs: of this contract, from these heights, in strictly ascending order, one hash per height.
pub(crate) fn accept(
    logs: Vec<Log>,
    contract: Address,
    heights: std::ops::RangeInclusive<u64>,
) -> Result<Vec<ContractLog>, ChainError> {
    let mut accepted: Vec<ContractLog> = Vec::with_capacity(logs.len());
    for log in logs {
        let log = place(log, contract)?;
        if !heights.contains(&log.block.number) {
            return Err(ChainError::malformed(format!(
                "a log of block {} in the answer for {} to {}",
                log.block.number,
                heights.start(),
                heights.end()
            )));
        }
        if let Some(before) = accepted.last() {
            let ascends = (before.block.number, before.log_index) < (log.block.number, log.log_index);
            let forks = before.block.number == log.block.number && before.block.hash != log.block.hash;
            if !ascends || forks {
                return Err(ChainError::malformed(format!(
                    "log {} of block {} is out of order",
                    log.log_index, log.block.number
                )));
            }
        }
        accepted.push(log);
    }
    Ok(accepted)
}

fn place(log: Log, contract: Address) -> Result<ContractLog, ChainError> {
    if log.address() != contract {
        return Err(ChainError::malformed(format!("a log of {}", log.address())));
    }
    if log.removed {
        return Err(ChainError::malformed("a removed log"));
    }
    let (Some(hash), Some(number), Some(transaction_hash), Some(transaction_index), Some(log_index)) = (
        log.block_hash,
        log.block_number,
        log.transaction_hash,
        log.transaction_index,
        log.log_index,
    ) else {
        return Err(ChainError::malformed("a log without its place in the chain"));
    };
    let index = |value: u64| {
        u32::try_from(value).map_err(|_| ChainError::malformed(format!("the index {value} of a log")))
    };
    Ok(ContractLog {
        block: BlockRef { number, hash },
        transaction_hash,
        transaction_index: index(transaction_index)?,
        log_index: index(log_index)?,
        data: log.inner.data,
    })
}

#[cfg(test)]
mod tests;
