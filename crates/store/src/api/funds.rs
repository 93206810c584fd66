//! Balances of the accounts of revenue: what is not allocated, and each fund.

use ledger::{Account, Fund};
use money::Amount;
use sqlx::PgConnection;

use crate::{DbAmount, StoreError};

/// What an account of revenue received and gave, ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FundBalance {
    /// Credits.
    pub received: Amount,
    /// Debits.
    pub given: Amount,
}

/// The balances of these funds, in their order; zero for one that nothing was posted to.
pub async fn list_balances(
    connection: &mut PgConnection,
    funds: &[Fund],
) -> Result<Vec<FundBalance>, StoreError> {
    let accounts: Vec<i64> = funds
        .iter()
        .map(|fund| Account::Revenue(*fund).id().get())
        .collect();
    let rows = sqlx::query!(
        r#"SELECT coalesce(b.credits_posted, 0)::numeric(39, 0) AS "received!: DbAmount",
                  coalesce(b.debits_posted, 0)::numeric(39, 0) AS "given!: DbAmount"
           FROM unnest($1::bigint[]) WITH ORDINALITY AS f (account_id, place)
           LEFT JOIN balance AS b ON b.account_id = f.account_id
           ORDER BY f.place"#,
        &accounts
    )
    .fetch_all(connection)
    .await?;
    let balance = |(received, given): (DbAmount, DbAmount)| FundBalance {
        received: received.0,
        given: given.0,
    };
    Ok(rows
        .into_iter()
        .map(|row| balance((row.received, row.given)))
        .collect())
}
