//! Findings about a campaign for participants and operators.

use money::{Amount, Asset};

use super::{CampaignTerms, Reward};
use plan_file::{Finding, Severity};

impl CampaignTerms {
    /// What participants should be told.
    pub(super) fn all_findings(&self, asset: Asset) -> Vec<Finding> {
        let found = [
            self.signups(asset),
            Some(self.coverage(asset)),
            self.no_cap(asset),
            self.fake_referees(asset),
            self.no_hold(),
        ];
        found.into_iter().flatten().collect()
    }

    /// The reward of the cheapest conversion that qualifies.
    fn least_reward(&self) -> Amount {
        self.reward.of(self.conversion_min)
    }

    /// Nobody has to buy anything: the campaign pays for recruitment.
    fn signups(&self, asset: Asset) -> Option<Finding> {
        let Reward::Fixed(reward) = self.reward else {
            // A share of nothing is nothing.
            return None;
        };
        self.conversion_min.is_zero().then(|| Finding {
            code: "campaign_rewards_signups",
            severity: Severity::Warning,
            text: format!(
                "A referral is rewarded with {} {asset} even if the referee buys nothing: the \
                 campaign pays for recruitment.",
                asset.display_amount(reward)
            ),
            figures: vec![("reward_units", reward.base_units())],
        })
    }

    /// How far the budget goes.
    fn coverage(&self, asset: Asset) -> Finding {
        let budget = asset.display_amount(self.budget);
        let (text, figure) = match self.reward {
            Reward::Fixed(reward) => {
                let rewards = units_ratio(self.budget, reward);
                let text = format!(
                    "The budget of {budget} {asset} pays {rewards} rewards in full; referrals earn nothing once it \
                     is spent, or while the fund {:?} and the funds that back it are empty.",
                    self.fund.as_str()
                );
                (text, ("rewards", rewards))
            }
            Reward::Share(share) => {
                let bps = u128::from(share.get());
                let units = self.budget.checked_mul(10_000).unwrap_or(self.budget);
                let volume = Amount::new(units.base_units().checked_div(bps).unwrap_or(0));
                let text = format!(
                    "The budget of {budget} {asset} pays the rewards for conversions totalling {} {asset}; \
                     referrals earn nothing once it is spent, or while the fund {:?} and the funds that back it are empty.",
                    asset.display_amount(volume),
                    self.fund.as_str()
                );
                (text, ("conversions_units", volume.base_units()))
            }
        };
        Finding {
            code: "campaign_budget_coverage",
            severity: Severity::Info,
            text,
            figures: vec![("budget_units", self.budget.base_units()), figure],
        }
    }

    /// One referrer may take everything.
    fn no_cap(&self, asset: Asset) -> Option<Finding> {
        let most = self.per_user_max()?;
        (most >= self.budget).then(|| Finding {
            code: "campaign_one_user_takes_all",
            severity: Severity::Warning,
            text: format!(
                "One referrer can be granted the whole budget of {} {asset}.",
                asset.display_amount(self.budget)
            ),
            figures: vec![("budget_units", self.budget.base_units())],
        })
    }

    /// The most that one referrer can be granted, if that can be said: a share of an unlimited purchase is unlimited.
    fn per_user_max(&self) -> Option<Amount> {
        let by_count = match (self.per_user_count, self.reward) {
            (Some(count), Reward::Fixed(reward)) => reward.checked_mul(u128::from(count)).ok()?,
            (None, _) | (_, Reward::Share(_)) => self.budget,
        };
        Some(self.per_user_cap.unwrap_or(self.budget).min(by_count))
    }

    /// Made-up referees bring more than they cost.
    fn fake_referees(&self, asset: Asset) -> Option<Finding> {
        let (reward, cost) = (self.least_reward(), self.conversion_min);
        if reward <= cost {
            return None;
        }
        let gain = reward.saturating_sub(cost);
        let (referees, referrers) = self.invented(reward, self.per_user_max()?);
        Some(Finding {
            code: "campaign_fake_referees_pay",
            severity: Severity::Warning,
            text: format!(
                "A fake referee costs {} {asset} and brings in {}: a gain of {} per identity. {referees} fake \
                 referees of {referrers} referrers exhaust the budget, whatever the caps per referrer.",
                asset.display_amount(cost),
                asset.display_amount(reward),
                asset.display_amount(gain),
            ),
            figures: vec![
                ("gain_per_identity_units", gain.base_units()),
                ("cost_per_identity_units", cost.base_units()),
                ("referees", referees),
                ("referrers", referrers),
            ],
        })
    }

    /// How many referees take the whole budget, of how many referrers who one after the other take all that they can. The last
    /// reward of each may be granted in part.
    fn invented(&self, reward: Amount, per_user: Amount) -> (u128, u128) {
        let [budget, reward, per_user] =
            [self.budget, reward, per_user.min(self.budget)].map(Amount::base_units);
        let (reward, per_user) = (reward.max(1), per_user.max(1));
        let in_full = budget.checked_div(per_user).unwrap_or(0);
        let rest = budget.saturating_sub(in_full.saturating_mul(per_user));
        let referees = in_full
            .saturating_mul(per_user.div_ceil(reward))
            .saturating_add(rest.div_ceil(reward));
        (referees, budget.div_ceil(per_user))
    }

    /// A refund comes after the reward.
    fn no_hold(&self) -> Option<Finding> {
        (self.hold_days == 0).then(|| Finding {
            code: "campaign_without_hold",
            severity: Severity::Warning,
            text: "The referrer receives a reward at the end of the conversion's day: if the purchase is refunded \
                   later, the referrer owes the reward back."
                .into(),
            figures: vec![("hold_days", 0)],
        })
    }
}

fn units_ratio(whole: Amount, part: Amount) -> u128 {
    whole.base_units().checked_div(part.base_units()).unwrap_or(0)
}
