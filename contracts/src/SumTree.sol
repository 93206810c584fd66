// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "./interfaces/ICustody.sol";

/// @notice Merkle tree whose every node carries the sum of the leaves below it, so that a root commits to a total.
/// @dev Leaf `keccak256(abi.encode(user, entitled))`, node `keccak256(abi.encode(hashA, sumA, hashB, sumB))` with the smaller
/// hash first. A leaf has 64 bytes before hashing and a node 128, so neither passes as the other.
library SumTree {
    /// @param total below 2^96, so what is part of it is, too
    /// @return whether the leaf, climbing along `proof`, arrives at `root` and at `total`
    function contains(bytes32 root, uint256 total, address user, uint256 entitled, ICustody.SumNode[] calldata proof)
        internal
        pure
        returns (bool)
    {
        bytes32 hash = keccak256(abi.encode(user, entitled));
        uint256 sum = entitled;
        if (sum > total) return false;
        for (uint256 k; k < proof.length; ++k) {
            ICustody.SumNode calldata sibling = proof[k];
            // No part is larger than the whole; so nothing overflows.
            if (sibling.sum > total - sum) return false;
            hash = sibling.hash < hash
                ? keccak256(abi.encode(sibling.hash, sibling.sum, hash, sum))
                : keccak256(abi.encode(hash, sum, sibling.hash, sibling.sum));
            sum += sibling.sum;
        }
        return hash == root && sum == total;
    }
}
