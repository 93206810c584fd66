//! What the plan's funds hold, read off the legs.

use ledger::{Account, Fund, Leg, Reason, UserId};
use money::Amount;

use super::super::{State, plus};
use crate::Outcome;
use crate::compiled::CompiledPlan;

/// Balances of the revenue accounts. They follow the legs, so they cannot differ from the books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::state) struct Funds {
    /// By number of the fund.
    pub(in crate::state) balances: Vec<Amount>,
    /// Legs of the current fact that are counted; zero between facts.
    counted: usize,
}

/// Rewards that a rule has found and no money has paid. Nobody owes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many: pairs of members on both sides of an active user that were not paid, and rank bonuses.
    pub count: u64,
    /// What they come to in base units, at the value that the plan has now.
    pub amount: Amount,
}

impl Funds {
    /// Funds with these balances, between facts.
    pub(in crate::state) fn holding(balances: &[Amount]) -> Self {
        Self {
            balances: balances.to_vec(),
            counted: 0,
        }
    }

    fn count(&mut self, legs: &[Leg]) {
        for leg in legs.get(self.counted..).unwrap_or_default() {
            // A debit of more than there is cannot happen: everything that draws asks first.
            if let Account::Revenue(fund) = leg.debit {
                let balance = self.balance_mut(fund);
                *balance = balance.saturating_sub(leg.amount);
            }
            if let Account::Revenue(fund) = leg.credit {
                let balance = self.balance_mut(fund);
                *balance = plus(*balance, leg.amount);
            }
        }
        self.counted = legs.len();
    }

    fn balance_mut(&mut self, fund: Fund) -> &mut Amount {
        let index = usize::from(fund.get());
        if self.balances.len() <= index {
            self.balances.resize(index.saturating_add(1), Amount::ZERO);
        }
        // The place was made just now.
        &mut self.balances[index]
    }

    /// Counts the rest of a fact's legs.
    pub(in crate::state) fn finish(&mut self, out: &Outcome) {
        if out.concerns_operator() {
            self.count(&out.legs);
        }
        self.counted = 0;
    }
}

impl State {
    /// What waits to be paid out of a fund: pairs and rank bonuses. Nobody owes it. O(users).
    pub fn waiting(&self, plan: &CompiledPlan, fund: Fund) -> Waiting {
        let components = &plan.terms.components;
        let mut waiting = Waiting::default();
        if let Some(terms) = components
            .binary
            .as_ref()
            .filter(|terms| terms.fund().number() == fund)
        {
            let tree = &self.components.binary.state;
            let users = (1u32..).take(tree.user_count()).filter_map(UserId::new);
            let pairs = users.filter(|user| self.is_active(*user)).map(|user| {
                let [left, right] = tree.lots(user);
                u64::from(left.min(right))
            });
            waiting.count = pairs.fold(0, u64::saturating_add);
            let amount = terms.pair_value().checked_mul(u128::from(waiting.count));
            waiting.amount = amount.unwrap_or(Amount::new(u128::MAX));
        }
        if plan.fund_of(Reason::Rank(1)) == Some(fund) {
            let (count, amount) = self.components.ranks.state.waiting();
            waiting.count = waiting.count.saturating_add(count);
            waiting.amount = plus(waiting.amount, amount);
        }
        waiting
    }

    /// What a fund holds between facts.
    pub fn fund(&self, fund: Fund) -> Amount {
        let balances = &self.components.funds.balances;
        balances
            .get(usize::from(fund.get()))
            .copied()
            .unwrap_or(Amount::ZERO)
    }

    /// What a fund holds after the legs so far.
    pub(super) fn fund_now(&mut self, fund: Fund, out: &Outcome) -> Amount {
        self.components.funds.count(&out.legs);
        self.fund(fund)
    }

    /// What every rule may draw of a fund after the legs so far: all of it but the commissions of periods that are not
    /// finalized.
    pub(super) fn fund_free(&mut self, plan: &CompiledPlan, fund: Fund, out: &Outcome) -> Amount {
        self.components.funds.count(&out.legs);
        self.free_in(plan, fund)
    }

    /// What every rule may draw of a fund and of the funds behind it together.
    pub(super) fn fund_reach(&mut self, plan: &CompiledPlan, fund: Fund, out: &Outcome) -> Amount {
        self.components.funds.count(&out.legs);
        self.reach_of(plan, fund)
    }

    /// [`State::fund_reach`] between facts.
    pub(crate) fn reach_of(&self, plan: &CompiledPlan, fund: Fund) -> Amount {
        plan.fund_chain(fund)
            .fold(Amount::ZERO, |sum, fund| plus(sum, self.free_in(plan, fund)))
    }

    fn free_in(&self, plan: &CompiledPlan, fund: Fund) -> Amount {
        let orders = plan.orders().filter(|orders| orders.fund().number() == fund);
        let reserved = orders.map_or(Amount::ZERO, |_| self.components.orders.reserved());
        self.fund(fund).saturating_sub(reserved)
    }

    /// Brings up to `wanted` into a fund from the funds that back it, and says how much of `wanted` the fund now has for it.
    pub(super) fn fill_fund(
        &mut self,
        plan: &CompiledPlan,
        fund: Fund,
        wanted: Amount,
        out: &mut Outcome,
    ) -> Amount {
        let mut missing = wanted.saturating_sub(self.fund_free(plan, fund, out));
        for behind in plan.fund_chain(fund).skip(1) {
            if missing.is_zero() {
                break;
            }
            let part = missing.min(self.fund_free(plan, behind, out));
            let accounts = (Account::Revenue(behind), Account::Revenue(fund));
            out.moves(Leg::new(accounts, part, Reason::Allocated));
            missing = missing.saturating_sub(part);
        }
        wanted.saturating_sub(missing)
    }
}
