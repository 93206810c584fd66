//! Sessions: who has a token, refreshing, signing out.
//!
//! Tokens are 256 random bits and stored as their SHA-256 only, so that a copy of the database lets nobody in.

use alloy_primitives::Address;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use store::StoreError;
use store::session::{self, NewSession, SessionState};
use thiserror::Error;

use super::{App, random};

/// Life of an access token in seconds: what is stolen is soon worthless.
pub const ACCESS_SECONDS: u32 = 15 * 60;
/// Life of a refresh token in seconds: 30 days without use end a session.
pub const REFRESH_SECONDS: u32 = 30 * 24 * 60 * 60;

/// Tokens of a session, shown once.
#[derive(Clone)]
pub struct Tokens {
    /// For requests.
    pub access: String,
    /// For the next pair; can be used once.
    pub refresh: String,
    /// When the access token ends, in seconds since 1970-01-01 UTC.
    pub expires_at: i64,
    /// Whose.
    pub wallet: Address,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens")
            .field("wallet", &self.wallet)
            .finish_non_exhaustive()
    }
}

/// Whoever sent a good access token.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The wallet.
    pub wallet: Address,
    /// All sessions of this login.
    pub family: [u8; 16],
}

/// Why a token is not accepted.
#[derive(Debug, Error)]
pub enum SessionError {
    /// Nobody has this token.
    #[error("the token is unknown")]
    Unknown,
    /// The session ended.
    #[error("the session has ended")]
    Ended,
    /// A refresh token came a second time: one of the two holders is a thief, so the whole family ends.
    #[error("the refresh token was used before")]
    Reused,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for SessionError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Begins or continues a session.
pub(super) async fn issue(
    connection: &mut PgConnection,
    family: [u8; 16],
    wallet: Address,
) -> Result<Tokens, StoreError> {
    let (access, refresh) = (hex::encode(random::<32>()), hex::encode(random::<32>()));
    let session = NewSession {
        family,
        wallet,
        access_hash: digest(&access),
        refresh_hash: digest(&refresh),
        access_seconds: ACCESS_SECONDS,
        refresh_seconds: REFRESH_SECONDS,
    };
    let expires_at = session::insert(connection, &session).await?;
    Ok(Tokens {
        access,
        refresh,
        expires_at,
        wallet,
    })
}

/// Who has this access token.
///
/// # Errors
/// [`SessionError`].
pub async fn authenticate(app: &App, access: &str) -> Result<Caller, SessionError> {
    let found = session::find(&mut *app.connection().await?, &digest(access)).await?;
    let session = found.ok_or(SessionError::Unknown)?;
    match session.state {
        SessionState::Live => Ok(Caller {
            wallet: session.wallet,
            family: session.family,
        }),
        SessionState::Ended => Err(SessionError::Ended),
    }
}

/// Gives a new pair of tokens for a refresh token.
///
/// # Errors
/// [`SessionError`].
pub async fn refresh(app: &App, refresh: &str) -> Result<Tokens, SessionError> {
    let mut transaction = app.pool.begin().await?;
    let found = session::lock_by_refresh(&mut transaction, &digest(refresh)).await?;
    let session = found.ok_or(SessionError::Unknown)?;
    if session.ended {
        return Err(SessionError::Ended);
    }
    if session.refreshed {
        session::update_family_revoked(&mut transaction, &session.family).await?;
        let actor = format!("{:#x}", session.wallet);
        let subject = hex::encode(session.family);
        session::insert_audit(&mut transaction, &actor, "session.refresh_reused", &subject).await?;
        transaction.commit().await?;
        return Err(SessionError::Reused);
    }
    session::update_refreshed(&mut transaction, session.id).await?;
    let tokens = issue(&mut transaction, session.family, session.wallet).await?;
    transaction.commit().await?;
    Ok(tokens)
}

/// Ends all sessions of the caller's login.
///
/// # Errors
/// The database does not answer.
pub async fn sign_out(app: &App, caller: &Caller) -> Result<(), StoreError> {
    session::update_family_revoked(&mut *app.connection().await?, &caller.family).await
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
