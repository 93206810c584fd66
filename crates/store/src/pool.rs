//! Connections.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool, Postgres};

use crate::{Deadlines, StoreError, deadline};

/// How long a caller waits for a connection. Longer than that the database is as good as gone.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(5);

/// A pool of at most `connections_max` connections with the deadlines of a service; one is made at once, so that a wrong address
/// shows.
///
/// # Errors
/// The URL is not valid, or the server rejects the connection.
pub async fn connect(url: &str, connections_max: u32) -> Result<PgPool, StoreError> {
    connect_as(url, connections_max, "trellis", Deadlines::SERVICE).await
}

/// The same under a name for people who look, and with other deadlines.
pub async fn connect_as(
    url: &str,
    connections_max: u32,
    program: &str,
    deadlines: Deadlines,
) -> Result<PgPool, StoreError> {
    let options = deadlines.options(url, program)?;
    // A pool waits for a server that is not there, and does not say why.
    deadline::connect_with(&options).await?.close().await?;
    Ok(of(connections_max).connect_with(options).await?)
}

/// The same without a first connection, to take the place of a pool whose connections do not respond: one that is waited for
/// does not come back to its pool.
pub fn connect_lazily(
    url: &str,
    connections_max: u32,
    program: &str,
    deadlines: Deadlines,
) -> Result<PgPool, StoreError> {
    let options = deadlines.options(url, program)?;
    Ok(of(connections_max).connect_lazy_with(options))
}

/// The connections of several tasks: a pool that each of them replaces when the database has fallen silent.
#[derive(Clone, Debug)]
pub struct Connections {
    pool: Arc<RwLock<PgPool>>,
    /// How another pool is made; the one of a test stays.
    again: Option<(PgConnectOptions, u32)>,
    deadline: Duration,
}

impl Connections {
    /// As [`connect_as`]; `deadline` is how long a task is to wait for what it asks.
    pub async fn open(
        url: &str,
        connections_max: u32,
        program: &str,
        (deadlines, deadline): (Deadlines, Duration),
    ) -> Result<Self, StoreError> {
        let pool = connect_as(url, connections_max, program, deadlines).await?;
        Ok(Self {
            pool: Arc::new(RwLock::new(pool)),
            again: Some((deadlines.options(url, program)?, connections_max)),
            deadline,
        })
    }

    /// How long to wait for what is asked, at most; see [`crate::within`].
    pub const fn deadline(&self) -> Duration {
        self.deadline
    }

    /// A connection, waited for as long as of any pool.
    ///
    /// # Errors
    /// There is none, or none is free.
    pub async fn acquire(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        let pool = self.pool.read().unwrap_or_else(PoisonError::into_inner).clone();
        pool.acquire().await
    }

    /// Leaves all present connections to their fate: those that do not respond never come back to their pool.
    pub fn renew(&self) {
        let Some((options, connections_max)) = &self.again else {
            return;
        };
        let pool = of(*connections_max).connect_lazy_with(options.clone());
        *self.pool.write().unwrap_or_else(PoisonError::into_inner) = pool;
    }
}

impl From<PgPool> for Connections {
    fn from(pool: PgPool) -> Self {
        Self {
            pool: Arc::new(RwLock::new(pool)),
            again: None,
            deadline: Deadlines::SERVICE.statement,
        }
    }
}

fn of(connections_max: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_WITHIN)
}
