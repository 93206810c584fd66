//! Signing in, refreshing, signing out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::extract::{AccessToken, JsonBody, SignInPermit};
use super::parse;
use super::schema::{LoginMessage, Wallet, WalletSignature};
use super::users::UserView;
use crate::app::session::{Client, Tokens};
use crate::app::{profile, session, sign_in};

/// What a login message (EIP-4361) must contain.
#[derive(Debug, Serialize, ToSchema)]
pub struct NonceAnswer {
    /// Single use.
    nonce: String,
    /// Seconds since 1970-01-01 UTC.
    expires_at: i64,
    domain: String,
    uri: String,
    version: &'static str,
    chain_id: u64,
}

/// A signed login message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WalletLogin {
    /// The whole text, as it was signed.
    message: LoginMessage,
    /// Made by `personal_sign`.
    signature: WalletSignature,
}

/// A refresh token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    #[schema(max_length = 128)]
    refresh_token: String,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionAnswer {
    /// For the header `authorization: Bearer …`.
    access_token: String,
    /// For `/auth/refresh`; single use, but for a repeat within ten seconds.
    refresh_token: String,
    /// When the access token ends, in seconds since 1970-01-01 UTC.
    expires_at: i64,
    wallet: Wallet,
    /// Null before the registration is final.
    #[schema(required = true)]
    user: Option<UserView>,
}

/// Issues a nonce for a login message.
#[utoipa::path(post, path = "/auth/nonce", operation_id = "issue_nonce", tag = "session", responses((status = 200, body = NonceAnswer)))]
pub async fn nonce(
    State(server): State<Server>,
    _permit: SignInPermit,
) -> Result<Json<NonceAnswer>, Problem> {
    let issued = sign_in::issue_nonce(&server.app).await?;
    Ok(Json(NonceAnswer {
        nonce: issued.nonce,
        expires_at: issued.expires_at,
        domain: server.app.origin.domain.clone(),
        uri: server.app.origin.uri.clone(),
        version: "1",
        chain_id: server.app.ledger.chain_id,
    }))
}

/// Begins a session with a signed login message.
#[utoipa::path(post, path = "/auth/wallet", operation_id = "sign_in", tag = "session", request_body = WalletLogin,
    responses((status = 200, body = SessionAnswer)))]
pub async fn wallet(
    State(server): State<Server>,
    _permit: SignInPermit,
    JsonBody(login): JsonBody<WalletLogin>,
) -> Result<Json<SessionAnswer>, Problem> {
    let signature = parse::signature(&login.signature).map_err(|_| Problem::new(Code::BadSignature))?;
    let tokens = sign_in::sign_in(&server.app, &login.message, signature).await?;
    answer(&server, tokens).await
}

/// Exchanges a refresh token for a new pair. A refresh token that comes a second time ends the login; within ten seconds
/// and from the same client it gets the same pair again.
#[utoipa::path(post, path = "/auth/refresh", tag = "session", request_body = Refresh,
    responses((status = 200, body = SessionAnswer)))]
pub async fn refresh(
    State(server): State<Server>,
    _permit: SignInPermit,
    client: Client,
    JsonBody(body): JsonBody<Refresh>,
) -> Result<Json<SessionAnswer>, Problem> {
    let tokens = session::refresh(&server.app, &body.refresh_token, client).await?;
    answer(&server, tokens).await
}

/// Ends the login with all of its sessions.
#[utoipa::path(post, path = "/auth/logout", operation_id = "sign_out", tag = "session", security(("session" = [])),
    responses((status = 204, description = "The login has ended")))]
pub async fn logout(State(server): State<Server>, token: AccessToken) -> Result<StatusCode, Problem> {
    session::sign_out(&server.app, &token.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn answer(server: &Server, tokens: Tokens) -> Result<Json<SessionAnswer>, Problem> {
    let (user, _) = profile::find(&server.app, tokens.wallet).await?;
    Ok(Json(SessionAnswer {
        access_token: tokens.access,
        refresh_token: tokens.refresh,
        expires_at: tokens.expires_at,
        wallet: tokens.wallet.into(),
        user: user.as_ref().map(UserView::from),
    }))
}
