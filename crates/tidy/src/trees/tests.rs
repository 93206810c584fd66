//! Tests of `trees`.

use super::*;

const SUITE: &str =
    "contract A {\n    function test_one() public {}\n    function test_two(uint256 n) public {}\n}\n";
const TREE: &str =
    "refund\n├── late → TooLate [test_one]\n└── otherwise\n    └── paid [test_one, A.test_two]\n";

fn found(tree: &str, suite: &str, interface: &str) -> Vec<String> {
    let files = [
        File::new("contracts/test/unit/A.tree", tree),
        File::new("contracts/test/unit/A.t.sol", suite),
        File::new(INTERFACES[0], interface),
    ];
    check(&files).iter().map(ToString::to_string).collect()
}

#[test]
fn trees_that_agree_with_tests_and_interface_are_in_order() {
    let interface = "    error TooLate(uint256 at);\n    function refund(bytes32 ref) external;\n";
    assert_eq!(found(TREE, SUITE, interface), Vec::<String>::new());
}

#[test]
fn a_test_without_a_leaf_and_a_leaf_without_a_test_are_found() {
    assert_eq!(
        found(&TREE.replace(", A.test_two", ""), SUITE, ""),
        ["contracts/test/unit/A.t.sol: A.test_two is a leaf of no tree"]
    );
    assert_eq!(
        found(&TREE.replace("[test_one]", "[test_three]"), SUITE, ""),
        ["contracts/test/unit/A.tree:2: there is no test A.test_three"]
    );
    assert_eq!(
        found(&TREE.replace(" [test_one]", ""), SUITE, ""),
        ["contracts/test/unit/A.tree:2: a leaf without a test"]
    );
}

#[test]
fn a_suite_without_a_tree_is_found() {
    let suite = File::new("contracts/test/unit/A.t.sol", SUITE);
    assert_eq!(check(&[suite]).len(), 1);
}

#[test]
fn a_function_or_an_error_that_no_tree_tells_of_is_found() {
    let interface = "    error TooEarly(uint256 at);\n    function claim(bytes32 root) external;\n";
    let path = INTERFACES[0];
    assert_eq!(
        found(TREE, SUITE, interface),
        [
            format!("{path}:1: TooEarly stands in no tree"),
            format!("{path}:2: claim is the root of no tree")
        ]
    );
}
