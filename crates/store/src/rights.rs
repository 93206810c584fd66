//! Whether a database role has more rights than its process needs.
//!
//! What each role may do the migrations say; that a process runs under its own role, and not as the database's owner, is for
//! whoever configures it, and is checked at every start. Not responsible for the signers' database.

use std::fmt;

use sqlx::PgConnection;
use thiserror::Error;

use crate::StoreError;

names::names! {
    /// The role of a process.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Role {
        /// The listener.
        Listener = "trellis_listener",
        /// The posting worker.
        Poster = "trellis_poster",
        /// The API.
        Api = "trellis_api",
        /// The settlement worker.
        Settler = "trellis_settler",
        /// The reconciler.
        Reconciler = "trellis_reconciler",
        /// The schedule of the plan's days.
        Scheduler = "trellis_scheduler",
    }
}

/// What a process does about a role that may do more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// On public chains it does not start.
    Refuse,
    /// On local chains it says so: there is nothing to steal.
    Warn,
}

impl Enforcement {
    /// By the kind of chain that the ledger is of.
    pub const fn on_chain(is_local: bool) -> Self {
        if is_local { Self::Warn } else { Self::Refuse }
    }
}

/// The rights of a role that no process has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    role: String,
    rights: Vec<String>,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the database role {} {}", self.role, self.rights.join(", "))
    }
}

/// Why a process does not start.
#[derive(Debug, Error)]
pub enum RightsError {
    /// Its role may do more than it needs.
    #[error("{excess}; connect as {} instead", .expected.name())]
    Excessive {
        /// What it may do.
        excess: Excess,
        /// The role that it should have.
        expected: Role,
    },
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks the role of a connection.
///
/// # Errors
/// [`RightsError::Excessive`], when it is to be refused.
pub async fn check(
    connection: &mut PgConnection,
    expected: Role,
    enforcement: Enforcement,
) -> Result<(), RightsError> {
    let Some(excess) = find_excess(connection, expected).await? else {
        return Ok(());
    };
    match enforcement {
        Enforcement::Refuse => Err(RightsError::Excessive { excess, expected }),
        Enforcement::Warn => {
            tracing::warn!(
                database.role = excess.role,
                "{excess}; a public chain would be refused"
            );
            Ok(())
        }
    }
}

/// What the connection's role may do beyond `expected`; `None` when it is that role, or one with no more rights.
pub async fn find_excess(
    connection: &mut PgConnection,
    expected: Role,
) -> Result<Option<Excess>, StoreError> {
    let others: Vec<String> = Role::ALL
        .into_iter()
        .filter(|role| *role != expected)
        .map(|role| role.name().to_owned())
        .collect();
    let row = sqlx::query!(
        r#"SELECT current_user::text AS "role!", r.rolsuper AS "superuser!", r.rolbypassrls AS "bypasses!",
                  r.rolcreaterole AS "creates_roles!", r.rolreplication AS "replicates!",
                  EXISTS (
                      SELECT FROM pg_class AS c
                      WHERE c.relnamespace = 'public'::regnamespace AND pg_has_role(c.relowner, 'MEMBER')
                  ) OR EXISTS (
                      SELECT FROM pg_database AS d
                      WHERE d.datname = current_database() AND pg_has_role(d.datdba, 'MEMBER')
                  ) AS "owns!",
                  ARRAY(
                      SELECT o.rolname::text FROM pg_roles AS o
                      WHERE o.rolname = ANY($1) AND pg_has_role(o.oid, 'MEMBER') ORDER BY o.rolname
                  ) AS "others!"
           FROM pg_roles AS r WHERE r.rolname = current_user"#,
        &others
    )
    .fetch_one(connection)
    .await?;
    if row.superuser {
        return Ok(Some(Excess {
            role: row.role,
            rights: vec!["is a superuser".to_owned()],
        }));
    }
    let mut rights: Vec<String> = [
        (row.bypasses, "bypasses row-level security"),
        (row.creates_roles, "creates roles"),
        (row.replicates, "replicates"),
        (row.owns, "owns tables of the ledger"),
    ]
    .into_iter()
    .filter(|(has, _)| *has)
    .map(|(_, right)| right.to_owned())
    .collect();
    rights.extend(row.others.iter().map(|other| format!("may act as {other}")));
    Ok((!rights.is_empty()).then_some(Excess {
        role: row.role,
        rights,
    }))
}
