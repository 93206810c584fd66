//! [`StoreError`]: database errors, with the violated constraint if there is one.

use thiserror::Error;

/// Why a statement had no result.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The row breaks a rule of the schema.
    #[error("constraint {name} is violated")]
    Constraint {
        /// Name of the constraint, as in the migrations.
        name: String,
        /// What PostgreSQL said.
        #[source]
        source: sqlx::Error,
    },
    /// PostgreSQL could not be reached, or refused.
    #[error("the database does not respond as it should")]
    Database(#[source] sqlx::Error),
    /// A stored value is outside of what this program writes.
    #[error("the database holds an impossible value: {what}")]
    Corrupt {
        /// Which.
        what: &'static str,
    },
}

impl StoreError {
    /// The violated constraint, if one was.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Constraint { name, .. } => Some(name),
            Self::Database(_) | Self::Corrupt { .. } => None,
        }
    }

    /// Why the database gave no answer for the moment; `None` when it answered, or when the fault is not the moment's.
    pub fn outage(&self) -> Option<Outage> {
        match self {
            Self::Constraint { .. } | Self::Corrupt { .. } => None,
            Self::Database(error) => Outage::of(error),
        }
    }

    /// Whether PostgreSQL could not take a value that it was given (class 22: data exceptions).
    pub fn is_of_the_data(&self) -> bool {
        let Self::Database(error) = self else {
            return false;
        };
        let code = error.as_database_error().and_then(|error| error.code());
        code.is_some_and(|code| code.starts_with("22"))
    }

    pub(crate) const fn corrupt(what: &'static str) -> Self {
        Self::Corrupt { what }
    }
}

/// Why the database gives no answer for the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// All connections of the process, or of the server, are in use.
    Busy,
    /// The statement took longer than it may.
    Slow,
    /// The server cannot be reached, starts or ends.
    Away,
}

impl Outage {
    /// Why this statement had no answer, if it is for the moment. Codes are those of PostgreSQL's appendix A.
    pub fn of(error: &sqlx::Error) -> Option<Self> {
        if matches!(error, sqlx::Error::PoolTimedOut) {
            return Some(Self::Busy);
        }
        if matches!(
            error,
            // A connection that ends in the middle of an answer is a broken protocol, too.
            sqlx::Error::PoolClosed
                | sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::WorkerCrashed
        ) {
            return Some(Self::Away);
        }
        match error.as_database_error()?.code()?.as_ref() {
            // too_many_connections, lock_not_available, deadlock_detected, serialization_failure
            "53300" | "55P03" | "40P01" | "40001" => Some(Self::Busy),
            // query_canceled by statement_timeout; idle_in_transaction_session_timeout, transaction_timeout
            "57014" | "25P03" | "25P04" => Some(Self::Slow),
            // connection_exception; admin_shutdown and its like; a standby
            code if code.starts_with("08") || code.starts_with("57P") || code == "25006" => Some(Self::Away),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(source: sqlx::Error) -> Self {
        let constraint = source
            .as_database_error()
            .and_then(|error| error.constraint())
            .map(str::to_owned);
        match constraint {
            Some(name) => Self::Constraint { name, source },
            None => Self::Database(source),
        }
    }
}

/// Lets `?` turn what a statement failed with into errors that have a variant `Store`.
#[macro_export]
macro_rules! from_sqlx {
    ($error:ty) => {
        impl From<sqlx::Error> for $error {
            fn from(error: sqlx::Error) -> Self {
                Self::Store(error.into())
            }
        }
    };
}
