//! What the plan's funds hold, read off the legs.

use ledger::{Account, Fund, Leg, Movement, Reason};
use money::Amount;

use super::super::{State, plus};
use crate::Outcome;
use crate::compiled::CompiledPlan;

/// Balances of the revenue accounts. They follow the legs, so they cannot differ from the books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::state) struct Funds {
    /// By number of the fund.
    pub(in crate::state) balances: Vec<Amount>,
    /// Legs of the present fact that are counted; zero between facts.
    counted: usize,
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
                *balance = balance.minus_or_zero(leg.amount);
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
    pub(in crate::state) fn finish(&mut self, legs: &[Leg]) {
        self.count(legs);
        self.counted = 0;
    }
}

impl State {
    /// What a fund holds between facts.
    #[must_use]
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

    /// What a fund and the funds behind it hold together.
    pub(super) fn fund_reach(&mut self, plan: &CompiledPlan, fund: Fund, out: &Outcome) -> Amount {
        self.components.funds.count(&out.legs);
        plan.fund_chain(fund)
            .fold(Amount::ZERO, |sum, fund| plus(sum, self.fund(fund)))
    }

    /// Brings up to `wanted` into a fund from the funds behind it, and says how much of `wanted` the fund now has.
    pub(super) fn fill_fund(
        &mut self,
        plan: &CompiledPlan,
        fund: Fund,
        wanted: Amount,
        out: &mut Outcome,
    ) -> Amount {
        let mut missing = wanted.minus_or_zero(self.fund_now(fund, out));
        for behind in plan.fund_chain(fund).skip(1) {
            if missing.is_zero() {
                break;
            }
            let part = missing.min(self.fund_now(behind, out));
            if !part.is_zero() {
                out.legs.push(Leg {
                    debit: Account::Revenue(behind),
                    credit: Account::Revenue(fund),
                    amount: part,
                    reason: Reason::Allocated,
                    recipient: None,
                    source: None,
                    movement: Movement::Single,
                });
            }
            missing = missing.minus_or_zero(part);
        }
        wanted.minus_or_zero(missing)
    }
}
