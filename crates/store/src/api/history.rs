//! What happened to a user: deposits, rewards, payouts, claims and withdrawals, newest first.

use alloy_primitives::{Address, B256};
use money::Amount;
use sqlx::PgConnection;

use crate::column::Db;
use crate::{DbAmount, StoreError};

/// Where a page of a history starts: entries are ordered by fact and leg, both falling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Number of the fact.
    pub fact_seq: i64,
    /// Number of the leg; -1 for what a fact is about as a whole; above 10^9 for what a component changed.
    pub leg: i32,
}

impl Position {
    /// Above every entry.
    pub const NEWEST: Self = Self {
        fact_seq: i64::MAX,
        leg: i32::MAX,
    };
}

/// One entry of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub position: Position,
    /// What it is about.
    pub content: Content,
    /// How much.
    pub amount: Amount,
    /// `held`, `matured`, `refunded`; of rewards of funds `reversed` instead of it; of other rewards also `withheld` and `forfeited`; of payouts `held`, `refused`, `executed`,
    /// `credited`, `skipped` and `released`; of claims and withdrawals `paid`.
    pub state: String,
    /// Seconds since 1970-01-01 UTC: time of the block, or of the acceptance of the command.
    pub effective_at: i64,
    /// The transaction that caused it, when one did.
    pub transaction_hash: Option<B256>,
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The user paid.
    Deposit {
        /// `registration` or `retopup`.
        kind: String,
        /// The contract's `ref`.
        reference: B256,
        /// Last second at which it can be refunded.
        refundable_until: i64,
    },
    /// A batch was to pay the user.
    Payout {
        /// The batch.
        batch_id: B256,
    },
    /// The user was paid by a proof.
    Claim {
        /// The root.
        root: B256,
    },
    /// The user took out what the contract kept.
    CreditWithdrawal,
    /// A fund granted the user a reward by the rule of this name: `accrual`, `rank`, `pair`, `bonus` or `direct`.
    Granted(String),
    /// The user took an amount out of the wallet balance.
    Withdrawal,
    /// A rule spoke of the user.
    Reward {
        /// `direct`, `pool_layer` or `generation`.
        kind: String,
        /// Whose payment or placement caused it.
        source_user_id: i32,
        /// Wallet of that user.
        source_wallet: Option<Address>,
        /// Tier of the pool.
        tier: Option<i16>,
        /// Generation in the sponsor tree or layer in the pool.
        distance: i16,
        /// Why it was not paid; `None` when it was.
        withheld: Option<String>,
    },
}

/// The newest entries below a position.
pub async fn list(
    connection: &mut PgConnection,
    user: i32,
    below: Position,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query_as!(
        EntryRow,
        r#"WITH entry AS (
               (SELECT d.fact_seq, -1 AS leg, d.kind, d.amount, d.state, d.ref, d.refundable_until,
                       NULL::integer AS source_user_id, NULL::smallint AS tier, NULL::smallint AS distance,
                       NULL::text AS withheld, NULL::bytea AS batch_id, NULL::bytea AS root, d.fact_seq AS at_fact
                FROM deposit AS d
                WHERE d.user_id = $1 AND (d.fact_seq, -1) < ($2::bigint, $3::integer)
                ORDER BY d.fact_seq DESC LIMIT $4)
               UNION ALL
               (SELECT r.fact_seq, r.leg, r.kind, r.amount,
                       CASE WHEN r.withheld IS NOT NULL THEN 'withheld'
                            WHEN f.fact_seq IS NOT NULL THEN 'forfeited'
                            ELSE coalesce(d.state, 'matured') END,
                       NULL, NULL, r.source_user_id, r.tier, r.distance, r.withheld, NULL, NULL, r.fact_seq
                FROM reward AS r
                LEFT JOIN reward_forfeited AS f ON f.fact_seq = r.fact_seq AND f.leg = r.leg
                LEFT JOIN deposit AS d ON d.id = r.deposit_id
                WHERE r.user_id = $1 AND (r.fact_seq, r.leg) < ($2::bigint, $3::integer)
                ORDER BY r.fact_seq DESC, r.leg DESC LIMIT $4)
               UNION ALL
               (SELECT g.fact_seq, g.place, g.kind, g.amount, g.state,
                       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, g.fact_seq FROM funded_entry AS g
                WHERE g.user_id = $1 AND (g.fact_seq, g.place) < ($2::bigint, $3::integer)
                ORDER BY g.fact_seq DESC, g.place DESC LIMIT $4)
               UNION ALL
               (SELECT p.held_fact, -1, 'payout', coalesce(p.settled, p.amount), p.state,
                       NULL, NULL, NULL, NULL, NULL, NULL, p.batch_id, NULL, coalesce(p.closed_fact, p.held_fact)
                FROM payout AS p
                WHERE p.user_id = $1 AND (p.held_fact, -1) < ($2::bigint, $3::integer)
                ORDER BY p.held_fact DESC LIMIT $4)
               UNION ALL
               (SELECT c.fact_seq, -1, 'claim', c.amount, c.state,
                       NULL, NULL, NULL, NULL, NULL, NULL, NULL, c.root, c.fact_seq
                FROM claim AS c
                WHERE c.user_id = $1 AND (c.fact_seq, -1) < ($2::bigint, $3::integer)
                ORDER BY c.fact_seq DESC LIMIT $4)
               UNION ALL
               (SELECT t.fact_seq, -1, 'credit_withdrawal', t.amount, 'paid',
                       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, t.fact_seq
                FROM account AS a JOIN transfer AS t ON t.debit_id = a.id AND t.reason = 13
                WHERE a.user_id = $1 AND a.kind = 'credit' AND (t.fact_seq, -1) < ($2::bigint, $3::integer)
                ORDER BY t.fact_seq DESC LIMIT $4)
           )
           SELECT e.fact_seq AS "fact_seq!", e.leg AS "leg!", e.kind AS "kind!",
                  e.amount AS "amount!: DbAmount", e.state AS "state!", e.ref AS "reference!: Db<Option<B256>>",
                  e.refundable_until, e.source_user_id, u.wallet AS "source_wallet!: Db<Option<Address>>", e.tier,
                  e.distance, e.withheld, e.batch_id AS "batch_id!: Db<Option<B256>>",
                  e.root AS "root!: Db<Option<B256>>", i.effective_at,
                  i.transaction_hash AS "transaction_hash!: Db<Option<B256>>"
           FROM entry AS e
           JOIN fact AS t ON t.seq = e.at_fact
           JOIN inbox AS i ON i.id = t.inbox_id
           LEFT JOIN users AS u ON u.id = e.source_user_id
           ORDER BY e.fact_seq DESC, e.leg DESC LIMIT $4"#,
        user,
        below.fact_seq,
        below.leg,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Entry::try_from).collect()
}

struct EntryRow {
    fact_seq: i64,
    leg: i32,
    kind: String,
    amount: Amount,
    state: String,
    reference: Option<B256>,
    refundable_until: Option<i64>,
    source_user_id: Option<i32>,
    source_wallet: Option<Address>,
    tier: Option<i16>,
    distance: Option<i16>,
    withheld: Option<String>,
    batch_id: Option<B256>,
    root: Option<B256>,
    effective_at: i64,
    transaction_hash: Option<B256>,
}

impl TryFrom<EntryRow> for Entry {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<Self, StoreError> {
        let content = match (
            row.reference,
            row.refundable_until,
            row.source_user_id,
            row.distance,
        ) {
            (None, None, None, None) => settlement(&row.kind, row.batch_id, row.root)?,
            (Some(reference), Some(refundable_until), _, _) => Content::Deposit {
                kind: row.kind,
                reference,
                refundable_until,
            },
            (_, _, Some(source_user_id), Some(distance)) => Content::Reward {
                kind: row.kind,
                source_user_id,
                source_wallet: row.source_wallet,
                tier: row.tier,
                distance,
                withheld: row.withheld,
            },
            _ => return Err(StoreError::corrupt("an entry that is neither deposit nor reward")),
        };
        Ok(Self {
            position: Position {
                fact_seq: row.fact_seq,
                leg: row.leg,
            },
            content,
            amount: row.amount,
            state: row.state,
            effective_at: row.effective_at,
            transaction_hash: row.transaction_hash,
        })
    }
}

/// What settlement did for a user.
fn settlement(kind: &str, batch_id: Option<B256>, root: Option<B256>) -> Result<Content, StoreError> {
    match (kind, batch_id, root) {
        ("payout", Some(batch_id), None) => Ok(Content::Payout { batch_id }),
        ("claim", None, Some(root)) => Ok(Content::Claim { root }),
        ("credit_withdrawal", None, None) => Ok(Content::CreditWithdrawal),
        ("withdrawal", None, None) => Ok(Content::Withdrawal),
        (_, None, None) => Ok(Content::Granted(kind.to_owned())),
        _ => Err(StoreError::corrupt(
            "an entry of settlement without its batch or root",
        )),
    }
}
