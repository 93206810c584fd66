//! What components keep of users, as it is stored.

use audit::{Books, MemberRow, PairRow, WithholdingRow, WithholdingYearRow};
use sqlx::PgTransaction;

use super::small;
use crate::column::Db;
use crate::deployment::natural;
use crate::{DbAmount, StoreError};

pub(super) async fn read(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    withholdings(transaction, books).await?;
    years(transaction, books).await?;
    pairs(transaction, books).await?;
    members(transaction, books).await?;
    let after = sqlx::query_scalar!("SELECT after_fact FROM record_start")
        .fetch_optional(&mut **transaction)
        .await?;
    // A restored ledger was posted again from its first fact on.
    books.recorded_after = natural(after.unwrap_or_default(), "record_start.after_fact")?;
    Ok(())
}

async fn withholdings(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT fact_seq AS "fact_seq!: Db<u64>", position AS "position!: Db<u32>", user_id AS "user_id!: Db<u32>",
                  policy, financial_year AS "financial_year!: Db<u32>", gross AS "gross!: DbAmount",
                  base AS "base!: DbAmount", amount AS "amount!: DbAmount", is_returned
           FROM withholding_record"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let record = WithholdingRow {
            user: row.user_id.0,
            policy: small(row.policy, "withholding_record.policy")?,
            financial_year: row.financial_year.0,
            gross: row.gross.0,
            base: row.base.0,
            amount: row.amount.0,
            is_returned: row.is_returned,
        };
        books
            .withholdings
            .insert((row.fact_seq.0, row.position.0), record);
    }
    Ok(())
}

async fn years(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT user_id AS "user_id!: Db<u32>", financial_year AS "financial_year!: Db<u32>", policy,
                  paid AS "paid!: DbAmount", taxed AS "taxed!: DbAmount", withheld AS "withheld!: DbAmount",
                  paid_returned AS "paid_returned!: DbAmount", taxed_returned AS "taxed_returned!: DbAmount",
                  withheld_returned AS "withheld_returned!: DbAmount"
           FROM withholding_year"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let policy = small(row.policy, "withholding_year.policy")?;
        let year = WithholdingYearRow {
            paid: row.paid.0,
            taxed: row.taxed.0,
            withheld: row.withheld.0,
            paid_returned: row.paid_returned.0,
            taxed_returned: row.taxed_returned.0,
            withheld_returned: row.withheld_returned.0,
        };
        let key = (row.user_id.0, row.financial_year.0, policy);
        books.withholding_years.insert(key, year);
    }
    Ok(())
}

async fn pairs(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT reward AS "reward!: Db<u32>", user_id AS "user_id!: Db<u32>", fact_seq AS "fact_seq!: Db<u64>",
                  amount AS "amount!: DbAmount", withheld AS "withheld!: DbAmount",
                  instalment AS "instalment!: DbAmount", returned_fact AS "returned_fact!: Db<Option<u64>>"
           FROM binary_pair"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let pair = PairRow {
            user: row.user_id.0,
            fact_seq: row.fact_seq.0,
            amount: row.amount.0,
            withheld: row.withheld.0,
            instalment: row.instalment.0,
            returned_fact: row.returned_fact.0,
        };
        books.pairs.insert(row.reward.0, pair);
    }
    Ok(())
}

async fn members(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT user_id AS "user_id!: Db<u32>", side, lots_left AS "lots_left!: Db<u32>",
                  lots_right AS "lots_right!: Db<u32>", paid AS "paid!: DbAmount", has_tax_id
           FROM member_record"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let member = MemberRow {
            side: row.side,
            lots: [row.lots_left.0, row.lots_right.0],
            paid: row.paid.0,
            has_tax_id: row.has_tax_id,
        };
        books.members.insert(row.user_id.0, member);
    }
    Ok(())
}
