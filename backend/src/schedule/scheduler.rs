//! [`Scheduler`]: the step that puts ended days into the inbox.

use plan::{CompiledPlan, Day};
use service::fault_point;
use sqlx::{PgConnection, PgTransaction};
use store::{Deadlines, StoreError, checkpoint, schedule};

use super::ScheduleError;
use crate::lease_guard::{self, LeaseGuard};

/// Days of one transaction: a month of downtime is made up for in a moment, and a step stays short.
const DAYS_MAX: u32 = 31;

/// Whoever holds the lease. What was sent is asked of the database each time.
#[derive(Debug)]
pub struct Scheduler {
    plan: CompiledPlan,
    guard: LeaseGuard,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Days are in the inbox.
    Sent {
        /// How many.
        days: u32,
        /// The last of them.
        last: Day,
    },
    /// The day that is open has not ended.
    Idle,
}

/// A connection for the schedule.
///
/// # Errors
/// The URL is not valid, or the server rejects the connection.
pub async fn connect(url: &str) -> Result<PgConnection, StoreError> {
    lease_guard::connect(url, Deadlines::SERVICE, "trellis-schedule").await
}

impl Scheduler {
    /// Sends the days of this plan, which has days.
    pub const fn new(plan: CompiledPlan, guard: LeaseGuard) -> Self {
        Self { plan, guard }
    }

    /// Sends the days that are over by the last final block, oldest first, at most a month of them.
    ///
    /// # Errors
    /// The lease is lost, or the database does not respond. A commit whose answer is missing is found by the next step.
    pub async fn step(&mut self) -> Result<Step, ScheduleError> {
        self.guard.keep().await?;
        let mut transaction = self.guard.begin().await?;
        let step = send(&mut transaction, &self.plan).await?;
        if step == Step::Idle {
            transaction.rollback().await?;
            return Ok(step);
        }
        fault_point("schedule.before_commit");
        transaction.commit().await?;
        fault_point("schedule.after_commit");
        Ok(step)
    }

    /// Lets the next process claim the lease at once.
    pub async fn release(self) -> Result<(), StoreError> {
        self.guard.release().await
    }
}

async fn send(transaction: &mut PgTransaction<'_>, plan: &CompiledPlan) -> Result<Step, StoreError> {
    let Some(seen) = checkpoint::find(transaction).await? else {
        return Ok(Step::Idle);
    };
    let Some(mut day) = find_open_day(transaction, plan).await? else {
        return Ok(Step::Idle);
    };
    let mut step = Step::Idle;
    for days in 1..=DAYS_MAX {
        let ends_at = plan.time_zone().end_of(day);
        if ends_at > seen.final_timestamp {
            break;
        }
        schedule::insert_day(transaction, day, ends_at).await?;
        step = Step::Sent { days, last: day };
        day = day.next();
    }
    Ok(step)
}

/// The first day whose end is not in the inbox; `None` before the contract's first block is final.
async fn find_open_day(
    connection: &mut PgConnection,
    plan: &CompiledPlan,
) -> Result<Option<Day>, StoreError> {
    if let Some(last) = schedule::find_last_day(connection).await? {
        return Ok(Some(last.next()));
    }
    let deployed_at = schedule::find_deployment_time(connection).await?;
    Ok(deployed_at.map(|deployed_at| plan.first_day(deployed_at)))
}
