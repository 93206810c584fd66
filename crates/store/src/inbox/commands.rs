//! Commands of users and operators, under their author's own name for each or the hash of the proposal that they follow from.

use alloy_primitives::{Address, B256};
use approval::PROPOSAL_KEY_PREFIX;
use plan::Cause;
use sqlx::PgConnection;

use super::{CHANNEL, Command, IDEMPOTENCY_KEY_BYTES_MAX, InboxError, Stored};
use crate::StoreError;
use crate::cause_json::{self, CauseText};
use crate::column::Db;

/// Stores a command; a repeat finds the first one.
///
/// # Errors
/// [`InboxError::KeyReused`], [`InboxError::KeyMalformed`].
pub async fn insert_command(
    connection: &mut PgConnection,
    command: &Command<'_>,
) -> Result<Stored, InboxError> {
    insert_signed(connection, command, None).await
}

/// Checks an idempotency key.
///
/// # Errors
/// [`InboxError::KeyMalformed`].
pub fn check_key(key: &str) -> Result<(), InboxError> {
    let printable = key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if key.is_empty() || key.len() > IDEMPOTENCY_KEY_BYTES_MAX || !printable {
        return Err(InboxError::KeyMalformed);
    }
    Ok(())
}

/// Whether an actor has given a command under a key.
pub async fn any_command(
    connection: &mut PgConnection,
    actor: Address,
    idempotency_key: &str,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM inbox WHERE source = 'command' AND natural_key = $1) AS "any!""#,
        format!("{actor:#x}:{idempotency_key}")
    )
    .fetch_one(connection)
    .await?)
}

/// Stores a command with its author's signature; a repeat finds the first one.
pub async fn insert_signed(
    connection: &mut PgConnection,
    command: &Command<'_>,
    signature: Option<&[u8]>,
) -> Result<Stored, InboxError> {
    check_key(command.idempotency_key)?;
    insert_keyed(
        connection,
        &key_of(command),
        command.effective_at,
        &command.cause,
        signature,
    )
    .await
}

/// Stores the command that follows from a proposal with this hash, with the signatures under it; a repeat finds the first one.
pub async fn insert_proposed(
    connection: &mut PgConnection,
    proposal: B256,
    effective_at: u64,
    cause: &Cause,
    evidence: &[u8],
) -> Result<Stored, InboxError> {
    let key = format!("{PROPOSAL_KEY_PREFIX}{proposal:#x}");
    insert_keyed(connection, &key, effective_at, cause, Some(evidence)).await
}

async fn insert_keyed(
    connection: &mut PgConnection,
    key: &str,
    effective_at: u64,
    cause: &Cause,
    signature: Option<&[u8]>,
) -> Result<Stored, InboxError> {
    let CauseText { text, fingerprint } = cause_json::write(cause);
    let effective_at =
        i64::try_from(effective_at).map_err(|_| StoreError::corrupt("a time of acceptance above 2^63"))?;
    let inserted = sqlx::query_scalar!(
        "WITH inserted AS (
             INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at, signature)
             VALUES ('command', $1, $2::text::jsonb, $3, $4, $6)
             ON CONFLICT (source, natural_key) DO NOTHING
             RETURNING id
         )
         SELECT id FROM inserted, pg_notify($5, '')",
        key,
        text,
        fingerprint.as_slice(),
        effective_at,
        CHANNEL,
        signature,
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(inbox_id) = inserted {
        return Ok(Stored {
            inbox_id,
            fact_seq: None,
        });
    }
    // A row that this statement could not insert is there.
    find(connection, key, fingerprint)
        .await?
        .ok_or_else(|| StoreError::corrupt("an inbox that loses rows").into())
}

/// The command, if it is stored already.
///
/// # Errors
/// [`InboxError::KeyReused`] when another one is, under its key.
pub async fn find_command(
    connection: &mut PgConnection,
    command: &Command<'_>,
) -> Result<Option<Stored>, InboxError> {
    let fingerprint = cause_json::write(&command.cause).fingerprint;
    find(connection, &key_of(command), fingerprint).await
}

fn key_of(command: &Command<'_>) -> String {
    format!("{:#x}:{}", command.actor, command.idempotency_key)
}

async fn find(
    connection: &mut PgConnection,
    key: &str,
    fingerprint: B256,
) -> Result<Option<Stored>, InboxError> {
    let row = sqlx::query!(
        r#"SELECT id, fingerprint, fact_seq AS "fact_seq!: Db<Option<u64>>"
           FROM inbox WHERE source = 'command' AND natural_key = $1"#,
        key
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.fingerprint != fingerprint.as_slice() {
        return Err(InboxError::KeyReused);
    }
    Ok(Some(Stored {
        inbox_id: row.id,
        fact_seq: row.fact_seq.0,
    }))
}
