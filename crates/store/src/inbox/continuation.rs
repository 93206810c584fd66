//! Causes that continue a fact: the posting worker puts them into the inbox itself, under the id of the continued cause.

use std::ops::Range;

use plan::Cause;
use sqlx::PgConnection;

use super::Entry;
use crate::StoreError;
use crate::cause_json;
use crate::chain_log::signed;
use crate::column::Db;
use crate::deployment::hash;

/// The numbered parts that continue the fact `fact_seq`, to be posted behind it. What an earlier attempt stored is found again.
///
/// # Errors
/// There is no such fact, or something else stands under the key of a part.
pub async fn continue_fact(
    connection: &mut PgConnection,
    fact_seq: u64,
    parts: Range<u32>,
) -> Result<Vec<Entry>, StoreError> {
    let causes = parts.clone().map(|part| Cause::Continued { part });
    let causes: Vec<_> = causes.collect();
    let texts: Vec<_> = causes.iter().map(cause_json::write).collect();
    let continued = sqlx::query!(
        r#"SELECT i.id, i.effective_at, i.effective_at AS "time!: Db<u64>"
           FROM fact AS f JOIN inbox AS i ON i.id = f.inbox_id WHERE f.seq = $1"#,
        signed(fact_seq)?
    )
    .fetch_one(&mut *connection)
    .await?;
    let keys: Vec<_> = parts.map(|part| format!("{}:{part}", continued.id)).collect();
    sqlx::query!(
        "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at)
         SELECT 'posting', c.natural_key, c.payload::jsonb, c.fingerprint, $4
         FROM unnest($1::text[], $2::text[], $3::bytea[]) AS c (natural_key, payload, fingerprint)
         ON CONFLICT (source, natural_key) DO NOTHING",
        &keys,
        &texts.iter().map(|text| text.text.clone()).collect::<Vec<_>>(),
        &texts
            .iter()
            .map(|text| text.fingerprint.to_vec())
            .collect::<Vec<_>>(),
        continued.effective_at,
    )
    .execute(&mut *connection)
    .await?;
    let rows = sqlx::query!(
        r#"SELECT i.id, i.fingerprint
           FROM unnest($1::text[]) WITH ORDINALITY AS k (natural_key, place)
           JOIN inbox AS i ON i.source = 'posting' AND i.natural_key = k.natural_key AND i.fact_seq IS NULL
           ORDER BY k.place"#,
        &keys
    )
    .fetch_all(&mut *connection)
    .await?;
    if rows.len() != causes.len() {
        return Err(StoreError::corrupt("inbox.natural_key"));
    }
    let mut entries = Vec::with_capacity(rows.len());
    for ((row, cause), text) in rows.into_iter().zip(causes).zip(texts) {
        if hash(&row.fingerprint, "inbox.fingerprint")? != text.fingerprint {
            return Err(StoreError::corrupt("inbox.fingerprint"));
        }
        entries.push(Entry {
            id: row.id,
            cause,
            fingerprint: text.fingerprint,
            effective_at: continued.time.0,
            chain: None,
            transaction_hash: None,
        });
    }
    Ok(entries)
}
