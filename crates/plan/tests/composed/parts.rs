//! Facts with very few legs each: together they bring what one fact would, in its order, and no account is short in between.

use super::*;

/// Applies a cause and what continues it, and says what all of it did. Checks the size of every fact and the balances after it.
fn in_parts(
    book: &mut Book,
    balances: &mut BTreeMap<Account, i128>,
    cause: &Cause,
    max: usize,
) -> Result<(Outcome, u32), TestCaseError> {
    let (mut whole, mut out) = (Outcome::default(), Outcome::default());
    book.apply(cause, &mut out);
    let first = out.effects.last().copied();
    let said = match first {
        Some(Effect::Continues { parts, legs, amount }) => Some((parts, legs, amount)),
        _ => None,
    };
    prop_assert_eq!(said.is_some(), book.next_part().is_some());
    prop_assert_eq!(
        said.map_or(0, |(parts, ..)| parts - 1),
        book.parts_left(),
        "parts to come"
    );
    let mut count = 1;
    loop {
        out.effects
            .retain(|effect| !matches!(effect, Effect::Continues { .. }));
        prop_assert!(out.legs.len() <= max && out.effects.len() <= max, "{out:?}");
        fold(balances, &out.legs);
        for (account, balance) in &*balances {
            let is_open = matches!(account.kind(), AccountKind::Custody | AccountKind::Clearing);
            prop_assert!(is_open || *balance >= 0, "{} has {}", account, balance);
        }
        whole.legs.append(&mut out.legs);
        whole.effects.append(&mut out.effects);
        let Some(part) = book.next_part() else { break };
        count += 1;
        prop_assert_eq!(part, count);
        book.apply(&Cause::Continued { part }, &mut out);
    }
    if let Some((parts, legs, amount)) = said {
        let sum: u128 = whole.legs.iter().map(|leg| leg.amount.base_units()).sum();
        prop_assert_eq!(
            (parts, legs as usize, amount.base_units()),
            (count, whole.legs.len(), sum)
        );
    }
    Ok((whole, count - 1))
}

fn cut(variant: &Variant, seed: u8, max: usize) -> Result<u32, TestCaseError> {
    let (world, happened) = histories::history(variant, 150, seed);
    let [plan, _] = &world.versions;
    let mut book = Book::new(plan.clone())
        .with_versions(world.versions.to_vec())
        .with_legs_max(max);
    let mut balances = BTreeMap::new();
    let mut continued = 0;
    for (cause, expected) in &happened {
        let (whole, parts) = in_parts(&mut book, &mut balances, cause, max)?;
        prop_assert_eq!(&whole.legs, &expected.legs, "{:?}", cause);
        prop_assert_eq!(&whole.effects, &expected.effects, "{:?}", cause);
        continued += parts;
    }
    Ok(continued)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn parts_bring_what_one_fact_would(
        kind in prop_oneof![
            Just(Kind::Subscription), Just(Kind::Binary), Just(Kind::Orders), Just(Kind::Campaign)
        ],
        bits in any::<u32>(),
        seed in any::<u8>(),
        max in 1usize..9,
    ) {
        cut(&Variant { kind, bits }, seed, max)?;
    }
}

#[test]
fn facts_of_every_kind_of_plan_are_cut() {
    for kind in [Kind::Subscription, Kind::Binary, Kind::Orders, Kind::Campaign] {
        let continued = cut(&Variant { kind, bits: 0 }, 3, 2).unwrap();
        assert!(continued > 50, "{kind:?}: {continued}");
    }
}

/// A book that has more to say than one fact may, and what of it one fact says.
fn amid() -> (Book, Vec<(Cause, Outcome)>, usize) {
    let variant = Variant {
        kind: Kind::Subscription,
        bits: 0,
    };
    let (world, happened) = histories::history(&variant, 150, 3);
    let [plan, _] = &world.versions;
    let mut book = Book::new(plan.clone())
        .with_versions(world.versions.to_vec())
        .with_legs_max(2);
    let mut out = Outcome::default();
    for (place, (cause, _)) in happened.iter().enumerate() {
        book.apply(cause, &mut out);
        if book.parts_left() > 1 {
            return (book, happened, place);
        }
        while let Some(part) = book.next_part() {
            book.apply(&Cause::Continued { part }, &mut out);
        }
    }
    panic!("nothing was cut");
}

#[test]
fn only_the_next_part_continues_a_fact() {
    let (mut book, _, _) = amid();
    let next = book.next_part().unwrap();
    let mut out = Outcome::default();
    for part in [0, next - 1, next + 1, u32::MAX] {
        book.apply(&Cause::Continued { part }, &mut out);
        let cause = plan::IgnoredCause::NothingToContinue;
        assert_eq!(out.effects, [Effect::CommandIgnored { cause }], "{part}");
        assert!(out.legs.is_empty() && book.next_part() == Some(next), "{part}");
    }
    assert!(
        book.encode().is_none(),
        "memory in the middle of a fact is not kept"
    );
    while let Some(part) = book.next_part() {
        book.apply(&Cause::Continued { part }, &mut out);
    }
    book.apply(&Cause::Continued { part: 2 }, &mut out);
    let cause = plan::IgnoredCause::NothingToContinue;
    assert_eq!(out.effects, [Effect::CommandIgnored { cause }]);
}

#[test]
fn a_fact_that_interrupts_another_is_told_and_loses_nothing() {
    let (mut book, happened, place) = amid();
    let (mut expected, mut out) = (book.clone().uncut(), Outcome::default());
    let left = book.legs_left().to_vec();
    assert!(!left.is_empty());
    book = book.uncut();
    let (next, _) = &happened[place + 1];
    book.apply(next, &mut out);
    let interrupted = Effect::Discrepancy {
        cause: plan::DiscrepancyCause::Interrupted,
    };
    assert_eq!(out.effects.last(), Some(&interrupted));
    assert!(out.legs.ends_with(&left));
    // What was left, and then the cause: the same state.
    let mut unused = Outcome::default();
    while let Some(part) = expected.next_part() {
        expected.apply(&Cause::Continued { part }, &mut unused);
    }
    expected.apply(next, &mut unused);
    assert_eq!(out.legs[..out.legs.len() - left.len()], unused.legs);
}

#[test]
fn a_book_without_a_limit_does_nothing_to_continue() {
    let (book, happened, place) = amid();
    let mut uncut = Book::new(book.plan().clone()).uncut();
    let mut out = Outcome::default();
    for (cause, expected) in &happened[..=place] {
        uncut.apply(cause, &mut out);
        assert_eq!(out.legs, expected.legs);
        uncut.apply(&Cause::Continued { part: 2 }, &mut out);
        assert!(out.legs.is_empty() && out.effects.is_empty());
    }
}
