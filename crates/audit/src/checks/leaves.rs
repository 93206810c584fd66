//! The part of R19 about settled leaves: each call paid leaves of a published tree, and its events match exactly.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use money::Amount;

use crate::checks::events::LeavesEvents;
use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Root, Severity, Snapshot, payout_words};

pub(super) fn check(snapshot: &Snapshot, roots: &BTreeMap<B256, &Root>, out: &mut Findings) {
    // Many calls settle leaves of one tree.
    let mut entitled: BTreeMap<B256, BTreeMap<Address, Amount>> = BTreeMap::new();
    for leaves in &snapshot.events.leaves {
        let subject = format!("leaves of entry {}", leaves.settled.seq);
        payout_words::closing(&subject, &leaves.settled, &leaves.lines, out);
        of_root(snapshot, leaves, &subject, out);
        let Some(known) = roots.get(&leaves.root).and_then(|root| root.leaves.as_ref()) else {
            continue;
        };
        let entitled = entitled.entry(leaves.root).or_insert_with(|| {
            let known = known.iter().map(|leaf| (leaf.wallet, leaf.entitled));
            known.collect()
        });
        of_tree(leaves, entitled, &subject, out);
    }
}

/// The root stood when its leaves were settled.
fn of_root(snapshot: &Snapshot, leaves: &LeavesEvents, subject: &str, out: &mut Findings) {
    let root = snapshot.events.roots.get(&leaves.root);
    if root.is_none_or(|root| root.is_vetoed) {
        let sides = Sides("a published root that was not vetoed", leaves.root);
        let detail = "the contract settled leaves of a root that never matured";
        out.note_as(
            Severity::S1,
            format_args!("root of {subject}"),
            sides,
            BreakCause::MissingEvent,
            detail,
        );
    }
}

/// Whoever was paid has a leaf, got no more than it says, and the list is that of the leaves.
fn of_tree(leaves: &LeavesEvents, entitled: &BTreeMap<Address, Amount>, subject: &str, out: &mut Findings) {
    for (wallet, line) in &leaves.lines {
        let most = entitled.get(wallet).copied().unwrap_or_default();
        if line.amount() > most {
            let sides = Sides(format!("at most {most}"), line.amount().to_string());
            let detail = "paid for a leaf, against the leaf's lifetime entitlement";
            let subject = format!("wallet {wallet} of {subject}");
            out.note_as(Severity::S1, subject, sides, BreakCause::Amount, detail);
        }
    }
    let list = payout_words::list_hash(&leaves.lines, |wallet| entitled.get(&wallet).copied());
    let detail = "hash of the settled leaves, recomputed from the tree, and as it was executed";
    let subject = format_args!("list of {subject}");
    out.equal(
        subject,
        list,
        leaves.settled.list_hash,
        BreakCause::Tampering,
        detail,
    );
}
