//! Reconciliation findings, stops of settlement, and resuming.

use approval::Proposal;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::api::reconciliation::{self, Finding, LastCheck, Run};
use store::stop::{self, Stop};
use utoipa::ToSchema;

use super::Server;
use super::approval::{ApprovalAnswer, Signature};
use super::error::Problem;
use super::extract::{JsonBody, Query};
use super::history::Page;
use super::parse;
use super::schema::{Cursor, FreeObject, Hash, RunOutcome, Severity, StopReason, Wallet, WalletSignature};
use super::view::view;
use crate::app::access::{Looking, Mending, Operator, Stopping};
use crate::app::monitoring as use_case;

/// What the last runs found. Times are seconds since 1970-01-01 UTC.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReconciliationAnswer {
    /// Null before the first.
    #[schema(required = true)]
    last_run: Option<RunView>,
    /// By check, the last run that did not skip it.
    checks: Vec<CheckView>,
    /// Open findings, oldest first.
    findings: Vec<FindingView>,
    /// For the next page of findings; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
    /// Whether a stop is open.
    settlement_stopped: bool,
}

view! {
    /// A run of all checks.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct RunView from run: Run {
        id: i64 = run.id,
        /// The block at which ledger and chain were compared.
        block_number: i64 = run.block_number,
        block_hash: Hash = run.block_hash.into(),
        fact_seq: i64 = run.fact_seq,
        /// `clean`, `findings` or `skipped`.
        outcome: RunOutcome = run.outcome.into(),
        /// By check, as the reconciler says it.
        checks: FreeObject = FreeObject(run.checks),
        started_at: i64 = run.started_at,
        finished_at: i64 = run.finished_at,
    }
}

view! {
    /// The last look of a check.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct CheckView from last: LastCheck {
        check: String = last.check,
        /// As the reconciler says it.
        result: FreeObject = FreeObject(last.result),
        run: i64 = last.run,
        block_number: i64 = last.block_number,
        block_hash: Hash = last.block_hash.into(),
        finished_at: i64 = last.finished_at,
    }
}

view! {
    /// A discrepancy.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct FindingView from finding: Finding {
        id: i64 = finding.id,
        check: String = finding.check_id,
        /// `S1` stops settlement.
        severity: Severity = finding.severity.into(),
        subject: String = finding.subject,
        cause: String = finding.cause,
        expected: String = finding.expected,
        actual: String = finding.actual,
        detail: String = finding.detail,
        #[schema(required = true)]
        first_run: Option<i64> = finding.first_run,
        #[schema(required = true)]
        last_run: Option<i64> = finding.last_run,
        first_seen: i64 = finding.first_seen,
        last_seen: i64 = finding.last_seen,
    }
}

/// Stops of settlement, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct StopsAnswer {
    stops: Vec<StopView>,
    /// For the next page; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

view! {
    /// A stop of settlement.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct StopView from stop: Stop {
        id: i64 = stop.id,
        /// What a check found, or `operator`.
        cause: String = stop.cause,
        /// The operator who stopped; null for the reconciler's.
        #[schema(required = true)]
        opened_by: Option<Wallet> = stop.opened_by.map(Wallet::from),
        /// The operator's reason.
        #[schema(required = true)]
        reason: Option<String> = stop.reason,
        opened_at: i64 = stop.opened_at,
        /// The first operator who wants to go on.
        #[schema(required = true)]
        first_resume_by: Option<Wallet> = stop.first_resume_by.map(Wallet::from),
        #[schema(required = true)]
        first_resume_at: Option<i64> = stop.first_resume_at,
        /// The second, who ended the stop.
        #[schema(required = true)]
        resumed_by: Option<Wallet> = stop.resumed_by.map(Wallet::from),
        #[schema(required = true)]
        resumed_at: Option<i64> = stop.resumed_at,
    }
}

/// Stops of one signature at most.
const STOPS_MAX: usize = 100;

/// What operators sign to end stops.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResumeApproval {
    /// The stops that are open; part of the message.
    stops: Vec<u64>,
    #[serde(flatten)]
    #[schema(inline)]
    approval: ApprovalAnswer,
}

/// A signature that ends stops.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// The stops of the message, in ascending order.
    #[schema(value_type = BTreeSet<u64>, max_items = 100)]
    stops: Vec<u64>,
    /// `expires` of the message.
    expires: u64,
    /// 65 bytes in hexadecimal with prefix, or what a contract wallet takes (EIP-1271).
    signature: WalletSignature,
    /// The wallet that signed, when it is another one of the same person than the one that is signed in.
    #[serde(default)]
    wallet: Option<Wallet>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResumeAnswer {
    /// Whether settlement goes on; false while a second operator is needed.
    resumed: bool,
    /// The stops that were open, as they were.
    stops: Vec<StopView>,
}

/// The last run, the last look of every check, and open findings.
#[utoipa::path(get, path = "/monitoring/reconciliation", tag = "monitoring", security(("session" = [])),
    params(Page), responses((status = 200, body = ReconciliationAnswer)))]
pub async fn reconciliation(
    State(server): State<Server>,
    _: Operator<Looking>,
    Query(page): Query<Page>,
) -> Result<Json<ReconciliationAnswer>, Problem> {
    let limit = parse::page(page.limit)?;
    let after: i64 = parse::read_cursor::<i64, u8>('f', page.cursor.as_deref())?.map_or(0, |(id, _)| id);
    let mut connection = server.app.connection().await?;
    let mut findings = reconciliation::list_open_findings(&mut connection, after, limit + 1).await?;
    let next_cursor = parse::next_page(&mut findings, limit, |last| parse::cursor('f', last.id, 0));
    let last_run = reconciliation::find_last_run(&mut connection).await?;
    let checks = reconciliation::list_last_checks(&mut connection).await?;
    Ok(Json(ReconciliationAnswer {
        last_run: last_run.map(RunView::from),
        checks: checks.into_iter().map(CheckView::from).collect(),
        findings: findings.into_iter().map(FindingView::from).collect(),
        next_cursor,
        settlement_stopped: stop::any_open(&mut connection).await?,
    }))
}

/// Stops of settlement, newest first.
#[utoipa::path(get, path = "/monitoring/stops", operation_id = "list_stops", tag = "monitoring", security(("session" = [])),
    params(Page), responses((status = 200, body = StopsAnswer)))]
pub async fn stops(
    State(server): State<Server>,
    _: Operator<Looking>,
    Query(page): Query<Page>,
) -> Result<Json<StopsAnswer>, Problem> {
    let limit = parse::page(page.limit)?;
    let below = parse::read_cursor::<i64, u8>('s', page.cursor.as_deref())?.map_or(i64::MAX, |(id, _)| id);
    let mut stops = stop::list(&mut *server.app.connection().await?, below, limit + 1).await?;
    let next_cursor = parse::next_page(&mut stops, limit, |last| parse::cursor('s', last.id, 0));
    Ok(Json(StopsAnswer {
        stops: stops.into_iter().map(StopView::from).collect(),
        next_cursor,
    }))
}

/// Why everything is stopped.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopRequest {
    reason: StopReason,
}

/// The stops that are open.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenStops {
    stops: Vec<StopView>,
}

/// Stops intake and settlement: no authorizations, no new batches or roots. Exits go on. While an operator's stop is open that nobody
/// has approved to end, another one changes nothing.
#[utoipa::path(post, path = "/admin/stop", operation_id = "stop", tag = "monitoring", security(("session" = [])),
    request_body = StopRequest, responses((status = 200, body = OpenStops)))]
pub async fn stop(
    State(server): State<Server>,
    caller: Operator<Stopping>,
    JsonBody(body): JsonBody<StopRequest>,
) -> Result<Json<OpenStops>, Problem> {
    let stops = use_case::stop(&server.app, &caller, parse::stop_reason(&body.reason)?).await?;
    Ok(Json(OpenStops {
        stops: stops.into_iter().map(StopView::from).collect(),
    }))
}

/// What operators sign to end all open stops.
#[utoipa::path(get, path = "/monitoring/resume/approval", tag = "monitoring", security(("session" = [])),
    responses((status = 200, body = ResumeApproval)))]
pub async fn resume_approval(
    State(server): State<Server>,
    caller: Operator<Mending>,
) -> Result<Json<ResumeApproval>, Problem> {
    let wanted = use_case::approval(&server.app, &caller).await?;
    let stops = match &wanted.proposal {
        Proposal::Resume(resume) => resume.stops.clone(),
        Proposal::Batch { .. } | Proposal::Root { .. } | Proposal::Fund { .. } | Proposal::People(_) => {
            Vec::new()
        }
    };
    Ok(Json(ResumeApproval {
        stops,
        approval: ApprovalAnswer::of(wanted, &server.app.domain()),
    }))
}

/// Takes an operator's signature that ends stops; they end when two people have signed.
#[utoipa::path(post, path = "/monitoring/resume", tag = "monitoring", security(("session" = [])),
    request_body = Resume, responses((status = 200, body = ResumeAnswer)))]
pub async fn resume(
    State(server): State<Server>,
    caller: Operator<Mending>,
    JsonBody(body): JsonBody<Resume>,
) -> Result<Json<ResumeAnswer>, Problem> {
    let mut stops = body.stops.clone();
    stops.sort_unstable();
    stops.dedup();
    if stops.len() != body.stops.len() || stops.len() > STOPS_MAX {
        return Err(Problem::field("stops", "not 1 to 100 different numbers"));
    }
    let signed = Signature {
        expires: body.expires,
        signature: body.signature,
        wallet: body.wallet,
    };
    let resumption = use_case::resume(&server.app, &caller, &stops, &signed.read()?).await?;
    Ok(Json(ResumeAnswer {
        resumed: resumption.resumed,
        stops: resumption.stops.into_iter().map(StopView::from).collect(),
    }))
}
