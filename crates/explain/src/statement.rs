//! [`Statement`]: a user's account over a period: what it held before and after, every reward, every missed one with its
//! reason, every payment.

use ledger::{Account, Beneficiary, Leg, Movement, Side, UserId};
use money::Amount;

use crate::{Line, Verdict};
use plan::generation::Mode;
use plan::{CompiledPlan, ComponentEffect, Effect, Outcome, PeriodStatus, SaleEffect};

/// What a user has, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Granted, and within the cooling-off time of the payment behind it.
    pub held: Amount,
    /// What can be paid out, what batches hold back included.
    pub available: Amount,
    /// Rewards of funds that wait for their day.
    pub deferred: Amount,
    /// Matured rewards that the user has not taken out yet, in plans with withdrawals.
    pub wallet: Amount,
    /// Reserved for next tiers.
    pub reserved: Amount,
    /// What the contract keeps for the user.
    pub credit: Amount,
    /// What the user owes after corrections.
    pub owed: Amount,
}

/// A line of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Number of the fact.
    pub seq: u64,
    /// When it happened, in seconds since 1970-01-01 UTC.
    pub at: u64,
    /// What it did.
    pub line: Line,
}

/// A user's account over a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    user: UserId,
    /// First second of the period.
    from: u64,
    /// First second after it.
    until: u64,
    /// At the beginning of the period.
    pub opening: Holdings,
    /// At its end.
    pub closing: Holdings,
    /// What happened in it, in the order of facts.
    pub entries: Vec<Entry>,
}

impl Statement {
    /// An empty statement over `from ≤ time < until`.
    pub fn new(user: UserId, from: u64, until: u64) -> Self {
        Self {
            user,
            from,
            until,
            opening: Holdings::default(),
            closing: Holdings::default(),
            entries: Vec::new(),
        }
    }

    /// Whether a fact is about the user: only then it has to be explained.
    pub fn concerns(&self, plan: &CompiledPlan, outcome: &Outcome) -> bool {
        let is_named = |effect: &Effect| {
            matches!(effect, Effect::Component(effect)
                if effect.row().is_some_and(|row| row.user == Some(self.user)) || passes_over(plan, effect))
        };
        self.is_moved(&outcome.legs) || outcome.effects.iter().any(is_named)
    }

    fn is_moved(&self, legs: &[Leg]) -> bool {
        let is_own = |leg: &Leg| {
            let own = Some(self.user);
            leg.recipient == own || leg.source == own || leg.debit.user() == own || leg.credit.user() == own
        };
        legs.iter().any(is_own)
    }

    /// Follows a fact, in the order of facts. `lines` explain its legs; they are kept if the fact lies within the period.
    pub fn follow(&mut self, (seq, at): (u64, u64), legs: &[Leg], lines: Vec<Line>) {
        if at >= self.until {
            return;
        }
        for leg in legs {
            self.closing.follow(self.user, leg);
        }
        if at < self.from {
            self.opening = self.closing;
            return;
        }
        let own = Some(self.user);
        let kept = lines.into_iter().filter(|line| {
            let leg = line.leg.and_then(|leg| legs.get(usize::try_from(leg).ok()?));
            let touches = leg.is_some_and(|leg| leg.debit.user() == own || leg.credit.user() == own);
            // What the user paid is one fact; how the rest of it was divided is others' business.
            line.user == own || touches
        });
        self.entries.extend(kept.map(|line| Entry { seq, at, line }));
    }

    /// Rewards granted in the period.
    pub fn rewards(&self) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(|entry| entry.line.verdict == Verdict::Paid)
    }

    /// Shares that a rule meant for the user and did not pay.
    pub fn missed(&self) -> impl Iterator<Item = &Entry> {
        let is_missed = |verdict| matches!(verdict, Verdict::NotPaid(_) | Verdict::Residual);
        self.entries
            .iter()
            .filter(move |entry| is_missed(entry.line.verdict))
    }
}

/// Whether uplines may have been passed over that no leg is about.
fn passes_over(plan: &CompiledPlan, effect: &ComponentEffect) -> bool {
    let generation = plan.components().generation.as_ref();
    let is_purchase = matches!(effect, ComponentEffect::SubscriptionBought { .. });
    let is_finalized = matches!(
        effect,
        ComponentEffect::Sale(SaleEffect::PeriodMoved {
            status: PeriodStatus::Finalized,
            ..
        })
    );
    is_finalized || (is_purchase && generation.is_some_and(|terms| terms.mode() != Mode::Physical))
}

impl Holdings {
    fn follow(&mut self, user: UserId, leg: &Leg) {
        match leg.movement {
            Movement::Single | Movement::Post(_) => {}
            Movement::Pending | Movement::Void(_) => return,
        }
        for (account, is_credit) in [(leg.debit, false), (leg.credit, true)] {
            let grows = is_credit == (account.kind().side() == Side::Credit);
            if let Some(balance) = self.of(user, account) {
                *balance = if grows {
                    balance.checked_add(leg.amount).unwrap_or(*balance)
                } else {
                    balance.saturating_sub(leg.amount)
                };
            }
        }
    }

    fn of(&mut self, user: UserId, account: Account) -> Option<&mut Amount> {
        if account.user() != Some(user) {
            return None;
        }
        match account {
            Account::Held(Beneficiary::User(_)) => Some(&mut self.held),
            Account::Reserve(..) => Some(&mut self.reserved),
            Account::Credit(_) => Some(&mut self.credit),
            Account::Receivable(_) => Some(&mut self.owed),
            Account::Deferred(_) => Some(&mut self.deferred),
            Account::Wallet(_) => Some(&mut self.wallet),
            Account::Available(_) | Account::InTransit(_) => Some(&mut self.available),
            Account::Held(
                Beneficiary::Company
                | Beneficiary::Residual(..)
                | Beneficiary::Breakage(_)
                | Beneficiary::Fund(_),
            )
            | Account::Custody
            | Account::Company
            | Account::Residual(..)
            | Account::Breakage(_)
            | Account::Revenue(_)
            | Account::Tax
            | Account::Clearing(_) => None,
        }
    }
}
