//! Places in pools: the next node, the ancestors above it, and the closing of a tree.

use ledger::{Account, Beneficiary, Leg, Movement, Reason, Tier, TreeNumber, UserId};
use money::Amount;

use super::intake::{hold_leg, hold_rest};
use super::query::place_of;
use super::reserve::{Reward, Work};
use super::{Place, State, plus};
use crate::compiled::{CompiledPlan, tier_index};
use crate::decision::{Price, ReserveEnd, Rule};
use crate::{Effect, Funding, Outcome, geometry};

/// A node that has just been placed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) tier: Tier,
    pub(super) user: UserId,
    pub(super) place: Place,
    /// Number of the root of its tree.
    root: u32,
    /// The tree that it fills.
    pub(super) closes: Option<TreeNumber>,
}

/// What pays for a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purse {
    /// A deposit: shares are held until it matures.
    Escrow {
        /// The company's share of what the deposit brings beyond the price of the place.
        company: Amount,
    },
    /// A user's matured reserve of this tier: shares are matured at once.
    Reserve(Tier),
}

impl State {
    /// Puts a user into the next place of a tier, which has room.
    pub(super) fn place_next(
        &mut self,
        plan: &CompiledPlan,
        tier: Tier,
        user: UserId,
        funding: Funding,
        out: &mut Outcome,
    ) -> Placed {
        let node = u32::try_from(self.node_count(tier)).unwrap_or(u32::MAX);
        let place = place_of(plan, node);
        if let Some(state) = self.tiers.get_mut(tier_index(tier)) {
            state.nodes.push(user);
            if tier != Tier::FIRST {
                state.places.insert(user, node);
            }
        }
        let reserves = plan.next_price(tier).is_some();
        if let Some(seat) = self.seat_mut(user) {
            if tier == Tier::FIRST {
                seat.first = Some(node);
            }
            if reserves && (seat.chosen.has(tier) || reserve_is_forced(plan, place.index)) {
                seat.reserving.insert(tier);
            }
        }
        let Place { tree, index } = place;
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
        let closes = self.is_closed(plan, tier, tree).then_some(tree);
        if closes.is_some() {
            out.effects.push(Effect::TreeClosed { tier, tree });
        }
        Placed {
            tier,
            user,
            place,
            root: node.saturating_sub(index),
            closes,
        }
    }

    /// Divides the price of a place among the ancestors above it and the company.
    pub(super) fn pay_layers(
        &mut self,
        plan: &CompiledPlan,
        placed: &Placed,
        purse: Purse,
        out: &mut Outcome,
    ) {
        let Some(terms) = plan.auto_pool().and_then(|terms| terms.tier(placed.tier)) else {
            return;
        };
        let mut index = geometry::parent(placed.place.index);
        for (layer, share) in (1u8..).zip(&terms.layers) {
            let ancestor = index.and_then(|index| self.node_user(placed, index));
            self.pay_layer(plan, placed, purse, (ancestor, *share, layer), out);
            index = index.and_then(geometry::parent);
        }
        match purse {
            Purse::Escrow { company } => {
                hold_rest(out, plus(terms.company, company), Price::Place, placed.user);
            }
            Purse::Reserve(tier) => {
                let mark = out.mark();
                pay(
                    out,
                    (Account::Reserve(placed.user, tier), Account::Company),
                    terms.company,
                    Reason::CompanyShare,
                    None,
                    placed.user,
                );
                out.because(mark, |why| why.rule = Some(Rule::Rest(Price::Place)));
            }
        }
    }

    fn pay_layer(
        &mut self,
        plan: &CompiledPlan,
        placed: &Placed,
        purse: Purse,
        (ancestor, share, layer): (Option<UserId>, Amount, u8),
        out: &mut Outcome,
    ) {
        let active = ancestor.filter(|ancestor| self.is_active(*ancestor));
        let (tier, tree) = (placed.tier, placed.place.tree);
        let reason = Reason::PoolLayer { tier, layer };
        match (purse, active) {
            (Purse::Escrow { .. }, Some(user)) => {
                let beneficiary = Beneficiary::User(user);
                hold_leg(out, beneficiary, share, reason, ancestor, placed.user);
            }
            (Purse::Escrow { .. }, None) => {
                let beneficiary = Beneficiary::Residual(tier, tree);
                hold_leg(out, beneficiary, share, reason, ancestor, placed.user);
            }
            (Purse::Reserve(from), Some(recipient)) => {
                let reward = Reward {
                    debit: Account::Reserve(placed.user, from),
                    recipient,
                    tier,
                    layer,
                    amount: share,
                    source: placed.user,
                };
                self.credit_matured(plan, reward, out);
            }
            (Purse::Reserve(from), None) => {
                let accounts = (Account::Reserve(placed.user, from), Account::Residual(tier, tree));
                pay(out, accounts, share, reason, ancestor, placed.user);
            }
        }
    }

    /// Releases the reserves of a tree that is full, in the order of its places: no reward of this tier can
    /// come to them any more, except what is held already, and that goes to available.
    pub(super) fn close(&mut self, plan: &CompiledPlan, tier: Tier, tree: TreeNumber, out: &mut Outcome) {
        if plan.next_price(tier).is_none() {
            return;
        }
        for index in 0..plan.tree_size().unwrap_or(0) {
            if let Some(user) = self.occupant(plan, tier, Place { tree, index }) {
                self.stop_reserving(user, tier, ReserveEnd::Closed, out);
            }
        }
    }

    /// Places a user who moves on; what this causes in turn is queued.
    pub(super) fn place_progressed(
        &mut self,
        plan: &CompiledPlan,
        (user, from, tier): (UserId, Tier, Tier),
        out: &mut Outcome,
    ) {
        out.effects.push(Effect::Progressed { user, from });
        let placed = self.place_next(plan, tier, user, Funding::Progression, out);
        self.pay_layers(plan, &placed, Purse::Reserve(from), out);
        if let Some(tree) = placed.closes {
            self.work.push_back(Work::Close(tier, tree));
        }
    }

    fn node_user(&self, placed: &Placed, index: u32) -> Option<UserId> {
        let node = usize::try_from(placed.root.checked_add(index)?).ok()?;
        self.tiers.get(tier_index(placed.tier))?.nodes.get(node).copied()
    }
}

/// Whether rewards of a place are reserved without a choice of its user.
fn reserve_is_forced(plan: &CompiledPlan, index: u32) -> bool {
    plan.auto_pool()
        .is_some_and(|terms| terms.reserve_is_forced(index))
}

/// A movement of matured money.
pub(super) fn pay(
    out: &mut Outcome,
    (debit, credit): (Account, Account),
    amount: Amount,
    reason: Reason,
    recipient: Option<UserId>,
    source: UserId,
) {
    if !amount.is_zero() {
        out.legs.push(Leg {
            debit,
            credit,
            amount,
            reason,
            recipient,
            source: Some(source),
            movement: Movement::Single,
        });
    }
}
