//! Login nonces, logins (families of sessions) and sessions. Tokens are stored as their SHA-256 only.
//!
//! Whatever changes a login locks its row first, so that a logout cannot be overtaken by a refresh that began before it.
//! Not responsible for making tokens or for how long they live.

use alloy_primitives::Address;
use sqlx::PgConnection;

use crate::StoreError;
use crate::column::Db;

/// The outcome of a nonce that someone presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceUse {
    /// It was good, and is used from now on.
    Used,
    /// It was never issued, or so long ago that it was deleted.
    Unknown,
    /// It was used before.
    Reused,
    /// It was issued too long ago.
    Expired,
}

/// A login as it is stored.
#[derive(Clone, Debug)]
pub struct NewFamily {
    /// Its id.
    pub id: [u8; 16],
    /// Whose.
    pub wallet: Address,
    /// SHA-256 of the secret that all refresh tokens of the login share.
    pub secret_hash: [u8; 32],
    /// Life of the first refresh token in seconds.
    pub refresh_seconds: u32,
}

/// A pair of tokens as it is stored.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The login.
    pub family: [u8; 16],
    /// SHA-256 of the access token.
    pub access_hash: [u8; 32],
    /// SHA-256 of the refresh token.
    pub refresh_hash: [u8; 32],
    /// Life of the access token in seconds.
    pub access_seconds: u32,
}

/// Whether an access token is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// It is.
    Live,
    /// It expired, was refreshed, or its login ended.
    Ended,
}

/// A session found by its access token.
#[derive(Clone, Debug)]
pub struct Session {
    /// The login.
    pub family: [u8; 16],
    /// Whose.
    pub wallet: Address,
    /// Whether the token is good.
    pub state: SessionState,
}

/// A login, locked.
#[derive(Clone, Debug)]
pub struct Family {
    /// Its id.
    pub id: [u8; 16],
    /// Whose.
    pub wallet: Address,
    /// Whether it expired or was revoked.
    pub ended: bool,
}

/// A session found by its refresh token.
#[derive(Clone, Debug)]
pub struct Refreshable {
    /// Key of the row.
    pub id: i64,
    /// How it was refreshed, if it was.
    pub refreshed: Option<Refreshed>,
}

/// How a session was refreshed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refreshed {
    /// With the refresh token it gives the pair that followed.
    pub successor_salt: [u8; 32],
    /// By whom.
    pub client_hash: [u8; 32],
    /// How long ago.
    pub age_seconds: f64,
}

/// A refresh of a session.
#[derive(Clone, Debug)]
pub struct Refresh {
    /// Key of the session's row.
    pub session: i64,
    /// With the refresh token it gives the pair that follows.
    pub successor_salt: [u8; 32],
    /// By whom.
    pub client_hash: [u8; 32],
    /// How long the same client may request the pair again, in seconds.
    pub grace_seconds: u32,
    /// Life of the refresh token that follows, in seconds.
    pub refresh_seconds: u32,
}

/// Issues a nonce; returns when it expires, in seconds since 1970-01-01 UTC.
pub async fn insert_nonce(
    connection: &mut PgConnection,
    nonce: &str,
    life_seconds: u32,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"INSERT INTO login_nonce (nonce, expires_at) VALUES ($1, now() + make_interval(secs => $2))
           RETURNING extract(epoch FROM expires_at)::bigint AS "expires_at!""#,
        nonce,
        f64::from(life_seconds),
    )
    .fetch_one(connection)
    .await?)
}

/// Uses a nonce up, if it is good.
pub async fn use_nonce(connection: &mut PgConnection, nonce: &str) -> Result<NonceUse, StoreError> {
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

/// Stores a login.
pub async fn insert_family(transaction: &mut PgConnection, family: &NewFamily) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO session_family (id, wallet, secret_hash, expires_at)
         VALUES ($1, $2, $3, now() + make_interval(secs => $4))",
        &family.id,
        family.wallet.as_slice(),
        &family.secret_hash,
        f64::from(family.refresh_seconds),
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Stores a session; returns when its access token expires, in seconds since 1970-01-01 UTC.
pub async fn insert(transaction: &mut PgConnection, session: &NewSession) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"INSERT INTO session (family, access_hash, refresh_hash, access_expires_at)
           VALUES ($1, $2, $3, now() + make_interval(secs => $4))
           RETURNING extract(epoch FROM access_expires_at)::bigint AS "expires_at!""#,
        &session.family,
        &session.access_hash,
        &session.refresh_hash,
        f64::from(session.access_seconds),
    )
    .fetch_one(transaction)
    .await?)
}

/// The session of an access token.
pub async fn find(
    connection: &mut PgConnection,
    access_hash: &[u8; 32],
) -> Result<Option<Session>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT family.id AS "family!: Db<[u8; 16]>", family.wallet AS "wallet!: Db<Address>",
                  (session.access_expires_at > now() AND session.refreshed_at IS NULL AND family.expires_at > now()
                      AND family.revoked_at IS NULL) AS "live!"
           FROM session JOIN session_family AS family ON family.id = session.family
           WHERE session.access_hash = $1"#,
        access_hash
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Session {
        family: row.family.0,
        wallet: row.wallet.0,
        state: if row.live {
            SessionState::Live
        } else {
            SessionState::Ended
        },
    }))
}

/// When the access token of a session expires, in seconds since 1970-01-01 UTC.
pub async fn find_access_expiry(
    connection: &mut PgConnection,
    access_hash: &[u8; 32],
) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT extract(epoch FROM access_expires_at)::bigint AS "expires_at!"
           FROM session WHERE access_hash = $1"#,
        access_hash
    )
    .fetch_optional(connection)
    .await?)
}

/// The login whose refresh tokens share this secret, locked until the end of the transaction: whoever refreshes or ends
/// a login waits here for whoever does so at the same time.
pub async fn lock_family(
    transaction: &mut PgConnection,
    secret_hash: &[u8; 32],
) -> Result<Option<Family>, StoreError> {
    Ok(sqlx::query_as!(
        Family,
        r#"SELECT id AS "id!: Db<[u8; 16]>", wallet AS "wallet!: Db<Address>",
                  (expires_at <= now() OR revoked_at IS NOT NULL) AS "ended!"
           FROM session_family WHERE secret_hash = $1 FOR UPDATE"#,
        secret_hash
    )
    .fetch_optional(transaction)
    .await?)
}

/// The session of a refresh token. Its login must be locked.
pub async fn find_by_refresh(
    transaction: &mut PgConnection,
    locked: &Family,
    refresh_hash: &[u8; 32],
) -> Result<Option<Refreshable>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT id, successor_salt AS "successor_salt: Db<[u8; 32]>", client_hash AS "client_hash: Db<[u8; 32]>",
                  extract(epoch FROM clock_timestamp() - refreshed_at)::double precision AS age_seconds
           FROM session WHERE family = $1 AND refresh_hash = $2"#,
        &locked.id,
        refresh_hash
    )
    .fetch_optional(transaction)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let refreshed = match (row.successor_salt, row.client_hash, row.age_seconds) {
        (Some(salt), Some(client), Some(age_seconds)) => Some(Refreshed {
            successor_salt: salt.0,
            client_hash: client.0,
            age_seconds,
        }),
        _ => None,
    };
    Ok(Some(Refreshable {
        id: row.id,
        refreshed,
    }))
}

/// Notes that the refresh token of a session was used; its access token ends with it, the login is prolonged, and
/// sessions of the login that were refreshed longer ago than the grace are forgotten. The login must be locked.
pub async fn update_refreshed(
    transaction: &mut PgConnection,
    locked: &Family,
    refresh: &Refresh,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE session SET refreshed_at = clock_timestamp(), successor_salt = $2, client_hash = $3 WHERE id = $1",
        refresh.session,
        &refresh.successor_salt,
        &refresh.client_hash,
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!(
        "DELETE FROM session
         WHERE family = $1 AND refreshed_at < clock_timestamp() - make_interval(secs => $2)",
        &locked.id,
        f64::from(refresh.grace_seconds),
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!(
        "UPDATE session_family SET expires_at = now() + make_interval(secs => $2) WHERE id = $1",
        &locked.id,
        f64::from(refresh.refresh_seconds),
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Ends a login with all of its sessions, also one that is being refreshed: this waits until that is done. Whether it had not ended.
pub async fn revoke_family(connection: &mut PgConnection, family: &[u8; 16]) -> Result<bool, StoreError> {
    let revoked = sqlx::query!(
        "UPDATE session_family SET revoked_at = now(), expires_at = least(expires_at, now())
         WHERE id = $1 AND revoked_at IS NULL",
        family
    )
    .execute(connection)
    .await?;
    Ok(revoked.rows_affected() > 0)
}

/// Forgets at most `rows_max` nonces, ten minutes after they expired, and as many logins, a day after they ended;
/// returns how many rows went. When it is `rows_max` or more there may be more of them.
pub async fn delete_expired(connection: &mut PgConnection, rows_max: i64) -> Result<u64, StoreError> {
    let nonces = sqlx::query!(
        "DELETE FROM login_nonce WHERE nonce IN (
             SELECT nonce FROM login_nonce WHERE expires_at < now() - interval '10 minutes'
             ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)",
        rows_max
    )
    .execute(&mut *connection)
    .await?;
    let families = sqlx::query!(
        "DELETE FROM session_family WHERE id IN (
             SELECT id FROM session_family WHERE expires_at < now() - interval '1 day'
             ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)",
        rows_max
    )
    .execute(connection)
    .await?;
    Ok(nonces.rows_affected() + families.rows_affected())
}

/// Notes something that a person or process did.
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
