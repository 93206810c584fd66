//! Ends of days, proven by the chain's clock: the last cause in front of a day's end is of a block before it, and the next one behind it
//! is of a block at or after it. What lies between is in the order of the journal, so two blocks of each day are enough.
//!
//! A block's time is read from its header, which the node's hash covers, and that the cause is in it from the node's logs.

use abi::events;
use alloy_primitives::U256;
use chain::{ChainError, ChainReader};
use store::inbox::BlockRef;

/// A cause of the chain: its number in the journal, and the block of which it is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) seq: u64,
    pub(super) block: BlockRef,
}

/// On which side of a second the time of a cause's block must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// Earlier than the second.
    Before(Place, u64),
    /// The second, or later.
    From(Place, u64),
}

/// The ends of days among the facts so far.
#[derive(Debug, Default)]
pub(super) struct Days {
    /// The last cause of the chain, if no day ended after it.
    last: Option<Place>,
    /// The end of the last day, if no cause of the chain came after it.
    open_from: Option<u64>,
    /// The end of the last day.
    pub(super) ended_at: u64,
}

impl Days {
    /// A cause of the chain is next; returns what has to hold.
    pub(super) fn happens(&mut self, place: Place) -> Option<Bound> {
        self.last = Some(place);
        self.open_from.take().map(|second| Bound::From(place, second))
    }

    /// The end of a day is next, at this second; returns what has to hold.
    pub(super) fn ends(&mut self, second: u64) -> Option<Bound> {
        self.open_from = Some(second);
        self.ended_at = second;
        self.last.take().map(|place| Bound::Before(place, second))
    }
}

impl Bound {
    /// Whether it holds on the node's chain.
    pub(super) async fn holds(self, reader: &ChainReader) -> Result<bool, ChainError> {
        let (Self::Before(place, _) | Self::From(place, _)) = self;
        let Some(header) = reader.find_header(place.block.hash).await? else {
            return Ok(false);
        };
        let logs = reader.logs_of_block(&header).await?;
        let is_there = logs.iter().any(|log| {
            let event = events::decode(&log.data).ok().flatten();
            event.as_ref().and_then(events::seq_of) == Some(U256::from(place.seq))
        });
        Ok(is_there && self.is_met_at(header.timestamp))
    }

    const fn is_met_at(self, time: u64) -> bool {
        match self {
            Self::Before(_, second) => time < second,
            Self::From(_, second) => time >= second,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(seq: u64) -> Place {
        Place {
            seq,
            block: BlockRef::default(),
        }
    }

    #[test]
    fn the_neighbours_of_each_end_are_compared_once() {
        let mut days = Days::default();
        assert_eq!(days.ends(100), None, "nothing came before");
        assert_eq!(days.happens(place(1)), Some(Bound::From(place(1), 100)));
        assert_eq!(days.happens(place(2)), None);
        assert_eq!(days.ends(200), Some(Bound::Before(place(2), 200)));
        assert_eq!(days.ends(300), None, "nothing came between");
        assert_eq!(days.happens(place(3)), Some(Bound::From(place(3), 300)));
        assert_eq!(days.ended_at, 300);
    }

    #[test]
    fn a_day_ends_with_its_first_second_after() {
        assert!(Bound::Before(place(1), 100).is_met_at(99));
        assert!(!Bound::Before(place(1), 100).is_met_at(100));
        assert!(Bound::From(place(1), 100).is_met_at(100));
        assert!(!Bound::From(place(1), 100).is_met_at(99));
    }
}
