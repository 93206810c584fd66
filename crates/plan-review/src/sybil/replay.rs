//! One strategy, played to its end: the person's names among outsiders who always do the same.

use ledger::UserId;
use money::Amount;

use super::Bounds;
use super::strategy::{Order, Strategy, Under};
use plan::compiled::CompiledPlan;
use plan::{Day, Fact, Outcome, State};

/// The one day on which everything happens and matures.
const DAY: Day = Day::new(1);
/// Outsiders that an outsider refers.
const DIRECTS_OF_OUTSIDERS: u32 = 2;

/// By name of the person: what was paid, and what may be withdrawn when everything has matured. `None` when all ids
/// are used.
pub(super) fn of(plan: &CompiledPlan, bounds: Bounds, strategy: Strategy) -> Option<Vec<(Amount, Amount)>> {
    let mut world = World::new(plan);
    let first = world.enter(None, true)?;
    world.outsiders.push((first, 0));
    let mut names = Names {
        strategy,
        root: first,
        users: Vec::new(),
    };
    names.enter(&mut world)?;
    if strategy.order == Order::Before {
        names.enter_all(&mut world)?;
    }
    // The others come evenly between those whom the person refers, and the last of them at the end.
    let others_each = bounds.others.checked_div(bounds.brought).unwrap_or(0);
    for turn in 0..bounds.brought {
        let outsider = world.enter(Some(names.sponsor_for(turn)?), true)?;
        world.outsiders.push((outsider, 0));
        if strategy.order == Order::Between && names.left() > 0 {
            names.enter(&mut world)?;
        }
        for _ in 0..others_each {
            world.enter_other()?;
        }
    }
    names.enter_all(&mut world)?;
    let rest = bounds
        .others
        .saturating_sub(others_each.saturating_mul(bounds.brought));
    for _ in 0..rest {
        world.enter_other()?;
    }
    world.mature();
    let results = names
        .users
        .iter()
        .map(|(user, paid)| (*paid, world.state.entitled(*user)));
    Some(results.collect())
}

/// The person's names.
struct Names {
    strategy: Strategy,
    root: UserId,
    /// Those that have entered, and what they paid.
    users: Vec<(UserId, Amount)>,
}

impl Names {
    fn entered(&self) -> u32 {
        u32::try_from(self.users.len()).unwrap_or(u32::MAX)
    }

    fn left(&self) -> u32 {
        self.strategy.identities.saturating_sub(self.entered())
    }

    fn user(&self, identity: u32) -> Option<UserId> {
        self.users
            .get(usize::try_from(identity).ok()?)
            .map(|(user, _)| *user)
    }

    fn enter(&mut self, world: &mut World<'_>) -> Option<()> {
        let identity = self.entered();
        let sponsor = match self.strategy.sponsor_of(identity) {
            Some(above) => self.user(above)?,
            None => self.root,
        };
        let retops_up = self.strategy.retops_up(identity);
        let user = world.enter(Some(sponsor), retops_up)?;
        let mut paid = world.plan.registration_price();
        if retops_up {
            paid = paid.checked_add(world.plan.retopup_price()).ok()?;
        }
        self.users.push((user, paid));
        Some(())
    }

    fn enter_all(&mut self, world: &mut World<'_>) -> Option<()> {
        while self.left() > 0 {
            self.enter(world)?;
        }
        Some(())
    }

    /// The sponsor of the outsider of this turn.
    fn sponsor_for(&self, turn: u32) -> Option<UserId> {
        let last = self.entered().checked_sub(1)?;
        self.user(match self.strategy.under {
            Under::First => 0,
            Under::Last => last,
            Under::Each => turn.checked_rem(self.entered())?,
        })
    }
}

struct World<'a> {
    plan: &'a CompiledPlan,
    state: State,
    out: Outcome,
    paid: Amount,
    /// Outsiders in the order in which they came, and how many others each has referred.
    outsiders: Vec<(UserId, u32)>,
    /// The first of them who still brings someone in.
    next_sponsor: usize,
}

impl<'a> World<'a> {
    fn new(plan: &'a CompiledPlan) -> Self {
        Self {
            plan,
            state: State::new(plan),
            out: Outcome::default(),
            paid: Amount::ZERO,
            outsiders: Vec::new(),
            next_sponsor: 0,
        }
    }

    /// Someone registers and, if so, buys a retopup at once.
    fn enter(&mut self, sponsor: Option<UserId>, retops_up: bool) -> Option<UserId> {
        let user = self.state.next_user()?;
        let amount = self.plan.registration_price();
        let fact = Fact::Registered {
            user,
            sponsor,
            deposit: self.state.next_deposit()?,
            amount,
            day: DAY,
        };
        self.apply(&fact, amount)?;
        if retops_up {
            let amount = self.plan.retopup_price();
            let fact = Fact::RetoppedUp {
                user,
                deposit: self.state.next_deposit()?,
                amount,
                day: DAY,
            };
            self.apply(&fact, amount)?;
        }
        Some(user)
    }

    /// An outsider enters, referred by another.
    fn enter_other(&mut self) -> Option<()> {
        let (sponsor, directs) = self.outsiders.get_mut(self.next_sponsor)?;
        let sponsor = *sponsor;
        *directs = directs.saturating_add(1);
        if *directs == DIRECTS_OF_OUTSIDERS {
            self.next_sponsor = self.next_sponsor.saturating_add(1);
        }
        let outsider = self.enter(Some(sponsor), true)?;
        self.outsiders.push((outsider, 0));
        Some(())
    }

    fn apply(&mut self, fact: &Fact, amount: Amount) -> Option<()> {
        self.paid = self.paid.checked_add(amount).ok()?;
        self.state.apply(self.plan, fact, &mut self.out);
        Some(())
    }

    fn mature(&mut self) {
        let fact = Fact::EscrowMatured {
            through: DAY,
            amount: self.paid,
        };
        self.state.apply(self.plan, &fact, &mut self.out);
    }
}

#[cfg(test)]
mod tests;
