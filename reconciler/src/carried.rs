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
mod tests;
