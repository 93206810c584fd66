//! [`LeaseKeeper`]: a process that wants a lease, from its first claim on: it renews the lease in time, and claims it again when
//! it was lost.

use std::time::{Duration, Instant};

use sqlx::PgConnection;

use crate::StoreError;
use crate::lease::{self, Lease, LeaseError, LeaseName};

/// A lease is renewed when this part of its time is over, so that several renewals may fail before it is lost.
const RENEWALS_PER_TTL: u32 = 4;

/// The lease that a process holds, or waits for.
#[derive(Debug)]
pub struct LeaseKeeper {
    name: LeaseName,
    holder: String,
    ttl: Duration,
    held: Option<(Lease, Instant)>,
}

impl LeaseKeeper {
    /// Holds nothing yet. `holder` is for people who look.
    pub const fn new(name: LeaseName, holder: String, ttl: Duration) -> Self {
        Self {
            name,
            holder,
            ttl,
            held: None,
        }
    }

    /// The lease, if it was claimed or renewed a moment ago.
    pub fn fresh(&self) -> Option<Lease> {
        let (lease, renewed) = self.held?;
        (renewed.elapsed() * RENEWALS_PER_TTL < self.ttl).then_some(lease)
    }

    /// The lease, claimed or kept; `None` when another process has it.
    pub async fn hold(&mut self, connection: &mut PgConnection) -> Result<Option<Lease>, StoreError> {
        if let Some(lease) = self.fresh() {
            return Ok(Some(lease));
        }
        let renewed = match self.held {
            Some((lease, _)) => lease::renew(connection, lease, self.ttl).await.map(|()| lease),
            None => return self.claim(connection).await,
        };
        self.kept(connection, renewed).await
    }

    /// As [`Self::hold`], on a new connection: a lease that is held is taken again under the next epoch.
    pub async fn hold_again(&mut self, connection: &mut PgConnection) -> Result<Option<Lease>, StoreError> {
        let reclaimed = match self.held {
            Some((lease, _)) => lease::reclaim(connection, lease, self.ttl).await,
            None => return self.claim(connection).await,
        };
        self.kept(connection, reclaimed).await
    }

    /// From its next renewal on the lease lasts at least this long.
    pub fn extend(&mut self, ttl: Duration) {
        self.ttl = self.ttl.max(ttl);
    }

    /// Another process has the lease.
    pub const fn lose(&mut self) {
        self.held = None;
    }

    /// Lets the next process claim the lease at once.
    pub async fn release(&mut self, connection: &mut PgConnection) -> Result<(), StoreError> {
        match self.held.take() {
            Some((lease, _)) => lease::release(connection, lease).await,
            None => Ok(()),
        }
    }

    /// Whether there is anything to release.
    pub const fn is_holding(&self) -> bool {
        self.held.is_some()
    }

    async fn kept(
        &mut self,
        connection: &mut PgConnection,
        kept: Result<Lease, LeaseError>,
    ) -> Result<Option<Lease>, StoreError> {
        match kept {
            Ok(lease) => {
                self.held = Some((lease, Instant::now()));
                Ok(Some(lease))
            }
            Err(LeaseError::Lost { name, epoch }) => {
                tracing::warn!(
                    lease.epoch = epoch,
                    "another process has the lease for {}",
                    name.name()
                );
                self.held = None;
                self.claim(connection).await
            }
            Err(LeaseError::Store(error)) => Err(error),
        }
    }

    async fn claim(&mut self, connection: &mut PgConnection) -> Result<Option<Lease>, StoreError> {
        let claimed = lease::claim(connection, self.name, &self.holder, self.ttl).await?;
        if let Some(lease) = claimed {
            tracing::info!(lease.epoch, "claimed the lease for {}", self.name.name());
            self.held = Some((lease, Instant::now()));
        }
        Ok(claimed)
    }
}
