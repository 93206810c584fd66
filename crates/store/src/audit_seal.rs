//! The hash chain over the audit log: sealing rows that are settled, and reading the chain in bounded parts.
//!
//! Whoever writes the audit log does not touch the chain. What a link contains and what breaks it is for `audit::trail`.

use alloy_primitives::B256;
use audit::trail::{self, Break, Broken, Entry, Seal, Sealed};
use sqlx::{Connection, PgConnection, PgTransaction};
use thiserror::Error;

use crate::StoreError;
use crate::chain_log::signed;
use crate::column::{Db, column, try_column};

/// Rows that are read at once, of the audit log or of its chain.
pub const ROWS_AT_ONCE: i64 = 1_000;

/// Why nothing is sealed.
#[derive(Debug, Error)]
pub enum SealError {
    /// The database's cluster counts its transactions from an earlier one on than the chain has: it was restored from a dump.
    #[error(
        "the database cluster is at transaction {cluster}, the audit log is sealed up to {sealed}; raise the cluster's next transaction"
    )]
    Rewound {
        /// The oldest transaction that may be open.
        cluster: u64,
        /// Up to where rows are sealed.
        sealed: u64,
    },
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

crate::from_sqlx!(SealError);

/// A row with the oldest open transaction at the moment when it was read.
struct Settled {
    entry: Entry,
    open: u64,
}

/// Seals the next rows, at most [`ROWS_AT_ONCE`]; how many there were.
///
/// # Errors
/// See [`SealError`]. When another process seals at the same time, one of the two fails by a constraint.
pub async fn seal_next(connection: &mut PgConnection) -> Result<usize, SealError> {
    let mut transaction = connection.begin().await?;
    let mut last = find_head(&mut transaction).await?;
    let clock = sqlx::query!(
        r#"SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS "now_us!",
                  pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS "open!: Db<u64>""#
    )
    .fetch_one(&mut *transaction)
    .await?;
    let sealed = last.map_or(0, |last| last.horizon);
    if clock.open.0 < sealed {
        let cluster = clock.open.0;
        return Err(SealError::Rewound { cluster, sealed });
    }
    let rows = list_settled(&mut transaction, sealed).await?;
    let is_cut = i64::try_from(rows.len()).is_ok_and(|found| found >= ROWS_AT_ONCE);
    let horizon = match rows.last() {
        None => return Ok(0),
        // Rows of this transaction may be left.
        Some(row) if is_cut => row.entry.transaction,
        Some(row) => row.open,
    };
    let mut seals = Vec::with_capacity(rows.len());
    for row in &rows {
        let seal = Seal::after(last.as_ref(), &row.entry, horizon, clock.now_us);
        last = Some(seal);
        seals.push(seal);
    }
    insert(&mut transaction, &seals).await?;
    transaction.commit().await?;
    Ok(seals.len())
}

/// Rows from this transaction on that are not sealed, and before which none can be added any more, in their order.
async fn list_settled(transaction: &mut PgTransaction<'_>, from: u64) -> Result<Vec<Settled>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT a.id, a.transaction::text::bigint AS "transaction!: Db<u64>",
                  (extract(epoch FROM a.at) * 1000000)::bigint AS "at_us!", a.actor, a.action, a.subject,
                  a.detail::text AS "detail!", pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS "open!: Db<u64>"
           FROM audit_log AS a
           WHERE a.transaction >= $1::bigint::text::xid8
               AND a.transaction < pg_snapshot_xmin(pg_current_snapshot())
               AND NOT EXISTS (SELECT FROM audit_seal AS s WHERE s.audit_id = a.id)
           ORDER BY a.transaction, a.id LIMIT $2"#,
        signed(from)?,
        ROWS_AT_ONCE
    )
    .fetch_all(&mut **transaction)
    .await?;
    let settled = rows.into_iter().map(|row| Settled {
        entry: Entry {
            id: row.id,
            transaction: row.transaction.0,
            at_us: row.at_us,
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
        },
        open: row.open.0,
    });
    Ok(settled.collect())
}

async fn insert(transaction: &mut PgTransaction<'_>, seals: &[Seal]) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO audit_seal (seq, audit_id, hash, horizon, sealed_at)
         SELECT s.seq, s.audit_id, s.hash, s.horizon::text::xid8, to_timestamp(0) + s.at_us * interval '1 microsecond'
         FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::bigint[])
             AS s (seq, audit_id, hash, horizon, at_us)",
        &try_column(seals, |seal| signed(seal.seq))?,
        &column(seals, |seal| seal.audit_id),
        &column(seals, |seal| seal.hash.to_vec()),
        &try_column(seals, |seal| signed(seal.horizon))?,
        &column(seals, |seal| seal.sealed_at_us),
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// One list of columns for every statement that reads seals.
macro_rules! select {
    ($tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Seal,
            r#"SELECT seq AS "seq!: Db<u64>", audit_id, hash AS "hash!: Db<B256>",
                      horizon::text::bigint AS "horizon!: Db<u64>",
                      (extract(epoch FROM sealed_at) * 1000000)::bigint AS "sealed_at_us!"
               FROM audit_seal "# + $tail
            $(, $argument)*
        )
    };
}

/// The last link of the chain.
pub async fn find_head(connection: &mut PgConnection) -> Result<Option<Seal>, StoreError> {
    Ok(select!("ORDER BY seq DESC LIMIT 1")
        .fetch_optional(connection)
        .await?)
}

/// The link at this place.
pub async fn find(connection: &mut PgConnection, seq: u64) -> Result<Option<Seal>, StoreError> {
    Ok(select!("WHERE seq = $1", signed(seq)?)
        .fetch_optional(connection)
        .await?)
}

/// The links after this place with their rows, in order.
pub async fn list(connection: &mut PgConnection, after: u64, limit: i64) -> Result<Vec<Sealed>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT s.seq AS "seq!: Db<u64>", s.audit_id, s.hash AS "hash!: Db<B256>",
                  s.horizon::text::bigint AS "horizon!: Db<u64>",
                  (extract(epoch FROM s.sealed_at) * 1000000)::bigint AS "sealed_at_us!",
                  a.id AS "id?", a.transaction::text::bigint AS "transaction: Db<Option<u64>>",
                  (extract(epoch FROM a.at) * 1000000)::bigint AS at_us, a.actor AS "actor?", a.action AS "action?",
                  a.subject AS "subject?", a.detail::text AS detail
           FROM audit_seal AS s LEFT JOIN audit_log AS a ON a.id = s.audit_id
           WHERE s.seq > $1 ORDER BY s.seq LIMIT $2"#,
        signed(after)?,
        limit
    )
    .fetch_all(connection)
    .await?;
    let links = rows.into_iter().map(|row| Sealed {
        seal: Seal {
            seq: row.seq.0,
            audit_id: row.audit_id,
            hash: row.hash.0,
            horizon: row.horizon.0,
            sealed_at_us: row.sealed_at_us,
        },
        entry: row.id.map(|id| Entry {
            id,
            transaction: row
                .transaction
                .and_then(|transaction| transaction.0)
                .unwrap_or_default(),
            at_us: row.at_us.unwrap_or_default(),
            actor: row.actor.unwrap_or_default(),
            action: row.action.unwrap_or_default(),
            subject: row.subject.unwrap_or_default(),
            detail: row.detail.unwrap_or_default(),
        }),
    });
    Ok(links.collect())
}

/// Rows of the audit log that were looked through for some that are not sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    /// The number of the last one; `None` behind the end.
    pub last: Option<i64>,
    /// How many there were.
    pub count: usize,
    /// Those that came before what is sealed and are not sealed themselves.
    pub late: Vec<i64>,
}

/// Looks for rows that were inserted late, in at most [`ROWS_AT_ONCE`] rows after this number.
pub async fn search_late(connection: &mut PgConnection, after: i64) -> Result<Searched, StoreError> {
    // The horizon is that of the statement's own snapshot: a row that is sealed meanwhile is in neither.
    let rows = sqlx::query!(
        r#"SELECT a.id, s.seq IS NULL AND a.transaction < (
                      SELECT h.horizon FROM audit_seal AS h ORDER BY h.seq DESC LIMIT 1
                  ) AS late
           FROM (SELECT id, transaction FROM audit_log WHERE id > $1 ORDER BY id LIMIT $2) AS a
           LEFT JOIN audit_seal AS s ON s.audit_id = a.id
           ORDER BY a.id"#,
        after,
        ROWS_AT_ONCE
    )
    .fetch_all(connection)
    .await?;
    Ok(Searched {
        last: rows.last().map(|row| row.id),
        count: rows.len(),
        late: (rows.iter())
            .filter(|row| row.late == Some(true))
            .map(|row| row.id)
            .collect(),
    })
}

/// For how many seconds the oldest row waits to be sealed.
pub async fn find_unsealed_seconds(connection: &mut PgConnection) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT greatest(0, extract(epoch FROM clock_timestamp() - a.at))::bigint AS "waited!: Db<u64>"
           FROM audit_log AS a
           WHERE a.transaction >= coalesce((SELECT h.horizon FROM audit_seal AS h ORDER BY h.seq DESC LIMIT 1), '0')
               AND NOT EXISTS (SELECT FROM audit_seal AS s WHERE s.audit_id = a.id)
           ORDER BY a.transaction, a.id LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| row.waited.0))
}

/// Up to where log and chain were compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The last link.
    pub seal: u64,
    /// The number of the last row.
    pub row: i64,
}

/// A part of log and chain that was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Where it is broken.
    pub broken: Vec<Break>,
    /// How many links it has.
    pub seals: usize,
    /// How many rows it has.
    pub rows: usize,
    /// The last link; `None` when the chain ends with this part.
    pub last_seal: Option<u64>,
    /// The number of the last row; `None` when the log ends with this part.
    pub last_row: Option<i64>,
}

/// Compares the next links with their rows, and looks for rows that were inserted late: at most [`ROWS_AT_ONCE`] of each.
pub async fn check_part(connection: &mut PgConnection, after: Place) -> Result<Checked, StoreError> {
    // With the link in front of the part, if there is one.
    let from = after.seal.saturating_sub(1);
    let read = list(
        connection,
        from,
        ROWS_AT_ONCE.saturating_add(i64::from(after.seal > 0)),
    )
    .await?;
    let (before, links) = match read.split_first() {
        Some((first, rest)) if after.seal > 0 && first.seal.seq == after.seal => (Some(first), rest),
        _ => (None, read.as_slice()),
    };
    let mut broken = trail::check(before, links);
    let searched = search_late(connection, after.row).await?;
    broken.extend(searched.late.iter().map(|id| Break {
        how: Broken::InsertedLate,
        seq: None,
        audit_id: Some(*id),
    }));
    let is_full = |read: usize| i64::try_from(read).is_ok_and(|read| read >= ROWS_AT_ONCE);
    Ok(Checked {
        broken,
        seals: links.len(),
        rows: searched.count,
        last_seal: links
            .last()
            .map(|link| link.seal.seq)
            .filter(|_| is_full(links.len())),
        last_row: searched.last.filter(|_| is_full(searched.count)),
    })
}
