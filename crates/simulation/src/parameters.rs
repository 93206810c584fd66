//! What a simulation assumes, and the limits of it.

mod activity;

use plan::Day;
use serde::Serialize;
use thiserror::Error;

pub use activity::{
    AMOUNTS_MAX, Activity, Amounts, AmountsError, CONVERSIONS_MAX, CUSTOMERS_MAX, Withdrawals,
};

/// Most people of a simulation: about 300 bytes of memory each.
pub const USERS_MAX: u32 = 20_000_000;
/// Most months: fifty years; whoever needs more does not need months.
pub const MONTHS_MAX: u32 = 600;
/// Maximum number of days of any delay: beyond a year nothing in a plan waits.
pub const DELAY_DAYS_MAX: u32 = 366;
/// The first day, unless another is requested: the start of a year, so that months are calendar months.
pub const START: &str = "2026-01-01";

/// Everything that a simulation assumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// How many people join in all.
    pub users: u32,
    /// What chance starts from.
    pub seed: u64,
    /// How many calendar months.
    pub months: u32,
    /// The first day of the first of them.
    pub start: Day,
    /// How arrivals are spread over the months.
    pub growth: Growth,
    /// Who refers newcomers.
    pub sponsors: SponsorChoice,
    /// What users do after joining.
    pub behaviour: Behaviour,
}

/// How arrivals are spread over the months. Whatever the form, all people join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Growth {
    /// As many each month.
    Constant,
    /// Each month more than the one before, by so many ten-thousandths.
    Exponential {
        /// Growth per month.
        rate_bps: u16,
    },
    /// An S-curve: one hundredth of a market to begin with, growing by so many ten-thousandths of those who have joined,
    /// less and less as fewer are left.
    Logistic {
        /// Growth per month while almost nobody has joined.
        rate_bps: u16,
    },
    /// Each month fewer than the one before, by so many ten-thousandths.
    Decline {
        /// Decline per month.
        rate_bps: u16,
    },
    /// As many each month, and after so many months nobody any more.
    Stop {
        /// Months in which people join.
        after_months: u32,
    },
}

/// Who refers newcomers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SponsorChoice {
    /// Everyone who joined before, with equal chances.
    Uniform,
    /// With chances in proportion to one plus the directs that someone has: who has referred many refers more.
    Preferential,
}

/// What users do after joining. Chances are in ten-thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Behaviour {
    /// Days between a payment and the end of its cooling-off time.
    pub cooling_off_days: u32,
    /// Chance that a user buys a retopup once.
    pub retopup_bps: u16,
    /// Chance that someone who has bought a retopup does it once more, asked again after every time.
    pub retopup_again_bps: u16,
    /// Days from joining to the first retopup, and from one to the next.
    pub retopup_after_days: u32,
    /// Chance that a newcomer chooses to reserve the rewards of the first tier, where a plan asks.
    pub reserve_bps: u16,
    /// Chance that a newcomer requests the money back. The very first user never does.
    pub refund_bps: u16,
    /// Days from joining to that.
    pub refund_after_days: u32,
    /// What people and operators do in plans with components.
    #[serde(skip)]
    pub activity: Activity,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            cooling_off_days: 14,
            retopup_bps: 5_000,
            retopup_again_bps: 2_500,
            retopup_after_days: 30,
            reserve_bps: 1_000,
            refund_bps: 200,
            refund_after_days: 7,
            activity: Activity::default(),
        }
    }
}

/// Why parameters are refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ParameterError {
    /// Nobody, or more than fit.
    #[error("{0} users; between 1 and {USERS_MAX} can be simulated")]
    Users(u32),
    /// No month, or more than fit.
    #[error("{0} months; between 1 and {MONTHS_MAX} can be simulated")]
    Months(u32),
    /// Not the first day of a month, or so late that the calendar ends.
    #[error("{0} is not the first day of a month before the year 9900")]
    Start(Day),
    /// A share above the whole, or a rate of nothing or of more than everything.
    #[error("{name} is {bps} of 10,000 parts; it must lie between {min} and {max}")]
    Share {
        /// Which parameter.
        name: &'static str,
        /// What it is.
        bps: u16,
        /// The least.
        min: u16,
        /// The most.
        max: u16,
    },
    /// A delay of nothing, or too long.
    #[error("{name} is {days} days; it must lie between 1 and {max}")]
    Delay {
        /// Which parameter.
        name: &'static str,
        /// What it is.
        days: u32,
        /// The most.
        max: u32,
    },
    /// More of something than can be simulated.
    #[error("{name} is {count}; at most {max} can be simulated")]
    Count {
        /// Which parameter.
        name: &'static str,
        /// What it is.
        count: u32,
        /// The most.
        max: u32,
    },
    /// The chances of the amounts that people pay are not the whole.
    #[error("the shares of the payment amounts sum to {0}; they must sum to 10000")]
    Amounts(u32),
    /// Arrivals stop before the first month or after the last.
    #[error("arrivals stop after {after_months} of {months} months; it must be at least 1 and at most all")]
    Stop {
        /// Months with arrivals.
        after_months: u32,
        /// All months.
        months: u32,
    },
}

impl ParameterError {
    /// Stable code of the broken rule.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Users(_) => "users",
            Self::Months(_) => "months",
            Self::Start(_) => "start",
            Self::Share { .. } => "share",
            Self::Delay { .. } => "delay",
            Self::Count { .. } => "count",
            Self::Amounts(_) => "amounts",
            Self::Stop { .. } => "stop",
        }
    }
}

impl Parameters {
    /// Whether a simulation can be run with these.
    ///
    /// # Errors
    /// The first parameter that is out of its limits.
    pub fn check(&self) -> Result<(), ParameterError> {
        if self.users == 0 || self.users > USERS_MAX {
            return Err(ParameterError::Users(self.users));
        }
        if self.months == 0 || self.months > MONTHS_MAX {
            return Err(ParameterError::Months(self.months));
        }
        let before = self.start.get().checked_sub(1).map(Day::new);
        // Fifty years and all delays after this day, the calendar still has dates.
        let is_early = self.start.plus(40_000) < Day::LAST;
        if before.is_some_and(|day| !day.ends_month()) || !is_early {
            return Err(ParameterError::Start(self.start));
        }
        self.growth.check(self.months)?;
        self.behaviour.check()
    }
}

impl Parameters {
    /// What is assumed of arrivals and sponsors, one plain sentence each.
    pub fn assumptions(&self) -> Vec<String> {
        let sponsors = match self.sponsors {
            SponsorChoice::Uniform => {
                "Every earlier participant is equally likely to refer the next one (except those refunded)."
            }
            SponsorChoice::Preferential => {
                "Participants with more directs are more likely to refer the next one: in proportion to \
                 one plus their directs (except those refunded)."
            }
        };
        vec![
            format!(
                "{} people join within {} months from {} on. {} This number is an assumption, not a forecast.",
                self.users,
                self.months,
                self.start,
                self.growth.sentence()
            ),
            sponsors.to_owned(),
            format!(
                "The random seed is {}; the same seed gives the same figures.",
                self.seed
            ),
        ]
    }
}

impl Growth {
    /// Stable name on the command line and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Exponential { .. } => "exponential",
            Self::Logistic { .. } => "logistic",
            Self::Decline { .. } => "decline",
            Self::Stop { .. } => "stop",
        }
    }

    fn sentence(self) -> String {
        match self {
            Self::Constant => "The same number joins each month.".to_owned(),
            Self::Exponential { rate_bps } => {
                format!("Each month {rate_bps} of 10,000 parts more join than in the month before.")
            }
            Self::Logistic { rate_bps } => format!(
                "Arrivals follow an S-curve that begins with one hundredth and grows by {rate_bps} of 10,000 parts a month, \
                 less and less as fewer are left."
            ),
            Self::Decline { rate_bps } => {
                format!("Each month {rate_bps} of 10,000 parts fewer join than in the month before.")
            }
            Self::Stop { after_months } => {
                format!("The same number joins each month for {after_months} months, and nobody after that.")
            }
        }
    }

    fn check(self, months: u32) -> Result<(), ParameterError> {
        match self {
            Self::Constant => Ok(()),
            Self::Exponential { rate_bps } | Self::Logistic { rate_bps } => {
                share("rate", rate_bps, 1, 10_000)
            }
            Self::Decline { rate_bps } => share("rate", rate_bps, 1, 9_999),
            Self::Stop { after_months } if (1..=months).contains(&after_months) => Ok(()),
            Self::Stop { after_months } => Err(ParameterError::Stop { after_months, months }),
        }
    }
}

impl Behaviour {
    fn check(&self) -> Result<(), ParameterError> {
        share("retopup", self.retopup_bps, 0, 10_000)?;
        // With the whole, nobody would ever stop, and every month would have more retopups than the one before.
        share("retopup_again", self.retopup_again_bps, 0, 9_999)?;
        share("reserve", self.reserve_bps, 0, 10_000)?;
        share("refund", self.refund_bps, 0, 10_000)?;
        delay("cooling_off", self.cooling_off_days, DELAY_DAYS_MAX)?;
        delay("retopup_after", self.retopup_after_days, DELAY_DAYS_MAX)?;
        // A refund is only possible within the cooling-off time.
        delay("refund_after", self.refund_after_days, self.cooling_off_days)?;
        self.activity.check()
    }
}

fn share(name: &'static str, bps: u16, min: u16, max: u16) -> Result<(), ParameterError> {
    if (min..=max).contains(&bps) {
        Ok(())
    } else {
        Err(ParameterError::Share { name, bps, min, max })
    }
}

fn delay(name: &'static str, days: u32, max: u32) -> Result<(), ParameterError> {
    if (1..=max).contains(&days) {
        Ok(())
    } else {
        Err(ParameterError::Delay { name, days, max })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A small simulation, to be changed.
    pub(crate) fn small(users: u32) -> Parameters {
        Parameters {
            users,
            seed: 7,
            months: 12,
            start: Day::of_date(START).unwrap(),
            growth: Growth::Constant,
            sponsors: SponsorChoice::Uniform,
            behaviour: Behaviour::default(),
        }
    }

    #[test]
    fn parameters_out_of_their_limits_are_refused_by_name() {
        assert_eq!(small(1).check(), Ok(()));
        let refused = |change: fn(&mut Parameters)| {
            let mut parameters = small(1);
            change(&mut parameters);
            parameters.check().unwrap_err().code()
        };
        assert_eq!(refused(|p| p.users = 0), "users");
        assert_eq!(refused(|p| p.users = USERS_MAX + 1), "users");
        assert_eq!(refused(|p| p.months = 0), "months");
        assert_eq!(refused(|p| p.months = MONTHS_MAX + 1), "months");
        assert_eq!(
            refused(|p| p.start = Day::of_date("2026-01-02").unwrap()),
            "start"
        );
        assert_eq!(
            refused(|p| p.start = Day::of_date("9999-01-01").unwrap()),
            "start"
        );
        assert_eq!(
            refused(|p| p.growth = Growth::Exponential { rate_bps: 0 }),
            "share"
        );
        assert_eq!(
            refused(|p| p.growth = Growth::Decline { rate_bps: 10_000 }),
            "share"
        );
        assert_eq!(refused(|p| p.growth = Growth::Stop { after_months: 0 }), "stop");
        assert_eq!(refused(|p| p.growth = Growth::Stop { after_months: 13 }), "stop");
        assert_eq!(refused(|p| p.behaviour.retopup_again_bps = 10_000), "share");
        assert_eq!(refused(|p| p.behaviour.refund_after_days = 15), "delay");
        assert_eq!(refused(|p| p.behaviour.cooling_off_days = 0), "delay");
        assert_eq!(refused(|p| p.behaviour.activity.customers_max = 101), "count");
        let half = Amounts::new(&[(money::Amount::new(1), 5_000)]);
        let with_half = Behaviour {
            activity: Activity {
                amounts: Some(half),
                ..Activity::default()
            },
            ..Behaviour::default()
        };
        assert_eq!(with_half.check().unwrap_err().code(), "amounts");
    }
}
