//! The run: month by month and day by day, arrivals handed to a driver, and the books read at the end of each month.

use ledger::AccountKind;
use plan::{CompiledPlan, Day, DiscrepancyCause};
use thiserror::Error;

use crate::Books;
use crate::books::Recorded;
use crate::driver::{self, Driver};
use crate::growth::arrivals;
use crate::parameters::{ParameterError, Parameters};
use crate::report::{Cohort, MonthRow, Report};
use crate::sponsors::Sponsors;

/// Newcomers whose sponsors are read together, so that memory is waited for once.
const TOGETHER: u64 = 16;

/// Why there is no report.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SimulationError {
    /// A parameter is out of its limits.
    #[error("invalid simulation parameter")]
    Parameter(#[from] ParameterError),
    /// What custody holds is not what is owed: the plan's rules are wrong.
    #[error("at the end of month {month} custody holds {custody} and {owed} are owed")]
    NotConserved {
        /// Which month, from 1.
        month: u32,
        /// What custody holds, in base units.
        custody: i128,
        /// What is owed, in base units.
        owed: i128,
    },
    /// A fact did not fit the plan: the driver is wrong.
    #[error("in month {month} a fact was invalid under the plan: {}", cause.name())]
    Discrepancy {
        /// Which month, from 1.
        month: u32,
        /// In what.
        cause: DiscrepancyCause,
    },
}

/// Simulates a plan with the driver of its kind. `progress` is told after each day how many have joined.
///
/// # Errors
/// A parameter out of its limits; or a fault of this program, which a report must not hide.
pub fn simulate(
    plan: &CompiledPlan,
    parameters: &Parameters,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, SimulationError> {
    parameters.check()?;
    let mut driver = driver::for_plan(plan, parameters);
    let mut books = Books::new(plan, parameters.users);
    simulate_with(driver.as_mut(), &mut books, parameters, progress)
}

/// Simulates a plan and keeps its facts.
pub fn simulate_and_record(
    plan: &CompiledPlan,
    parameters: &Parameters,
) -> Result<(Report, Vec<Recorded>), SimulationError> {
    parameters.check()?;
    let mut driver = driver::for_plan(plan, parameters);
    let mut books = Books::new(plan, parameters.users);
    books.record();
    let report = simulate_with(driver.as_mut(), &mut books, parameters, &mut |_| {})?;
    Ok((report, books.into_tape()))
}

/// Simulates with a driver, in books that nobody has used yet.
pub fn simulate_with<D: Driver + ?Sized>(
    driver: &mut D,
    books: &mut Books<'_>,
    parameters: &Parameters,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, SimulationError> {
    parameters.check()?;
    let arrivals = arrivals(parameters.growth, parameters.users, parameters.months);
    let mut sponsors = Sponsors::new(parameters.seed, parameters.sponsors, parameters.users);
    let mut months = Vec::with_capacity(arrivals.len());
    let mut today = parameters.start;
    let mut foreseen = Vec::new();
    for (month, joining) in (1u32..).zip(&arrivals) {
        let first = today;
        let days = days_of_month(first);
        for day in 0..days {
            books.begin_day(today);
            driver.open_day(today, books);
            let mut left = arrivals_of_day(*joining, day, days);
            while left > 0 {
                let count = left.min(TOGETHER);
                left = left.saturating_sub(count);
                sponsors.prefetch(usize::try_from(count).unwrap_or(0), &mut foreseen);
                books.prefetch_joining(&foreseen);
                for _ in 0..count {
                    let sponsor = sponsors.next(books.state());
                    driver.join(today, sponsor, books);
                }
            }
            driver.close_day(today, books);
            progress(books.counts().joined);
            today = today.next();
        }
        let row = MonthRow::read(month, first, *joining, books);
        check(month, books)?;
        months.push(row);
    }
    let cohorts = Cohort::of_months(&arrivals, &months, books);
    Ok(Report::new(
        books,
        parameters,
        driver.assumptions(),
        months,
        cohorts,
    ))
}

fn days_of_month(first: Day) -> u32 {
    let mut last = first;
    while !last.ends_month() {
        last = last.next();
    }
    last.get().saturating_sub(first.get()).saturating_add(1)
}

/// Arrivals of a month are spread over its days, the roundings over all of them.
fn arrivals_of_day(joining: u32, day: u32, days: u32) -> u64 {
    let until = |day: u32| {
        u64::from(joining)
            .saturating_mul(u64::from(day))
            .checked_div(u64::from(days))
            .unwrap_or(0)
    };
    until(day.saturating_add(1)).saturating_sub(until(day))
}

fn check(month: u32, books: &Books<'_>) -> Result<(), SimulationError> {
    if let Some(cause) = books.discrepancy() {
        return Err(SimulationError::Discrepancy { month, cause });
    }
    let custody = books.balances().of(AccountKind::Custody);
    let owed = books.balances().owed();
    if custody != owed {
        return Err(SimulationError::NotConserved { month, custody, owed });
    }
    Ok(())
}
