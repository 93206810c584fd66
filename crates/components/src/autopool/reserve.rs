//! Reserves: matured rewards of a tier that wait for the price of the next, and the moves that they pay for.

use ledger::{Tier, TreeNumber, UserId};
use money::Amount;

use super::{AutoPoolTerms, Place, PoolRoom, Pools, ReserveTerms, TierSet};

/// A user's choice about reserving the pool rewards of a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReserveChoice {
    /// Reserve them towards the next tier's price.
    In,
    /// Do not, and release what is reserved.
    Out,
}

/// Why a choice changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChoiceError {
    /// There is no tier above, or the plan has no reserves.
    NoNextTier,
    /// The plan decides which places reserve.
    NotChosen,
    /// The user's tree of this tier is full, or the user has moved on.
    TierFinished,
    /// It is so already.
    Unchanged,
}

/// What matured money causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A reserve has grown to the price of the next tier.
    Progress(UserId, Tier),
    /// A tree is full, so reserves of its tier can grow no more.
    Close(Tier, TreeNumber),
}

/// A move to the next tier, whose price has been taken from the reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progression {
    /// Who moves on.
    pub user: UserId,
    /// Whose reserve paid.
    pub from: Tier,
    /// The next tier, which has room.
    pub to: Tier,
    /// What was reserved beyond the price, which is reserved no more.
    pub rest: Amount,
}

impl Pools {
    /// What a user has reserved of a tier's rewards.
    pub fn reserved(&self, user: UserId, tier: Tier) -> Amount {
        self.reserves.get(&(user, tier)).copied().unwrap_or(Amount::ZERO)
    }

    /// Whether a user's rewards of a tier go to the reserve.
    #[inline]
    pub fn is_reserving(&self, user: UserId, tier: Tier) -> bool {
        self.seats
            .get(user.index())
            .is_some_and(|seat| seat.reserving.has(tier))
    }

    /// Adds to a reserve; the move that it pays for becomes due.
    pub fn reserve(&mut self, terms: &AutoPoolTerms, (user, tier): (UserId, Tier), amount: Amount) {
        if amount.is_zero() {
            return;
        }
        let reserve = self.reserves.entry((user, tier)).or_default();
        // All money that was ever taken is less than `u128::MAX`.
        *reserve = reserve.checked_add(amount).unwrap_or(Amount::new(u128::MAX));
        if terms.next_price(tier).is_some_and(|price| *reserve >= price) {
            self.due.push_back(Due::Progress(user, tier));
        }
    }

    /// The closing of a tree becomes due.
    pub fn close_later(&mut self, tier: Tier, tree: TreeNumber) {
        self.due.push_back(Due::Close(tier, tree));
    }

    /// What is due next. It ends: a user moves on from each tier at most once, and a tree closes once.
    #[inline]
    pub fn next_due(&mut self) -> Option<Due> {
        self.due.pop_front()
    }

    /// Ends a reserve that pays for the next tier; `None`, and nothing happens, if it does not suffice, the user does not reserve any
    /// more, or the next tier is full.
    pub fn progress(&mut self, terms: &AutoPoolTerms, user: UserId, from: Tier) -> Option<Progression> {
        let to = from.next()?;
        let price = terms.next_price(from)?;
        let rest = self.reserved(user, from).checked_sub(price).ok()?;
        if !self.is_reserving(user, from) || self.room(terms, to) == PoolRoom::Full {
            return None;
        }
        self.seats.get_mut(user.index())?.progressed.insert(from);
        self.stop_reserving(user, from);
        Some(Progression { user, from, to, rest })
    }

    /// Ends the reserves of a tree that is full, and says what was in them, in the order of its places: no reward of this tier can come to
    /// them any more, except what is held already, and that is not reserved.
    pub fn close(&mut self, terms: &AutoPoolTerms, tier: Tier, tree: TreeNumber) -> Vec<(UserId, Amount)> {
        let size = terms.next_price(tier).and(terms.pool.tree_size);
        let users: Vec<UserId> = (0..size.unwrap_or(0))
            .filter_map(|index| self.occupant(terms, tier, Place { tree, index }))
            .collect();
        let end = |user| (user, self.stop_reserving(user, tier));
        users.into_iter().map(end).collect()
    }

    /// Ends all reserves of a user whose registration was refunded, and says what was in them. What was chosen is forgotten.
    pub fn leave(&mut self, user: UserId) -> Vec<(Tier, Amount)> {
        if let Some(seat) = self.seats.get_mut(user.index()) {
            seat.chosen = TierSet::default();
        }
        let tiers = (1..=Tier::MAX).filter_map(Tier::new);
        tiers
            .take(self.tiers().len())
            .map(|tier| (tier, self.stop_reserving(user, tier)))
            .collect()
    }

    /// From now on rewards of this tier are not reserved; returns what was.
    fn stop_reserving(&mut self, user: UserId, tier: Tier) -> Amount {
        if let Some(seat) = self.seats.get_mut(user.index()) {
            seat.reserving.remove(tier);
        }
        self.reserves.remove(&(user, tier)).unwrap_or(Amount::ZERO)
    }

    /// A user chooses about a tier's rewards. Returns what is not reserved any more.
    ///
    /// # Errors
    /// [`ChoiceError`], and nothing changes.
    pub fn choose(
        &mut self,
        terms: &AutoPoolTerms,
        (user, tier): (UserId, Tier),
        choice: ReserveChoice,
    ) -> Result<Amount, ChoiceError> {
        if terms.next_price(tier).is_none() {
            return Err(ChoiceError::NoNextTier);
        }
        if terms.pool.reserve != ReserveTerms::OptIn {
            return Err(ChoiceError::NotChosen);
        }
        let place = self.place(terms, user, tier);
        let is_closed = place.is_some_and(|place| self.is_closed(terms, tier, place.tree));
        let seat = self.seats.get_mut(user.index()).ok_or(ChoiceError::Unchanged)?;
        if is_closed || seat.progressed.has(tier) {
            return Err(ChoiceError::TierFinished);
        }
        if seat.chosen.has(tier) == (choice == ReserveChoice::In) {
            return Err(ChoiceError::Unchanged);
        }
        match choice {
            ReserveChoice::In => {
                seat.chosen.insert(tier);
                if place.is_some() {
                    seat.reserving.insert(tier);
                }
                Ok(Amount::ZERO)
            }
            ReserveChoice::Out => {
                seat.chosen.remove(tier);
                Ok(self.stop_reserving(user, tier))
            }
        }
    }
}
