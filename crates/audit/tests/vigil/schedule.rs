//! R23: days that nobody ends.

use audit::checks::Severity;
use audit::vigil::{DaySeen, schedule};

use crate::found;

#[test]
fn a_day_that_is_not_posted_in_time_is_found_and_a_calendar_that_cannot_begin() {
    let late = |ended_seconds| DaySeen::Open {
        date: "2026-04-01".to_owned(),
        ended_seconds,
    };
    assert_eq!(found(schedule(None, 900)), []);
    assert_eq!(found(schedule(Some(&late(0)), 900)), []);
    assert_eq!(found(schedule(Some(&late(900)), 900)), []);
    let day = (Severity::S2, "day".to_owned());
    assert_eq!(found(schedule(Some(&late(901)), 900)), [day]);
    let calendar = (Severity::S2, "calendar".to_owned());
    assert_eq!(found(schedule(Some(&DaySeen::Unknown), 900)), [calendar]);
}
