//! Random histories of conversions and reversals, against the list of `naive`.

use std::collections::BTreeSet;

use money::{Amount, Asset};
use naive::campaign::{Paper, Rules, Wanted};
use plan::campaign::table::{AchievementTable, PerReferee, QualifiesTable, SelfReferral};
use plan::campaign::{
    Campaign, CampaignTable, CampaignTerms, Conversion, ConversionId, Decision, IgnoredCause, RefereeKey,
    Reversal,
};
use plan::{Day, UserId};
use proptest::prelude::*;

const START: u32 = 20_454;
const USERS: u32 = 4;

#[derive(Clone, Debug)]
enum Step {
    Report {
        user: u32,
        referee: u64,
        amount: u128,
    },
    /// Which, modulo their number; how much, or the rest.
    Reverse(usize, Option<u128>),
    EndDay,
    Fund(u128),
    /// A conversion that is known, or comes too early.
    Misfit(bool),
    /// Another version of the plan, with the same achievements.
    Change(Box<Rules>),
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let reward = prop_oneof![(1..40u128).prop_map(Ok), (1..=10_000u128).prop_map(Err)];
    let cap = prop::option::of(0..300u128);
    let count = prop::option::of(1..6usize);
    let minimum = prop_oneof![Just(0), 0..100u128];
    let achievements = (1..3usize, 1..3usize, 1..100u128);
    (
        reward,
        0..10u32,
        cap,
        count,
        0..500u128,
        0..8u32,
        minimum,
        achievements,
    )
        .prop_map(
            |(reward, hold_days, cap, count, budget, first, minimum, (one, more, earned))| {
                // What the compiler requests: one reward fits.
                let least = reward.unwrap_or_else(|bps| minimum * bps / 10_000).max(1);
                Rules {
                    reward,
                    hold_days,
                    cap: cap.map(|cap| cap + least),
                    count,
                    budget: budget + least,
                    first_day: START + first,
                    last_day: START + 20,
                    minimum,
                    achievements: vec![
                        Wanted::Conversions(one),
                        Wanted::Earned(earned),
                        Wanted::Conversions(one + more),
                    ],
                }
            },
        )
}

fn any_step() -> impl Strategy<Value = Step> {
    let amount = prop_oneof![1 => Just(0), 6 => 0..400u128];
    prop_oneof![
        8 => (1..=USERS, 0..12u64, amount)
            .prop_map(|(user, referee, amount)| Step::Report { user, referee, amount }),
        4 => (any::<usize>(), prop::option::weighted(0.7, 0..300u128))
            .prop_map(|(which, part)| Step::Reverse(which, part)),
        2 => Just(Step::EndDay),
        2 => (0..200u128).prop_map(Step::Fund),
        1 => any::<bool>().prop_map(Step::Misfit),
        1 => any_rules().prop_map(|rules| Step::Change(Box::new(rules))),
    ]
}

fn table(rules: &Rules) -> CampaignTable {
    let units = |amount: u128| Asset::Usdt.display_amount(Amount::new(amount));
    let day = |day: u32| Day::new(day).to_string();
    let achievement = |wanted: &Wanted, place: usize| AchievementTable {
        name: format!("achievement {place}"),
        conversions_min: match wanted {
            Wanted::Conversions(count) => Some(u32::try_from(*count).unwrap()),
            Wanted::Earned(_) => None,
        },
        earned_min: match wanted {
            Wanted::Conversions(_) => None,
            Wanted::Earned(amount) => Some(units(*amount)),
        },
    };
    CampaignTable {
        reward: rules.reward.ok().map(units),
        reward_bps: rules.reward.err().map(|bps| u16::try_from(bps).unwrap()),
        fund: "marketing".into(),
        hold_days: rules.hold_days,
        per_user_cap: rules.cap.map(units),
        per_user_count: rules.count.map(|count| u32::try_from(count).unwrap()),
        budget: units(rules.budget),
        starts: day(rules.first_day),
        ends: day(rules.last_day),
        qualifies: QualifiesTable {
            conversion_min: units(rules.minimum),
            self_referral: SelfReferral::Refuse,
            per_referee: PerReferee::One,
        },
        achievements: rules
            .achievements
            .iter()
            .zip(0..)
            .map(|(wanted, place)| achievement(wanted, place))
            .collect(),
    }
}

fn user(number: u32) -> UserId {
    UserId::new(number).unwrap()
}

fn id(number: usize) -> ConversionId {
    ConversionId::new(u32::try_from(number).unwrap() + 1).unwrap()
}

/// The component beside the list.
struct Both {
    terms: CampaignTerms,
    state: Campaign,
    paper: Paper,
    day: u32,
    fund: u128,
    /// Of all versions so far: what was granted stays.
    budget_max: u128,
    cap_max: Option<u128>,
    /// Granted and not given back, matured or held: what the fund has paid.
    paid_out: u128,
    achieved: BTreeSet<(UserId, u8)>,
    ever: BTreeSet<(UserId, u8)>,
    out: Vec<Decision>,
}

impl Both {
    fn new(rules: Rules) -> Self {
        Self {
            terms: CampaignTerms::check(&table(&rules), Asset::Usdt).unwrap(),
            state: Campaign::default(),
            budget_max: rules.budget,
            cap_max: rules.cap,
            paper: Paper::new(rules),
            day: START,
            fund: 0,
            paid_out: 0,
            achieved: BTreeSet::new(),
            ever: BTreeSet::new(),
            out: Vec::new(),
        }
    }

    fn step(&mut self, step: Step) {
        self.out.clear();
        match step {
            Step::Report {
                user,
                referee,
                amount,
            } => self.report(user, referee, amount),
            Step::Reverse(_, _) if self.paper.rows.is_empty() => {}
            Step::Reverse(which, part) => self.reverse(which % self.paper.rows.len(), part),
            Step::EndDay => {
                self.state.end_day(Day::new(self.day), &mut self.out);
                let expected: Vec<Decision> = self
                    .paper
                    .end_day(self.day)
                    .into_iter()
                    .map(|(number, amount)| Decision::Matured {
                        conversion: id(number),
                        user: user(self.paper.rows[number].user),
                        amount: Amount::new(amount),
                    })
                    .collect();
                assert_eq!(self.out, expected);
                self.day += 1;
            }
            Step::Fund(more) => self.fund += more,
            Step::Misfit(is_known) => self.misfit(is_known),
            Step::Change(rules) => {
                let achievements = self.paper.rules.achievements.clone();
                let rules = Rules {
                    achievements,
                    ..*rules
                };
                self.terms = CampaignTerms::check(&table(&rules), Asset::Usdt).unwrap();
                self.budget_max = self.budget_max.max(rules.budget);
                self.cap_max = self.cap_max.zip(rules.cap).map(|(one, other)| one.max(other));
                self.paper.change(rules);
            }
        }
        self.compare();
    }

    fn conversion(&self, who: u32, referee: u64, amount: u128) -> Conversion {
        Conversion {
            id: self.state.next_id().expect("an id is left"),
            referrer: user(who),
            referee: RefereeKey(referee),
            referee_user: u32::try_from(referee).ok().and_then(UserId::new),
            amount: Amount::new(amount),
            day: Day::new(self.day),
        }
    }

    fn report(&mut self, who: u32, referee: u64, amount: u128) {
        let conversion = self.conversion(who, referee, amount);
        let mut out = Vec::new();
        self.state
            .report(&self.terms, &conversion, Amount::new(self.fund), &mut out);
        let is_self = u64::from(who) == referee;
        let (granted, refused) = self
            .paper
            .report(who, referee, is_self, amount, self.day, self.fund);
        let mut expected = Vec::new();
        if granted > 0 {
            expected.push(("granted", granted));
        }
        expected.extend(refused.into_iter().map(|(amount, cause)| (cause, amount)));
        let money = out.iter().filter_map(|decision| match decision {
            Decision::Granted {
                amount, available_at, ..
            } => {
                assert_eq!(*available_at, Day::new(self.day + self.paper.rules.hold_days));
                Some(("granted", amount.base_units()))
            }
            Decision::NotGranted { amount, cause, .. } => Some((cause.name(), amount.base_units())),
            Decision::Matured { .. }
            | Decision::Reversed { .. }
            | Decision::Achieved { .. }
            | Decision::AchievementLost { .. }
            | Decision::Ignored { .. } => None,
        });
        assert_eq!(money.collect::<Vec<_>>(), expected);
        assert!(granted <= self.fund);
        self.fund -= granted;
        self.paid_out += granted;
        self.note(&out);
    }

    fn reverse(&mut self, which: usize, part: Option<u128>) {
        let reversal = part.map_or(Reversal::Whole, |part| Reversal::Part(Amount::new(part)));
        let mut out = Vec::new();
        self.state.reverse(&self.terms, id(which), reversal, &mut out);
        let row = self.paper.rows[which].clone();
        let expected = match self.paper.reverse(which, part) {
            None => Some(Decision::Ignored {
                conversion: id(which),
                cause: IgnoredCause::NothingLeft,
            }),
            Some(0) => None,
            Some(back) => {
                self.paid_out -= back;
                self.fund += if row.ready { 0 } else { back };
                Some(Decision::Reversed {
                    conversion: id(which),
                    user: user(row.user),
                    amount: Amount::new(back),
                    matured: row.ready,
                })
            }
        };
        let about_money = |decision: &&Decision| {
            !matches!(
                decision,
                Decision::Achieved { .. } | Decision::AchievementLost { .. }
            )
        };
        assert_eq!(out.iter().find(about_money).copied(), expected);
        assert_eq!(
            out.iter().filter(about_money).count(),
            usize::from(expected.is_some())
        );
        self.note(&out);
    }

    fn misfit(&mut self, is_known: bool) {
        let before = self.state.clone();
        let mut conversion = self.conversion(1, 99, 300);
        let next = conversion.id.get();
        let (number, cause) = match is_known && next > 1 {
            true => (next - 1, IgnoredCause::ConversionKnown),
            false => (next + 1, IgnoredCause::ConversionUnknown),
        };
        conversion.id = ConversionId::new(number).unwrap();
        self.state
            .report(&self.terms, &conversion, Amount::new(1_000), &mut self.out);
        assert_eq!(
            self.out,
            [Decision::Ignored {
                conversion: conversion.id,
                cause
            }]
        );
        assert_eq!(self.state, before);
    }

    /// Achievements are announced when they change, the first time as the first.
    fn note(&mut self, out: &[Decision]) {
        for decision in out {
            match decision {
                Decision::Achieved {
                    user,
                    achievement,
                    is_first,
                } => {
                    assert!(self.achieved.insert((*user, *achievement)));
                    assert_eq!(self.ever.insert((*user, *achievement)), *is_first);
                }
                Decision::AchievementLost { user, achievement } => {
                    assert!(self.achieved.remove(&(*user, *achievement)));
                }
                Decision::Granted { .. }
                | Decision::NotGranted { .. }
                | Decision::Matured { .. }
                | Decision::Reversed { .. }
                | Decision::Ignored { .. } => {}
            }
        }
    }

    fn compare(&self) {
        assert_eq!(self.state.spent(), Amount::new(self.paid_out));
        assert!(self.paid_out <= self.budget_max);
        for number in 1..=USERS {
            let who = user(number);
            let earned = self.paper.earned(number);
            assert_eq!(self.state.earned(who), Amount::new(earned));
            assert!(self.cap_max.is_none_or(|cap| earned <= cap));
            assert_eq!(
                self.state.conversions(who),
                u32::try_from(self.paper.conversions(number)).unwrap()
            );
            let achievements: Vec<u8> = self.state.achievements(who).collect();
            assert_eq!(achievements, self.paper.achievements(number));
            let announced = self.achieved.range((who, 0)..=(who, u8::MAX));
            assert_eq!(
                announced.map(|(_, place)| *place).collect::<Vec<_>>(),
                achievements
            );
        }
        let board = self.paper.board();
        for n in 0..=board.len() + 1 {
            let lines = self.state.leaderboard(n);
            let found: Vec<(u32, usize)> = lines
                .iter()
                .map(|line| (line.user.get(), usize::try_from(line.conversions).unwrap()))
                .collect();
            assert_eq!(found, board[..n.min(board.len())]);
            assert!(
                lines
                    .iter()
                    .zip(1..)
                    .all(|(line, position)| line.position == position)
            );
        }
        for number in 1..=USERS {
            let place = board.iter().position(|(user, _)| *user == number);
            let place = place.map(|place| u32::try_from(place).unwrap() + 1);
            assert_eq!(self.state.position(user(number)), place);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_history_grants_what_the_list_says(
        rules in any_rules(),
        steps in prop::collection::vec(any_step(), 1..80),
    ) {
        let mut both = Both::new(rules);
        both.fund = 200;
        for step in steps {
            both.step(step);
        }
    }

    #[test]
    fn a_conversion_that_is_reversed_as_a_whole_leaves_room_for_the_same_again(
        rules in any_rules(),
        steps in prop::collection::vec(any_step(), 1..40),
        (who, referee, amount) in (1..=USERS, 0..12u64, 0..400u128),
        parts in prop::collection::vec(1..200u128, 0..4),
    ) {
        let mut both = Both::new(rules);
        both.fund = 200;
        for step in steps {
            both.step(step);
        }
        let before = both.state.spent();
        let fund = both.fund;
        let mut first = Vec::new();
        let conversion = both.conversion(who, referee, amount);
        both.state.report(&both.terms, &conversion, Amount::new(fund), &mut first);
        for part in parts {
            let part = Reversal::Part(Amount::new(part));
            both.state.reverse(&both.terms, conversion.id, part, &mut Vec::new());
        }
        both.state.reverse(&both.terms, conversion.id, Reversal::Whole, &mut Vec::new());
        prop_assert_eq!(both.state.spent(), before);
        let again = Conversion { id: both.state.next_id().expect("an id is left"), ..conversion };
        let mut second = Vec::new();
        both.state.report(&both.terms, &again, Amount::new(fund), &mut second);
        let money = |decisions: &[Decision]| -> Vec<(bool, Amount)> {
            decisions.iter().filter_map(|decision| match decision {
                Decision::Granted { amount, .. } => Some((true, *amount)),
                Decision::NotGranted { amount, .. } => Some((false, *amount)),
                Decision::Matured { .. } | Decision::Reversed { .. } | Decision::Achieved { .. }
                | Decision::AchievementLost { .. } | Decision::Ignored { .. } => None,
            }).collect()
        };
        prop_assert_eq!(money(&first), money(&second));
    }

    #[test]
    fn conversions_of_a_day_in_another_order_bring_the_same_where_nothing_is_scarce(
        rules in any_rules(),
        conversions in prop::collection::vec((1..=USERS, 0..400u128), 1..30),
        turn in any::<usize>(),
    ) {
        // Each referee once, and no limits: then only ids tell the order.
        let rules = Rules { cap: None, count: None, budget: 1_000_000, first_day: START, ..rules };
        let numbered: Vec<(u64, u32, u128)> =
            (100..).zip(&conversions).map(|(referee, (who, amount))| (referee, *who, *amount)).collect();
        let mut turned = numbered.clone();
        turned.rotate_left(turn % numbered.len());
        turned.reverse();
        let run = |order: &[(u64, u32, u128)]| {
            let mut both = Both::new(rules.clone());
            both.fund = 1_000_000;
            for (referee, user, amount) in order {
                both.step(Step::Report { user: *user, referee: *referee, amount: *amount });
            }
            (1..=USERS).map(|number| both.state.earned(user(number))).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(&numbered), run(&turned));
    }
}
