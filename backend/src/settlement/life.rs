//! [`Life`]: the settlement worker across database connections. It keeps no essential state, so a new connection
//! continues with the next step, as after a restart.

use service::health::{Pulse, Role};
use sqlx::PgConnection;
use store::deployment::Deployment;
use store::lease::{LeaseError, LeaseName};
use store::{StoreError, within};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::lease_guard::LeaseGuard;
use crate::relay::{self, Relayer};
use crate::succession::{Succession, Successor};

use super::worker::{Step, StepError, Worker};
use super::{Config, Network, SettleError, build};

/// What outlives a connection.
pub(super) struct Life<'a> {
    config: &'a Config,
    deployed: &'a Deployment,
    network: Network,
    relayer: Option<Relayer>,
    pulse: Pulse,
    succession: Succession,
}

impl<'a> Life<'a> {
    pub(super) fn new(
        config: &'a Config,
        deployed: &'a Deployment,
        network: Network,
        relayer: Option<Relayer>,
        pulse: Pulse,
    ) -> Self {
        Self {
            config,
            deployed,
            network,
            relayer,
            pulse,
            succession: Succession::new(
                LeaseName::Settlement,
                config.holder.clone(),
                config.lease_ttl,
                config.deadline,
            ),
        }
    }
}

impl Successor for Life<'_> {
    type Error = SettleError;

    fn succession(&mut self) -> &mut Succession {
        &mut self.succession
    }

    fn is_lost_lease(error: &SettleError) -> bool {
        matches!(
            error,
            SettleError::Lease(LeaseError::Lost { .. })
                | SettleError::Step(StepError::Lease(LeaseError::Lost { .. }))
        )
    }

    fn lacks_the_database(&self) {
        self.pulse.lacks("the database does not answer");
        metrics::counter!("trellis_settlement_outages_total").increment(1);
    }

    async fn connect(&self) -> Result<PgConnection, StoreError> {
        super::connect(&self.config.database_url).await
    }

    async fn work(
        &mut self,
        mut connection: PgConnection,
        stop: &CancellationToken,
    ) -> Result<(), SettleError> {
        let stands_by = || {
            self.pulse.beat_as(Role::StandsBy);
            self.pulse.has_everything();
        };
        let leading = self.succession.lead(&mut connection, stop, stands_by).await?;
        let Some(lease) = leading else {
            return Ok(());
        };
        let config = self.config;
        let hold = LeaseGuard::new(connection, lease, config.lease_ttl);
        let mut worker = Worker::new(config, self.deployed, self.network.clone(), hold);
        // Ends with this function.
        let mut background = JoinSet::new();
        background.spawn(build::keep(config.database_url.clone()));
        if let Some(relayer) = self.relayer.clone() {
            background.spawn(relay::keep(relay::Task {
                database_url: config.database_url.clone(),
                lease,
                relayer,
                network: self.network.clone(),
            }));
        }
        self.succession.announce()?;
        while !stop.is_cancelled() {
            self.pulse.beat_as(Role::Leads);
            let step = within(config.deadline, worker.step()).await?;
            self.succession.moved();
            self.pulse.has_everything();
            match step {
                Step::Moved => {}
                Step::Idle => {
                    let _ = tokio::time::timeout(config.poll, stop.cancelled()).await;
                }
            }
        }
        within(config.deadline, worker.release()).await?;
        tracing::info!("released the lease for settlement");
        Ok(())
    }
}
