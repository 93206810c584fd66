//! Recomputes the chain of decisions and compares it with what was recorded to be signed.

use alloy::primitives::B256;
use futures::TryStreamExt;
use sqlx::{Connection, PgConnection, Row};
use thiserror::Error;

use crate::audit::{Content, GENESIS, Head, fetch_head};

/// A head that someone noted earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor(pub Head);

impl std::str::FromStr for Anchor {
    type Err = &'static str;

    /// Reads `SEQ:HASH`.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        let wrong = "an earlier head is SEQ:HASH, as reported by the health endpoint";
        let (seq, hash) = text.split_once(':').ok_or(wrong)?;
        Ok(Self(Head {
            seq: seq.parse().map_err(|_| wrong)?,
            hash: hash.parse().map_err(|_| wrong)?,
        }))
    }
}

/// A chain without a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Its last row.
    pub head: Head,
}

/// The first fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Broken {
    /// A row is missing.
    #[error("row {0} is missing")]
    Missing(i64),
    /// A row does not continue the row before.
    #[error("row {0} does not continue the row before it")]
    Unlinked(i64),
    /// A row's content is not what its hash says.
    #[error("row {0} was changed: its hash does not match its content")]
    Changed(i64),
    /// The last row is not the head.
    #[error("the chain ends with row {found}, the head is row {wanted}")]
    End {
        /// The last row.
        found: i64,
        /// The head.
        wanted: i64,
    },
    /// The head has another hash than the last row.
    #[error("the hash of the head differs from row {0}")]
    Head(i64),
    /// Something was recorded to be signed without a decision, or the other way round.
    #[error("`{0}` was recorded and decided differently")]
    Request(String),
    /// What is remembered of a request is not what was decided to be remembered.
    #[error("the stored record of `{0}` differs from the decision")]
    Memory(String),
    /// A pause or its end without a decision, or the other way round.
    #[error("a pause for `{0}` was recorded and decided differently")]
    Pause(String),
    /// A noted head is not in the chain.
    #[error("row {0} differs from the earlier record")]
    Anchor(i64),
}

/// Why the chain is not known to be whole.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// It is not.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The database does not respond.
    #[error("the signer's database does not answer")]
    Database(#[from] sqlx::Error),
}

/// Verifies the whole chain of a database by its URL.
///
/// # Errors
/// [`VerifyError`], with the first fault.
pub async fn verify_database(url: &str, anchor: Option<Anchor>) -> Result<Verified, VerifyError> {
    let mut connection = PgConnection::connect(url).await?;
    let verified = verify(&mut connection, anchor).await?;
    connection.close().await?;
    Ok(verified)
}

/// Verifies the whole chain.
///
/// # Errors
/// [`VerifyError`], with the first fault.
pub async fn verify(connection: &mut PgConnection, anchor: Option<Anchor>) -> Result<Verified, VerifyError> {
    // One snapshot, while the signer goes on.
    sqlx::query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .execute(&mut *connection)
        .await?;
    let verified = verify_snapshot(connection, anchor).await;
    sqlx::query("COMMIT").execute(&mut *connection).await?;
    verified
}

async fn verify_snapshot(
    connection: &mut PgConnection,
    anchor: Option<Anchor>,
) -> Result<Verified, VerifyError> {
    let wanted = fetch_head(connection).await?;
    let found = verify_rows(connection, anchor).await?;
    if found.seq != wanted.seq {
        return Err(Broken::End {
            found: found.seq,
            wanted: wanted.seq,
        }
        .into());
    }
    if found.hash != wanted.hash {
        return Err(Broken::Head(found.seq).into());
    }
    verify_requests(connection).await?;
    verify_memory(connection).await?;
    verify_pauses(connection).await?;
    Ok(Verified { head: found })
}

async fn verify_rows(connection: &mut PgConnection, anchor: Option<Anchor>) -> Result<Head, VerifyError> {
    let mut last = Head {
        seq: 0,
        hash: GENESIS,
    };
    let mut rows = sqlx::query(
        "SELECT seq, at_ms, event, purpose, caller, subject, code, detail, digest, prev_hash, row_hash
         FROM signer.audit ORDER BY seq",
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let seq: i64 = row.try_get("seq")?;
        let next = last.seq.saturating_add(1);
        if seq != next {
            return Err(Broken::Missing(next).into());
        }
        let prev_hash: &[u8] = row.try_get("prev_hash")?;
        if prev_hash != last.hash.as_slice() {
            return Err(Broken::Unlinked(seq).into());
        }
        let content = Content {
            prev_hash: last.hash,
            seq,
            at_ms: row.try_get("at_ms")?,
            texts: [
                row.try_get("event")?,
                row.try_get("purpose")?,
                row.try_get("caller")?,
                row.try_get("subject")?,
                row.try_get("code")?,
                row.try_get("detail")?,
            ],
            digest: row.try_get("digest")?,
        };
        let hash: B256 = content.hash();
        if row.try_get::<&[u8], _>("row_hash")? != hash.as_slice() {
            return Err(Broken::Changed(seq).into());
        }
        last = Head { seq, hash };
        if anchor.is_some_and(|Anchor(noted)| noted.seq == seq && noted.hash != hash) {
            return Err(Broken::Anchor(seq).into());
        }
    }
    match anchor {
        Some(Anchor(noted)) if noted.seq > last.seq => Err(Broken::Anchor(noted.seq).into()),
        Some(_) | None => Ok(last),
    }
}

/// Every recorded request has exactly one decision to record it, with the same digest and content, and the other way round.
async fn verify_requests(connection: &mut PgConnection) -> Result<(), VerifyError> {
    let different: Option<String> = sqlx::query_scalar!(
        r#"SELECT coalesce(request.business_key, decision.subject) AS "subject!"
           FROM (SELECT subject, digest, purpose, detail FROM signer.audit WHERE event = 'recorded') AS decision
           FULL JOIN signer.sign_request AS request
               ON request.business_key = decision.subject AND request.digest = decision.digest
                  AND request.purpose = decision.purpose
           WHERE request.id IS NULL OR decision.subject IS NULL
               OR request.request IS DISTINCT FROM decision.detail::jsonb -> 'request'
               OR to_jsonb(request.kind) IS DISTINCT FROM decision.detail::jsonb -> 'kind'
               OR to_jsonb(request.head_timestamp) IS DISTINCT FROM decision.detail::jsonb -> 'head_timestamp'
           ORDER BY 1
           LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?;
    match different {
        Some(subject) => Err(Broken::Request(subject).into()),
        None => Ok(()),
    }
}

/// What limits later signatures is exactly what was decided to be remembered: lines and increases of batches, totals of
/// roots, prices of transactions.
async fn verify_memory(connection: &mut PgConnection) -> Result<(), VerifyError> {
    let different: Option<String> = sqlx::query_scalar!(
        r#"WITH remembered AS (
               SELECT batch.request_id, jsonb_build_object(
                   'scope', batch.scope,
                   'increase', batch.increase::text,
                   'payouts', (
                       SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'wallet', '0x' || encode(line.wallet, 'hex'),
                           'target', line.target::text,
                           'increase', line.increase::text
                       ) ORDER BY line.wallet), '[]')
                       FROM signer.payout AS line
                       WHERE line.request_id = batch.request_id AND line.scope = batch.scope
                   )
               ) AS memory
               FROM signer.payout_batch AS batch
               UNION ALL
               SELECT root.request_id, jsonb_build_object(
                   'scope', root.scope, 'total', root.total::text, 'as_of_seq', root.as_of_seq,
                   'deadline', root.deadline
               ) || jsonb_strip_nulls(jsonb_build_object('increase', root.increase::text))
               FROM signer.liabilities_root AS root
               UNION ALL
               SELECT sent.request_id, jsonb_build_object(
                   'account', sent.account, 'nonce', sent.nonce, 'attempt', sent.attempt,
                   'payload', '0x' || encode(sent.payload, 'hex'), 'noop', sent.noop,
                   'max_fee_per_gas', sent.max_fee_per_gas::text,
                   'max_priority_fee_per_gas', sent.max_priority_fee_per_gas::text,
                   'batch_id', '0x' || encode(sent.batch_id, 'hex')
               ) || jsonb_strip_nulls(jsonb_build_object('claim', sent.claim))
               FROM signer.transaction AS sent
               UNION ALL
               SELECT intake.request_id, jsonb_build_object(
                   'scope', intake.scope, 'cumulative', intake.cumulative::text
               )
               FROM signer.intake AS intake
           )
           SELECT request.business_key
           FROM signer.sign_request AS request
           JOIN signer.audit AS decision ON decision.event = 'recorded' AND decision.subject = request.business_key
           LEFT JOIN remembered ON remembered.request_id = request.id
           WHERE remembered.memory IS DISTINCT FROM nullif(decision.detail::jsonb -> 'memory', 'null')
           ORDER BY 1
           LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?;
    match different {
        Some(subject) => Err(Broken::Memory(subject).into()),
        None => Ok(()),
    }
}

/// Every pause and every end of one has its decision, and the other way round.
async fn verify_pauses(connection: &mut PgConnection) -> Result<(), VerifyError> {
    let different: Option<String> = sqlx::query_scalar!(
        r#"WITH decided AS (
               SELECT subject, event, purpose, count(*) AS times FROM signer.audit
               WHERE event IN ('paused', 'resumed') GROUP BY subject, event, purpose
           ), found AS (
               SELECT business_key, 'paused' AS event, purpose, count(*) AS times FROM signer.key_pause
               GROUP BY business_key, purpose
               UNION ALL
               SELECT pause.business_key, 'resumed', pause.purpose, count(*)
               FROM signer.key_resume AS resume JOIN signer.key_pause AS pause ON pause.id = resume.pause_id
               GROUP BY pause.business_key, pause.purpose
           )
           SELECT coalesce(decided.subject, found.business_key) AS "subject!"
           FROM decided
           FULL JOIN found ON found.business_key = decided.subject AND found.event = decided.event
               AND found.purpose = decided.purpose
           WHERE decided.times IS DISTINCT FROM found.times
           ORDER BY 1
           LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?;
    match different {
        Some(subject) => Err(Broken::Pause(subject).into()),
        None => Ok(()),
    }
}
