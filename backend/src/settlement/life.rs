//! [`Life`]: the settlement worker across database connections. It keeps no essential state, so a new connection
//! continues with the next step, as after a restart.

use std::time::Duration;

use service::ErrorChain;
use sqlx::PgConnection;
use store::deployment::Deployment;
use store::lease::{self, Lease, LeaseError, LeaseName};
use store::within;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::relay::{self, Relayer};

use super::server::{Pulse, Role};
use super::worker::{Step, StepError, Worker};
use super::{Config, Hold, Network, SettleError, build};

/// How long a process that stands by waits between two attempts to become the worker.
const STANDBY_WAIT: Duration = Duration::from_millis(100);

/// What outlives a connection.
pub(super) struct Life<'a> {
    config: &'a Config,
    deployed: &'a Deployment,
    network: Network,
    relayer: Option<Relayer>,
    pulse: Pulse,
    /// The lease that it held last.
    lease: Option<Lease>,
    is_announced: bool,
    has_moved: bool,
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
            lease: None,
            is_announced: false,
            has_moved: false,
        }
    }

    /// Whether the last connection was good for anything.
    pub(super) fn has_moved(&mut self) -> bool {
        std::mem::take(&mut self.has_moved)
    }

    /// Says that the database is gone for the moment, or the lease.
    ///
    /// # Errors
    /// The failure itself, when it is not for the moment.
    pub(super) fn waits_for_the_database(
        &mut self,
        error: SettleError,
        wait: Duration,
    ) -> Result<(), SettleError> {
        if is_lost_lease(&error) {
            tracing::warn!(error = %ErrorChain(&error), "another process is settling");
            self.lease = None;
            return Ok(());
        }
        if store::outage(&error).is_none() {
            return Err(error);
        }
        tracing::warn!(error = %ErrorChain(&error), retry_ms = wait.as_millis(), "the database is away");
        self.pulse.lacks("the database does not respond");
        metrics::counter!("trellis_settlement_outages_total").increment(1);
        Ok(())
    }

    /// Works on this connection until `stop` is cancelled, or the connection or something else fails.
    ///
    /// # Errors
    /// See [`SettleError`]; after an outage of the database, another connection may do.
    pub(super) async fn work(
        &mut self,
        mut connection: PgConnection,
        stop: &CancellationToken,
    ) -> Result<(), SettleError> {
        let Some(lease) = self.lead(&mut connection, stop).await? else {
            return Ok(());
        };
        let config = self.config;
        let hold = Hold::new(connection, lease, config.lease_ttl);
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
        self.announce()?;
        while !stop.is_cancelled() {
            self.pulse.beat_as(Role::Leads);
            let step = within(config.deadline, worker.step()).await?;
            self.has_moved = true;
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

    /// Waits until this process is the worker; `None` when it is to end before.
    async fn lead(
        &mut self,
        connection: &mut PgConnection,
        stop: &CancellationToken,
    ) -> Result<Option<Lease>, SettleError> {
        let (config, ttl) = (self.config, self.config.lease_ttl);
        if let Some(held) = self.lease.take() {
            match within(config.deadline, lease::reclaim(connection, held, ttl)).await {
                Ok(lease) => self.lease = Some(lease),
                Err(LeaseError::Lost { .. }) => {}
                Err(LeaseError::Store(error)) => {
                    self.lease = Some(held);
                    return Err(error.into());
                }
            }
        }
        while self.lease.is_none() && !stop.is_cancelled() {
            self.pulse.beat_as(Role::StandsBy);
            let claiming = lease::claim(connection, LeaseName::Settlement, &config.holder, ttl);
            self.lease = within(config.deadline, claiming).await?;
            if let Some(lease) = self.lease {
                tracing::info!(lease.epoch = lease.epoch, "claimed the lease for settlement");
                break;
            }
            if !self.is_announced {
                tracing::info!("another process is settling; standing by");
            }
            self.announce()?;
            self.pulse.has_everything();
            let _ = tokio::time::timeout(STANDBY_WAIT, stop.cancelled()).await;
        }
        Ok(self.lease)
    }

    fn announce(&mut self) -> Result<(), SettleError> {
        if !self.is_announced {
            service::announce_ready().map_err(SettleError::Ready)?;
            self.is_announced = true;
        }
        Ok(())
    }
}

/// Whether another process has the lease: this one may stand by.
const fn is_lost_lease(error: &SettleError) -> bool {
    matches!(
        error,
        SettleError::Lease(LeaseError::Lost { .. })
            | SettleError::Step(StepError::Lease(LeaseError::Lost { .. }))
    )
}
