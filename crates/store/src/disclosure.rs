//! Disclosure documents, by the keccak256 of their text.

use alloy_primitives::B256;
use sqlx::PgConnection;

use crate::StoreError;
use crate::column::Db;

/// A stored document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// keccak256 of the text.
    pub hash: B256,
    /// The text.
    pub body: String,
    /// Last fact that the document counts; 0 when there was none.
    pub fact_seq: u64,
    /// Seconds since it was first shown.
    pub age_seconds: i64,
    /// Whether nothing was counted since: it is what is shown now, however old it is.
    pub is_newest: bool,
}

/// Stores a document, unless it is stored already.
pub async fn insert(
    connection: &mut PgConnection,
    document_hash: B256,
    body: &str,
    fact_seq: u64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO disclosure (hash, body, fact_seq) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING",
        document_hash.as_slice(),
        body,
        i64::try_from(fact_seq).map_err(|_| StoreError::corrupt("a fact number above 2^63"))?,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The document with this hash.
pub async fn find(
    connection: &mut PgConnection,
    document_hash: B256,
) -> Result<Option<Disclosure>, StoreError> {
    Ok(sqlx::query_as!(
        Disclosure,
        r#"SELECT hash AS "hash!: Db<B256>", body, fact_seq AS "fact_seq!: Db<u64>",
                  extract(epoch FROM now() - created_at)::bigint AS "age_seconds!",
                  fact_seq >= coalesce((SELECT max(f.fact_seq) FROM figures AS f), 0) AS "is_newest!"
           FROM disclosure WHERE hash = $1"#,
        document_hash.as_slice()
    )
    .fetch_optional(connection)
    .await?)
}
