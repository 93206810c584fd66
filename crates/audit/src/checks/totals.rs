//! R1 to R4: sums over everything, each between two of contract, events and ledger.

use std::collections::BTreeMap;

use ledger::{Account, AccountKind};
use plan::{CompiledPlan, DepositKind};

use crate::checks::events::signed;
use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Chain, Counters, Deposit, DepositState, Events, Snapshot};

/// R1: what the contract has, against what the events say.
pub(super) fn balance(chain: &Chain, events: &Events, out: &mut Findings) {
    let (expected, actual) = (events.balance(), signed(chain.balance));
    if actual < expected {
        let sides = Sides(expected, actual);
        let detail = "ether of the contract, against inflows minus outflows";
        out.note("balance", sides, BreakCause::MissingEvent, detail);
    }
}

/// R1b: ether that came without a call. It only ever adds, and belongs to nobody.
pub(super) fn surplus(chain: &Chain, events: &Events, out: &mut Findings) {
    let (expected, actual) = (events.balance(), signed(chain.balance));
    if actual > expected {
        let sides = Sides(expected, actual);
        let detail = "ether of the contract beyond inflows minus outflows";
        out.note("balance", sides, BreakCause::ForcedEther, detail);
    }
}

/// R2: the contract's own sums, against those of its events.
pub(super) fn totals(chain: &Chain, events: &Events, out: &mut Findings) {
    let totals = &chain.totals;
    for (name, expected, actual) in [
        ("pushed", events.pushed(), totals.pushed),
        ("claimed", events.claimed(), totals.claimed),
        ("credited", events.credited(), totals.credited),
        ("escrowed", events.escrowed(), totals.escrowed),
    ] {
        let detail = "sum of the contract, against the sum of its events";
        out.equal(name, expected, signed(actual), BreakCause::Amount, detail);
    }
}

/// R3: nothing is missing between the first event and the block, and all of it is posted.
pub(super) fn journal(snapshot: &Snapshot, chain: &Chain, out: &mut Findings) {
    let events = &snapshot.events;
    let (seq, root) = chain.journal;
    let detail = "head of the contract's journal, against ours recomputed from the events";
    out.equal("seq", seq, events.journal_seq, BreakCause::MissingEvent, detail);
    out.equal(
        "root",
        root,
        events.journal_root,
        BreakCause::MissingEvent,
        detail,
    );
    for gap in &events.journal_gaps {
        let sides = Sides("the next entry in sequence", gap);
        let detail = "the recorded journal entries are not consecutive";
        out.note(format!("entry {gap}"), sides, BreakCause::MissingEvent, detail);
    }
    for log in &events.unreadable {
        let sides = Sides("an event of the contract", "something else");
        let detail = "a log that we recorded cannot be read";
        out.note(log, sides, BreakCause::Tampering, detail);
    }
    let detail = "last journal entry of the contract, against the last that is a fact";
    let posted = snapshot.position.chain_seq;
    out.equal("posted", seq, posted, BreakCause::MissingLedger, detail);
}

/// R4: custody, escrow and credits of the ledger, against the events.
pub(super) fn custody(snapshot: &Snapshot, out: &mut Findings) {
    let (books, events) = (&snapshot.books, &snapshot.events);
    let custody = net_of(&books.balances, |account| account == Account::Custody);
    let detail = "the ledger's custody, against inflows minus outflows";
    // Custody grows by debits.
    out.equal(
        "custody",
        events.balance(),
        custody.saturating_neg(),
        BreakCause::Amount,
        detail,
    );

    let held = net_of(&books.balances, |account| account.kind() == AccountKind::Held);
    let refunded = refunded_at(&books.deposits);
    // What the plan has no use of waits in clearing instead.
    let parked = books.deposits.iter().filter(|deposit| {
        let is_gone = refunded
            .get(&deposit.user)
            .is_some_and(|fact| *fact < deposit.fact_seq);
        deposit.state == DepositState::Held && !is_taken(&snapshot.plan, deposit, is_gone)
    });
    let parked = parked.map(|deposit| signed(deposit.amount));
    let escrow = parked.fold(held, i128::saturating_add);
    let detail = "what the ledger holds until cooling-off periods end, against the escrow";
    out.equal("escrow", events.escrowed(), escrow, BreakCause::Amount, detail);

    let credit = net_of(&books.balances, |account| account.kind() == AccountKind::Credit);
    let detail = "the ledger's credits of all users, against what was credited and not withdrawn";
    out.equal("credits", events.credited(), credit, BreakCause::Amount, detail);
}

/// Credits less debits over the accounts that `wanted` names.
pub(super) fn net_of(balances: &[Counters], wanted: impl Fn(Account) -> bool) -> i128 {
    let counted = balances.iter().filter(|row| wanted(row.account));
    counted.fold(0i128, |sum, row| sum.saturating_add(net(row)))
}

/// Credits less debits of an account.
pub(super) fn net(row: &Counters) -> i128 {
    signed(row.credits_posted).saturating_sub(signed(row.debits_posted))
}

/// When the registrations of users were refunded, by user.
fn refunded_at(deposits: &[Deposit]) -> BTreeMap<u32, u64> {
    let refunded = deposits
        .iter()
        .filter(|deposit| deposit.is_registration && deposit.state == DepositState::Refunded);
    refunded
        .filter_map(|deposit| Some((deposit.user, deposit.closed_fact?)))
        .collect()
}

/// Whether the plan has a use of a payment, whose user may be gone by then.
fn is_taken(plan: &CompiledPlan, deposit: &Deposit, is_gone: bool) -> bool {
    let kind = if deposit.is_registration {
        DepositKind::Registration
    } else {
        DepositKind::Retopup
    };
    if plan.components().binary.is_some() {
        // What is outstanding depends on earlier payments and pairs. R14 asks whether it may have been too little.
        return !deposit.is_parked;
    }
    let takes = plan.payment_bounds(kind);
    takes.is_some_and(|bounds| bounds.allow(deposit.amount)) && !(is_gone && plan.auto_pool().is_none())
}
