//! Roots of liabilities and the public lists behind them.

use std::fmt::Write;
use std::sync::Arc;

use alloy_primitives::{Address, B256};
use axum::Json;
use axum::body::{Body as Stream, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use store::liabilities::{self, Request, Root};
use utoipa::ToSchema;

use super::Server;
use super::approval::{ApprovalAnswer, Signature};
use super::code::Code;
use super::error::Problem;
use super::extract::{JsonBody, Path, Query};
use super::history::Page;
use super::parse;
use super::schema::{BaseUnits, Cursor, Hash, RootRefusal, RootRequestState, RootState, Wallet};
use super::view::view;
use crate::app::access::{Building, Handling, Looking, Operator};
use crate::app::liabilities as use_case;
use crate::app::{App, LEAVES_AT_ONCE};

/// A request for a root.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildRoot {
    /// Whether it may be built and published while batches are in progress: what they do not pay then leaves by claims.
    #[serde(default)]
    accept_claims: bool,
}

view! {
    /// A root of liabilities, as everyone sees it: without the people behind it. Times are seconds since 1970-01-01 UTC; `deadline` and `claimable_from` are of the chain.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct RootView from root: &Root {
        root: Hash = root.root.into(),
        /// `built`, `approved`, `signed`, `published`, `vetoed`, `expired` or `discarded`.
        state: RootState = root.state.clone().into(),
        /// Sum of all leaves, in base units.
        total: BaseUnits = root.total.into(),
        /// Number of leaves.
        leaves: i32 = root.leaves,
        /// Journal entry up to which it counts.
        as_of_seq: u64 = root.as_of_seq,
        /// The last fact that it counts.
        fact_seq: u64 = root.fact_seq,
        /// The block that it counts whole.
        block_number: u64 = root.block_number,
        block_hash: Hash = root.block_hash.into(),
        accept_claims: bool = root.accept_claims,
        built_at: i64 = root.built_at_us.div_euclid(parse::MICROS),
        #[schema(required = true)]
        approved_at: Option<i64> = root.approved_at,
        #[schema(required = true)]
        deadline: Option<u64> = root.deadline,
        #[schema(required = true)]
        signer: Option<Wallet> = root.signer.map(Wallet::from),
        #[schema(required = true)]
        claimable_from: Option<u64> = root.claimable_from,
        /// The fact of its publication.
        #[schema(required = true)]
        published_fact: Option<i64> = root.published_fact,
        /// The fact of its veto.
        #[schema(required = true)]
        vetoed_fact: Option<i64> = root.vetoed_fact,
    }
}

/// A root, with the operators behind it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovedRootView {
    #[serde(flatten)]
    root: RootView,
    built_by: Wallet,
    #[schema(required = true)]
    approved_by: Option<Wallet>,
}

view! {
    /// A root that was requested. Times are seconds since 1970-01-01 UTC.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct RootRequestView from request: Request {
        id: i64 = request.id,
        /// `waiting`, `built` or `refused`.
        state: RootRequestState = request.state.into(),
        accept_claims: bool = request.accept_claims,
        requested_by: Wallet = request.requested_by.into(),
        requested_at: i64 = request.requested_at,
        /// The root, when it is built.
        #[schema(required = true)]
        root: Option<Hash> = request.root.map(Hash::from),
        /// Why it was not built: `nothing_due`, or `no_tree` when the entitlements exceed what the contract can count.
        #[schema(required = true)]
        refused: Option<RootRefusal> = request.refused.map(RootRefusal::from),
        #[schema(required = true)]
        finished_at: Option<i64> = request.finished_at,
    }
}

/// Roots, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct RootsAnswer {
    roots: Vec<RootView>,
    /// For the next page; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// Requests the root of everyone's entitlements at the last posting batch; while nothing changes, it is the same root. The
/// settlement worker builds it: request the request until it has a root.
#[utoipa::path(post, path = "/liabilities/roots", operation_id = "request_root", tag = "liabilities", security(("session" = [])),
    request_body = BuildRoot, responses((status = 202, body = RootRequestView)))]
pub async fn build(
    State(server): State<Server>,
    caller: Operator<Building>,
    JsonBody(body): JsonBody<BuildRoot>,
) -> Result<(StatusCode, Json<RootRequestView>), Problem> {
    let request = use_case::request(&server.app, &caller, body.accept_claims).await?;
    Ok((StatusCode::ACCEPTED, Json(RootRequestView::from(request))))
}

/// The outcome of a root that was requested.
#[utoipa::path(get, path = "/liabilities/requests/{id}", operation_id = "find_root_request", tag = "liabilities", security(("session" = [])),
    params(("id" = i64, Path, description = "Number of the request", minimum = 1)),
    responses((status = 200, body = RootRequestView)))]
pub async fn request(
    State(server): State<Server>,
    caller: Operator<Looking>,
    Path(id): Path<i64>,
) -> Result<Json<RootRequestView>, Problem> {
    let request = use_case::find_request(&server.app, &caller, id).await?;
    Ok(Json(RootRequestView::from(request)))
}

/// What operators sign for a root: who built it as the proposer, approvers as voters.
#[utoipa::path(get, path = "/liabilities/roots/{root}/approval", operation_id = "root_approval", tag = "liabilities", security(("session" = [])),
    params(("root" = Hash, Path, description = "The root")),
    responses((status = 200, body = ApprovalAnswer)))]
pub async fn approval(
    State(server): State<Server>,
    caller: Operator<Handling>,
    Path(root): Path<String>,
) -> Result<Json<ApprovalAnswer>, Problem> {
    let wanted = use_case::approval(&server.app, &caller, read_root(&root)?).await?;
    Ok(Json(ApprovalAnswer::of(wanted, &server.app.domain())))
}

/// Takes an operator's signature over a root. When the one who built it and another person have signed, the settlement
/// worker has it signed and publishes it.
#[utoipa::path(post, path = "/liabilities/roots/{root}/approve", operation_id = "approve_root", tag = "liabilities", security(("session" = [])),
    params(("root" = Hash, Path, description = "The root")),
    request_body = Signature, responses((status = 200, body = ApprovedRootView)))]
pub async fn approve(
    State(server): State<Server>,
    caller: Operator<Handling>,
    Path(root): Path<String>,
    JsonBody(body): JsonBody<Signature>,
) -> Result<Json<ApprovedRootView>, Problem> {
    let root = use_case::approve(&server.app, &caller, read_root(&root)?, &body.read()?).await?;
    Ok(Json(ApprovedRootView {
        built_by: root.built_by.into(),
        approved_by: root.approved_by.map(Wallet::from),
        root: RootView::from(&root),
    }))
}

/// Roots of liabilities, newest first.
#[utoipa::path(get, path = "/liabilities/roots", operation_id = "list_roots", tag = "liabilities", params(Page),
    responses((status = 200, body = RootsAnswer)))]
pub async fn list(
    State(server): State<Server>,
    Query(page): Query<Page>,
) -> Result<Json<RootsAnswer>, Problem> {
    let limit = parse::page(page.limit)?;
    let below = parse::read_cursor('l', page.cursor.as_deref())?.unwrap_or((parse::NEWEST_US, B256::ZERO));
    let mut connection = server.app.reading_connection().await?;
    let mut roots = liabilities::list(&mut connection, below, limit + 1).await?;
    let next_cursor = parse::next_page(&mut roots, limit, |last| {
        parse::cursor('l', last.built_at_us, last.root)
    });
    Ok(Json(RootsAnswer {
        roots: roots.iter().map(RootView::from).collect(),
        next_cursor,
    }))
}

/// The public list of a root's leaves, from which anyone can recompute the root.
#[utoipa::path(get, path = "/liabilities/roots/{root}/leaves", operation_id = "list_leaves", tag = "liabilities",
    params(("root" = Hash, Path, description = "The root")),
    responses((status = 200, description = "Some lines about the root, then one line with wallet and base units for each leaf", body = String, content_type = "text/plain")))]
pub async fn leaves(
    State(server): State<Server>,
    Path(root): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let id = read_root(&root)?;
    let root = liabilities::find(&mut *server.app.reading_connection().await?, id).await?;
    let root = root.ok_or_else(|| Problem::new(Code::UnknownRoot))?;
    let first = Bytes::from(head(&server.app, &root));
    let pages = Pages {
        app: server.app.clone(),
        root: id,
        after: Some(Address::ZERO),
    };
    let head = futures::stream::once(async { Ok::<_, std::io::Error>(first) });
    let pages = futures::stream::try_unfold(pages, Pages::next);
    let body = Stream::from_stream(futures::StreamExt::chain(head, pages));
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body))
}

/// The leaves that are still to be written. Each page takes a connection of its own, so that a slow reader holds none.
struct Pages {
    app: Arc<App>,
    root: B256,
    after: Option<Address>,
}

impl Pages {
    async fn next(self) -> Result<Option<(Bytes, Self)>, std::io::Error> {
        let Some(after) = self.after else {
            return Ok(None);
        };
        let read = async {
            let mut connection = self.app.reading_connection().await?;
            liabilities::list_leaves(&mut connection, self.root, after, LEAVES_AT_ONCE).await
        };
        let page = read.await.map_err(|error| {
            tracing::error!(error = %service::ErrorChain(&error), "a list of leaves was truncated");
            std::io::Error::other("the list cannot be read")
        })?;
        let mut text = String::new();
        for (wallet, entitled) in &page {
            // A string takes everything.
            let _ = writeln!(text, "{wallet:#x} {entitled}");
        }
        let is_last = page.len() < usize::try_from(LEAVES_AT_ONCE).unwrap_or(usize::MAX);
        let after = page.last().filter(|_| !is_last).map(|(wallet, _)| *wallet);
        Ok(Some((Bytes::from(text), Self { after, ..self })))
    }
}

/// The lines before the leaves: as `audit::liabilities::List` writes them.
fn head(app: &App, root: &Root) -> String {
    format!(
        "trellis liabilities 1\nchain {}\ncontract {:#x}\nas_of_seq {}\nblock {} {:#x}\nleaves {}\ntotal {}\nroot {:#x}\n",
        app.ledger.chain_id,
        app.ledger.contract,
        root.as_of_seq,
        root.block_number,
        root.block_hash,
        root.leaves,
        root.total,
        root.root
    )
}

fn read_root(text: &str) -> Result<B256, Problem> {
    parse::hash("root", text)
        .map_err(|_| Problem::because(Code::MalformedPath, "a root is 0x and 64 hexadecimal digits"))
}
