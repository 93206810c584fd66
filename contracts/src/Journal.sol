// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "./interfaces/ICustody.sol";

/// @notice One entry per state-changing call, chained by hash, so that a listener can prove it missed nothing.
/// @dev Every event of the interface has indexed parameters first and static types only. Therefore `topics ‖ data` of a
/// log equals `abi.encode(selector, parameters…)`: callers emit the event and append the hash of that same encoding.
abstract contract Journal is ICustody {
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

    /// @param content keccak256 of the main event's topics and data
    function _append(bytes32 content) internal {
        uint256 head = _head;
        // Shifting out the number leaves `root192 << 64`.
        uint256 root = uint256(keccak256(abi.encode(head << 64, content))) >> 64;
        _head = (((head >> 192) + 1) << 192) | root;
    }
}
