//! Binary plan: left and right legs by level order under the sponsor, pairs by lots, and the instalment that pairs
//! help to pay.
//!
//! A member who counts is a *lot* on one side of everyone above. When a month is closed, a lot of the left side and
//! one of the right side make a *pair*, the oldest first, up to a maximum number of pairs of a user in a month; what is left over is
//! carried. Pairs are paid from a fund, never with more than it has. Of the later pairs of a user who is not yet an
//! active buyer, a part pays that user's outstanding instalment.
//!
//! Not responsible for money in accounts, for tax (whoever closes a month answers what is withheld of each pair) nor for
//! the sponsor tree: the places here are another tree over the same users.

mod booking;
mod close;
mod findings;
mod history;
mod refund;
mod share;
pub mod table;
mod terms;
mod tree;

use ledger::UserId;
use money::Amount;

pub use booking::Payment;
pub use close::{Closing, PairSink};
pub use share::CumulativeShares;
pub use terms::{
    BinaryTerms, DIRECTS_REQUIRED_MAX, FULL_PAIRS_MAX, HOLD_DAYS_MAX, PAIRS_PER_MONTH_MAX, QUANTITY,
};

use booking::Paid;
use history::History;
use plan_file::calendar::Month;
use tree::{Tree, line};

use crate::sponsors::Sponsors;

names::names! {
    /// One of the two places below a node.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Side {
        /// The first in level order.
        Left = "left",
        /// The second.
        Right = "right",
    }
}

/// Where a user was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Who stands directly above.
    pub parent: UserId,
    /// On which side of that one.
    pub side: Side,
}

/// What one pair granted, and where it went: `value = withheld + instalment + wallet`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parts {
    /// What the fund pays.
    pub value: Amount,
    /// Tax withheld from it.
    pub withheld: Amount,
    /// What pays the user's outstanding instalment.
    pub instalment: Amount,
}

/// Why a pair pays no instalment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exempt {
    /// It is one of the user's first.
    FirstPairs,
    /// The user is an active buyer.
    ActiveBuyer,
}

/// A pair that is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Whose.
    pub user: UserId,
    /// Which of the user's paid pairs, from 1, over the whole life. Pairs that were undone do not count.
    pub number: u32,
    /// How much, and for what.
    pub parts: Parts,
    /// What the user had paid of the price, instalments of earlier pairs included.
    pub paid: Amount,
    /// Why it pays no instalment, if it does not.
    pub exempt: Option<Exempt>,
    /// Its instalment made the user an active buyer.
    pub activates: bool,
}

/// A pair that is taken back, because a member of it no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undone {
    /// Whose.
    pub user: UserId,
    /// Which of the pairs of the user that stood until now, from 1.
    pub number: u32,
    /// When it was granted.
    pub month: Month,
    /// Exactly what was granted.
    pub parts: Parts,
}

/// Places, payments, lots and pairs of all users. One line per user; see [`BinaryState::bytes_per_user`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BinaryState {
    tree: Tree,
    paid: Vec<Paid>,
    /// Whether the user has made a payment of their own, that was not refunded.
    started: Vec<bool>,
    /// When a user began to count: its place in the order of all such events, from 1; 0 for who does not count.
    since: Vec<u32>,
    /// The latest number given in `since`.
    since_last: u32,
    /// The latest number in `since` whose lots have been brought up.
    brought_up: u32,
    /// Lots on the left and on the right side that are not in a pair.
    lots: Vec<[u32; 2]>,
    history: History,
    /// The month that was closed last.
    month: Option<Month>,
    /// Directs that count. Known even where nobody requests directs: a later version may.
    directs: Vec<u32>,
}

impl Side {
    const fn bit(self) -> u32 {
        match self {
            Self::Left => 0,
            Self::Right => 1,
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

impl Parts {
    /// What the user can use.
    pub const fn wallet(&self) -> Amount {
        self.value
            .saturating_sub(self.withheld)
            .saturating_sub(self.instalment)
    }
}

impl BinaryState {
    /// Puts the next user into the tree: on the wanted side of the sponsor if it is free, else into the first free place
    /// below the sponsor in level order. Without a sponsor the user starts a tree of their own, and has no place.
    /// Takes at most 31 steps to find the place, and less than two more on average to keep it findable.
    ///
    /// Nothing happens if the next user is not among the sponsors.
    pub fn join(&mut self, sponsors: &Sponsors, wanted: Option<Side>) -> Option<Place> {
        let next = u32::try_from(self.tree.len()).ok()?.checked_add(1)?;
        let user = UserId::new(next).filter(|user| sponsors.has(*user))?;
        let place = sponsors.of(user).map(|sponsor| match wanted {
            Some(side) if self.tree.below(sponsor.get(), side) == 0 => (sponsor.get(), side),
            Some(_) | None => self.tree.first_free(sponsor.get()),
        });
        self.tree.push(place);
        self.paid.push(Paid::default());
        self.started.push(false);
        self.since.push(0);
        self.lots.push([0; 2]);
        self.history.push();
        self.directs.push(0);
        let (parent, side) = place?;
        let parent = UserId::new(parent)?;
        Some(Place { parent, side })
    }

    /// Users who have joined.
    pub fn user_count(&self) -> usize {
        self.tree.len()
    }

    /// Where a user stands; `None` at the top of a tree and for who has not joined.
    pub fn place(&self, user: UserId) -> Option<Place> {
        let (parent, side) = self.tree.place(user.get())?;
        let parent = UserId::new(parent)?;
        Some(Place { parent, side })
    }

    /// Who stands on a side of a user.
    pub fn below(&self, user: UserId, side: Side) -> Option<UserId> {
        UserId::new(self.tree.below(user.get(), side))
    }

    /// Lots on the left and on the right side that wait for a partner or for their turn.
    pub fn lots(&self, user: UserId) -> [u32; 2] {
        self.lots.get(line(user.get())).copied().unwrap_or_default()
    }

    /// Lots of all users, in their order.
    pub fn all_lots(&self) -> &[[u32; 2]] {
        &self.lots
    }

    /// Pairs of a user that were paid and stand.
    pub fn pairs(&self, user: UserId) -> u32 {
        self.history.pairs(user.get())
    }

    /// What a user has paid, instalments out of pairs included.
    pub fn paid(&self, user: UserId) -> Amount {
        self.paid_of(user.get())
    }

    /// What is not yet paid of the price.
    pub fn outstanding(&self, terms: &BinaryTerms, user: UserId) -> Amount {
        terms.price.saturating_sub(self.paid(user))
    }

    /// Whether payments, instalments included, have reached the activation amount.
    pub fn is_active_buyer(&self, terms: &BinaryTerms, user: UserId) -> bool {
        self.paid(user) >= terms.activation
    }

    /// Whether the user counts as a member on the sides above.
    pub fn counts(&self, user: UserId) -> bool {
        self.since_of(user.get()) != 0
    }

    /// Directs of a user that count.
    pub fn directs(&self, user: UserId) -> u32 {
        self.directs.get(line(user.get())).copied().unwrap_or(0)
    }

    /// Bytes of the lines of one user, all arrays together.
    pub const fn bytes_per_user() -> usize {
        let payments = size_of::<Paid>().saturating_add(size_of::<bool>());
        let lots = size_of::<u32>().saturating_add(size_of::<[u32; 2]>());
        let directs = size_of::<u32>();
        Tree::BYTES_PER_NODE
            .saturating_add(History::BYTES_PER_NODE)
            .saturating_add(payments)
            .saturating_add(lots)
            .saturating_add(directs)
    }

    /// Bytes that the amounts of granted pairs take, for all users together: 16 for each run of equal ones.
    pub fn history_bytes(&self) -> usize {
        self.history.run_bytes()
    }

    fn paid_of(&self, user: u32) -> Amount {
        self.paid
            .get(line(user))
            .map_or(Amount::ZERO, |paid| paid.amount())
    }

    fn since_of(&self, user: u32) -> u32 {
        self.since.get(line(user)).copied().unwrap_or(0)
    }

    /// Begins to count, as the latest of all.
    fn begin_to_count(&mut self, sponsors: &Sponsors, user: u32) {
        self.since_last = self.since_last.saturating_add(1);
        if let Some(since) = self.since.get_mut(line(user)) {
            *since = self.since_last;
        }
        if let Some(directs) = self.directs_of_sponsor(sponsors, user) {
            *directs = directs.saturating_add(1);
        }
    }

    fn directs_of_sponsor(&mut self, sponsors: &Sponsors, user: u32) -> Option<&mut u32> {
        let sponsor = sponsors.of(UserId::new(user)?)?;
        self.directs.get_mut(line(sponsor.get()))
    }
}
