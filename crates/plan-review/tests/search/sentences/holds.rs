//! What is said of the times for which payments are refunded and rewards are held.

use std::collections::BTreeSet;

use naive::campaign::Paper;
use naive::orders::{Buyer, Generation, Passes, RetailRule, Rules};
use naive::ranks;
use plan::{Day, Finding, Severity};

use super::deployments::{lenient, public};
use super::reading::{compiled, figure, for_each_history, found, gaps, pick, scaled};
use crate::numbers::Numbers;

pub(crate) const CHECKED: &[&str] = &[
    "hold_below_cooling_off",
    "cooling_off",
    "reward_hold",
    "income_disclosure",
];

/// Rules that hold rewards for days of their own, by the name that is told.
struct Holds {
    campaign: Option<u32>,
    ranks: Option<u32>,
    orders: Option<u32>,
    text: String,
}

impl Holds {
    fn of(numbers: &mut Numbers) -> Self {
        let hold = |numbers: &mut Numbers| pick(numbers, &[0, 1, 13, 14, 15, 29, 30]);
        let has_orders = numbers.below(2) == 0;
        let mut drawn = Self {
            campaign: (numbers.below(2) == 0).then(|| hold(numbers)),
            ranks: (has_orders && numbers.below(2) == 0).then(|| hold(numbers)),
            orders: has_orders.then(|| hold(numbers)),
            text: "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n[[funds]]\nname = \"f\"\n".to_owned(),
        };
        match drawn.orders {
            None => drawn.text.push_str("[joining]\nprice = \"1\"\n"),
            Some(days) => drawn.text.push_str(&format!(
                "[orders]\nperiod = \"month\"\npv_bps = 10000\nfund = \"f\"\nfund_bps = 1000\ngenerations_bps = [1000]\n\
                 compression = \"none\"\nactive_pv_min = \"0\"\nlate_orders = \"open_period\"\nhold_days = {days}\n"
            )),
        }
        if let Some(days) = drawn.ranks {
            drawn.text.push_str(&format!(
                "[ranks]\nfund = \"f\"\nwhen_short = \"queue\"\nhold_days = {days}\n[[ranks.ladder]]\nname = \"R\"\nmain_min = \"1\"\n\
                 other_min = \"0\"\nweekly_bonus = \"1\"\n"
            ));
        }
        if let Some(days) = drawn.campaign {
            drawn.text.push_str(&format!(
                "[campaign]\nfund = \"f\"\nreward = \"1\"\nhold_days = {days}\nbudget = \"10\"\nstarts = \"2026-01-01\"\n\
                 ends = \"2026-12-31\"\n[campaign.qualifies]\nconversion_min = \"1\"\nself_referral = \"refuse\"\n\
                 per_referee = \"one\"\n"
            ));
        }
        drawn
    }

    /// The fewest days from a payment to a reward that it causes, by rule.
    fn shortest(&self) -> Vec<(&'static str, u32)> {
        let rules = [
            ("rank bonuses", self.ranks.map(of_ranks)),
            ("commissions", self.orders.map(of_orders)),
            ("campaign rewards", self.campaign.map(of_campaign)),
        ];
        rules
            .into_iter()
            .filter_map(|(name, days)| Some((name, days?)))
            .collect()
    }
}

/// A Monday.
fn monday() -> u32 {
    Day::of_date("2026-03-02").expect("it is a date").get()
}

fn of_campaign(hold_days: u32) -> u32 {
    let rules = naive::campaign::Rules {
        reward: Ok(1),
        hold_days,
        cap: None,
        count: None,
        budget: 10,
        first_day: monday(),
        last_day: monday(),
        minimum: 1,
        achievements: vec![],
    };
    let mut paper = Paper::new(rules);
    paper.report(1, 1, false, 1, monday(), 10);
    (0..)
        .find(|days| !paper.end_day(monday() + days).is_empty())
        .expect("it is due")
}

/// Someone buys on any day of a week, which is closed with its Sunday.
fn of_ranks(hold_days: u32) -> u32 {
    let rank = ranks::Rank {
        main: 1,
        other: 0,
        own: 0,
        group: 1,
        bonus: 1,
    };
    let waits = |bought: u32| {
        let mut model = ranks::Model::new(ranks::Terms {
            window: None,
            bonus_weeks: 1,
            queue: true,
            hold_days,
            ladder: vec![rank.clone()],
        });
        model.join(None);
        model.join(Some(1));
        let week = Day::new(bought).week().get();
        model.add(2, 1, week);
        let sunday = (bought..)
            .find(|day| Day::new(*day).ends_week())
            .expect("there is one");
        model.close(week, 10);
        // Without a hold the bonus is the user's with the close.
        let matures = |day: &u32| hold_days == 0 || !model.clone().mature(*day).is_empty();
        (sunday..).find(matures).expect("it is due") - bought
    };
    (monday()..monday() + 7).map(waits).min().expect("there are days")
}

/// A customer buys in the shop on any day of a month, which is released with its last day.
fn of_orders(hold_days: u32) -> u32 {
    let rules = Rules {
        by_month: true,
        pv_bps: 10_000,
        fund_bps: 1_000,
        generations: vec![Generation {
            bps: 1_000,
            own_pv_min: 0,
            group_pv_min: 0,
        }],
        passes: Passes::Nobody,
        active_pv_min: 0,
        customers_count: false,
        customers_min: 0,
        retail_share_min_bps: 0,
        retail_rule: RetailRule::Nothing,
        paycut: false,
        hold_days,
    };
    let waits = |bought: u32| {
        let mut model = naive::orders::Model::new(rules.clone());
        model.join(None);
        model.serve(1);
        model
            .place(Buyer::Customer(1), 1_000, None, Day::new(bought))
            .expect("it is an order");
        let period = Day::new(bought).month().get();
        let last = (bought..)
            .find(|day| Day::new(*day).ends_month())
            .expect("there is one");
        model.close(period).expect("it is open");
        model.finalize(period, 1_000).expect("it is closed");
        assert_eq!(model.lines(period)[0].amount, 100);
        model.release(period, Day::new(last)).expect("it is final").get() - bought
    };
    (monday()..monday() + 60)
        .map(waits)
        .min()
        .expect("there are days")
}

/// The rules that are told with their days: `(pairs for 3 days, commissions for 1 day)`.
fn told_holds(text: &str) -> BTreeSet<(String, u32)> {
    let rule = |text: &str| {
        let (name, days) = text.split_once(" for ").expect("it has days");
        let days = days
            .trim_end_matches('s')
            .strip_suffix(" day")
            .expect("it has days");
        (name.to_owned(), days.parse().expect("it is a number"))
    };
    text.split(", ").map(rule).collect()
}

fn named(holds: impl Iterator<Item = (&'static str, u32)>) -> BTreeSet<(String, u32)> {
    holds.map(|(name, days)| (name.to_owned(), days)).collect()
}

#[test]
fn rewards_that_come_before_their_payments_are_final_are_named_with_their_days() {
    let profile = lenient("");
    for_each_history(|numbers| {
        let drawn = Holds::of(numbers);
        let plan = compiled(&drawn.text);
        let cooling_off = pick(numbers, &[0, 1, 14, 30]);
        let review = public(&plan, &profile, Some(cooling_off));
        let short = || {
            drawn
                .shortest()
                .into_iter()
                .filter(|(_, days)| *days < cooling_off)
        };
        let told = found(&review.findings, "hold_below_cooling_off");
        assert_eq!(told.is_some(), short().next().is_some(), "{}", drawn.text);
        if let Some(told) = told {
            let said = gaps(
                told,
                "A payment can be refunded for {}, but some rewards it generates are held for less ({}): they can be withdrawn \
                 before the payment is refunded.",
            );
            assert_eq!(
                told_holds(&format!("it for {}", said[0])),
                named([("it", cooling_off)].into_iter())
            );
            assert_eq!(told_holds(said[1]), named(short()), "{}", drawn.text);
            assert_eq!(
                Some(figure(told, "hold_days")),
                short().map(|(_, days)| u128::from(days)).min()
            );
            assert_eq!(
                (figure(told, "cooling_off_days"), told.severity),
                (u128::from(cooling_off), Severity::Error)
            );
        }
        let unsaid = public(&plan, &profile, None);
        let told = found(&unsaid.findings, "not_stated");
        assert_eq!(told.is_some(), !drawn.shortest().is_empty(), "{}", drawn.text);
        let Some(told) = told else { return };
        let words = "The refund period of payments is not defined, so it cannot be checked whether the holds are long enough: {}.";
        assert_eq!(
            told_holds(gaps(told, words)[0]),
            named(drawn.shortest().into_iter()),
            "{}",
            drawn.text
        );
    });
}

#[test]
fn the_times_of_refunds_and_holds_are_those_that_are_said() {
    let profile = lenient("");
    for_each_history(|numbers| {
        let drawn = Holds::of(numbers);
        let plan = compiled(&drawn.text);
        let cooling_off = pick(numbers, &[0, 1, 14, 30]);
        let review = public(&plan, &profile, Some(cooling_off));
        let days = |finding: &Finding, words: &str| {
            let said = gaps(finding, words)[0];
            let number = said
                .trim_end_matches('s')
                .strip_suffix(" day")
                .expect("it has days");
            assert_eq!(figure(finding, "days"), scaled(number, 0));
            scaled(number, 0)
        };
        let told = found(&review.findings, "cooling_off").expect("it is said");
        assert_eq!(
            days(told, "A payment can be refunded for {}."),
            u128::from(cooling_off)
        );
        let told = found(&review.findings, "reward_hold");
        let shortest = drawn
            .shortest()
            .into_iter()
            .map(|(_, days)| u128::from(days))
            .min();
        let said = told.map(|told| days(told, "Rewards are held for at least {}."));
        // Where nothing is rewarded, nothing is had before payments are final.
        assert_eq!(said, shortest.or(Some(u128::from(cooling_off))), "{}", drawn.text);
        let unsaid = public(&plan, &profile, None);
        assert_eq!(found(&unsaid.findings, "cooling_off"), None);
        let told = found(&review.findings, "income_disclosure").expect("it is always said");
        let words = "The disclosure shown to newcomers covers {} % of all participants.";
        assert_eq!(scaled(gaps(told, words)[0], 2), figure(told, "participants_bps"));
    });
}
