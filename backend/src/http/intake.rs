//! Authorizations for the two paid actions, ready for a wallet.

use abi::ICustody;
use alloy::primitives::Bytes;
use alloy::sol_types::SolCall;
use axum::Json;
use axum::extract::State;
use plan::{Route, geometry};
use serde::{Deserialize, Serialize};
use signer_client::IntakeKind;
use utoipa::ToSchema;

use super::Server;
use super::error::Problem;
use super::extract::{JsonBody, RegisteredUser, limit_wallet};
use super::parse;
use super::schema::{BaseUnits, Hash, HexBytes, RouteName, SideName, Wallet};
use crate::app::intake::{self, IntakeRequest, Issued};
use crate::app::session::Caller;

/// A request to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Wallet of the sponsor; null only for the first user.
    sponsor: Option<Wallet>,
    /// Hash of the disclosure that was shown.
    disclosure_hash: Hash,
    /// Base units. It may be left out where the plan has one price; refused when the plan does not take it.
    amount: Option<BaseUnits>,
}

/// A request to buy a retopup.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retopup {
    /// Hash of the disclosure that was shown.
    disclosure_hash: Hash,
    /// Base units; refused when it is not the plan's price.
    amount: Option<BaseUnits>,
}

/// A request to buy what the plan sells, for an amount that it takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Purchase {
    /// Hash of the disclosure that was shown.
    disclosure_hash: Hash,
    /// Base units.
    amount: BaseUnits,
}

/// An authorization: send a transaction with `value` and `calldata` to `contract`, from the wallet of the session.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorizationAnswer {
    payload: Payload,
    /// Account that signed.
    signer: Wallet,
    /// 65 bytes.
    signature: HexBytes,
    /// Last second at which the contract accepts it, by the chain's time.
    deadline: u64,
    /// The contract's `ref`; another one in every answer.
    nonce: Hash,
    /// Where the registration would go if it were final now; null for a later payment, in a plan without pools, and of an
    /// authorization that is listed.
    #[schema(required = true)]
    provisional_placement: Option<PlacementView>,
}

/// What was signed, and the transaction to send.
#[derive(Debug, Serialize, ToSchema)]
pub struct Payload {
    intake: IntakeView,
    contract: Wallet,
    chain_id: u64,
    /// Base units to send along.
    value: BaseUnits,
    /// Data of the transaction.
    calldata: HexBytes,
}

/// The contract's `Intake`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntakeView {
    user: Wallet,
    /// Zero for nobody.
    sponsor: Wallet,
    amount: BaseUnits,
    plan_hash: Hash,
    disclosure_hash: Hash,
    #[serde(rename = "ref")]
    reference: Hash,
    deadline: u64,
}

/// A place that is not reserved: the order of the chain decides.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlacementView {
    /// `direct` when the registration enters no pool, `pool` when it does, `split` when a part of it does, `pool_full`
    /// when it would but the tier is full.
    route: RouteName,
    #[schema(required = true)]
    tier: Option<u8>,
    #[schema(required = true)]
    tree: Option<u32>,
    /// Index in level order, from 0.
    #[schema(required = true)]
    index: Option<u32>,
    #[schema(required = true)]
    parent_index: Option<u32>,
    #[schema(required = true)]
    side: Option<SideName>,
    #[schema(required = true)]
    depth: Option<u32>,
}

/// Authorizes the registration of the session's wallet.
#[utoipa::path(post, path = "/users/register", tag = "users", security(("session" = [])),
    request_body = Register, responses((status = 200, body = AuthorizationAnswer)))]
pub async fn register(
    State(server): State<Server>,
    caller: Caller,
    JsonBody(body): JsonBody<Register>,
) -> Result<Json<AuthorizationAnswer>, Problem> {
    let sponsor = body
        .sponsor
        .as_deref()
        .map(|text| parse::wallet("sponsor", text))
        .transpose()?;
    let ask = ask(&body.disclosure_hash, body.amount.as_deref())?;
    limit_wallet(&server, &caller)?;
    let issued = intake::register(&server.app, &caller, sponsor, &ask).await?;
    Ok(Json(AuthorizationAnswer::of(&issued)))
}

/// Authorizes a retopup of the user, who must be the caller.
#[utoipa::path(post, path = "/users/{id}/retopup", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1)),
    request_body = Retopup, responses((status = 200, body = AuthorizationAnswer)))]
pub async fn retopup(
    State(server): State<Server>,
    caller: Caller,
    RegisteredUser(user): RegisteredUser,
    JsonBody(body): JsonBody<Retopup>,
) -> Result<Json<AuthorizationAnswer>, Problem> {
    let ask = ask(&body.disclosure_hash, body.amount.as_deref())?;
    limit_wallet(&server, &caller)?;
    let issued = intake::retopup(&server.app, &caller, &user, &ask).await?;
    Ok(Json(AuthorizationAnswer::of(&issued)))
}

/// Authorizes a further payment of the user, who must be the caller, in a plan without pools.
#[utoipa::path(post, path = "/users/{id}/purchases", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1)),
    request_body = Purchase, responses((status = 200, body = AuthorizationAnswer)))]
pub async fn purchase(
    State(server): State<Server>,
    caller: Caller,
    RegisteredUser(user): RegisteredUser,
    JsonBody(body): JsonBody<Purchase>,
) -> Result<Json<AuthorizationAnswer>, Problem> {
    let ask = ask(&body.disclosure_hash, Some(&body.amount))?;
    limit_wallet(&server, &caller)?;
    let issued = intake::purchase(&server.app, &caller, &user, &ask).await?;
    Ok(Json(AuthorizationAnswer::of(&issued)))
}

fn ask(disclosure_hash: &str, amount: Option<&str>) -> Result<IntakeRequest, Problem> {
    Ok(IntakeRequest {
        disclosure_hash: parse::hash("disclosure_hash", disclosure_hash)?,
        amount: amount.map(|text| parse::amount("amount", text)).transpose()?,
    })
}

impl AuthorizationAnswer {
    pub(super) fn of(issued: &Issued) -> Self {
        let terms = &issued.terms;
        let intake = signer::message::intake(terms);
        let signer = issued.signer;
        let signature = Bytes::copy_from_slice(&issued.signature);
        let signature_shown = signature.clone().into();
        let view = IntakeView {
            user: intake.user.into(),
            sponsor: intake.sponsor.into(),
            amount: terms.amount.into(),
            plan_hash: terms.plan_hash.into(),
            disclosure_hash: terms.disclosure_hash.into(),
            reference: terms.deposit_ref.into(),
            deadline: terms.deadline,
        };
        let calldata = match terms.kind {
            IntakeKind::Registration => ICustody::registerCall {
                intake,
                signer,
                signature,
            }
            .abi_encode(),
            IntakeKind::Retopup => ICustody::retopupCall {
                intake,
                signer,
                signature,
            }
            .abi_encode(),
        };
        Self {
            payload: Payload {
                intake: view,
                contract: terms.contract.into(),
                chain_id: terms.chain_id,
                value: terms.amount.into(),
                calldata: Bytes::from(calldata).into(),
            },
            signer: signer.into(),
            signature: signature_shown,
            deadline: terms.deadline,
            nonce: terms.deposit_ref.into(),
            provisional_placement: issued.route.map(PlacementView::of),
        }
    }
}

impl PlacementView {
    fn of(route: Route) -> Self {
        let place = route.place();
        let index = place.map(|(_, index)| index);
        Self {
            route: route.name().into(),
            tier: place.map(|_| ledger::Tier::FIRST.get()),
            tree: place.map(|(tree, _)| tree.get()),
            index,
            parent_index: index.and_then(geometry::parent),
            side: index.map(|index| geometry::side(index).name().into()),
            depth: index.map(geometry::depth),
        }
    }
}
