//! The calendar of a plan: weekdays, weeks, months and financial years of a [`Day`].
//!
//! A tick names a day of the plan's own calendar, so there is no time zone here: where a plan's day ends, its
//! [`TimeZone`](crate::TimeZone) knows. Dates are proleptic Gregorian and come from `jiff`.

use jiff::ToSpan;
use jiff::civil::Date;

/// 1970-01-01, day 0.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// A day: the number of whole days since 1970-01-01 UTC. Deposits mature by the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u32);

/// A week from Monday to Sunday: whole weeks since the one that contains 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week(u32);

/// A calendar month: `12 × year + month − 1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u32);

/// A financial year, by the year in which it starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FinancialYear(u32);

impl Day {
    /// The day with this number; a chain whose clock passes the year 11,000,000 is not supported.
    pub const fn new(days: u32) -> Self {
        Self(days)
    }

    /// The day that contains this second, the rule of the contract: `timestamp / 86400`.
    pub fn of_second(timestamp: u64) -> Self {
        Self(u32::try_from(timestamp.checked_div(86_400).unwrap_or_default()).unwrap_or(u32::MAX))
    }

    /// Days since 1970-01-01 UTC.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The last day that has a date: 9999-12-31.
    pub const LAST: Self = Self::new(2_932_896);

    /// The day of a date such as `2026-04-01`.
    pub fn of_date(text: &str) -> Option<Self> {
        let date: Date = text.parse().ok()?;
        // The long form only, so that one day has one spelling.
        if date.to_string() != text {
            return None;
        }
        Self::from_date(date)
    }

    /// The day of a date; `None` before 1970.
    pub(crate) fn from_date(date: Date) -> Option<Self> {
        let days = date.since((jiff::Unit::Day, EPOCH)).ok()?.get_days();
        u32::try_from(days).ok().map(Self::new)
    }

    /// The next day; the last one stays.
    #[must_use]
    pub fn next(self) -> Self {
        self.plus(1)
    }

    /// The day before; the first one stays.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self::new(self.get().saturating_sub(1))
    }

    /// So many days later, at most [`Day::LAST`].
    #[must_use]
    pub fn plus(self, days: u32) -> Self {
        Self::new(self.get().saturating_add(days).min(Self::LAST.get()))
    }

    /// 1 for Monday to 7 for Sunday.
    pub fn weekday(self) -> u32 {
        // Day 0 was a Thursday.
        self.get()
            .saturating_add(3)
            .checked_rem(7)
            .unwrap_or(0)
            .saturating_add(1)
    }

    /// Monday to Friday.
    pub fn is_working_day(self) -> bool {
        self.weekday() <= 5
    }

    /// The week that contains it.
    pub fn week(self) -> Week {
        Week(self.get().saturating_add(3).checked_div(7).unwrap_or(0))
    }

    /// Whether the week ends with it.
    pub fn ends_week(self) -> bool {
        self.weekday() == 7
    }

    /// The month that contains it.
    pub fn month(self) -> Month {
        let date = self.date();
        let year = u32::try_from(date.year()).unwrap_or(0);
        let month = u32::try_from(date.month()).unwrap_or(1);
        Month(year.saturating_mul(12).saturating_add(month.saturating_sub(1)))
    }

    /// Whether the month ends with it.
    pub fn ends_month(self) -> bool {
        let date = self.date();
        date.day() == date.days_in_month()
    }

    /// The financial year that contains it, where years start with the first day of this month, 1 to 12.
    #[must_use]
    pub fn financial_year(self, first_month: u32) -> FinancialYear {
        let month = self.month().0.saturating_sub(first_month.saturating_sub(1));
        FinancialYear(month.checked_div(12).unwrap_or(0))
    }

    pub(crate) fn date(self) -> Date {
        EPOCH
            .checked_add(i64::from(self.get().min(Self::LAST.get())).days())
            .unwrap_or(Date::MAX)
    }
}

impl std::fmt::Display for Day {
    /// As a date: `2026-04-01`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.date().fmt(f)
    }
}

impl Week {
    /// Whole weeks since the one that contains 1970-01-01.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Month {
    /// `12 × year + month − 1`.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl FinancialYear {
    /// The one that starts in this calendar year.
    pub const fn starting_in(year: u32) -> Self {
        Self(year)
    }

    /// The year in which it starts.
    pub const fn get(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests;
