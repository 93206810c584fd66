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

use std::collections::HashMap;

use alloy::primitives::{Address, B256};
use service::fault_point;
use sqlx::{PgConnection, PgPool};

use crate::Refusal;
use crate::audit::{self, Entry, Event};
use crate::protection::memory::{Admitted, NotAdmitted};
use crate::purpose::{Area, Kind, Purpose};

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

/// What is known under some business keys.
pub(crate) async fn find_all(pool: &PgPool, keys: &[String]) -> Result<HashMap<String, Known>, sqlx::Error> {
    find_in(&mut *pool.acquire().await?, keys).await
}

async fn find_in(
    connection: &mut PgConnection,
    keys: &[String],
) -> Result<HashMap<String, Known>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT request.business_key AS "business_key!", request.id AS "id!", request.digest AS "digest!",
                  signature.signer AS "signer?", signature.signature AS "signature?"
           FROM signer.sign_request AS request
           LEFT JOIN signer.signature ON signature.request_id = request.id
           WHERE request.business_key = ANY ($1)"#,
        keys
    )
    .fetch_all(connection)
    .await?;
    let known = rows.into_iter().map(|row| {
        let known = Known {
            id: row.id,
            digest: B256::from_slice(&row.digest),
            signature: signed(row.signer, row.signature),
        };
        (row.business_key, known)
    });
    Ok(known.collect())
}

fn signed(signer: Option<Vec<u8>>, signature: Option<Vec<u8>>) -> Option<Signed> {
    Some(Signed {
        signer: Address::from_slice(&signer?),
        signature: signature?.try_into().expect("a constraint holds its length"),
    })
}

/// Records requests with their decisions in one durable transaction, in their order, each unless something is known under
/// its key. After an equivocation the key is paused for requests of that area, and so is what follows. All are of one area.
///
/// A new request must be justified; when it is not, [`sqlx::Error::RowNotFound`] says that what was known is gone.
pub(crate) async fn record_all(
    pool: &PgPool,
    identity: Identity,
    news: &[NewRequest<'_>],
) -> Result<Vec<Recorded>, sqlx::Error> {
    let keys: Vec<String> = news.iter().map(|new| new.key.clone()).collect();
    let mut transaction = pool.begin().await?;
    // Every decision of every signer waits here, so what is found below stays as it is.
    let head = audit::lock_head(&mut transaction).await?;
    let Some(area) = news.first().map(|new| new.kind.area()) else {
        return Ok(Vec::new());
    };
    let mut paused = pause::is_paused(&mut transaction, identity.purpose, identity.signer, area).await?;
    if paused {
        return Ok(news.iter().map(|_| Recorded::Paused).collect());
    }
    let mut known = find_in(&mut transaction, &keys).await?;
    let mut recorded = Vec::with_capacity(news.len());
    let mut entries = Vec::with_capacity(news.len());
    for new in news {
        if paused {
            recorded.push(Recorded::Paused);
            continue;
        }
        let decided = decide_one(&mut transaction, identity.purpose, new, known.get(&new.key)).await?;
        entries.push(decided.entry);
        match &decided.recorded {
            Recorded::New(id) => {
                let now_known = Known {
                    id: *id,
                    digest: new.digest,
                    signature: None,
                };
                known.insert(new.key.clone(), now_known);
            }
            Recorded::Refused(Refusal::Equivocation) => {
                paused = true;
                pause::insert(&mut transaction, identity, &new.key, area).await?;
                entries.push(paused_entry(identity.signer, new, area));
            }
            Recorded::Same(_) | Recorded::Refused(_) | Recorded::Paused => {}
        }
        recorded.push(decided.recorded);
    }
    audit::append(&mut transaction, identity.purpose, head, &entries).await?;
    fault_point("signer.before_record_commit");
    transaction.commit().await?;
    fault_point("signer.after_record");
    Ok(recorded)
}

struct Decided {
    recorded: Recorded,
    entry: Entry,
}

async fn decide_one(
    connection: &mut PgConnection,
    purpose: Purpose,
    new: &NewRequest<'_>,
    known: Option<&Known>,
) -> Result<Decided, sqlx::Error> {
    let head_timestamp = new.justified.as_ref().map(|(head, _)| *head);
    let mut detail = serde_json::json!({
        "kind": new.kind.name(),
        "request": new.request,
        "head_timestamp": head_timestamp,
        "policy_hash": new.policy_hash,
    });
    let (recorded, event, code) = match known {
        Some(known) if known.digest == new.digest => (Recorded::Same(known.clone()), Event::Repeated, ""),
        Some(_) => {
            let refusal = Refusal::Equivocation;
            let code = refusal.code();
            (Recorded::Refused(refusal), Event::Refused, code)
        }
        None => {
            let (head, justified) = new.justified.as_ref().ok_or(sqlx::Error::RowNotFound)?;
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
                Err(NotAdmitted::Database(error)) => return Err(error),
            }
        }
    };
    let entry = Entry {
        event,
        caller: new.caller.to_owned(),
        subject: new.key.clone(),
        digest: Some(new.digest),
        code,
        detail: detail.to_string(),
    };
    Ok(Decided { recorded, entry })
}

fn paused_entry(signer: Address, new: &NewRequest<'_>, area: Area) -> Entry {
    Entry {
        event: Event::Paused,
        caller: new.caller.to_owned(),
        subject: new.key.clone(),
        digest: None,
        code: "",
        detail: serde_json::json!({"signer": signer, "area": area.name()}).to_string(),
    }
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

/// Keeps the signatures of requests and returns those that are kept: the first, if somebody was faster.
pub(crate) async fn keep_all(
    pool: &PgPool,
    signed: &[(i64, Signed)],
) -> Result<HashMap<i64, Signed>, sqlx::Error> {
    let requests: Vec<i64> = signed.iter().map(|(request, _)| *request).collect();
    let signers: Vec<Vec<u8>> = signed.iter().map(|(_, signed)| signed.signer.to_vec()).collect();
    let signatures: Vec<Vec<u8>> = signed
        .iter()
        .map(|(_, signed)| signed.signature.to_vec())
        .collect();
    sqlx::query!(
        "INSERT INTO signer.signature (request_id, signer, signature, signed_at_ms)
         SELECT DISTINCT ON (request) request, signer, signature, $4::bigint
         FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS signed (request, signer, signature)
         ORDER BY request
         ON CONFLICT (request_id) DO NOTHING",
        &requests,
        &signers,
        &signatures,
        crate::now_ms(),
    )
    .execute(pool)
    .await?;
    let kept = sqlx::query!(
        "SELECT request_id, signer, signature FROM signer.signature WHERE request_id = ANY ($1)",
        &requests
    )
    .fetch_all(pool)
    .await?;
    let kept = kept.into_iter().map(|row| {
        let signed = Signed {
            signer: Address::from_slice(&row.signer),
            signature: row.signature.try_into().expect("a constraint holds its length"),
        };
        (row.request_id, signed)
    });
    Ok(kept.collect())
}

/// Appends decisions that record no request.
pub(crate) async fn decide(pool: &PgPool, purpose: Purpose, entries: &[Entry]) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let head = audit::lock_head(&mut transaction).await?;
    audit::append(&mut transaction, purpose, head, entries).await?;
    transaction.commit().await
}
