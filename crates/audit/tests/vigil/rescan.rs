//! R15: final logs that another endpoint has otherwise.

use alloy_primitives::{B256, Bytes};
use audit::checks::Severity::{self, S1, S2};
use audit::vigil::{LogKey, RescannedLog, rescan};

use crate::found;

fn log(number: u64, index: u32) -> RescannedLog {
    RescannedLog {
        key: LogKey {
            block_number: number,
            block_hash: B256::with_last_byte(u8::try_from(number).unwrap_or(0)),
            log_index: index,
        },
        transaction_hash: B256::repeat_byte(4),
        topics: vec![B256::repeat_byte(5)],
        data: Bytes::from_static(&[6]),
    }
}

fn after(fault: impl FnOnce(&mut Vec<RescannedLog>)) -> Vec<Severity> {
    let recorded = vec![log(7, 0), log(7, 1), log(9, 0)];
    let mut seen = recorded.clone();
    fault(&mut seen);
    let found = found(rescan(&recorded, &seen));
    found.into_iter().map(|(severity, _)| severity).collect()
}

#[test]
fn the_same_logs_pass_in_any_order() {
    assert_eq!(after(|_| {}), []);
    assert_eq!(after(|seen| seen.reverse()), []);
}

#[test]
fn what_was_missed_or_differs_is_grave_and_what_the_endpoint_lacks_is_not() {
    assert_eq!(after(|seen| seen.push(log(8, 0))), [S1]);
    assert_eq!(after(|seen| seen[0].data = Bytes::new()), [S1]);
    assert_eq!(after(|seen| seen[0].topics.clear()), [S1]);
    assert_eq!(after(|seen| seen[2].transaction_hash = B256::ZERO), [S1]);
    assert_eq!(after(|seen| drop(seen.pop())), [S2]);
    // Another block of the same height: one that we have and it has not, and the other way round.
    let moved = |seen: &mut Vec<RescannedLog>| seen[2].key.block_hash = B256::ZERO;
    assert_eq!(after(moved), [S1, S2]);
}
