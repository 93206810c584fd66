//! Proposals of operators: shown, signed, withdrawn.

use alloy_primitives::B256;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::proposal::{Proposal, State as Stored};
use utoipa::ToSchema;

use super::Server;
use super::approval::{ApprovalAnswer, Signature};
use super::code::Code;
use super::error::Problem;
use super::extract::{JsonBody, Path, Query};
use super::history::Page;
use super::parse;
use super::schema::{Cursor, FreeObject, Hash, ProposalKindName, ProposalStateName, Wallet};
use crate::app::access::{Building, Handling, Looking, Operator};
use crate::app::proposal as use_case;

/// Proposals, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalsAnswer {
    proposals: Vec<ProposalAnswer>,
    /// For the next page; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// A proposal. Times are seconds since 1970-01-01 UTC; `expires` is of the chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalAnswer {
    /// Hash of its content: SHA-256 of kind, proposing wallet, idempotency key and content, a line each.
    id: Hash,
    kind: ProposalKindName,
    /// `open` can be approved; `approved` has a command that is not posted yet; `done` had its effect; `ignored` had none;
    /// `quarantined` is not posted until people have looked.
    state: ProposalStateName,
    /// What is proposed, by its kind.
    content: FreeObject,
    proposed_by: Wallet,
    /// The person who proposed it.
    proposer: String,
    proposed_at: i64,
    /// Until when it can be approved.
    expires: u64,
    /// A wallet of another person who agreed.
    #[schema(required = true)]
    approved_by: Option<Wallet>,
    /// When it was approved or withdrawn.
    #[schema(required = true)]
    decided_at: Option<i64>,
    /// The fact that followed.
    #[schema(required = true)]
    fact_seq: Option<i64>,
    /// Why the fact had no effect.
    #[schema(required = true)]
    cause: Option<String>,
}

impl ProposalAnswer {
    /// As it stands at this time of the chain.
    pub(super) fn of(proposal: &Proposal, time: u64) -> Self {
        Self {
            id: proposal.hash.into(),
            kind: proposal.kind.name().into(),
            state: state(proposal, time).into(),
            content: FreeObject(use_case::json_of(&proposal.payload)),
            proposed_by: proposal.proposed_by.into(),
            proposer: proposal.proposer.clone(),
            proposed_at: proposal.proposed_at,
            expires: proposal.expires,
            approved_by: proposal.approved_by.map(Wallet::from),
            decided_at: proposal.decided_at,
            fact_seq: proposal.fact_seq,
            cause: proposal.ignored.clone(),
        }
    }
}

const fn state(proposal: &Proposal, time: u64) -> &'static str {
    match proposal.state {
        Stored::Open if proposal.expires < time => "expired",
        Stored::Open => "open",
        Stored::Withdrawn => "withdrawn",
        Stored::Approved if proposal.quarantined => "quarantined",
        Stored::Approved if proposal.ignored.is_some() => "ignored",
        Stored::Approved if proposal.fact_seq.is_some() => "done",
        Stored::Approved => "approved",
    }
}

/// Proposals, newest first.
#[utoipa::path(get, path = "/proposals", operation_id = "list_proposals", tag = "proposals", security(("session" = [])),
    params(Page), responses((status = 200, body = ProposalsAnswer)))]
pub async fn list(
    State(server): State<Server>,
    caller: Operator<Looking>,
    Query(page): Query<Page>,
) -> Result<Json<ProposalsAnswer>, Problem> {
    let limit = parse::page(page.limit)?;
    let below = parse::read_cursor::<i64, u8>('o', page.cursor.as_deref())?.map_or(i64::MAX, |(id, _)| id);
    let (mut found, time) = use_case::list(&server.app, &caller, below, limit + 1).await?;
    let next_cursor = parse::next_page(&mut found, limit, |last| parse::cursor('o', last.id, 0));
    Ok(Json(ProposalsAnswer {
        proposals: found
            .iter()
            .map(|found| ProposalAnswer::of(found, time))
            .collect(),
        next_cursor,
    }))
}

/// A proposal.
#[utoipa::path(get, path = "/proposals/{id}", operation_id = "find_proposal", tag = "proposals", security(("session" = [])),
    params(("id" = Hash, Path, description = "The proposal's id")),
    responses((status = 200, body = ProposalAnswer)))]
pub async fn one(
    State(server): State<Server>,
    caller: Operator<Looking>,
    Path(id): Path<String>,
) -> Result<Json<ProposalAnswer>, Problem> {
    let (found, time) = use_case::find(&server.app, &caller, proposal_id(&id)?).await?;
    Ok(Json(ProposalAnswer::of(&found, time)))
}

/// What operators sign for a proposal: who proposed it as the proposer, approvers as voters.
#[utoipa::path(get, path = "/proposals/{id}/approval", operation_id = "proposal_approval", tag = "proposals", security(("session" = [])),
    params(("id" = Hash, Path, description = "The proposal's id")),
    responses((status = 200, body = ApprovalAnswer)))]
pub async fn approval(
    State(server): State<Server>,
    caller: Operator<Handling>,
    Path(id): Path<String>,
) -> Result<Json<ApprovalAnswer>, Problem> {
    let wanted = use_case::approval(&server.app, &caller, proposal_id(&id)?).await?;
    Ok(Json(ApprovalAnswer::of(wanted, &server.app.domain())))
}

/// Takes an operator's signature, of a key. The proposal is approved when the person who proposed it and another person have
/// signed; what follows from it is a command, and a fact once it is posted.
#[utoipa::path(post, path = "/proposals/{id}/approve", operation_id = "approve_proposal", tag = "proposals", security(("session" = [])),
    params(("id" = Hash, Path, description = "The proposal's id")),
    request_body = Signature, responses((status = 200, body = ProposalAnswer)))]
pub async fn approve(
    State(server): State<Server>,
    caller: Operator<Handling>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<Signature>,
) -> Result<Json<ProposalAnswer>, Problem> {
    let found = use_case::approve(&server.app, &caller, proposal_id(&id)?, &body.read()?).await?;
    Ok(Json(ProposalAnswer::of(&found, 0)))
}

/// Takes an open proposal back; only the person who proposed it may.
#[utoipa::path(post, path = "/proposals/{id}/withdraw", operation_id = "withdraw_proposal", tag = "proposals", security(("session" = [])),
    params(("id" = Hash, Path, description = "The proposal's id")),
    responses((status = 200, body = ProposalAnswer)))]
pub async fn withdraw(
    State(server): State<Server>,
    caller: Operator<Building>,
    Path(id): Path<String>,
) -> Result<Json<ProposalAnswer>, Problem> {
    let found = use_case::withdraw(&server.app, &caller, proposal_id(&id)?).await?;
    Ok(Json(ProposalAnswer::of(&found, 0)))
}

fn proposal_id(text: &str) -> Result<B256, Problem> {
    parse::hash("id", text).map_err(|_| {
        Problem::because(
            Code::MalformedPath,
            "a proposal's id is 0x and 64 hexadecimal digits",
        )
    })
}
