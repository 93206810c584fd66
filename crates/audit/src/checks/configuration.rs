//! R21: the contract's roles, signers, code and limits are as operators expect.

use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Configuration, Severity};

/// A pause is the guardian's right and stops nobody's exit: it is reported, but not as the worst.
pub const PAUSED: &str = "paused";

pub(super) fn check(expected: &Configuration, actual: &Configuration, out: &mut Findings) {
    for (name, expected) in expected {
        let actual = actual.get(name).map_or("not set", String::as_str);
        if actual != expected {
            let severity = if name == PAUSED {
                Severity::S2
            } else {
                Severity::S1
            };
            let sides = Sides(expected, actual);
            let detail = "the contract's configuration, against what operators expect";
            out.note_as(severity, name, sides, BreakCause::Configuration, detail);
        }
    }
    for (name, actual) in actual.iter().filter(|(name, _)| !expected.contains_key(*name)) {
        let sides = Sides("not set", actual.as_str());
        let detail = "the contract's configuration has an entry that operators do not expect";
        out.note(name, sides, BreakCause::Configuration, detail);
    }
}
