// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../src/interfaces/ICustody.sol";
import {SettlementTest} from "./SettlementTest.sol";
import {SumTreeBuilder} from "./SumTreeBuilder.sol";

/// @notice Published trees, and parts of them.
abstract contract LeavesFixture is SettlementTest {
    uint256 internal constant FUNDS = 1_000 ether;

    function setUp() public virtual override {
        super.setUp();
        _fund(FUNDS);
    }

    /// @dev Registered users with 1, 2, 3, … ether.
    function _leaves(uint256 n) internal returns (SumTreeBuilder.Leaf[] memory leaves) {
        leaves = new SumTreeBuilder.Leaf[](n);
        for (uint256 k; k < n; ++k) {
            leaves[k] = SumTreeBuilder.Leaf(address(uint160(0x500000 + k)), (k + 1) * 1 ether);
            _registered(leaves[k].user);
        }
    }

    function _published(SumTreeBuilder.Leaf[] memory leaves) internal returns (bytes32) {
        ICustody.LiabilitiesRoot memory r = _rootOf(leaves);
        if (r.total > FUNDS) _fund(r.total);
        _publish(r);
        vm.warp(_now() + 1 days);
        return r.root;
    }

    function _wordsOf(SumTreeBuilder.Leaf[] memory leaves, uint256 from, uint256 count)
        internal
        pure
        returns (bytes32[] memory words)
    {
        words = new bytes32[](count);
        for (uint256 k; k < count; ++k) {
            words[k] = _word(leaves[from + k].user, leaves[from + k].entitled);
        }
    }

    /// @dev 2^k leaves at a multiple of 2^k, or all from there to the end.
    function _isPart(uint256 n, uint256 from, uint256 count) internal pure returns (bool) {
        uint256 size = 1;
        while (size < count) size *= 2;
        return from % size == 0 && (count == size || from + count == n);
    }

    /// @dev The way of the first leaf, without what leads to the top of the part.
    function _proof(SumTreeBuilder.Leaf[] memory leaves, uint256 from, uint256 count)
        internal
        pure
        returns (ICustody.SumNode[] memory)
    {
        SumTreeBuilder.Leaf[] memory part = new SumTreeBuilder.Leaf[](count);
        for (uint256 k; k < count; ++k) {
            part[k] = leaves[from + k];
        }
        (,, ICustody.SumNode[] memory inside) = SumTreeBuilder.build(part, 0);
        return _tail(leaves, from, inside.length);
    }

    function _tail(SumTreeBuilder.Leaf[] memory leaves, uint256 index, uint256 skip)
        internal
        pure
        returns (ICustody.SumNode[] memory tail)
    {
        (,, ICustody.SumNode[] memory way) = SumTreeBuilder.build(leaves, index);
        if (skip > way.length) skip = way.length;
        tail = new ICustody.SumNode[](way.length - skip);
        for (uint256 k; k < tail.length; ++k) {
            tail[k] = way[skip + k];
        }
    }

    function _node(bytes32 hash, uint256 sum) internal pure returns (ICustody.SumNode[] memory proof) {
        proof = new ICustody.SumNode[](1);
        proof[0] = ICustody.SumNode(hash, sum);
    }

    function _settle(bytes32 root, bytes32[] memory words, ICustody.SumNode[] memory proof) internal {
        vm.prank(STRANGER);
        custody.settleLeaves(root, words, proof);
    }

    function _expectRevert(bytes32 root, bytes32[] memory words, ICustody.SumNode[] memory proof, bytes memory error_)
        internal
    {
        vm.expectRevert(error_);
        vm.prank(STRANGER);
        custody.settleLeaves(root, words, proof);
    }
}
