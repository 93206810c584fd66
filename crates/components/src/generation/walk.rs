//! The walk up the sponsor line: who is offered which generation of a purchase.

use ledger::{BreakageCause, UserId};
use money::{Amount, Bps};

use super::prefetch::{Ahead, Upline};
use super::{Fate, GenerationTerms, Share, Skip, Uplines};
use crate::cap::Caps;
use crate::generation::table::Mode;

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

/// What the caps let uplines have.
pub(super) trait Grants {
    fn caps(&self) -> &Caps;
    /// Counts what an upline is paid.
    fn grant(&mut self, user: UserId, granted: Amount);
}

impl Grants for &mut Caps {
    fn caps(&self) -> &Caps {
        self
    }

    fn grant(&mut self, user: UserId, granted: Amount) {
        self.count(user, granted);
    }
}

/// Grants nothing for real.
impl Grants for &Caps {
    fn caps(&self) -> &Caps {
        self
    }

    fn grant(&mut self, _: UserId, _: Amount) {}
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
        let units = amount.base_units();
        let whole = u128::from(Self::WHOLE);
        // Nearly all amounts fit 64 bits, which a constant divides by a multiplication.
        let quotient = match u64::try_from(units) {
            Ok(units) => units.checked_div(u64::from(Self::WHOLE)).map(u128::from),
            Err(_) => units.checked_div(whole),
        }
        .unwrap_or_default();
        let remainder = units.saturating_sub(quotient.saturating_mul(whole));
        Self {
            quotient,
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
    let mode = terms.mode();
    let mut ahead = Ahead::of(purchaser, uplines, mode);
    let nobody = Upline::default();
    let mut distance = 0u32;
    let mut left = terms.steps().len();
    for (generation, step) in (1u8..).zip(terms.steps()) {
        let (upline, refused) = loop {
            let Some(upline) = ahead.next(left, grants.caps()) else {
                break (&nobody, Some(BreakageCause::NoUpline));
            };
            distance = distance.saturating_add(1);
            let refused = upline.refusal(mode, grants.caps(), step.directs_required);
            match (refused.filter(|cause| is_skipped(mode, *cause)), upline.user) {
                (Some(cause), Some(upline)) => skips.skipped(Skip {
                    upline,
                    distance,
                    generation,
                    cause,
                }),
                _ => break (upline, refused),
            }
        };
        left = left.saturating_sub(1);
        let share = divided.share(step.rate);
        if share.is_zero() {
            continue;
        }
        let granted = match refused {
            Some(_) => Amount::ZERO,
            None => share.min(grants.caps().room_of(upline.stake)),
        };
        let withheld = share.saturating_sub(granted);
        let is_paid = !granted.is_zero();
        let line = Share {
            amount: if is_paid { granted } else { withheld },
            upline: upline.user,
            distance: if upline.user.is_some() { distance } else { 0 },
            generation,
            fate: if is_paid {
                Fate::Paid
            } else {
                Fate::Breakage(refused.unwrap_or(BreakageCause::Capped))
            },
        };
        out.push(line);
        let Some(user) = upline.user.filter(|_| is_paid) else {
            continue;
        };
        grants.grant(user, granted);
        if !withheld.is_zero() {
            out.push(Share {
                amount: withheld,
                fate: Fate::Breakage(BreakageCause::Capped),
                ..line
            });
        }
    }
}

/// Whether the same generation is offered to the next upline.
fn is_skipped(mode: Mode, cause: BreakageCause) -> bool {
    match mode {
        Mode::Physical => false,
        Mode::Compressed => true,
        Mode::ActiveOnly => cause != BreakageCause::Unqualified,
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
