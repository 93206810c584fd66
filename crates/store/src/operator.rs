//! Operators: people of the deployment by their wallets, and what they may do.
//!
//! Only the owner of the database changes them. However they are changed, the database writes it to the audit log and keeps
//! two config admins.

use alloy_primitives::Address;
use sqlx::PgConnection;

use crate::StoreError;
use crate::column::Db;

/// The constraint that keeps two config admins.
pub const TWO_CONFIG_ADMINS: &str = "operator_two_config_admins";

/// Maximum characters of a name.
pub const NAME_CHARACTERS_MAX: usize = 64;

names::names! {
    /// What an operator may do.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Role {
        /// Looks at everything.
        Viewer = "viewer",
        /// Looks at everything, for users who ask.
        Support = "support",
        /// Builds batches and roots of liabilities.
        Builder = "builder",
        /// Approves what others built.
        Approver = "approver",
        /// Changes how the system runs.
        ConfigAdmin = "config_admin",
        /// Checks what was done.
        Auditor = "auditor",
    }
}

/// A wallet of an operator. Wallets with one name are one person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The wallet.
    pub wallet: Address,
    /// Who it is.
    pub name: String,
    /// Names of roles.
    pub roles: Vec<String>,
}

/// All operators, by name.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Operator>, StoreError> {
    Ok(sqlx::query_as!(
        Operator,
        r#"SELECT wallet AS "wallet!: Db<Address>", name, roles FROM operator ORDER BY person, wallet"#
    )
    .fetch_all(connection)
    .await?)
}

/// Enters operators.
///
/// # Errors
/// A wallet is an operator's already: constraint `operator_pkey`.
pub async fn insert(connection: &mut PgConnection, operators: &[Operator]) -> Result<(), StoreError> {
    for operator in operators {
        sqlx::query!(
            "INSERT INTO operator (wallet, name, roles) VALUES ($1, $2, $3)",
            operator.wallet.as_slice(),
            operator.name,
            &operator.roles
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Gives a wallet roles and takes others from it; what it then has, or `None` when it is nobody's.
///
/// # Errors
/// Constraint [`TWO_CONFIG_ADMINS`], when the transaction ends.
pub async fn change_roles(
    connection: &mut PgConnection,
    wallet: Address,
    granted: &[&str],
    revoked: &[&str],
) -> Result<Option<Vec<String>>, StoreError> {
    Ok(sqlx::query_scalar!(
        "UPDATE operator SET roles = ARRAY(
             SELECT DISTINCT r FROM unnest(roles || $2::text[]) AS r WHERE r <> ALL ($3::text[]) ORDER BY r)
         WHERE wallet = $1 RETURNING roles",
        wallet.as_slice(),
        granted as &[&str],
        revoked as &[&str]
    )
    .fetch_optional(connection)
    .await?)
}

/// Removes a wallet; whether it was an operator's.
///
/// # Errors
/// Constraint [`TWO_CONFIG_ADMINS`], when the transaction ends.
pub async fn remove(connection: &mut PgConnection, wallet: Address) -> Result<bool, StoreError> {
    let removed = sqlx::query!("DELETE FROM operator WHERE wallet = $1", wallet.as_slice())
        .execute(connection)
        .await?;
    Ok(removed.rows_affected() > 0)
}
