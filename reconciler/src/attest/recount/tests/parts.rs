//! What has to stand behind a fact that is posted in parts.

use alloy_primitives::B256;
use plan::workload::{Workload, cause};
use store::inbox::{BlockRef, Entry};

use super::super::*;

const PLAN: &str = include_str!("../../../../../plans/auto-pool.toml");

fn fact(cause: Cause, chain: Option<(u64, BlockRef)>) -> NumberedFact {
    NumberedFact {
        seq: 7,
        batch_seq: 1,
        entry: Entry {
            id: 1,
            cause,
            fingerprint: B256::ZERO,
            effective_at: 1,
            chain,
            transaction_hash: None,
        },
    }
}

/// A book in the middle of a fact, and the part that must be next.
fn amid() -> (Book, u32) {
    let plan = plan::compile(PLAN).unwrap();
    let mut book = Book::new(plan.clone()).with_legs_max(2);
    let mut out = Outcome::default();
    for fact in Workload::new(&plan, 1) {
        book.apply(&cause(&plan, &fact).unwrap(), &mut out);
        if let Some(part) = book.next_part() {
            return (book, part);
        }
    }
    unreachable!("a workload has no end");
}

#[test]
fn the_next_part_needs_no_proof_and_nothing_else_may_stand_in_its_place() {
    let (book, part) = amid();
    let next = fact(Cause::Continued { part }, None);
    assert!(is_next_part(&book, &next).unwrap());
    for interrupting in [
        fact(Cause::Continued { part: part + 1 }, None),
        fact(Cause::Continued { part }, Some((1, BlockRef::default()))),
        fact(Cause::Noted, Some((1, BlockRef::default()))),
        fact(
            Cause::Reported(Report::DayEnded {
                day: plan::Day::new(1),
            }),
            None,
        ),
    ] {
        let refused = is_next_part(&book, &interrupting).unwrap_err();
        assert!(matches!(refused, RecountError::Interrupted(7)), "{refused}");
    }
}

#[test]
fn a_part_of_nothing_needs_a_proof_that_nobody_has() {
    let book = Book::new(plan::compile(PLAN).unwrap());
    let part = fact(Cause::Continued { part: 2 }, None);
    assert!(!is_next_part(&book, &part).unwrap());
    assert!(signed_message(&part.entry.cause, "a").is_none());
    assert!(!commands::is_of_operators(&part.entry.cause) && !needs_no_proof(&part.entry.cause));
}
