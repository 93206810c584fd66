//! Golden vectors of words that are not signed: outcomes of batches and parts of liabilities trees. Made by
//! `contracts/vectors/generate.mjs`, read by forge tests, too.

use std::str::FromStr;

use abi::payouts::{Payout, PayoutEffect, PayoutOutcome, hash_of};
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::SolValue;
use serde::Deserialize;

#[derive(Deserialize)]
struct Outcomes {
    lists: Vec<List>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    name: String,
    entries: Vec<Entry>,
    payouts: Vec<B256>,
    list_hash: B256,
    outcomes: Vec<B256>,
    outcome_hash: B256,
}

#[derive(Deserialize)]
struct Entry {
    user: Address,
    target: String,
    effect: String,
    amount: String,
}

#[derive(Deserialize)]
struct Parts {
    trees: Vec<Tree>,
}

#[derive(Deserialize)]
struct Tree {
    root: B256,
    total: String,
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    first: usize,
    leaves: Vec<B256>,
    proof: Vec<Sibling>,
    list_hash: B256,
}

#[derive(Deserialize)]
struct Sibling {
    hash: B256,
    sum: String,
}

/// A node of a liabilities tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Node {
    hash: B256,
    sum: U256,
}

impl Entry {
    fn outcome(&self) -> PayoutOutcome {
        let amount = number(&self.amount);
        let effect = match self.effect.as_str() {
            "sent" => PayoutEffect::Sent(amount),
            "credited" => PayoutEffect::Credited(amount),
            "skipped" => PayoutEffect::Skipped,
            unknown => panic!("an unknown effect {unknown}"),
        };
        PayoutOutcome {
            user: self.user,
            effect,
        }
    }
}

impl Node {
    fn leaf(word: B256) -> Self {
        let (user, entitled) = word.split_at(Address::len_bytes());
        let sum = U256::from_be_slice(entitled);
        Self {
            hash: keccak256((Address::from_slice(user), sum).abi_encode()),
            sum,
        }
    }

    fn join(self, other: Self) -> Self {
        let (left, right) = if self.hash <= other.hash {
            (self, other)
        } else {
            (other, self)
        };
        Self {
            hash: keccak256((left.hash, left.sum, right.hash, right.sum).abi_encode()),
            sum: self.sum + other.sum,
        }
    }
}

fn number<T: FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a number")
}

/// The node above all of these leaves; an odd last node moves up.
fn node_above(leaves: &[B256]) -> Node {
    let mut level: Vec<Node> = leaves.iter().copied().map(Node::leaf).collect();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match *pair {
                [left, right] => left.join(right),
                [alone] => alone,
                _ => unreachable!("chunks of two"),
            })
            .collect();
    }
    level[0]
}

#[test]
fn words_and_hashes_of_batches_are_those_of_the_vectors() {
    let vectors: Outcomes =
        serde_json::from_str(include_str!("../vectors/outcomes.json")).expect("well formed vectors");
    assert_eq!(vectors.lists.len(), 4);
    for list in &vectors.lists {
        for (k, entry) in list.entries.iter().enumerate() {
            let payout = Payout {
                user: entry.user,
                target: number(&entry.target),
            };
            assert_eq!(payout.word(), Ok(list.payouts[k]), "{}", list.name);
            assert_eq!(entry.outcome().word(), Ok(list.outcomes[k]), "{}", list.name);
        }
        assert_eq!(list.entries.len(), list.outcomes.len(), "{}", list.name);
        assert_eq!(hash_of(&list.payouts), list.list_hash, "{}", list.name);
        assert_eq!(hash_of(&list.outcomes), list.outcome_hash, "{}", list.name);
    }
}

#[test]
fn every_part_of_a_tree_leads_to_its_root() {
    let vectors: Parts =
        serde_json::from_str(include_str!("../vectors/parts.json")).expect("well formed vectors");
    for tree in &vectors.trees {
        let whole = Node {
            hash: tree.root,
            sum: number(&tree.total),
        };
        for part in &tree.parts {
            let siblings = part.proof.iter().map(|sibling| Node {
                hash: sibling.hash,
                sum: number(&sibling.sum),
            });
            let arrived = siblings.fold(node_above(&part.leaves), Node::join);
            assert_eq!(arrived, whole, "the part from leaf {}", part.first);
            assert_eq!(hash_of(&part.leaves), part.list_hash);
        }
    }
}
