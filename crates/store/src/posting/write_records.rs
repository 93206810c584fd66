//! What components keep of users in tables of their own, folded into at most one row for each key, and the statements that write it.

use std::collections::BTreeMap;

use money::Amount;
use plan::effect::{PairRecord, Record, TaxEntry};
use sqlx::PgTransaction;

use super::PostingError;
use super::write_ledger::STATEMENT_ROWS_MAX;
use crate::DbAmount;
use crate::column::{column, int};

/// Changes of the tables of records.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordChanges {
    taxes: Vec<TaxRow>,
    /// By user, financial year and policy.
    years: BTreeMap<(i32, i32, i16), YearSums>,
    members: BTreeMap<i32, MemberChange>,
    pairs: Vec<(i64, PairRecord)>,
    /// Facts that took pairs back, by reward.
    returned: BTreeMap<i32, i64>,
}

#[derive(Clone, Copy, Debug)]
struct TaxRow {
    fact_seq: i64,
    position: i32,
    entry: TaxEntry,
    is_returned: bool,
}

/// Sums of payments, of what was taxed and of tax: those made, and what went back of them.
#[derive(Clone, Copy, Debug, Default)]
struct YearSums {
    made: [Amount; 3],
    returned: [Amount; 3],
}

#[derive(Clone, Copy, Debug, Default)]
struct MemberChange {
    side: Option<Option<&'static str>>,
    lots: Option<[u32; 2]>,
    paid: Option<Amount>,
    has_tax_id: bool,
}

impl RecordChanges {
    /// Takes a record of a fact.
    pub(super) fn add(&mut self, fact_seq: i64, record: &Record) {
        match record {
            Record::Taxed(entry) => self.tax(fact_seq, *entry, false),
            Record::TaxReturned(entry) => self.tax(fact_seq, *entry, true),
            Record::TaxIdKnown { user } => self.member(user.get()).has_tax_id = true,
            Record::SideChosen { user, side } => {
                self.member(user.get()).side = Some(side.map(plan::binary::Side::name));
            }
            Record::LotsChanged { user, lots } => self.member(user.get()).lots = Some(*lots),
            Record::BookingPaid { user, paid } => self.member(user.get()).paid = Some(*paid),
            Record::PairPaid(pair) => self.pairs.push((fact_seq, *pair)),
            Record::PairReturned { reward, .. } => {
                self.returned.insert(int(reward.get()), fact_seq);
            }
        }
    }

    fn member(&mut self, user: u32) -> &mut MemberChange {
        self.members.entry(int(user)).or_default()
    }

    fn tax(&mut self, fact_seq: i64, entry: TaxEntry, is_returned: bool) {
        let of_fact = self.taxes.last().filter(|row| row.fact_seq == fact_seq);
        self.taxes.push(TaxRow {
            fact_seq,
            position: of_fact.map_or(0, |row| row.position.saturating_add(1)),
            entry,
            is_returned,
        });
        let key = (
            int(entry.user.get()),
            int(entry.year.get()),
            i16::from(entry.policy),
        );
        let sums = self.years.entry(key).or_default();
        let sums = if is_returned {
            &mut sums.returned
        } else {
            &mut sums.made
        };
        for (sum, part) in sums.iter_mut().zip([entry.gross, entry.base, entry.amount]) {
            // Of payments that the ledger made, which has no more.
            *sum = sum.checked_add(part).unwrap_or(Amount::new(u128::MAX));
        }
    }
}

pub(super) async fn write(
    transaction: &mut PgTransaction<'_>,
    changes: &RecordChanges,
) -> Result<(), PostingError> {
    for rows in changes.taxes.chunks(STATEMENT_ROWS_MAX) {
        insert_taxes(transaction, rows).await?;
    }
    let years: Vec<_> = changes.years.iter().collect();
    for rows in years.chunks(STATEMENT_ROWS_MAX) {
        upsert_years(transaction, rows).await?;
    }
    let members: Vec<_> = changes.members.iter().collect();
    for rows in members.chunks(STATEMENT_ROWS_MAX) {
        upsert_members(transaction, rows).await?;
    }
    for rows in changes.pairs.chunks(STATEMENT_ROWS_MAX) {
        insert_pairs(transaction, rows).await?;
    }
    let returned: Vec<_> = changes.returned.iter().collect();
    for rows in returned.chunks(STATEMENT_ROWS_MAX) {
        update_returned(transaction, rows).await?;
    }
    Ok(())
}

async fn insert_taxes(transaction: &mut PgTransaction<'_>, rows: &[TaxRow]) -> Result<(), PostingError> {
    sqlx::query!(
        "INSERT INTO withholding_record
             (fact_seq, position, user_id, policy, financial_year, gross, base, amount, is_returned)
         SELECT * FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::smallint[], $5::integer[],
             $6::numeric[], $7::numeric[], $8::numeric[], $9::boolean[])",
        &column(rows, |row| row.fact_seq),
        &column(rows, |row| row.position),
        &column(rows, |row| int(row.entry.user.get())),
        &column(rows, |row| i16::from(row.entry.policy)),
        &column(rows, |row| int(row.entry.year.get())),
        &column(rows, |row| row.entry.gross.into()) as &[DbAmount],
        &column(rows, |row| row.entry.base.into()) as &[DbAmount],
        &column(rows, |row| row.entry.amount.into()) as &[DbAmount],
        &column(rows, |row| row.is_returned),
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn upsert_years(
    transaction: &mut PgTransaction<'_>,
    rows: &[(&(i32, i32, i16), &YearSums)],
) -> Result<(), PostingError> {
    sqlx::query!(
        "INSERT INTO withholding_year AS y (user_id, financial_year, policy, paid, taxed, withheld,
             paid_returned, taxed_returned, withheld_returned)
         SELECT * FROM unnest($1::integer[], $2::integer[], $3::smallint[], $4::numeric[], $5::numeric[],
             $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[])
         ON CONFLICT (user_id, financial_year, policy) DO UPDATE
         SET paid = y.paid + excluded.paid, taxed = y.taxed + excluded.taxed,
             withheld = y.withheld + excluded.withheld, paid_returned = y.paid_returned + excluded.paid_returned,
             taxed_returned = y.taxed_returned + excluded.taxed_returned,
             withheld_returned = y.withheld_returned + excluded.withheld_returned",
        &column(rows, |((user, ..), _)| *user),
        &column(rows, |((_, year, _), _)| *year),
        &column(rows, |((.., policy), _)| *policy),
        &column(rows, |(_, sums)| sums.made[0].into()) as &[DbAmount],
        &column(rows, |(_, sums)| sums.made[1].into()) as &[DbAmount],
        &column(rows, |(_, sums)| sums.made[2].into()) as &[DbAmount],
        &column(rows, |(_, sums)| sums.returned[0].into()) as &[DbAmount],
        &column(rows, |(_, sums)| sums.returned[1].into()) as &[DbAmount],
        &column(rows, |(_, sums)| sums.returned[2].into()) as &[DbAmount],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn upsert_members(
    transaction: &mut PgTransaction<'_>,
    rows: &[(&i32, &MemberChange)],
) -> Result<(), PostingError> {
    let lots = |change: &MemberChange, side: usize| change.lots.map(|lots| int(lots[side]));
    sqlx::query!(
        "INSERT INTO member_record (user_id, side, lots_left, lots_right, paid, has_tax_id)
         SELECT c.user_id, CASE WHEN c.chooses THEN c.side ELSE m.side END, coalesce(c.lots_left, m.lots_left, 0),
                coalesce(c.lots_right, m.lots_right, 0), coalesce(c.paid, m.paid, 0),
                c.has_tax_id OR coalesce(m.has_tax_id, false)
         FROM unnest($1::integer[], $2::boolean[], $3::text[], $4::integer[], $5::integer[], $6::numeric[],
             $7::boolean[]) AS c (user_id, chooses, side, lots_left, lots_right, paid, has_tax_id)
         LEFT JOIN member_record AS m USING (user_id)
         ON CONFLICT (user_id) DO UPDATE
         SET side = excluded.side, lots_left = excluded.lots_left, lots_right = excluded.lots_right,
             paid = excluded.paid, has_tax_id = excluded.has_tax_id",
        &column(rows, |(user, _)| **user),
        &column(rows, |(_, change)| change.side.is_some()),
        &column(rows, |(_, change)| change.side.flatten()) as &[Option<&str>],
        &column(rows, |(_, change)| lots(change, 0)) as &[Option<i32>],
        &column(rows, |(_, change)| lots(change, 1)) as &[Option<i32>],
        &column(rows, |(_, change)| change.paid.map(DbAmount::from)) as &[Option<DbAmount>],
        &column(rows, |(_, change)| change.has_tax_id),
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn insert_pairs(
    transaction: &mut PgTransaction<'_>,
    rows: &[(i64, PairRecord)],
) -> Result<(), PostingError> {
    sqlx::query!(
        "INSERT INTO binary_pair (reward, user_id, fact_seq, amount, withheld, instalment)
         SELECT * FROM unnest($1::integer[], $2::integer[], $3::bigint[], $4::numeric[], $5::numeric[], $6::numeric[])",
        &column(rows, |(_, pair)| int(pair.reward.get())),
        &column(rows, |(_, pair)| int(pair.user.get())),
        &column(rows, |(fact_seq, _)| *fact_seq),
        &column(rows, |(_, pair)| pair.amount.into()) as &[DbAmount],
        &column(rows, |(_, pair)| pair.withheld.into()) as &[DbAmount],
        &column(rows, |(_, pair)| pair.instalment.into()) as &[DbAmount],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Pairs that are older than the table have no row.
async fn update_returned(
    transaction: &mut PgTransaction<'_>,
    rows: &[(&i32, &i64)],
) -> Result<(), PostingError> {
    sqlx::query!(
        "UPDATE binary_pair SET returned_fact = r.fact_seq
         FROM unnest($1::integer[], $2::bigint[]) AS r (reward, fact_seq) WHERE binary_pair.reward = r.reward",
        &column(rows, |(reward, _)| **reward),
        &column(rows, |(_, fact_seq)| **fact_seq),
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
