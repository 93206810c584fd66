//! The auto-pool: registrations and retopups are divided, places are paid for, and reserves pay for places in the next tier.

use ledger::{Account, Beneficiary, BreakageCause, Leg, Reason, Tier, TreeNumber, UserId};
use money::Amount;

use super::super::intake::{Payment, hold_leg, hold_rest};
use super::super::{State, ignore, plus};
use crate::autopool::{AutoPoolTerms, ChoiceError, Due, Placed, Progression};
use crate::compiled::CompiledPlan;
use crate::decision::{Price, ReserveEnd, Rule, Unroutable};
use crate::{Effect, Funding, IgnoredCause, Outcome, ReserveChoice};

/// What pays for a place.
#[derive(Clone, Copy, Debug)]
enum Purse {
    /// A deposit: shares are held until it matures.
    Escrow {
        /// The company's share of what the deposit brings beyond the price of the place.
        company: Amount,
    },
    /// A user's matured reserve of this tier: shares are matured at once.
    Reserve(Tier),
}

/// A share of the price of a place.
#[derive(Clone, Copy, Debug)]
struct LayerShare {
    layer: u8,
    amount: Amount,
    /// Who sits there; nobody above the root.
    user: Option<UserId>,
}

impl State {
    /// Divides a registration between sponsor and company, or buys a place.
    pub(super) fn enter_pools(
        &mut self,
        plan: &CompiledPlan,
        payment: Payment,
        out: &mut Outcome,
    ) -> Result<(), Unroutable> {
        let terms = plan.auto_pool().ok_or(Unroutable::Registration(Amount::ZERO))?;
        let price = terms.registration.price;
        if payment.amount != price {
            return Err(Unroutable::Registration(price));
        }
        let user = payment.user;
        let sponsor = self.sponsor(user);
        let ordinal = sponsor.map(|sponsor| self.directs(sponsor));
        let route = terms.route(ordinal, self.components.pools.room(terms, Tier::FIRST));
        let mark = out.mark();
        self.pay_sponsor(terms.direct_share_of(route), (user, sponsor), out);
        out.because(mark, |why| why.rule = Some(Rule::Route(route)));
        let company = terms.company_share_of(route);
        if route.place().is_none() {
            hold_rest(out, company, Price::Registration, user);
            return Ok(());
        }
        let placed = self.place_next(terms, (Tier::FIRST, user), Funding::Registration, out);
        self.pay_layers(terms, &placed, Purse::Escrow { company }, out);
        if placed.closes {
            self.close(terms, Tier::FIRST, placed.place.tree, out);
        }
        Ok(())
    }

    /// The sponsor's share of what does not buy a place.
    fn pay_sponsor(&self, share: Amount, (user, sponsor): (UserId, Option<UserId>), out: &mut Outcome) {
        let beneficiary = match sponsor {
            None => Beneficiary::Company,
            Some(sponsor) if self.is_active(sponsor) => Beneficiary::User(sponsor),
            Some(_) => Beneficiary::Breakage(BreakageCause::Refunded),
        };
        hold_leg(out, beneficiary, share, Reason::Direct, sponsor, user);
    }

    /// Divides a retopup among the uplines and the company.
    pub(super) fn share_retopup(
        &mut self,
        plan: &CompiledPlan,
        payment: Payment,
        out: &mut Outcome,
    ) -> Result<(), Unroutable> {
        let terms = plan.auto_pool().map(|terms| &terms.retopup);
        let terms = terms.ok_or(Unroutable::Retopup(Amount::ZERO))?;
        if payment.amount != terms.price {
            return Err(Unroutable::Retopup(terms.price));
        }
        for share in terms.shares(&self.sponsors, payment.user) {
            let (beneficiary, retopup) = match share.right {
                Ok((upline, retopup)) => (Beneficiary::User(upline), Some(retopup)),
                Err(cause) => (Beneficiary::Breakage(cause), None),
            };
            let (mark, reason) = (out.mark(), Reason::Generation(share.generation));
            hold_leg(out, beneficiary, share.amount, reason, share.upline, payment.user);
            out.because(mark, |why| why.rule = retopup.map(Rule::Retopup));
        }
        hold_rest(out, terms.company, Price::Retopup, payment.user);
        self.append_retopup(payment);
        Ok(())
    }

    /// Puts a user into the next place of a tier, which has room.
    fn place_next(
        &mut self,
        terms: &AutoPoolTerms,
        (tier, user): (Tier, UserId),
        funding: Funding,
        out: &mut Outcome,
    ) -> Placed {
        let placed = self.components.pools.place_next(terms, tier, user);
        let (tree, index) = (placed.place.tree, placed.place.index);
        if index == 0 {
            out.effects.push(Effect::TreeOpened { tier, tree });
        }
        out.effects.push(Effect::Placed {
            tier,
            tree,
            index,
            user,
            funding,
        });
        if placed.closes {
            out.effects.push(Effect::TreeClosed { tier, tree });
        }
        placed
    }

    /// Divides the price of a place among the ancestors above it and the company.
    fn pay_layers(&mut self, terms: &AutoPoolTerms, placed: &Placed, purse: Purse, out: &mut Outcome) {
        let Some(tier) = terms.tier(placed.tier) else {
            return;
        };
        for ((layer, amount), user) in (1u8..).zip(&tier.layers).zip(placed.above) {
            let share = LayerShare {
                layer,
                amount: *amount,
                user,
            };
            self.pay_layer(terms, placed, purse, share, out);
        }
        match purse {
            Purse::Escrow { company } => {
                hold_rest(out, plus(tier.company, company), Price::Place, placed.user);
            }
            Purse::Reserve(from) => {
                let mark = out.mark();
                let accounts = (Account::Reserve(placed.user, from), Account::Company);
                pay(
                    out,
                    accounts,
                    tier.company,
                    Reason::CompanyShare,
                    (None, placed.user),
                );
                out.because(mark, |why| why.rule = Some(Rule::Rest(Price::Place)));
            }
        }
    }

    fn pay_layer(
        &mut self,
        terms: &AutoPoolTerms,
        placed: &Placed,
        purse: Purse,
        share: LayerShare,
        out: &mut Outcome,
    ) {
        let active = share.user.filter(|user| self.is_active(*user));
        let (tier, tree, source) = (placed.tier, placed.place.tree, placed.user);
        let reason = Reason::PoolLayer {
            tier,
            layer: share.layer,
        };
        match (purse, active) {
            (Purse::Escrow { .. }, active) => {
                let beneficiary = active.map_or(Beneficiary::Residual(tier, tree), Beneficiary::User);
                hold_leg(out, beneficiary, share.amount, reason, share.user, source);
            }
            (Purse::Reserve(from), Some(user)) => {
                let reserve = Account::Reserve(source, from);
                self.credit_matured(terms, (reserve, user), (tier, share), source, out);
            }
            (Purse::Reserve(from), None) => {
                let accounts = (Account::Reserve(source, from), Account::Residual(tier, tree));
                pay(out, accounts, share.amount, reason, (share.user, source));
            }
        }
    }

    /// A reward that matures at once, because matured money pays for it: pays what the recipient owes, then reserves or makes available
    /// the rest.
    fn credit_matured(
        &mut self,
        terms: &AutoPoolTerms,
        (debit, user): (Account, UserId),
        (tier, share): (Tier, LayerShare),
        source: UserId,
        out: &mut Outcome,
    ) {
        let reason = Reason::PoolLayer {
            tier,
            layer: share.layer,
        };
        let about = (Some(user), source);
        let (mark, owed) = (out.mark(), self.owed_told(user, out));
        let netted = self.net(user, share.amount);
        let receivable = (debit, Account::Receivable(user));
        pay(out, receivable, netted, Reason::Netting, about);
        let rest = share.amount.saturating_sub(netted);
        let pools = &mut self.components.pools;
        let account = if terms.is_reserved_layer(share.layer) && pools.is_reserving(user, tier) {
            pools.reserve(terms, (user, tier), rest);
            Account::Reserve(user, tier)
        } else {
            self.entitle(user, rest);
            Account::Available(user)
        };
        pay(out, (debit, account), rest, reason, about);
        out.because(mark, |why| (why.owed, why.granted) = (owed, Some(reason)));
    }

    /// Does everything that reserves cause, first come first served, until nothing is left.
    pub(in crate::state) fn settle(&mut self, plan: &CompiledPlan, out: &mut Outcome) {
        let Some(terms) = plan.auto_pool() else {
            return;
        };
        while let Some(due) = self.components.pools.next_due() {
            match due {
                Due::Progress(user, from) => {
                    if let Some(progression) = self.components.pools.progress(terms, user, from) {
                        self.move_on(terms, progression, out);
                    }
                }
                Due::Close(tier, tree) => self.close(terms, tier, tree, out),
            }
            out.ends_step();
        }
    }

    /// Places a user who moves on; what this causes in turn becomes due.
    fn move_on(&mut self, terms: &AutoPoolTerms, progression: Progression, out: &mut Outcome) {
        let Progression { user, from, to, rest } = progression;
        out.effects.push(Effect::Progressed { user, from });
        let placed = self.place_next(terms, (to, user), Funding::Progression, out);
        self.pay_layers(terms, &placed, Purse::Reserve(from), out);
        if placed.closes {
            self.components.pools.close_later(to, placed.place.tree);
        }
        self.release_reserve((user, from), rest, ReserveEnd::Progressed, out);
    }

    /// A tree is full: its reserves end.
    fn close(&mut self, terms: &AutoPoolTerms, tier: Tier, tree: TreeNumber, out: &mut Outcome) {
        for (user, amount) in self.components.pools.close(terms, tier, tree) {
            self.release_reserve((user, tier), amount, ReserveEnd::Closed, out);
        }
    }

    /// A user's registration was refunded. What was reserved had matured and is released.
    pub(super) fn leave_pools(&mut self, user: UserId, out: &mut Outcome) {
        for (tier, amount) in self.components.pools.leave(user) {
            self.release_reserve((user, tier), amount, ReserveEnd::Refunded, out);
        }
    }

    /// A reserve has ended: what was in it becomes available.
    fn release_reserve(
        &mut self,
        (user, tier): (UserId, Tier),
        amount: Amount,
        cause: ReserveEnd,
        out: &mut Outcome,
    ) {
        if amount.is_zero() {
            return;
        }
        self.entitle(user, amount);
        let mark = out.mark();
        let accounts = (Account::Reserve(user, tier), Account::Available(user));
        out.moves(Leg::new(accounts, amount, Reason::ReserveReleased).about(Some(user)));
        out.because(mark, |why| why.rule = Some(Rule::ReserveEnd(cause)));
    }

    /// A user chooses about a tier's rewards.
    pub(in crate::state) fn choose_reserve(
        &mut self,
        plan: &CompiledPlan,
        user: UserId,
        tier: Tier,
        choice: ReserveChoice,
        out: &mut Outcome,
    ) {
        if !self.is_active(user) {
            return ignore(IgnoredCause::UnknownUser, out);
        }
        let Some(terms) = plan.auto_pool() else {
            return ignore(IgnoredCause::NoNextTier, out);
        };
        match self.components.pools.choose(terms, (user, tier), choice) {
            Ok(amount) => {
                self.release_reserve((user, tier), amount, ReserveEnd::Chosen, out);
                out.effects.push(Effect::ReserveSet { user, tier, choice });
            }
            Err(ChoiceError::NoNextTier) => ignore(IgnoredCause::NoNextTier, out),
            Err(ChoiceError::NotChosen) => ignore(IgnoredCause::NotChosen, out),
            Err(ChoiceError::TierFinished) => ignore(IgnoredCause::TierFinished, out),
            Err(ChoiceError::Unchanged) => ignore(IgnoredCause::Unchanged, out),
        }
    }
}

/// A movement of matured money; nothing for a zero amount.
fn pay(
    out: &mut Outcome,
    accounts: (Account, Account),
    amount: Amount,
    reason: Reason,
    (recipient, source): (Option<UserId>, UserId),
) {
    let leg = Leg::new(accounts, amount, reason);
    out.moves(leg.about(recipient).caused_by(Some(source)));
}
