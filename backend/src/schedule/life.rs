//! [`Life`]: the schedule across database connections. What was sent is in the database, so a new connection continues with the
//! next step, as after a restart.

use std::time::Duration;

use plan::CompiledPlan;
use service::health::{Pulse, Role};
use sqlx::PgConnection;
use store::lease::{LeaseError, LeaseName};
use store::{StoreError, within};
use tokio_util::sync::CancellationToken;

use super::{Config, ScheduleError, Scheduler, Step, connect};
use crate::lease_guard::LeaseGuard;
use crate::succession::{Succession, Successor};

/// Between two looks for a day that is over: causes of the next day wait for it.
const IDLE_WAIT: Duration = Duration::from_millis(250);

/// What outlives a connection.
pub(super) struct Life<'a> {
    config: &'a Config,
    plan: CompiledPlan,
    pulse: Pulse,
    succession: Succession,
}

impl<'a> Life<'a> {
    pub(super) fn new(config: &'a Config, plan: CompiledPlan, pulse: Pulse) -> Self {
        Self {
            config,
            plan,
            pulse,
            succession: Succession::new(
                LeaseName::Schedule,
                config.holder.clone(),
                config.lease_ttl,
                config.deadline,
            ),
        }
    }

    fn tell(&self, step: Step) {
        if let Step::Sent { days, last } = step {
            metrics::counter!("trellis_schedule_days_total").increment(u64::from(days));
            metrics::gauge!("trellis_schedule_last_day").set(f64::from(last.get()));
            self.pulse.note("day", last.to_string());
            tracing::info!(days, day = %last, "days ended");
        }
    }
}

impl Successor for Life<'_> {
    type Error = ScheduleError;

    fn succession(&mut self) -> &mut Succession {
        &mut self.succession
    }

    fn is_lost_lease(error: &ScheduleError) -> bool {
        matches!(error, ScheduleError::Lease(LeaseError::Lost { .. }))
    }

    fn lacks_the_database(&self) {
        self.pulse.lacks("the database does not answer");
        metrics::counter!("trellis_schedule_outages_total").increment(1);
    }

    async fn connect(&self) -> Result<PgConnection, StoreError> {
        connect(&self.config.database_url).await
    }

    async fn work(
        &mut self,
        mut connection: PgConnection,
        stop: &CancellationToken,
    ) -> Result<(), ScheduleError> {
        let stands_by = || {
            self.pulse.beat_as(Role::StandsBy);
            self.pulse.has_everything();
        };
        let leading = self.succession.lead(&mut connection, stop, stands_by).await?;
        let Some(lease) = leading else {
            return Ok(());
        };
        let config = self.config;
        let guard = LeaseGuard::new(connection, lease, config.lease_ttl);
        let mut scheduler = Scheduler::new(self.plan.clone(), guard);
        self.succession.announce()?;
        while !stop.is_cancelled() {
            self.pulse.beat_as(Role::Leads);
            let step = within(config.deadline, scheduler.step()).await?;
            self.succession.moved();
            self.pulse.has_everything();
            self.tell(step);
            if step == Step::Idle {
                let _ = tokio::time::timeout(IDLE_WAIT, stop.cancelled()).await;
            }
        }
        within(config.deadline, scheduler.release()).await?;
        tracing::info!("released the lease for the schedule");
        Ok(())
    }
}
