//! Findings carried across runs that re-read the books in slices: a finding stays open until
//! a full pass over all slices no longer reports it.

use std::collections::{BTreeMap, BTreeSet};

use audit::checks::{Check, FINDINGS_MAX, Finding, Report, Verdict};

/// Findings that stand.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    /// With the way through all slices that saw it last.
    standing: BTreeMap<(Check, String), (Finding, u64)>,
    /// Which way this is.
    sweep: u64,
    /// Checks that could not run in one of its looks.
    skipped: BTreeSet<Check>,
}

impl Carried {
    /// Takes in what a look found, and adds to it what stands. At the end of a way through all slices it tells which
    /// checks saw everything.
    pub(crate) fn take(&mut self, report: &mut Report, is_last: bool) -> Vec<Check> {
        let mut complete = Vec::new();
        for (check, verdict) in &mut report.verdicts {
            match verdict {
                Verdict::Skipped(_) => {
                    self.skipped.insert(*check);
                    continue;
                }
                Verdict::Failed { findings, .. } => {
                    for finding in findings {
                        let key = (*check, finding.subject.clone());
                        self.standing.insert(key, (finding.clone(), self.sweep));
                    }
                }
                Verdict::Passed => {}
            }
            let is_complete = is_last && !self.skipped.contains(check);
            if is_complete {
                let sweep = self.sweep;
                self.standing
                    .retain(|(of, _), (_, seen)| of != check || *seen >= sweep);
            }
            let omitted = add(verdict, self.standing_of(*check));
            if is_complete && omitted == 0 {
                complete.push(*check);
            }
        }
        if is_last {
            self.sweep = self.sweep.saturating_add(1);
            self.skipped.clear();
        }
        complete
    }

    fn standing_of(&self, check: Check) -> Vec<Finding> {
        let all = self.standing.range((check, String::new())..);
        let of_check = all.take_while(|((of, _), _)| *of == check);
        of_check.map(|(_, (finding, _))| finding.clone()).collect()
    }
}

/// Adds findings to a verdict, and tells how many it does not list.
fn add(verdict: &mut Verdict, standing: Vec<Finding>) -> usize {
    if standing.is_empty() {
        return 0;
    }
    if *verdict == Verdict::Passed {
        *verdict = Verdict::Failed {
            findings: Vec::new(),
            omitted: 0,
        };
    }
    let Verdict::Failed { findings, omitted } = verdict else {
        return 0;
    };
    for finding in standing {
        if findings.iter().any(|known| known.subject == finding.subject) {
            continue;
        }
        if findings.len() < FINDINGS_MAX {
            findings.push(finding);
        } else {
            *omitted = omitted.saturating_add(1);
        }
    }
    *omitted
}

#[cfg(test)]
mod tests {
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
}
