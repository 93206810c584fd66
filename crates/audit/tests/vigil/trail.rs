//! R24: an audit log that is not what was sealed, or is not sealed.

use audit::checks::Severity;
use audit::trail::{Break, Broken};
use audit::vigil::{TrailSeen, trail};

use crate::found;

#[test]
fn a_broken_chain_is_found_at_its_place_and_a_row_that_waits_too_long() {
    let mut seen = TrailSeen::default();
    assert_eq!(found(trail(&seen, 600)), []);
    seen.unsealed_seconds = Some(600);
    assert_eq!(found(trail(&seen, 600)), []);
    seen.unsealed_seconds = Some(601);
    let of = |how, seq, audit_id| Break { how, seq, audit_id };
    seen.broken = vec![
        of(Broken::Changed, Some(3), Some(8)),
        of(Broken::InsertedLate, None, Some(9)),
    ];
    let expected = ["seal 3", "row 9", "sealing"];
    assert_eq!(
        found(trail(&seen, 600)),
        expected.map(|subject| (Severity::S2, subject.to_owned()))
    );
}
