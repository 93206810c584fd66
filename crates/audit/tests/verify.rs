//! The verification against planted faults, without a database.
#![expect(
    clippy::unwrap_used,
    reason = "what a test prepares must succeed, or the test fails"
)]

use alloy_primitives::B256;
use audit::recount::Recount;
use audit::{BatchRow, Discrepancy, PostedFact, Snapshot, verify};
use ledger::{AccountId, BatchHasher, BatchHeader, Reason, Transfer};
use money::Amount;
use plan::workload::{Workload, cause};
use plan::{Book, CompiledPlan};

const FACTS: u64 = 120;

fn plan() -> CompiledPlan {
    plan::compile(include_str!("../../../plans/auto-pool.toml")).unwrap()
}

/// Books that are right, in two batches.
fn snapshot() -> Snapshot {
    let plan = plan();
    let facts: Vec<PostedFact> = Workload::new(&plan, 7)
        .zip(1..=FACTS)
        .map(|(fact, seq)| PostedFact {
            seq,
            batch_seq: 1 + (seq - 1) / (FACTS / 2),
            inbox_seq: Some(seq),
            cause: cause(&plan, &fact).unwrap(),
            fingerprint: B256::from(alloy_primitives::U256::from(seq)),
            fingerprint_of_cause: B256::from(alloy_primitives::U256::from(seq)),
            effective_at: seq,
        })
        .collect();
    let mut recount = Recount::new(Book::new(plan));
    for fact in &facts {
        recount.apply(fact);
    }
    let mut snapshot = Snapshot {
        facts,
        books: recount.into_books(),
        ..Snapshot::default()
    };
    let mut prev_hash = B256::ZERO;
    for seq in 1..=2 {
        let batch = batch(&snapshot, seq, prev_hash);
        prev_hash = batch.hash;
        snapshot.batches.insert(seq, batch);
    }
    snapshot
}

/// The batch as posting would have sealed it.
fn batch(snapshot: &Snapshot, seq: u64, prev_hash: B256) -> BatchRow {
    let header = BatchHeader {
        seq,
        first_fact: 1 + (seq - 1) * FACTS / 2,
        last_fact: seq * FACTS / 2,
        block_number: seq,
        block_hash: B256::repeat_byte(3),
    };
    let of_batch = |fact: u64| (header.first_fact..=header.last_fact).contains(&fact);
    let mut hasher = BatchHasher::new(prev_hash, &header);
    for fact in snapshot.facts.iter().filter(|fact| of_batch(fact.seq)) {
        hasher.fact(fact.seq, fact.fingerprint);
    }
    let mut transfers = 0;
    for ((fact_seq, leg), row) in snapshot
        .books
        .transfers
        .iter()
        .filter(|((fact, _), _)| of_batch(*fact))
    {
        transfers += 1;
        hasher.transfer(&Transfer {
            fact_seq: *fact_seq,
            leg: *leg,
            debit: AccountId::new(row.debit).unwrap(),
            credit: AccountId::new(row.credit).unwrap(),
            amount: row.amount,
            reason: Reason::by_code(row.reason).unwrap(),
            phase: ledger::Phase::by_code(row.phase).unwrap(),
            resolves: row
                .resolves
                .map(|(fact_seq, leg)| ledger::TransferId { fact_seq, leg }),
        });
    }
    BatchRow {
        first_fact: header.first_fact,
        last_fact: header.last_fact,
        transfers,
        block_number: header.block_number,
        block_hash: header.block_hash,
        prev_hash,
        hash: hasher.finish(),
    }
}

/// Where the verification finds something after `fault`.
fn found_in(fault: impl FnOnce(&mut Snapshot)) -> Vec<&'static str> {
    let mut snapshot = snapshot();
    fault(&mut snapshot);
    let found = verify(&Book::new(plan()), &snapshot);
    found
        .iter()
        .map(|discrepancy| discrepancy.table().unwrap_or("sums"))
        .collect()
}

#[test]
fn right_books_have_no_discrepancy() {
    assert_eq!(verify(&Book::new(plan()), &snapshot()), []);
}

#[test]
fn one_changed_balance_is_found_in_the_table_and_in_both_sums() {
    let found = found_in(|snapshot| {
        let row = snapshot.books.balances.values_mut().next().unwrap();
        row.debits_posted = row.debits_posted.checked_add(Amount::new(1)).unwrap();
    });
    assert_eq!(found, ["balance", "sums", "sums"]);
}

#[test]
fn one_changed_transfer_is_found() {
    let found = found_in(|snapshot| {
        snapshot.books.transfers.get_mut(&(9, 0)).unwrap().amount = Amount::new(1);
    });
    assert_eq!(found, ["transfer"]);
}

#[test]
fn one_changed_reward_is_found() {
    let found = found_in(|snapshot| {
        snapshot.books.rewards.values_mut().next().unwrap().user = 99;
    });
    assert_eq!(found, ["reward"]);
}

#[test]
fn one_changed_hash_is_found_once_and_not_in_all_batches_after_it() {
    let found = found_in(|snapshot| {
        snapshot.batches.get_mut(&1).unwrap().hash = B256::repeat_byte(1);
    });
    assert_eq!(found, ["posting_batch"]);
}

#[test]
fn a_changed_cause_changes_every_hash_from_there_on() {
    let found = found_in(|snapshot| {
        snapshot.facts[2].fingerprint_of_cause = B256::repeat_byte(1);
    });
    assert_eq!(found, ["fact", "posting_batch", "posting_batch"]);
}

#[test]
fn facts_behind_the_last_batch_are_found() {
    let found = found_in(|snapshot| {
        snapshot.batches.remove(&2);
    });
    assert_eq!(found, ["sums"]);
}

#[test]
fn held_money_that_is_not_in_escrow_is_found() {
    let mut snapshot = snapshot();
    "matured".clone_into(&mut snapshot.books.deposits.get_mut(&1).unwrap().state);
    let found = verify(&Book::new(plan()), &snapshot);
    assert!(matches!(
        found[..],
        [
            Discrepancy::Differs { table: "deposit", .. },
            Discrepancy::SumsDiffer { left: "Σ held", .. }
        ]
    ));
}
