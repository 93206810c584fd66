//! Taking matured rewards out of the wallet balance.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::error::Problem;
use super::extract::{IdempotencyKey, JsonBody, OwnUser, Query};
use super::parse;
use super::reserve::{CommandAnswer, MessageAnswer};
use super::schema::{BaseUnits, IdempotencyKeyText, WalletSignature};
use super::withholding::policy_name;
use crate::app::withdrawals::{self as use_case, WithdrawalQuote};

/// How much is to be taken out.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WithdrawalSearch {
    /// Base units, fee and tax included.
    amount: BaseUnits,
}

/// What a withdrawal would give now, and what the wallet signs for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithdrawalQuoteAnswer {
    /// Base units that leave the wallet balance: the sum of the other four.
    amount: BaseUnits,
    /// Base units of tax, all policies together.
    withheld: BaseUnits,
    /// What each policy that concerns the withdrawal takes of it; empty where the plan withholds nothing from withdrawals.
    taxes: Vec<QuotedTax>,
    /// Base units that the operator keeps.
    fee: BaseUnits,
    /// Base units that pay what the user owes after corrections.
    owed: BaseUnits,
    /// Base units that the chain may pay then.
    net: BaseUnits,
    message: MessageAnswer,
}

/// What one policy takes of a withdrawal.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuotedTax {
    /// Name of the policy.
    policy: String,
    /// The calendar year in which the financial year starts.
    financial_year: u32,
    /// Base units that are taxed: more than the amount where it crosses a threshold.
    base: BaseUnits,
    /// Basis points: 10000 is the whole.
    rate_bps: u16,
    /// Base units of tax.
    amount: BaseUnits,
}

/// A request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalRequest {
    /// Base units, fee and tax included.
    amount: BaseUnits,
    /// The wallet's signature over the request: 65 bytes in hexadecimal with prefix. `GET /users/{id}/withdrawals/quote` has the
    /// message.
    signature: WalletSignature,
}

/// What taking an amount out of the wallet balance gives now; the `Idempotency-Key` is that of the request.
#[utoipa::path(get, path = "/users/{id}/withdrawals/quote", operation_id = "quote_withdrawal", tag = "users", security(("session" = [])), params(WithdrawalSearch,
    ("id" = i32, Path, description = "Number of the user", minimum = 1),
    ("idempotency-key" = IdempotencyKeyText, Header, description = "The caller's idempotency key for the request, 1 to 128 printable ASCII characters")),
    responses((status = 200, body = WithdrawalQuoteAnswer)))]
pub async fn quote(
    State(server): State<Server>,
    OwnUser(user): OwnUser,
    IdempotencyKey(key): IdempotencyKey,
    Query(search): Query<WithdrawalSearch>,
) -> Result<Json<WithdrawalQuoteAnswer>, Problem> {
    let amount = parse::amount("amount", &search.amount)?;
    let WithdrawalQuote {
        amount,
        withheld,
        taxes,
        fee,
        owed,
        net,
    } = use_case::quote(&server.app, &user, amount).await?;
    let message = use_case::command(&user, amount, &key).message();
    Ok(Json(WithdrawalQuoteAnswer {
        amount: amount.into(),
        withheld: withheld.into(),
        taxes: taxes
            .iter()
            .map(|line| QuotedTax {
                policy: policy_name(&server.app.ledger.plan, line.policy.saturating_add(1)),
                financial_year: line.year.get(),
                base: line.base.into(),
                rate_bps: line.rate.get(),
                amount: line.amount.into(),
            })
            .collect(),
        fee: fee.into(),
        owed: owed.into(),
        net: net.into(),
        message: MessageAnswer::of(&message, &server.app.domain()),
    }))
}

/// Takes an amount out of the wallet balance; with the same `Idempotency-Key` a repeat changes nothing.
#[utoipa::path(post, path = "/users/{id}/withdrawals", operation_id = "request_withdrawal", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1),
           ("idempotency-key" = IdempotencyKeyText, Header, description = "The caller's idempotency key for this command, 1 to 128 printable ASCII characters")),
    request_body = WithdrawalRequest, responses((status = 202, body = CommandAnswer)))]
pub async fn request(
    State(server): State<Server>,
    OwnUser(user): OwnUser,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(body): JsonBody<WithdrawalRequest>,
) -> Result<(StatusCode, Json<CommandAnswer>), Problem> {
    let amount = parse::amount("amount", &body.amount)?;
    let signature = parse::signature(&body.signature)?;
    let stored = use_case::request(&server.app, &user, amount, &key, signature).await?;
    Ok((StatusCode::ACCEPTED, Json(stored.into())))
}
