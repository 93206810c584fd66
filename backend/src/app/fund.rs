//! Funds of the plan: what each has and pays, and what operators allocate to it of the revenue that is there.

use alloy_primitives::{Address, B256};
use ledger::{Fund, Reason};
use money::Amount;
use plan::{Cause, CompiledPlan, Report};
use serde::{Deserialize, Serialize};
use store::api::funds::{self, FundBalance};
use store::api::treasury;
use store::{PgConnection, StoreError, proposal};
use thiserror::Error;

use super::App;

/// Rewards that a fund can pay, by the names of their kinds; of ranks and generations any one stands for all.
const PAID: [(&str, Reason); 6] = [
    ("accrual", Reason::Accrual),
    ("bonus", Reason::Bonus),
    ("direct", Reason::Direct),
    ("generation", Reason::Generation(1)),
    ("pair", Reason::Pair),
    ("rank", Reason::Rank(1)),
];

/// Why revenue is not allocated.
#[derive(Debug, Error)]
pub enum FundError {
    /// The plan pays everything from payments.
    #[error("the plan has no funds")]
    NoFunds,
    /// The plan has funds, but not this one.
    #[error("the plan has no fund {0}")]
    UnknownFund(String),
    /// Nothing would be allocated.
    #[error("the amount must be greater than zero")]
    Nothing,
    /// There is less.
    #[error(
        "{unallocated} base units of revenue are not allocated, and other allocations await {waiting} of them"
    )]
    Exceeds {
        /// The balance of unallocated revenue.
        unallocated: Amount,
        /// What approved allocations that are not posted yet will take of it.
        waiting: Amount,
    },
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An account of revenue.
#[derive(Clone, Debug)]
pub struct FundState {
    /// Its number; 0 is revenue that is not allocated.
    pub number: Fund,
    /// Its name in the plan; `None` for revenue that is not allocated.
    pub name: Option<String>,
    /// What it received and gave.
    pub balance: FundBalance,
    /// Kinds of rewards that it pays.
    pub pays: Vec<&'static str>,
    /// Names of the funds that pay when it is empty, one behind the other.
    pub then: Vec<String>,
}

/// What is not allocated and every fund, after the last posted fact.
#[derive(Clone, Debug)]
pub struct Funds {
    /// The last fact; `None` before the first.
    pub fact_seq: Option<i64>,
    /// The accounts, by number.
    pub accounts: Vec<FundState>,
}

/// Every fund of the plan.
pub async fn list(app: &App) -> Result<Funds, StoreError> {
    let plan = &app.ledger.plan;
    let mut accounts = vec![(Fund::UNALLOCATED, None)];
    accounts.extend(plan.funds().map(|(fund, name)| (fund, Some(name.to_owned()))));
    let numbers: Vec<Fund> = accounts.iter().map(|(number, _)| *number).collect();
    let mut connection = app.connection().await?;
    let last = treasury::find_last_batch(&mut connection).await?;
    let balances = funds::list_balances(&mut connection, &numbers).await?;
    let accounts = accounts.into_iter().zip(balances);
    Ok(Funds {
        fact_seq: last.map(|batch| batch.fact_seq),
        accounts: accounts
            .map(|((number, name), balance)| FundState {
                number,
                balance,
                pays: paid_by(plan, number),
                then: match name {
                    Some(_) => behind(plan, number),
                    None => Vec::new(),
                },
                name,
            })
            .collect(),
    })
}

fn paid_by(plan: &CompiledPlan, fund: Fund) -> Vec<&'static str> {
    let paid = PAID
        .iter()
        .filter(|(_, reason)| plan.fund_of(*reason) == Some(fund));
    paid.map(|(name, _)| *name).collect()
}

fn behind(plan: &CompiledPlan, fund: Fund) -> Vec<String> {
    let name_of = |fund: Fund| plan.funds().find(|(number, _)| *number == fund);
    let behind = plan.fund_chain(fund).skip(1).filter_map(name_of);
    behind.map(|(_, name)| name.to_owned()).collect()
}

/// Revenue that a fund is to receive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    fund: Fund,
    name: String,
    amount: Amount,
}

/// The stored form: the order of the fields is part of it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    fund: u8,
    name: String,
    amount: String,
}

impl Allocation {
    /// An allocation to the fund of this name.
    ///
    /// # Errors
    /// [`FundError::NoFunds`], [`FundError::UnknownFund`], [`FundError::Nothing`].
    pub fn new(plan: &CompiledPlan, name: &str, amount: Amount) -> Result<Self, FundError> {
        if plan.funds().next().is_none() {
            return Err(FundError::NoFunds);
        }
        let fund = plan.funds().find(|(_, found)| *found == name);
        let (fund, _) = fund.ok_or_else(|| FundError::UnknownFund(name.to_owned()))?;
        if amount.is_zero() {
            return Err(FundError::Nothing);
        }
        Ok(Self {
            fund,
            name: name.to_owned(),
            amount,
        })
    }

    pub(super) fn payload(&self) -> String {
        let payload = Payload {
            fund: self.fund.get(),
            name: self.name.clone(),
            amount: self.amount.to_string(),
        };
        serde_json::to_string(&payload).expect("numbers and texts are JSON")
    }

    pub(super) fn read(payload: &str) -> Option<Self> {
        let payload: Payload = serde_json::from_str(payload).ok()?;
        Some(Self {
            fund: Fund::new(payload.fund),
            name: payload.name,
            amount: payload.amount.parse().ok()?,
        })
    }

    pub(super) fn signed(&self, app: &App, proposal: B256, proposer: Address) -> approval::Proposal {
        causes::commands::allocation(&app.ledger.plan, proposal, self.fund, self.amount, proposer)
    }

    pub(super) const fn cause(&self) -> Cause {
        Cause::Reported(Report::FundAllocated {
            fund: self.fund,
            amount: self.amount,
        })
    }
}

/// Whether so much revenue is there and not promised to other allocations. By the time the command is posted it can be less; the
/// fact has no effect then.
pub(super) async fn check(connection: &mut PgConnection, allocation: &Allocation) -> Result<(), FundError> {
    let waiting = proposal::fetch_waiting_allocations(connection).await?;
    let found = funds::list_balances(connection, &[Fund::UNALLOCATED]).await?;
    let found = found.first().copied().unwrap_or_default();
    let unallocated = found.received.saturating_sub(found.given);
    if allocation.amount > unallocated.saturating_sub(waiting) {
        return Err(FundError::Exceeds { unallocated, waiting });
    }
    Ok(())
}
