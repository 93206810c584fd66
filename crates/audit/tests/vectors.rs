//! Trees that another implementation built, and that the contract's tests read, too.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use alloy_primitives::{Address, B256};
use audit::liabilities::{Leaf, SumNode, Tree, TreeError, verify};
use money::Amount;
use serde_json::Value;

const VECTORS: &str = include_str!("../../../abi/vectors/liabilities.json");
const PARTS: &str = include_str!("../../../abi/vectors/parts.json");

fn text<T: std::str::FromStr<Err: std::fmt::Debug>>(json: &Value, name: &str) -> T {
    json[name].as_str().unwrap().parse().unwrap()
}

fn leaf(json: &Value) -> Leaf {
    Leaf {
        wallet: text(json, "user"),
        entitled: text(json, "entitled"),
    }
}

fn proof(json: &Value) -> Vec<SumNode> {
    let nodes = json["proof"].as_array().unwrap().iter();
    nodes
        .map(|node| SumNode {
            hash: text(node, "hash"),
            sum: text(node, "sum"),
        })
        .collect()
}

#[test]
fn roots_totals_and_proofs_are_those_of_the_other_implementation() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let trees = vectors["trees"].as_array().unwrap();
    assert!(trees.len() > 5, "only {} trees", trees.len());
    let mut compared = 0;
    for wanted in trees {
        let leaves = wanted["leaves"].as_array().unwrap();
        // The contract would take a leaf of nothing; we never make one.
        if let Some(zero) = leaves.iter().map(leaf).find(|leaf| leaf.entitled.is_zero()) {
            let refused = Tree::build(leaves.iter().map(leaf).collect()).unwrap_err();
            assert_eq!(refused, TreeError::ZeroLeaf(zero.wallet));
            continue;
        }
        compared += 1;
        let tree = Tree::build(leaves.iter().map(leaf).collect()).unwrap();
        assert_eq!(tree.root(), text::<B256>(wanted, "root"));
        assert_eq!(tree.total(), text::<Amount>(wanted, "total"));
        for wanted in leaves {
            let leaf = leaf(wanted);
            let proof = proof(wanted);
            assert_eq!(tree.proof(leaf.wallet).unwrap(), proof);
            verify(tree.root(), tree.total(), &leaf, &proof).unwrap();
        }
    }
    assert_eq!(compared, 6, "trees that were compared");
}

#[test]
fn parts_and_their_proofs_are_those_of_the_other_implementation() {
    let vectors: Value = serde_json::from_str(PARTS).unwrap();
    let mut compared = 0;
    for wanted in vectors["trees"].as_array().unwrap() {
        let parts = wanted["parts"].as_array().unwrap();
        let whole = parts
            .iter()
            .find(|part| part["proof"].as_array().unwrap().is_empty());
        let leaves = words(whole.unwrap());
        if leaves.iter().any(|leaf| leaf.entitled.is_zero()) {
            continue;
        }
        let tree = Tree::build(leaves).unwrap();
        assert_eq!(tree.root(), text::<B256>(wanted, "root"));
        for wanted in parts {
            let first = usize::try_from(wanted["first"].as_u64().unwrap()).unwrap();
            let leaves = words(wanted);
            // At the tree's end a part may have fewer leaves than its node could have.
            let part = (0..10)
                .filter_map(|height| tree.part(first, height))
                .find(|part| part.leaves == leaves);
            assert_eq!(part.unwrap().proof, proof(wanted));
            compared += 1;
        }
    }
    assert!(compared > 20, "only {compared} parts");
}

/// The leaves of a part: address, then 96 bits.
fn words(part: &Value) -> Vec<Leaf> {
    let words = part["leaves"].as_array().unwrap().iter();
    let leaf = |word: B256| {
        let (wallet, entitled) = word.split_at(20);
        let entitled = entitled.iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte));
        Leaf {
            wallet: Address::from_slice(wallet),
            entitled: Amount::new(entitled),
        }
    };
    words
        .map(|word| leaf(word.as_str().unwrap().parse().unwrap()))
        .collect()
}
