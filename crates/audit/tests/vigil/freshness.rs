//! R17: whatever should go on and does not.

use audit::checks::Severity::{self, S1, S2};
use audit::vigil::{FreshnessLimits, HeadSeen, Progress, RecordedHead, Worker, WorkerSeen, freshness};

use crate::found;

const LIMITS: FreshnessLimits = FreshnessLimits {
    halted_seconds: 30,
    behind_seconds: 60,
    final_seconds: 60,
    final_slow_blocks: 20,
    final_stalled_blocks: 64,
    silence_seconds: 20,
    recorded_behind_blocks: 600,
};

/// Everything is as late as it may be.
fn just_in_time() -> Progress {
    Progress {
        unanswered_seconds: 30,
        head: Some(HeadSeen {
            number: 1_000,
            unchanged_seconds: 30,
            behind_seconds: 60,
            finalized: 981,
            finalized_unchanged_seconds: 60,
        }),
        recorded: Some(RecordedHead {
            number: 400,
            finalized: 396,
            unchanged_seconds: 20,
        }),
        unposted_seconds: Some(20),
        workers: Worker::ALL
            .map(|worker| WorkerSeen {
                worker,
                missing_seconds: 20,
            })
            .to_vec(),
    }
}

fn after(fault: impl FnOnce(&mut Progress)) -> Vec<(Severity, String)> {
    let mut progress = just_in_time();
    fault(&mut progress);
    found(freshness(&progress, &LIMITS))
}

fn head(progress: &mut Progress) -> &mut HeadSeen {
    progress
        .head
        .as_mut()
        .unwrap_or_else(|| panic!("there is a head"))
}

fn recorded(progress: &mut Progress) -> &mut RecordedHead {
    progress
        .recorded
        .as_mut()
        .unwrap_or_else(|| panic!("there is a checkpoint"))
}

#[test]
fn what_is_just_in_time_is_not_told() {
    assert_eq!(after(|_| {}), []);
}

#[test]
fn each_delay_is_found_under_its_own_subject() {
    type Fault = fn(&mut Progress);
    let cases: [(Fault, Severity, &str); 12] = [
        (|seen| seen.unanswered_seconds = 31, S2, "endpoints"),
        (|seen| head(seen).unchanged_seconds = 31, S2, "chain"),
        (|seen| head(seen).behind_seconds = 61, S2, "chain"),
        (|seen| head(seen).finalized_unchanged_seconds = 61, S2, "finality"),
        (|seen| head(seen).finalized = 980, S2, "finality"),
        (|seen| head(seen).finalized = 936, S1, "finality"),
        (
            |seen| recorded(seen).unchanged_seconds = 21,
            S2,
            "listener progress",
        ),
        (|seen| recorded(seen).number = 399, S2, "listener progress"),
        (|seen| seen.unposted_seconds = Some(21), S2, "posting progress"),
        (|seen| seen.workers[0].missing_seconds = 21, S2, "listener"),
        (|seen| seen.workers[1].missing_seconds = 21, S2, "posting"),
        (|seen| seen.workers[2].missing_seconds = 21, S2, "settlement"),
    ];
    for (fault, severity, subject) in cases {
        assert_eq!(after(fault), [(severity, subject.to_owned())], "{subject}");
    }
}

#[test]
fn a_chain_that_stands_still_is_one_finding_and_accuses_nobody_else() {
    let found = after(|seen| {
        head(seen).unchanged_seconds = 400;
        head(seen).behind_seconds = 400;
        head(seen).finalized_unchanged_seconds = 400;
        // All that became final was recorded.
        recorded(seen).number = 1_000;
        recorded(seen).finalized = 981;
        recorded(seen).unchanged_seconds = 400;
    });
    assert_eq!(found, [(S2, "chain".to_owned())]);
}
