//! Elected writers: one process at a time holds the lease of a purpose, and its epoch fences out all earlier
//! holders.
//!
//! Expiry decides only who may *claim*. Who may *commit* is decided by [`check`], inside each transaction of
//! the holder: it locks the lease's row, so that nobody can claim it before that transaction ends.

use std::time::Duration;

use sqlx::{PgConnection, PgTransaction};
use thiserror::Error;

use crate::StoreError;

names::names! {
    /// What there is one writer for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum LeaseName {
        /// Recording the chain.
        Listener = "listener",
        /// Numbering and posting facts.
        Posting = "posting",
        /// Sending payouts.
        Settlement = "settlement",
        /// Comparing ledger and chain.
        Reconciler = "reconciler",
        /// Ending the plan's days.
        Schedule = "schedule",
    }
}

impl LeaseName {
    /// The longest time for which it is taken at once; more is cut. Constraint `lease_is_short` has twice as much for the
    /// writers, and refuses whoever would keep everyone else out for years. The reconciler looks at everything before it
    /// renews.
    const fn ttl_max(self) -> Duration {
        match self {
            Self::Listener | Self::Posting | Self::Settlement | Self::Schedule => Duration::from_secs(60),
            Self::Reconciler => Duration::from_secs(900),
        }
    }
}

/// A lease that this process holds, or held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What for.
    pub name: LeaseName,
    /// Which of its holders this is, from 1.
    pub epoch: i64,
}

/// Why a holder must stop.
#[derive(Debug, Error)]
pub enum LeaseError {
    /// Someone else claimed it since.
    #[error("the lease `{}` of epoch {epoch} was lost to another process", .name.name())]
    Lost {
        /// Of what.
        name: LeaseName,
        /// Of the lost lease.
        epoch: i64,
    },
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

crate::from_sqlx!(LeaseError);

/// Takes the lease if nobody holds it. `holder` is for people who look; the epoch identifies.
pub async fn claim(
    connection: &mut PgConnection,
    name: LeaseName,
    holder: &str,
    ttl: Duration,
) -> Result<Option<Lease>, StoreError> {
    let epoch = sqlx::query_scalar!(
        "INSERT INTO lease AS held (name, holder, epoch, expires_at)
         VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 second')
         ON CONFLICT (name) DO UPDATE
         SET holder = excluded.holder, epoch = held.epoch + 1, expires_at = excluded.expires_at
         WHERE held.expires_at <= clock_timestamp()
         RETURNING epoch",
        name.name(),
        holder,
        ttl.min(name.ttl_max()).as_secs_f64(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(epoch.map(|epoch| Lease { name, epoch }))
}

/// Keeps the lease for another `ttl`, also when it had expired but nobody had claimed it.
///
/// # Errors
/// [`LeaseError::Lost`].
pub async fn renew(connection: &mut PgConnection, lease: Lease, ttl: Duration) -> Result<(), LeaseError> {
    let renewed = sqlx::query!(
        "UPDATE lease SET expires_at = clock_timestamp() + $3 * interval '1 second'
         WHERE name = $1 AND epoch = $2",
        lease.name.name(),
        lease.epoch,
        ttl.min(lease.name.ttl_max()).as_secs_f64(),
    )
    .execute(connection)
    .await?;
    held(lease, renewed.rows_affected() == 1)
}

/// Takes the lease again on a new connection, under the next epoch: whatever is still in progress on the old connection can
/// commit nothing any more. It waits for what is just being committed there, so what is read afterwards stays true.
///
/// # Errors
/// [`LeaseError::Lost`].
pub async fn reclaim(
    connection: &mut PgConnection,
    lease: Lease,
    ttl: Duration,
) -> Result<Lease, LeaseError> {
    let epoch = sqlx::query_scalar!(
        "UPDATE lease SET epoch = epoch + 1, expires_at = clock_timestamp() + $3 * interval '1 second'
         WHERE name = $1 AND epoch = $2
         RETURNING epoch",
        lease.name.name(),
        lease.epoch,
        ttl.min(lease.name.ttl_max()).as_secs_f64(),
    )
    .fetch_optional(connection)
    .await?;
    let name = lease.name;
    let lost = LeaseError::Lost {
        name,
        epoch: lease.epoch,
    };
    epoch.map(|epoch| Lease { name, epoch }).ok_or(lost)
}

/// Lets the next process claim it at once. No-op if the lease was already lost.
pub async fn release(connection: &mut PgConnection, lease: Lease) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE lease SET expires_at = clock_timestamp() WHERE name = $1 AND epoch = $2",
        lease.name.name(),
        lease.epoch,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes sure that the lease is held, until the end of the transaction. Call it first in every transaction
/// of a holder that writes.
///
/// # Errors
/// [`LeaseError::Lost`].
pub async fn check(transaction: &mut PgTransaction<'_>, lease: Lease) -> Result<(), LeaseError> {
    let epoch = sqlx::query_scalar!(
        "SELECT epoch FROM lease WHERE name = $1 FOR UPDATE",
        lease.name.name()
    )
    .fetch_optional(&mut **transaction)
    .await?;
    held(lease, epoch == Some(lease.epoch))
}

fn held(lease: Lease, is_held: bool) -> Result<(), LeaseError> {
    if is_held {
        return Ok(());
    }
    Err(LeaseError::Lost {
        name: lease.name,
        epoch: lease.epoch,
    })
}
