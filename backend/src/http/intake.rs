//! Authorizations for the two paid actions, ready for a wallet.

use abi::ICustody;
use alloy::primitives::{Bytes, U256};
use alloy::sol_types::SolCall;
use axum::Json;
use axum::extract::State;
use plan::{Route, geometry};
use serde::{Deserialize, Serialize};
use signer_client::IntakeKind;
use utoipa::ToSchema;

use super::Server;
use super::error::Problem;
use super::extract::{Body, RegisteredUser, limit_wallet};
use super::schema::{BaseUnits, Hash, HexBytes, RouteName, SideName, Wallet};
use super::words::{self, shown};
use crate::app::intake::{self, Ask, Issued};
use crate::app::session::Caller;

/// A request to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Wallet of the sponsor; null only for the first user.
    #[schema(value_type = Option<Wallet>)]
    sponsor: Option<String>,
    /// Hash of the disclosure that was shown.
    #[schema(value_type = Hash)]
    disclosure_hash: String,
    /// Base units; refused when it is not the plan's price.
    #[schema(value_type = Option<BaseUnits>)]
    amount: Option<String>,
}

/// A request to buy a retopup.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retopup {
    /// Hash of the disclosure that was shown.
    #[schema(value_type = Hash)]
    disclosure_hash: String,
    /// Base units; refused when it is not the plan's price.
    #[schema(value_type = Option<BaseUnits>)]
    amount: Option<String>,
}

/// An authorization: send a transaction with `value` and `calldata` to `contract`, from the wallet of the session.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorizationAnswer {
    payload: Payload,
    /// Account that signed.
    #[schema(value_type = Wallet)]
    signer: String,
    /// 65 bytes.
    #[schema(value_type = HexBytes)]
    signature: String,
    /// Last second at which the contract accepts it, by the chain's time.
    deadline: u64,
    /// The contract's `ref`; another one in every answer.
    #[schema(value_type = Hash)]
    nonce: String,
    /// Where the registration would go if it were final now; null for a retopup, and of an authorization that is listed.
    #[schema(required = true)]
    provisional_placement: Option<PlacementView>,
}

/// What was signed, and the transaction to send.
#[derive(Debug, Serialize, ToSchema)]
pub struct Payload {
    intake: IntakeView,
    #[schema(value_type = Wallet)]
    contract: String,
    chain_id: u64,
    /// Base units to send along.
    #[schema(value_type = BaseUnits)]
    value: String,
    /// Data of the transaction.
    #[schema(value_type = HexBytes)]
    calldata: String,
}

/// The contract's `Intake`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntakeView {
    #[schema(value_type = Wallet)]
    user: String,
    /// Zero for nobody.
    #[schema(value_type = Wallet)]
    sponsor: String,
    #[schema(value_type = BaseUnits)]
    amount: String,
    #[schema(value_type = Hash)]
    plan_hash: String,
    #[schema(value_type = Hash)]
    disclosure_hash: String,
    #[serde(rename = "ref")]
    #[schema(value_type = Hash)]
    reference: String,
    deadline: u64,
}

/// A place that is not reserved: the order of the chain decides.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlacementView {
    /// `direct` when the registration enters no pool, `pool` when it does, `split` when a part of it does, `pool_full`
    /// when it would but the tier is full.
    #[schema(value_type = RouteName)]
    route: &'static str,
    #[schema(required = true)]
    tier: Option<u8>,
    #[schema(required = true)]
    tree: Option<u32>,
    /// Index in level order, from 0.
    #[schema(required = true)]
    index: Option<u32>,
    #[schema(required = true)]
    parent_index: Option<u32>,
    #[schema(value_type = Option<SideName>, required = true)]
    side: Option<&'static str>,
    #[schema(required = true)]
    depth: Option<u32>,
}

/// Authorizes the registration of the session's wallet.
#[utoipa::path(post, path = "/users/register", tag = "users", security(("session" = [])),
    request_body = Register, responses((status = 200, body = AuthorizationAnswer)))]
pub async fn register(
    State(server): State<Server>,
    caller: Caller,
    Body(body): Body<Register>,
) -> Result<Json<AuthorizationAnswer>, Problem> {
    let sponsor = body
        .sponsor
        .as_deref()
        .map(|text| words::wallet("sponsor", text))
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
    Body(body): Body<Retopup>,
) -> Result<Json<AuthorizationAnswer>, Problem> {
    let ask = ask(&body.disclosure_hash, body.amount.as_deref())?;
    limit_wallet(&server, &caller)?;
    let issued = intake::retopup(&server.app, &caller, &user, &ask).await?;
    Ok(Json(AuthorizationAnswer::of(&issued)))
}

fn ask(disclosure_hash: &str, amount: Option<&str>) -> Result<Ask, Problem> {
    Ok(Ask {
        disclosure_hash: words::hash("disclosure_hash", disclosure_hash)?,
        amount: amount.map(|text| words::amount("amount", text)).transpose()?,
    })
}

impl AuthorizationAnswer {
    pub(super) fn of(issued: &Issued) -> Self {
        let terms = &issued.terms;
        let intake = ICustody::Intake {
            user: terms.user,
            sponsor: terms.sponsor.unwrap_or_default(),
            amount: U256::from(terms.amount.base_units()),
            planHash: terms.plan_hash,
            disclosureHash: terms.disclosure_hash,
            r#ref: terms.deposit_ref,
            deadline: U256::from(terms.deadline),
        };
        let signer = issued.signer;
        let signature = Bytes::copy_from_slice(&issued.signature);
        let view = IntakeView {
            user: shown(intake.user),
            sponsor: shown(intake.sponsor),
            amount: terms.amount.to_string(),
            plan_hash: terms.plan_hash.to_string(),
            disclosure_hash: terms.disclosure_hash.to_string(),
            reference: terms.deposit_ref.to_string(),
            deadline: terms.deadline,
        };
        let signature_text = signature.to_string();
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
                contract: shown(terms.contract),
                chain_id: terms.chain_id,
                value: terms.amount.to_string(),
                calldata: Bytes::from(calldata).to_string(),
            },
            signer: shown(signer),
            signature: signature_text,
            deadline: terms.deadline,
            nonce: terms.deposit_ref.to_string(),
            provisional_placement: issued.route.map(PlacementView::of),
        }
    }
}

impl PlacementView {
    fn of(route: Route) -> Self {
        let place = route.place();
        let index = place.map(|(_, index)| index);
        Self {
            route: route.name(),
            tier: place.map(|_| ledger::Tier::FIRST.get()),
            tree: place.map(|(tree, _)| tree.get()),
            index,
            parent_index: index.and_then(geometry::parent),
            side: index.map(|index| geometry::side(index).name()),
            depth: index.map(geometry::depth),
        }
    }
}
