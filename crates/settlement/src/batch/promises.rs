//! What batches in flight will still take from the contract, as of one block.

use money::Amount;

/// What the books say about money on its way out, all of it at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Promises {
    /// What open batches hold or requested.
    pub live: Amount,
    /// The part of it that has an authorization: nothing else can be executed already.
    pub authorized: Amount,
    /// Everything that batches ever sent or credited, as far as it is posted: the contract's `pushed` at some block.
    pub posted: Amount,
}

impl Promises {
    /// What live batches will take from the contract after the block at whose end it had sent and credited `pushed`.
    ///
    /// A batch that is executed leaves the contract's money at once and `live` only when it is posted. In between `pushed` is
    /// ahead of `posted` by what it paid, which is at most what it holds: a claim that came first makes it pay less, a
    /// skipped line nothing, and a batch that is cancelled on the chain never moves `pushed`. So `live + posted - pushed` is
    /// never less than what is still to be paid, whether a batch is before, between or behind the two, and so it does not
    /// matter by how much chain and books are apart:
    ///
    /// - A fork that undoes the execution takes as much from `pushed` as it gives back to the contract: the batch that was
    ///   proposed meanwhile and the one that is executed again still fit together.
    /// - A block before the last posted one, as of a node that lags behind, has the money of batches that have ended: it is
    ///   added to what is promised.
    ///
    /// What else moves `pushed`, a batch that the books do not know, is no reason to promise anything twice, so no more is
    /// deducted than can have been executed. And should money leave by other ways meanwhile, a batch is not sent before the
    /// contract can pay it, and one that waits beyond its deadline is released and built again.
    pub fn open_after(&self, pushed: Amount) -> Amount {
        let executed = pushed.saturating_sub(self.posted).min(self.authorized);
        let before = self.posted.saturating_sub(pushed);
        let open = self.live.saturating_sub(executed).checked_add(before);
        open.unwrap_or(Amount::new(u128::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(live: u128, authorized: u128, posted: u128, pushed: u128) -> u128 {
        let promises = Promises {
            live: Amount::new(live),
            authorized: Amount::new(authorized),
            posted: Amount::new(posted),
        };
        promises.open_after(Amount::new(pushed)).base_units()
    }

    #[test]
    fn what_the_block_has_executed_is_promised_no_longer() {
        assert_eq!(open(50, 36, 100, 100), 50);
        assert_eq!(open(50, 36, 100, 136), 14);
        assert_eq!(open(14, 0, 136, 136), 14);
    }

    #[test]
    fn an_execution_that_is_posted_but_not_in_the_block_is_still_to_be_paid() {
        assert_eq!(open(14, 0, 136, 100), 50);
    }

    #[test]
    fn what_the_books_know_nothing_of_frees_no_more_than_can_have_been_executed() {
        assert_eq!(open(50, 36, 100, 900), 14);
        assert_eq!(open(50, 0, 100, 900), 50);
    }

    #[test]
    fn nothing_wraps_around() {
        assert_eq!(open(0, 0, 0, u128::MAX), 0);
        assert_eq!(open(1, 0, u128::MAX, 0), u128::MAX);
    }
}
