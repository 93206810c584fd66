// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {ICustody} from "./interfaces/ICustody.sol";

/// @notice Merkle tree whose every node carries the sum of the leaves below it, so that a root commits to a total.
/// @dev Leaf `keccak256(abi.encode(user, entitled))`, node `keccak256(abi.encode(hashA, sumA, hashB, sumB))` with the smaller
/// hash first. A leaf has 64 bytes before hashing and a node 128, so neither passes as the other.
library SumTree {
    uint256 private constant ENTITLED_MASK = 0xffffffffffffffffffffffff;

    function leaf(address user, uint256 entitled) internal pure returns (bytes32) {
        return keccak256(abi.encode(user, entitled));
    }

    /// @notice The node above all of `leaves` and nothing else: pairs from the left, an odd last node moves up.
    /// @dev Fewer than 2^32 entitlements below 2^96, so no sum overflows.
    /// @param leaves `address ‖ uint96 entitled`, at least one
    function above(bytes32[] memory leaves) internal pure returns (bytes32 hash, uint256 sum) {
        // Memory-safe: uses the scratch space and memory that is not allocated; nothing there is needed afterwards.
        assembly ("memory-safe") {
            // Pairs of hash and sum, each level written over the one below it: a node lies never behind its children.
            let level := mload(0x40)
            let end := level
            let last := add(leaves, shl(5, mload(leaves)))
            for { let at := leaves } lt(at, last) {} {
                at := add(at, 0x20)
                let word := mload(at)
                mstore(0, shr(96, word))
                mstore(0x20, and(word, ENTITLED_MASK))
                mstore(end, keccak256(0, 0x40))
                mstore(add(end, 0x20), mload(0x20))
                end := add(end, 0x40)
            }
            for {} gt(sub(end, level), 0x40) {} {
                let to := level
                let at := level
                for {} gt(sub(end, at), 0x40) { at := add(at, 0x80) } {
                    let a := mload(at)
                    let b := mload(add(at, 0x40))
                    let sumA := mload(add(at, 0x20))
                    let sumB := mload(add(at, 0x60))
                    if lt(b, a) {
                        mstore(at, b)
                        mstore(add(at, 0x20), sumB)
                        mstore(add(at, 0x40), a)
                        mstore(add(at, 0x60), sumA)
                    }
                    mstore(to, keccak256(at, 0x80))
                    mstore(add(to, 0x20), add(sumA, sumB))
                    to := add(to, 0x40)
                }
                if lt(at, end) {
                    mstore(to, mload(at))
                    mstore(add(to, 0x20), mload(add(at, 0x20)))
                    to := add(to, 0x40)
                }
                end := to
            }
            hash := mload(level)
            sum := mload(add(level, 0x20))
        }
    }

    /// @dev Every part below 2^96 and fewer than 2^32 of them: no sum overflows, so if all add up to `total`, no part is
    /// larger than the whole.
    /// @return whole whether the node, climbing along `proof`, arrives at `root` and at `total`
    function climbs(bytes32 hash, uint256 sum, ICustody.SumNode[] calldata proof, bytes32 root, uint256 total)
        internal
        pure
        returns (bool whole)
    {
        // Memory-safe: uses memory that is not allocated.
        assembly ("memory-safe") {
            let node := mload(0x40)
            let parts := sum
            let end := add(proof.offset, shl(6, proof.length))
            for { let at := proof.offset } lt(at, end) { at := add(at, 0x40) } {
                let sibling := calldataload(at)
                let siblingSum := calldataload(add(at, 0x20))
                // The node goes to the second place when its sibling is smaller.
                let place := add(node, shl(6, lt(sibling, hash)))
                mstore(place, hash)
                mstore(add(place, 0x20), sum)
                place := xor(xor(place, node), add(node, 0x40))
                mstore(place, sibling)
                mstore(add(place, 0x20), siblingSum)
                hash := keccak256(node, 0x80)
                sum := add(sum, siblingSum)
                parts := or(parts, siblingSum)
            }
            whole := and(and(eq(hash, root), eq(sum, total)), iszero(shr(96, parts)))
        }
    }
}
