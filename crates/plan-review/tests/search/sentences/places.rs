//! What becomes of places: what sentences say of full and endless trees, against trees that fill by the second implementation.

use naive::Terms;

use super::{counts_of, percents_of, said};
use crate::numbers::Numbers;
use crate::pool_plans::Pools;
use crate::pool_world::World;
use crate::{SEED_USUAL, campaign_of, number_from};
use plan::{CompiledPlan, compile};

pub(crate) const CHECKED: &[&str] = &[
    "places_without_income",
    "places_at_most_even",
    "places_below_price",
    "growth_needed",
    "growth_without_end",
    "endless_tree",
    "endless_below_price",
];

/// Plans of a usual run.
const POOLS_USUAL: u64 = 80;
/// Places of a tree that has no end, as far as it is followed: full layers are below three of them.
const ENDLESS: usize = 32;

pub(crate) struct PoolCase {
    pub(crate) pools: Pools,
    pub(crate) plan: CompiledPlan,
}

impl PoolCase {
    pub(crate) fn text(&self, code: &str) -> &str {
        said(self.plan.findings(), code)
    }
}

/// Drawn plans with pools; some have prices of a few base units, of which shares round to nothing.
pub(crate) fn for_each_pool(check: impl Fn(&PoolCase)) {
    for_some_pools(POOLS_USUAL, check);
}

/// So many of them in a usual run.
pub(crate) fn for_some_pools(usual: u64, check: impl Fn(&PoolCase)) {
    let seed = number_from("TRELLIS_SEARCH_SEED", SEED_USUAL);
    let plans = campaign_of(usual);
    for number in 0..plans {
        let mut numbers = Numbers::of(seed, number);
        let price = [100_000_000, 20_000_000, 10_000, 100, 3, 1][numbers.below(6)];
        let pools = Pools::of(&mut numbers, price);
        let text = pools.text();
        let plan = compile(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        check(&PoolCase { pools, plan });
    }
}

/// The same plan without rewards for anything but places of tier 1, which nobody spends.
fn only_places(terms: &Terms) -> Terms {
    Terms {
        direct: 0,
        generations_bps: Vec::new(),
        tier_prices: terms.tier_prices[..1].to_vec(),
        forced: None,
        ..terms.clone()
    }
}

/// What places of a tree have received, by their place, after so many have been taken one after another.
fn incomes(world: &World, taken: usize) -> Vec<u128> {
    let tree = &world.trees(1)[0];
    assert_eq!(tree.len(), taken);
    tree.iter().map(|user| world.has(*user)).collect()
}

/// What each place of a full tree receives, if anyone ever takes one.
fn of_a_full_tree(pools: &Pools) -> Vec<u128> {
    if !pools.has_places() {
        return Vec::new();
    }
    let mut world = World::of(&only_places(&pools.terms));
    let size = pools.terms.tree_size as usize;
    while world.placed(1) < size {
        world.enter();
    }
    incomes(&world, size)
}

#[test]
fn places_of_a_full_tree_receive_what_is_said() {
    for_each_pool(|case| {
        let codes = [
            "places_without_income",
            "places_at_most_even",
            "places_below_price",
        ];
        let [without, even, below] = codes.map(|code| case.text(code));
        if case.pools.terms.rolling {
            return assert_eq!([without, even, below], [""; 3]);
        }
        let price = case.pools.terms.tier_prices[0];
        let incomes = of_a_full_tree(&case.pools);
        let count = |is_so: &dyn Fn(u128) -> bool| {
            let counted = incomes.iter().filter(|income| is_so(**income));
            counted.count() as u128
        };
        let of = u128::from(case.pools.terms.tree_size);
        let nothing = count(&|income| income == 0);
        let some = count(&|income| (1..=price).contains(&income));
        let [less, exactly, more] = [
            count(&|income| income < price),
            count(&|income| income == price),
            count(&|income| income > price),
        ];
        let expect = |text: &str, is_there: bool, words: &str, numbers: &[u128]| {
            if is_there {
                assert!(text.contains(words), "{text:?}\n{}", case.pools.text());
            }
            let numbers = if is_there { numbers } else { &[] };
            assert_eq!(counts_of(text), numbers, "{text:?}\n{}", case.pools.text());
        };
        expect(without, nothing > 0, "tier 1 receive nothing", &[nothing, of, 1]);
        let words = "tier 1 receive something, but no more than was paid for them";
        expect(even, some > 0, words, &[some, of, 1]);
        expect(
            below,
            less > 0,
            "receive less than was paid for them",
            &[of, 1, less, exactly, more],
        );
    });
}

/// Who is below a place, as places are counted from 1 in level order: at most so deep.
fn is_below(place: usize, below: usize, deep: u128) -> bool {
    (1..=deep).any(|depth| below >> depth == place)
}

/// The first place that has received its price, with how many followed it and how deep the last one is, in a tree that fills.
fn first_paid(pools: &Pools, places: usize) -> Option<(u128, u128)> {
    let mut world = World::of(&only_places(&pools.terms));
    for taken in 1..=places {
        world.enter();
        let incomes = incomes(&world, taken);
        let price = pools.terms.tier_prices[0];
        let Some(paid) = incomes.iter().position(|income| *income >= price) else {
            continue;
        };
        let place = paid + 1;
        let depths = (place + 1..=taken).filter_map(|below| {
            let mut depths = 1..=u128::from(u32::BITS);
            depths.find(|depth| is_below(place, below, *depth))
        });
        let depths: Vec<u128> = depths.collect();
        return Some((depths.len() as u128, depths.into_iter().max()?));
    }
    None
}

#[test]
fn a_place_receives_its_price_only_after_as_many_followers_as_are_said() {
    for_each_pool(|case| {
        let text = case.text("growth_needed");
        if !case.pools.has_places() {
            return assert_eq!(text, "");
        }
        let places = match case.pools.terms.rolling {
            // The first place has all its layers below.
            true => 16,
            false => case.pools.terms.tree_size as usize,
        };
        match first_paid(&case.pools, places) {
            Some((followers, deep)) => assert_eq!(
                counts_of(text),
                [1, followers, deep, followers],
                "{text}\n{}",
                case.pools.text()
            ),
            None => assert_eq!(
                text,
                "No place of tier 1 ever receives its price, however many join.",
                "{}",
                case.pools.text()
            ),
        }
    });
}

/// One tree more than any plan allows that allows a number of them.
#[test]
fn trees_open_without_end_exactly_if_that_is_said() {
    for_each_pool(|case| {
        let text = case.text("growth_without_end");
        if !case.pools.has_places() {
            return assert_eq!(text, "");
        }
        let mut world = World::of(&only_places(&case.pools.terms));
        for _ in 0..=2 * case.pools.terms.tree_size {
            world.enter();
        }
        let trees = world.trees(1).len();
        assert_eq!(!text.is_empty(), trees > 2, "{trees} {}", case.pools.text());
        assert_eq!(counts_of(text), [0; 0]);
    });
}

/// At every moment of its growth, and not by more than two places less than that.
#[test]
fn of_an_endless_tree_at_least_as_many_have_too_little_as_are_said() {
    for_each_pool(|case| {
        let [without, below] = ["endless_tree", "endless_below_price"].map(|code| case.text(code));
        let is_told = case.pools.terms.rolling && case.pools.has_places();
        assert_eq!([!without.is_empty(), !below.is_empty()], [is_told; 2]);
        if !is_told {
            return;
        }
        let [share_without] = percents_of(without)[..] else {
            panic!("{without}");
        };
        let [share_below] = percents_of(below)[..] else {
            panic!("{below}");
        };
        let whole = 10_000;
        let price = case.pools.terms.tier_prices[0];
        let pays = case.pools.terms.layers_bps[0] > 0 && price > 1_000_000;
        let mut world = World::of(&only_places(&case.pools.terms));
        for taken in 1..=ENDLESS {
            world.enter();
            let incomes = incomes(&world, taken);
            let parts = |is_so: &dyn Fn(u128) -> bool| {
                let counted = incomes.iter().filter(|income| is_so(**income));
                counted.count() as u128 * whole
            };
            let [nothing, less] = [parts(&|income| income == 0), parts(&|income| income < price)];
            let places = taken as u128;
            assert!(nothing >= share_without * places, "{without} {taken} {incomes:?}");
            assert!(less >= share_below * places, "{below} {taken} {incomes:?}");
            if pays {
                assert!(nothing <= share_without * places + whole, "{without} {taken}");
            }
            assert!(
                less <= (share_below + 1) * places + 2 * whole,
                "{below} {taken} {incomes:?}\n{}",
                case.pools.text()
            );
        }
    });
}
