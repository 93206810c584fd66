//! The signer's memory: at most one thing is ever signed under one business key, and it is recorded before it is signed.
//!
//! Not responsible for the policy; it is asked after the policy agreed, and once more refuses.

use alloy::primitives::{Address, B256};
use settlement::authorization::{BusinessKey, IntakeKind};
use sqlx::PgPool;
use telemetry::fault_point;

use crate::audit::{self, Entry, Event, PURPOSE};

/// What is to be recorded.
#[derive(Debug)]
pub(crate) struct NewRequest<'a> {
    pub(crate) key: BusinessKey,
    pub(crate) kind: IntakeKind,
    pub(crate) digest: B256,
    pub(crate) caller: &'a str,
    pub(crate) request: &'a serde_json::Value,
    /// What the policy saw: nothing for a repeat, whose deadline was measured when it was new.
    pub(crate) head_timestamp: Option<u64>,
    pub(crate) policy_hash: B256,
}

/// What the memory holds under a business key.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) id: i64,
    pub(crate) digest: B256,
    pub(crate) signature: Option<Signed>,
}

/// A signature and whose it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signed {
    pub(crate) signer: Address,
    pub(crate) signature: [u8; 65],
}

/// What recording found.
#[derive(Debug)]
pub(crate) enum Recorded {
    /// Nothing was known; now it is.
    New(i64),
    /// The same is known.
    Same(Known),
    /// Something else is known. Nothing may be signed.
    Other,
}

/// What is known under a business key.
pub(crate) async fn find(pool: &PgPool, key: BusinessKey) -> Result<Option<Known>, sqlx::Error> {
    find_in(&mut *pool.acquire().await?, &key.to_string()).await
}

async fn find_in(connection: &mut sqlx::PgConnection, key: &str) -> Result<Option<Known>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT request.id, request.digest, signature.signer AS "signer?", signature.signature AS "signature?"
           FROM signer.sign_request AS request
           LEFT JOIN signer.signature ON signature.request_id = request.id
           WHERE request.business_key = $1"#,
        key
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Known {
        id: row.id,
        digest: B256::from_slice(&row.digest),
        signature: signed(row.signer, row.signature),
    }))
}

fn signed(signer: Option<Vec<u8>>, signature: Option<Vec<u8>>) -> Option<Signed> {
    Some(Signed {
        signer: Address::from_slice(&signer?),
        signature: signature?.try_into().expect("a constraint holds its length"),
    })
}

/// Records a request with its decision in one durable transaction, unless something is known under its key.
///
/// A new request needs the head's timestamp; without one, [`sqlx::Error::RowNotFound`] says that what was known is gone.
pub(crate) async fn record(pool: &PgPool, new: &NewRequest<'_>) -> Result<Recorded, sqlx::Error> {
    let key = new.key.to_string();
    let mut transaction = pool.begin().await?;
    // Every decision of every signer waits here, so what is found below stays as it is.
    let head = audit::lock_head(&mut transaction).await?;
    let recorded = match find_in(&mut transaction, &key).await? {
        Some(known) if known.digest == new.digest => Recorded::Same(known),
        Some(_) => Recorded::Other,
        None => Recorded::New(insert(&mut transaction, &key, new).await?),
    };
    let (event, code) = match &recorded {
        Recorded::New(_) => (Event::Recorded, ""),
        Recorded::Same(_) => (Event::Repeated, ""),
        Recorded::Other => (Event::Refused, "equivocation"),
    };
    let detail = serde_json::json!({
        "kind": new.kind.name(),
        "request": new.request,
        "head_timestamp": new.head_timestamp,
        "policy_hash": new.policy_hash,
    });
    let entry = Entry {
        event,
        caller: new.caller,
        subject: &key,
        digest: Some(new.digest),
        code,
        detail: &detail.to_string(),
    };
    audit::insert(&mut transaction, head, &entry).await?;
    fault_point("signer.before_record_commit");
    transaction.commit().await?;
    fault_point("signer.after_record");
    Ok(recorded)
}

async fn insert(
    connection: &mut sqlx::PgConnection,
    key: &str,
    new: &NewRequest<'_>,
) -> Result<i64, sqlx::Error> {
    let head_timestamp = new.head_timestamp.ok_or(sqlx::Error::RowNotFound)?;
    sqlx::query_scalar!(
        "INSERT INTO signer.sign_request
             (purpose, business_key, kind, digest, request, caller, head_timestamp, policy_hash, recorded_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         RETURNING id",
        PURPOSE,
        key,
        new.kind.name(),
        new.digest.as_slice(),
        new.request,
        new.caller,
        i64::try_from(head_timestamp).unwrap_or(i64::MAX),
        new.policy_hash.as_slice(),
        crate::now_ms(),
    )
    .fetch_one(connection)
    .await
}

/// Keeps the signature of a request and returns the one that is kept: the first, if somebody was faster.
pub(crate) async fn keep(pool: &PgPool, request: i64, signed: &Signed) -> Result<Signed, sqlx::Error> {
    sqlx::query!(
        "INSERT INTO signer.signature (request_id, signer, signature, signed_at_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (request_id) DO NOTHING",
        request,
        signed.signer.as_slice(),
        signed.signature.as_slice(),
        crate::now_ms(),
    )
    .execute(pool)
    .await?;
    let kept = sqlx::query!(
        "SELECT signer, signature FROM signer.signature WHERE request_id = $1",
        request
    )
    .fetch_one(pool)
    .await?;
    Ok(Signed {
        signer: Address::from_slice(&kept.signer),
        signature: kept.signature.try_into().expect("a constraint holds its length"),
    })
}

/// Appends a decision that records no request.
pub(crate) async fn decide(pool: &PgPool, entry: &Entry<'_>) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let head = audit::lock_head(&mut transaction).await?;
    audit::insert(&mut transaction, head, entry).await?;
    transaction.commit().await
}
