//! The whole verification: order, hash chain, every table, and the sums.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use ledger::{AccountId, BatchHasher, BatchHeader, Phase, Reason, Transfer, TransferId};
use plan::Book;

use crate::books::{BatchRow, Books, PayoutBatchRow, PostedFact, Snapshot, TransferRow};
use crate::recount::Recount;
use crate::{Discrepancy, compare, sums};

/// Everything in which a snapshot is not what follows from its facts. They are applied to `empty`, a book with the plan and
/// the versions that may follow it.
pub fn verify(empty: &Book, snapshot: &Snapshot) -> Vec<Discrepancy> {
    let mut out = Vec::new();
    check_facts(snapshot, &mut out);
    let mut recount = Recount::new(empty.clone())
        .funded_after(snapshot.books.funded_after)
        .recorded_after(snapshot.books.recorded_after);
    for fact in &snapshot.facts {
        recount.apply(fact);
    }
    let books = recount.into_books();
    check_batches(snapshot, &books, &mut out);
    check_tables(&books, &snapshot.books, &mut out);
    sums::check(&snapshot.books, &mut out);
    out
}

/// Numbers without gaps, and stored causes that are those which were fingerprinted.
fn check_facts(snapshot: &Snapshot, out: &mut Vec<Discrepancy>) {
    let differs = |fact: &PostedFact, expected: String, found: String| Discrepancy::Differs {
        table: "fact",
        key: fact.seq.to_string(),
        expected,
        found,
    };
    for (fact, expected) in snapshot.facts.iter().zip(1u64..) {
        if fact.seq != expected {
            out.push(differs(
                fact,
                format!("number {expected}"),
                format!("number {}", fact.seq),
            ));
            return;
        }
        if fact.inbox_seq != Some(fact.seq) {
            let found = format!("inbox.fact_seq {:?}", fact.inbox_seq);
            out.push(differs(fact, format!("inbox.fact_seq {}", fact.seq), found));
        }
        if fact.fingerprint != fact.fingerprint_of_cause {
            let expected = format!("fingerprint {}", fact.fingerprint_of_cause);
            out.push(differs(
                fact,
                expected,
                format!("fingerprint {}", fact.fingerprint),
            ));
        }
    }
}

/// The chain of hashes, over the transfers that ought to be.
fn check_batches(snapshot: &Snapshot, books: &Books, out: &mut Vec<Discrepancy>) {
    let mut expected = BTreeMap::new();
    let (mut prev_hash, mut first_fact) = (B256::ZERO, 1u64);
    for ((seq, found), number) in snapshot.batches.iter().zip(1u64..) {
        let header = BatchHeader {
            seq: number,
            first_fact,
            last_fact: found.last_fact,
            block_number: found.block_number,
            block_hash: found.block_hash,
        };
        let mut hasher = BatchHasher::new(prev_hash, &header);
        for fact in facts_of(snapshot, &header) {
            hasher.fact(fact.seq, fact.fingerprint_of_cause);
            if fact.batch_seq != *seq {
                out.push(Discrepancy::Differs {
                    table: "fact",
                    key: fact.seq.to_string(),
                    expected: format!("batch {seq}"),
                    found: format!("batch {}", fact.batch_seq),
                });
            }
        }
        let transfers = books
            .transfers
            .range((header.first_fact, 0)..=(header.last_fact.max(header.first_fact), u32::MAX));
        let mut count = 0u64;
        for transfer in transfers.filter_map(|(key, row)| as_transfer(*key, row)) {
            hasher.transfer(&transfer);
            count = count.saturating_add(1);
        }
        let row = BatchRow {
            first_fact,
            transfers: count,
            prev_hash,
            hash: hasher.finish(),
            ..found.clone()
        };
        // What is stored is what the next batch was built on: one changed hash is one finding, not all after it.
        prev_hash = row.hash;
        first_fact = found.last_fact.saturating_add(1);
        expected.insert(number, row);
    }
    compare("posting_batch", &expected, &snapshot.batches, out);
    let facts = snapshot.facts.last().map_or(0, |fact| fact.seq);
    if first_fact.saturating_sub(1) != facts {
        out.push(Discrepancy::SumsDiffer {
            left: "the last fact of all batches",
            left_sum: first_fact.saturating_sub(1).to_string(),
            right: "the last fact",
            right_sum: facts.to_string(),
        });
    }
}

fn facts_of<'a>(snapshot: &'a Snapshot, header: &BatchHeader) -> &'a [PostedFact] {
    let start = snapshot
        .facts
        .partition_point(|fact| fact.seq < header.first_fact);
    let end = snapshot
        .facts
        .partition_point(|fact| fact.seq <= header.last_fact);
    snapshot.facts.get(start..end).unwrap_or_default()
}

fn as_transfer((fact_seq, leg): (u64, u32), row: &TransferRow) -> Option<Transfer> {
    Some(Transfer {
        fact_seq,
        leg,
        debit: AccountId::new(row.debit)?,
        credit: AccountId::new(row.credit)?,
        amount: row.amount,
        reason: Reason::by_code(row.reason)?,
        phase: Phase::by_code(row.phase)?,
        resolves: row.resolves.map(|(fact_seq, leg)| TransferId { fact_seq, leg }),
    })
}

fn check_tables(expected: &Books, found: &Books, out: &mut Vec<Discrepancy>) {
    compare("transfer", &expected.transfers, &found.transfers, out);
    compare("account", &expected.accounts, &found.accounts, out);
    compare("balance", &expected.balances, &found.balances, out);
    compare("users", &expected.users, &found.users, out);
    compare("deposit", &expected.deposits, &found.deposits, out);
    compare("pool_tree", &expected.trees, &found.trees, out);
    compare("pool_node", &expected.nodes, &found.nodes, out);
    compare("reward", &expected.rewards, &found.rewards, out);
    compare("reward_forfeited", &expected.forfeited, &found.forfeited, out);
    compare(
        "pending_resolution",
        &expected.resolutions,
        &found.resolutions,
        out,
    );
    compare("payout", &expected.payouts, &found.payouts, out);
    compare_payout_batches(expected, found, out);
    compare("claim", &expected.claims, &found.claims, out);
    compare("user_income", &expected.incomes, &found.incomes, out);
    compare("reserve_choice", &expected.choices, &found.choices, out);
    compare(
        "component_effect",
        &expected.component_effects,
        &found.component_effects,
        out,
    );
    compare("accrual", &expected.accruals, &found.accruals, out);
    compare("continued_fact", &expected.continued, &found.continued, out);
    compare(
        "withholding_record",
        &expected.withholdings,
        &found.withholdings,
        out,
    );
    compare(
        "withholding_year",
        &expected.withholding_years,
        &found.withholding_years,
        out,
    );
    compare("binary_pair", &expected.pairs, &found.pairs, out);
    compare("member_record", &expected.members, &found.members, out);
    compare("discrepancy", &expected.discrepancies, &found.discrepancies, out);
}

/// What facts say of payout batches that operators requested. A batch that only the chain knows has no row, and one
/// that waits for its first fact has a row in which nothing follows from facts yet.
fn compare_payout_batches(expected: &Books, found: &Books, out: &mut Vec<Discrepancy>) {
    let is_ours =
        |id: &B256, row: &PayoutBatchRow| row.held_fact.is_some() || found.payout_batches.contains_key(id);
    let mut rows: BTreeMap<B256, PayoutBatchRow> = found
        .payout_batches
        .keys()
        .map(|id| (*id, PayoutBatchRow::default()))
        .collect();
    rows.extend(
        expected
            .payout_batches
            .iter()
            .filter(|(id, row)| is_ours(id, row))
            .map(|(id, row)| (*id, row.clone())),
    );
    compare("payout_batch", &rows, &found.payout_batches, out);
}
