//! All logs of a contract in a range of blocks, in ranges that its node accepts.
//!
//! Not responsible for what the logs say.

use anyhow::Context;
use chain::{ChainError, ChainReader, ContractLog};

/// Initial number of blocks per request; reduced if the node rejects it.
const BLOCKS_AT_ONCE: u64 = 10_000;

/// Calls `take` with each log of the reader's contract, in chain order.
///
/// # Errors
/// The node does not respond, or `take` fails.
pub(crate) async fn each(
    reader: &ChainReader,
    blocks: std::ops::RangeInclusive<u64>,
    mut take: impl FnMut(&ContractLog) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (mut next, last) = (*blocks.start(), *blocks.end());
    let mut step = BLOCKS_AT_ONCE;
    while next <= last {
        let end = last.min(next.saturating_add(step - 1));
        match reader.logs_of_range(next..=end).await {
            Ok(range) => {
                range.logs.iter().try_for_each(&mut take)?;
                next = end + 1;
            }
            Err(ChainError::RangeTooLarge { .. }) if step > 1 => step /= 2,
            Err(error) => return Err(error).context("the contract's events cannot be read"),
        }
    }
    Ok(())
}
