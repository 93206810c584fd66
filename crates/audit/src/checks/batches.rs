//! R8: every payout of a batch has exactly one event, and every event exactly one payout.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use money::Amount;

use crate::checks::events::{BatchEvents, LineOutcome};
use crate::checks::finding::{Findings, Sides};
use crate::checks::{
    Batch, BatchState, BreakCause, Chain, PayoutState, Severity, Snapshot, User, payout_words,
};

/// Seconds after its deadline at which a signed batch that is neither executed nor released counts as late.
pub const LATE_AFTER: u64 = 120;

/// The contract's word for a batch that was cancelled.
const CANCELLED: u64 = u64::MAX;

pub(super) fn check(snapshot: &Snapshot, chain: Option<&Chain>, out: &mut Findings) {
    let by_id: BTreeMap<B256, &Batch> = snapshot
        .books
        .batches
        .iter()
        .map(|batch| (batch.id, batch))
        .collect();
    for (id, events) in &snapshot.events.batches {
        match by_id.get(id) {
            None => {
                let sides = Sides("a batch of ours", "none");
                let detail = "the contract has events for a batch that we never requested";
                out.note(
                    format!("batch {id}"),
                    sides,
                    BreakCause::ForeignTransaction,
                    detail,
                );
            }
            Some(batch) => compare(snapshot, batch, events, out),
        }
    }
    for (id, lines) in &snapshot.events.open {
        let sides = Sides(
            "a closing event",
            format!("{} users and no closing event", lines.len()),
        );
        let detail = "the contract has events for a batch, or for leaves of a root, that it never closed";
        out.note(
            format!("payouts of {id}"),
            sides,
            BreakCause::MissingEvent,
            detail,
        );
    }
    let unheard = BatchEvents::default();
    for (id, batch) in by_id
        .iter()
        .filter(|(id, _)| !snapshot.events.batches.contains_key(*id))
    {
        compare(snapshot, batch, &unheard, out);
        let overdue = batch.deadline.map(|deadline| deadline.saturating_add(LATE_AFTER));
        let now = snapshot.position.block_timestamp;
        if let Some(overdue) = overdue.filter(|overdue| batch.state == BatchState::Signed && *overdue < now) {
            let sides = Sides(format!("an end by {overdue}"), format!("still open at {now}"));
            let detail = "a signed batch is past its deadline but neither executed nor released";
            out.note_as(
                Severity::S2,
                format!("batch {id}"),
                sides,
                BreakCause::Timing,
                detail,
            );
        }
    }
    if let Some(chain) = chain {
        states(snapshot, chain, out);
    }
}

/// What the contract itself says of each batch.
fn states(snapshot: &Snapshot, chain: &Chain, out: &mut Findings) {
    for (id, state) in &chain.batches {
        let events = snapshot.events.batches.get(id);
        let settled = events
            .and_then(|events| events.settled.first())
            .map(|settled| settled.seq);
        let is_cancelled = events.is_some_and(|events| events.is_cancelled);
        let expected = settled.unwrap_or(if is_cancelled { CANCELLED } else { 0 });
        let detail = "the contract's state of the batch, against its events";
        let subject = format!("state of batch {id}");
        out.equal(subject, expected, *state, BreakCause::MissingEvent, detail);
    }
}

fn compare(snapshot: &Snapshot, batch: &Batch, events: &BatchEvents, out: &mut Findings) {
    let subject = format!("batch {}", batch.id);
    let is_executed = batch.state == BatchState::Executed;
    let detail = "executions of the batch that the ledger posted, against closing events";
    let expected = events.settled.len();
    let cause = match expected {
        0 => BreakCause::MissingEvent,
        1 => BreakCause::MissingLedger,
        2.. => BreakCause::Duplicate,
    };
    out.equal(&subject, expected, usize::from(is_executed), cause, detail);
    if events.is_cancelled && !matches!(batch.state, BatchState::Released) {
        let sides = Sides("released", format!("{:?}", batch.state));
        let detail = "the contract cancelled the batch, but the ledger still treats it as live";
        out.note(
            format!("cancelled {subject}"),
            sides,
            BreakCause::MissingLedger,
            detail,
        );
    }
    if let Some(settled) = events.settled.first() {
        payout_words::closing(&subject, settled, &events.lines, out);
        let detail = "hash of the covered rewards, as it was sealed and as it was executed";
        let sealed = batch.manifest_hash.unwrap_or_default();
        let cause = BreakCause::Tampering;
        out.equal(
            format_args!("manifest of {subject}"),
            sealed,
            settled.manifest_hash.unwrap_or_default(),
            cause,
            detail,
        );
        let list = list_hash(batch, &events.lines, &snapshot.books.users);
        let detail = "hash of the list of targets, recomputed from the payouts, and as it was executed";
        out.equal(
            format_args!("list of {subject}"),
            list,
            settled.list_hash,
            cause,
            detail,
        );
    }
    lines(snapshot, batch, events, out);
}

fn lines(snapshot: &Snapshot, batch: &Batch, events: &BatchEvents, out: &mut Findings) {
    let mut heard: BTreeMap<Address, Vec<LineOutcome>> = BTreeMap::new();
    for (user, line) in &events.lines {
        heard.entry(*user).or_default().push(*line);
    }
    for payout in &batch.payouts {
        let wallet = snapshot.books.users.get(&payout.user).map(|user| user.wallet);
        let heard = wallet
            .and_then(|wallet| heard.remove(&wallet))
            .unwrap_or_default();
        let posted = match payout.state {
            PayoutState::Executed => vec![LineOutcome::Executed(payout.settled)],
            PayoutState::Credited => vec![LineOutcome::Credited(payout.settled)],
            PayoutState::Skipped => vec![LineOutcome::Skipped],
            PayoutState::Held | PayoutState::Released => Vec::new(),
        };
        if heard != posted {
            let cause = match (heard.len(), posted.len()) {
                (0, _) => BreakCause::MissingEvent,
                (_, 0) => BreakCause::MissingLedger,
                (1, _) => BreakCause::Amount,
                (2.., _) => BreakCause::Duplicate,
            };
            let sides = Sides(in_words(&heard), in_words(&posted));
            let detail = "a line of the batch: events against ledger";
            out.note(
                format!("user {} of batch {}", payout.user, batch.id),
                sides,
                cause,
                detail,
            );
        }
    }
    for (wallet, heard) in heard {
        let sides = Sides(in_words(&heard), "no line".to_owned());
        let detail = "the batch paid or credited a wallet that is not on its list";
        let subject = format!("wallet {wallet} of batch {}", batch.id);
        out.note(subject, sides, BreakCause::ForeignTransaction, detail);
    }
}

fn in_words(lines: &[LineOutcome]) -> String {
    let words = lines.iter().map(|line| match line {
        LineOutcome::Executed(amount) => format!("executed {amount}"),
        LineOutcome::Credited(amount) => format!("credited {amount}"),
        LineOutcome::Skipped => "skipped".to_owned(),
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        "nothing".to_owned()
    } else {
        words.join(", ")
    }
}

/// `keccak256` of the words `address ‖ target` of those whom the batch did something for.
fn list_hash(batch: &Batch, lines: &[(Address, LineOutcome)], users: &BTreeMap<u32, User>) -> B256 {
    let targets: BTreeMap<Address, Amount> = batch
        .payouts
        .iter()
        .filter_map(|payout| Some((users.get(&payout.user)?.wallet, payout.target)))
        .collect();
    payout_words::list_hash(lines, |wallet| targets.get(&wallet).copied())
}
