//! Orders: what they put into the fund, commission periods, and what a refund takes back.

use std::collections::BTreeMap;

use ledger::{Account, Fund, Leg, Reason, UserId};
use money::Amount;

use super::super::intake::Payment;
use super::super::{State, ignore, plus, push};
use super::grant::{Grant, taken_of};
use super::intake::hold_fund;
use crate::compiled::CompiledPlan;
use crate::decision::{Passed, RewardOrigin, Rule, Unroutable};
use crate::effect::{ComponentEffect, PeriodStatus, RewardId, SaleEffect};
use crate::fact::ComponentFact;
use crate::orders::{
    self, Buyer, Clawback, CustomerId, Line, LineOutcome, NewOrder, Order, OrderError, OrderId, Orders,
    PeriodNumber, Placed, Taken,
};
use crate::state::intake::hold_leg;
use crate::{Day, DepositId, Effect, IgnoredCause, Outcome};

/// What is known of orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) state: Orders,
    /// Orders whose payment can still be refunded.
    by_deposit: BTreeMap<DepositId, OrderId>,
    /// What orders of shops put into the fund.
    funding: BTreeMap<OrderId, Amount>,
    /// What the fund of commissions has of orders whose period is not finalized: no other rule draws on it.
    reserved: BTreeMap<PeriodNumber, Amount>,
    /// By the number that their reference has.
    customers: BTreeMap<u32, CustomerId>,
    /// What was granted for a generation of an order.
    rewards: BTreeMap<(OrderId, u8), RewardId>,
}

impl Records {
    /// Which order a reward was granted for.
    pub(super) fn origin_of(&self, id: RewardId) -> Option<RewardOrigin> {
        let mut granted = self.rewards.iter();
        let ((order, _), _) = granted.find(|(_, reward)| **reward == id)?;
        Some(RewardOrigin::Order(*order))
    }

    /// What is reserved of the fund of commissions, over all periods.
    pub(super) fn reserved(&self) -> Amount {
        let parts = self.reserved.values();
        parts.fold(Amount::ZERO, |sum, part| plus(sum, *part))
    }
}

impl State {
    /// The number of the next order.
    pub fn next_order(&self) -> u32 {
        let placed = u32::try_from(self.components.orders.state.count()).unwrap_or(u32::MAX);
        placed.saturating_add(1)
    }

    /// A payment of a participant is an order for their own use, unless nothing can be ordered for it.
    pub(super) fn order_by_payment(
        &mut self,
        plan: &CompiledPlan,
        payment: Payment,
        out: &mut Outcome,
    ) -> Result<(), Unroutable> {
        let fund = plan.orders().ok_or(Unroutable::NoOrder)?.fund().number();
        let new = NewOrder {
            buyer: Buyer::Participant(payment.user),
            amount: payment.amount,
            volume: None,
            day: self.components.today(),
        };
        let placed = self.place_order(plan, &new, payment.user, out);
        let placed = placed.map_err(|_| Unroutable::NoOrder)?;
        hold_fund(out, fund, placed.fund, payment.user);
        let company = ledger::Beneficiary::Company;
        hold_leg(
            out,
            company,
            placed.company,
            Reason::CompanyShare,
            None,
            payment.user,
        );
        self.components
            .orders
            .by_deposit
            .insert(payment.deposit, placed.order);
        Ok(())
    }

    fn place_order(
        &mut self,
        plan: &CompiledPlan,
        new: &NewOrder,
        participant: UserId,
        out: &mut Outcome,
    ) -> Result<Placed, IgnoredCause> {
        let terms = plan.terms.components.orders.as_ref();
        let terms = terms.ok_or(IgnoredCause::NoSuchComponent)?;
        let placed = self
            .components
            .orders
            .state
            .place(&self.sponsors, terms, new)
            .map_err(IgnoredCause::Order)?;
        let week = new.day.week();
        self.components
            .ranks
            .state
            .add(&self.sponsors, participant, placed.volume, week);
        out.effects.push(sale(SaleEffect::OrderPlaced {
            order: placed.order.get(),
            user: participant,
            amount: new.amount,
        }));
        Ok(placed)
    }

    /// A shop sold something: its share goes to the fund out of unallocated revenue yet.
    pub(super) fn report_order(&mut self, plan: &CompiledPlan, fact: &ComponentFact, out: &mut Outcome) {
        let ComponentFact::OrderPlaced {
            user,
            customer,
            amount,
            volume,
            day,
            ..
        } = *fact
        else {
            return;
        };
        let Some(terms) = plan.orders() else {
            return ignore(IgnoredCause::NoSuchComponent, out);
        };
        let fund = terms.fund().number();
        if !self.is_active(user) {
            return ignore(IgnoredCause::UnknownUser, out);
        }
        // An order that is nothing must not make its server the one who serves the customer.
        let probe = NewOrder {
            buyer: Buyer::Participant(user),
            amount,
            volume,
            day,
        };
        if let Err(error) = probe.check(terms) {
            return ignore(IgnoredCause::Order(error), out);
        }
        let (buyer, participant) = match customer.map(|customer| self.customer(customer, user)) {
            None => (Buyer::Participant(user), user),
            Some(Ok(customer)) => {
                let server = self.components.orders.state.server(customer).unwrap_or(user);
                (Buyer::Customer(customer), server)
            }
            Some(Err(error)) => return ignore(IgnoredCause::Order(error), out),
        };
        let new = NewOrder { buyer, ..probe };
        let placed = match self.place_order(plan, &new, participant, out) {
            Ok(placed) => placed,
            Err(cause) => return ignore(cause, out),
        };
        let funded = placed.fund.min(self.fund_now(Fund::UNALLOCATED, out));
        let from = Account::Revenue(Fund::UNALLOCATED);
        push(out, from, Account::Revenue(fund), funded, Reason::Allocated);
        self.components.orders.funding.insert(placed.order, funded);
        self.reserve_commissions(placed.period, funded);
        let short = placed.fund.saturating_sub(funded);
        if !short.is_zero() {
            let short = ComponentEffect::FundShort { fund, amount: short };
            out.change(short);
        }
    }

    /// The customer with this number, whom the participant of the first order serves.
    fn customer(&mut self, number: u32, server: UserId) -> Result<CustomerId, OrderError> {
        if let Some(known) = self.components.orders.customers.get(&number) {
            return Ok(*known);
        }
        let customer = self.components.orders.state.serve(&self.sponsors, server)?;
        self.components.orders.customers.insert(number, customer);
        Ok(customer)
    }

    /// The payment of an order cannot go back any more: its share is in the fund, for the commissions of its period.
    pub(super) fn order_matured(&mut self, deposit: DepositId) {
        let order = self.components.orders.by_deposit.remove(&deposit);
        if let Some(order) = order.and_then(|order| self.components.orders.state.order(order)) {
            let (period, share) = (order.period(), order.fund_kept());
            self.reserve_commissions(period, share);
        }
    }

    fn reserve_commissions(&mut self, period: PeriodNumber, amount: Amount) {
        let reserved = self.components.orders.reserved.entry(period).or_default();
        *reserved = plus(*reserved, amount);
    }

    /// What the commissions of a period may take between facts: what its own orders put into the fund, and what is free of
    /// the fund and of those behind it.
    pub(crate) fn budget_of(&self, plan: &CompiledPlan, fund: Fund, period: PeriodNumber) -> Amount {
        let own = self.components.orders.reserved.get(&period).copied();
        plus(own.unwrap_or_default(), self.reach_of(plan, fund))
    }

    /// The day with which the last payment for orders of a period matures; `None` if all have.
    fn in_escrow(&self, period: PeriodNumber) -> Option<Day> {
        let waiting = self.components.orders.by_deposit.iter().filter(|(_, order)| {
            let order = self.components.orders.state.order(**order);
            order.is_some_and(|order| order.period() == period)
        });
        waiting
            .filter_map(|(deposit, _)| Some(self.held(*deposit)?.0.day))
            .max()
    }

    /// The payment of an order was refunded.
    pub(super) fn reverse_order(&mut self, plan: &CompiledPlan, deposit: DepositId, out: &mut Outcome) {
        let Some(order) = self.components.orders.by_deposit.remove(&deposit) else {
            return;
        };
        let kept = self
            .components
            .orders
            .state
            .order(order)
            .map(|order| order.kept());
        // What the payment caused went back with it, also where nothing is left of the order.
        self.refund_order(plan, order, kept.unwrap_or(Amount::ZERO), out)
            .ok();
    }

    /// An order that a shop reported, or a part of it, went back.
    pub(super) fn report_refund(
        &mut self,
        plan: &CompiledPlan,
        order: u32,
        amount: Amount,
        out: &mut Outcome,
    ) {
        let known = OrderId::new(order).filter(|order| self.components.orders.funding.contains_key(order));
        let (Some(order), Some(terms)) = (known, plan.orders()) else {
            return ignore(IgnoredCause::ReferenceUnknown, out);
        };
        let fund = terms.fund().number();
        let given = match self.refund_order(plan, order, amount, out) {
            Ok(given) => given,
            Err(error) => return ignore(IgnoredCause::Order(error), out),
        };
        let funded = self
            .components
            .orders
            .funding
            .get(&order)
            .copied()
            .unwrap_or_default();
        // The money of other periods is not this order's.
        let period = self.components.orders.state.order(order).map(Order::period);
        let own = period.and_then(|period| self.components.orders.reserved.get_mut(&period));
        let (own, free) = (own.map(std::mem::take), self.fund_free(plan, fund, out));
        let back = given.min(funded).min(free);
        if let (Some(period), Some(own)) = (period, own) {
            self.components
                .orders
                .reserved
                .insert(period, own.saturating_sub(back));
        }
        self.components
            .orders
            .funding
            .insert(order, funded.saturating_sub(back));
        let to = Account::Revenue(Fund::UNALLOCATED);
        push(out, Account::Revenue(fund), to, back, Reason::Reversed);
    }

    /// Takes back what a part of an order caused; says what its fund gives back.
    fn refund_order(
        &mut self,
        plan: &CompiledPlan,
        id: OrderId,
        amount: Amount,
        out: &mut Outcome,
    ) -> Result<Amount, OrderError> {
        let known = self.components.orders.state.order(id).copied();
        let before = known.ok_or(OrderError::UnknownOrder { order: id })?;
        let mut clawbacks = Vec::new();
        let refund = self.components.orders.state.refund(id, amount, &mut clawbacks)?;
        out.effects.push(sale(SaleEffect::OrderRefunded {
            order: id.get(),
            amount,
        }));
        for clawback in &clawbacks {
            self.claw_back(plan, clawback, out);
            out.ends_step();
        }
        let participant = match before.buyer() {
            Buyer::Participant(user) => Some(user),
            Buyer::Customer(customer) => self.components.orders.state.server(customer),
        };
        if let (Some(participant), Some(after)) = (participant, self.components.orders.state.order(id)) {
            let of = |kept| before.volume().proportion(kept, before.amount());
            let less = of(before.kept()).saturating_sub(of(after.kept()));
            let week = before.day().week();
            self.components
                .ranks
                .state
                .remove(&self.sponsors, participant, less, week);
            self.requalify_above(plan, participant, out);
        }
        Ok(refund.fund)
    }

    fn claw_back(&mut self, plan: &CompiledPlan, clawback: &Clawback, out: &mut Outcome) {
        let Some(terms) = plan.orders() else {
            return;
        };
        let fund = terms.fund().number();
        match clawback.taken {
            Taken::User(_) => {
                let key = (clawback.order, clawback.generation);
                if let Some(reward) = self.components.orders.rewards.get(&key).copied() {
                    self.reverse_reward(reward, clawback.amount, out);
                }
            }
            Taken::Breakage(cause) => {
                // What operators took out already cannot come back.
                let from = Account::Breakage(cause);
                let left = self.treasury.breakage(cause).saturating_sub(taken_of(from, out));
                let amount = clawback.amount.min(left);
                push(out, from, Account::Revenue(fund), amount, Reason::Reversed);
            }
        }
    }

    /// The period of this day takes no more orders, if it ends with it.
    pub(super) fn close_period(&mut self, plan: &CompiledPlan, day: Day, out: &mut Outcome) {
        let Some(terms) = &plan.terms.components.orders else {
            return;
        };
        if !terms.ends_period(day) {
            return;
        }
        let period = terms.period_of(day);
        // Orders can be older than the first day that ended: their periods have ended too.
        while let Err(OrderError::EarlierPeriodOpen { earlier }) = self.components.orders.state.close(period)
        {
            if self.components.orders.state.close(earlier).is_err() {
                return;
            }
            out.effects.push(moved(earlier, PeriodStatus::Closed));
        }
        out.effects.push(moved(period, PeriodStatus::Closed));
    }

    /// Computes the commissions of a closed period, out of what the fund has.
    pub(super) fn finalize_period(&mut self, plan: &CompiledPlan, period: u32, out: &mut Outcome) {
        let Some(terms) = plan.orders() else {
            return ignore(IgnoredCause::NoSuchComponent, out);
        };
        let fund = terms.fund().number();
        let period = PeriodNumber::new(period);
        let budget = self.budget_of(plan, fund, period);
        let is_closed = self.components.orders.state.status(period) == orders::PeriodStatus::Closed;
        let volumes = out.is_explained().then(|| {
            self.components
                .orders
                .state
                .volumes(&self.sponsors, terms, period)
        });
        let finalized = match self.in_escrow(period).filter(|_| is_closed) {
            Some(through) => Err(OrderError::OrdersInEscrow { period, through }),
            None => self
                .components
                .orders
                .state
                .finalize(&self.sponsors, terms, period, budget),
        };
        let totals = match finalized {
            Ok(totals) => totals,
            Err(error) => return ignore(IgnoredCause::Order(error), out),
        };
        self.components.orders.reserved.remove(&period);
        self.fill_fund(plan, fund, plus(totals.paid, totals.breakage), out);
        out.effects.push(moved(period, PeriodStatus::Finalized));
        let orders = std::mem::take(&mut self.components.orders.state);
        for line in orders.lines(period) {
            let mark = out.mark();
            self.post_commission(plan, fund, (&orders, &line), out);
            if let Some(volumes) = &volumes {
                let commission = orders.commission(terms, volumes, line, totals);
                out.because(mark, |why| {
                    why.rule = Some(Rule::Order(Box::new(commission.clone())));
                });
            }
            out.ends_step();
        }
        if let Some(volumes) = &volumes {
            for passed in orders.passed_over(&self.sponsors, terms, volumes, period) {
                out.passed_over(Passed::Orders(passed));
            }
        }
        self.components.orders.state = orders;
    }

    /// Grants a line of a finalized period, or books that nobody gets it.
    fn post_commission(
        &mut self,
        plan: &CompiledPlan,
        fund: Fund,
        (orders, line): (&Orders, &Line),
        out: &mut Outcome,
    ) {
        let source = orders.order(line.order).and_then(|order| match order.buyer() {
            Buyer::Participant(user) => Some(user),
            Buyer::Customer(customer) => orders.server(customer),
        });
        match line.outcome {
            LineOutcome::Paid(user) => {
                let grant = Grant {
                    user,
                    source,
                    reason: line.reason(),
                    fund,
                    amount: line.amount,
                    available_at: Day::LAST,
                };
                if let Some((reward, _)) = self.grant(plan, grant, out) {
                    let key = (line.order, line.generation);
                    self.components.orders.rewards.insert(key, reward);
                }
            }
            LineOutcome::Breakage { cause, passed } => {
                let accounts = (Account::Revenue(fund), Account::Breakage(cause));
                let leg = Leg::new(accounts, line.amount, line.reason());
                out.moves(leg.about(passed).caused_by(source));
            }
        }
    }

    /// The commissions of a finalized period start to mature.
    pub(super) fn release_period(&mut self, plan: &CompiledPlan, period: u32, out: &mut Outcome) {
        let Some(terms) = &plan.terms.components.orders else {
            return ignore(IgnoredCause::NoSuchComponent, out);
        };
        let period = PeriodNumber::new(period);
        let today = self.components.today();
        let released = match self.components.orders.state.release(terms, period, today) {
            Ok(released) => released,
            Err(error) => return ignore(IgnoredCause::Order(error), out),
        };
        out.effects.push(moved(period, PeriodStatus::Released));
        let rewards: Vec<RewardId> = self
            .components
            .orders
            .state
            .orders_of(period)
            .iter()
            .flat_map(|order| {
                self.components
                    .orders
                    .rewards
                    .range((*order, 0)..=(*order, u8::MAX))
            })
            .map(|(_, reward)| *reward)
            .collect();
        self.schedule(&rewards, released.matures);
    }
}

fn sale(effect: SaleEffect) -> Effect {
    Effect::Component(ComponentEffect::Sale(effect))
}

fn moved(period: PeriodNumber, status: PeriodStatus) -> Effect {
    sale(SaleEffect::PeriodMoved {
        period: period.get(),
        status,
    })
}
