//! A tree built leaf after leaf is the tree built of all leaves.
#![expect(
    clippy::unwrap_used,
    reason = "what a test prepares must succeed, or the test fails"
)]

use alloy_primitives::{Address, B256, U256};
use audit::liabilities::{BLOCK_LEVEL, Fold, Leaf, Tree, TreeError, verify};
use money::Amount;

fn leaves(count: u32) -> Vec<Leaf> {
    (1..=count)
        .map(|number| Leaf {
            wallet: Address::from_word(B256::from(U256::from(u64::from(number) * 7))),
            entitled: Amount::new(u128::from(number) * 3),
        })
        .collect()
}

fn folded(leaves: &[Leaf]) -> audit::liabilities::Folded {
    let mut fold = Fold::default();
    for leaf in leaves {
        fold.push(leaf).unwrap();
    }
    fold.finish().unwrap()
}

#[test]
fn root_total_and_proofs_are_those_of_the_whole_tree() {
    for count in [1, 2, 3, 5, 255, 256, 257, 511, 512, 513, 769, 1_025, 3_000] {
        let leaves = leaves(count);
        let tree = Tree::build(leaves.clone()).unwrap();
        let folded = folded(&leaves);
        assert_eq!(
            (folded.hash(), folded.total()),
            (tree.root(), tree.total()),
            "{count}"
        );
        assert_eq!(folded.leaves, leaves.len());
        for (place, leaf) in leaves.iter().enumerate().step_by(97) {
            let block = place >> BLOCK_LEVEL;
            let first = folded
                .upper
                .iter()
                .find(|node| node.level == BLOCK_LEVEL && node.place == block)
                .unwrap();
            let begin = block << BLOCK_LEVEL;
            assert_eq!(first.first_wallet, leaves[begin].wallet);
            let end = leaves.len().min(begin + (1 << BLOCK_LEVEL));
            let part = Tree::build(leaves[begin..end].to_vec()).unwrap();
            assert_eq!(part.root(), first.node.hash);
            let mut path = part.proof(leaf.wallet).unwrap();
            for level in BLOCK_LEVEL.. {
                let partner = (block >> (level - BLOCK_LEVEL)) ^ 1;
                if !folded.upper.iter().any(|node| node.level == level) {
                    break;
                }
                let node =
                    |node: &&audit::liabilities::UpperNode| node.level == level && node.place == partner;
                path.extend(folded.upper.iter().find(node).map(|found| found.node));
            }
            assert_eq!(Some(&path), tree.proof(leaf.wallet).as_ref(), "{count} {place}");
            verify(tree.root(), tree.total(), leaf, &path).unwrap();
        }
    }
}

#[test]
fn what_makes_no_tree_is_refused() {
    assert_eq!(Fold::default().finish(), Err(TreeError::Empty));
    let leaves = leaves(2);
    let mut fold = Fold::default();
    fold.push(&leaves[1]).unwrap();
    assert_eq!(
        fold.push(&leaves[0]),
        Err(TreeError::WalletTwice(leaves[0].wallet))
    );
    let nothing = Leaf {
        entitled: Amount::ZERO,
        ..leaves[0]
    };
    assert_eq!(
        Fold::default().push(&nothing),
        Err(TreeError::ZeroLeaf(nothing.wallet))
    );
    let mut fold = Fold::default();
    let huge = |leaf: &Leaf| Leaf {
        entitled: audit::liabilities::SUM_MAX,
        ..*leaf
    };
    fold.push(&huge(&leaves[0])).unwrap();
    assert_eq!(fold.push(&huge(&leaves[1])), Err(TreeError::SumTooLarge));
}
