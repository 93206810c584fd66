//! A batch in a test, and its stored records: its submissions with their attempts and what happened to them.

use alloy::primitives::{Address, B256, Bytes};
use serde_json::Value;
use sqlx::FromRow;

use crate::payouts::PayoutWorld;

/// A sealed batch.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Its id.
    pub id: B256,
    /// Hash of its list.
    pub list_hash: String,
    /// What it pays to whom, in wei.
    pub lines: Vec<(Address, u128)>,
}

/// One intent to land on the chain.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Its number.
    pub id: i64,
    /// Its account nonce.
    pub nonce: u64,
    /// Where it stands.
    pub state: String,
    /// Its transactions, oldest first.
    pub attempts: Vec<Attempt>,
}

/// One signed transaction.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Whether it does nothing.
    pub noop: bool,
    /// Its hash.
    pub hash: B256,
    /// Its bytes.
    pub raw: Bytes,
    /// The most that it pays per gas, in wei.
    pub max_fee: u128,
    /// Of that, to the block's builder.
    pub priority_fee: u128,
    /// How often it was sent.
    pub sends: u32,
    /// Whether a block has it.
    pub is_included: bool,
    /// What it did there.
    pub succeeded: Option<bool>,
    /// What it cost there, in gas.
    pub gas_used: Option<i64>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    nonce: i64,
    state: String,
    noop: Option<bool>,
    transaction_hash: Option<Vec<u8>>,
    raw: Option<Vec<u8>>,
    max_fee: Option<String>,
    priority_fee: Option<String>,
    sends: Option<i32>,
    included_block: Option<i64>,
    succeeded: Option<bool>,
    gas_used: Option<i64>,
}

impl Row {
    fn attempt(&self) -> Option<Attempt> {
        Some(Attempt {
            noop: self.noop?,
            hash: B256::from_slice(self.transaction_hash.as_deref()?),
            raw: Bytes::copy_from_slice(self.raw.as_deref()?),
            max_fee: self.max_fee.as_deref()?.parse().ok()?,
            priority_fee: self.priority_fee.as_deref()?.parse().ok()?,
            sends: u32::try_from(self.sends?).ok()?,
            is_included: self.included_block.is_some(),
            succeeded: self.succeeded,
            gas_used: self.gas_used,
        })
    }
}

impl PayoutWorld {
    /// Where a batch stands, by the database.
    ///
    /// # Panics
    /// When there is no such batch.
    pub async fn state(&self, id: B256) -> String {
        sqlx::query_scalar("SELECT state FROM payout_batch WHERE batch_id = $1")
            .bind(id.as_slice())
            .fetch_one(self.ledger.pool())
            .await
            .expect("the batch is stored")
    }

    /// Mines until a batch is in this state.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn reaches(&self, id: B256, state: &str) {
        let what = format!("the batch to be {state}");
        self.advance_until(&what, async |payouts| {
            (payouts.state(id).await == state).then_some(())
        })
        .await;
    }

    /// Waits, without a block, until a batch is in this state.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn becomes(&self, id: B256, state: &str) {
        let what = format!("the batch to be {state}");
        self.wait_until(&what, async |payouts| {
            (payouts.state(id).await == state).then_some(())
        })
        .await;
    }

    /// The submissions of a batch, oldest first.
    ///
    /// # Panics
    /// When the database does not respond.
    pub async fn submissions(&self, id: B256) -> Vec<Submission> {
        let statement = "SELECT s.id, s.nonce, s.state, a.noop, a.transaction_hash, a.raw, a.max_fee::text AS max_fee, \
                a.priority_fee::text AS priority_fee, a.sends, a.included_block, a.succeeded, a.gas_used \
            FROM submission s LEFT JOIN attempt a ON a.submission_id = s.id \
            WHERE s.kind = 'batch' AND s.subject = $1 ORDER BY s.nonce, a.number";
        let rows: Vec<Row> = sqlx::query_as(statement)
            .bind(id.as_slice())
            .fetch_all(self.ledger.pool())
            .await
            .expect("the database answers");
        let mut found: Vec<Submission> = Vec::new();
        for row in rows {
            let attempt = row.attempt();
            if found.last().is_none_or(|last| last.id != row.id) {
                found.push(Submission {
                    id: row.id,
                    nonce: row.nonce.unsigned_abs(),
                    state: row.state,
                    attempts: Vec::new(),
                });
            }
            if let Some(last) = found.last_mut() {
                last.attempts.extend(attempt);
            }
        }
        found
    }

    /// The only submission of a batch.
    ///
    /// # Panics
    /// When there is none, or there are several.
    pub async fn submission(&self, id: B256) -> Submission {
        let found = self.submissions(id).await;
        let [only] = <[Submission; 1]>::try_from(found).expect("exactly one submission");
        only
    }

    /// Waits, without a block, until this many attempts of a batch were sent at least once; returns its only submission.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn sent(&self, id: B256, attempts: usize) -> Submission {
        let what = format!("attempt {attempts} of the batch to be sent");
        self.wait_until(&what, async |payouts| {
            let found = payouts.submissions(id).await;
            let last = found.into_iter().next_back()?;
            let sent = last.attempts.iter().filter(|attempt| attempt.sends > 0);
            (sent.count() >= attempts).then_some(last)
        })
        .await
    }

    /// Names of what happened to a submission, oldest first.
    ///
    /// # Panics
    /// When the database does not respond.
    pub async fn events(&self, submission: i64) -> Vec<String> {
        let events = self.details(submission).await;
        events.into_iter().map(|(name, _)| name).collect()
    }

    /// What happened to a submission, with its details, oldest first.
    ///
    /// # Panics
    /// When the database does not respond.
    pub async fn details(&self, submission: i64) -> Vec<(String, Value)> {
        let statement =
            "SELECT event, detail::text FROM submission_event WHERE submission_id = $1 ORDER BY id";
        let rows: Vec<(String, String)> = sqlx::query_as(statement)
            .bind(submission)
            .fetch_all(self.ledger.pool())
            .await
            .expect("the database answers");
        rows.into_iter()
            .map(|(name, detail)| (name, serde_json::from_str(&detail).expect("details are JSON")))
            .collect()
    }

    /// Waits, without a block, until people were told this of a submission.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn alerted(&self, submission: i64, alert: &str) {
        self.wait_until(alert, async |payouts| {
            let events = payouts.details(submission).await;
            let told = |(name, detail): &(String, Value)| name == "alert" && detail["alert"] == alert;
            events.iter().any(told).then_some(())
        })
        .await;
    }

    /// Waits, without a block, until the audit log says of a subject that something was done or waits for this cause.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn audited(&self, action: &str, subject: &str, cause: &str) {
        self.wait_until(action, async |payouts| {
            let statement = "SELECT EXISTS (SELECT FROM audit_log WHERE action = $1 AND subject = $2 \
                AND ($3 = '' OR detail->>'cause' = $3))";
            let found: bool = sqlx::query_scalar(statement)
                .bind(action)
                .bind(subject)
                .bind(cause)
                .fetch_one(payouts.ledger.pool())
                .await
                .ok()?;
            found.then_some(())
        })
        .await;
    }

    /// Waits until the reconciler has stopped settlement.
    ///
    /// # Panics
    /// When it does not.
    pub async fn settlement_is_stopped(&self) {
        self.wait_until("the reconciler to stop settlement", async |payouts| {
            let statement = "SELECT EXISTS (SELECT FROM settlement_stop WHERE resumed_by IS NULL)";
            let stopped: bool = sqlx::query_scalar(statement)
                .fetch_one(payouts.ledger.pool())
                .await
                .ok()?;
            stopped.then_some(())
        })
        .await;
    }

    /// How many rows a table of the signers has.
    ///
    /// # Panics
    /// When there is no such table.
    pub async fn count_signed(&self, table: &'static str) -> i64 {
        let statement = format!("SELECT count(*) FROM {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_one(self.signer.pool())
            .await
            .expect("the database answers")
    }
}
