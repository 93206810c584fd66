//! The period of a statement: a calendar month, two dates, or everything.

use explain::Statement;
use plan::{Day, UserId};

const DAY_SECONDS: u64 = 86_400;

#[derive(Debug, Default, clap::Args)]
pub(super) struct Period {
    /// A calendar month, such as 2026-04
    #[arg(long, value_name = "YYYY-MM", value_parser = month, requires = "user", conflicts_with_all = ["from", "to"])]
    period: Option<Month>,
    /// The first day
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, requires = "user")]
    from: Option<Day>,
    /// The last day
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, requires = "user")]
    to: Option<Day>,
}

/// A calendar month by its first and its last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Month {
    first: Day,
    last: Day,
}

impl Period {
    pub(super) fn is_everything(&self) -> bool {
        self.period.is_none() && self.from.is_none() && self.to.is_none()
    }

    /// The first second of it.
    fn since(&self) -> u64 {
        let first = self.period.map(|month| month.first).or(self.from);
        first.map_or(0, |day| u64::from(day.get()) * DAY_SECONDS)
    }

    /// The first second after it.
    pub(super) fn until(&self) -> u64 {
        let last = self.period.map(|month| month.last).or(self.to);
        last.map_or(u64::MAX, |day| (u64::from(day.get()) + 1) * DAY_SECONDS)
    }

    pub(super) fn statement(&self, user: UserId) -> Statement {
        Statement::new(user, self.since(), self.until())
    }
}

fn month(text: &str) -> Result<Month, String> {
    let first = Day::of_date(&format!("{text}-01")).ok_or("expected a month such as 2026-04")?;
    let mut last = first;
    while !last.ends_month() {
        last = last.next();
    }
    Ok(Month { first, last })
}

fn day(text: &str) -> Result<Day, String> {
    Day::of_date(text).ok_or_else(|| "expected a date such as 2026-04-01".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_ends_with_its_last_day() {
        let of = |text| Period {
            period: Some(month(text).unwrap()),
            ..Period::default()
        };
        let february = of("2024-02");
        assert_eq!(february.until(), of("2024-03").since());
        assert_eq!(february.until() - february.since(), 29 * DAY_SECONDS);
        let days = Period {
            from: Some(day("2024-02-01").unwrap()),
            to: Some(day("2024-02-29").unwrap()),
            ..Period::default()
        };
        assert_eq!((days.since(), days.until()), (february.since(), february.until()));
        assert!(Period::default().is_everything() && !days.is_everything());
        assert_eq!(Period::default().until(), u64::MAX);
        assert!(month("2024-13").is_err() && month("2024-2").is_err() && day("2024").is_err());
    }
}
