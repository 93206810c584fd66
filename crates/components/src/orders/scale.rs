//! What a period pays in total, and how single lines are scaled so that they sum to it exactly.
//!
//! A line's amount is the difference of two floored cumulative shares, so nothing is lost to rounding and no line is
//! above its claim.

use money::{Amount, Bps};

use super::volumes::add;
use super::{OrderError, OrdersTerms, Volumes};
use crate::orders::table::{Paycut, RetailRule};

/// What a period pays, in base units.
/// `claims = paid + breakage + cut_by_retail + cut_by_paycut`, and `paid + breakage ≤ budget`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The volume of all orders.
    pub volume: Amount,
    /// The volume of retail customers' orders.
    pub retail_volume: Amount,
    /// The least volume of retail customers' orders for commissions in full; zero without a rule.
    pub retail_volume_min: Amount,
    /// What the fund held for the period.
    pub budget: Amount,
    /// Σ floor(rate · volume) of all orders and generations.
    pub claims: Amount,
    /// What is paid to participants.
    pub paid: Amount,
    /// What is breakage.
    pub breakage: Amount,
    /// What participants would have been paid with a sufficient retail share. It stays in the fund.
    pub cut_by_retail: Amount,
    /// What the fund could not pay: of participants' commissions, and of breakage.
    pub cut_by_paycut: Amount,
    /// What participants would have been paid without any cut. After the retail rule `due − cut_by_retail` is left of it,
    /// after the pay cut `paid`: the two factors by which lines were scaled.
    pub due: Amount,
}

/// Cumulative claims before a line: of paid lines and of breakage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) due: Amount,
    pub(super) lost: Amount,
}

/// What one line receives of its claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scaled {
    pub(super) amount: Amount,
    pub(super) cut_by_retail: Amount,
    pub(super) cut_by_paycut: Amount,
}

impl Totals {
    /// Decides about a period with these sums of claims.
    pub(super) fn decide(
        terms: &OrdersTerms,
        volumes: &Volumes,
        sums: Position,
        budget: Amount,
    ) -> Result<Self, OrderError> {
        let claims = sums.due.checked_add(sums.lost).unwrap_or(sums.due);
        if terms.paycut.is_none() && claims > budget {
            return Err(OrderError::CommissionsExceedBudget { due: claims, budget });
        }
        let required = required_retail(terms, volumes);
        let after_retail = match terms.retail_rule {
            RetailRule::None => sums.due,
            RetailRule::Scale => sums.due.proportion(volumes.retail(), required),
            RetailRule::Block if volumes.retail() < required => Amount::ZERO,
            RetailRule::Block => sums.due,
        };
        let (paid, breakage) = match terms.paycut {
            None => (after_retail, sums.lost),
            Some(Paycut::ProRata) => {
                let paid = after_retail.min(budget);
                (paid, sums.lost.min(budget.saturating_sub(paid)))
            }
        };
        let cut_by_retail = sums.due.saturating_sub(after_retail);
        let granted = paid.checked_add(breakage).unwrap_or(paid);
        Ok(Self {
            volume: volumes.total(),
            retail_volume: volumes.retail(),
            retail_volume_min: required,
            budget,
            claims,
            paid,
            breakage,
            cut_by_retail,
            cut_by_paycut: claims.saturating_sub(cut_by_retail).saturating_sub(granted),
            due: sums.due,
        })
    }

    /// What a paid line with this claim receives; `at` moves behind it.
    pub(super) fn paid_line(&self, at: &mut Position, claim: Amount) -> Scaled {
        let after_retail = self.due.saturating_sub(self.cut_by_retail);
        let (from, before) = self.paid_until(after_retail, at.due);
        add(&mut at.due, claim);
        let (to, behind) = self.paid_until(after_retail, at.due);
        let (kept, amount) = (to.saturating_sub(from), behind.saturating_sub(before));
        Scaled {
            amount,
            cut_by_retail: claim.saturating_sub(kept),
            cut_by_paycut: kept.saturating_sub(amount),
        }
    }

    /// What a line of breakage with this claim receives; `at` moves behind it.
    pub(super) fn lost_line(&self, at: &mut Position, claim: Amount) -> Scaled {
        let lost = self.claims.saturating_sub(self.due);
        let before = share(self.breakage, at.lost, lost);
        add(&mut at.lost, claim);
        let amount = share(self.breakage, at.lost, lost).saturating_sub(before);
        Scaled {
            amount,
            cut_by_retail: Amount::ZERO,
            cut_by_paycut: claim.saturating_sub(amount),
        }
    }

    /// What is left of the first `due` after the retail rule, and after the pay cut.
    fn paid_until(&self, after_retail: Amount, due: Amount) -> (Amount, Amount) {
        let kept = share(after_retail, due, self.due);
        (kept, share(self.paid, kept, after_retail))
    }
}

/// `total · part / whole`; without a division where nothing is cut.
fn share(total: Amount, part: Amount, whole: Amount) -> Amount {
    if total == whole {
        part
    } else {
        total.proportion(part, whole)
    }
}

/// The least retail volume: the plan's share of the whole, rounded up.
fn required_retail(terms: &OrdersTerms, volumes: &Volumes) -> Amount {
    let rest = Bps::WHOLE.get().saturating_sub(terms.retail_share_min.get());
    let rest = Bps::new(rest).unwrap_or_default();
    volumes.total().saturating_sub(rest.floor_of(volumes.total()))
}
