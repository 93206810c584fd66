// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "./interfaces/ICustody.sol";

/// @notice Merkle tree whose every node carries the sum of the leaves below it, so that a root commits to a total.
/// @dev Leaf `keccak256(abi.encode(user, entitled))`, node `keccak256(abi.encode(hashA, sumA, hashB, sumB))` with the smaller
/// hash first. A leaf has 64 bytes before hashing and a node 128, so neither passes as the other.
library SumTree {
    uint256 private constant SUM_LIMIT = 1 << 96;

    /// @return whether the leaf, climbing along `proof`, arrives at `root` and at `total`
    function contains(bytes32 root, uint256 total, address user, uint256 entitled, ICustody.SumNode[] calldata proof)
        internal
        pure
        returns (bool)
    {
        bytes32 hash = keccak256(abi.encode(user, entitled));
        uint256 sum = entitled;
        // Each sum is below the limit, so adding one never overflows.
        if (sum >= SUM_LIMIT) return false;
        for (uint256 k; k < proof.length; ++k) {
            ICustody.SumNode calldata sibling = proof[k];
            if (sibling.sum >= SUM_LIMIT) return false;
            hash = sibling.hash < hash
                ? keccak256(abi.encode(sibling.hash, sibling.sum, hash, sum))
                : keccak256(abi.encode(hash, sum, sibling.hash, sibling.sum));
            sum += sibling.sum;
            if (sum >= SUM_LIMIT) return false;
        }
        return hash == root && sum == total;
    }
}
