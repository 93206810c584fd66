//! Records of batches, roots and transactions, and the remaining limits.
//!
//! Called with the audit head locked, so nothing is decided beside it. Not responsible for the rules: they are in `policy`.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, hex};
use money::Amount;
use sqlx::PgConnection;

use crate::Refusal;
use crate::policy::{
    Attempt, Day, Floor, JustifiedBatch, JustifiedRoot, JustifiedTransaction, Nonces, Past, RootPast,
};

/// Seconds in a day.
const DAY_SECONDS: i64 = 86_400;

/// An intake that the policy allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JustifiedIntake {
    pub(crate) scope: String,
    pub(crate) amount: Amount,
}

/// What a new request is to be checked against, and remembered as.
#[derive(Debug)]
pub(crate) enum Justified {
    /// An intake: what it refers bounds what roots promise.
    Intake(JustifiedIntake),
    /// A batch.
    Batch(JustifiedBatch),
    /// A root.
    Root(JustifiedRoot),
    /// A transaction.
    Transaction(JustifiedTransaction),
}

/// What memory agreed to.
#[derive(Debug)]
pub(super) enum Admitted<'a> {
    /// With the sum of all intakes up to this one.
    Intake(&'a JustifiedIntake, Amount),
    Batch(&'a JustifiedBatch, Day),
    /// With what it promises beyond those before.
    Root(&'a JustifiedRoot, Amount),
    Transaction(&'a JustifiedTransaction),
}

/// Why nothing is admitted.
pub(super) enum NotAdmitted {
    Refused(Refusal),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for NotAdmitted {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl Justified {
    /// Checks it against everything that was recorded before.
    pub(super) async fn admit(
        &self,
        connection: &mut PgConnection,
        head_timestamp: u64,
        now_ms: i64,
    ) -> Result<Admitted<'_>, NotAdmitted> {
        let refused = |refusal: Refusal| NotAdmitted::Refused(refusal);
        let since = Since::day_before(head_timestamp, now_ms);
        match self {
            Self::Intake(intake) => {
                let before = intakes(connection, &intake.scope).await?;
                // More than 2^128 base units do not exist; the bound is then as high as it gets.
                let cumulative = before.checked_add(intake.amount).unwrap_or(before);
                Ok(Admitted::Intake(intake, cumulative))
            }
            Self::Batch(batch) => {
                let past = Past {
                    highest: highest_targets(connection, batch).await?,
                    wallets_in_day: wallets_in_day(connection, batch, since).await?,
                    in_day: signed_in_day(connection, &batch.scope, since).await?,
                };
                let day = batch.admit(&past).map_err(|rule| refused(rule.into()))?;
                Ok(Admitted::Batch(batch, day))
            }
            Self::Root(root) => {
                let past = RootPast {
                    floor: root_floor(connection, &root.scope, head_timestamp).await?,
                    in_day: roots_in_day(connection, &root.scope, since).await?,
                    intakes: intakes(connection, &root.scope).await?,
                };
                let increase = root.admit(&past).map_err(|rule| refused(rule.into()))?;
                Ok(Admitted::Root(root, increase))
            }
            Self::Transaction(transaction) => {
                let nonces = nonces(connection, transaction, since).await?;
                transaction.admit(&nonces).map_err(|rule| refused(rule.into()))?;
                Ok(Admitted::Transaction(transaction))
            }
        }
    }
}

impl Admitted<'_> {
    /// What it will be remembered as, for the chain of decisions.
    pub(super) fn describe(&self) -> serde_json::Value {
        match self {
            Self::Intake(intake, cumulative) => serde_json::json!({
                "scope": intake.scope,
                "cumulative": cumulative.to_string(),
            }),
            Self::Batch(batch, day) => serde_json::json!({
                "scope": batch.scope,
                "increase": day.increase.to_string(),
                "payouts": day.lines.iter().map(|line| serde_json::json!({
                    "wallet": hex::encode_prefixed(line.wallet),
                    "target": line.target.to_string(),
                    "increase": line.increase.to_string(),
                })).collect::<Vec<_>>(),
            }),
            Self::Root(root, increase) => serde_json::json!({
                "increase": increase.to_string(),
                "scope": root.scope,
                "total": root.root.total.to_string(),
                "as_of_seq": root.root.as_of_seq,
                "deadline": root.root.deadline,
            }),
            Self::Transaction(transaction) => serde_json::json!({
                "claim": transaction.claim,
                "account": transaction.account,
                "nonce": transaction.nonce,
                "attempt": transaction.attempt,
                "payload": hex::encode_prefixed(transaction.payload),
                "noop": transaction.noop,
                "max_fee_per_gas": transaction.fee_per_gas.to_string(),
                "max_priority_fee_per_gas": transaction.tip_per_gas.to_string(),
                "batch_id": transaction.batch_id.map(hex::encode_prefixed),
            }),
        }
    }

    /// Remembers it.
    pub(super) async fn insert(
        &self,
        connection: &mut PgConnection,
        request: i64,
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::Intake(intake, cumulative) => {
                insert_intake(connection, request, &intake.scope, *cumulative).await
            }
            Self::Batch(batch, day) => insert_batch(connection, request, &batch.scope, day).await,
            Self::Root(root, increase) => insert_root(connection, request, root, *increase).await,
            Self::Transaction(transaction) => insert_transaction(connection, request, transaction).await,
        }
    }
}

async fn highest_targets(
    connection: &mut PgConnection,
    batch: &JustifiedBatch,
) -> Result<BTreeMap<Address, Amount>, sqlx::Error> {
    let wallets: Vec<Vec<u8>> = batch.due.iter().map(|due| due.wallet.to_vec()).collect();
    let rows = sqlx::query!(
        r#"SELECT wallet, max(target)::text AS "target!" FROM signer.payout
           WHERE scope = $1 AND wallet = ANY ($2) GROUP BY wallet"#,
        batch.scope,
        &wallets,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| Ok((Address::from_slice(&row.wallet), amount(&row.target)?)))
        .collect()
}

/// A day ago, by the chain's time and by this machine's: whichever of them says that something was signed within a day, it
/// counts. So neither a clock that is wrong nor a node that lies makes room.
#[derive(Debug, Clone, Copy)]
struct Since {
    chain: i64,
    machine_ms: i64,
}

impl Since {
    fn day_before(head_timestamp: u64, now_ms: i64) -> Self {
        Self {
            chain: small(head_timestamp).saturating_sub(DAY_SECONDS),
            machine_ms: now_ms.saturating_sub(DAY_SECONDS.saturating_mul(1_000)),
        }
    }
}

/// What all recorded intakes refer.
async fn intakes(connection: &mut PgConnection, scope: &str) -> Result<Amount, sqlx::Error> {
    let newest = sqlx::query_scalar!(
        r#"SELECT cumulative::text AS "cumulative!" FROM signer.intake
           WHERE scope = $1 ORDER BY request_id DESC LIMIT 1"#,
        scope
    )
    .fetch_optional(connection)
    .await?;
    newest.map_or(Ok(Amount::ZERO), |newest| amount(&newest))
}

/// Increases of a day, of each wallet of a batch that has any.
async fn wallets_in_day(
    connection: &mut PgConnection,
    batch: &JustifiedBatch,
    since: Since,
) -> Result<BTreeMap<Address, Amount>, sqlx::Error> {
    let wallets: Vec<Vec<u8>> = batch.due.iter().map(|due| due.wallet.to_vec()).collect();
    let rows = sqlx::query!(
        r#"SELECT line.wallet, sum(line.increase)::text AS "increase!"
           FROM signer.payout AS line
           JOIN signer.sign_request AS request ON request.id = line.request_id
           WHERE line.scope = $1 AND line.wallet = ANY ($2)
             AND (request.head_timestamp > $3 OR request.recorded_at_ms > $4)
           GROUP BY line.wallet"#,
        batch.scope,
        &wallets,
        since.chain,
        since.machine_ms,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| Ok((Address::from_slice(&row.wallet), amount(&row.increase)?)))
        .collect()
}

/// The increases of roots in a day.
async fn roots_in_day(
    connection: &mut PgConnection,
    scope: &str,
    since: Since,
) -> Result<Amount, sqlx::Error> {
    let total = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(root.increase), 0)::text AS "total!"
           FROM signer.liabilities_root AS root
           JOIN signer.sign_request AS request ON request.id = root.request_id
           WHERE root.scope = $1 AND (request.head_timestamp > $2 OR request.recorded_at_ms > $3)"#,
        scope,
        since.chain,
        since.machine_ms,
    )
    .fetch_one(connection)
    .await?;
    amount(&total)
}

/// The increases of batches in a day.
async fn signed_in_day(
    connection: &mut PgConnection,
    scope: &str,
    since: Since,
) -> Result<Amount, sqlx::Error> {
    let total = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(batch.increase), 0)::text AS "total!"
           FROM signer.payout_batch AS batch
           JOIN signer.sign_request AS request ON request.id = batch.request_id
           WHERE batch.scope = $1 AND (request.head_timestamp > $2 OR request.recorded_at_ms > $3)"#,
        scope,
        since.chain,
        since.machine_ms,
    )
    .fetch_one(connection)
    .await?;
    amount(&total)
}

/// The highest total and entry of all roots that can still be published.
async fn root_floor(
    connection: &mut PgConnection,
    scope: &str,
    head_timestamp: u64,
) -> Result<Floor, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT coalesce(max(total), 0)::text AS "total!", coalesce(max(as_of_seq), 0) AS "as_of_seq!"
           FROM signer.liabilities_root WHERE scope = $1 AND deadline >= $2"#,
        scope,
        small(head_timestamp),
    )
    .fetch_one(connection)
    .await?;
    Ok(Floor {
        total: amount(&row.total)?,
        as_of_seq: u64::try_from(row.as_of_seq).unwrap_or_default(),
    })
}

async fn nonces(
    connection: &mut PgConnection,
    transaction: &JustifiedTransaction,
    since: Since,
) -> Result<Nonces, sqlx::Error> {
    let claims_in_day = match transaction.claim {
        true => claims_in_day(connection, &transaction.account, since).await?,
        false => 0,
    };
    let last = sqlx::query!(
        r#"SELECT attempt, payload, max_fee_per_gas::text AS "fee!", max_priority_fee_per_gas::text AS "tip!"
           FROM signer.transaction WHERE account = $1 AND nonce = $2 ORDER BY attempt DESC LIMIT 1"#,
        transaction.account,
        small(transaction.nonce),
    )
    .fetch_optional(&mut *connection)
    .await?;
    let last = last.map(|row| {
        Ok::<_, sqlx::Error>(Attempt {
            attempt: u32::try_from(row.attempt).unwrap_or(u32::MAX),
            payload: B256::from_slice(&row.payload),
            fee_per_gas: amount(&row.fee)?.base_units(),
            tip_per_gas: amount(&row.tip)?.base_units(),
        })
    });
    let highest = sqlx::query_scalar!(
        "SELECT max(nonce) FROM signer.transaction WHERE account = $1",
        transaction.account
    )
    .fetch_one(&mut *connection)
    .await?;
    let elsewhere = sqlx::query_scalar!(
        "SELECT other.nonce FROM signer.transaction AS other
         WHERE other.account = $1 AND other.batch_id = $2 AND other.nonce <> $3
           AND NOT EXISTS (SELECT FROM signer.transaction AS later
               WHERE later.account = other.account AND later.nonce = other.nonce AND later.noop)
         ORDER BY other.nonce LIMIT 1",
        transaction.account,
        transaction.batch_id.as_ref().map(|batch| batch.to_vec()),
        small(transaction.nonce),
    )
    .fetch_optional(connection)
    .await?;
    let number = |number: i64| u64::try_from(number).unwrap_or_default();
    Ok(Nonces {
        last: last.transpose()?,
        highest: highest.map(number),
        batch_elsewhere: elsewhere.map(number),
        claims_in_day,
    })
}

/// Nonces of a day that claim.
async fn claims_in_day(
    connection: &mut PgConnection,
    account: &str,
    since: Since,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(DISTINCT sent.nonce) AS "claims!"
           FROM signer.transaction AS sent
           JOIN signer.sign_request AS request ON request.id = sent.request_id
           WHERE sent.account = $1 AND sent.claim
             AND (request.head_timestamp > $2 OR request.recorded_at_ms > $3)"#,
        account,
        since.chain,
        since.machine_ms,
    )
    .fetch_one(connection)
    .await
}

async fn insert_intake(
    connection: &mut PgConnection,
    request: i64,
    scope: &str,
    cumulative: Amount,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO signer.intake (request_id, scope, cumulative) VALUES ($1, $2, $3::text::numeric)",
        request,
        scope,
        cumulative.to_string(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_batch(
    connection: &mut PgConnection,
    request: i64,
    scope: &str,
    day: &Day,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO signer.payout_batch (request_id, scope, increase) VALUES ($1, $2, $3::text::numeric)",
        request,
        scope,
        day.increase.to_string(),
    )
    .execute(&mut *connection)
    .await?;
    let wallets: Vec<Vec<u8>> = day.lines.iter().map(|line| line.wallet.to_vec()).collect();
    let targets: Vec<String> = day.lines.iter().map(|line| line.target.to_string()).collect();
    let increases: Vec<String> = day.lines.iter().map(|line| line.increase.to_string()).collect();
    sqlx::query!(
        "INSERT INTO signer.payout (request_id, scope, wallet, target, increase)
         SELECT $1, $2, wallet, target::numeric, increase::numeric
         FROM unnest($3::bytea[], $4::text[], $5::text[]) AS line (wallet, target, increase)",
        request,
        scope,
        &wallets,
        &targets,
        &increases,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_root(
    connection: &mut PgConnection,
    request: i64,
    root: &JustifiedRoot,
    increase: Amount,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO signer.liabilities_root (request_id, scope, total, as_of_seq, deadline, increase)
         VALUES ($1, $2, $3::text::numeric, $4, $5, $6::text::numeric)",
        request,
        root.scope,
        root.root.total.to_string(),
        small(root.root.as_of_seq),
        small(root.root.deadline),
        increase.to_string(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_transaction(
    connection: &mut PgConnection,
    request: i64,
    transaction: &JustifiedTransaction,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO signer.transaction (request_id, account, nonce, attempt, payload, noop, max_fee_per_gas,
             max_priority_fee_per_gas, batch_id, claim)
         VALUES ($1, $2, $3, $4, $5, $6, $7::text::numeric, $8::text::numeric, $9, $10)",
        request,
        transaction.account,
        small(transaction.nonce),
        i64::from(transaction.attempt),
        transaction.payload.as_slice(),
        transaction.noop,
        transaction.fee_per_gas.to_string(),
        transaction.tip_per_gas.to_string(),
        transaction.batch_id.as_ref().map(|batch| batch.to_vec()),
        transaction.claim,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Seconds, entries and nonces: the rules keep them small.
fn small(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn amount(text: &str) -> Result<Amount, sqlx::Error> {
    text.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
