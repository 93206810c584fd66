//! All logs of a contract in a range of blocks, in parts that its node gives.
//!
//! Not responsible for what the logs say.

use anyhow::Context;
use chain::{ChainError, ChainReader, ContractLog};

/// Blocks asked for at once, at first; a node that wants fewer says so.
const BLOCKS_AT_ONCE: u64 = 10_000;

/// Gives each log of the reader's contract to `take`, in the order of the chain.
///
/// # Errors
/// The node does not answer, or what `take` ends with.
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
