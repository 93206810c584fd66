//! Why money moved, and why it did not: one line for every leg of a fact, with the rule, the plan's parameter and the
//! eligibility behind it, and lines for what moved nothing.
//!
//! Reads a fact's outcome and the state before it; decides nothing. The sum of the lines of a fact is the sum of its legs,
//! because every leg has exactly one line. Values of parameters come from the plan's text: see [`Values`].

mod component;
mod escrow;
mod fund;
mod granted;
mod intake;
mod note;
mod order;
mod part;
mod purchase;
mod reward;
mod settlement;
mod share;
mod statement;
mod values;

use alloy_primitives::B256;
use ledger::{Account, Beneficiary, BreakageCause, Leg, Reason, UserId};
use money::Amount;

use plan::compiled::IntakeRule;
use plan::decision::Why;
use plan::{CompiledPlan, Outcome, Plans, State};
use settlement::{paid_out, settled};

pub use part::Part;
pub use share::rule_name;
pub use statement::{Entry, Holdings, Statement};
pub use values::Values;

/// A sentence about a leg, or about something that moved nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Position among the legs of the fact; `None` for what moved nothing.
    pub leg: Option<u32>,
    /// What moved; zero for what moved nothing.
    pub amount: Amount,
    /// The outcome of it.
    pub verdict: Verdict,
    /// The part of the plan that decides: `registration`, `pool`, `retopup`, `escrow`, `reserve`, `settlement`, and the
    /// tables of components: `subscription`, `generation`, `ranks`, `binary`, `orders`, `campaign`, …
    pub component: &'static str,
    /// The rule in it, with its number: `direct`, `generation 4`, `tier 1 layer 2`.
    pub rule: String,
    /// Where the plan file says so: `retopup.generations_bps[3]`. Entries of lists count from 0.
    pub parameter: Option<String>,
    /// Hash of the version of the plan whose parameter it is: the one in force, or for what was granted, sold or divided
    /// before a change of the plan the one of that time.
    pub plan: B256,
    /// Of what a leg consists that sums up shares of several payments or policies; empty where one rule says it all.
    pub parts: Vec<Part>,
    /// The user that the rule is about.
    pub user: Option<UserId>,
    /// Whose payment or placement it is.
    pub source: Option<UserId>,
    /// What made it so, as a sentence without full stop.
    pub because: String,
}

/// What became of the money that a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is a user's.
    Paid,
    /// A rule did not pay it, for this cause.
    NotPaid(BreakageCause),
    /// Nobody has the place that it was meant for.
    Residual,
    /// It is the company's.
    Company,
    /// It was a user's already and changes its account: it matures, is reserved or released, or leaves.
    Moved,
    /// It went back to the payer.
    Returned,
    /// It fits nothing and waits for a human.
    Waiting,
    /// Nothing moved.
    Note,
}

impl Verdict {
    /// Stable name in JSON.
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
    pub const fn cause(self) -> Option<BreakageCause> {
        if let Self::NotPaid(cause) = self {
            return Some(cause);
        }
        None
    }
}

/// What an explanation may look at.
#[derive(Clone, Copy)]
struct Context<'a> {
    /// The version that is asked: the one in force, unless it is about something older.
    plan: &'a CompiledPlan,
    /// Its hash.
    version: B256,
    plans: Plans<'a>,
    before: &'a State,
    outcome: &'a Outcome,
}

/// Explains what a fact did. `plans` and `before` are those before it; `outcome` kept what the rules decided
/// ([`Outcome::explained`]), else the lines about components say less. In a plan of registration, retopup and pools the
/// state after the fact serves as well, except for maturities and refunds: whatever else is asked of it does not change by
/// the fact.
pub fn explain<'a>(plans: impl Into<Plans<'a>>, before: &State, outcome: &Outcome) -> Vec<Line> {
    let plans = plans.into();
    let plan = plans.in_force;
    let context = Context {
        plan,
        version: plan.hash(),
        plans,
        before,
        outcome,
    };
    let legs = (0u32..).zip(&outcome.legs);
    let mut lines: Vec<Line> = legs.map(|(number, leg)| context.line(number, leg)).collect();
    let passed = outcome.decisions().passed.iter();
    lines.extend(passed.map(|passed| context.passed(passed)));
    for (number, effect) in outcome.effects.iter().enumerate() {
        let why = outcome.decisions().of_effect(number);
        lines.extend(context.kept_back(effect, why));
        lines.extend(context.note(effect, why));
    }
    for line in lines.iter_mut().filter(|line| line.plan.is_zero()) {
        line.plan = plan.hash();
    }
    lines
}

impl<'a> Context<'a> {
    /// The same, asking the version with this hash; the one in force for `None`.
    fn under(&self, version: Option<B256>) -> Self {
        match version {
            Some(version) => Self {
                plan: self.plans.of(version),
                version,
                ..*self
            },
            None => *self,
        }
    }
}

impl Context<'_> {
    fn line(&self, number: u32, leg: &Leg) -> Line {
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        let why = self.outcome.decisions().of_leg(place);
        let applied = why.applied.filter(|_| why.granted == Some(leg.reason));
        let mut line = match applied {
            Some(applied) => self.applied(leg, &applied),
            None => self.by_reason(number, leg, why),
        };
        if !why.parts.is_empty() {
            line.parts = self.parts(&why.parts);
        }
        line.leg = Some(number);
        line.amount = leg.amount;
        line.user = leg.recipient;
        line.source = leg.source;
        line
    }

    fn by_reason(&self, number: u32, leg: &Leg, why: &Why) -> Line {
        let is_from_fund = matches!(leg.debit, Account::Revenue(_));
        match leg.reason {
            Reason::Direct if is_from_fund => self.first_payment(leg),
            Reason::Direct => self.direct(leg, why),
            Reason::PoolLayer { tier, layer } => self.pool_layer(leg, tier, layer),
            Reason::Generation(generation) => match self.plan.intake() {
                IntakeRule::Subscription => self.purchase_share(leg, generation, why),
                IntakeRule::Order => self.commission(leg, generation, why),
                IntakeRule::AutoPool | IntakeRule::Booking | IntakeRule::Joining { .. } => {
                    self.generation(leg, generation, why)
                }
            },
            Reason::CompanyShare if self.plan.intake() == IntakeRule::AutoPool => {
                self.company_share(leg, why)
            }
            Reason::CompanyShare => self.company_rest(leg),
            Reason::Matured if matches!(leg.debit, Account::Deferred(_)) => self.released(leg, why),
            Reason::Matured => self.matured(leg),
            Reason::Refund => self.refund(number, leg),
            Reason::ReserveReleased => self.reserve_released(leg, why),
            Reason::Netting => self.netting(leg, why),
            Reason::Unexpected => self.unexpected(leg, why),
            Reason::Pair => self.pair(leg, why),
            Reason::Accrual => self.accrual(leg, why),
            Reason::Bonus => self.conversion(leg),
            Reason::Rank(rank) => self.rank(leg, rank, why),
            Reason::Withheld => self.withheld(why),
            Reason::Fee => self.fee(leg, why),
            Reason::Instalment => self.instalment(why),
            Reason::Withdrawal => self.withdrawal(leg, why),
            Reason::Allocated => self.allocated(leg),
            Reason::Reversed => self.reversed(leg, why),
            Reason::Spent => self.spent(),
            Reason::Funded => settled(leg, Verdict::Moved, settlement::FUNDED),
            Reason::Correction => settled(leg, Verdict::Moved, settlement::CORRECTED),
            Reason::Payout => paid_out(leg, settlement::SENT),
            Reason::PayoutCredited => paid_out(leg, settlement::CREDITED),
            Reason::Claim => settled(leg, Verdict::Moved, settlement::CLAIMED),
            Reason::CreditWithdrawal => settled(leg, Verdict::Moved, settlement::CREDIT_WITHDRAWN),
            Reason::Treasury => settled(leg, Verdict::Company, settlement::TREASURY),
            Reason::Overpaid => settled(leg, Verdict::Waiting, settlement::OVERPAID),
        }
    }

    fn shown(&self, amount: Amount) -> String {
        format!(
            "{} {}",
            self.plan.asset().display_amount(amount),
            self.plan.asset()
        )
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
        plan: B256::ZERO,
        parts: Vec::new(),
        user: None,
        source: None,
        because,
    }
}

/// A line about something that moved nothing.
fn note(component: &'static str, rule: impl Into<String>, because: String) -> Line {
    said(Verdict::Note, component, rule, because)
}

impl Line {
    /// A line about what another version decided.
    fn under(mut self, context: &Context<'_>) -> Self {
        self.plan = context.version;
        self
    }

    fn by(self, parameter: impl Into<String>) -> Self {
        self.by_any(Some(parameter.into()))
    }

    /// The parameter, if there is one.
    fn by_any(mut self, parameter: Option<String>) -> Self {
        self.parameter = parameter;
        self
    }

    fn of(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }
}

/// The outcome of money that goes to this account.
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

/// ` of user 4`, or nothing.
/// `user 4`, or `the user` if it is not known which.
fn who(user: Option<UserId>) -> String {
    user.map_or("the user".to_owned(), |user| format!("user {user}"))
}

fn of_user(user: Option<UserId>) -> String {
    user.map_or_else(String::new, |user| format!(" of user {user}"))
}

/// `generations[3]` for the fourth: parameters count from 0, rules from 1.
fn entry(list: &str, number: u8) -> String {
    format!("{list}[{}]", number.saturating_sub(1))
}
