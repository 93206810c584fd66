//! When large totals were first seen: people have some time to review before they are signed.

use alloy::primitives::{B256, keccak256};
use approval::Attested;
use sqlx::PgPool;

/// The chain's time at which this came first: now, if it never did.
pub(crate) async fn first_sight(pool: &PgPool, subject: &Attested, head: u64) -> Result<u64, sqlx::Error> {
    let subject = hash(subject);
    let now = i64::try_from(head).unwrap_or(i64::MAX);
    sqlx::query!(
        "INSERT INTO signer.first_sight (subject, head_timestamp) VALUES ($1, $2) ON CONFLICT (subject) DO NOTHING",
        subject.as_slice(),
        now
    )
    .execute(pool)
    .await?;
    let first = sqlx::query_scalar!(
        "SELECT head_timestamp FROM signer.first_sight WHERE subject = $1",
        subject.as_slice()
    )
    .fetch_one(pool)
    .await?;
    Ok(u64::try_from(first).unwrap_or(head))
}

/// What was attested, without when.
fn hash(subject: &Attested) -> B256 {
    let (kind, first, second) = match subject {
        Attested::Batch { batch_id, list_hash } => (b'b', *batch_id, *list_hash),
        Attested::Root { root, total } => (
            b'r',
            *root,
            B256::left_padding_from(&total.base_units().to_be_bytes()),
        ),
    };
    keccak256([&[kind], first.as_slice(), second.as_slice()].concat())
}
