//! Pools beside plain counting: who sits where, who is above, and what reserves pay for.

use std::collections::{BTreeMap, BTreeSet};

use components::autopool::{
    AutoPoolTerms, ChoiceError, Due, ForcedReserve, LayerSet, Place, PoolRoom, Pools, ReserveChoice,
    ReserveTerms, TierTerms,
};
use ledger::{Tier, TreeNumber, UserId};
use money::Amount;
use proptest::prelude::*;

/// Tiers of 10, 20, 40 units, two layers each.
fn terms(tree_size: Option<u32>, trees_max: Option<u32>, reserve: ReserveTerms) -> AutoPoolTerms {
    let mut terms = AutoPoolTerms::absent();
    terms.pool.tree_size = tree_size;
    terms.pool.trees_max = trees_max;
    terms.pool.reserve = reserve;
    terms.pool.tiers = [10, 20, 40]
        .map(|price| TierTerms {
            price: Amount::new(price),
            layers: vec![Amount::new(price / 2), Amount::new(price / 4)],
            company: Amount::new(price / 4),
        })
        .to_vec();
    terms
}

fn user(number: u32) -> UserId {
    UserId::new(number).expect("from 1")
}

fn tier(number: u8) -> Tier {
    Tier::new(number).expect("from 1 to 60")
}

fn tree(number: u32) -> TreeNumber {
    TreeNumber::new(number).expect("from 1")
}

fn count_of<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).expect("few")
}

/// Pools whose first tier has these users.
fn placed(terms: &AutoPoolTerms, users: u32) -> Pools {
    let mut pools = Pools::new(3);
    for number in 1..=users {
        pools.join();
        pools.place_next(terms, Tier::FIRST, user(number));
    }
    pools
}

proptest! {
    #[test]
    fn places_are_those_of_trees_that_fill_one_after_another(
        size in prop_oneof![Just(None), (1u32..20).prop_map(Some)],
        count in 1u32..120,
    ) {
        let terms = terms(size, None, ReserveTerms::OptIn);
        let mut pools = Pools::new(3);
        // The users of each tree, in level order.
        let mut trees: Vec<Vec<UserId>> = Vec::new();
        for number in 1..=count {
            if trees.last().is_none_or(|tree| size == Some(count_of(tree))) {
                trees.push(Vec::new());
            }
            let here = trees.last().unwrap().len();
            let expected = Place { tree: tree(count_of(&trees)), index: count_of(trees.last().unwrap()) };
            let room = PoolRoom::Open { tree: expected.tree, next_index: expected.index };
            prop_assert_eq!(pools.room(&terms, Tier::FIRST), room);
            pools.join();
            let made = pools.place_next(&terms, Tier::FIRST, user(number));
            let seats = trees.last_mut().unwrap();
            seats.push(user(number));
            prop_assert_eq!(made.place, expected);
            prop_assert_eq!(made.closes, size == Some(count_of(seats)));
            let parent = here.checked_sub(1).map(|below| below / 2);
            let grandparent = parent.and_then(|parent| parent.checked_sub(1)).map(|below| below / 2);
            prop_assert_eq!(made.above[0], parent.map(|parent| seats[parent]));
            prop_assert_eq!(made.above[1], grandparent.map(|above| seats[above]));
            prop_assert!(made.above[2..].iter().all(Option::is_none), "the tier has two layers");
        }
        let mut seen = BTreeSet::new();
        for (number, seats) in (1u32..).zip(&trees) {
            for (index, sits) in (0u32..).zip(seats) {
                let place = Place { tree: tree(number), index };
                prop_assert_eq!(pools.occupant(&terms, Tier::FIRST, place), Some(*sits));
                prop_assert_eq!(pools.place(&terms, *sits, Tier::FIRST), Some(place));
                seen.insert(*sits);
            }
        }
        prop_assert_eq!(seen.len(), pools.node_count(Tier::FIRST));
        prop_assert!(pools.tiers()[0].places.is_empty(), "seats have the places of tier 1");
        let kept = Pools::from_parts(pools.seats().clone(), pools.tiers().clone(), pools.reserves().clone());
        prop_assert_eq!(kept, Some(pools));
    }
}

#[test]
fn a_tier_is_full_behind_its_last_tree() {
    let terms = terms(Some(3), Some(2), ReserveTerms::OptIn);
    let last = PoolRoom::Open {
        tree: tree(2),
        next_index: 2,
    };
    assert_eq!(placed(&terms, 5).room(&terms, Tier::FIRST), last);
    let pools = placed(&terms, 6);
    assert_eq!(pools.room(&terms, Tier::FIRST), PoolRoom::Full);
    assert_eq!(
        pools.room(&terms, tier(4)),
        PoolRoom::Full,
        "there is no such tier"
    );
    assert_ne!(pools.room(&terms, tier(2)), PoolRoom::Full);
}

#[test]
fn a_reserve_pays_for_the_next_tier_once_it_has_the_price() {
    let terms = terms(Some(7), None, ReserveTerms::OptIn);
    let mut pools = placed(&terms, 2);
    assert_eq!(
        pools.choose(&terms, (user(1), tier(1)), ReserveChoice::In),
        Ok(Amount::ZERO)
    );
    pools.reserve(&terms, (user(1), tier(1)), Amount::new(19));
    assert_eq!(pools.next_due(), None);
    pools.reserve(&terms, (user(1), tier(1)), Amount::new(1));
    assert_eq!(pools.next_due(), Some(Due::Progress(user(1), tier(1))));
    pools.reserve(&terms, (user(1), tier(1)), Amount::new(3));
    let moved = pools.progress(&terms, user(1), tier(1)).unwrap();
    assert_eq!((moved.to, moved.rest), (tier(2), Amount::new(3)));
    assert_eq!(pools.reserved(user(1), tier(1)), Amount::ZERO);
    assert!(!pools.is_reserving(user(1), tier(1)));
    assert_eq!(pools.progress(&terms, user(1), tier(1)), None);
    let again = pools.choose(&terms, (user(1), tier(1)), ReserveChoice::Out);
    assert_eq!(again, Err(ChoiceError::TierFinished));
}

#[test]
fn nobody_moves_into_a_full_tier() {
    let terms = terms(Some(1), Some(1), ReserveTerms::OptIn);
    let mut pools = placed(&terms, 1);
    pools.join();
    pools.place_next(&terms, tier(2), user(2));
    // With larger trees the first tier is open, and choosing is possible.
    let mut larger = terms.clone();
    larger.pool.tree_size = Some(2);
    pools
        .choose(&larger, (user(1), tier(1)), ReserveChoice::In)
        .unwrap();
    pools.reserve(&terms, (user(1), tier(1)), Amount::new(20));
    assert_eq!(pools.progress(&terms, user(1), tier(1)), None);
    assert_eq!(pools.reserved(user(1), tier(1)), Amount::new(20));
}

#[test]
fn a_tree_that_is_full_ends_the_reserves_of_its_places_only() {
    let terms = terms(Some(2), None, ReserveTerms::OptIn);
    let mut pools = placed(&terms, 4);
    for number in [2, 4] {
        pools.reserve(&terms, (user(number), tier(1)), Amount::new(5));
    }
    let ended = pools.close(&terms, tier(1), tree(1));
    assert_eq!(ended, [(user(1), Amount::ZERO), (user(2), Amount::new(5))]);
    assert_eq!(pools.reserved(user(4), tier(1)), Amount::new(5));
    for number in [1, 2] {
        pools.place_next(&terms, tier(3), user(number));
    }
    let ended = pools.close(&terms, tier(3), tree(1));
    assert_eq!(ended, [], "no tier is above the last");
}

#[test]
fn a_tree_that_is_to_close_later_is_due_behind_what_is_due_already() {
    let mut pools = Pools::new(2);
    pools.close_later(tier(2), tree(1));
    pools.close_later(tier(1), tree(3));
    assert_eq!(pools.next_due(), Some(Due::Close(tier(2), tree(1))));
    assert_eq!(pools.next_due(), Some(Due::Close(tier(1), tree(3))));
    assert_eq!(pools.next_due(), None);
}

#[test]
fn who_leaves_gets_every_reserve_and_chooses_no_more_in_advance() {
    let terms = terms(Some(7), None, ReserveTerms::OptIn);
    let mut pools = placed(&terms, 1);
    pools
        .choose(&terms, (user(1), tier(1)), ReserveChoice::In)
        .unwrap();
    pools
        .choose(&terms, (user(1), tier(2)), ReserveChoice::In)
        .unwrap();
    pools.reserve(&terms, (user(1), tier(1)), Amount::new(5));
    let left = [
        (tier(1), Amount::new(5)),
        (tier(2), Amount::ZERO),
        (tier(3), Amount::ZERO),
    ];
    assert_eq!(pools.leave(user(1)), left);
    pools.place_next(&terms, tier(2), user(1));
    assert!(!pools.is_reserving(user(1), tier(1)) && !pools.is_reserving(user(1), tier(2)));
}

#[test]
fn a_choice_that_changes_nothing_says_why() {
    let opt_in = terms(Some(2), None, ReserveTerms::OptIn);
    let mut pools = placed(&opt_in, 3);
    let mut choose =
        |terms: &AutoPoolTerms, number, of| pools.choose(terms, (user(number), tier(of)), ReserveChoice::In);
    assert_eq!(choose(&opt_in, 3, 3), Err(ChoiceError::NoNextTier));
    assert_eq!(
        choose(&terms(Some(2), None, ReserveTerms::Nobody), 3, 1),
        Err(ChoiceError::NoNextTier)
    );
    let forced = ReserveTerms::Forced(ForcedReserve {
        group: 2,
        first: 0,
        end: 1,
        layers: LayerSet::ALL,
    });
    assert_eq!(
        choose(&terms(Some(2), None, forced), 3, 1),
        Err(ChoiceError::NotChosen)
    );
    assert_eq!(
        choose(&opt_in, 1, 1),
        Err(ChoiceError::TierFinished),
        "its tree is full"
    );
    assert_eq!(choose(&opt_in, 3, 1), Ok(Amount::ZERO));
    assert_eq!(choose(&opt_in, 3, 1), Err(ChoiceError::Unchanged));
    assert_eq!(choose(&opt_in, 3, 2), Ok(Amount::ZERO));
    assert!(!pools.is_reserving(user(3), tier(2)), "not placed there yet");
    for _ in 0..2 {
        let out = pools.choose(&opt_in, (user(3), tier(1)), ReserveChoice::Out);
        assert_eq!(out, Ok(Amount::ZERO));
        let back = pools.choose(&opt_in, (user(3), tier(1)), ReserveChoice::In);
        assert_eq!(back, Ok(Amount::ZERO));
    }
}

#[test]
fn some_places_reserve_without_being_asked() {
    let forced = ReserveTerms::Forced(ForcedReserve {
        group: 3,
        first: 1,
        end: 3,
        layers: LayerSet::ALL,
    });
    let terms = terms(None, None, forced);
    let pools = placed(&terms, 6);
    let reserving: Vec<u32> = (1..=6)
        .filter(|number| pools.is_reserving(user(*number), tier(1)))
        .collect();
    assert_eq!(reserving, [2, 3, 5, 6]);
    let mut pools = pools;
    for number in 1..=6 {
        pools.place_next(&terms, tier(3), user(number));
    }
    let there = pools.place(&terms, user(2), tier(3));
    assert_eq!(there.map(|place| place.index), Some(1));
    let mut users = (1..=6).map(user);
    assert!(
        users.all(|user| !pools.is_reserving(user, tier(3))),
        "no tier is above"
    );
}

#[test]
fn parts_that_do_not_hold_together_are_no_pools() {
    let terms = terms(Some(7), None, ReserveTerms::OptIn);
    let mut pools = placed(&terms, 2);
    pools.place_next(&terms, tier(2), user(2));
    pools.reserve(&terms, (user(1), tier(1)), Amount::new(5));
    let (seats, tiers, reserves) = (pools.seats(), pools.tiers(), pools.reserves());
    let read = |seats: &Vec<_>, tiers: &Vec<_>, reserves: &BTreeMap<_, _>| {
        Pools::from_parts(seats.clone(), tiers.clone(), reserves.clone()).is_some()
    };
    assert!(read(seats, tiers, reserves));
    let mut wrong = seats.clone();
    wrong[1].first = Some(0);
    assert!(!read(&wrong, tiers, reserves), "a place of someone else");
    let mut wrong = seats.clone();
    wrong.pop();
    assert!(!read(&wrong, tiers, reserves), "a node of an unknown user");
    let mut wrong = tiers.clone();
    wrong[1].places.insert(user(1), 0);
    assert!(!read(seats, &wrong, reserves), "two users in one place");
    for (key, amount) in [
        ((user(3), tier(1)), 1),
        ((user(1), tier(4)), 1),
        ((user(1), tier(1)), 0),
    ] {
        let mut wrong = reserves.clone();
        wrong.insert(key, Amount::new(amount));
        assert!(!read(seats, tiers, &wrong), "{key:?}");
    }
}
