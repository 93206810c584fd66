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
mod tests {
    use super::*;

    const CONTRACT: Address = Address::repeat_byte(1);

    fn log(number: u64, hash: u8, log_index: u64) -> Log {
        Log {
            inner: alloy::primitives::Log {
                address: CONTRACT,
                data: LogData::default(),
            },
            block_hash: Some(B256::repeat_byte(hash)),
            block_number: Some(number),
            block_timestamp: None,
            transaction_hash: Some(B256::ZERO),
            transaction_index: Some(0),
            log_index: Some(log_index),
            removed: false,
        }
    }

    fn refused(logs: Vec<Log>) -> bool {
        matches!(accept(logs, CONTRACT, 5..=9), Err(ChainError::Malformed { .. }))
    }

    #[test]
    fn ordered_logs_of_the_range_are_accepted() {
        let accepted = accept(vec![log(5, 1, 0), log(5, 1, 3), log(9, 2, 0)], CONTRACT, 5..=9).unwrap();
        assert_eq!(accepted.len(), 3);
        assert_eq!(accepted[2].block.number, 9);
    }

    #[test]
    fn logs_that_were_not_asked_for_are_refused() {
        assert!(refused(vec![log(4, 1, 0)]), "below the range");
        assert!(refused(vec![log(10, 1, 0)]), "above the range");
        assert!(refused(vec![log(6, 1, 0), log(5, 2, 0)]), "descending");
        assert!(refused(vec![log(5, 1, 1), log(5, 1, 1)]), "repeated");
        assert!(
            refused(vec![log(5, 1, 1), log(5, 2, 2)]),
            "two blocks of one height"
        );
        let mut foreign = log(5, 1, 0);
        foreign.inner.address = Address::ZERO;
        assert!(refused(vec![foreign]), "another contract");
        let mut removed = log(5, 1, 0);
        removed.removed = true;
        assert!(refused(vec![removed]), "removed");
        let mut pending = log(5, 1, 0);
        pending.block_hash = None;
        assert!(refused(vec![pending]), "not in a block");
    }
}
