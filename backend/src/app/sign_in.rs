//! Signing in with a wallet: a nonce is issued, the signed message comes back, a session begins.

use serde_json::json;
use store::session::{self, NonceUse};
use store::{StoreError, audit_log, user};
use thiserror::Error;

use super::head::HeadError;
use super::session::{Tokens, begin};
use super::{App, now, random};
use crate::agreement;
use crate::login::{self, Expected, MESSAGE_SECONDS_MAX, Refused};

/// A nonce for one login.
#[derive(Debug, Clone)]
pub struct Nonce {
    /// 128 bits as hexadecimal digits.
    pub nonce: String,
    /// Seconds since 1970-01-01 UTC.
    pub expires_at: i64,
}

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum SignInError {
    /// Message or signature break a rule.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The wallet did not sign it, as far as its key or its contract say.
    #[error("the signature is not that of the wallet in the message")]
    BadSignature,
    /// The contract of the wallet could not be asked.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The nonce was not issued here.
    #[error("the nonce was not issued here")]
    UnknownNonce,
    /// The nonce has already been used.
    #[error("the nonce has already been used")]
    ReusedNonce,
    /// The nonce was issued too long ago.
    #[error("the nonce has expired")]
    ExpiredNonce,
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Issues a nonce.
pub async fn issue_nonce(app: &App) -> Result<Nonce, StoreError> {
    let nonce = hex::encode(random::<16>());
    let expires_at =
        session::insert_nonce(&mut *app.connection().await?, &nonce, MESSAGE_SECONDS_MAX).await?;
    Ok(Nonce { nonce, expires_at })
}

/// Checks a signed message, uses its nonce up and begins a session, both or neither.
pub async fn sign_in(app: &App, message: &str, signature: Vec<u8>) -> Result<Tokens, SignInError> {
    let signed = login::check(
        message,
        Expected {
            origin: &app.origin,
            chain_id: app.ledger.chain_id,
            now: now(),
        },
    )?;
    let (wallet, digest) = (signed.wallet, signed.digest);
    let signature = approval::normalize(wallet, digest, signature);
    let has_signed = agreement::has_signed(app.chain.as_ref(), wallet, digest, &signature);
    if !has_signed.await.map_err(HeadError::from)? {
        return Err(SignInError::BadSignature);
    }
    let mut transaction = app.pool.begin().await.map_err(StoreError::from)?;
    match session::use_nonce(&mut transaction, &signed.nonce).await? {
        NonceUse::Used => {}
        NonceUse::Unknown => return Err(SignInError::UnknownNonce),
        NonceUse::Reused => return Err(SignInError::ReusedNonce),
        NonceUse::Expired => return Err(SignInError::ExpiredNonce),
    }
    let tokens = begin(&mut transaction, signed.wallet).await?;
    if let Some(roles) = user::find_operator_roles(&mut transaction, signed.wallet).await? {
        let detail = json!({ "roles": roles });
        audit_log::insert(&mut transaction, signed.wallet, "operator.signed_in", "", &detail).await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(tokens)
}
