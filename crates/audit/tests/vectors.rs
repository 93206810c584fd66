//! Trees that another implementation built, and that the contract's tests read, too.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use alloy_primitives::B256;
use audit::liabilities::{Leaf, SumNode, Tree, TreeError, verify};
use money::Amount;
use serde_json::Value;

const VECTORS: &str = include_str!("../../../abi/vectors/liabilities.json");

fn text<T: std::str::FromStr<Err: std::fmt::Debug>>(json: &Value, name: &str) -> T {
    json[name].as_str().unwrap().parse().unwrap()
}

fn leaf(json: &Value) -> Leaf {
    Leaf {
        wallet: text(json, "user"),
        entitled: text(json, "entitled"),
    }
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
            let nodes = wanted["proof"].as_array().unwrap().iter();
            let proof: Vec<SumNode> = nodes
                .map(|node| SumNode {
                    hash: text(node, "hash"),
                    sum: text(node, "sum"),
                })
                .collect();
            assert_eq!(tree.proof(leaf.wallet).unwrap(), proof);
            verify(tree.root(), tree.total(), &leaf, &proof).unwrap();
        }
    }
    assert_eq!(compared, 6, "trees that were compared");
}
