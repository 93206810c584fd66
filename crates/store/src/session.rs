//! Login nonces and sessions. Tokens are stored as their SHA-256 only.
//!
//! Not responsible for making tokens or for how long they live.

use alloy_primitives::Address;
use sqlx::PgConnection;

use crate::StoreError;
use crate::deployment::address;

/// What became of a nonce that somebody presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceUse {
    /// It was good, and is used from now on.
    Used,
    /// It was never issued, or so long ago that it was forgotten.
    Unknown,
    /// It was used before.
    Reused,
    /// It was issued too long ago.
    Expired,
}

/// A pair of tokens as it is stored.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// All sessions that come from one login.
    pub family: [u8; 16],
    /// Whose.
    pub wallet: Address,
    /// SHA-256 of the access token.
    pub access_hash: [u8; 32],
    /// SHA-256 of the refresh token.
    pub refresh_hash: [u8; 32],
    /// Life of the access token in seconds.
    pub access_seconds: u32,
    /// Life of the refresh token in seconds.
    pub refresh_seconds: u32,
}

/// Whether an access token is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// It is.
    Live,
    /// It expired, was refreshed or was revoked.
    Ended,
}

/// A session found by its access token.
#[derive(Clone, Debug)]
pub struct Session {
    /// All sessions that come from one login.
    pub family: [u8; 16],
    /// Whose.
    pub wallet: Address,
    /// Whether the token is good.
    pub state: SessionState,
}

/// A session found by its refresh token, locked.
#[derive(Clone, Debug)]
pub struct Refreshable {
    /// Key of the row.
    pub id: i64,
    /// All sessions that come from one login.
    pub family: [u8; 16],
    /// Whose.
    pub wallet: Address,
    /// Whether the refresh token was used before.
    pub refreshed: bool,
    /// Whether it expired or was revoked.
    pub ended: bool,
}

/// Issues a nonce; returns when it expires, in seconds since 1970-01-01 UTC.
///
/// # Errors
/// The database does not answer.
pub async fn insert_nonce(
    connection: &mut PgConnection,
    nonce: &str,
    life_seconds: u32,
) -> Result<i64, StoreError> {
    let expires_at = sqlx::query_scalar!(
        r#"INSERT INTO login_nonce (nonce, expires_at) VALUES ($1, now() + make_interval(secs => $2))
           RETURNING extract(epoch FROM expires_at)::bigint AS "expires_at!""#,
        nonce,
        f64::from(life_seconds),
    )
    .fetch_one(connection)
    .await?;
    Ok(expires_at)
}

/// Uses a nonce up, if it is good.
///
/// # Errors
/// The database does not answer.
pub async fn update_nonce_used(connection: &mut PgConnection, nonce: &str) -> Result<NonceUse, StoreError> {
    let used = sqlx::query!(
        "UPDATE login_nonce SET used_at = now()
         WHERE nonce = $1 AND used_at IS NULL AND expires_at > now()",
        nonce
    )
    .execute(&mut *connection)
    .await?;
    if used.rows_affected() == 1 {
        return Ok(NonceUse::Used);
    }
    let row = sqlx::query!(
        r#"SELECT used_at IS NOT NULL AS "used!" FROM login_nonce WHERE nonce = $1"#,
        nonce
    )
    .fetch_optional(connection)
    .await?;
    Ok(match row {
        None => NonceUse::Unknown,
        Some(row) if row.used => NonceUse::Reused,
        Some(_) => NonceUse::Expired,
    })
}

/// Stores a session; returns when its access token expires, in seconds since 1970-01-01 UTC.
///
/// # Errors
/// The database does not answer.
pub async fn insert(connection: &mut PgConnection, session: &NewSession) -> Result<i64, StoreError> {
    let expires_at = sqlx::query_scalar!(
        r#"INSERT INTO session
               (family, wallet, access_hash, refresh_hash, access_expires_at, refresh_expires_at)
           VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), now() + make_interval(secs => $6))
           RETURNING extract(epoch FROM access_expires_at)::bigint AS "expires_at!""#,
        &session.family,
        session.wallet.as_slice(),
        &session.access_hash,
        &session.refresh_hash,
        f64::from(session.access_seconds),
        f64::from(session.refresh_seconds),
    )
    .fetch_one(connection)
    .await?;
    Ok(expires_at)
}

/// The session of an access token.
///
/// # Errors
/// The database does not answer.
pub async fn find(
    connection: &mut PgConnection,
    access_hash: &[u8; 32],
) -> Result<Option<Session>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT family, wallet,
                  (access_expires_at > now() AND refreshed_at IS NULL AND revoked_at IS NULL) AS "live!"
           FROM session WHERE access_hash = $1"#,
        access_hash
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Session {
        family: family(&row.family)?,
        wallet: address(&row.wallet, "session.wallet")?,
        state: if row.live {
            SessionState::Live
        } else {
            SessionState::Ended
        },
    }))
}

/// The session of a refresh token, locked until the end of the transaction.
///
/// # Errors
/// The database does not answer.
pub async fn lock_by_refresh(
    transaction: &mut PgConnection,
    refresh_hash: &[u8; 32],
) -> Result<Option<Refreshable>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT id, family, wallet, refreshed_at IS NOT NULL AS "refreshed!",
                  (refresh_expires_at <= now() OR revoked_at IS NOT NULL) AS "ended!"
           FROM session WHERE refresh_hash = $1 FOR UPDATE"#,
        refresh_hash
    )
    .fetch_optional(transaction)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Refreshable {
        id: row.id,
        family: family(&row.family)?,
        wallet: address(&row.wallet, "session.wallet")?,
        refreshed: row.refreshed,
        ended: row.ended,
    }))
}

/// Notes that the refresh token of a session was used; its access token ends with it.
///
/// # Errors
/// The database does not answer.
pub async fn update_refreshed(transaction: &mut PgConnection, id: i64) -> Result<(), StoreError> {
    sqlx::query!("UPDATE session SET refreshed_at = now() WHERE id = $1", id)
        .execute(transaction)
        .await?;
    Ok(())
}

/// Ends every session of a family.
///
/// # Errors
/// The database does not answer.
pub async fn update_family_revoked(
    connection: &mut PgConnection,
    family: &[u8; 16],
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE session SET revoked_at = now() WHERE family = $1 AND revoked_at IS NULL",
        family
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets nonces a day after they expired and sessions whose refresh token expired.
///
/// # Errors
/// The database does not answer.
pub async fn delete_expired(connection: &mut PgConnection) -> Result<u64, StoreError> {
    let nonces = sqlx::query!("DELETE FROM login_nonce WHERE expires_at < now() - interval '1 day'")
        .execute(&mut *connection)
        .await?;
    let sessions = sqlx::query!("DELETE FROM session WHERE refresh_expires_at < now() - interval '1 day'")
        .execute(connection)
        .await?;
    Ok(nonces.rows_affected() + sessions.rows_affected())
}

/// Notes something that a person or process did.
///
/// # Errors
/// The database does not answer.
pub async fn insert_audit(
    connection: &mut PgConnection,
    actor: &str,
    action: &str,
    subject: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO audit_log (actor, action, subject) VALUES ($1, $2, $3)",
        actor,
        action,
        subject
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn family(bytes: &[u8]) -> Result<[u8; 16], StoreError> {
    bytes
        .try_into()
        .map_err(|_| StoreError::corrupt("session.family"))
}
