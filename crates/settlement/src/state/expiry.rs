//! The proof that an authorization can never be used again.

use thiserror::Error;

/// What the contract says about a batch that was cancelled on the chain.
pub const BATCH_CANCELLED: u64 = u64::MAX;

/// What the contract's `batchState` says about a batch, at one finalized block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchOnChain {
    /// Number of the finalized block.
    pub block_number: u64,
    /// Its timestamp.
    pub block_timestamp: u64,
    /// 0 when the batch is unused at that block, [`BATCH_CANCELLED`], or the journal entry that executed it.
    pub batch_state: u64,
}

/// At a finalized block after the deadline the batch was not executed: it never will be. Only [`prove_expiry`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiryProof {
    deadline: u64,
    block_number: u64,
}

impl ExpiryProof {
    /// The last second at which the authorization was valid.
    pub const fn deadline(&self) -> u64 {
        self.deadline
    }

    /// The finalized block that proves it.
    pub const fn block_number(&self) -> u64 {
        self.block_number
    }
}

/// Why an authorization is not proven dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotExpired {
    /// The contract still takes it in the block after this one.
    #[error("the finalized chain's time {time} is not past the deadline {deadline}")]
    DeadlineAhead {
        /// The last second at which it is valid.
        deadline: u64,
        /// Timestamp of the finalized block.
        time: u64,
    },
    /// It was used.
    #[error("the batch was executed by journal entry {0}")]
    Executed(u64),
}

/// Proves from a *finalized* block that an authorization is dead. Its deadline is the last second at which the contract
/// takes it, and timestamps only grow; so nothing after that block can execute it, and nothing before it can change.
///
/// # Errors
/// [`NotExpired`]: it may still be used, or was.
pub const fn prove_expiry(deadline: u64, chain: BatchOnChain) -> Result<ExpiryProof, NotExpired> {
    if chain.batch_state != 0 && chain.batch_state != BATCH_CANCELLED {
        return Err(NotExpired::Executed(chain.batch_state));
    }
    // A batch that is cancelled on the chain is dead at once.
    if chain.batch_state == 0 && chain.block_timestamp <= deadline {
        return Err(NotExpired::DeadlineAhead {
            deadline,
            time: chain.block_timestamp,
        });
    }
    Ok(ExpiryProof {
        deadline,
        block_number: chain.block_number,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_finalized_block_past_the_deadline_without_execution_is_a_proof() {
        let at = |block_timestamp, batch_state| {
            prove_expiry(
                100,
                BatchOnChain {
                    block_number: 7,
                    block_timestamp,
                    batch_state,
                },
            )
        };
        assert_eq!(
            at(101, 0).map(|proof| (proof.deadline(), proof.block_number())),
            Ok((100, 7))
        );
        assert!(at(1, BATCH_CANCELLED).is_ok());
        for time in [0, 99, 100] {
            assert_eq!(
                at(time, 0),
                Err(NotExpired::DeadlineAhead { deadline: 100, time })
            );
        }
        for time in [0, 100, 101, u64::MAX] {
            assert_eq!(at(time, 5), Err(NotExpired::Executed(5)));
        }
    }
}
