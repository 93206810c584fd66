//! [`Record`]: what a campaign remembers of one conversion.

use money::Amount;

use super::{CampaignTerms, Conversion, ConversionId, RefereeKey, sum};
use ledger::UserId;
use plan_file::Day;

/// A reported conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) referrer: UserId,
    pub(super) referee: RefereeKey,
    pub(super) amount: Amount,
    pub(super) reversed: Amount,
    /// As decided when it was reported.
    pub(super) granted: Amount,
    pub(super) given_back: Amount,
    pub(super) available_at: Day,
    /// The smallest amount that qualified then.
    pub(super) minimum: Amount,
    /// The referrer's qualified conversion before this one.
    pub(super) previous: Option<ConversionId>,
    /// Qualified, and enough of it is left.
    pub(super) stands: bool,
    pub(super) is_gone: bool,
    pub(super) is_matured: bool,
}

impl Record {
    pub(super) fn of(terms: &CampaignTerms, conversion: &Conversion) -> Self {
        Self {
            referrer: conversion.referrer,
            referee: conversion.referee,
            amount: conversion.amount,
            reversed: Amount::ZERO,
            granted: Amount::ZERO,
            given_back: Amount::ZERO,
            available_at: conversion.day.plus(terms.hold_days),
            minimum: terms.conversion_min,
            previous: None,
            stands: false,
            is_gone: false,
            is_matured: false,
        }
    }

    /// The grant, less what was given back.
    pub(super) fn standing(&self) -> Amount {
        self.granted.saturating_sub(self.given_back)
    }

    /// Reverses a part, or with nothing left the whole; says what the grant loses.
    pub(super) fn reverse(&mut self, part: Amount) -> Amount {
        // At most the amount.
        self.reversed = sum(self.reversed, part);
        self.is_gone = self.reversed == self.amount;
        let gone = if self.is_gone {
            self.granted
        } else {
            self.granted.proportion(self.reversed, self.amount)
        };
        let back = gone.saturating_sub(self.given_back);
        self.given_back = gone;
        self.stands &= self.is_enough();
        back
    }

    fn is_enough(&self) -> bool {
        !self.is_gone && self.amount.saturating_sub(self.reversed) >= self.minimum
    }
}
