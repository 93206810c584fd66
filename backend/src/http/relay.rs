//! Exits without gas: a user submits a signed message, and the relayer sends it.
//!
//! No session is needed: the signature says who asks, and it can do only what it says.

use abi::ICustody;
use alloy_primitives::U256;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::relay::Relay;
use utoipa::ToSchema;

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::extract::{JsonBody, Path};
use super::parse;
use super::schema::{BaseUnits, Hash, RelayKindName, RelaySignature, RelayStateName, Wallet};
use super::view::view;
use crate::app::relay::{self as use_case, RelayRequest};
use crate::relay::order::{Order, PROOF_MAX, SIGNATURE_BYTES_MAX, sibling};

/// A signed `Refund` of the contract.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RelayRefund {
    /// Reference of the deposit.
    #[serde(rename = "ref")]
    reference: Hash,
    /// Who gets the money.
    to: Wallet,
    /// Last second at which the contract takes it, in seconds since 1970-01-01 UTC.
    deadline: u64,
    /// The depositor's signature.
    signature: RelaySignature,
}

/// A signed `Claim` of the contract.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RelayClaim {
    /// Who is entitled.
    user: Wallet,
    /// Who gets the money.
    to: Wallet,
    root: Hash,
    /// The user's leaf in the root.
    entitled: BaseUnits,
    /// Last second at which the contract takes it, in seconds since 1970-01-01 UTC.
    deadline: u64,
    /// The user's signature.
    signature: RelaySignature,
    /// From the leaf's partner up; looked up when it is missing.
    #[schema(max_items = 32)]
    proof: Option<Vec<RelaySumNode>>,
}

/// A partner on the way to the root.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RelaySumNode {
    hash: Hash,
    /// Sum of the leaves below.
    sum: BaseUnits,
}

/// A signed `Withdrawal` of the contract: the user's whole credit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RelayCredit {
    /// Whose credit it is.
    user: Wallet,
    /// Who gets the money.
    to: Wallet,
    /// The whole credit.
    amount: BaseUnits,
    /// The user's cumulative `paid` in the contract.
    nonce: BaseUnits,
    /// Last second at which the contract takes it, in seconds since 1970-01-01 UTC.
    deadline: u64,
    /// The user's signature.
    signature: RelaySignature,
}

view! {
    /// A message that was handed in.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct RelayAnswer from relay: Relay {
        /// What was signed (EIP-712); identifies the message.
        digest: Hash = relay.digest.into(),
        kind: RelayKindName = relay.kind.name().into(),
        /// Who signed.
        wallet: Wallet = relay.wallet.into(),
        /// `queued` waits for its transaction, `sent` has one, `done` is final, `failed` was abandoned or reverted.
        state: RelayStateName = relay.state.name().into(),
        /// The newest transaction, or the one that was included.
        #[schema(required = true)]
        transaction_hash: Option<Hash> = relay.transaction.map(Hash::from),
        /// A stable code of what failed: `expired`, `reverted`, or the contract's error in lower case.
        #[schema(required = true)]
        failed: Option<String> = relay.failed,
        deadline: u64 = relay.deadline,
        /// Seconds since 1970-01-01 UTC.
        queued_at: i64 = relay.queued_at,
    }
}

/// Hands in a signed refund of one deposit; a repeat finds it.
#[utoipa::path(post, path = "/relay/refund", operation_id = "relay_refund", tag = "relay", request_body = RelayRefund,
    responses((status = 202, body = RelayAnswer)))]
pub async fn refund(
    State(server): State<Server>,
    JsonBody(body): JsonBody<RelayRefund>,
) -> Result<(StatusCode, Json<RelayAnswer>), Problem> {
    let order = Order::Refund(ICustody::Refund {
        r#ref: parse::hash("ref", &body.reference)?,
        to: parse::wallet("to", &body.to)?,
        deadline: U256::from(body.deadline),
    });
    accept(&server, order, &body.signature, None).await
}

/// Hands in a signed claim against a published root; a repeat finds it.
#[utoipa::path(post, path = "/relay/claim", operation_id = "relay_claim", tag = "relay", request_body = RelayClaim,
    responses((status = 202, body = RelayAnswer)))]
pub async fn claim(
    State(server): State<Server>,
    JsonBody(body): JsonBody<RelayClaim>,
) -> Result<(StatusCode, Json<RelayAnswer>), Problem> {
    let order = Order::Claim(ICustody::Claim {
        user: parse::wallet("user", &body.user)?,
        to: parse::wallet("to", &body.to)?,
        root: parse::hash("root", &body.root)?,
        entitled: units("entitled", &body.entitled)?,
        deadline: U256::from(body.deadline),
    });
    let proof = body.proof.map(|proof| siblings(&proof)).transpose()?;
    accept(&server, order, &body.signature, proof).await
}

/// Hands in a signed withdrawal of the user's whole credit; a repeat finds it.
#[utoipa::path(post, path = "/relay/credit", operation_id = "relay_credit", tag = "relay", request_body = RelayCredit,
    responses((status = 202, body = RelayAnswer)))]
pub async fn credit(
    State(server): State<Server>,
    JsonBody(body): JsonBody<RelayCredit>,
) -> Result<(StatusCode, Json<RelayAnswer>), Problem> {
    let order = Order::Credit(ICustody::Withdrawal {
        user: parse::wallet("user", &body.user)?,
        to: parse::wallet("to", &body.to)?,
        amount: units("amount", &body.amount)?,
        nonce: units("nonce", &body.nonce)?,
        deadline: U256::from(body.deadline),
    });
    accept(&server, order, &body.signature, None).await
}

/// The outcome of a message.
#[utoipa::path(get, path = "/relay/{digest}", operation_id = "find_relay", tag = "relay",
    params(("digest" = Hash, Path, description = "What was signed")),
    responses((status = 200, body = RelayAnswer)))]
pub async fn one(
    State(server): State<Server>,
    Path(digest): Path<String>,
) -> Result<Json<RelayAnswer>, Problem> {
    let malformed = |_| Problem::because(Code::MalformedPath, "a digest is 0x and 64 hexadecimal digits");
    let digest = parse::hash("digest", &digest).map_err(malformed)?;
    Ok(Json(use_case::find(&server.app, digest).await?.into()))
}

async fn accept(
    server: &Server,
    order: Order,
    signature: &str,
    proof: Option<Vec<ICustody::SumNode>>,
) -> Result<(StatusCode, Json<RelayAnswer>), Problem> {
    let signature = parse::signature(signature)?;
    if signature.len() > SIGNATURE_BYTES_MAX {
        let detail = format!("longer than the {SIGNATURE_BYTES_MAX} bytes that are relayed");
        return Err(Problem::field("signature", &detail));
    }
    let ask = RelayRequest {
        order,
        signature,
        proof,
    };
    let relay = use_case::accept(&server.app, ask).await?;
    Ok((StatusCode::ACCEPTED, Json(relay.into())))
}

fn siblings(proof: &[RelaySumNode]) -> Result<Vec<ICustody::SumNode>, Problem> {
    if proof.len() > PROOF_MAX {
        return Err(Problem::field(
            "proof",
            &format!("has more than {PROOF_MAX} siblings"),
        ));
    }
    let nodes = proof.iter().map(|node| {
        let sum = parse::amount("proof.sum", &node.sum)?;
        Ok(sibling(parse::hash("proof.hash", &node.hash)?, sum.base_units()))
    });
    nodes.collect()
}

fn units(field: &str, text: &str) -> Result<U256, Problem> {
    Ok(U256::from(parse::amount(field, text)?.base_units()))
}
