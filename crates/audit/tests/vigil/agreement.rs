//! R16: endpoints that disagree, lag, or do not respond.

use alloy_primitives::B256;
use audit::checks::JournalRoot;
use audit::checks::Severity::{self, S1, S2};
use audit::vigil::{EndpointSeen, FinalSeen, RecordedFinal, agreement};

use crate::found;

const COMMON: u64 = 990;

fn seen(byte: u8, seq: u64) -> FinalSeen {
    FinalSeen {
        hash: B256::repeat_byte(byte),
        seq,
        root: JournalRoot::repeat_byte(3),
    }
}

fn endpoints() -> Vec<EndpointSeen> {
    ["a:1", "b:1", "c:1"]
        .map(|name| EndpointSeen {
            name: name.to_owned(),
            unanswered_seconds: 0,
            finalized: Some(COMMON),
            common: Some(seen(1, 7)),
            recorded: Some(seen(2, 6)),
        })
        .to_vec()
}

fn after(fault: impl FnOnce(&mut Vec<EndpointSeen>)) -> Vec<(Severity, String)> {
    let mut endpoints = endpoints();
    fault(&mut endpoints);
    let recorded = RecordedFinal {
        number: COMMON - 5,
        seen: seen(2, 6),
    };
    found(agreement(&endpoints, COMMON, Some(recorded)))
}

#[test]
fn endpoints_that_agree_pass_and_so_does_one_that_is_a_little_late() {
    assert_eq!(after(|_| {}), []);
    let late = |endpoints: &mut Vec<EndpointSeen>| {
        endpoints[0].finalized = Some(COMMON - 128);
        endpoints[0].recorded = None;
        endpoints[1].unanswered_seconds = 20;
        endpoints[1].common = None;
    };
    assert_eq!(after(late), []);
}

#[test]
fn another_block_or_another_journal_is_grave() {
    type Fault = fn(&mut Vec<EndpointSeen>);
    let cases: [(Fault, Severity, &str); 6] = [
        (|all| all[1].common = Some(seen(9, 7)), S1, "final block"),
        (|all| all[1].common = Some(seen(1, 8)), S1, "final block"),
        (
            |all| all[2].recorded = Some(seen(9, 6)),
            S1,
            "recorded final block at c:1",
        ),
        (
            |all| all[2].recorded = Some(seen(2, 5)),
            S1,
            "recorded final block at c:1",
        ),
        (|all| all[0].unanswered_seconds = 21, S2, "endpoint a:1"),
        (|all| all[0].finalized = Some(COMMON - 129), S2, "endpoint a:1"),
    ];
    for (fault, severity, subject) in cases {
        assert_eq!(after(fault), [(severity, subject.to_owned())], "{subject}");
    }
}
