//! [`LeaseGuard`]: a worker's connection together with its lease. All writes happen in transactions that check the
//! lease, and the lease is renewed while waiting for the network.

use std::time::{Duration, Instant};

use sqlx::{Acquire, PgConnection, PgTransaction};
use store::lease::{self, Lease, LeaseError};
use store::{Deadlines, StoreError, deadline};

/// A lease is renewed this many times before it would expire.
const RENEWALS_PER_TTL: u32 = 4;

/// A connection whose holder has the lease for its work, or had it.
#[derive(Debug)]
pub struct LeaseGuard {
    connection: PgConnection,
    lease: Lease,
    ttl: Duration,
    renewed: Instant,
}

/// A connection for whoever holds a lease, under this name: a commit returns when it is on disk.
pub(crate) async fn connect(
    url: &str,
    deadlines: Deadlines,
    name: &'static str,
) -> Result<PgConnection, StoreError> {
    let options = deadlines.options(url, name)?;
    deadline::connect_with(&options.options([("synchronous_commit", "on")])).await
}

impl LeaseGuard {
    /// Takes a connection and a lease that was claimed just now.
    pub fn new(connection: PgConnection, lease: Lease, ttl: Duration) -> Self {
        Self {
            connection,
            lease,
            ttl,
            renewed: Instant::now(),
        }
    }

    /// For reading.
    pub const fn reader(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// A transaction in which nobody else can be the worker.
    ///
    /// # Errors
    /// [`LeaseError::Lost`].
    pub async fn begin(&mut self) -> Result<PgTransaction<'_>, LeaseError> {
        let mut transaction = self.connection.begin().await?;
        lease::check(&mut transaction, self.lease).await?;
        Ok(transaction)
    }

    /// Renews the lease when it is time to.
    ///
    /// # Errors
    /// [`LeaseError::Lost`].
    pub async fn keep(&mut self) -> Result<(), LeaseError> {
        if self.renewed.elapsed() * RENEWALS_PER_TTL >= self.ttl {
            lease::renew(&mut self.connection, self.lease, self.ttl).await?;
            self.renewed = Instant::now();
        }
        Ok(())
    }

    /// Waits for something outside of the database, and renews the lease meanwhile.
    ///
    /// # Errors
    /// [`LeaseError::Lost`]; what was waited for is abandoned then.
    pub async fn during<T>(&mut self, waiting: impl Future<Output = T>) -> Result<T, LeaseError> {
        let mut waiting = std::pin::pin!(waiting);
        loop {
            self.keep().await?;
            let until_renewal = (self.ttl / RENEWALS_PER_TTL).saturating_sub(self.renewed.elapsed());
            tokio::select! {
                biased;
                done = &mut waiting => return Ok(done),
                () = tokio::time::sleep(until_renewal) => {}
            }
        }
    }

    /// Lets the next process claim the lease at once.
    pub async fn release(mut self) -> Result<(), StoreError> {
        lease::release(&mut self.connection, self.lease).await
    }
}
