//! R20: the reconciler itself.

use audit::checks::{Check, Severity};
use audit::vigil::{LookSeen, reconciler};

use crate::found;

fn seen() -> LookSeen {
    LookSeen {
        look_seconds: 300,
        look_seconds_max: 300,
        checks: vec![(Check::Balance, 900), (Check::Signing, 1)],
        check_seconds_max: 900,
        canary_is_caught: true,
    }
}

#[test]
fn looks_checks_and_the_canary_are_missed() {
    let after = |fault: fn(&mut LookSeen)| {
        let mut seen = seen();
        fault(&mut seen);
        found(reconciler(&seen))
    };
    let one = |subject: &str| vec![(Severity::S2, subject.to_owned())];
    assert_eq!(after(|_| {}), []);
    assert_eq!(after(|seen| seen.look_seconds = 301), one("look"));
    assert_eq!(after(|seen| seen.checks[0].1 = 901), one("check R1"));
    assert_eq!(after(|seen| seen.canary_is_caught = false), one("canary"));
}
