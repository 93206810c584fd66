//! A user's proof against the newest published root.

use abi::ICustody;
use alloy_primitives::U256;
use audit::liabilities::SumNode;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Server;
use super::error::Problem;
use super::extract::VisibleUser;
use super::schema::{BaseUnits, Hash, Wallet};
use super::transaction::TransactionView;
use super::view::view;
use crate::app::proof as use_case;

/// What `claim` of the contract needs, and what it is about. With it a claim needs no backend.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProofAnswer {
    chain_id: u64,
    contract: Wallet,
    wallet: Wallet,
    /// The user's leaf: lifetime matured entitlement in base units.
    entitled: BaseUnits,
    /// Hash of the leaf.
    leaf: Hash,
    /// From the leaf's partner up.
    path: Vec<SumNodeView>,
    root: Hash,
    /// Sum of all leaves.
    total: BaseUnits,
    /// Journal entry up to which the root counts.
    as_of_seq: u64,
    /// The block that it counts whole.
    block_number: u64,
    block_hash: Hash,
    /// From when on it can be claimed against, in seconds since 1970-01-01 UTC of the chain's time.
    #[schema(required = true)]
    claimable_from: Option<u64>,
    /// What the chain paid to the user so far, as far as it is posted.
    paid: BaseUnits,
    /// The claim, which anyone may send once the root can be claimed against.
    transaction: TransactionView,
    /// What a claim is due: the leaf less what was paid.
    due: BaseUnits,
}

view! {
    /// A partner on the way to the root.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct SumNodeView from node: &SumNode {
        hash: Hash = node.hash.into(),
        /// Sum of the leaves below, in base units.
        sum: BaseUnits = node.sum.into(),
    }
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
    let path = proof.path.iter().map(SumNodeView::from);
    Ok(Json(ProofAnswer {
        transaction: TransactionView::of(&server.app.ledger, &claim),
        chain_id: server.app.ledger.chain_id,
        contract: server.app.ledger.contract.into(),
        wallet: proof.leaf.wallet.into(),
        entitled: proof.leaf.entitled.into(),
        leaf: proof.leaf.node().hash.into(),
        path: path.collect(),
        root: proof.root.root.into(),
        total: proof.root.total.into(),
        as_of_seq: proof.root.as_of_seq,
        block_number: proof.root.block_number,
        block_hash: proof.root.block_hash.into(),
        claimable_from: proof.root.claimable_from,
        paid: proof.paid.into(),
        due: proof.leaf.entitled.saturating_sub(proof.paid).into(),
    }))
}
