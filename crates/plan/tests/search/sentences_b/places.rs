//! What is said of a place: what joining takes, for how long payments go back and rewards are held, what nobody says, and which
//! profile is asked for.

use std::collections::BTreeSet;

use money::Amount;
use naive::campaign::Paper;
use naive::orders::{Buyer, Generation, Passes, RetailRule, Rules};
use naive::ranks;
use plan::jurisdiction::{Profile, SHIPPED};
use plan::review::{Asked, Review};
use plan::{ChainClass, DiscrepancyCause, Effect, Fact, Finding, Outcome, Severity, State};
use plan::{CompiledPlan, Day};

use super::{compiled, figure, for_each_history, found, gaps, list, pick, scaled, units, usdt};
use crate::numbers::Numbers;

pub(crate) const CHECKED: &[&str] = &[
    "hold_below_cooling_off",
    "entry_fee",
    "cooling_off",
    "reward_hold",
    "income_disclosure",
    "not_stated",
    "jurisdiction_missing",
    "jurisdiction_elsewhere",
];

/// Finds nothing worse than it is.
fn lenient(rules: &str) -> Profile {
    let text = format!(
        "name = \"OWN\"\nas_of = \"2026-01-01\"\nchains = \"any\"\nlegal_basis = \"none\"\nnotice = \"none\"\n{rules}"
    );
    Profile::parse(&text).unwrap_or_else(|refusal| panic!("{refusal:?}\n{text}"))
}

fn public(plan: &CompiledPlan, profile: &Profile, cooling_off_days: Option<u32>) -> Review {
    let asked = Asked {
        chain: ChainClass::Public,
        jurisdiction: Some(profile),
        cooling_off_days,
    };
    Review::of(plan, [], asked)
}

/// A plan of which little is drawn: what a payment is, and at which least price.
fn intake(numbers: &mut Numbers) -> (&'static str, u128, String) {
    let price = 2 + numbers.below(1_000) as u128;
    let text = usdt(price);
    let head = "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n[[funds]]\nname = \"f\"\n";
    let (kind, price, table) = match numbers.below(4) {
        0 => ("joining", price, format!("[joining]\nprice = \"{text}\"\n")),
        1 => (
            "subscription",
            price,
            format!(
                "[subscription]\naccrual_days = \"all\"\nmonth_divisor = 30\nfund = \"f\"\nwhen_short = \"queue\"\n\
                 [[subscription.tiers]]\nfrom = \"{text}\"\nmonthly_bps = 1\n[[subscription.tiers]]\nfrom = \"9\"\nmonthly_bps = 2\n\
                 [bonus]\namount = \"1\"\ngrant = \"verified\"\nuse_bps_max = 5000\nfund = \"f\"\n"
            ),
        ),
        2 => (
            "booking",
            price,
            format!(
                "[booking]\nprice = \"9\"\nfirst_payment_min = \"{text}\"\n[binary]\npair_value = \"1\"\npairs_max_per_month = 5\n\
                 excess = \"carry\"\nfull_pairs = 1\ninstalment_bps = 1\nactivation_amount = \"{text}\"\nfund = \"f\"\n\
                 when_short = \"queue\"\nhold_days = 14\n"
            ),
        ),
        _ => (
            "orders",
            1,
            "[orders]\nperiod = \"month\"\npv_bps = 1\nfund = \"f\"\nfund_bps = 1\ngenerations_bps = [1]\ncompression = \"none\"\n\
             active_pv_min = \"0\"\nlate_orders = \"open_period\"\n"
                .to_owned(),
        ),
    };
    (kind, price, format!("{head}{table}"))
}

/// Whether somebody joins with a payment of so much.
fn joins_with(plan: &CompiledPlan, amount: u128) -> bool {
    let (mut state, mut out) = (State::new(plan), Outcome::default());
    let joined = Fact::Registered {
        user: state.next_user().expect("there is room"),
        sponsor: None,
        deposit: state.next_deposit().expect("there is room"),
        amount: Amount::new(amount),
        day: Day::new(20_500),
    };
    state.apply(plan, &joined, &mut out);
    let is_unexpected = |effect: &Effect| {
        matches!(
            effect,
            Effect::Discrepancy {
                cause: DiscrepancyCause::IntakeAmount,
                ..
            }
        )
    };
    !out.effects.iter().any(is_unexpected)
}

#[test]
fn joining_takes_what_is_said_and_nobody_joins_with_less() {
    let profile = lenient("");
    for_each_history(|numbers| {
        let (kind, price, text) = intake(numbers);
        let plan = compiled(&text);
        let least = (1..=price + 1).find(|amount| joins_with(&plan, *amount));
        assert_eq!(least, Some(price), "{text}");
        let review = public(&plan, &profile, None);
        let told = found(&review.findings, "entry_fee").expect("it is always said");
        match kind {
            "orders" => {
                assert_eq!(
                    told.text,
                    "Joining takes a first payment for what the plan sells, and no fee besides it."
                );
                assert_eq!(
                    (figure(told, "price_units"), figure(told, "first_payment_units")),
                    (0, 0)
                );
            }
            "booking" => {
                let words = "Joining takes a first payment of at least {} USDT for what the plan sells, and no fee besides it.";
                assert_eq!(units(gaps(told, words)[0]), price, "{text}");
                assert_eq!(
                    (figure(told, "price_units"), figure(told, "first_payment_units")),
                    (0, price)
                );
            }
            _ => {
                let words = if kind == "joining" {
                    "Joining costs {} USDT."
                } else {
                    "Joining costs at least {} USDT."
                };
                assert_eq!(units(gaps(told, words)[0]), price, "{text}");
                assert_eq!(figure(told, "price_units"), price);
                // More is accepted only where the least is told.
                assert_eq!(joins_with(&plan, price + 1), kind == "subscription", "{text}");
            }
        }
    });
}

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

/// Somebody buys on any day of a week, which is closed with its Sunday.
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
                "A payment can be refunded for {}, and some rewards that it causes are held for less ({}): they can be taken out before \
                 the payment goes back.",
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
        let words = "Nothing says for how long a payment can be refunded, so nobody can say whether the holds suffice: {}.";
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
        let words = "The disclosure that newcomers are shown counts {} of 10,000 parts of all participants.";
        assert_eq!(scaled(gaps(told, words)[0], 0), figure(told, "participants_bps"));
    });
}

/// A profile asks about some things; what is missing is exactly what no finding says.
#[test]
fn exactly_what_a_profile_asks_about_and_nobody_says_is_not_stated() {
    const ASKED: [&str; 6] = [
        "payout_share",
        "entry_fee",
        "cooling_off",
        "sybil_profit",
        "withholding",
        "weather",
    ];
    for_each_history(|numbers| {
        let asked: Vec<&str> = ASKED.into_iter().filter(|_| numbers.below(2) == 0).collect();
        let severity = pick(numbers, &["warning", "error"]);
        let rules = asked.iter().map(|code| {
            format!(
                "[[rules]]\nfinding = \"{code}\"\nfigure = \"none\"\nabove = 1\nseverity = \"warning\"\nwhen_missing = \"{severity}\"\n\
                 reason = \"it matters\"\nsource = \"a book\"\nchecked = \"official\"\n"
            )
        });
        let profile = lenient(&rules.collect::<String>());
        let cooling_off = (numbers.below(2) == 0).then_some(14);
        let plan = compiled(&intake(numbers).2);
        let plain = public(&plan, &lenient(""), cooling_off);
        let is_said = |code: &&str| plain.findings.iter().any(|finding| finding.code == *code);
        let review = public(&plan, &profile, cooling_off);
        let told = review
            .findings
            .iter()
            .filter(|finding| finding.code == "not_stated");
        let told = told.filter(|finding| finding.text.starts_with("Nothing says anything about"));
        let said = told.map(|told| {
            assert_eq!(told.severity.name(), severity);
            let words = "Nothing says anything about {}. {} in the profile OWN of 2026-01-01: it matters (source: a book; not legal advice).";
            let said = gaps(told, words);
            assert_eq!(said[1], if severity == "error" { "An error" } else { "A warning" });
            said[0].trim_matches('"').to_owned()
        });
        let missing = asked.iter().filter(|code| !is_said(code));
        assert_eq!(
            said.collect::<Vec<_>>(),
            missing.map(|code| (*code).to_owned()).collect::<Vec<_>>()
        );
        let bars = review.refusals().any(|(code, _)| code == "not_stated");
        assert_eq!(bars, severity == "error" && !asked.iter().all(is_said));
    });
}

#[test]
fn a_public_chain_asks_for_a_profile_and_none_that_is_for_local_chains() {
    let plan = compiled("name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n[joining]\nprice = \"1\"\n");
    let texts = [
        include_str!("../../../../../profiles/local.toml"),
        include_str!("../../../../../profiles/EU.toml"),
        include_str!("../../../../../profiles/IN.toml"),
        include_str!("../../../../../profiles/US.toml"),
    ];
    let profiles: Vec<Profile> = texts
        .into_iter()
        .map(|text| Profile::parse(text).unwrap())
        .collect();
    assert_eq!(profiles.iter().map(Profile::name).collect::<Vec<_>>(), SHIPPED);
    let choices = || std::iter::once(None).chain(profiles.iter().map(Some));
    for chain in [ChainClass::Local, ChainClass::Public] {
        let mut admitted = vec![];
        for jurisdiction in choices() {
            let asked = Asked {
                chain,
                jurisdiction,
                cooling_off_days: Some(30),
            };
            let review = Review::of(&plan, [], asked);
            let told: Vec<_> = review
                .obstacles
                .iter()
                .map(|told| (told.code, told.text.as_str()))
                .collect();
            match (chain, jurisdiction.map(Profile::name)) {
                (ChainClass::Public, None) => {
                    let words = "on a public chain a plan runs only under a jurisdiction profile: ";
                    assert!(
                        told[0].0 == "jurisdiction_missing" && told[0].1.starts_with(words),
                        "{told:?}"
                    );
                    admitted.push(told[0].1.strip_prefix(words).unwrap().to_owned());
                }
                (ChainClass::Public, Some("local")) => {
                    assert_eq!(
                        told,
                        [(
                            "jurisdiction_elsewhere",
                            "the profile local is for local chains only"
                        )]
                    );
                }
                (ChainClass::Local, _) | (ChainClass::Public, Some(_)) => assert_eq!(told, []),
            }
        }
        // Those that are named are those that are admitted, besides an operator's own.
        if let [named] = admitted.as_slice() {
            let fit = profiles.iter().filter(|profile| profile.permits(chain));
            let fit = list(fit.map(|profile| profile.name().to_owned()));
            assert_eq!(
                format!("[{named}]"),
                fit.replace(']', " or the file of an operator's own]")
            );
        }
    }
}
