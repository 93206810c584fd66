//! [`StoreError`]: what can go wrong with the database, by the broken rule where there is one.

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
    #[error("the database does not answer as it should")]
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
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Constraint { name, .. } => Some(name),
            Self::Database(_) | Self::Corrupt { .. } => None,
        }
    }

    pub(crate) const fn corrupt(what: &'static str) -> Self {
        Self::Corrupt { what }
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
