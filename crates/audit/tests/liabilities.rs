//! The liabilities tree against values computed by hand with another keccak, and its properties.
#![expect(
    clippy::unwrap_used,
    reason = "what a test prepares must succeed, or the test fails"
)]

use std::num::NonZeroUsize;

use alloy_primitives::{Address, B256, b256};
use audit::liabilities::{
    Header, Leaf, List, ListError, ProofError, SUM_MAX, SumNode, Tree, TreeError, verify,
};
use money::Amount;
use proptest::prelude::*;

const LEAF_1: B256 = b256!("48df01555d2f60655bdbed888812243b431db77fc91b816e9c16594efbabb409");
const LEAF_2: B256 = b256!("b85468f07ea4ecedf257fb1c8971af6a2f394270d37f5d612cdb8fcdb4915314");
const LEAF_3: B256 = b256!("7ed7b976c45bfa641976d54bc7e440cfad1fe86453fd44a4b0c5cc23440e24b5");
const LEAF_5: B256 = b256!("c94728d241603d0f121e209f4d96291d55a73825c1507d12036888033d45d052");
const NODE_12: B256 = b256!("986a9bbf60f0bc1acefc012b228c2a171d70e60c5d33ffd123e0c6c16e9041fc");
const NODE_34: B256 = b256!("d67d4985f3a608876d19cdd7044c1c29474fcffdc5ab603057b8a09f8e8659d4");
const ROOT_3: B256 = b256!("2972a6298249dd25fae874f1d3623f874e8688d8460bdf3730bdec9b4784d356");
const NODE_1234: B256 = b256!("4b79d8a7357dc2e26827e4d8505a0e1701c1f649298937187ac6e90392447bb2");
const ROOT_5: B256 = b256!("c6d86526e60f75b04b432fb657d6c4fc5e10c3fec08f167aaf1bb6a5da1a7916");

/// Wallet 0x11…11 is entitled to 100, 0x22…22 to 400, 0x33…33 to 900, and so on.
fn hand_leaf(number: u8) -> Leaf {
    Leaf {
        wallet: Address::repeat_byte(number * 0x11),
        entitled: Amount::new(100 * u128::from(number) * u128::from(number)),
    }
}

fn hand_tree(leaves: u8) -> Tree {
    Tree::build((1..=leaves).rev().map(hand_leaf).collect()).unwrap()
}

fn partner(hash: B256, sum: u128) -> SumNode {
    let sum = Amount::new(sum);
    SumNode { hash, sum }
}

#[test]
fn trees_of_one_two_three_and_five_leaves_have_the_roots_computed_by_hand() {
    for (leaves, root, total) in [
        (1, LEAF_1, 100),
        (2, NODE_12, 500),
        (3, ROOT_3, 1_400),
        (5, ROOT_5, 5_500),
    ] {
        let tree = hand_tree(leaves);
        assert_eq!(tree.root(), root, "{leaves} leaves");
        assert_eq!(tree.total(), Amount::new(total), "{leaves} leaves");
    }
}

#[test]
fn a_tree_is_one_part_when_it_fits_and_else_as_few_as_there_are() {
    let tree = hand_tree(5);
    let sizes = |max| {
        let parts = tree.parts(NonZeroUsize::new(max).unwrap());
        parts.iter().map(|part| part.leaves.len()).collect::<Vec<_>>()
    };
    assert_eq!(sizes(5), [5]);
    assert_eq!(sizes(300), [5]);
    assert_eq!(sizes(4), [4, 1]);
    assert_eq!(sizes(3), [2, 2, 1]);
    assert_eq!(sizes(1), [1; 5]);
    assert_eq!(
        tree.part(2, 2),
        None,
        "no node of four leaves begins at the third"
    );
    assert_eq!(tree.part(5, 0), None, "there is no sixth leaf");
}

#[test]
fn proofs_are_the_partners_on_the_way_and_an_odd_last_leaf_moves_up() {
    let tree = hand_tree(5);
    let proof = |number| tree.proof(hand_leaf(number).wallet).unwrap();
    assert_eq!(
        proof(1),
        [
            partner(LEAF_2, 400),
            partner(NODE_34, 2_500),
            partner(LEAF_5, 2_500)
        ]
    );
    assert_eq!(proof(5), [partner(NODE_1234, 3_000)]);
    assert_eq!(
        hand_tree(3).proof(hand_leaf(3).wallet).unwrap(),
        [partner(NODE_12, 500)]
    );
    assert_eq!(
        hand_tree(3).proof(hand_leaf(2).wallet).unwrap(),
        [partner(LEAF_1, 100), partner(LEAF_3, 900)]
    );
    assert_eq!(hand_tree(1).proof(hand_leaf(1).wallet).unwrap(), []);
    assert_eq!(hand_tree(1).proof(hand_leaf(2).wallet), None);
}

#[test]
fn another_published_total_makes_every_proof_fail() {
    let tree = hand_tree(5);
    for number in 1..=5 {
        let leaf = hand_leaf(number);
        let proof = tree.proof(leaf.wallet).unwrap();
        assert_eq!(
            verify(tree.root(), Amount::new(5_501), &leaf, &proof),
            Err(ProofError::WrongTotal(Amount::new(5_500)))
        );
    }
}

#[test]
fn an_inner_node_is_no_leaf() {
    let tree = hand_tree(2);
    let proof = [];
    let leaf = Leaf {
        wallet: Address::from_word(NODE_12),
        entitled: Amount::new(500),
    };
    assert!(matches!(
        verify(tree.root(), tree.total(), &leaf, &proof),
        Err(ProofError::WrongRoot(_))
    ));
}

#[test]
fn leaves_that_make_no_tree_are_refused() {
    let leaf = |number: u8, entitled| Leaf {
        wallet: Address::repeat_byte(number),
        entitled,
    };
    let one = Amount::new(1);
    assert_eq!(Tree::build(Vec::new()), Err(TreeError::Empty));
    assert_eq!(
        Tree::build(vec![leaf(2, one), leaf(1, one), leaf(2, Amount::new(2))]),
        Err(TreeError::WalletTwice(Address::repeat_byte(2)))
    );
    assert_eq!(
        Tree::build(vec![leaf(1, one), leaf(2, Amount::ZERO)]),
        Err(TreeError::ZeroLeaf(Address::repeat_byte(2)))
    );
    assert_eq!(
        Tree::build(vec![leaf(1, SUM_MAX), leaf(2, one)]),
        Err(TreeError::SumTooLarge)
    );
    let too_large = SUM_MAX.checked_add(one).unwrap();
    assert_eq!(Tree::build(vec![leaf(1, too_large)]), Err(TreeError::SumTooLarge));
    assert_eq!(Tree::build(vec![leaf(1, SUM_MAX)]).unwrap().total(), SUM_MAX);
}

#[test]
fn sums_of_a_proof_that_reach_the_limit_are_refused() {
    let leaf = hand_leaf(1);
    let proof = [partner(LEAF_2, SUM_MAX.base_units())];
    assert_eq!(
        verify(LEAF_1, leaf.entitled, &leaf, &proof),
        Err(ProofError::SumTooLarge)
    );
    let proof = [partner(LEAF_2, u128::MAX)];
    assert_eq!(
        verify(LEAF_1, leaf.entitled, &leaf, &proof),
        Err(ProofError::SumTooLarge)
    );
}

fn hand_list() -> List {
    let header = Header {
        chain_id: 56,
        contract: Address::repeat_byte(0xcc),
        as_of_seq: 1_234,
        block_number: 987,
        block_hash: B256::repeat_byte(0xbb),
    };
    let tree = hand_tree(3);
    List { header, tree }
}

#[test]
fn the_public_list_is_written_as_documented_and_read_back() {
    let text = hand_list().write();
    assert_eq!(
        text,
        "trellis liabilities 1\n\
         chain 56\n\
         contract 0xcccccccccccccccccccccccccccccccccccccccc\n\
         as_of_seq 1234\n\
         block 987 0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n\
         leaves 3\n\
         total 1400\n\
         root 0x2972a6298249dd25fae874f1d3623f874e8688d8460bdf3730bdec9b4784d356\n\
         0x1111111111111111111111111111111111111111 100\n\
         0x2222222222222222222222222222222222222222 400\n\
         0x3333333333333333333333333333333333333333 900\n"
    );
    assert_eq!(List::parse(&text), Ok(hand_list()));
}

#[test]
fn every_changed_byte_of_a_list_is_refused_or_changes_only_what_the_header_says_of_the_chain() {
    let text = hand_list().write();
    for position in 0..text.len() {
        for replacement in *b"0a \nX" {
            let mut bytes = text.clone().into_bytes();
            if bytes[position] == replacement {
                continue;
            }
            bytes[position] = replacement;
            let changed = String::from_utf8(bytes).unwrap();
            if let Ok(list) = List::parse(&changed) {
                assert_eq!(list.write(), changed, "one tree has one text");
                assert_eq!(list.tree, hand_list().tree);
                assert_ne!(list.header, hand_list().header);
            }
        }
    }
}

#[test]
fn faults_of_a_list_are_named() {
    let text = hand_list().write();
    let parse = |from: &str, to: &str| List::parse(&text.replacen(from, to, 1)).unwrap_err();
    assert_eq!(
        parse("total 1400", "total 1401"),
        ListError::Total {
            said: Amount::new(1_401),
            found: Amount::new(1_400)
        }
    );
    assert!(matches!(
        parse("root 0x2972", "root 0x2973"),
        ListError::Root { .. }
    ));
    assert_eq!(
        parse("leaves 3", "leaves 2"),
        ListError::LeafCount { said: 2, found: 3 }
    );
    assert_eq!(
        parse("leaves 3", "leaves 4"),
        ListError::LeafCount { said: 4, found: 3 }
    );
    assert_eq!(
        parse("0x2222222222222222222222222222222222222222 400\n", ""),
        ListError::LeafCount { said: 3, found: 2 }
    );
    assert_eq!(parse("0x22", "0x44"), ListError::Unordered(11));
    assert!(matches!(parse("0x22", "0x12"), ListError::Root { .. }));
}

prop_compose! {
    fn any_leaves()(entitlements in prop::collection::btree_map(any::<[u8; 20]>(), 1u128..1 << 80, 1..40)) -> Vec<Leaf> {
        let leaf = |(wallet, entitled)| Leaf { wallet: Address::from(wallet), entitled: Amount::new(entitled) };
        entitlements.into_iter().map(leaf).collect()
    }
}

proptest! {
    #[test]
    fn every_proof_verifies_and_an_altered_one_does_not(
        leaves in any_leaves(), which: prop::sample::Index, bit in 0usize..256
    ) {
        let tree = Tree::build(leaves.clone()).unwrap();
        let (root, total) = (tree.root(), tree.total());
        for leaf in &leaves {
            let proof = tree.proof(leaf.wallet).unwrap();
            prop_assert_eq!(verify(root, total, leaf, &proof), Ok(()));
            let mut richer = *leaf;
            richer.entitled = leaf.entitled.checked_add(Amount::new(1)).unwrap();
            prop_assert!(verify(root, total, &richer, &proof).is_err());
            let mut other = *leaf;
            other.wallet.0[bit % 20] ^= 1;
            prop_assert!(verify(root, total, &other, &proof).is_err());
        }
        let leaf = which.get(&leaves);
        let proof = tree.proof(leaf.wallet).unwrap();
        for position in 0..proof.len() {
            let mut altered = proof.clone();
            altered[position].hash.0[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verify(root, total, leaf, &altered).is_err());
            let mut altered = proof.clone();
            altered[position].sum = altered[position].sum.checked_add(Amount::new(1)).unwrap();
            prop_assert!(verify(root, total, leaf, &altered).is_err());
            let mut altered = proof.clone();
            altered.remove(position);
            prop_assert!(verify(root, total, leaf, &altered).is_err());
        }
    }

    #[test]
    fn parts_have_every_leaf_once_and_their_proofs_lead_to_the_root(leaves in any_leaves(), max in 1usize..50) {
        let tree = Tree::build(leaves).unwrap();
        let parts = tree.parts(NonZeroUsize::new(max).unwrap());
        let together: Vec<Leaf> = parts.iter().flat_map(|part| part.leaves).copied().collect();
        prop_assert_eq!(&together[..], tree.leaves());
        for part in parts {
            prop_assert!((1..=max).contains(&part.leaves.len()));
            // The tree of the part's leaves alone is the node where the proof begins.
            let below = Tree::build(part.leaves.to_vec()).unwrap();
            let node = SumNode { hash: below.root(), sum: below.total() };
            let top = part.proof.iter().try_fold(node, |node, partner| node.join(*partner)).unwrap();
            prop_assert_eq!((top.hash, top.sum), (tree.root(), tree.total()));
        }
    }

    #[test]
    fn the_order_of_leaves_does_not_matter_and_the_total_is_their_sum(
        (leaves, shuffled) in any_leaves().prop_flat_map(|leaves| (Just(leaves.clone()), Just(leaves).prop_shuffle()))
    ) {
        let tree = Tree::build(leaves.clone()).unwrap();
        prop_assert_eq!(&Tree::build(shuffled).unwrap(), &tree);
        let sum = Amount::sum_of(leaves.iter().map(|leaf| leaf.entitled)).unwrap();
        prop_assert_eq!(tree.total(), sum);
    }

    #[test]
    fn no_two_lists_of_leaves_have_the_same_root(one in any_leaves(), other in any_leaves()) {
        prop_assume!(one != other);
        prop_assert_ne!(Tree::build(one).unwrap().root(), Tree::build(other).unwrap().root());
    }

    #[test]
    fn every_list_comes_back_from_its_text(leaves in any_leaves(), as_of_seq: u64, block_number: u64) {
        let list = List {
            header: Header { as_of_seq, block_number, ..hand_list().header },
            tree: Tree::build(leaves).unwrap(),
        };
        prop_assert_eq!(List::parse(&list.write()), Ok(list));
    }

    #[test]
    fn no_text_makes_the_reader_fail_otherwise_than_by_saying_so(text in ".{0,200}") {
        prop_assert!(List::parse(&text).is_err());
    }
}
