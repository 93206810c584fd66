//! Random histories, refunds included, against a second implementation.

use money::Amount;
use naive::ranks::{Line, Model, Rank, Terms};
use plan::ranks::{LadderTable, RankDecision, Ranks, RanksTable, RanksTerms, WhenShort, WindowName};
use plan::sponsors::Sponsors;
use plan::{Day, UserId};
use proptest::prelude::*;

use super::scenario::week;

#[derive(Clone, Debug)]
enum Step {
    Join {
        sponsor: Option<prop::sample::Index>,
    },
    Buy {
        who: prop::sample::Index,
        units: u128,
        earlier: u32,
    },
    Refund {
        which: prop::sample::Index,
    },
    Close {
        budget: u128,
        weeks: u32,
    },
    Mature {
        days: u32,
    },
    /// Another version of the plan.
    Change(Terms),
}

fn any_step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        3 => prop::option::weighted(0.9, index()).prop_map(|sponsor| Step::Join { sponsor }),
        8 => (index(), 0u128..40, prop_oneof![6 => Just(0u32), 1 => 1u32..6])
            .prop_map(|(who, units, earlier)| Step::Buy { who, units, earlier }),
        3 => index().prop_map(|which| Step::Refund { which }),
        3 => (0u128..40, prop_oneof![5 => Just(1u32), 1 => 2u32..4])
            .prop_map(|(budget, weeks)| Step::Close { budget, weeks }),
        1 => (0u32..10).prop_map(|days| Step::Mature { days }),
        1 => any_terms().prop_map(Step::Change),
    ]
}

fn any_ladder() -> impl Strategy<Value = Vec<Rank>> {
    // Low enough that several users of a small tree qualify at once.
    let step = (1u128..12, 0u128..6, 0u128..3, 0u128..6, 0u128..9);
    prop::collection::vec(step, 1..4).prop_map(|steps| {
        let mut last = Rank {
            main: 0,
            other: 0,
            own: 0,
            group: 0,
            bonus: 0,
        };
        let rises = |(main, other, own, group, bonus)| {
            last.main += main;
            last.other += other;
            last.own += own;
            last.group = last.group.max(last.main + last.other) + group;
            last.bonus += bonus;
            last.clone()
        };
        steps.into_iter().map(rises).collect()
    })
}

/// What one unit of a history is: with the larger one sums pass 64 bits in the middle of a history.
const SCALES: [u128; 2] = [1, 1 << 58];

fn scaled(rank: &Rank, scale: u128) -> Rank {
    Rank {
        main: rank.main * scale,
        other: rank.other * scale,
        own: rank.own * scale,
        group: rank.group * scale,
        bonus: rank.bonus * scale,
    }
}

fn any_terms() -> impl Strategy<Value = Terms> {
    (
        prop::option::of(1u32..5),
        1u32..5,
        any::<bool>(),
        prop_oneof![Just(0u32), 1u32..20],
        any_ladder(),
    )
        .prop_map(|(window, bonus_weeks, queue, hold_days, ladder)| Terms {
            window,
            bonus_weeks,
            queue,
            hold_days,
            ladder,
        })
}

/// The same plan for the component. Base units: the asset's decimals do not matter here.
fn checked(terms: &Terms) -> RanksTerms {
    let text = |units: u128| money::Asset::Inr.display_amount(Amount::new(units));
    let ladder = terms.ladder.iter().enumerate().map(|(place, rank)| LadderTable {
        name: format!("rank {place}"),
        main_min: text(rank.main),
        other_min: text(rank.other),
        own_min: (rank.own > 0).then(|| text(rank.own)),
        group_min: (rank.group > rank.main + rank.other).then(|| text(rank.group)),
        weekly_bonus: text(rank.bonus),
    });
    let table = RanksTable {
        window: terms.window.is_none().then_some(WindowName::Lifetime),
        window_weeks: terms.window,
        bonus_weeks: Some(terms.bonus_weeks),
        fund: "ranks".into(),
        when_short: if terms.queue {
            WhenShort::Queue
        } else {
            WhenShort::ProRata
        },
        hold_days: terms.hold_days,
        ladder: ladder.collect(),
    };
    RanksTerms::check(&table, money::Asset::Inr).unwrap()
}

fn line(what: &'static str, user: UserId, rank: u8) -> Line {
    Line {
        what,
        user: user.get(),
        rank,
        week: 0,
        amount: 0,
        legs: (0, 0),
    }
}

fn line_of(decision: &RankDecision) -> Line {
    let bonus = |what, user, rank, week: plan_file::calendar::Week, amount: Amount| Line {
        week: week.get(),
        amount: amount.base_units(),
        ..line(what, user, rank)
    };
    match *decision {
        RankDecision::Promoted { user, rank, .. } => line("promoted", user, rank),
        RankDecision::Qualified {
            user,
            rank,
            main,
            other,
        } => Line {
            legs: (main.base_units(), other.base_units()),
            ..line("qualified", user, rank)
        },
        RankDecision::Granted {
            user,
            rank,
            week,
            amount,
        } => bonus("granted", user, rank, week, amount),
        RankDecision::NotCovered {
            user,
            rank,
            week,
            amount,
        } => bonus("uncovered", user, rank, week, amount),
        RankDecision::Waits {
            user,
            rank,
            week,
            amount,
        } => bonus("waits", user, rank, week, amount),
        RankDecision::Lapsed {
            user,
            rank,
            week,
            amount,
        } => bonus("lapsed", user, rank, week, amount),
    }
}

/// Both implementations, and what was bought and not refunded.
struct Run {
    scale: u128,
    /// What versions have in common.
    window: Option<u32>,
    queue: bool,
    terms: RanksTerms,
    ranks: Ranks,
    sponsors: Sponsors,
    model: Model,
    users: u32,
    purchases: Vec<(u32, u128, u32)>,
    now: u32,
    today: u32,
}

fn user(number: u32) -> UserId {
    UserId::new(number).unwrap()
}

impl Run {
    fn new(terms: &Terms, scale: u128) -> Self {
        let ladder = terms.ladder.iter().map(|rank| scaled(rank, scale)).collect();
        let terms = &Terms {
            ladder,
            ..terms.clone()
        };
        Self {
            scale,
            window: terms.window,
            queue: terms.queue,
            terms: checked(terms),
            ranks: Ranks::default(),
            sponsors: Sponsors::default(),
            model: Model::new(terms.clone()),
            users: 0,
            purchases: Vec::new(),
            now: 10,
            today: 70,
        }
    }

    /// Any user.
    fn pick(&self, index: &prop::sample::Index) -> u32 {
        let place = index.index(usize::try_from(self.users).unwrap());
        u32::try_from(place).unwrap() + 1
    }

    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Join { sponsor } => {
                let sponsor = sponsor.filter(|_| self.users > 0).map(|index| self.pick(&index));
                self.users += 1;
                prop_assert_eq!(self.sponsors.join(sponsor.map(user)), Some(user(self.users)));
                self.ranks.join();
                self.model.join(sponsor);
            }
            Step::Buy { who, units, earlier } if self.users > 0 => {
                let (who, units) = (self.pick(who), units * self.scale);
                let at = self.now - earlier;
                prop_assert!(
                    self.ranks
                        .add(&self.sponsors, user(who), Amount::new(units), week(at))
                );
                self.model.add(who, units, at);
                self.purchases.push((who, units, at));
            }
            Step::Refund { which } if !self.purchases.is_empty() => {
                let (who, units, at) = self.purchases.swap_remove(which.index(self.purchases.len()));
                self.refund(who, units, at)?;
            }
            Step::Close { budget, weeks } => {
                let closing = self.now + weeks - 1;
                self.close(closing, budget * self.scale)?;
                self.now = closing + 1;
                self.today = self.today.max(7 * closing + 3);
            }
            Step::Mature { days } => self.mature(*days)?,
            Step::Change(terms) => {
                let ladder = terms.ladder.iter().map(|rank| scaled(rank, self.scale)).collect();
                let terms = Terms {
                    ladder,
                    window: self.window,
                    queue: self.queue,
                    ..terms.clone()
                };
                self.terms = checked(&terms);
                self.model.change(terms);
            }
            Step::Buy { .. } | Step::Refund { .. } => {}
        }
        let (count, amount) = self.ranks.waiting();
        let found = (usize::try_from(count).unwrap(), amount.base_units());
        prop_assert_eq!(found, self.model.waiting());
        Ok(())
    }

    fn refund(&mut self, who: u32, units: u128, at: u32) -> Result<(), TestCaseError> {
        let before = self.ranks.clone();
        prop_assert!(
            self.ranks
                .remove(&self.sponsors, user(who), Amount::new(units), week(at))
        );
        let after = self.ranks.clone();
        prop_assert!(
            self.ranks
                .add(&self.sponsors, user(who), Amount::new(units), week(at))
        );
        prop_assert_eq!(&before, &self.ranks, "undo of a refund");
        self.ranks
            .remove(&self.sponsors, user(who), Amount::new(units), week(at));
        prop_assert_eq!(&after, &self.ranks, "redo of a refund");
        self.model.remove(who, units, at);
        let mut affected = Vec::new();
        self.ranks.affected(&self.sponsors, user(who), &mut affected);
        let mut back: Vec<Line> = affected
            .iter()
            .filter_map(|(upline, week)| self.ranks.requalify(*upline, *week))
            .map(|back| Line {
                week: back.week.get(),
                amount: back.amount.base_units(),
                ..line("back", back.user, back.rank_now)
            })
            .collect();
        back.sort_by_key(|line| (line.user, line.week));
        prop_assert_eq!(back, self.model.take_back());
        Ok(())
    }

    fn close(&mut self, closing: u32, budget: u128) -> Result<(), TestCaseError> {
        for number in 1..=self.users {
            let mut legs = Vec::new();
            let found = self
                .ranks
                .legs(
                    &self.sponsors,
                    &self.terms,
                    user(number),
                    week(closing),
                    &mut legs,
                )
                .unwrap();
            let (main, other) = self.model.legs(number, closing);
            prop_assert_eq!((found.main.base_units(), found.other.base_units()), (main, other));
            prop_assert_eq!(found.rank, self.model.rank(number, closing));
        }
        let mut out = Vec::new();
        let closed = self
            .ranks
            .close_week(
                &self.sponsors,
                &self.terms,
                week(closing),
                Amount::new(budget),
                &mut out,
            )
            .unwrap();
        let lines: Vec<Line> = out.iter().map(line_of).collect();
        let sum = |what| {
            lines
                .iter()
                .filter(|line| line.what == what)
                .map(|line| line.amount)
                .sum::<u128>()
        };
        prop_assert_eq!(closed.granted.base_units(), sum("granted"));
        prop_assert_eq!(closed.not_covered.base_units(), sum("uncovered"));
        prop_assert!(closed.granted.base_units() <= budget);
        prop_assert_eq!(lines, self.model.close(closing, budget));
        prop_assert_eq!(
            self.ranks.close_week(
                &self.sponsors,
                &self.terms,
                week(closing),
                Amount::new(budget),
                &mut out
            ),
            None
        );
        Ok(())
    }

    fn mature(&mut self, days: u32) -> Result<(), TestCaseError> {
        self.today += days;
        let mut out = Vec::new();
        self.ranks.mature(Day::new(self.today), &mut out);
        let lines: Vec<Line> = out
            .iter()
            .map(|one| Line {
                week: one.week.get(),
                amount: one.amount.base_units(),
                ..line("matured", one.user, one.rank)
            })
            .collect();
        prop_assert_eq!(lines, self.model.mature(self.today));
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn both_implementations_decide_the_same(terms in any_terms(), scale in prop::sample::select(&SCALES[..]), steps in prop::collection::vec(any_step(), 1..60)) {
        let mut run = Run::new(&terms, scale);
        let mut titles = Vec::new();
        for step in &steps {
            run.step(step)?;
            let now: Vec<u8> = (1..=run.users).map(|number| run.ranks.title(user(number))).collect();
            prop_assert!(titles.iter().zip(&now).all(|(before, after)| before <= after), "a title fell");
            titles = now;
        }
    }
}
