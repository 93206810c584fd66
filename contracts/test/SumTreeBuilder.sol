// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../src/interfaces/ICustody.sol";

/// @notice Builds liabilities trees and proofs from the words of the interface, not with the contract's own code.
library SumTreeBuilder {
    struct Leaf {
        address user;
        uint256 entitled;
    }

    function root(Leaf[] memory leaves) internal pure returns (bytes32 hash, uint256 sum) {
        (hash, sum,) = build(leaves, 0);
    }

    /// @dev `leaves` sorted by address; an odd last node moves up.
    function build(Leaf[] memory leaves, uint256 index)
        internal
        pure
        returns (bytes32 hash, uint256 sum, ICustody.SumNode[] memory proof)
    {
        ICustody.SumNode[] memory level = new ICustody.SumNode[](leaves.length);
        for (uint256 k; k < leaves.length; ++k) {
            level[k] = ICustody.SumNode(keccak256(abi.encode(leaves[k].user, leaves[k].entitled)), leaves[k].entitled);
        }
        ICustody.SumNode[] memory path = new ICustody.SumNode[](64);
        uint256 depth;
        for (uint256 n = level.length; n > 1; n = (n + 1) / 2) {
            uint256 sibling = index ^ 1;
            if (sibling < n) path[depth++] = ICustody.SumNode(level[sibling].hash, level[sibling].sum);
            for (uint256 k; k < n; k += 2) {
                level[k / 2] = k + 1 < n ? join(level[k], level[k + 1]) : level[k];
            }
            index /= 2;
        }
        proof = new ICustody.SumNode[](depth);
        for (uint256 k; k < depth; ++k) {
            proof[k] = path[k];
        }
        return (level[0].hash, level[0].sum, proof);
    }

    /// @dev The node above the leaves of these words, `address ‖ uint96 entitled`.
    function nodeOf(bytes32[] memory words) internal pure returns (ICustody.SumNode memory node) {
        (node.hash, node.sum) = root(leavesOf(words));
    }

    function leavesOf(bytes32[] memory words) internal pure returns (Leaf[] memory leaves) {
        leaves = new Leaf[](words.length);
        for (uint256 k; k < words.length; ++k) {
            leaves[k] = Leaf(address(bytes20(words[k])), uint96(uint256(words[k])));
        }
    }

    /// @dev Siblings from the node above `count` leaves, the first of which is `from`, to the root.
    function proofOf(bytes32[] memory words, uint256 from, uint256 count)
        internal
        pure
        returns (ICustody.SumNode[] memory proof)
    {
        bytes32[] memory part = new bytes32[](count);
        for (uint256 k; k < count; ++k) {
            part[k] = words[from + k];
        }
        (,, ICustody.SumNode[] memory inside) = build(leavesOf(part), 0);
        (,, ICustody.SumNode[] memory way) = build(leavesOf(words), from);
        proof = new ICustody.SumNode[](way.length - inside.length);
        for (uint256 k; k < proof.length; ++k) {
            proof[k] = way[inside.length + k];
        }
    }

    /// @dev Where a node arrives along these siblings.
    function climb(ICustody.SumNode memory node, ICustody.SumNode[] memory proof)
        internal
        pure
        returns (ICustody.SumNode memory)
    {
        for (uint256 k; k < proof.length; ++k) {
            node = join(node, proof[k]);
        }
        return node;
    }

    function join(ICustody.SumNode memory a, ICustody.SumNode memory b)
        internal
        pure
        returns (ICustody.SumNode memory)
    {
        if (b.hash < a.hash) (a, b) = (b, a);
        return ICustody.SumNode(keccak256(abi.encode(a.hash, a.sum, b.hash, b.sum)), a.sum + b.sum);
    }
}
