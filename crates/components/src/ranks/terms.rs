//! [`RanksTerms`]: the checked parameters of ranks in exact base units, and which rank volumes qualify for.

use crate::component::{Booked, Terms};
use crate::fund::FundName;
use ledger::Fund;
use plan_file::Finding;
use std::sync::Arc;

use money::{Amount, Asset};

use crate::ranks::table::{LadderTable, RanksTable, WhenShort};
use plan_file::Encoder;
use plan_file::Refusal;
use plan_file::field;

/// Most ranks: a ladder that a person can still read. It also keeps their numbers far inside `u8`.
pub const LADDER_MAX: usize = 32;
/// Longest name of a rank, in characters: it stands in lists and on labels.
pub const NAME_CHARACTERS_MAX: usize = 32;
/// Longest window: ten years. What is longer is a lifetime for practical purposes, and every week of it is kept.
pub const WINDOW_WEEKS_MAX: u32 = 520;
/// Maximum number of weeks of a bonus: ten years, for the same reason.
pub const BONUS_WEEKS_MAX: u32 = 520;
/// Weeks of a bonus when the file says nothing: a year.
pub const BONUS_WEEKS_USUAL: u32 = 52;
/// Longest hold of a bonus, a year: what was granted must become final some day.
pub const HOLD_DAYS_MAX: u32 = 366;

/// Which purchases count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// All.
    Lifetime,
    /// Those of so many weeks, the closing one included.
    Weeks(u32),
}

/// A rank with its requirements. Users who qualify for it qualify for every rank below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rank {
    pub(super) name: String,
    pub(super) main_min: Amount,
    pub(super) other_min: Amount,
    pub(super) own_min: Amount,
    /// At least the sum of main and other, whatever the file says.
    pub(super) group_min: Amount,
    pub(super) weekly_bonus: Amount,
}

/// The parameters of ranks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RanksTerms {
    pub(super) window: Window,
    pub(super) bonus_weeks: u32,
    pub(super) fund: FundName,
    pub(super) when_short: WhenShort,
    pub(super) hold_days: u32,
    pub(super) ladder: Ladder,
}

/// The ranks, lowest first. A bonus keeps the one under which it was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ladder(Arc<[Rank]>);

impl Ladder {
    fn rank(&self, number: u8) -> Option<&Rank> {
        self.0.get(usize::from(number).checked_sub(1)?)
    }

    /// The highest rank for which these volumes qualify, 0 for none.
    pub(super) fn rank_of(&self, main: Amount, other: Amount, own: Amount) -> u8 {
        // Every rank requests all that the ranks below request, so the first that fails ends it.
        let met = self.0.iter().take_while(|rank| rank.is_met(main, other, own));
        u8::try_from(met.count()).unwrap_or(u8::MAX)
    }

    /// What a week of this rank grants; nothing for 0.
    pub(super) fn weekly_bonus(&self, number: u8) -> Amount {
        self.rank(number).map_or(Amount::ZERO, |rank| rank.weekly_bonus)
    }
}

impl RanksTerms {
    /// Checks the tables.
    ///
    /// # Errors
    /// The first broken rule: `window_ambiguous`, `out_of_range`, `fund_malformed`, `list_length`,
    /// `rank_name_malformed`, `rank_name_repeats`, `amount_malformed`, `price_out_of_range`,
    /// `rank_without_requirement`, `group_min_never_binds`, `ladder_falls`, `ladder_overlaps`.
    pub fn check(table: &RanksTable, asset: Asset) -> Result<Self, Refusal> {
        let window = check_window(table)?;
        let weeks = table.bonus_weeks.unwrap_or(BONUS_WEEKS_USUAL);
        let bonus_weeks = field::number("ranks.bonus_weeks", weeks, 1, BONUS_WEEKS_MAX)?;
        let hold_days = field::number("ranks.hold_days", table.hold_days, 0, HOLD_DAYS_MAX)?;
        let fund = FundName::check("ranks.fund", &table.fund)?;
        field::list_length("ranks.ladder", table.ladder.len(), 1, LADDER_MAX)?;
        let mut ladder: Vec<Rank> = Vec::new();
        for (index, entry) in table.ladder.iter().enumerate() {
            let path = format!("ranks.ladder[{index}]");
            let rank = check_rank(entry, asset, &path)?;
            if ladder.iter().any(|earlier| earlier.name == rank.name) {
                let problem = format!("another rank is also named {:?}", rank.name);
                let hint = "give every rank a unique name";
                return Err(Refusal::new(
                    "rank_name_repeats",
                    format!("{path}.name"),
                    problem,
                    hint,
                ));
            }
            if let Some(before) = ladder.last() {
                check_step(before, &rank, asset, &path)?;
            }
            ladder.push(rank);
        }
        Ok(Self {
            window,
            bonus_weeks,
            fund,
            when_short: table.when_short,
            hold_days,
            ladder: Ladder(ladder.into()),
        })
    }

    /// Which purchases count.
    pub const fn window(&self) -> Window {
        self.window
    }

    /// Weekly closes for which a promotion opens the bonus, its own included.
    pub const fn bonus_weeks(&self) -> u32 {
        self.bonus_weeks
    }

    /// The fund that pays.
    #[inline]
    pub const fn fund(&self) -> &FundName {
        &self.fund
    }

    /// What happens to bonuses that the fund cannot cover.
    pub const fn when_short(&self) -> WhenShort {
        self.when_short
    }

    /// Days for which a bonus is held.
    pub const fn hold_days(&self) -> u32 {
        self.hold_days
    }

    /// The ranks, lowest first: rank number 1 is the first.
    pub fn ladder(&self) -> &[Rank] {
        &self.ladder.0
    }

    /// The rank with this number, from 1.
    pub fn rank(&self, number: u8) -> Option<&Rank> {
        self.ladder.rank(number)
    }

    /// The highest rank for which these volumes qualify, 0 for none.
    pub fn rank_of(&self, main: Amount, other: Amount, own: Amount) -> u8 {
        self.ladder.rank_of(main, other, own)
    }

    /// What a week of this rank grants; nothing for 0.
    pub fn weekly_bonus(&self, number: u8) -> Amount {
        self.ladder.weekly_bonus(number)
    }
}

impl Terms for RanksTerms {
    type Tables<'a> = Option<&'a RanksTable>;
    type Rules = Booked;
    const NAME: &'static str = "ranks";

    fn read(table: Option<&RanksTable>, asset: Asset) -> Result<Option<Self>, Refusal> {
        table.map(|table| Self::check(table, asset)).transpose()
    }

    fn find_funds(&mut self, declared: &[String]) -> Result<(), Refusal> {
        self.fund.find("ranks.fund", declared)
    }

    fn encode(&self, out: &mut Encoder) {
        out.u32(match self.window {
            Window::Lifetime => 0,
            Window::Weeks(weeks) => weeks,
        });
        out.u32(self.bonus_weeks);
        out.text(self.fund.as_str());
        out.u32(match self.when_short {
            WhenShort::ProRata => 1,
            WhenShort::Queue => 2,
        });
        out.u32(self.hold_days);
        out.length(self.ladder.0.len());
        for rank in self.ladder.0.iter() {
            out.text(&rank.name);
            for amount in [
                rank.main_min,
                rank.other_min,
                rank.own_min,
                rank.group_min,
                rank.weekly_bonus,
            ] {
                out.amount(amount);
            }
        }
    }

    fn findings(&self, asset: Asset) -> Vec<Finding> {
        self.all_findings(asset)
    }

    /// The same weeks must count, and bonuses wait or not: what is known of volumes and what waits fits no other.
    fn can_follow(&self, earlier: &Self) -> bool {
        (self.window, self.when_short) == (earlier.window, earlier.when_short)
    }

    fn pays_from(&self) -> Option<(&'static str, Fund)> {
        Some(("rank bonuses", self.fund.number()))
    }
}

impl Rank {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a week of it grants.
    pub const fn weekly_bonus(&self) -> Amount {
        self.weekly_bonus
    }

    /// Least volume that has to be bought for it: in legs, and by the user.
    pub fn volume_min(&self) -> Amount {
        // Four amounts of 96 bits: no sum overflows.
        self.group_min.checked_add(self.own_min).unwrap_or(self.group_min)
    }

    fn is_met(&self, main: Amount, other: Amount, own: Amount) -> bool {
        main >= self.main_min
            && other >= self.other_min
            && own >= self.own_min
            && main.checked_add(other).is_ok_and(|group| group >= self.group_min)
    }
}

fn check_window(table: &RanksTable) -> Result<Window, Refusal> {
    match (table.window, table.window_weeks) {
        (Some(_), None) | (None, None) => Ok(Window::Lifetime),
        (None, Some(weeks)) => {
            field::number("ranks.window_weeks", weeks, 1, WINDOW_WEEKS_MAX).map(Window::Weeks)
        }
        (Some(_), Some(weeks)) => {
            let problem = format!("window = \"lifetime\" and window_weeks = {weeks} are both set");
            let hint = "write either window = \"lifetime\" or window_weeks";
            Err(Refusal::new(
                "window_ambiguous",
                "ranks.window_weeks",
                problem,
                hint,
            ))
        }
    }
}

fn check_rank(table: &LadderTable, asset: Asset, path: &str) -> Result<Rank, Refusal> {
    let characters = table.name.chars().count();
    if characters > NAME_CHARACTERS_MAX || !field::is_visible(&table.name) {
        let problem = format!("{:?} is not a valid name", table.name);
        let hint = format!(
            "write 1 to {NAME_CHARACTERS_MAX} printable characters without leading or trailing spaces"
        );
        return Err(Refusal::new(
            "rank_name_malformed",
            format!("{path}.name"),
            problem,
            hint,
        ));
    }
    let amount = |name: &str, text: &str| field::amount(asset, &format!("{path}.{name}"), text);
    let optional = |name: &str, text: Option<&String>| text.map(|text| amount(name, text)).transpose();
    let main_min = amount("main_min", &table.main_min)?;
    let other_min = amount("other_min", &table.other_min)?;
    let own_min = optional("own_min", table.own_min.as_ref())?.unwrap_or(Amount::ZERO);
    // Two amounts of 96 bits.
    let legs = main_min.checked_add(other_min).unwrap_or(main_min);
    let group_min = match optional("group_min", table.group_min.as_ref())? {
        Some(group) if group <= legs => {
            let (group, legs) = (asset.display_amount(group), asset.display_amount(legs));
            let problem = format!("{group} does not exceed the {legs} of main_min and other_min together");
            let hint = "raise it, or remove it";
            let field = format!("{path}.group_min");
            return Err(Refusal::new("group_min_never_binds", field, problem, hint));
        }
        Some(group) => group,
        None => legs,
    };
    if group_min.is_zero() && own_min.is_zero() {
        let problem = format!("everybody qualifies for {:?}", table.name);
        let hint = "require some volume";
        return Err(Refusal::new("rank_without_requirement", path, problem, hint));
    }
    Ok(Rank {
        name: table.name.clone(),
        main_min,
        other_min,
        own_min,
        group_min,
        weekly_bonus: amount("weekly_bonus", &table.weekly_bonus)?,
    })
}

/// No requirement may fall from one rank to the next and one must rise: otherwise a user could qualify for a rank
/// without qualifying for the one below, or nobody could ever be paid for the lower one.
fn check_step(before: &Rank, rank: &Rank, asset: Asset, path: &str) -> Result<(), Refusal> {
    let requirements = [
        ("main_min", before.main_min, rank.main_min),
        ("other_min", before.other_min, rank.other_min),
        ("own_min", before.own_min, rank.own_min),
        ("group_min", before.group_min, rank.group_min),
    ];
    let bonus = ("weekly_bonus", before.weekly_bonus, rank.weekly_bonus);
    for (name, lower, upper) in requirements.into_iter().chain([bonus]) {
        if upper < lower {
            let (upper, lower) = (asset.display_amount(upper), asset.display_amount(lower));
            let problem = format!(
                "{:?} has {upper}, less than the {lower} of {:?} before it",
                rank.name, before.name
            );
            let hint = format!("order the ladder from low to high, and write at least {lower}");
            return Err(Refusal::new(
                "ladder_falls",
                format!("{path}.{name}"),
                problem,
                hint,
            ));
        }
    }
    if requirements.iter().all(|(_, lower, upper)| lower == upper) {
        let problem = format!(
            "{:?} requires no more than {:?} before it",
            rank.name, before.name
        );
        let hint = "raise one of its requirements, or remove one of the two";
        return Err(Refusal::new("ladder_overlaps", path, problem, hint));
    }
    Ok(())
}
