//! R19: the published liabilities match their leaves and what the chain holds and has paid.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use ledger::Account;
use money::Amount;

use crate::checks::events::RootEvents;
use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Chain, Root, Severity, Snapshot, leaves};
use crate::liabilities::{Leaf, Tree, verify};

/// Proofs that are made and verified per run.
pub const PROOFS_SAMPLED: usize = 100;

pub(super) fn check(snapshot: &Snapshot, chain: Option<&Chain>, out: &mut Findings) {
    let by_hash: BTreeMap<B256, &Root> = snapshot
        .books
        .roots
        .iter()
        .map(|root| (root.root, root))
        .collect();
    for root in by_hash.values() {
        of_events(snapshot, root, out);
        if let Some(leaves) = &root.leaves {
            of_leaves(snapshot, root, leaves, out);
        }
    }
    for root in snapshot
        .events
        .roots
        .keys()
        .filter(|root| !by_hash.contains_key(*root))
    {
        let sides = Sides("a tree of ours", "none");
        let detail = "the chain has a liabilities root that we never built";
        out.note_as(
            Severity::S1,
            format!("root {root}"),
            sides,
            BreakCause::ForeignTransaction,
            detail,
        );
    }
    leaves::check(snapshot, &by_hash, out);
    if let Some(chain) = chain {
        of_contract(snapshot, chain, out);
    }
}

fn of_events(snapshot: &Snapshot, root: &Root, out: &mut Findings) {
    let words = |published: bool, vetoed: bool| match (published, vetoed) {
        (_, true) => "vetoed",
        (true, false) => "published",
        (false, false) => "not published",
    };
    let events = snapshot.events.roots.get(&root.root);
    let expected = words(events.is_some(), events.is_some_and(RootEvents::is_withdrawn));
    let actual = words(root.is_published, root.is_vetoed);
    let detail = "the root by its events, and by the ledger";
    let subject = format!("state of root {}", root.root);
    out.equal(subject, expected, actual, BreakCause::MissingLedger, detail);
    if let Some(events) = events {
        let detail = "what was published of the tree, against what was built";
        let cause = BreakCause::Amount;
        out.equal(
            format_args!("total of root {}", root.root),
            root.total,
            events.total,
            cause,
            detail,
        );
        let subject = format!("extent of root {}", root.root);
        out.equal(subject, root.as_of_seq, events.as_of_seq, cause, detail);
    }
}

fn of_contract(snapshot: &Snapshot, chain: &Chain, out: &mut Findings) {
    let words = |root: Option<B256>| root.map_or("none".to_owned(), |root| root.to_string());
    let latest = snapshot.events.latest_root().map(|(root, _)| root);
    let detail = "newest valid root, by the events and by the contract";
    let cause = BreakCause::MissingEvent;
    out.equal(
        "latest root",
        words(latest),
        words(chain.latest_root),
        cause,
        detail,
    );
    for (root, total) in &chain.roots {
        if let Some(events) = snapshot.events.roots.get(root) {
            let detail = "total of the root by its event, and by the contract";
            let subject = format!("contract total of root {root}");
            out.equal(subject, events.total, *total, BreakCause::Amount, detail);
        }
    }
}

/// The tree is that of its leaves, its proofs hold, and no leaf promises what its user is not entitled to.
fn of_leaves(snapshot: &Snapshot, root: &Root, leaves: &[Leaf], out: &mut Findings) {
    let cause = BreakCause::Tampering;
    let tree = match Tree::build(leaves.to_vec()) {
        Ok(tree) => tree,
        Err(error) => {
            let sides = Sides("a tree", error);
            let detail = "no tree can be built from the stored leaves";
            return out.note(format!("tree of root {}", root.root), sides, cause, detail);
        }
    };
    let detail = "the tree of the stored leaves, against what was built";
    out.equal(
        format_args!("tree of root {}", root.root),
        root.root,
        tree.root(),
        cause,
        detail,
    );
    out.equal(
        format_args!("sum of root {}", root.root),
        root.total,
        tree.total(),
        cause,
        detail,
    );
    let stride = tree.leaves().len().div_ceil(PROOFS_SAMPLED).max(1);
    for leaf in tree.leaves().iter().step_by(stride) {
        let proof = tree.proof(leaf.wallet).unwrap_or_default();
        if let Err(error) = verify(tree.root(), tree.total(), leaf, &proof) {
            let sides = Sides("a proof that holds".to_owned(), error.to_string());
            let detail = "a proof out of the tree";
            out.note(format!("proof of {}", leaf.wallet), sides, cause, detail);
        }
    }
    promised(snapshot, leaves, out);
}

/// Entitlements never fall, so no leaf of the past can be above what its user is entitled to now.
fn promised(snapshot: &Snapshot, leaves: &[Leaf], out: &mut Findings) {
    let mut available: BTreeMap<u32, Amount> = BTreeMap::new();
    for row in &snapshot.books.balances {
        if let Account::Available(user) = row.account {
            available.insert(user.get(), row.credits_posted.saturating_sub(row.debits_posted));
        }
    }
    let entitled: BTreeMap<Address, Amount> = snapshot
        .books
        .users
        .iter()
        .map(|(id, user)| {
            let available = available.get(id).copied().unwrap_or_default();
            (
                user.wallet,
                user.paid.checked_add(available).unwrap_or(Amount::new(u128::MAX)),
            )
        })
        .collect();
    for leaf in leaves {
        let entitled = entitled.get(&leaf.wallet).copied().unwrap_or_default();
        if leaf.entitled > entitled {
            let sides = Sides(format!("at most {entitled}"), leaf.entitled.to_string());
            let detail = "the tree's entitlement of a wallet, against what was paid and is available";
            let subject = format!("promise to {}", leaf.wallet);
            out.note_as(Severity::S1, subject, sides, BreakCause::Amount, detail);
        }
    }
}
