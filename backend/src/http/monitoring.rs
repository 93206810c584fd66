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
use super::extract::{Body, Search};
use super::history::Page;
use super::schema::{Cursor, FreeObject, Hash, RunOutcome, Severity, Wallet, WalletSignature};
use super::words;
use crate::app::access::{Looking, Mending, Operator};
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

/// A run of all checks.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunView {
    id: i64,
    /// The block at which ledger and chain were compared.
    block_number: i64,
    block_hash: Hash,
    fact_seq: i64,
    /// `clean`, `findings` or `skipped`.
    outcome: RunOutcome,
    /// By check, as the reconciler says it.
    checks: FreeObject,
    started_at: i64,
    finished_at: i64,
}

/// The last look of a check.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckView {
    check: String,
    /// As the reconciler says it.
    result: FreeObject,
    run: i64,
    block_number: i64,
    block_hash: Hash,
    finished_at: i64,
}

/// A discrepancy.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingView {
    id: i64,
    check: String,
    /// `S1` stops settlement.
    severity: Severity,
    subject: String,
    cause: String,
    expected: String,
    actual: String,
    detail: String,
    #[schema(required = true)]
    first_run: Option<i64>,
    #[schema(required = true)]
    last_run: Option<i64>,
    first_seen: i64,
    last_seen: i64,
}

/// Stops of settlement, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct StopsAnswer {
    stops: Vec<StopView>,
    /// For the next page; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// A stop of settlement.
#[derive(Debug, Serialize, ToSchema)]
pub struct StopView {
    id: i64,
    cause: String,
    opened_at: i64,
    /// The first operator who wants to go on.
    #[schema(required = true)]
    first_resume_by: Option<Wallet>,
    #[schema(required = true)]
    first_resume_at: Option<i64>,
    /// The second, who ended the stop.
    #[schema(required = true)]
    resumed_by: Option<Wallet>,
    #[schema(required = true)]
    resumed_at: Option<i64>,
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
    Search(page): Search<Page>,
) -> Result<Json<ReconciliationAnswer>, Problem> {
    let limit = words::page(page.limit)?;
    let after: i64 = words::read_cursor::<i64, u8>('f', page.cursor.as_deref())?.map_or(0, |(id, _)| id);
    let mut connection = server.app.connection().await?;
    let mut findings = reconciliation::list_open_findings(&mut connection, after, limit + 1).await?;
    let next_cursor = words::next_page(&mut findings, limit, |last| words::cursor('f', last.id, 0));
    let last_run = reconciliation::find_last_run(&mut connection).await?;
    let checks = reconciliation::list_last_checks(&mut connection).await?;
    Ok(Json(ReconciliationAnswer {
        last_run: last_run.map(RunView::of),
        checks: checks.into_iter().map(CheckView::of).collect(),
        findings: findings.into_iter().map(FindingView::of).collect(),
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
    Search(page): Search<Page>,
) -> Result<Json<StopsAnswer>, Problem> {
    let limit = words::page(page.limit)?;
    let below = words::read_cursor::<i64, u8>('s', page.cursor.as_deref())?.map_or(i64::MAX, |(id, _)| id);
    let mut stops = stop::list(&mut *server.app.connection().await?, below, limit + 1).await?;
    let next_cursor = words::next_page(&mut stops, limit, |last| words::cursor('s', last.id, 0));
    Ok(Json(StopsAnswer {
        stops: stops.into_iter().map(StopView::of).collect(),
        next_cursor,
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
        Proposal::Batch { .. } | Proposal::Root { .. } | Proposal::People(_) => Vec::new(),
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
    Body(body): Body<Resume>,
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
        stops: resumption.stops.into_iter().map(StopView::of).collect(),
    }))
}

impl RunView {
    fn of(run: Run) -> Self {
        Self {
            id: run.id,
            block_number: run.block_number,
            block_hash: run.block_hash.into(),
            fact_seq: run.fact_seq,
            outcome: run.outcome.into(),
            checks: FreeObject(run.checks),
            started_at: run.started_at,
            finished_at: run.finished_at,
        }
    }
}

impl CheckView {
    fn of(last: LastCheck) -> Self {
        Self {
            check: last.check,
            result: FreeObject(last.result),
            run: last.run,
            block_number: last.block_number,
            block_hash: last.block_hash.into(),
            finished_at: last.finished_at,
        }
    }
}

impl FindingView {
    fn of(finding: Finding) -> Self {
        Self {
            id: finding.id,
            check: finding.check_id,
            severity: finding.severity.into(),
            subject: finding.subject,
            cause: finding.cause,
            expected: finding.expected,
            actual: finding.actual,
            detail: finding.detail,
            first_run: finding.first_run,
            last_run: finding.last_run,
            first_seen: finding.first_seen,
            last_seen: finding.last_seen,
        }
    }
}

impl StopView {
    fn of(stop: Stop) -> Self {
        Self {
            id: stop.id,
            cause: stop.cause,
            opened_at: stop.opened_at,
            first_resume_by: stop.first_resume_by.map(Wallet::from),
            first_resume_at: stop.first_resume_at,
            resumed_by: stop.resumed_by.map(Wallet::from),
            resumed_at: stop.resumed_at,
        }
    }
}
