//! The ledger's balances beside the contract's.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use chain::{Available, PublishedRoot};
use ledger::{BreakageCause, ClearingCause};
use money::Amount;
use serde::Serialize;
use store::api::treasury::KindTotal;
use utoipa::ToSchema;

use super::Server;
use super::error::Problem;
use super::schema::{BaseUnits, Hash, SignedBaseUnits};
use super::view::view;
use crate::app::access::{Looking, Operator};
use crate::app::treasury::{self as use_case, OnChain, Summary};

/// Both sides, in base units.
#[derive(Debug, Serialize, ToSchema)]
pub struct TreasuryAnswer {
    ledger: LedgerView,
    /// At the chain's head, so it may be ahead of the ledger; null when no node responds.
    #[schema(required = true)]
    chain: Option<ChainView>,
}

/// Balances of the ledger after its last posting batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerView {
    /// The last fact; null before the first.
    #[schema(required = true)]
    fact_seq: Option<i64>,
    /// The last block of which everything is posted.
    #[schema(required = true)]
    block_number: Option<i64>,
    #[schema(required = true)]
    block_hash: Option<Hash>,
    /// What the contract holds for the books.
    custody: BaseUnits,
    /// Within the cooling-off time.
    held: BaseUnits,
    /// What users may be paid.
    available: BaseUnits,
    /// The part of it that batches hold back.
    in_payout: BaseUnits,
    /// What users reserve towards next prices.
    reserved: BaseUnits,
    /// What the contract keeps for users whom it could not pay.
    credits: BaseUnits,
    /// The operator's share.
    company: BaseUnits,
    /// Shares of missing ancestors.
    residual: BaseUnits,
    /// What rules do not pay, by cause.
    breakage: BTreeMap<&'static str, BaseUnits>,
    /// Funds that belong to no user.
    revenue: BaseUnits,
    tax: BaseUnits,
    /// What users owe.
    receivable: BaseUnits,
    /// What waits for people, by cause: what it got less what it gave, so it may be negative.
    clearing: BTreeMap<&'static str, SignedBaseUnits>,
}

view! {
    /// The contract at the chain's head.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct ChainView from chain: &OnChain {
        block_number: u64 = chain.head.number,
        block_hash: Hash = chain.head.hash.into(),
        /// Seconds since 1970-01-01 UTC.
        time: u64 = chain.head.timestamp,
        balance: BaseUnits = chain.balance.into(),
        escrowed: BaseUnits = chain.totals.escrowed.into(),
        credited: BaseUnits = chain.totals.credited.into(),
        /// Paid or credited by batches, ever.
        pushed: BaseUnits = chain.totals.pushed.into(),
        /// Paid by proofs, ever.
        claimed: BaseUnits = chain.totals.claimed.into(),
        available: AvailableView = chain.available.into(),
        /// The newest root that was published and not vetoed.
        #[schema(required = true)]
        published: Option<PublishedView> = chain.root.map(PublishedView::from),
    }
}

view! {
    /// What the contract says about what may leave.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct AvailableView from available: Available {
        /// Free funds, less what published liabilities reserve.
        funds: BaseUnits = available.funds.into(),
        /// What the outflow cap leaves.
        outflow: BaseUnits = available.outflow.into(),
    }
}

view! {
    /// Published liabilities.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct PublishedView from root: PublishedRoot {
        root: Hash = root.root.into(),
        /// Sum of all leaves.
        total: BaseUnits = root.total.into(),
        as_of_seq: u64 = root.as_of_seq,
        /// Seconds since 1970-01-01 UTC.
        claimable_from: u64 = root.claimable_from,
    }
}

/// Custody, escrow, credits, the operator's accounts and published liabilities, by the ledger and by the contract.
#[utoipa::path(get, path = "/treasury/summary", operation_id = "treasury_summary", tag = "treasury", security(("session" = [])),
    responses((status = 200, body = TreasuryAnswer)))]
pub async fn summary(
    State(server): State<Server>,
    caller: Operator<Looking>,
) -> Result<Json<TreasuryAnswer>, Problem> {
    let summary = use_case::summary(&server.app, &caller).await?;
    Ok(Json(TreasuryAnswer {
        ledger: LedgerView::of(&summary),
        chain: summary.chain.as_ref().map(ChainView::from),
    }))
}

impl LedgerView {
    fn of(summary: &Summary) -> Self {
        let totals = &summary.totals;
        let posted = summary.posted;
        let breakage = BreakageCause::ALL.map(|cause| {
            let detail = ledger::Account::Breakage(cause).detail();
            (cause.name(), sum(totals, "breakage", Some(detail)))
        });
        let clearing = ClearingCause::ALL.map(|cause| {
            let detail = ledger::Account::Clearing(cause).detail();
            (cause.name(), net(totals, "clearing", detail))
        });
        Self {
            fact_seq: posted.map(|batch| batch.fact_seq),
            block_number: posted.map(|batch| batch.block_number),
            block_hash: posted.map(|batch| batch.block_hash.to_string()).map(Hash::from),
            custody: sum(totals, "custody", None),
            held: sum(totals, "held", None),
            available: sum(totals, "available", None),
            in_payout: pending(totals),
            reserved: sum(totals, "reserve", None),
            credits: sum(totals, "credit", None),
            company: sum(totals, "company", None),
            residual: sum(totals, "residual", None),
            breakage: breakage.into_iter().collect(),
            revenue: sum(totals, "revenue", None),
            tax: sum(totals, "tax", None),
            receivable: sum(totals, "receivable", None),
            clearing: clearing.into_iter().collect(),
        }
    }
}

fn of<'a>(totals: &'a [KindTotal], kind: &'a str) -> impl Iterator<Item = &'a KindTotal> {
    totals.iter().filter(move |total| total.kind == kind)
}

/// The balance of a kind on the side on which it grows: custody and receivable by debits, all others by credits.
fn sum(totals: &[KindTotal], kind: &str, detail: Option<u32>) -> BaseUnits {
    let mut balance = Amount::ZERO;
    for total in
        of(totals, kind).filter(|total| detail.is_none_or(|detail| detail == total.detail.unsigned_abs()))
    {
        let (more, less) = match kind {
            "custody" | "receivable" => (total.debits, total.credits),
            _ => (total.credits, total.debits),
        };
        balance = balance.checked_add(more.saturating_sub(less)).unwrap_or(balance);
    }
    balance.into()
}

fn net(totals: &[KindTotal], kind: &str, detail: u32) -> SignedBaseUnits {
    let total = of(totals, kind).find(|total| total.detail.unsigned_abs() == detail);
    let (credits, debits) = total.map_or((Amount::ZERO, Amount::ZERO), |total| {
        (total.credits, total.debits)
    });
    match credits.checked_sub(debits) {
        Ok(balance) => balance.to_string().into(),
        Err(_) => format!("-{}", debits.saturating_sub(credits)).into(),
    }
}

fn pending(totals: &[KindTotal]) -> BaseUnits {
    let pending = of(totals, "available").next();
    pending.map_or(Amount::ZERO, |total| total.debits_pending).into()
}
