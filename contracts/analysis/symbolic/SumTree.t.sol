// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice What is proved to be part of a root adds up to its total, without overflow, along proofs of up to two nodes.
contract SumTreeProof is Symbolic {
    function check_a_proof_of_no_node_is_the_whole(bytes32 node, uint256 sum, bytes32 root, uint256 total) public view {
        world.assume(custody.climbs(node, sum, new ICustody.SumNode[](0), root, total));
        assert(node == root && sum == total && sum < 2 ** 96);
    }

    function check_the_sum_above_leaves_is_the_sum_of_their_entitlements(uint256 a, uint256 b, uint256 c) public view {
        bytes32[] memory leaves = new bytes32[](3);
        (leaves[0], leaves[1], leaves[2]) = (bytes32(a), bytes32(b), bytes32(c));
        (, uint256 sum) = custody.above(leaves);
        assert(sum == uint256(uint96(a)) + uint96(b) + uint96(c));
    }

    function check_the_node_above_one_leaf_is_the_leaf(address user, uint96 entitled) public view {
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = bytes32(uint256(uint160(user)) << 96 | entitled);
        (bytes32 hash, uint256 sum) = custody.above(leaves);
        assert(hash == keccak256(abi.encode(user, entitled)) && sum == entitled);
    }
}
