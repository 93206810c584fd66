//! [`TimeZone`]: where a plan's days begin and end, as seconds of the chain's clock.
//!
//! The database of time zones is compiled in, so that every machine gives the same answer. A day begins at midnight; where a
//! change of the clock leaves midnight out, it begins with the change, and of two midnights it begins with the first. Days
//! follow each other without a gap. Not responsible for deposits: those mature by the contract's day, in UTC.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::{self, TimeZoneDatabase};

use crate::{Day, Refusal, spelling};

/// The end of a day that does not end: the last second that the ledger's tables can hold.
const NEVER: u64 = u64::MAX >> 1;

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeZone(tz::TimeZone);

impl TimeZone {
    /// Coordinated Universal Time, the days of the contract.
    pub const UTC: Self = Self(tz::TimeZone::UTC);

    /// The time zone with this name, such as `Asia/Kolkata`; the spelling of the IANA database is the only one.
    pub fn named(name: &str) -> Option<Self> {
        if name == Self::UTC.name() {
            return Some(Self::UTC);
        }
        let found = TimeZoneDatabase::bundled().get(name).ok()?;
        let is_known = !found.is_unknown() && found.iana_name() == Some(name);
        is_known.then_some(Self(found))
    }

    /// Reads a field.
    ///
    /// # Errors
    /// `unknown_time_zone`.
    pub fn read(field: &str, name: &str) -> Result<Self, Refusal> {
        Self::named(name).ok_or_else(|| {
            let problem = format!("unknown time zone {name:?}");
            let known = TimeZoneDatabase::bundled();
            let names: Vec<_> = known.available().collect();
            let names = names.iter().map(|name| name.as_str());
            let same = names.clone().find(|known| known.eq_ignore_ascii_case(name));
            let hint = match same.or_else(|| spelling::nearest(name, names)) {
                Some(near) => format!("did you mean {near:?}?"),
                None => {
                    "write a name of the IANA database such as \"Asia/Kolkata\"; without this field it is UTC"
                        .to_owned()
                }
            };
            Refusal::new("unknown_time_zone", field, problem, hint)
        })
    }

    /// Its name in the IANA database.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Whether its days are the contract's.
    pub fn is_utc(&self) -> bool {
        *self == Self::UTC
    }

    /// The first second after a day, since 1970-01-01 UTC. The last day, which has a date, never ends.
    pub fn end_of(&self, day: Day) -> u64 {
        if day >= Day::LAST {
            return NEVER;
        }
        let begins = day.next().date().to_datetime(Time::midnight());
        let begins = self.0.to_ambiguous_timestamp(begins).compatible();
        // Before 1970 there are no days, so the first one may have begun earlier.
        begins.map_or(NEVER, |begins| u64::try_from(begins.as_second()).unwrap_or(0))
    }

    /// The day that contains a second since 1970-01-01 UTC.
    pub fn day_of(&self, second: u64) -> Day {
        let date = i64::try_from(second)
            .ok()
            .and_then(|second| Timestamp::from_second(second).ok())
            .map(|at| self.0.to_datetime(at).date());
        let mut day = date
            .and_then(Day::from_date)
            .unwrap_or_else(|| Day::of_second(second))
            .min(Day::LAST);
        // Around a change of the clock at midnight the date may be the one before or behind.
        while day < Day::LAST && self.end_of(day) <= second {
            day = day.next();
        }
        while day.get() > 0 && self.end_of(day.previous()) > second {
            day = day.previous();
        }
        day
    }
}

#[cfg(test)]
mod tests;
