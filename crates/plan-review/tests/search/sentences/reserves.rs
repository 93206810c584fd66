//! Reserves for the next tier: what sentences say of those who can reach its price, against people who all reserve what they can.

use naive::Terms;
use plan::ReserveChoice;

use super::places::{PoolCase, for_each_pool};
use super::{counts_of, numbers_of, scaled};
use crate::assert_covered;
use crate::numbers::Numbers;
use crate::pool_plans::{Pools, Reserve};
use crate::pool_world::World;

pub(crate) const CHECKED: &[&str] = &[
    "next_price_out_of_reach",
    "next_price_never_reached",
    "forced_reserve",
];

/// So many places of tier 1 are taken, at most: enough to fill trees of higher tiers, where these are small.
const PLACES: usize = 36;
/// Of an endless tree three full layers below the first place.
const ENDLESS: usize = 16;

/// There is always room, so that only money keeps anyone from moving on; and nothing is rewarded but places.
fn with_room(terms: &Terms) -> Terms {
    Terms {
        direct: 0,
        generations_bps: Vec::new(),
        trees_max: None,
        ..terms.clone()
    }
}

/// The sentences about a tier, each by its own, among those under a code.
fn about_tier<'a>(case: &'a PoolCase, code: &str, tier: usize) -> Option<&'a str> {
    let told = case.plan.findings().iter().filter(|finding| finding.code == code);
    let mut texts = told.map(|finding| finding.text.as_str());
    texts.find(|text| text.starts_with(&format!("Tier {tier}: ")))
}

/// Everyone who has come reserves everything; what comes matures before the next one comes, which is best for a reserve.
fn all_reserve(terms: &Terms, places: usize) -> World {
    let mut world = World::of(terms);
    world.all_reserve = terms.forced.is_none();
    while world.placed(1) < places {
        world.enter();
    }
    world
}

/// Of each full tree of a tier, how many have moved on from it.
fn moved_on(world: &World, terms: &Terms, tier: usize) -> Vec<u128> {
    let next: Vec<usize> = world.trees(tier + 1).into_iter().flatten().collect();
    let full = world
        .trees(tier)
        .into_iter()
        .filter(|tree| tree.len() == terms.tree_size as usize);
    full.map(|tree| tree.iter().filter(|user| next.contains(user)).count() as u128)
        .collect()
}

/// Compares what is said with the trees that fill; of how many in the first tier, and in those above.
fn compare_who_reaches(case: &PoolCase) -> [usize; 2] {
    let terms = &case.pools.terms;
    let is_asked = case.pools.reserve == Reserve::Chosen && !terms.rolling && case.pools.has_places();
    let open = with_room(terms);
    let size = terms.tree_size as usize;
    let world = is_asked.then(|| all_reserve(&open, PLACES.max(2 * size)));
    let mut compared = [0; 2];
    for tier in 1..terms.tier_prices.len() {
        let text = about_tier(case, "next_price_out_of_reach", tier);
        let Some(world) = &world else {
            assert_eq!(text, None, "{}", case.pools.text());
            continue;
        };
        let said = text.map_or(size as u128, |text| {
            let [of_tier, failing, of] = counts_of(text)[..] else {
                panic!("{text}");
            };
            assert_eq!([of_tier, of], [tier as u128, size as u128]);
            of - failing
        });
        for moved in moved_on(world, &open, tier) {
            assert_eq!(moved, said, "tier {tier}: {text:?}\n{}", case.pools.text());
            compared[usize::from(tier > 1)] += 1;
        }
        // They are released when the tree closes.
        let closed = world.trees(tier).into_iter().filter(|tree| tree.len() == size);
        for user in closed.flatten() {
            assert_eq!(world.reserved(user, tier), 0);
        }
    }
    compared
}

#[test]
fn as_many_places_reach_the_next_price_as_are_said() {
    let compared = std::cell::Cell::new(0);
    for_each_pool(|case| compared.set(compared.get() + compare_who_reaches(case)[0]));
    assert_covered(compared.get() > 30, compared);
}

/// Trees so small that those of the second tier fill too, with every price of some.
#[test]
fn as_many_places_of_higher_tiers_reach_the_next_price_as_are_said() {
    let mut higher = 0;
    for share in [5_000, 6_667, 10_000] {
        for second in [5, 10, 20] {
            for third in [5, 8, 10, 13, 20] {
                let mut pools = Pools::of(&mut Numbers::of(0, 0), 20);
                pools.reserve = Reserve::Chosen;
                pools.terms = Terms {
                    ordinals: vec![1],
                    pool_bps: None,
                    tree_size: 3,
                    rolling: false,
                    trees_max: None,
                    tier_prices: vec![20, second, third],
                    layers_bps: vec![share],
                    forced: None,
                    ..pools.terms
                };
                let plan = plan::compile(&pools.text()).unwrap();
                higher += compare_who_reaches(&PoolCase { pools, plan })[1];
            }
        }
    }
    assert!(higher > 40, "{higher}");
}

/// The same endless tree with the prices from this tier on.
fn from_tier(terms: &Terms, tier: usize) -> Terms {
    Terms {
        registration: terms.tier_prices[tier - 1],
        ordinals: vec![1],
        pool_bps: None,
        tier_prices: terms.tier_prices[tier - 1..=tier].to_vec(),
        ..with_room(terms)
    }
}

#[test]
fn no_reserve_of_an_endless_tree_reaches_a_price_of_which_that_is_said() {
    let told = std::cell::Cell::new([0usize; 2]);
    for_each_pool(|case| {
        let terms = &case.pools.terms;
        let is_asked = case.pools.reserve == Reserve::Chosen && terms.rolling && case.pools.has_places();
        for tier in 1..terms.tier_prices.len() {
            let text = about_tier(case, "next_price_never_reached", tier);
            if !is_asked {
                assert_eq!(text, None, "{}", case.pools.text());
                continue;
            }
            let terms = from_tier(terms, tier);
            let mut world = all_reserve(&terms, ENDLESS);
            assert_eq!(world.placed(2) == 0, text.is_some(), "{}", case.pools.text());
            let mut counts = told.get();
            counts[usize::from(text.is_some())] += 1;
            told.set(counts);
            if let Some(text) = text {
                assert_eq!(counts_of(text), [tier as u128], "{text}");
                keeps_its_reserve_until_it_leaves(&mut world, text);
            }
        }
    });
    assert_covered(told.get().iter().all(|count| *count > 1), told);
}

/// Of the first two users who have a place, one opts out and the other's payment is refunded.
fn keeps_its_reserve_until_it_leaves(world: &mut World, text: &str) {
    assert!(
        text.contains("until its user opts out or the registration is refunded"),
        "{text}"
    );
    let first = world.trees(1)[0][0];
    let reserved = world.reserved(first, 1);
    world.enter();
    assert_eq!(world.reserved(first, 1), reserved);
    let before = world.available(first);
    world.choose(first, 1, ReserveChoice::Out);
    assert_eq!(
        (world.reserved(first, 1), world.available(first)),
        (0, before + reserved)
    );
    let later = world.enter_for_now();
    while world.placed(1) < 3 * ENDLESS {
        world.enter();
    }
    let reserved = world.reserved(later, 1);
    world.refund_last_for_now(later);
    assert_eq!((world.reserved(later, 1), world.available(later)), (0, reserved));
}

/// Who is asked nothing, and what of theirs is withheld.
#[test]
fn as_many_places_are_forced_to_reserve_as_are_said() {
    let told = std::cell::Cell::new(0usize);
    for_each_pool(|case| {
        let terms = &case.pools.terms;
        let text = case.text("forced_reserve");
        let (Some((_, kept)), true) = (&terms.forced, case.pools.has_places()) else {
            return assert_eq!(text, "", "{}", case.pools.text());
        };
        let group = terms.tree_size as usize;
        // Nobody moves on, so that a reserve stays where it is.
        let mut dear = with_room(terms);
        for price in dear.tier_prices.iter_mut().skip(1) {
            *price = 1 << 90;
        }
        let mut world = World::of(&dear);
        let mut forced = vec![false; group];
        // Until the last of an endless group has someone in each layer below, or before the tree closes.
        let followed = if terms.rolling {
            group << kept[kept.len() - 1]
        } else {
            group - 1
        };
        for _ in 0..followed {
            world.enter();
            for (place, user) in world.trees(1)[0].iter().enumerate().take(group) {
                forced[place] |= world.reserved(*user, 1) > 0;
            }
        }
        let forced = forced.into_iter().filter(|forced| *forced).count() as u128;
        if forced == 0 {
            return assert_eq!(text, "", "{}", case.pools.text());
        }
        told.set(told.get() + 1);
        let numbers = numbers_of(text);
        let layers: Vec<String> = kept.iter().map(u8::to_string).collect();
        assert_eq!(numbers[..layers.len()], layers, "{text}");
        let rest: Vec<u128> = numbers[layers.len()..]
            .iter()
            .map(|number| scaled(number, 0))
            .collect();
        assert_eq!(rest, [forced, group as u128], "{text}\n{}", case.pools.text());
        let end = if terms.rolling {
            "the registration is refunded"
        } else {
            "their tree closes"
        };
        assert!(text.contains(end), "{text}");
        if !terms.rolling {
            // The last place of the tree is taken.
            world.enter();
            let tree = world.trees(1)[0].clone();
            assert!(tree.into_iter().all(|user| world.reserved(user, 1) == 0));
        }
    });
    assert_covered(told.get() > 5, told);
}
