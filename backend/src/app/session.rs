//! Sessions: who has a token, refreshing, signing out.
//!
//! Tokens are 256 random bits and stored as their SHA-256 only, so that a copy of the database lets nobody in. A refresh
//! token has a second part that all refresh tokens of one login share: whoever shows it with another first part than the
//! newest holds a used token, and the login ends. Why a repeat within seconds is answered instead: ADR 0030.

use alloy_primitives::Address;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use store::session::{self, Family, NewFamily, NewSession, Refresh, Refreshed, SessionState};
use store::{StoreError, audit_log, user};
use thiserror::Error;

use super::{App, random};

/// Life of an access token in seconds: what is stolen is soon worthless.
pub const ACCESS_SECONDS: u32 = 15 * 60;
/// Life of a refresh token in seconds: 30 days without use end a session.
pub const REFRESH_SECONDS: u32 = 30 * 24 * 60 * 60;
/// How long the client that refreshed gets the same pair again: two tabs that wake up together, or an answer that was
/// lost, are seconds apart.
pub const GRACE_SECONDS: u32 = 10;

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

service::redact!(Tokens { wallet });

/// Whoever sent a good access token.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The wallet.
    pub wallet: Address,
    /// The login.
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
    /// A refresh token came a second time: one of the two holders is a thief, so the whole login ends.
    #[error("the refresh token has already been used")]
    Reused,
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

store::from_sqlx!(SessionError);

/// Who refreshes, as far as a server can see it: the hash of the client's address (an IPv6 one without its last half)
/// and its `user-agent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client([u8; 32]);

impl Client {
    /// The client with this address, as the rate limiter counts it, and this `user-agent`.
    pub fn new(address: &[u8], user_agent: &[u8]) -> Self {
        let address = Sha256::digest(address);
        Self(
            Sha256::new_with_prefix(address)
                .chain_update(user_agent)
                .finalize()
                .into(),
        )
    }
}

/// The secrets of a pair of tokens.
struct Secrets {
    access: [u8; 32],
    refresh: [u8; 32],
}

impl Secrets {
    fn random() -> Self {
        Self {
            access: random(),
            refresh: random(),
        }
    }

    /// The pair that follows on a refresh token: whoever has the token and the salt, which no one else has together,
    /// makes the same pair again.
    fn following(presented: &RefreshToken, salt: &[u8; 32]) -> Self {
        let derive = |what: &[u8]| {
            let mut mac =
                Hmac::<Sha256>::new_from_slice(&presented.secret).expect("HMAC takes keys of any length");
            mac.update(salt);
            mac.update(what);
            mac.finalize().into_bytes().into()
        };
        Self {
            access: derive(b"access"),
            refresh: derive(b"refresh"),
        }
    }
}

/// A refresh token: the secret of the login, and one of its own.
struct RefreshToken {
    family: [u8; 32],
    secret: [u8; 32],
}

impl RefreshToken {
    fn parse(text: &str) -> Option<Self> {
        let (family, secret) = text.split_at_checked(64)?;
        let read = |part: &str| {
            let mut bytes = [0; 32];
            hex::decode_to_slice(part, &mut bytes).ok().map(|()| bytes)
        };
        Some(Self {
            family: read(family)?,
            secret: read(secret)?,
        })
    }

    fn text(&self) -> String {
        format!("{}{}", hex::encode(self.family), hex::encode(self.secret))
    }

    fn family_hash(&self) -> [u8; 32] {
        Sha256::digest(self.family).into()
    }

    fn hash(&self) -> [u8; 32] {
        digest(&self.text())
    }
}

/// Begins a login.
pub(super) async fn begin(transaction: &mut PgConnection, wallet: Address) -> Result<Tokens, StoreError> {
    let secrets = Secrets::random();
    let refresh = RefreshToken {
        family: random(),
        secret: secrets.refresh,
    };
    let family = NewFamily {
        id: random(),
        wallet,
        secret_hash: refresh.family_hash(),
        refresh_seconds: REFRESH_SECONDS,
    };
    session::insert_family(transaction, &family).await?;
    issue(transaction, family.id, wallet, &secrets.access, &refresh).await
}

/// Stores a pair of tokens.
async fn issue(
    transaction: &mut PgConnection,
    family: [u8; 16],
    wallet: Address,
    access: &[u8; 32],
    refresh: &RefreshToken,
) -> Result<Tokens, StoreError> {
    let access = hex::encode(access);
    let session = NewSession {
        family,
        access_hash: digest(&access),
        refresh_hash: refresh.hash(),
        access_seconds: ACCESS_SECONDS,
    };
    let expires_at = session::insert(transaction, &session).await?;
    Ok(Tokens {
        access,
        refresh: refresh.text(),
        expires_at,
        wallet,
    })
}

/// Who has this access token.
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

/// Gives a new pair of tokens for a refresh token; the same pair again to the same client within seconds.
pub async fn refresh(app: &App, refresh: &str, client: Client) -> Result<Tokens, SessionError> {
    let presented = RefreshToken::parse(refresh).ok_or(SessionError::Unknown)?;
    let mut transaction = app.pool.begin().await?;
    let found = session::lock_family(&mut transaction, &presented.family_hash()).await?;
    let family = found.ok_or(SessionError::Unknown)?;
    if family.ended {
        return Err(SessionError::Ended);
    }
    let session = session::find_by_refresh(&mut transaction, &family, &presented.hash()).await?;
    let outcome = match session.map(|session| (session.id, session.refreshed)) {
        Some((id, None)) => Ok(follow(&mut transaction, &family, id, &presented, client).await?),
        Some((_, Some(refreshed))) if is_repeat(&refreshed, client) => {
            Ok(again(&mut transaction, &family, &presented, &refreshed).await?)
        }
        Some((_, Some(_))) | None => {
            session::revoke_family(&mut transaction, &family.id).await?;
            let actor = format!("{:#x}", family.wallet);
            let subject = hex::encode(family.id);
            session::insert_audit(&mut transaction, &actor, "session.refresh_reused", &subject).await?;
            Err(SessionError::Reused)
        }
    };
    transaction.commit().await?;
    outcome
}

fn is_repeat(refreshed: &Refreshed, client: Client) -> bool {
    refreshed.age_seconds < f64::from(GRACE_SECONDS) && refreshed.client_hash == client.0
}

/// The pair that follows on this session.
async fn follow(
    transaction: &mut PgConnection,
    family: &Family,
    session: i64,
    presented: &RefreshToken,
    client: Client,
) -> Result<Tokens, StoreError> {
    let refresh = Refresh {
        session,
        successor_salt: random(),
        client_hash: client.0,
        grace_seconds: GRACE_SECONDS,
        refresh_seconds: REFRESH_SECONDS,
    };
    session::update_refreshed(transaction, family, &refresh).await?;
    let secrets = Secrets::following(presented, &refresh.successor_salt);
    let next = RefreshToken {
        family: presented.family,
        secret: secrets.refresh,
    };
    issue(transaction, family.id, family.wallet, &secrets.access, &next).await
}

/// The pair that was given for this token before.
async fn again(
    transaction: &mut PgConnection,
    family: &Family,
    presented: &RefreshToken,
    refreshed: &Refreshed,
) -> Result<Tokens, SessionError> {
    let secrets = Secrets::following(presented, &refreshed.successor_salt);
    let access = hex::encode(secrets.access);
    let expires_at = session::find_access_expiry(transaction, &digest(&access)).await?;
    let next = RefreshToken {
        family: presented.family,
        secret: secrets.refresh,
    };
    Ok(Tokens {
        access,
        refresh: next.text(),
        expires_at: expires_at.ok_or(SessionError::Ended)?,
        wallet: family.wallet,
    })
}

/// Ends the login of this access token. Also one that was refreshed just now ends its login: whoever signs out in one tab
/// while another refreshes must not stay signed in.
///
/// # Errors
/// [`SessionError`], never that the session has ended.
pub async fn sign_out(app: &App, access: &str) -> Result<(), SessionError> {
    let mut transaction = app.pool.begin().await.map_err(StoreError::from)?;
    let found = session::find(&mut transaction, &digest(access)).await?;
    let session = found.ok_or(SessionError::Unknown)?;
    let is_first = session::revoke_family(&mut transaction, &session.family).await?;
    let roles = user::find_operator_roles(&mut transaction, session.wallet).await?;
    if let Some(roles) = roles.filter(|_| is_first) {
        let detail = json!({ "roles": roles });
        audit_log::insert(
            &mut transaction,
            session.wallet,
            "operator.signed_out",
            "",
            &detail,
        )
        .await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
