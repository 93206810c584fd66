//! [`CampaignTerms`]: a checked campaign in exact amounts.

use crate::component::{Booked, Terms};
use crate::fund::FundName;
use ledger::Fund;
use money::{Amount, Asset, Bps};
use plan_file::Finding;

use crate::campaign::table::{AchievementTable, CampaignTable, PerReferee, SelfReferral};
use plan_file::Day;
use plan_file::Encoder;
use plan_file::{Refusal, field};

/// The longest hold: the longest refund windows of merchants are a year.
pub const HOLD_DAYS_MAX: u32 = 365;

/// Achievements of a campaign: the bits of one word for each user.
pub const ACHIEVEMENTS_MAX: usize = 32;

/// Letters of the names of funds and achievements: they stand on screens.
pub const NAME_MAX: usize = 48;

/// A checked campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignTerms {
    pub(super) reward: Reward,
    pub(super) fund: FundName,
    pub(super) hold_days: u32,
    pub(super) per_user_cap: Option<Amount>,
    pub(super) per_user_count: Option<u32>,
    pub(super) budget: Amount,
    pub(super) starts: Day,
    pub(super) ends: Day,
    pub(super) conversion_min: Amount,
    pub(super) achievements: Vec<Achievement>,
}

/// What a qualified conversion brings its referrer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reward {
    /// Always the same.
    Fixed(Amount),
    /// A share of the conversion's amount, rounded down.
    Share(Bps),
}

/// A mark of honour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Achievement {
    /// What it is called.
    pub name: String,
    /// What it takes.
    pub condition: Condition,
}

/// What an achievement takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// So many qualified conversions that stand.
    Conversions(u32),
    /// So much in granted rewards that stand, in base units.
    Earned(Amount),
}

impl Reward {
    /// The reward of a conversion of this amount.
    #[must_use]
    pub fn of(self, amount: Amount) -> Amount {
        match self {
            Self::Fixed(reward) => reward,
            Self::Share(share) => share.floor_of(amount),
        }
    }
}

impl CampaignTerms {
    /// Checks the table.
    ///
    /// # Errors
    /// `campaign_reward`, `campaign_reward_zero`, `campaign_name`, `campaign_dates`, `campaign_budget_below_reward`,
    /// `campaign_cap_below_reward`, `achievement_condition`, `achievement_repeated`, `achievements_unordered`, and those
    /// of single fields.
    pub fn check(table: &CampaignTable, asset: Asset) -> Result<Self, Refusal> {
        let qualifies = &table.qualifies;
        let (SelfReferral::Refuse, PerReferee::One) = (qualifies.self_referral, qualifies.per_referee);
        check_name("campaign.fund", &table.fund)?;
        field::number("campaign.hold_days", table.hold_days, 0, HOLD_DAYS_MAX)?;
        if let Some(count) = table.per_user_count {
            field::number("campaign.per_user_count", count, 1, u32::MAX)?;
        }
        let cap = table.per_user_cap.as_ref();
        let terms = Self {
            reward: check_reward(table, asset)?,
            fund: FundName::unchecked(&table.fund),
            hold_days: table.hold_days,
            per_user_cap: cap
                .map(|text| field::price(asset, "campaign.per_user_cap", text))
                .transpose()?,
            per_user_count: table.per_user_count,
            budget: field::price(asset, "campaign.budget", &table.budget)?,
            starts: field::date("campaign.starts", &table.starts)?,
            ends: field::date("campaign.ends", &table.ends)?,
            conversion_min: field::amount(
                asset,
                "campaign.qualifies.conversion_min",
                &qualifies.conversion_min,
            )?,
            achievements: check_achievements(&table.achievements, asset)?,
        };
        if terms.ends < terms.starts {
            let problem = format!("it ends on {} and starts on {}", terms.ends, terms.starts);
            let hint = "write an end date that is not before the start date";
            return Err(Refusal::new("campaign_dates", "campaign.ends", problem, hint));
        }
        terms.check_reward_fits(asset)?;
        Ok(terms)
    }

    /// The smallest reward fits the budget and a user's cap: else the first conversion would get less than promised.
    fn check_reward_fits(&self, asset: Asset) -> Result<(), Refusal> {
        let least = self.reward.of(self.conversion_min);
        let refuse = |code, field: &str, limit: Amount| {
            let (least, limit) = (asset.display_amount(least), asset.display_amount(limit));
            let problem = format!("{limit} {asset} does not cover one reward of {least}");
            let hint = format!("write at least {least}, or lower the reward");
            Err(Refusal::new(code, field, problem, hint))
        };
        if self.budget < least {
            return refuse("campaign_budget_below_reward", "campaign.budget", self.budget);
        }
        match self.per_user_cap {
            Some(cap) if cap < least => refuse("campaign_cap_below_reward", "campaign.per_user_cap", cap),
            Some(_) | None => Ok(()),
        }
    }

    /// What a qualified conversion brings.
    pub const fn reward(&self) -> Reward {
        self.reward
    }

    /// The smallest conversion that counts.
    pub const fn conversion_min(&self) -> Amount {
        self.conversion_min
    }

    /// The fund that pays.
    #[inline]
    pub const fn fund(&self) -> &FundName {
        &self.fund
    }

    /// Days from a conversion until its reward is the referrer's.
    pub const fn hold_days(&self) -> u32 {
        self.hold_days
    }

    /// The most that the campaign grants.
    pub const fn budget(&self) -> Amount {
        self.budget
    }

    /// Marks of honour, in the order of the file.
    pub fn achievements(&self) -> &[Achievement] {
        &self.achievements
    }

    /// The first day on which conversions count.
    pub const fn starts(&self) -> Day {
        self.starts
    }

    /// The last day on which conversions count.
    pub const fn ends(&self) -> Day {
        self.ends
    }

    /// Whether the campaign runs on this day.
    pub fn runs_on(&self, day: Day) -> bool {
        self.starts <= day && day <= self.ends
    }
}

impl Terms for CampaignTerms {
    type Tables<'a> = Option<&'a CampaignTable>;
    type Rules = Booked;
    const NAME: &'static str = "campaign";

    fn read(table: Option<&CampaignTable>, asset: Asset) -> Result<Option<Self>, Refusal> {
        table.map(|table| Self::check(table, asset)).transpose()
    }

    fn find_funds(&mut self, declared: &[String]) -> Result<(), Refusal> {
        self.fund.find("campaign.fund", declared)
    }

    fn encode(&self, out: &mut Encoder) {
        match self.reward {
            Reward::Fixed(reward) => {
                out.u32(1);
                out.amount(reward);
            }
            Reward::Share(share) => {
                out.u32(2);
                out.u32(u32::from(share.get()));
            }
        }
        out.text(self.fund.as_str());
        out.u32(self.hold_days);
        // Caps are never zero.
        out.amount(self.per_user_cap.unwrap_or(Amount::ZERO));
        out.u32(self.per_user_count.unwrap_or(0));
        out.amount(self.budget);
        out.u32(self.starts.get());
        out.u32(self.ends.get());
        out.amount(self.conversion_min);
        out.length(self.achievements.len());
        for achievement in &self.achievements {
            out.text(&achievement.name);
            match achievement.condition {
                Condition::Conversions(count) => {
                    out.u32(1);
                    out.u32(count);
                }
                Condition::Earned(amount) => {
                    out.u32(2);
                    out.amount(amount);
                }
            }
        }
    }

    fn findings(&self, asset: Asset) -> Vec<Finding> {
        self.all_findings(asset)
    }

    fn pays_from(&self) -> Option<(&'static str, Fund)> {
        Some(("campaign rewards", self.fund.number()))
    }
}

fn check_reward(table: &CampaignTable, asset: Asset) -> Result<Reward, Refusal> {
    match (&table.reward, table.reward_bps) {
        (Some(text), None) => Ok(Reward::Fixed(field::price(asset, "campaign.reward", text)?)),
        (None, Some(0)) => Err(Refusal::new(
            "campaign_reward_zero",
            "campaign.reward_bps",
            "a share of zero rewards nobody",
            "write a share from 1 to 10000",
        )),
        (None, Some(value)) => Ok(Reward::Share(field::bps("campaign.reward_bps", value)?)),
        (None, None) | (Some(_), Some(_)) => Err(Refusal::new(
            "campaign_reward",
            "campaign.reward",
            "a reward is either an amount or a share of the conversion",
            "write reward = \"…\" or reward_bps = …",
        )),
    }
}

fn check_name(field: &str, name: &str) -> Result<(), Refusal> {
    if field::is_visible(name) && name.len() <= NAME_MAX {
        return Ok(());
    }
    let problem = format!("{name:?} is not a valid name");
    let hint = format!("write 1 to {NAME_MAX} bytes of printable text without leading or trailing spaces");
    Err(Refusal::new("campaign_name", field, problem, hint))
}

fn check_achievements(tables: &[AchievementTable], asset: Asset) -> Result<Vec<Achievement>, Refusal> {
    field::list_length("campaign.achievements", tables.len(), 0, ACHIEVEMENTS_MAX)?;
    let mut checked: Vec<Achievement> = Vec::with_capacity(tables.len());
    for (index, table) in tables.iter().enumerate() {
        let path = |name: &str| format!("campaign.achievements[{index}].{name}");
        check_name(&path("name"), &table.name)?;
        if checked.iter().any(|other| other.name == table.name) {
            let problem = format!("another achievement is also named {:?}", table.name);
            let hint = "give each achievement a unique name";
            return Err(Refusal::new("achievement_repeated", path("name"), problem, hint));
        }
        let condition = check_condition(table, asset, &path)?;
        let is_unordered = checked.iter().any(|other| !ascends(other.condition, condition));
        if is_unordered {
            let problem = "it requires no more than an earlier one";
            let hint = "write achievements of the same kind from the smallest to the largest";
            let code = "achievements_unordered";
            return Err(Refusal::new(code, path("name"), problem, hint));
        }
        checked.push(Achievement {
            name: table.name.clone(),
            condition,
        });
    }
    Ok(checked)
}

fn check_condition(
    table: &AchievementTable,
    asset: Asset,
    path: &dyn Fn(&str) -> String,
) -> Result<Condition, Refusal> {
    match (table.conversions_min, &table.earned_min) {
        (Some(count), None) => {
            let count = field::number(&path("conversions_min"), count, 1, u32::MAX)?;
            Ok(Condition::Conversions(count))
        }
        (None, Some(text)) => {
            let amount = field::price(asset, &path("earned_min"), text)?;
            Ok(Condition::Earned(amount))
        }
        (None, None) | (Some(_), Some(_)) => Err(Refusal::new(
            "achievement_condition",
            path("conversions_min"),
            "an achievement takes either conversions or rewards",
            "write conversions_min = … or earned_min = \"…\"",
        )),
    }
}

/// Whether the second takes more than the first, where both count the same.
fn ascends(first: Condition, second: Condition) -> bool {
    match (first, second) {
        (Condition::Conversions(first), Condition::Conversions(second)) => first < second,
        (Condition::Earned(first), Condition::Earned(second)) => first < second,
        (Condition::Conversions(_), Condition::Earned(_))
        | (Condition::Earned(_), Condition::Conversions(_)) => true,
    }
}
