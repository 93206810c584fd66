//! Proposing and requesting a batch.

use alloy_primitives::{Address, B256, keccak256};
use money::Amount;
use plan::{Cause, RequestedPayout};
use serde_json::{Value, json};
use settlement::batch::{Candidate, Kinds, Limits, PAYOUTS_MAX, Proposal, Request, RewardKind};
use settlement::state::{Gate, Refused};
use sqlx::{Connection, PgConnection};
use store::api::rewards::{self, Filter, Payable};
use store::inbox::{self, Command};
use store::payout_batch::{self, NewBatch, PayoutBatch};
use store::{StoreError, audit_log};

use super::{PayoutError, gate};
use crate::app::access::{Building, Looking, Operator};
use crate::app::head::{self, Bounds};
use crate::app::session::Caller;
use crate::app::{App, now};

/// Users that are considered for a batch at first: several times what it can pay, so that those left out are listed with the cause.
const LINE_MAX: i64 = 2_000;
/// Users who are examined when those do not fill the batch.
const LINE_EXAMINED_MAX: i64 = 50_000;

/// What an operator requests.
#[derive(Debug, Clone)]
pub struct BatchRequest {
    /// Whom, and how much at most.
    pub request: Request,
    /// Only users whose oldest unsettled reward matured this many seconds before the chain's head, or earlier.
    pub older_than: Option<u64>,
    /// The same as it was written, to be kept.
    pub written: Value,
}

/// What a batch would pay, and within which limits.
#[derive(Debug, Clone)]
pub struct Proposed {
    /// Who is paid, and who is not.
    pub proposal: Proposal,
    /// What the chain lets a batch pay.
    pub limits: Limits,
}

/// A batch that was requested.
#[derive(Debug, Clone)]
pub struct Built {
    /// The batch.
    pub batch: PayoutBatch,
    /// What it pays; `None` when it was requested before.
    pub proposed: Option<Proposed>,
}

/// A batch that is about to be requested.
struct Wish<'a> {
    /// Recognizes a repeat.
    hash: B256,
    builder: Address,
    key: &'a str,
    ask: &'a BatchRequest,
    supersedes: Option<B256>,
}

/// What a batch would pay now. Nothing is stored.
pub async fn propose(app: &App, _: &Operator<Looking>, ask: &BatchRequest) -> Result<Proposed, PayoutError> {
    let bounds = head::bounds(app).await?;
    proposed(&mut *app.connection().await?, ask, &bounds).await
}

/// Requests a batch. A repeat with the same key finds the first one.
pub async fn build(
    app: &App,
    caller: &Operator<Building>,
    ask: &BatchRequest,
    key: &str,
) -> Result<Built, PayoutError> {
    let wish = Wish {
        hash: request_hash(app, "batch", &[caller.wallet.as_slice(), key.as_bytes()].concat()),
        builder: caller.wallet,
        key,
        ask,
        supersedes: None,
    };
    request(app, &wish).await
}

/// Requests a batch that replaces an expired one: for those of its users who are still due. A repeat finds the first.
pub(super) async fn rebuild(
    app: &App,
    caller: &Caller,
    expired: &PayoutBatch,
) -> Result<PayoutBatch, PayoutError> {
    let caller = Operator::<Building>::admit(app, caller).await?;
    let users = payout_batch::list_released_users(&mut *app.connection().await?, expired.id).await?;
    let mut request = Request::default();
    let numbers = users
        .iter()
        .filter_map(|id| ledger::UserId::new(id.unsigned_abs()));
    request.filters.users = Some(numbers.collect());
    let ask = BatchRequest {
        request,
        older_than: None,
        written: json!({ "supersedes": expired.id, "filters": { "users": users } }),
    };
    let wish = Wish {
        hash: request_hash(app, "rebuild", expired.id.as_slice()),
        builder: caller.wallet,
        key: &format!("rebuild:{:#x}", expired.id),
        ask: &ask,
        supersedes: Some(expired.id),
    };
    Ok(self::request(app, &wish).await?.batch)
}

async fn request(app: &App, wish: &Wish<'_>) -> Result<Built, PayoutError> {
    if let Some(batch) = found(
        payout_batch::find_by_request(&mut *app.connection().await?, wish.hash).await?,
        wish,
    )? {
        return Ok(Built {
            batch,
            proposed: None,
        });
    }
    // No transaction is open while the node is asked. What is posted meanwhile is reckoned back to the block it answers for.
    let bounds = head::bounds(app).await?;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    payout_batch::lock_proposing(&mut transaction).await?;
    let earlier = payout_batch::find_by_request(&mut transaction, wish.hash).await?;
    if let Some(batch) = found(earlier, wish)? {
        return Ok(Built {
            batch,
            proposed: None,
        });
    }
    if gate(app, &mut transaction, bounds.head.timestamp).await? == Gate::Stopped {
        return Err(Refused::SettlementStopped.into());
    }
    let proposed = proposed(&mut transaction, wish.ask, &bounds).await?;
    let proposal = &proposed.proposal;
    if proposal.lines.is_empty() {
        return Err(PayoutError::NothingDue);
    }
    let users: Vec<i32> = proposal
        .lines
        .iter()
        .filter_map(|line| i32::try_from(line.user.get()).ok())
        .collect();
    let id = app.batch_ids.next();
    let batch = NewBatch {
        id,
        request_hash: wish.hash,
        builder: wish.builder,
        request: &json!({ "asked": wish.ask.written, "users": users }),
        supersedes: wish.supersedes,
        count: proposal.lines.len(),
        total: proposal.total,
    };
    payout_batch::insert(&mut transaction, &batch, &users).await?;
    inbox::insert_command(&mut transaction, &command(id, wish, proposal)).await?;
    let detail =
        json!({ "count": users.len(), "total": proposal.total.to_string(), "asked": wish.ask.written });
    let subject = format!("{id:#x}");
    audit_log::insert(
        &mut transaction,
        wish.builder,
        "payout_batch.requested",
        &subject,
        &detail,
    )
    .await?;
    let batch = payout_batch::find(&mut transaction, id).await?;
    transaction.commit().await?;
    Ok(Built {
        batch: batch.ok_or(PayoutError::UnknownBatch)?,
        proposed: Some(proposed),
    })
}

/// The batch of an earlier request under the same key, which must have requested the same.
fn found(batch: Option<PayoutBatch>, wish: &Wish<'_>) -> Result<Option<PayoutBatch>, PayoutError> {
    match batch {
        Some(batch) if wish.supersedes.is_none() && batch.request["asked"] != wish.ask.written => {
            Err(PayoutError::KeyReused)
        }
        found => Ok(found),
    }
}

fn command<'a>(batch_id: B256, wish: &'a Wish<'_>, proposal: &Proposal) -> Command<'a> {
    let payouts = proposal.lines.iter().map(|line| RequestedPayout {
        wallet: line.wallet,
        amount: line.amount,
    });
    Command {
        actor: wish.builder,
        idempotency_key: wish.key,
        effective_at: u64::try_from(now()).unwrap_or_default(),
        cause: Cause::BatchRequested {
            batch_id,
            payouts: payouts.collect(),
        },
    }
}

async fn proposed(
    connection: &mut PgConnection,
    ask: &BatchRequest,
    bounds: &Bounds,
) -> Result<Proposed, PayoutError> {
    let promises = payout_batch::fetch_promises(connection).await?;
    let limits = Limits {
        time: bounds.head.timestamp,
        funds: Amount::new(bounds.available.funds),
        outflow: Amount::new(bounds.available.outflow),
        promised: promises.open_after(Amount::new(bounds.pushed)),
    };
    let mut request = ask.request.clone();
    request.filters.matured_by = ask.older_than.map(|age| limits.time.saturating_sub(age));
    let proposal = match request.filters.users.as_ref() {
        Some(users) => {
            let users: Vec<i32> = users
                .iter()
                .filter_map(|user| i32::try_from(user.get()).ok())
                .collect();
            chosen(connection, &users, &request, &limits).await?
        }
        None => first_in_line(connection, &request, &limits).await?,
    };
    Ok(Proposed { proposal, limits })
}

/// Proposes from everyone who waits, without looking at everyone: who asked to be paid, and who waits longest. If they do not
/// fill the batch and more wait, from the first whom nothing else keeps out.
pub async fn first_in_line(
    connection: &mut PgConnection,
    request: &Request,
    limits: &Limits,
) -> Result<Proposal, PayoutError> {
    let matured_by = request
        .filters
        .matured_by
        .map(|by| i64::try_from(by).unwrap_or(i64::MAX));
    let mut users = rewards::list_asking(connection, LINE_MAX).await?;
    let oldest = rewards::list_oldest(connection, matured_by, LINE_MAX).await?;
    let more_wait = i64::try_from(oldest.len()).is_ok_and(|found| found >= LINE_MAX);
    users.extend(oldest);
    let proposal = chosen(connection, &unique(&mut users), request, limits).await?;
    let wanted = request.count_max.unwrap_or(PAYOUTS_MAX).min(PAYOUTS_MAX);
    if proposal.lines.len() >= wanted || !more_wait {
        return Ok(proposal);
    }
    let filter = Filter {
        amount_min: request.filters.amount_min,
        amount_max: request.filters.amount_max,
        matured_by,
        ..Filter::default()
    };
    let time = i64::try_from(limits.time).unwrap_or(i64::MAX);
    users.extend(rewards::list_payable(connection, &filter, time, LINE_EXAMINED_MAX, LINE_MAX).await?);
    chosen(connection, &unique(&mut users), request, limits).await
}

fn unique(users: &mut Vec<i32>) -> Vec<i32> {
    users.sort_unstable();
    users.dedup();
    users.clone()
}

async fn chosen(
    connection: &mut PgConnection,
    users: &[i32],
    request: &Request,
    limits: &Limits,
) -> Result<Proposal, PayoutError> {
    let rows = rewards::list_candidates(connection, users, request.filters.kinds.is_some()).await?;
    let candidates = rows.iter().map(candidate).collect::<Result<Vec<_>, _>>()?;
    Ok(settlement::batch::propose(&candidates, request, limits))
}

fn candidate(row: &Payable) -> Result<Candidate, StoreError> {
    let kinds: Option<Kinds> = row.kinds.iter().map(|kind| RewardKind::by_name(kind)).collect();
    let corrupt = |what| StoreError::Corrupt { what };
    Ok(Candidate {
        user: ledger::UserId::new(row.user_id.unsigned_abs()).ok_or(corrupt("users.id"))?,
        wallet: row.wallet,
        paid: row.paid,
        available: row.posted.saturating_sub(row.pending),
        kinds: kinds.ok_or(corrupt("reward.kind"))?,
        oldest_matured_at: row.oldest_matured_at,
        frozen_until: row.frozen_until,
        has_live_payout: row.has_live_payout,
        withdrawal_requested: row.withdrawal_requested,
    })
}

/// It follows from the ledger, from who asks and from the key, so that a repeat has the same.
fn request_hash(app: &App, what: &str, name: &[u8]) -> B256 {
    let mut bytes = format!(
        "trellis {what} {} {:#x} ",
        app.ledger.chain_id, app.ledger.contract
    )
    .into_bytes();
    bytes.extend_from_slice(name);
    keccak256(bytes)
}
