//! The signer's memory: at most one thing is ever signed under one business key, and it is recorded before it is signed.
//!
//! Not responsible for the policy; it is asked after the policy agreed, and once more refuses.

mod memory;
mod pause;
mod sight;

pub use pause::resume;

pub(crate) use memory::{Justified, JustifiedIntake};
pub(crate) use pause::list_paused;
pub(crate) use sight::first_sight;

use alloy::primitives::{Address, B256};
use service::fault_point;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use crate::Refusal;
use crate::audit::{self, Entry, Event};
use crate::protection::memory::{Admitted, NotAdmitted};
use crate::purpose::{Kind, Purpose};

/// Whose memory it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity {
    pub(crate) purpose: Purpose,
    pub(crate) signer: Address,
}

/// What is to be recorded.
#[derive(Debug)]
pub(crate) struct NewRequest<'a> {
    /// The business key.
    pub(crate) key: String,
    pub(crate) kind: Kind,
    pub(crate) digest: B256,
    pub(crate) caller: &'a str,
    pub(crate) request: &'a serde_json::Value,
    /// What the policy saw: nothing for a repeat, which was justified when it was new.
    pub(crate) justified: Option<(u64, Justified)>,
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
    /// Nothing may be signed. That is recorded.
    Refused(Refusal),
    /// Nothing may be signed at present. That is not recorded.
    Paused,
}

/// Why the memory cannot be asked, or not believed.
#[derive(Debug, Error)]
pub enum MemoryError {
    /// The database cannot be reached, or refused a statement.
    #[error("cannot use the signer's database")]
    Database(#[from] sqlx::Error),
    /// What must be there is not.
    #[error("the signer's database is inconsistent: {0}")]
    Inconsistent(&'static str),
}

/// What is known under a business key.
pub(crate) async fn find(pool: &PgPool, key: &str) -> Result<Option<Known>, sqlx::Error> {
    find_in(&mut *pool.acquire().await?, key).await
}

async fn find_in(connection: &mut PgConnection, key: &str) -> Result<Option<Known>, sqlx::Error> {
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

/// Records a request with its decision in one durable transaction, unless something is known under its key. After an
/// equivocation the key is paused for requests of that area.
///
/// A new request must be justified: [`MemoryError::Inconsistent`].
pub(crate) async fn record(
    pool: &PgPool,
    identity: Identity,
    new: &NewRequest<'_>,
) -> Result<Recorded, MemoryError> {
    let area = new.kind.area();
    let mut transaction = pool.begin().await?;
    // Every decision of every signer waits here, so what is found below stays as it is.
    let head = audit::lock_head(&mut transaction).await?;
    if pause::is_paused(&mut transaction, identity.purpose, identity.signer, area).await? {
        return Ok(Recorded::Paused);
    }
    let known = find_in(&mut transaction, &new.key).await?;
    let decided = decide_one(&mut transaction, identity.purpose, new, known).await?;
    let mut entries = vec![decided.entry];
    if let Recorded::Refused(Refusal::Equivocation) = decided.recorded {
        pause::insert(&mut transaction, identity, &new.key, area).await?;
        let detail = serde_json::json!({"signer": identity.signer, "area": area.name()});
        entries.push(Entry::new(Event::Paused, new.caller, &new.key, &detail));
    }
    audit::append(&mut transaction, identity.purpose, head, &entries).await?;
    fault_point("signer.before_record_commit");
    transaction.commit().await?;
    fault_point("signer.after_record");
    Ok(decided.recorded)
}

struct Decided {
    recorded: Recorded,
    entry: Entry,
}

async fn decide_one(
    connection: &mut PgConnection,
    purpose: Purpose,
    new: &NewRequest<'_>,
    known: Option<Known>,
) -> Result<Decided, MemoryError> {
    let head_timestamp = new.justified.as_ref().map(|(head, _)| *head);
    let mut detail = serde_json::json!({
        "kind": new.kind.name(),
        "request": new.request,
        "head_timestamp": head_timestamp,
        "policy_hash": new.policy_hash,
    });
    let (recorded, event, code) = match known {
        Some(known) if known.digest == new.digest => (Recorded::Same(known), Event::Repeated, ""),
        Some(_) => {
            let refusal = Refusal::Equivocation;
            let code = refusal.code();
            (Recorded::Refused(refusal), Event::Refused, code)
        }
        None => {
            let gone = MemoryError::Inconsistent("a recorded request is missing");
            let (head, justified) = new.justified.as_ref().ok_or(gone)?;
            let now_ms = crate::now_ms();
            match justified.admit(connection, *head, now_ms).await {
                Ok(admitted) => {
                    detail["memory"] = admitted.describe();
                    let id = insert(connection, purpose, new, *head, now_ms, &admitted).await?;
                    (Recorded::New(id), Event::Recorded, "")
                }
                Err(NotAdmitted::Refused(refusal)) => {
                    detail["refusal"] = refusal.to_string().into();
                    let code = refusal.code();
                    (Recorded::Refused(refusal), Event::Refused, code)
                }
                Err(NotAdmitted::Database(error)) => return Err(error.into()),
            }
        }
    };
    let entry = Entry {
        digest: Some(new.digest),
        code,
        ..Entry::new(event, new.caller, &new.key, &detail)
    };
    Ok(Decided { recorded, entry })
}

async fn insert(
    connection: &mut PgConnection,
    purpose: Purpose,
    new: &NewRequest<'_>,
    head_timestamp: u64,
    now_ms: i64,
    admitted: &Admitted<'_>,
) -> Result<i64, sqlx::Error> {
    let id = sqlx::query_scalar!(
        "INSERT INTO signer.sign_request
             (purpose, business_key, kind, digest, request, caller, head_timestamp, policy_hash, recorded_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         RETURNING id",
        purpose.name(),
        new.key,
        new.kind.name(),
        new.digest.as_slice(),
        new.request,
        new.caller,
        i64::try_from(head_timestamp).unwrap_or(i64::MAX),
        new.policy_hash.as_slice(),
        now_ms,
    )
    .fetch_one(&mut *connection)
    .await?;
    admitted.insert(connection, id).await?;
    Ok(id)
}

/// Keeps the signature of a request and returns the one that is kept: the first, if someone was faster.
pub(crate) async fn keep(pool: &PgPool, request: i64, new: Signed) -> Result<Signed, MemoryError> {
    sqlx::query!(
        "INSERT INTO signer.signature (request_id, signer, signature, signed_at_ms)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (request_id) DO NOTHING",
        request,
        new.signer.as_slice(),
        &new.signature,
        crate::now_ms(),
    )
    .execute(pool)
    .await?;
    let kept = sqlx::query!(
        r#"SELECT signer AS "signer?", signature AS "signature?" FROM signer.signature WHERE request_id = $1"#,
        request
    )
    .fetch_optional(pool)
    .await?;
    let kept = kept.and_then(|row| signed(row.signer, row.signature));
    kept.ok_or(MemoryError::Inconsistent("a stored signature is missing"))
}

/// Appends decisions that record no request.
pub(crate) async fn decide(pool: &PgPool, purpose: Purpose, entries: &[Entry]) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let head = audit::lock_head(&mut transaction).await?;
    audit::append(&mut transaction, purpose, head, entries).await?;
    transaction.commit().await
}
