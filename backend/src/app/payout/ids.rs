//! Ids of batches: what the contract takes only once.
//!
//! The contract keeps the states of four batches in one slot when their ids differ in the last two bits only. The first write of a
//! slot costs 17,100 gas more than a later one, so ids are given out in fours: random in the upper 254 bits, then counted.

use std::sync::Mutex;

use alloy_primitives::B256;

use crate::app::random;

/// Batches whose states share a slot.
const LANES: u8 = 4;

/// Gives out ids. A four belongs to the process that began it and to nobody else, so no two builders give out one id, and one that
/// the database lost is not given out again.
#[derive(Debug, Default)]
pub struct BatchIds {
    last: Mutex<Option<B256>>,
}

impl BatchIds {
    /// An id that was never given out. One that is not used then is lost, and no harm.
    pub(super) fn next(&self) -> B256 {
        let mut last = (self.last.lock()).unwrap_or_else(std::sync::PoisonError::into_inner);
        let id = last.and_then(following).unwrap_or_else(first);
        *last = Some(id);
        id
    }
}

/// The first of a new four.
fn first() -> B256 {
    let mut id = B256::new(random());
    id.0[31] &= !(LANES - 1);
    id
}

/// The next one of the same four; `None` after the last.
fn following(id: B256) -> Option<B256> {
    let mut next = id;
    next.0[31] = id.0[31].checked_add(1)?;
    (!next.0[31].is_multiple_of(LANES)).then_some(next)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    /// What the contract makes the slot's key of.
    fn slot(id: &B256) -> alloy_primitives::U256 {
        alloy_primitives::U256::from_be_bytes(id.0) >> 2
    }

    #[test]
    fn three_of_four_batches_share_the_slot_of_the_one_before() {
        let ids = BatchIds::default();
        let given: Vec<B256> = (0..400).map(|_| ids.next()).collect();
        let unique: HashSet<&B256> = given.iter().collect();
        assert_eq!(unique.len(), given.len());
        for (number, pair) in given.windows(2).enumerate() {
            let shares = slot(&pair[0]) == slot(&pair[1]);
            assert_eq!(shares, number % 4 != 3, "{number}: {pair:?}");
        }
    }

    #[test]
    fn a_four_ends_also_where_the_last_byte_does() {
        let mut id = B256::repeat_byte(0xff);
        assert_eq!(following(id), None);
        id.0[31] = 0xfe;
        assert_eq!(following(id), Some(B256::repeat_byte(0xff)));
    }

    #[test]
    fn two_processes_share_no_slot() {
        let (one, other) = (BatchIds::default(), BatchIds::default());
        assert_ne!(slot(&one.next()), slot(&other.next()));
    }

    #[test]
    fn builders_at_once_get_ids_of_their_own_and_fill_every_slot() {
        let ids = BatchIds::default();
        let given: Vec<B256> = thread::scope(|scope| {
            let builders: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..50).map(|_| ids.next()).collect::<Vec<_>>()))
                .collect();
            builders
                .into_iter()
                .flat_map(|builder| builder.join().unwrap())
                .collect()
        });
        let unique: HashSet<&B256> = given.iter().collect();
        let slots: HashSet<_> = given.iter().map(slot).collect();
        assert_eq!((unique.len(), slots.len()), (400, 100));
    }
}
