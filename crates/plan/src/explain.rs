//! Why money moved, and why it did not: one line for every leg of a fact, with the rule, the plan's parameter and the
//! eligibility behind it, and lines for what moved nothing.
//!
//! Reads a fact's outcome and the state before it; decides nothing. The sum of the lines of a fact is the sum of its legs,
//! because every leg has exactly one line. Values of parameters come from the plan's text: see [`Values`].

mod escrow;
mod intake;
mod note;
mod settlement;
mod statement;
mod values;

use ledger::{Account, Beneficiary, BreakageCause, Leg, Reason, UserId};
use money::Amount;

use crate::{CompiledPlan, Effect, Outcome, State};

pub use statement::{Entry, Holdings, Statement};
pub use values::Values;

/// A sentence about a leg, or about something that moved nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Position among the legs of the fact; `None` for what moved nothing.
    pub leg: Option<u32>,
    /// What moved; zero for what moved nothing.
    pub amount: Amount,
    /// What became of it.
    pub verdict: Verdict,
    /// The part of the plan that decides: `registration`, `pool`, `retopup`, `escrow`, `reserve`, `settlement`.
    pub component: &'static str,
    /// The rule in it, with its number: `direct`, `generation 4`, `tier 1 layer 2`.
    pub rule: String,
    /// Where the plan file says so: `retopup.generations_bps[3]`. Entries of lists count from 0.
    pub parameter: Option<String>,
    /// Of whom the rule speaks.
    pub user: Option<UserId>,
    /// Whose payment or placement it is.
    pub source: Option<UserId>,
    /// What made it so, as a sentence without full stop.
    pub because: String,
}

/// What became of money of which a rule speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is a user's.
    Paid,
    /// A rule did not pay it, for this cause.
    NotPaid(BreakageCause),
    /// There is nobody in the place for whom it was meant.
    Residual,
    /// It is the company's.
    Company,
    /// It was a user's already and changes its account: it matures, is reserved or released, or leaves.
    Moved,
    /// It went back to whoever paid it.
    Returned,
    /// It fits nothing and waits for a human.
    Waiting,
    /// Nothing moved.
    Note,
}

impl Verdict {
    /// Stable name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::NotPaid(_) => "not_paid",
            Self::Residual => "residual",
            Self::Company => "company",
            Self::Moved => "moved",
            Self::Returned => "returned",
            Self::Waiting => "waiting",
            Self::Note => "note",
        }
    }

    /// Why a rule did not pay.
    #[must_use]
    pub const fn cause(self) -> Option<BreakageCause> {
        match self {
            Self::NotPaid(cause) => Some(cause),
            Self::Paid
            | Self::Residual
            | Self::Company
            | Self::Moved
            | Self::Returned
            | Self::Waiting
            | Self::Note => None,
        }
    }
}

/// What an explanation may look at.
struct Context<'a> {
    plan: &'a CompiledPlan,
    before: &'a State,
    outcome: &'a Outcome,
}

/// Explains what a fact did. `before` is the state before it. For facts other than maturities the state after it serves
/// as well: whatever is asked of it does not change by the fact.
#[must_use]
pub fn explain(plan: &CompiledPlan, before: &State, outcome: &Outcome) -> Vec<Line> {
    let context = Context {
        plan,
        before,
        outcome,
    };
    let legs = (0u32..).zip(&outcome.legs);
    let mut lines: Vec<Line> = legs.map(|(number, leg)| context.line(number, leg)).collect();
    lines.extend(outcome.effects.iter().filter_map(|effect| context.note(effect)));
    lines
}

impl Context<'_> {
    fn line(&self, number: u32, leg: &Leg) -> Line {
        let mut line = match leg.reason {
            Reason::Direct => self.direct(leg),
            Reason::PoolLayer { tier, layer } => self.pool_layer(leg, tier, layer),
            Reason::Generation(generation) => self.generation(leg, generation),
            Reason::CompanyShare => self.company_share(leg),
            Reason::Matured => self.matured(leg),
            Reason::Refund => self.refund(leg),
            Reason::ReserveReleased => self.reserve_released(leg),
            Reason::Netting => self.netting(leg),
            Reason::Unexpected => self.unexpected(leg),
            Reason::Funded
            | Reason::Correction
            | Reason::Payout
            | Reason::PayoutCredited
            | Reason::Claim
            | Reason::CreditWithdrawal
            | Reason::Treasury
            | Reason::Overpaid
            | Reason::Pair
            | Reason::Accrual
            | Reason::Bonus
            | Reason::Rank(_)
            | Reason::Withheld
            | Reason::Fee
            | Reason::Instalment
            | Reason::Withdrawal
            | Reason::Allocated
            | Reason::Reversed
            | Reason::Spent => self.settled(leg),
        };
        line.leg = Some(number);
        line.amount = leg.amount;
        line.user = leg.recipient;
        line.source = leg.source;
        line
    }

    fn shown(&self, amount: Amount) -> String {
        format!(
            "{} {}",
            self.plan.asset().display_amount(amount),
            self.plan.asset()
        )
    }

    /// The newcomer of the fact, its sponsor, and which direct it is.
    fn joined(&self) -> Option<(UserId, Option<UserId>, u32)> {
        self.outcome.effects.iter().find_map(|effect| {
            if let Effect::Joined {
                user,
                sponsor,
                ordinal,
                ..
            } = effect
            {
                Some((*user, *sponsor, *ordinal))
            } else {
                None
            }
        })
    }
}

/// A line whose leg is filled in later.
fn said(verdict: Verdict, component: &'static str, rule: impl Into<String>, because: String) -> Line {
    Line {
        leg: None,
        amount: Amount::ZERO,
        verdict,
        component,
        rule: rule.into(),
        parameter: None,
        user: None,
        source: None,
        because,
    }
}

impl Line {
    fn by(mut self, parameter: impl Into<String>) -> Self {
        self.parameter = Some(parameter.into());
        self
    }
}

/// What became of money that goes to this account.
fn verdict_of(account: Account) -> Verdict {
    match account {
        Account::Held(Beneficiary::User(_))
        | Account::Available(_)
        | Account::InTransit(_)
        | Account::Reserve(..)
        | Account::Credit(_)
        | Account::Deferred(_)
        | Account::Wallet(_) => Verdict::Paid,
        Account::Held(Beneficiary::Company) | Account::Company => Verdict::Company,
        Account::Held(Beneficiary::Residual(..)) | Account::Residual(..) => Verdict::Residual,
        Account::Held(Beneficiary::Breakage(cause)) | Account::Breakage(cause) => Verdict::NotPaid(cause),
        Account::Clearing(_) => Verdict::Waiting,
        Account::Custody
        | Account::Receivable(_)
        | Account::Held(Beneficiary::Fund(_))
        | Account::Revenue(_)
        | Account::Tax => Verdict::Moved,
    }
}

/// `generations[3]` for the fourth: parameters count from 0, rules from 1.
fn entry(list: &str, number: u8) -> String {
    format!("{list}[{}]", number.saturating_sub(1))
}
