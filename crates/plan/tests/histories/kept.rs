//! A book that is kept as bytes and re-read is the same book, and bytes that someone changed are none or hold together.

use plan::{BOOK_FORMAT, Book, NotABook, Outcome};
use proptest::prelude::*;

use crate::compiled;
use crate::history::{any_history, any_terms, causes};

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, .. ProptestConfig::default() })]

    #[test]
    fn a_book_that_was_kept_goes_on_as_if_it_had_not_been(
        terms in any_terms(), history in any_history(0..120), cut in 0usize..100, changes in any::<[(usize, u8); 8]>()
    ) {
        let plan = compiled(&terms);
        let causes = causes(&terms, &plan, &history);
        let (before, after) = causes.split_at(causes.len() * cut / 100);
        let (mut book, mut outcome) = (Book::new(plan.clone()), Outcome::default());
        for cause in before {
            book.apply(cause, &mut outcome);
        }
        let bytes = book.encode().unwrap();
        let mut again = Book::decode(plan.clone(), Vec::new(), &bytes).unwrap();
        prop_assert_eq!(again.state(), book.state());
        prop_assert_eq!(&again.encode().unwrap(), &bytes);
        let mut same = Outcome::default();
        for cause in after {
            book.apply(cause, &mut outcome);
            again.apply(cause, &mut same);
            prop_assert_eq!(&same, &outcome);
        }
        prop_assert_eq!(again.state(), book.state());

        for (place, byte) in changes {
            let mut changed = bytes.clone();
            let place = place % changed.len();
            changed[place] ^= byte;
            // None, or one that can be worked with: it never panics.
            if let Ok(mut other) = Book::decode(plan.clone(), Vec::new(), &changed) {
                for cause in after {
                    other.apply(cause, &mut same);
                }
            }
            changed.truncate(place);
            prop_assert_eq!(Book::decode(plan.clone(), Vec::new(), &changed).unwrap_err(), NotABook);
        }
    }
}

#[test]
fn a_book_of_another_plan_or_format_is_none() {
    let plan = plan::compile(include_str!("../../../../plans/auto-pool.toml")).unwrap();
    let other = plan::compile(&include_str!("../../../../plans/auto-pool.toml").replacen(
        "name = \"",
        "name = \"x-",
        1,
    ));
    let bytes = Book::new(plan.clone()).encode().unwrap();
    assert!(Book::decode(plan.clone(), Vec::new(), &bytes).is_ok());
    assert!(other.is_ok_and(|other| Book::decode(other, Vec::new(), &bytes).is_err()));
    let mut newer = bytes.clone();
    newer[0] = u8::try_from(BOOK_FORMAT).unwrap() + 1;
    assert!(Book::decode(plan.clone(), Vec::new(), &newer).is_err());
    assert!(Book::decode(plan, Vec::new(), &[bytes, vec![0]].concat()).is_err());
}

#[test]
fn a_book_in_the_middle_of_a_fact_is_not_kept() {
    let plan = plan::compile(include_str!("../../../../plans/auto-pool.toml")).unwrap();
    let mut book = Book::new(plan.clone()).with_legs_max(1);
    let mut out = Outcome::default();
    let mut is_cut = false;
    for fact in plan::workload::Workload::new(&plan, 1).take(20) {
        book.apply(&plan::workload::cause(&plan, &fact).unwrap(), &mut out);
        while let Some(part) = book.next_part() {
            is_cut = true;
            assert!(book.encode().is_none());
            book.apply(&plan::Cause::Continued { part }, &mut out);
        }
        assert!(book.encode().is_some());
    }
    assert!(is_cut);
}
