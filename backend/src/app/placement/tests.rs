//! Tests of `placement`.

use super::*;

fn plan() -> CompiledPlan {
    plan::compile(include_str!("../../../../plans/auto-pool.toml")).unwrap()
}

fn trees(newest_tree: i32, newest_nodes: i32) -> TierTrees {
    TierTrees {
        tier: 1,
        open: 1,
        closed: 0,
        nodes: 0,
        newest_tree,
        newest_nodes,
    }
}

#[test]
fn the_next_place_is_in_the_newest_tree_or_opens_another_until_the_tier_is_full() {
    let plan = plan();
    let at = |tree, next_index| PoolRoom::Open {
        tree: TreeNumber::new(tree).unwrap(),
        next_index,
    };
    assert_eq!(room(&plan, None), at(1, 0));
    assert_eq!(room(&plan, Some(&trees(1, 14))), at(1, 14));
    assert_eq!(room(&plan, Some(&trees(1, 15))), at(2, 0));
    assert_eq!(room(&plan, Some(&trees(15, 14))), at(15, 14));
    assert_eq!(room(&plan, Some(&trees(15, 15))), PoolRoom::Full);
}

#[test]
fn the_queue_crosses_trees_and_ends_with_the_last() {
    let plan = plan();
    let numbers = |trees: &TierTrees, limit| -> Vec<(u32, u32)> {
        queue(&plan, room(&plan, Some(trees)), limit)
            .into_iter()
            .map(|(tree, index)| (tree.get(), index))
            .collect()
    };
    assert_eq!(numbers(&trees(1, 13), 4), [(1, 13), (1, 14), (2, 0), (2, 1)]);
    assert_eq!(numbers(&trees(15, 13), 9), [(15, 13), (15, 14)]);
    assert_eq!(numbers(&trees(1, 0), u32::MAX).len(), 100);
}
