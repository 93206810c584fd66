// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {ICustody} from "./interfaces/ICustody.sol";

/// @notice One entry per state-changing call, chained by hash, so that a listener can prove it missed nothing.
/// @dev Every event of the interface has indexed parameters first and static types only. Therefore `topics ‖ data` of a
/// log equals `abi.encode(selector, parameters…)`: it is encoded once, logged from there and hashed from there.
abstract contract Journal is ICustody {
    /// @dev Stands in an encoded entry where its number goes, which is the first word behind the topics.
    uint256 internal constant SEQ = 0;

    /// @dev `seq64 | root192`
    uint256 private _head;

    /// @notice Number of the last entry and the rolling hash over all entries; (0, 0) before the first.
    function journalHead() external view returns (uint64 seq, bytes24 root) {
        uint256 head = _head;
        return (uint64(head >> 192), bytes24(uint192(head)));
    }

    /// @dev Number that the entry of the present call will carry.
    function _nextSeq() internal view returns (uint256) {
        return (_head >> 192) + 1;
    }

    /// @dev Logs the main event of the call, and appends `keccak256(topics ‖ data)` to the chain of hashes.
    /// @param topics how many words of the entry are topics, the selector included
    /// @param entry `abi.encode(selector, indexed parameters…, SEQ, other parameters…)`; its number is filled in
    function _record(uint256 topics, bytes memory entry) internal {
        // Memory-safe: uses the entry and the scratch space.
        assembly ("memory-safe") {
            let size := mload(entry)
            let first := add(entry, 0x20)
            let data := add(first, shl(5, topics))
            let head := sload(_head.slot)
            let seq := add(shr(192, head), 1)
            mstore(data, seq)
            // Shifting out the number leaves `root192 << 64`.
            mstore(0, shl(64, head))
            mstore(0x20, keccak256(first, size))
            sstore(_head.slot, or(shl(192, seq), shr(64, keccak256(0, 0x40))))

            size := sub(size, shl(5, topics))
            switch topics
            case 1 { log1(data, size, mload(first)) }
            case 2 { log2(data, size, mload(first), mload(add(first, 0x20))) }
            case 3 { log3(data, size, mload(first), mload(add(first, 0x20)), mload(add(first, 0x40))) }
            default {
                log4(
                    data,
                    size,
                    mload(first),
                    mload(add(first, 0x20)),
                    mload(add(first, 0x40)),
                    mload(add(first, 0x60))
                )
            }
        }
    }
}
