//! Tests of `calendar`.

use super::*;

fn day(date: &str) -> Day {
    Day::of_date(date).unwrap()
}

#[test]
fn dates_are_days_and_back() {
    assert_eq!(day("1970-01-01"), Day::new(0));
    assert_eq!(day("2026-11-21"), Day::new(20_778));
    assert_eq!(day("9999-12-31"), Day::LAST);
    assert_eq!(Day::new(20_778).to_string(), "2026-11-21");
    for wrong in ["1969-12-31", "2026-02-29", "2026-1-1", "20260101", "", "today"] {
        assert_eq!(Day::of_date(wrong), None, "{wrong:?}");
    }
}

#[test]
fn weeks_start_on_monday() {
    let (sunday, monday) = (day("2026-11-22"), day("2026-11-23"));
    assert_eq!((sunday.weekday(), monday.weekday()), (7, 1));
    assert!(sunday.ends_week() && !monday.ends_week());
    assert_eq!(sunday.week().get() + 1, monday.week().get());
    assert!(day("2026-11-20").is_working_day() && !day("2026-11-21").is_working_day());
}

#[test]
fn months_and_financial_years_follow_the_calendar() {
    assert!(day("2024-02-29").ends_month() && !day("2024-02-28").ends_month());
    assert_eq!(
        day("2026-12-31").month().get() + 1,
        day("2027-01-01").month().get()
    );
    assert_eq!(day("2026-03-31").financial_year(4).get(), 2025);
    assert_eq!(day("2026-04-01").financial_year(4).get(), 2026);
    assert_eq!(day("2026-04-01").financial_year(1).get(), 2026);
}
