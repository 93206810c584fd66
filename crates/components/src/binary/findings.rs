//! Findings that people must know before they join a binary plan.

use money::{Amount, Asset};

use super::BinaryTerms;
use crate::binary::table::{Excess, WhenShort};
use plan_file::{Finding, Severity};

/// Layers of the full tree of which the findings speak: 1,048,575 members.
const LAYERS: u32 = 20;
/// Layers up to which a full tree is searched: no tree has more than 2^31 members.
const LAYERS_MAX: u32 = 31;

impl BinaryTerms {
    /// What participants must be told.
    pub(super) fn all_findings(&self, asset: Asset) -> Vec<Finding> {
        let mut found = vec![self.claims(asset), without_pair()];
        if let Some(finding) = self.outgrown(asset) {
            found.push(finding);
        }
        match self.excess {
            Excess::Flush => found.push(self.flushed()),
            Excess::Carry => {}
        }
        match self.when_short {
            WhenShort::Queue => found.push(self.queue()),
            WhenShort::ProRata => {}
        }
        found.extend(self.bonus(asset));
        found
    }

    /// What the pairs of everyone above claim for one member who counts, in a full tree.
    fn claims(&self, asset: Asset) -> Finding {
        let (members, pairs) = (members(LAYERS), pairs_of(LAYERS, u128::MAX));
        let in_a_month = pairs_of(LAYERS, u128::from(self.pairs_max));
        let per_member = |pairs: u128| {
            self.pair_value.checked_mul(pairs).map_or(u128::MAX, |sum| {
                sum.base_units().checked_div(members).unwrap_or(0)
            })
        };
        let (claimed, first_month) = (per_member(pairs), per_member(in_a_month));
        let brings = self.paid_min();
        let severity = if claimed > brings.base_units() {
            Severity::Warning
        } else {
            Severity::Info
        };
        let show = |units| asset.display_amount(Amount::new(units));
        // Of the members below the top a half are on each side.
        let of_top = members.checked_div(2).unwrap_or(0);
        let limit = u128::from(self.pairs_max.max(1));
        let (top, of_top) = match self.excess {
            Excess::Carry => {
                let months = of_top.div_ceil(limit);
                let text = format!("wait {months} months for their last pair");
                (text, ("months_until_top_is_paid", months))
            }
            Excess::Flush => {
                let lost = of_top.saturating_sub(limit);
                let text = format!("lose {lost} of their {of_top} pairs if they all formed in one month");
                (text, ("top_pairs_lost_first_month", lost))
            }
        };
        Finding {
            code: "pairs_against_payments",
            severity,
            text: format!(
                "In a full tree of {members} members the pairs of all uplines claim up to {} for each counting \
                 member, {} of it in the first month; a counting member has paid at least {}, including instalments paid out of \
                 their own pairs. The top member would {top}. Pairs are paid only as far as the fund {:?} and the funds that back it reach.",
                show(claimed),
                show(first_month),
                asset.display_amount(brings),
                self.fund().as_str(),
            ),
            figures: vec![
                ("members", members),
                ("pairs", pairs),
                ("pairs_first_month", in_a_month),
                ("claimed_per_member_base_units", claimed),
                ("claimed_per_member_first_month_base_units", first_month),
                ("paid_per_member_base_units", brings.base_units()),
                of_top,
            ],
        }
    }

    /// The least that a member who counts has paid, instalments included: only these can come without a first payment.
    fn paid_min(&self) -> Amount {
        if self.instalment.get() == 0 {
            self.counts_at().max(self.first_payment_min)
        } else {
            self.counts_at()
        }
    }

    /// From which size on a full tree claims more than its members must have paid.
    fn outgrown(&self, asset: Asset) -> Option<Finding> {
        let brings = self.paid_min();
        let layers = (1..=LAYERS_MAX).find(|layers| {
            let claimed = self.pair_value.checked_mul(pairs_of(*layers, u128::MAX));
            let paid = brings.checked_mul(members(*layers));
            claimed.unwrap_or(Amount::new(u128::MAX)) > paid.unwrap_or(Amount::new(u128::MAX))
        })?;
        Some(Finding {
            code: "pairs_outgrow_payments",
            severity: Severity::Warning,
            text: format!(
                "From {layers} full layers ({} members) on, pairs can claim more than members must have paid in \
                 order to count, {} each: the shortfall must come from elsewhere or is not paid.",
                members(layers),
                asset.display_amount(brings),
            ),
            figures: vec![
                ("layers", u128::from(layers)),
                ("members", members(layers)),
                ("pairs", pairs_of(layers, u128::MAX)),
            ],
        })
    }

    fn flushed(&self) -> Finding {
        Finding {
            code: "pairs_are_lost",
            severity: Severity::Warning,
            text: format!(
                "In each month a user's pairs above {} are lost on both sides and never paid.",
                self.pairs_max
            ),
            figures: vec![("pairs_max_per_month", u128::from(self.pairs_max))],
        }
    }

    fn queue(&self) -> Finding {
        let lost = match self.excess {
            Excess::Carry => "",
            Excess::Flush => {
                "and count in the month in which they are paid, so they can be lost above that month's limit"
            }
        };
        Finding {
            code: "earlier_members_first",
            severity: Severity::Info,
            text: format!(
                "When the funds cannot cover a month's pairs, those who joined earlier are paid first \
                 and the others wait{lost}."
            ),
            figures: vec![],
        }
    }

    fn bonus(&self, asset: Asset) -> Option<Finding> {
        let bonus = self.direct_bonus?;
        if bonus <= self.first_payment_min {
            return None;
        }
        Some(Finding {
            code: "bonus_above_first_payment",
            severity: Severity::Warning,
            text: format!(
                "The referral bonus of {} for a first payment is more than the smallest first payment of {}.",
                asset.display_amount(bonus),
                asset.display_amount(self.first_payment_min),
            ),
            figures: vec![
                ("bonus_base_units", bonus.base_units()),
                (
                    "first_payment_min_base_units",
                    self.first_payment_min.base_units(),
                ),
            ],
        })
    }
}

fn without_pair() -> Finding {
    Finding {
        code: "without_a_pair",
        severity: Severity::Warning,
        text: "However many join, more than half of all members have no pair: a pair needs a member \
               on each side, and in any such tree most members have an empty side."
            .into(),
        figures: vec![("share_min_bps", 5_000)],
    }
}

/// Members of a full tree.
fn members(layers: u32) -> u128 {
    1u128.checked_shl(layers).unwrap_or(u128::MAX).saturating_sub(1)
}

/// Pairs of everyone in a full tree, at most `max` for one: who has `h` layers below has 2^h − 1.
fn pairs_of(layers: u32, max: u128) -> u128 {
    (0..layers).fold(0, |sum: u128, below| {
        let users = members(layers.saturating_sub(below).saturating_sub(1)).saturating_add(1);
        sum.saturating_add(users.saturating_mul(members(below).min(max)))
    })
}
