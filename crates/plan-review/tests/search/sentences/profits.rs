//! What false names refer pools: the strategy that a sentence tells is played by its words with the second implementation, and
//! every other one within the bounds, of which none may bring more.

use std::collections::VecDeque;

use naive::Terms;
use plan_review::sybil::{Bounds, search};

use super::places::for_some_pools;
use super::{counts_of, numbers_of, scaled};
use crate::assert_covered;
use crate::pool_world::World;

pub(crate) const CHECKED: &[&str] = &["sybil_profit"];

/// The ways of which the sentence tells one each, in its words.
const SHAPES: [&str; 3] = [
    "each sponsored by the one before",
    "all sponsored by the first",
    "each sponsoring two others",
];
const ENTERING: [&str; 3] = [
    "entering before anyone is recruited",
    "one entering after each recruited outsider",
    "entering after all recruited outsiders",
];
const BELOW: [&str; 3] = [
    "outsiders come below the first",
    "outsiders come below the last",
    "outsiders come below each in turn",
];
const RETOPS: [&str; 3] = [
    "none buys a retopup",
    "the first buys a retopup",
    "all buy a retopup",
];

/// Which of the ways.
#[derive(Clone, Copy, Debug)]
struct Way {
    names: usize,
    shape: usize,
    entering: usize,
    below: usize,
    retops: usize,
}

/// What a person pays and receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Result {
    paid: i128,
    received: i128,
}

impl Result {
    const fn net(self) -> i128 {
        self.received - self.paid
    }
}

/// The way that a sentence tells.
fn way_of(text: &str) -> Way {
    let told = |ways: [&str; 3]| {
        let mut found = ways.iter().enumerate().filter(|(_, way)| text.contains(**way));
        let (way, _) = found.next().unwrap_or_else(|| panic!("{text}"));
        assert_eq!(found.next(), None, "{text}");
        way
    };
    let (_, names) = text.split_once('(').unwrap();
    Way {
        names: usize::try_from(counts_of(names)[0]).unwrap(),
        shape: told(SHAPES),
        entering: told(ENTERING),
        below: told(BELOW),
        retops: told(RETOPS),
    }
}

/// The person among outsiders, who all buy a retopup.
struct Play<'a> {
    way: Way,
    terms: &'a Terms,
    world: World,
    root: usize,
    names: Vec<usize>,
    /// Outsiders who bring others in, two each.
    outsiders: VecDeque<(usize, u32)>,
    paid: u128,
}

impl Play<'_> {
    fn outsider(&mut self, sponsor: Option<usize>) -> usize {
        let (user, _) = self.world.register(sponsor);
        self.world.retop_up(user);
        self.outsiders.push_back((user, 0));
        user
    }

    fn other(&mut self) {
        let (sponsor, brought) = self.outsiders.front_mut().unwrap();
        let sponsor = *sponsor;
        *brought += 1;
        if *brought == 2 {
            self.outsiders.pop_front();
        }
        self.outsider(Some(sponsor));
    }

    fn name(&mut self) {
        let number = self.names.len();
        let sponsor = match (number, self.way.shape) {
            (0, _) => self.root,
            (_, 0) => self.names[number - 1],
            (_, 1) => self.names[0],
            _ => self.names[(number - 1) / 2],
        };
        let (user, paid) = self.world.register(Some(sponsor));
        self.paid += paid.amount;
        self.names.push(user);
        if self.way.retops == 2 || (self.way.retops == 1 && number == 0) {
            self.world.retop_up(user);
            self.paid += self.terms.retopup;
        }
    }

    fn all_names(&mut self) {
        while self.names.len() < self.way.names {
            self.name();
        }
    }
}

fn play(terms: &Terms, bounds: Bounds, way: Way) -> Result {
    let mut world = World::of(terms);
    world.waits = true;
    let mut play = Play {
        way,
        terms,
        world,
        root: 0,
        names: Vec::new(),
        outsiders: VecDeque::new(),
        paid: 0,
    };
    play.root = play.outsider(None);
    play.name();
    if way.entering == 0 {
        play.all_names();
    }
    let mut others = bounds.others;
    for turn in 0..bounds.brought {
        let entered = play.names.len();
        let below = [0, entered - 1, turn as usize % entered][way.below];
        play.outsider(Some(play.names[below]));
        if way.entering == 1 && entered < way.names {
            play.name();
        }
        for _ in 0..bounds.others / bounds.brought {
            play.other();
            others -= 1;
        }
    }
    play.all_names();
    for _ in 0..others {
        play.other();
    }
    play.world.mature_all();
    let received: u128 = play.names.iter().map(|name| play.world.available(*name)).sum();
    Result {
        paid: i128::try_from(play.paid).unwrap(),
        received: i128::try_from(received).unwrap(),
    }
}

/// Every way with so many names.
fn ways(names: usize) -> impl Iterator<Item = Way> {
    let count = if names == 1 { 2 } else { 81 };
    (0..count).map(move |number| Way {
        names,
        retops: number % 3,
        shape: number / 3 % 3,
        entering: number / 9 % 3,
        below: number / 27,
    })
}

fn units(text: &str) -> i128 {
    i128::try_from(scaled(text, 6)).unwrap()
}

#[test]
fn the_told_strategy_brings_what_is_said_and_no_other_brings_more() {
    let gains = std::cell::Cell::new([0; 2]);
    for_some_pools(6, |case| {
        let terms = &case.pools.terms;
        let tiers = u32::try_from(terms.tier_prices.len()).unwrap();
        let bounds = Bounds {
            identities_max: 3,
            brought: 2 + tiers % 2,
            others: 3,
        };
        let finding = search(&case.plan, bounds).unwrap().finding(case.plan.asset());
        let text = &finding.text;
        let honest = ways(1).map(|way| play(terms, bounds, way).net()).max().unwrap();
        let several: Vec<Way> = (2..=bounds.identities_max as usize).flat_map(ways).collect();
        let best = several.iter().map(|way| play(terms, bounds, *way).net());
        let gain = (best.max().unwrap() - honest).max(0);
        let searched = [
            2 + several.len() as u128,
            u128::from(bounds.identities_max),
            u128::from(bounds.brought),
            u128::from(bounds.others),
        ];
        let counted = gains.get();
        if gain == 0 {
            gains.set([counted[0] + 1, counted[1]]);
            assert!(
                text.starts_with("False names gained nothing in "),
                "{text}\n{}",
                case.pools.text()
            );
            return assert_eq!(counts_of(text), searched);
        }
        gains.set([counted[0], counted[1] + 1]);
        let way = way_of(text);
        let numbers = numbers_of(text);
        let result = play(terms, bounds, way);
        assert_eq!(
            [
                units(&numbers[1]),
                units(&numbers[2]),
                units(&numbers[3]),
                result.net() - honest
            ],
            [result.received, result.paid, gain, gain],
            "{text}\n{}",
            case.pools.text()
        );
        assert_eq!(
            [&numbers[0], &numbers[4]],
            [&way.names.to_string(), &way.names.to_string()]
        );
        let (_, rest) = text.split_once("): the best of").unwrap();
        assert_eq!(counts_of(rest), searched);
    });
    assert_covered(gains.get().iter().all(|count| *count > 0), gains);
}

/// All that names gain others have paid.
#[test]
fn without_others_names_never_receive_more_than_they_pay() {
    for_some_pools(6, |case| {
        let bounds = Bounds {
            identities_max: 4,
            brought: 0,
            others: 0,
        };
        for way in (1..=4).flat_map(ways).step_by(11) {
            assert!(play(&case.pools.terms, bounds, way).net() <= 0, "{way:?}");
        }
    });
}
