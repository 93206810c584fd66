//! Plans in which purchases pay uplines and fill funds, out of which accruals, rank bonuses and a campaign are paid without an end,
//! with the terms of their models.

use std::fmt::Write as _;

use naive::{campaign, generation, ranks, subscription};
use plan::Day;

use crate::numbers::Numbers;

/// More than anyone pays, in whole units of the asset.
const ENDLESS: u128 = 1 << 60;
const UNIT: u128 = 1_000_000;

/// A plan, in units of a millionth.
pub(crate) struct Purchases {
    pub(crate) text: String,
    /// Funds, each with the one behind it.
    pub(crate) behind: Vec<Option<usize>>,
    /// Shares of what generations leave.
    pub(crate) allocations: Vec<(usize, u128)>,
    pub(crate) generations: generation::Terms,
    pub(crate) subscription: (usize, subscription::Terms),
    pub(crate) ranks: Option<(usize, ranks::Terms)>,
    pub(crate) campaign: Option<(usize, campaign::Rules)>,
}

impl Purchases {
    pub(crate) fn of(numbers: &mut Numbers) -> Self {
        let funds = 1 + numbers.below(4);
        let behind =
            (0..funds).map(|fund| Some(fund + 1 + numbers.below(3)).filter(|behind| *behind < funds));
        let behind = behind.collect();
        let generations = numbers.below(4);
        let rates = shares(numbers, generations);
        let rates = rates
            .into_iter()
            .map(|rate| (u16::try_from(rate).expect("it is a share"), 0));
        let mut drawn = Self {
            text: String::new(),
            behind,
            allocations: shares(numbers, funds).into_iter().enumerate().collect(),
            generations: generation::Terms {
                generations: rates.collect(),
                mode: ["physical", "compressed", "active_only"][numbers.below(3)],
                cap: None,
            },
            subscription: (numbers.below(funds), accruals(numbers)),
            ranks: (numbers.below(2) == 0).then(|| (numbers.below(funds), bonuses())),
            campaign: (numbers.below(2) == 0).then(|| (numbers.below(funds), referrals())),
        };
        drawn.text = drawn.file();
        drawn
    }

    fn file(&self) -> String {
        let mut text = "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n".to_owned();
        let mut write = |part: String| text.write_str(&part).expect("a string takes everything");
        for (fund, behind) in self.behind.iter().enumerate() {
            write(format!("[[funds]]\nname = \"f{fund}\"\n"));
            if let Some(behind) = behind {
                write(format!("fallback = \"f{behind}\"\n"));
            }
        }
        let (fund, terms) = &self.subscription;
        write(format!(
            "[subscription]\naccrual_days = \"all\"\nmonth_divisor = 30\nfund = \"f{fund}\"\nwhen_short = \"{}\"\n\
             [[subscription.tiers]]\nfrom = \"1\"\nmonthly_bps = {}\n",
            if terms.queue { "queue" } else { "pro_rata" },
            terms.tiers[0].1,
        ));
        for (fund, share) in &self.allocations {
            write(format!(
                "[[subscription.allocations]]\nfund = \"f{fund}\"\nbps = {share}\n"
            ));
        }
        if !self.generations.generations.is_empty() {
            let (rates, directs): (Vec<u16>, Vec<u32>) = self.generations.generations.iter().copied().unzip();
            let mode = self.generations.mode;
            write(format!(
                "[generation]\nrates_bps = {rates:?}\ndirects_required = {directs:?}\nmode = \"{mode}\"\n"
            ));
        }
        if let Some((fund, _)) = &self.ranks {
            write(format!(
                "[ranks]\nbonus_weeks = 520\nfund = \"f{fund}\"\nwhen_short = \"pro_rata\"\nhold_days = 14\n[[ranks.ladder]]\n\
                 name = \"R\"\nmain_min = \"1\"\nother_min = \"0\"\nweekly_bonus = \"{ENDLESS}\"\n"
            ));
        }
        if let Some((fund, _)) = &self.campaign {
            write(format!(
                "[campaign]\nfund = \"f{fund}\"\nreward = \"{ENDLESS}\"\nhold_days = 14\nbudget = \"{ENDLESS}\"\n\
                 starts = \"2026-01-01\"\nends = \"2026-12-31\"\n[campaign.qualifies]\nconversion_min = \"0\"\n\
                 self_referral = \"refuse\"\nper_referee = \"one\"\n"
            ));
        }
        text
    }
}

/// So many shares of a whole: nothing, all that is left, or a part of it.
fn shares(numbers: &mut Numbers, count: usize) -> Vec<u128> {
    let mut left = 10_000;
    let share = |_| {
        let share = match numbers.below(4) {
            0 => 0,
            1 => left,
            _ => numbers.below(left + 1),
        };
        left -= share;
        share as u128
    };
    (0..count).map(share).collect()
}

fn accruals(numbers: &mut Numbers) -> subscription::Terms {
    subscription::Terms {
        tiers: vec![(UNIT, [5_000, 10_000][numbers.below(2)])],
        amount_max: None,
        only_working_days: false,
        divisor: Some(30),
        queue: numbers.below(2) == 0,
        multiple: None,
        user_multiple: None,
    }
}

fn bonuses() -> ranks::Terms {
    ranks::Terms {
        window: None,
        bonus_weeks: 520,
        queue: false,
        hold_days: 14,
        ladder: vec![ranks::Rank {
            main: UNIT,
            other: 0,
            own: 0,
            group: UNIT,
            bonus: ENDLESS * UNIT,
        }],
    }
}

fn referrals() -> campaign::Rules {
    let day = |date| Day::of_date(date).expect("it is a date").get();
    campaign::Rules {
        reward: Ok(ENDLESS * UNIT),
        hold_days: 14,
        cap: None,
        count: None,
        budget: ENDLESS * UNIT,
        first_day: day("2026-01-01"),
        last_day: day("2026-12-31"),
        minimum: 0,
        achievements: vec![],
    }
}
