//! Reports: rows that facts of a time caused, in the order of the facts, a bounded part at a time; and sums over them.
//!
//! A time is that of a fact's effect: of its block on the chain, of the end of a day, or when a command was accepted. Every
//! statement begins with facts of the time by an index, and goes from each to its rows. Not responsible for how rows are written.

use std::ops::Range;

use money::Amount;
use sqlx::PgConnection;

use crate::column::Db;
use crate::{DbAmount, StoreError};

/// Facts from which one part goes to their rows.
pub const FACTS_AT_ONCE: i64 = 1_000;

/// Rows of one part.
pub const ROWS_AT_ONCE: i64 = 1_000;

/// Users of a report on the highest rewards.
pub const RECIPIENTS_MAX: i64 = 100;

names::names! {
    /// What a report lists.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Listed {
        /// Users who registered.
        Registrations = "registrations",
        /// Payments of users into the contract.
        Sales = "sales",
        /// What batches paid and users claimed.
        Payouts = "payouts",
        /// What came into and left users' own accounts.
        Movements = "wallet-movements",
    }
}

/// A place in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Time of the fact, in seconds since 1970-01-01 UTC.
    at: i64,
    fact_seq: i64,
    /// Within the fact.
    position: i64,
}

/// A part of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Cells of rows.
    pub rows: Vec<Vec<String>>,
    /// Where the next part begins; `None` at the end.
    pub next: Option<Place>,
}

/// What rewards of a kind come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindSum {
    /// The kind, or the rule of a fund.
    pub kind: String,
    /// How many were granted.
    pub count: u64,
    /// Base units, before tax; what was reversed later is not taken off.
    pub amount: Amount,
}

/// Facts of a time, in their order.
struct Facts {
    times: Vec<i64>,
    seqs: Vec<i64>,
}

impl Facts {
    /// Where the next facts begin; `None` when these are the last.
    fn next(&self) -> Option<Place> {
        let is_full = i64::try_from(self.seqs.len()).is_ok_and(|found| found >= FACTS_AT_ONCE);
        let last = self.times.last().copied().zip(self.seqs.last().copied());
        last.filter(|_| is_full).map(|(at, fact_seq)| Place {
            at,
            fact_seq,
            position: i64::MAX,
        })
    }
}

/// How many facts a time has, but at most `max`.
pub async fn count_facts(
    connection: &mut PgConnection,
    time: &Range<i64>,
    max: i64,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (
               SELECT FROM inbox WHERE fact_seq IS NOT NULL AND effective_at >= $1 AND effective_at < $2 LIMIT $3
           ) AS f"#,
        time.start,
        time.end,
        max
    )
    .fetch_one(connection)
    .await?)
}

/// The fact of this place, whose rows may not all be read, and those after it.
async fn list_facts(
    connection: &mut PgConnection,
    time: &Range<i64>,
    after: Place,
) -> Result<Facts, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT effective_at, fact_seq AS "fact_seq!" FROM inbox
           WHERE fact_seq IS NOT NULL AND effective_at >= $1 AND effective_at < $2
               AND (effective_at, fact_seq) >= ($3, $4)
           ORDER BY effective_at, fact_seq LIMIT $5"#,
        time.start,
        time.end,
        after.at,
        after.fact_seq,
        FACTS_AT_ONCE
    )
    .fetch_all(connection)
    .await?;
    Ok(Facts {
        times: rows.iter().map(|row| row.effective_at).collect(),
        seqs: rows.iter().map(|row| row.fact_seq).collect(),
    })
}

/// One frame for every statement that goes from facts to rows: `r` has a position and cells.
macro_rules! rows {
    ($connection:expr, $facts:expr, $after:expr, $rows:tt) => {
        sqlx::query_as!(
            Row,
            r#"SELECT f.at AS "at!", f.seq AS "fact_seq!", r.position AS "position!", r.cells AS "cells!"
               FROM unnest($1::bigint[], $2::bigint[]) AS f (at, seq)
               CROSS JOIN LATERAL ("#
                + $rows
                + r#") AS r
               WHERE (f.at, f.seq, r.position) > ($3::bigint, $4::bigint, $5::bigint)
               ORDER BY f.at, f.seq, r.position LIMIT $6"#,
            &$facts.times,
            &$facts.seqs,
            $after.at,
            $after.fact_seq,
            $after.position,
            ROWS_AT_ONCE
        )
        .fetch_all($connection)
        .await?
    };
}

struct Row {
    at: i64,
    fact_seq: i64,
    position: i64,
    cells: Vec<String>,
}

/// The rows after a place.
pub async fn list(
    connection: &mut PgConnection,
    listed: Listed,
    time: &Range<i64>,
    after: Place,
) -> Result<Page, StoreError> {
    let facts = list_facts(connection, time, after).await?;
    let rows = list_rows(connection, listed, &facts, after).await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|found| found >= ROWS_AT_ONCE);
    let last = rows.last().filter(|_| is_full).map(|last| Place {
        at: last.at,
        fact_seq: last.fact_seq,
        position: last.position,
    });
    Ok(Page {
        next: last.or_else(|| facts.next()),
        rows: rows.into_iter().map(|row| row.cells).collect(),
    })
}

/// The rows of these facts that come after a place.
async fn list_rows(
    connection: &mut PgConnection,
    listed: Listed,
    facts: &Facts,
    after: Place,
) -> Result<Vec<Row>, StoreError> {
    Ok(match listed {
        Listed::Registrations => rows!(
            connection,
            facts,
            after,
            "SELECT d.id::bigint AS position, ARRAY[
                 f.at::text, f.seq::text, u.id::text, '0x' || encode(u.wallet, 'hex'), coalesce(u.sponsor_id::text, ''),
                 d.amount::text, u.status
             ] AS cells
             FROM deposit AS d JOIN users AS u ON u.id = d.user_id
             WHERE d.fact_seq = f.seq AND d.kind = 'registration'"
        ),
        Listed::Sales => rows!(
            connection,
            facts,
            after,
            "SELECT d.id::bigint AS position, ARRAY[
                 f.at::text, f.seq::text, d.id::text, d.kind, u.id::text, '0x' || encode(u.wallet, 'hex'), d.amount::text, d.state,
                 '0x' || encode(d.ref, 'hex')
             ] AS cells
             FROM deposit AS d JOIN users AS u ON u.id = d.user_id WHERE d.fact_seq = f.seq"
        ),
        Listed::Payouts => rows!(
            connection,
            facts,
            after,
            "SELECT p.user_id::bigint AS position, ARRAY[
                 f.at::text, f.seq::text, 'payout', u.id::text, '0x' || encode(u.wallet, 'hex'), coalesce(p.settled, 0)::text, p.state,
                 '0x' || encode(p.batch_id, 'hex')
             ] AS cells
             FROM payout AS p JOIN users AS u ON u.id = p.user_id
             WHERE p.closed_fact = f.seq AND p.state IN ('executed', 'credited')
             UNION ALL
             SELECT c.user_id, ARRAY[
                 f.at::text, f.seq::text, 'claim', u.id::text, '0x' || encode(u.wallet, 'hex'), c.amount::text, 'executed',
                 '0x' || encode(c.root, 'hex')
             ]
             FROM claim AS c JOIN users AS u ON u.id = c.user_id WHERE c.fact_seq = f.seq"
        ),
        // The two sides of a transfer are next to each other. What is only held back has not moved.
        Listed::Movements => rows!(
            connection,
            facts,
            after,
            "SELECT 2 * t.leg::bigint + s.side AS position, ARRAY[
                 f.at::text, f.seq::text, t.leg::text, u.id::text, '0x' || encode(u.wallet, 'hex'), a.kind,
                 CASE s.side WHEN 0 THEN 'out' ELSE 'in' END, t.amount::text, t.reason::text
             ] AS cells
             FROM transfer AS t
             CROSS JOIN LATERAL (VALUES (0, t.debit_id), (1, t.credit_id)) AS s (side, account_id)
             JOIN account AS a ON a.id = s.account_id AND a.kind IN ('available', 'wallet', 'credit')
             JOIN users AS u ON u.id = a.user_id
             WHERE t.fact_seq = f.seq AND t.phase IN (0, 2)"
        ),
    })
}

/// Sums by kind of what the next facts granted, and where those after them begin.
pub async fn sum_rewards(
    connection: &mut PgConnection,
    time: &Range<i64>,
    after: Place,
) -> Result<(Vec<KindSum>, Option<Place>), StoreError> {
    let mut facts = list_facts(connection, time, after).await?;
    let next = facts.next();
    if facts.seqs.first() == Some(&after.fact_seq) {
        // It was summed with those before it.
        facts.seqs.remove(0);
    }
    let rows = sqlx::query!(
        r#"SELECT r.kind AS "kind!", count(*) AS "count!: Db<u64>", sum(r.amount)::numeric(39, 0) AS "amount!: DbAmount"
           FROM (
               SELECT w.kind, w.amount FROM reward AS w WHERE w.fact_seq = ANY($1) AND w.withheld IS NULL
               UNION ALL
               SELECT 'accrual', a.amount FROM accrual AS a WHERE a.fact_seq = ANY($1)
               UNION ALL
               SELECT c.detail ->> 'rule', c.amount FROM component_effect AS c
               WHERE c.fact_seq = ANY($1) AND c.kind = 'reward_granted' AND c.detail ->> 'rule' <> 'accrual'
           ) AS r
           GROUP BY r.kind ORDER BY r.kind"#,
        &facts.seqs
    )
    .fetch_all(connection)
    .await?;
    let sums = rows.into_iter().map(|row| KindSum {
        kind: row.kind,
        count: row.count.0,
        amount: row.amount.0,
    });
    Ok((sums.collect(), next))
}

/// How many rewards the facts of a time granted, but at most `max`.
pub async fn count_rewards(
    connection: &mut PgConnection,
    time: &Range<i64>,
    max: i64,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (
               SELECT FROM inbox AS i
               CROSS JOIN LATERAL (
                   SELECT FROM reward AS w WHERE w.fact_seq = i.fact_seq
                   UNION ALL SELECT FROM accrual AS a WHERE a.fact_seq = i.fact_seq
                   UNION ALL SELECT FROM component_effect AS c WHERE c.fact_seq = i.fact_seq
               ) AS r
               WHERE i.fact_seq IS NOT NULL AND i.effective_at >= $1 AND i.effective_at < $2 LIMIT $3
           ) AS f"#,
        time.start,
        time.end,
        max
    )
    .fetch_one(connection)
    .await?)
}

/// Who was granted most in a time, at most [`RECIPIENTS_MAX`]: cells of rows, highest first.
pub async fn list_recipients(
    connection: &mut PgConnection,
    time: &Range<i64>,
) -> Result<Vec<Vec<String>>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT ARRAY[
                  s.place::text, u.id::text, '0x' || encode(u.wallet, 'hex'), s.count::text, s.amount::text
              ] AS "cells!"
           FROM (
               SELECT r.user_id, count(*) AS count, sum(r.amount)::numeric(39, 0) AS amount,
                      row_number() OVER (ORDER BY sum(r.amount) DESC, r.user_id) AS place
               FROM inbox AS i
               CROSS JOIN LATERAL (
                   SELECT w.user_id, w.amount FROM reward AS w WHERE w.fact_seq = i.fact_seq AND w.withheld IS NULL
                   UNION ALL
                   SELECT a.user_id, a.amount FROM accrual AS a WHERE a.fact_seq = i.fact_seq
                   UNION ALL
                   SELECT c.user_id, c.amount FROM component_effect AS c
                   WHERE c.fact_seq = i.fact_seq AND c.kind = 'reward_granted' AND c.detail ->> 'rule' <> 'accrual'
               ) AS r
               WHERE i.fact_seq IS NOT NULL AND i.effective_at >= $1 AND i.effective_at < $2
               GROUP BY r.user_id ORDER BY place LIMIT $3
           ) AS s JOIN users AS u ON u.id = s.user_id
           ORDER BY s.place"#,
        time.start,
        time.end,
        RECIPIENTS_MAX
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| row.cells).collect())
}
