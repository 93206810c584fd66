//! [`Books`]: the plan's state, and what every fact did to accounts and people.

mod funds;

use std::hint::black_box;

use ledger::{
    Account, AccountKind, Beneficiary, BreakageCause, Fund, Leg, Phase, Reason, Side, Tier, UserId,
};
use money::Amount;
use plan::{CompiledPlan, Day, DepositKind, DiscrepancyCause, Effect, Fact, Outcome, State};

pub use funds::FundCount;
use funds::FundCounts;

/// Applies facts, and keeps count.
#[derive(Debug)]
pub struct Books<'plan> {
    plan: &'plan CompiledPlan,
    state: State,
    out: Outcome,
    balances: Balances,
    /// What each user was granted and not deprived of again, by user id, from 1.
    received: Vec<Amount>,
    /// What each user paid and did not get back, by user id, from 1.
    paid_in: Vec<Amount>,
    counts: Counts,
    funds: FundCounts,
    discrepancy: Option<DiscrepancyCause>,
    today: Day,
    tape: Option<Vec<Recorded>>,
}

/// A fact and the day on which it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The day.
    pub day: Day,
    /// What happened.
    pub fact: Fact,
}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Facts.
    pub facts: u64,
    /// Users who joined.
    pub joined: u64,
    /// Retopups.
    pub retopups: u64,
    /// Deposits that went back.
    pub refunds: u64,
    /// Places taken in pools, of all tiers.
    pub placements: u64,
    /// Moves to a next tier.
    pub progressions: u64,
    /// Everything that people paid.
    pub paid_in: Amount,
    /// What of it went back to them.
    pub refunded: Amount,
    /// Money of no participant that came in from outside.
    pub funded: Amount,
    /// Facts that the plan ignored.
    pub ignored: u64,
}

/// Sums of balances, each on the side on which its account grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balances {
    kinds: [i128; AccountKind::ALL.len()],
    held_for_users: i128,
    held_for_company: i128,
    breakage: [i128; BreakageCause::ALL.len()],
    /// By tier, from 1.
    reserves: [i128; Tier::MAX as usize],
}

impl Default for Balances {
    fn default() -> Self {
        Self {
            kinds: [0; AccountKind::ALL.len()],
            held_for_users: 0,
            held_for_company: 0,
            breakage: [0; BreakageCause::ALL.len()],
            reserves: [0; Tier::MAX as usize],
        }
    }
}

impl<'plan> Books<'plan> {
    /// Books before the first fact, with room for so many users.
    pub fn new(plan: &'plan CompiledPlan, users: u32) -> Self {
        let users = usize::try_from(users).unwrap_or(0);
        Self {
            plan,
            state: State::new(plan),
            out: Outcome::default(),
            balances: Balances::default(),
            received: Vec::with_capacity(users),
            paid_in: Vec::with_capacity(users),
            counts: Counts::default(),
            funds: FundCounts::new(plan),
            discrepancy: None,
            today: Day::new(0),
            tape: None,
        }
    }

    /// A day begins: what is applied from now on happens on it.
    pub fn begin_day(&mut self, today: Day) {
        self.today = today;
    }

    /// Keeps every fact from now on.
    pub fn record(&mut self) {
        self.tape.get_or_insert_default();
    }

    /// The facts that were kept.
    #[must_use]
    pub fn into_tape(self) -> Vec<Recorded> {
        self.tape.unwrap_or_default()
    }

    /// Applies a fact, and says what it did.
    pub fn apply(&mut self, fact: &Fact) -> &Outcome {
        if let Some(tape) = &mut self.tape {
            tape.push(Recorded {
                day: self.today,
                fact: *fact,
            });
        }
        self.state.apply(self.plan, fact, &mut self.out);
        self.counts.facts = self.counts.facts.saturating_add(1);
        self.received.resize(self.state.user_count(), Amount::ZERO);
        self.paid_in.resize(self.state.user_count(), Amount::ZERO);
        for leg in &self.out.legs {
            self.balances.follow(leg);
            follow_people(leg, &mut self.received, &mut self.paid_in, &mut self.counts);
        }
        self.funds.follow(self.plan, &self.out);
        for effect in &self.out.effects {
            self.counts.follow(effect);
            if let Effect::Discrepancy { cause } = effect {
                self.discrepancy.get_or_insert(*cause);
            }
        }
        &self.out
    }

    /// Reads what facts by which people join under these users will read. Changes nothing, and nothing depends on it but
    /// time.
    pub fn prefetch_joining(&self, sponsors: &[UserId]) {
        self.state.prefetch_joining(self.plan, sponsors);
        let seen = |seen, user: &UserId| seen ^ self.received.get(user.index()).map_or(0, |sum| low(*sum));
        black_box(sponsors.iter().fold(0, seen));
    }

    /// Reads what payments of these users will read: theirs and their uplines'. Changes nothing, likewise.
    pub fn prefetch_paying(&self, users: &[UserId]) {
        self.state.prefetch_paying(self.plan, users);
        let mut seen = 0;
        for user in users {
            seen ^= self.paid_in.get(user.index()).map_or(0, |sum| low(*sum));
            let mut upline = self.state.sponsor(*user);
            for _ in self.plan.generation_shares() {
                let Some(above) = upline else { break };
                seen ^= self.received.get(above.index()).map_or(0, |sum| low(*sum));
                upline = self.state.sponsor(above);
            }
        }
        black_box(seen);
    }

    /// The plan.
    pub const fn plan(&self) -> &'plan CompiledPlan {
        self.plan
    }

    /// The plan's state.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The balances.
    pub const fn balances(&self) -> &Balances {
        &self.balances
    }

    /// What happened so far.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What each user was granted and not deprived of again: paid out, available, reserved or held.
    pub fn received(&self) -> &[Amount] {
        &self.received
    }

    /// What each user paid and did not get back.
    pub fn paid_in(&self) -> &[Amount] {
        &self.paid_in
    }

    /// What a fund did so far.
    pub fn fund(&self, fund: Fund) -> FundCount {
        self.funds.of(fund)
    }

    /// The first thing in which facts and plan disagreed: a driver that is wrong.
    pub const fn discrepancy(&self) -> Option<DiscrepancyCause> {
        self.discrepancy
    }
}

/// What a leg means for the people of whom it speaks.
fn follow_people(leg: &Leg, received: &mut [Amount], paid_in: &mut [Amount], counts: &mut Counts) {
    let is_refund = leg.reason == Reason::Refund;
    let (from, to) = (owner(leg.debit), owner(leg.credit));
    // What matures stays with its user: nothing to look up.
    if from != to {
        if let Some(sum) = to.and_then(|user| received.get_mut(user.index())) {
            *sum = plus(*sum, leg.amount);
        }
        // What leaves the books to a user's wallet has been received; only a refund of someone's payment takes it away.
        if (leg.credit != Account::Custody || is_refund)
            && let Some(sum) = from.and_then(|user| received.get_mut(user.index()))
        {
            *sum = sum.saturating_sub(leg.amount);
        }
    }
    if leg.reason == Reason::Funded {
        counts.funded = plus(counts.funded, leg.amount);
        return;
    }
    let payer = leg.source.and_then(|user| paid_in.get_mut(user.index()));
    if leg.debit == Account::Custody {
        counts.paid_in = plus(counts.paid_in, leg.amount);
        if let Some(sum) = payer {
            *sum = plus(*sum, leg.amount);
        }
    } else if leg.credit == Account::Custody && is_refund {
        counts.refunded = plus(counts.refunded, leg.amount);
        if let Some(sum) = payer {
            *sum = sum.saturating_sub(leg.amount);
        }
    }
}

/// The user whose money is in an account; what a user owes is less of it.
fn owner(account: Account) -> Option<UserId> {
    account.user()
}

/// Reads an amount to warm the cache.
fn low(amount: Amount) -> u8 {
    u8::from(amount.is_zero())
}

/// The sum. At most 2^31 payments of at most 2^96 base units are ever added.
fn plus(left: Amount, right: Amount) -> Amount {
    left.checked_add(right).unwrap_or(Amount::new(u128::MAX))
}

impl Counts {
    fn follow(&mut self, effect: &Effect) {
        let counter = if matches!(effect, Effect::DepositMatured { .. }) {
            // By far the most frequent; nobody counts it.
            return;
        } else if matches!(effect, Effect::Joined { .. }) {
            &mut self.joined
        } else if let Effect::DepositTaken { kind, .. } = effect {
            match kind {
                DepositKind::Registration => return,
                DepositKind::Retopup => &mut self.retopups,
            }
        } else if matches!(effect, Effect::DepositRefunded { .. }) {
            &mut self.refunds
        } else if matches!(effect, Effect::Placed { .. }) {
            &mut self.placements
        } else if matches!(effect, Effect::Progressed { .. }) {
            &mut self.progressions
        } else if matches!(effect, Effect::CommandIgnored { .. }) {
            &mut self.ignored
        } else {
            return;
        };
        *counter = counter.saturating_add(1);
    }
}

impl Balances {
    pub(crate) fn follow(&mut self, leg: &Leg) {
        match leg.movement.phase() {
            Phase::Single | Phase::Post => {}
            // What is held back, or let go of, has not moved.
            Phase::Pending | Phase::Void => return,
        }
        let amount = i128::try_from(leg.amount.base_units()).unwrap_or(i128::MAX);
        self.change(leg.debit, amount.saturating_neg());
        self.change(leg.credit, amount);
    }

    /// Adds what was credited to an account, or with a minus debited.
    fn change(&mut self, account: Account, credited: i128) {
        let kind = account.kind();
        let grows = match kind.side() {
            Side::Debit => credited.saturating_neg(),
            Side::Credit => credited,
        };
        add(&mut self.kinds, usize::from(kind.code()).saturating_sub(1), grows);
        if let Account::Held(Beneficiary::User(_)) = account {
            self.held_for_users = self.held_for_users.saturating_add(grows);
        } else if account == Account::Held(Beneficiary::Company) {
            self.held_for_company = self.held_for_company.saturating_add(grows);
        } else if let Account::Breakage(cause) = account {
            let at = BreakageCause::ALL.iter().position(|known| *known == cause);
            add(&mut self.breakage, at.unwrap_or(usize::MAX), grows);
        } else if let Account::Reserve(_, tier) = account {
            add(
                &mut self.reserves,
                usize::from(tier.get()).saturating_sub(1),
                grows,
            );
        }
    }

    /// Sum of the accounts of a kind.
    pub fn of(&self, kind: AccountKind) -> i128 {
        let at = usize::from(kind.code()).saturating_sub(1);
        self.kinds.get(at).copied().unwrap_or(0)
    }

    /// What is held for users.
    pub const fn held_for_users(&self) -> i128 {
        self.held_for_users
    }

    /// What is the company's, and what is held for it.
    pub fn company(&self) -> Amount {
        let company = self
            .of(AccountKind::Company)
            .saturating_add(self.held_for_company);
        Amount::new(u128::try_from(company).unwrap_or(0))
    }

    /// Matured breakage of a cause.
    pub fn breakage(&self, cause: BreakageCause) -> i128 {
        let at = BreakageCause::ALL.iter().position(|known| *known == cause);
        at.and_then(|at| self.breakage.get(at)).copied().unwrap_or(0)
    }

    /// What is reserved of a tier's rewards.
    pub fn reserve(&self, tier: Tier) -> i128 {
        let at = usize::from(tier.get()).saturating_sub(1);
        self.reserves.get(at).copied().unwrap_or(0)
    }

    /// Everything that is owed, less what users owe: equal to what custody has, always.
    pub fn owed(&self) -> i128 {
        AccountKind::ALL.iter().fold(0i128, |sum, kind| {
            let balance = self.of(*kind);
            match (kind, kind.side()) {
                (AccountKind::Custody, _) => sum,
                (_, Side::Credit) => sum.saturating_add(balance),
                (_, Side::Debit) => sum.saturating_sub(balance),
            }
        })
    }
}

fn add(sums: &mut [i128], at: usize, change: i128) {
    if let Some(sum) = sums.get_mut(at) {
        *sum = sum.saturating_add(change);
    }
}
