//! Legs: one backward reading of all users gives every user's legs, and a query lists those of one.

use ledger::UserId;
use money::Amount;

use super::state::{Ranks, index};
use super::terms::RanksTerms;
use crate::sponsors::Sponsors;
use plan_file::calendar::Week;

/// Volume below a user.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Below {
    /// Of all legs.
    pub(super) sum: Amount,
    /// Of the largest.
    pub(super) main: Amount,
}

impl Below {
    /// Of all legs but the largest.
    pub(super) fn other(&self) -> Amount {
        self.sum.saturating_sub(self.main)
    }
}

/// What is below every user, by user number; place 0 belongs to nobody and sums what has no sponsor.
pub(super) enum Sums {
    /// In 64 bits, because all volume together has no more.
    Narrow(Vec<Legs<u64>>),
    Wide(Vec<Legs<u128>>),
}

/// Volume of all legs and of the largest.
#[derive(Clone, Copy, Default)]
pub(super) struct Legs<T> {
    sum: T,
    main: T,
}

/// Numbers of a width. A close waits for memory more than for anything else, so that half the width is half the time.
pub(super) trait Width: Copy + Default + Ord {
    /// Of an amount that fits.
    fn of(amount: Amount) -> Self;
    fn amount(self) -> Amount;
    /// All volume together fits: nothing saturates.
    fn plus(self, other: Self) -> Self;
}

impl Width for u64 {
    fn of(amount: Amount) -> Self {
        Self::try_from(amount.base_units()).unwrap_or(Self::MAX)
    }

    fn amount(self) -> Amount {
        Amount::new(u128::from(self))
    }

    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }
}

impl Width for u128 {
    fn of(amount: Amount) -> Self {
        amount.base_units()
    }

    fn amount(self) -> Amount {
        Amount::new(self)
    }

    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }
}

impl<T: Width> Legs<T> {
    fn below(self) -> Below {
        Below {
            sum: self.sum.amount(),
            main: self.main.amount(),
        }
    }
}

impl Sums {
    pub(super) fn of(&self, user: u32) -> Below {
        match self {
            Self::Narrow(legs) => legs.get(place(user)).copied().unwrap_or_default().below(),
            Self::Wide(legs) => legs.get(place(user)).copied().unwrap_or_default().below(),
        }
    }

    /// Volume of the leg that starts with this user.
    pub(super) fn leg(&self, volumes: &[Amount], user: u32) -> Amount {
        let own = index(user).and_then(|place| volumes.get(place));
        sum(self.of(user).sum, own.copied().unwrap_or_default())
    }
}

/// Sums the legs of everyone and shows each user once, from the last to the first, with own volume and what is below.
/// `total` is at least the sum of all volumes.
pub(super) fn scan(
    sponsors: &Sponsors,
    volumes: &[Amount],
    total: Amount,
    each: impl FnMut(u32, Amount, Below),
) -> Sums {
    if total.base_units() <= u128::from(u64::MAX) {
        Sums::Narrow(scan_in(sponsors, volumes, each))
    } else {
        Sums::Wide(scan_in(sponsors, volumes, each))
    }
}

fn scan_in<T: Width>(
    sponsors: &Sponsors,
    volumes: &[Amount],
    mut each: impl FnMut(u32, Amount, Below),
) -> Vec<Legs<T>> {
    let mut legs = vec![Legs::<T>::default(); volumes.len().saturating_add(1)];
    let mut user = u32::try_from(volumes.len()).unwrap_or(u32::MAX);
    for (sponsor, own) in sponsors.alone().iter().zip(volumes.iter().copied()).rev() {
        // Everyone in this downline has a higher number: the sum is complete.
        let found = legs.get(place(user)).copied().unwrap_or_default();
        each(user, own, found.below());
        user = user.saturating_sub(1);
        let leg = found.sum.plus(T::of(own));
        // Whoever sells nothing costs no access to the sponsor.
        if leg == T::default() {
            continue;
        }
        if let Some(above) = legs.get_mut(place(sponsor.map_or(0, UserId::get))) {
            above.sum = above.sum.plus(leg);
            above.main = above.main.max(leg);
        }
    }
    legs
}

/// 2^31 deposits of 96 bits fit 128 bits: nothing saturates.
fn sum(one: Amount, other: Amount) -> Amount {
    Amount::new(one.base_units().saturating_add(other.base_units()))
}

fn place(user: u32) -> usize {
    usize::try_from(user).unwrap_or(usize::MAX)
}

/// A leg: a direct with everyone below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankLeg {
    /// The direct.
    pub direct: UserId,
    /// What the direct and everyone below bought in the window.
    pub volume: Amount,
}

/// Why a user stands where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What the user bought in the window. In no leg.
    pub own: Amount,
    /// The direct of the largest leg; of equal ones the one who joined first. None without volume below.
    pub main_direct: Option<UserId>,
    /// Volume of the largest leg.
    pub main: Amount,
    /// Volume of all others; nothing if there is one leg only.
    pub other: Amount,
    /// The rank for which this qualifies, 0 for none.
    pub rank: u8,
    /// The next rank and the first of its requirements that is not met. None at the top of the ladder.
    pub missing: Option<(u8, Requirement, Amount)>,
}

names::names! {
    /// What a rank requests.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Requirement {
        /// Volume of the largest leg.
        Main = "main_min",
        /// Volume of all other legs.
        Other = "other_min",
        /// The user's own purchases.
        Own = "own_min",
        /// Volume of all legs.
        Group = "group_min",
    }
}

impl Ranks {
    /// The legs of a user with volume, by number of the direct, as the close of this week would see them now, and what they
    /// qualify for. None for an unknown user and for a week that is closed: its decisions said it. Reads all users.
    pub fn legs(
        &self,
        sponsors: &Sponsors,
        terms: &RanksTerms,
        user: UserId,
        week: Week,
        out: &mut Vec<RankLeg>,
    ) -> Option<Explanation> {
        out.clear();
        if !sponsors.has(user) || self.closed.is_some_and(|closed| week.get() <= closed) {
            return None;
        }
        let volumes = self.volumes(terms, week.get());
        let sums = scan(sponsors, &volumes, self.total, |_, _, _| {});
        for direct in sponsors.directs(user) {
            let volume = sums.leg(&volumes, direct.get());
            if !volume.is_zero() {
                out.push(RankLeg { direct, volume });
            }
        }
        out.reverse();
        let own = volumes.get(user.index()).copied()?;
        let found = sums.of(user.get());
        let (main, other) = (found.main, found.other());
        let main_leg = out.iter().find(|leg| leg.volume == main);
        Some(Explanation {
            own,
            main_direct: main_leg.map(|leg| leg.direct),
            main,
            other,
            rank: terms.rank_of(main, other, own),
            missing: missing(terms, main, other, own),
        })
    }
}

/// The first requirement of the next rank that is not met, and how much is missing.
fn missing(
    terms: &RanksTerms,
    main: Amount,
    other: Amount,
    own: Amount,
) -> Option<(u8, Requirement, Amount)> {
    let number = terms.rank_of(main, other, own).checked_add(1)?;
    let rank = terms.rank(number)?;
    let requirements = [
        (Requirement::Main, rank.main_min, main),
        (Requirement::Other, rank.other_min, other),
        (Requirement::Own, rank.own_min, own),
        (Requirement::Group, rank.group_min, sum(main, other)),
    ];
    let mut unmet = requirements.into_iter().filter(|(_, min, found)| found < min);
    let (requirement, min, found) = unmet.next()?;
    Some((number, requirement, min.saturating_sub(found)))
}
