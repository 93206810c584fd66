//! No service waits for its database without an end: what the server is told about a connection, how long a client waits,
//! and which failures are for the moment.
//!
//! Not responsible for retries: the caller knows what the last attempt may have done.

use std::error::Error;
use std::io;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};

use crate::error::Outage;
use crate::{StoreError, error};

/// How long a client waits for a new connection: a server that takes longer is as good as gone.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// How long a process that starts waits for what says which ledger this is: a few rows.
pub const BEGIN_WITHIN: Duration = Duration::from_secs(10);

/// What the server ends by itself. A limit of PostgreSQL is in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// The longest statement.
    pub statement: Duration,
    /// The longest wait for a lock.
    pub lock: Duration,
    /// The longest pause within a transaction, which may block others.
    pub idle_in_transaction: Duration,
}

impl Deadlines {
    /// For services whose statements are short.
    pub const SERVICE: Self = Self {
        statement: Duration::from_secs(30),
        lock: Duration::from_secs(5),
        idle_in_transaction: Duration::from_secs(30),
    };

    /// For those that read whole tables: the reconciler, and programs that people start.
    pub const OFFLINE: Self = Self {
        statement: Duration::from_mins(30),
        lock: Duration::from_mins(1),
        idle_in_transaction: Duration::from_mins(10),
    };

    /// The options of a connection of this program, with its name for people who look.
    pub fn options(&self, url: &str, program: &str) -> Result<PgConnectOptions, StoreError> {
        let options: PgConnectOptions = url.parse()?;
        let ms = |limit: Duration| limit.as_millis().to_string();
        Ok(options.application_name(program).options([
            ("statement_timeout", ms(self.statement)),
            ("lock_timeout", ms(self.lock)),
            (
                "idle_in_transaction_session_timeout",
                ms(self.idle_in_transaction),
            ),
            // So that the server notices a client that is gone, and lets go of its locks.
            ("tcp_keepalives_idle", "10".to_owned()),
            ("tcp_keepalives_interval", "5".to_owned()),
            ("tcp_keepalives_count", "3".to_owned()),
            ("tcp_user_timeout", "25000".to_owned()),
            ("client_connection_check_interval", "10000".to_owned()),
        ]))
    }
}

/// One connection, within a deadline.
pub async fn connect_with(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    within(CONNECT_WITHIN, async { Ok(options.connect().await?) }).await
}

/// Waits for something of the database, but not forever. What was waited for is dropped then, and its connection must not be
/// used any more: it is unknown what is still in progress on it.
///
/// # Errors
/// Its own, or an [`Outage`].
pub async fn within<T, E: From<StoreError>>(
    limit: Duration,
    waiting: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    tokio::time::timeout(limit, waiting)
        .await
        .unwrap_or_else(|_| Err(silence(limit).into()))
}

fn silence(limit: Duration) -> StoreError {
    let told = format!("no answer within {} ms", limit.as_millis());
    StoreError::Database(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, told)))
}

/// Why a failure is for the moment, wherever in its chain the database stands; `None` when trying again does not help.
pub fn outage(error: &(dyn Error + 'static)) -> Option<Outage> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<sqlx::Error>() {
            return error::Outage::of(error);
        }
        if let Some(error) = error.downcast_ref::<StoreError>() {
            return error.outage();
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_does_not_answer_is_an_outage_and_what_answers_is_returned() {
        let limit = Duration::from_millis(20);
        let silent = within(limit, std::future::pending::<Result<(), StoreError>>()).await;
        let error = silent.expect_err("nobody answers");
        assert_eq!(outage(&error), Some(Outage::Away));
        let answered = within(limit, async { Ok::<_, StoreError>(7) }).await;
        assert_eq!(answered.expect("it answers"), 7);
    }

    #[test]
    fn an_outage_is_found_behind_other_errors_and_a_broken_rule_is_none() {
        #[derive(Debug, thiserror::Error)]
        #[error("a step failed")]
        struct Outer(#[source] StoreError);
        let gone = || StoreError::Database(sqlx::Error::Io(io::Error::from(io::ErrorKind::ConnectionReset)));
        assert_eq!(outage(&Outer(gone())), Some(Outage::Away));
        let cut = StoreError::Database(sqlx::Error::Protocol("unexpected response: 0x00".into()));
        assert_eq!(outage(&Outer(cut)), Some(Outage::Away));
        assert_eq!(outage(&Outer(StoreError::corrupt("a number"))), None);
        assert_eq!(outage(&io::Error::from(io::ErrorKind::ConnectionReset)), None);
    }
}
