//! The walk up the sponsor line: who is offered which generation of a purchase.

use ledger::{BreakageCause, UserId};
use money::{Amount, Bps};

use super::file::Mode;
use super::{Fate, GenerationTerms, Share, Skip, Uplines};
use crate::cap::Caps;

/// Where uplines go that are passed over without a share.
pub(super) trait Skips {
    fn skipped(&mut self, skip: Skip);
}

impl Skips for () {
    fn skipped(&mut self, _: Skip) {}
}

impl Skips for Vec<Skip> {
    fn skipped(&mut self, skip: Skip) {
        self.push(skip);
    }
}

/// How much of a share an upline gets.
pub(super) trait Grants {
    fn grant(&mut self, user: UserId, wanted: Amount) -> Amount;
    fn has_no_stake(&self, user: UserId) -> bool;
}

impl Grants for &mut Caps {
    fn grant(&mut self, user: UserId, wanted: Amount) -> Amount {
        self.take(user, wanted)
    }

    fn has_no_stake(&self, user: UserId) -> bool {
        Caps::has_no_stake(self, user)
    }
}

/// Grants nothing for real. Nobody is twice in a line of sponsors, so one share never uses up another's room.
impl Grants for &Caps {
    fn grant(&mut self, user: UserId, wanted: Amount) -> Amount {
        wanted.min(self.room(user))
    }

    fn has_no_stake(&self, user: UserId) -> bool {
        Caps::has_no_stake(self, user)
    }
}

/// An amount, divided once so that each share costs no division of 128 bits. Shares are those of [`Bps::floor_of`].
#[derive(Clone, Copy)]
struct Divided {
    quotient: u128,
    remainder: u32,
}

impl Divided {
    const WHOLE: u32 = Bps::WHOLE.get() as u32;

    fn of(amount: Amount) -> Self {
        let whole = u128::from(Self::WHOLE);
        let units = amount.base_units();
        let remainder = units.checked_rem(whole).unwrap_or_default();
        Self {
            quotient: units.checked_div(whole).unwrap_or_default(),
            remainder: u32::try_from(remainder).unwrap_or_default(),
        }
    }

    fn share(self, rate: Bps) -> Amount {
        let bps = u32::from(rate.get());
        // Below 10^8, and the sum is at most the amount, so nothing saturates.
        let from_remainder = self.remainder.saturating_mul(bps) / Self::WHOLE;
        let from_quotient = self.quotient.saturating_mul(u128::from(bps));
        Amount::new(from_quotient.saturating_add(u128::from(from_remainder)))
    }
}

/// The upline at whom a generation stopped.
struct Stop {
    upline: UserId,
    refused: Option<BreakageCause>,
}

/// Offers every generation to uplines of `purchaser`, nearest first.
pub(super) fn walk<U: Uplines>(
    terms: &GenerationTerms,
    amount: Amount,
    purchaser: UserId,
    uplines: &U,
    mut grants: impl Grants,
    out: &mut Vec<Share>,
    skips: &mut impl Skips,
) {
    let divided = Divided::of(amount);
    let mut line = Line {
        uplines,
        mode: terms.mode(),
        below: purchaser,
        distance: 0,
    };
    for (generation, step) in (1u8..).zip(terms.steps()) {
        let share = divided.share(step.rate);
        let stop = line.next(generation, step.directs_required, &grants, skips);
        let mut push = |upline, amount, fate| {
            if !Amount::is_zero(amount) {
                out.push(Share {
                    amount,
                    upline,
                    distance: if upline.is_some() { line.distance } else { 0 },
                    generation,
                    fate,
                });
            }
        };
        match stop {
            None => push(None, share, Fate::Breakage(BreakageCause::NoUpline)),
            Some(Stop {
                upline,
                refused: Some(cause),
            }) => push(Some(upline), share, Fate::Breakage(cause)),
            Some(Stop {
                upline,
                refused: None,
            }) => {
                let granted = grants.grant(upline, share);
                push(Some(upline), granted, Fate::Paid);
                let capped = share.minus_or_zero(granted);
                push(Some(upline), capped, Fate::Breakage(BreakageCause::Capped));
            }
        }
    }
}

/// How far up the walk is.
struct Line<'a, U> {
    uplines: &'a U,
    mode: Mode,
    below: UserId,
    distance: u32,
}

impl<U: Uplines> Line<'_, U> {
    /// The next upline who takes a generation or lets it break; `None` above the last.
    fn next(
        &mut self,
        generation: u8,
        directs_required: u32,
        grants: &impl Grants,
        skips: &mut impl Skips,
    ) -> Option<Stop> {
        loop {
            // Sponsors are older than those they bring in, so the walk ends.
            let upline = (self.uplines.sponsor(self.below)).filter(|sponsor| *sponsor < self.below)?;
            self.below = upline;
            self.distance = self.distance.saturating_add(1);
            let refused = self.refusal(upline, directs_required, grants);
            let Some(cause) = refused.filter(|cause| self.skips(*cause)) else {
                return Some(Stop { upline, refused });
            };
            skips.skipped(Skip {
                upline,
                distance: self.distance,
                generation,
                cause,
            });
        }
    }

    fn refusal(&self, upline: UserId, directs_required: u32, grants: &impl Grants) -> Option<BreakageCause> {
        if self.uplines.is_refunded(upline) {
            return Some(BreakageCause::Refunded);
        }
        let is_inactive = match self.mode {
            Mode::Physical | Mode::Compressed => grants.has_no_stake(upline),
            Mode::ActiveOnly => !self.uplines.is_active(upline),
        };
        if is_inactive {
            return Some(BreakageCause::Inactive);
        }
        (self.uplines.directs(upline) < directs_required).then_some(BreakageCause::Unqualified)
    }

    fn skips(&self, cause: BreakageCause) -> bool {
        match self.mode {
            Mode::Physical => false,
            Mode::Compressed => true,
            Mode::ActiveOnly => cause != BreakageCause::Unqualified,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_exact_split() {
        for units in [0, 1, 9_999, 10_000, 12_345_678_901, u128::MAX / 3, u128::MAX] {
            for bps in [0, 1, 30, 9_999, 10_000] {
                let (amount, rate) = (Amount::new(units), Bps::new(bps).unwrap());
                assert_eq!(
                    Divided::of(amount).share(rate),
                    rate.floor_of(amount),
                    "{units} {bps}"
                );
            }
        }
    }
}
