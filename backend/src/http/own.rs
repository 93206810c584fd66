//! What a wallet has done and can do on its own: authorizations, commands, and exits from the contract.

use abi::ICustody;
use alloy_primitives::B256;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::api::commands;
use store::authorization::kind_name;
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::extract::{Path, Query};
use super::history::Page;
use super::intake::AuthorizationAnswer;
use super::parse;
use super::schema::{AuthorizationState, BaseUnits, CommandState, Cursor, DepositKindName, Hash, Wallet};
use super::transaction::TransactionView;
use crate::app::authorizations::{self, State as Became};
use crate::app::exits;
use crate::app::session::Caller;

/// Authorizations, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorizationsAnswer {
    authorizations: Vec<AuthorizationView>,
    /// For the next page; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// An authorization that was requested.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorizationView {
    /// The contract's `ref`.
    #[serde(rename = "ref")]
    reference: Hash,
    kind: DepositKindName,
    /// `open` can be used; `mined` is on the chain, but not final and posted; `unsigned` has no signature of the signer.
    state: AuthorizationState,
    #[schema(required = true)]
    sponsor: Option<Wallet>,
    amount: BaseUnits,
    /// Last second at which the contract accepts it, by the chain's time.
    deadline: u64,
    /// Seconds since 1970-01-01 UTC.
    requested_at: i64,
    /// As it was answered, but for the placement, while it can be used and intake is not stopped.
    #[schema(required = true)]
    authorization: Option<AuthorizationAnswer>,
}

/// The status of a command.
#[derive(Debug, Serialize, ToSchema)]
pub struct FateAnswer {
    command_id: i64,
    /// `waiting` is not posted yet; `done` had its effect; `ignored` had none.
    state: CommandState,
    /// Number of the fact, once it is posted.
    #[schema(required = true)]
    fact_seq: Option<i64>,
    /// Why it had no effect, such as `unchanged` or `tier_finished`.
    #[schema(required = true)]
    cause: Option<String>,
    /// Seconds since 1970-01-01 UTC.
    accepted_at: i64,
}

/// To whom.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExitSearch {
    /// Who receives it; their own wallet when it is absent.
    to: Option<Wallet>,
}

/// What the wallet can take back from the contract by itself. `GET /users/{id}/proof` has the transaction of a claim.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExitsAnswer {
    /// At most 100 that are final, and those that are not final yet.
    refunds: Vec<RefundView>,
    /// Null without credit.
    #[schema(required = true)]
    credit: Option<CreditView>,
}

/// A deposit that can be refunded.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefundView {
    /// The contract's `ref`.
    #[serde(rename = "ref")]
    reference: Hash,
    kind: DepositKindName,
    amount: BaseUnits,
    /// Last second at which the contract refunds it, by the chain's time.
    refundable_until: u64,
    transaction: TransactionView,
}

/// What the contract keeps for the wallet.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreditView {
    amount: BaseUnits,
    transaction: TransactionView,
}

/// Authorizations that the wallet requested, newest first, with the outcome of each.
#[utoipa::path(get, path = "/users/me/authorizations", operation_id = "list_authorizations", tag = "users",
    security(("session" = [])), params(Page), responses((status = 200, body = AuthorizationsAnswer)))]
pub async fn authorizations(
    State(server): State<Server>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Json<AuthorizationsAnswer>, Problem> {
    let limit = parse::page(page.limit)?;
    let below = parse::read_cursor('a', page.cursor.as_deref())?.unwrap_or((parse::NEWEST_US, B256::ZERO));
    let mut found = authorizations::list(&server.app, caller.wallet, below, limit + 1).await?;
    let next_cursor = parse::next_page(&mut found, limit, |(last, _)| {
        parse::cursor('a', last.created_at_us, last.request.reference)
    });
    let views = found.iter().map(|(kept, state)| AuthorizationView {
        reference: kept.request.reference.into(),
        kind: kind_name(kept.request.kind).into(),
        state: state.name().into(),
        sponsor: kept.request.sponsor.map(Wallet::from),
        amount: kept.request.amount.into(),
        deadline: kept.request.deadline,
        requested_at: kept.created_at_us.div_euclid(parse::MICROS),
        authorization: (*state == Became::Open)
            .then(|| authorizations::issued(&server.app, kept))
            .flatten()
            .map(|issued| AuthorizationAnswer::of(&issued)),
    });
    Ok(Json(AuthorizationsAnswer {
        authorizations: views.collect(),
        next_cursor,
    }))
}

/// The outcome of a command of the wallet.
#[utoipa::path(get, path = "/users/me/commands/{id}", operation_id = "find_command", tag = "users",
    security(("session" = [])),
    params(("id" = i64, Path, description = "`command_id` of an answer", minimum = 1)),
    responses((status = 200, body = FateAnswer)))]
pub async fn command(
    State(server): State<Server>,
    caller: Caller,
    Path(id): Path<i64>,
) -> Result<Json<FateAnswer>, Problem> {
    let fate = commands::find(&mut *server.app.connection().await?, id, caller.wallet).await?;
    let fate = fate.ok_or_else(|| Problem::new(Code::UnknownCommand))?;
    Ok(Json(FateAnswer {
        command_id: id,
        state: match (fate.fact_seq, &fate.ignored) {
            (None, _) => "waiting".into(),
            (Some(_), None) => "done".into(),
            (Some(_), Some(_)) => "ignored".into(),
        },
        fact_seq: fate.fact_seq,
        cause: fate.ignored,
        accepted_at: fate.accepted_at,
    }))
}

/// Refunds and credit that the wallet can take from the contract, each with its transaction.
#[utoipa::path(get, path = "/users/me/exits", operation_id = "list_exits", tag = "users", security(("session" = [])),
    params(ExitSearch), responses((status = 200, body = ExitsAnswer)))]
pub async fn exits(
    State(server): State<Server>,
    caller: Caller,
    Query(search): Query<ExitSearch>,
) -> Result<Json<ExitsAnswer>, Problem> {
    let read = |text: &str| {
        let malformed = |_| Problem::because(Code::MalformedQuery, "to must be a wallet address");
        parse::wallet("to", text).map_err(malformed)
    };
    let to = search
        .to
        .as_deref()
        .map(read)
        .transpose()?
        .unwrap_or(caller.wallet);
    let ledger = &server.app.ledger;
    let exits = exits::of(&server.app, caller.wallet).await?;
    let refunds = exits.refunds.into_iter().map(|refund| RefundView {
        reference: refund.reference.into(),
        kind: refund.kind.into(),
        amount: refund.amount.into(),
        refundable_until: refund.refundable_until,
        transaction: TransactionView::of(
            ledger,
            &ICustody::refundCall {
                r#ref: refund.reference,
                to,
            },
        ),
    });
    Ok(Json(ExitsAnswer {
        refunds: refunds.collect(),
        credit: (!exits.credit.is_zero()).then(|| CreditView {
            amount: exits.credit.into(),
            transaction: TransactionView::of(ledger, &ICustody::withdrawCreditCall { to }),
        }),
    }))
}
