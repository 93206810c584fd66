//! Tests of `carried`.

use audit::checks::{BreakCause, Severity, Skip};

use super::*;

const CHECK: Check = Check::DoubleEntry;

fn report(verdict: Verdict) -> Report {
    Report {
        verdicts: vec![(CHECK, verdict)],
    }
}

fn found(subject: &str) -> Verdict {
    Verdict::Failed {
        findings: vec![Finding {
            check: CHECK,
            severity: Severity::S1,
            subject: subject.to_owned(),
            expected: String::new(),
            actual: String::new(),
            cause: BreakCause::Amount,
            detail: String::new(),
        }],
        omitted: 0,
    }
}

/// What is reported of a look, by subject, and whether the check is complete.
fn look(carried: &mut Carried, verdict: Verdict, is_last: bool) -> (Vec<String>, bool) {
    let mut report = report(verdict);
    let complete = carried.take(&mut report, is_last);
    let subjects = report.findings().map(|finding| finding.subject.clone()).collect();
    (subjects, complete == [CHECK])
}

#[test]
fn what_one_slice_found_stands_until_a_whole_way_did_not_find_it() {
    let mut carried = Carried::default();
    let a = || vec!["a".to_owned()];
    assert_eq!(look(&mut carried, found("a"), false), (a(), false));
    assert_eq!(
        look(&mut carried, Verdict::Passed, true),
        (a(), true),
        "seen on this way"
    );
    assert_eq!(look(&mut carried, Verdict::Passed, false), (a(), false));
    assert_eq!(look(&mut carried, Verdict::Passed, true), (vec![], true));
    // A way of one slice.
    assert_eq!(look(&mut carried, found("a"), true), (a(), true));
    assert_eq!(look(&mut carried, Verdict::Passed, true), (vec![], true));
}

#[test]
fn a_way_on_which_a_check_was_skipped_ends_nothing() {
    let mut carried = Carried::default();
    let skipped = || Verdict::Skipped(Skip::NothingPosted);
    look(&mut carried, found("a"), true);
    assert_eq!(look(&mut carried, skipped(), false), (vec![], false));
    assert_eq!(
        look(&mut carried, Verdict::Passed, true),
        (vec!["a".to_owned()], false)
    );
    assert_eq!(look(&mut carried, skipped(), true), (vec![], false));
    assert_eq!(look(&mut carried, Verdict::Passed, true), (vec![], true));
}
