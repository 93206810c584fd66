//! A user's proof against the newest published root.

use abi::ICustody;
use alloy_primitives::U256;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Server;
use super::error::Problem;
use super::extract::VisibleUser;
use super::schema::{BaseUnits, Hash, Wallet};
use super::transaction::TransactionView;
use super::words::shown;
use crate::app::proof as use_case;

/// What `claim` of the contract needs, and what it is about. With it a claim needs no backend.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProofAnswer {
    chain_id: u64,
    #[schema(value_type = Wallet)]
    contract: String,
    #[schema(value_type = Wallet)]
    wallet: String,
    /// The user's leaf: lifetime matured entitlement in base units.
    #[schema(value_type = BaseUnits)]
    entitled: String,
    /// Hash of the leaf.
    #[schema(value_type = Hash)]
    leaf: String,
    /// From the leaf's partner up.
    path: Vec<SumNodeView>,
    #[schema(value_type = Hash)]
    root: String,
    /// Sum of all leaves.
    #[schema(value_type = BaseUnits)]
    total: String,
    /// Journal entry up to which the root counts.
    as_of_seq: u64,
    /// The block that it counts whole.
    block_number: u64,
    #[schema(value_type = Hash)]
    block_hash: String,
    /// From when on it can be claimed against, in seconds since 1970-01-01 UTC of the chain's time.
    #[schema(required = true)]
    claimable_from: Option<u64>,
    /// What the chain paid to the user so far, as far as it is posted.
    #[schema(value_type = BaseUnits)]
    paid: String,
    /// The claim, which anyone may send once the root can be claimed against.
    transaction: TransactionView,
    /// What a claim is due: the leaf less what was paid.
    #[schema(value_type = BaseUnits)]
    due: String,
}

/// A partner on the way to the root.
#[derive(Debug, Serialize, ToSchema)]
pub struct SumNodeView {
    #[schema(value_type = Hash)]
    hash: String,
    /// Sum of the leaves below, in base units.
    #[schema(value_type = BaseUnits)]
    sum: String,
}

/// The user's own proof against the newest published root of liabilities.
#[utoipa::path(get, path = "/users/{id}/proof", tag = "liabilities", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1)),
    responses((status = 200, body = ProofAnswer)))]
pub async fn proof(
    State(server): State<Server>,
    VisibleUser(user): VisibleUser,
) -> Result<Json<ProofAnswer>, Problem> {
    let proof = use_case::of(&server.app, &user).await?;
    let claim = ICustody::claimCall {
        user: proof.leaf.wallet,
        entitled: U256::from(proof.leaf.entitled.base_units()),
        root: proof.root.root,
        proof: proof
            .path
            .iter()
            .map(|node| ICustody::SumNode {
                hash: node.hash,
                sum: U256::from(node.sum.base_units()),
            })
            .collect(),
    };
    let path = proof.path.iter().map(|node| SumNodeView {
        hash: node.hash.to_string(),
        sum: node.sum.to_string(),
    });
    Ok(Json(ProofAnswer {
        transaction: TransactionView::of(&server.app.ledger, &claim),
        chain_id: server.app.ledger.chain_id,
        contract: shown(server.app.ledger.contract),
        wallet: shown(proof.leaf.wallet),
        entitled: proof.leaf.entitled.to_string(),
        leaf: proof.leaf.node().hash.to_string(),
        path: path.collect(),
        root: proof.root.root.to_string(),
        total: proof.root.total.to_string(),
        as_of_seq: proof.root.as_of_seq,
        block_number: proof.root.block_number,
        block_hash: proof.root.block_hash.to_string(),
        claimable_from: proof.root.claimable_from,
        paid: proof.paid.to_string(),
        due: proof.leaf.entitled.saturating_sub(proof.paid).to_string(),
    }))
}
