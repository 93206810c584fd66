//! Findings about ranks: a bonus in relation to the required volume, and how often one volume counts.

use money::{Amount, Asset};

use super::terms::{Rank, RanksTerms, Window};
use crate::ranks::table::WhenShort;
use plan_file::{Finding, Severity, percent};

impl RanksTerms {
    /// For each rank what all weekly bonuses of a promotion are of the volume; then how long volume counts and what pays.
    pub(super) fn all_findings(&self, asset: Asset) -> Vec<Finding> {
        let mut findings: Vec<Finding> = (1u128..)
            .zip(self.ladder())
            .map(|(number, rank)| self.share(number, rank, asset))
            .collect();
        findings.push(self.window_finding());
        findings.push(self.fund_finding());
        findings
    }

    /// What the weekly bonuses that the least volume brings are of it, and, since the same volume counts for every upline, of
    /// what one more user of the rank takes in the worst case.
    fn share(&self, number: u128, rank: &Rank, asset: Asset) -> Finding {
        // 96 bits times at most 520.
        let weeks = self.weeks_of_volume();
        let bonuses = rank.weekly_bonus.checked_mul(u128::from(weeks));
        let bonuses = bonuses.unwrap_or(Amount::new(u128::MAX));
        let (volume, further) = (rank.volume_min(), rank.volume_of_one_more());
        let share_bps = share_bps(bonuses, volume);
        let worst = match share_bps_of_some(bonuses, further) {
            Some(bps) => format!(
                "each further {} of volume can qualify one more user, and the bonuses are then {} of that",
                asset.display_amount(further),
                percent(bps)
            ),
            None => "one more qualifying upline needs no further volume, so there is no bound".to_owned(),
        };
        let mut figures = vec![
            ("rank", number),
            ("bonus_weeks", u128::from(self.bonus_weeks)),
            ("weekly_bonus_base_units", rank.weekly_bonus.base_units()),
            ("volume_min_base_units", volume.base_units()),
            ("share_bps", share_bps),
        ];
        if let Some(bps) = share_bps_of_some(bonuses, further) {
            figures.push(("further_volume_base_units", further.base_units()));
            figures.push(("worst_share_bps", bps));
        }
        Finding {
            code: "rank_bonus_share",
            severity: Severity::Warning,
            text: format!(
                "rank {number} ({}): a promotion opens {} weekly bonuses of {}, of which the same volume yields at most \
                 {weeks}: {} of the {} of volume required at least; the same volume counts for every upline: {worst}",
                rank.name,
                self.bonus_weeks,
                asset.display_amount(rank.weekly_bonus),
                percent(share_bps),
                asset.display_amount(volume),
            ),
            figures,
        }
    }

    /// The weekly bonuses of a promotion for which the same volume counts.
    fn weeks_of_volume(&self) -> u32 {
        match self.window {
            Window::Lifetime => self.bonus_weeks,
            Window::Weeks(weeks) => self.bonus_weeks.min(weeks),
        }
    }

    fn window_finding(&self) -> Finding {
        let (text, weeks) = match self.window {
            Window::Lifetime => (
                "volume counts forever: a user who has qualified once stays qualified without new sales"
                    .into(),
                0,
            ),
            Window::Weeks(weeks) => (
                format!(
                    "volume counts for {weeks} week{}: without new sales a rank is lost after that",
                    if weeks == 1 { "" } else { "s" }
                ),
                u128::from(weeks),
            ),
        };
        Finding {
            code: "rank_window",
            severity: Severity::Info,
            text,
            figures: vec![("window_weeks", weeks)],
        }
    }

    fn fund_finding(&self) -> Finding {
        let short = match self.when_short {
            WhenShort::ProRata => {
                "all bonuses of the week are reduced in proportion and the rest is never granted"
            }
            WhenShort::Queue => "the most recent ones wait, possibly forever",
        };
        Finding {
            code: "rank_fund",
            severity: Severity::Warning,
            text: format!(
                "rank bonuses are granted only out of the fund {:?} and the funds that back it: when these are short, {short}",
                self.fund.as_str()
            ),
            figures: vec![("hold_days", u128::from(self.hold_days))],
        }
    }
}

impl Rank {
    /// The least volume by which one more user can qualify, when others qualify already. A chain of sponsors shares the main
    /// leg, so that each needs new volume in other legs only; where that is more than one half of what all legs need, two
    /// qualified users below a common sponsor qualify the sponsor, too. Own purchases are everyone's own.
    fn volume_of_one_more(&self) -> Amount {
        let half = Amount::new(self.group_min.base_units().div_ceil(2));
        let legs = self.other_min.min(half);
        legs.checked_add(self.own_min).unwrap_or(legs)
    }
}

/// Of nothing everything is boundless: `u128::MAX`.
fn share_bps(part: Amount, whole: Amount) -> u128 {
    share_bps_of_some(part, whole).unwrap_or(u128::MAX)
}

fn share_bps_of_some(part: Amount, whole: Amount) -> Option<u128> {
    // At most 96 + 10 + 14 bits.
    let scaled = part.base_units().saturating_mul(10_000);
    scaled.checked_div(whole.base_units())
}
