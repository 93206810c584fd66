// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {ICustody} from "./interfaces/ICustody.sol";
import {ICustodyLeaves} from "./interfaces/ICustodyLeaves.sol";
import {Accounts} from "./Accounts.sol";

/// @notice Pays a list of users what is missing to their cumulative targets. No recipient fails the others.
/// @dev Not responsible for who may ask for it, for funds and for bounds, nor for how the asset is sent: `Native` and `Token`.
abstract contract Payouts is Accounts {
    /// @dev In an outcome word: credited, not sent. Amounts are below 2^95: more than exists of the asset.
    uint256 internal constant CREDITED_FLAG = 1 << 95;

    /// @dev In the order of the closing events.
    /// @param paid everything sent or credited
    /// @param credited the part of it that was credited
    struct Outcome {
        uint256 count;
        uint256 paid;
        uint256 credited;
        bytes32 listHash;
        bytes32 outcomeHash;
    }

    /// @dev What a list is paid for, as its events say it.
    /// @param id batch id or root
    /// @param leaves whether it is a root; then frozen users are left out, for a root may be wrong, and what was credited cannot be
    /// retired with it
    struct Cause {
        bytes32 id;
        bool leaves;
    }

    /// @dev How far a list is paid.
    /// @param at memory address of the next word of the list
    /// @param end memory address behind the last one
    /// @param previous user of the word before
    /// @param sent sum of what was simply paid
    struct Progress {
        uint256 at;
        uint256 end;
        uint256 previous;
        uint256 sent;
    }

    /// @dev How many entries a list may have, so that the worst of them stay under the gas that a transaction may have.
    function _maxBatch() internal pure virtual returns (uint256);

    /// @dev More gas than is left behind when a recipient was given less than it may use, and failed.
    function _minGasAfterFailure() internal pure virtual returns (uint256);

    /// @dev Selector of the event of what was simply paid.
    function _paidEvent(Cause memory cause) internal pure returns (bytes32) {
        return cause.leaves ? ICustodyLeaves.LeafPaid.selector : ICustody.PayoutExecuted.selector;
    }

    /// @dev Pays the entries from `at` on, writing their outcome words, up to the first that is not simply paid: one out of order,
    /// unregistered, frozen, with nothing due, or whose recipient failed, which is then counted in its account already.
    /// @return due of that entry; negative when more was paid already
    function _payStretch(Cause memory cause, Progress memory progress) internal virtual returns (int256 due);

    /// @dev Pays the whole list: `_payList`, and whatever the asset needs around it.
    function _payAll(Cause memory cause, bytes32[] memory words, Outcome memory outcome) internal virtual;

    /// @dev `BadBatchSize` for none or too many.
    /// @return words the list, in memory where it can become the outcome
    /// @return outcome count and hash of the list, and nothing paid yet
    function _listOf(bytes32[] calldata list) internal pure returns (bytes32[] memory words, Outcome memory outcome) {
        if (list.length == 0 || list.length > _maxBatch()) revert ICustody.BadBatchSize(list.length, _maxBatch());
        // Memory-safe: allocates what it writes. Copied at once, which a loop of the compiler would not do.
        assembly ("memory-safe") {
            words := mload(0x40)
            let size := shl(5, list.length)
            let end := add(add(words, 0x20), size)
            mstore(words, list.length)
            calldatacopy(add(words, 0x20), list.offset, size)
            // Behind the list a word that no user can have ends the loop that pays.
            mstore(end, 0)
            mstore(0x40, add(end, 0x20))
        }
        outcome.count = list.length;
        outcome.listHash = _hashOf(words);
    }

    /// @dev Pays entry by entry and turns `words` from the list into the outcome. Every entry that is not simply paid ends a stretch.
    function _payList(Cause memory cause, bytes32[] memory words, Outcome memory outcome) internal {
        Progress memory progress;
        // Memory-safe: addresses of the first word and behind the last one.
        assembly ("memory-safe") {
            let first := add(words, 0x20)
            mstore(progress, first)
            mstore(add(progress, 0x20), add(first, shl(5, mload(words))))
        }
        while (true) {
            int256 due = _payStretch(cause, progress);
            if (progress.at == progress.end) break;
            bytes32 entry;
            assembly ("memory-safe") {
                entry := mload(mload(progress))
            }
            if (uint160(bytes20(entry)) <= progress.previous) _refuseEntry(words, progress.at);
            bytes32 word = _outcomeUnsent(cause, entry, due, outcome);
            assembly ("memory-safe") {
                mstore(mload(progress), word)
            }
            progress.previous = uint160(bytes20(entry));
            progress.at += 0x20;
        }
        outcome.paid += progress.sent;
        outcome.outcomeHash = _hashOf(words);
    }

    function _refuseEntry(bytes32[] memory words, uint256 at) private pure {
        uint256 first;
        assembly ("memory-safe") {
            first := add(words, 0x20)
        }
        uint256 index = (at - first) / 0x20;
        revert ICustody.BadEntry(index, words[index]);
    }

    /// @return word outcome of an entry that was not simply paid: credited, or nothing was due
    function _outcomeUnsent(Cause memory cause, bytes32 entry, int256 due, Outcome memory outcome)
        private
        returns (bytes32 word)
    {
        address user = address(bytes20(entry));
        Account storage a = _account(user);
        if (a.frozenUntil == 0) revert ICustody.NotRegistered(user);
        word = bytes32(bytes20(user));
        bool frozen = a.frozenUntil > block.timestamp;
        if (due <= 0 || (frozen && cause.leaves)) {
            if (cause.leaves) emit ICustodyLeaves.LeafSkipped(cause.id, user);
            else emit ICustody.PayoutSkipped(cause.id, user);
            return word;
        }
        if (!frozen && gasleft() < _minGasAfterFailure()) revert ICustody.InsufficientGas();
        uint256 amount = uint256(due);
        // A call that failed was counted as paid before it was made.
        a.paid = uint96(uint256(entry));
        a.credit += uint112(amount);
        outcome.paid += amount;
        outcome.credited += amount;
        if (cause.leaves) emit ICustodyLeaves.LeafCredited(cause.id, user, amount);
        else emit ICustody.PayoutCredited(cause.id, user, amount, frozen);
        return word | bytes32(amount | CREDITED_FLAG);
    }

    /// @dev Without the copy that `abi.encodePacked` would make.
    function _hashOf(bytes32[] memory words) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(words, 0x20), shl(5, mload(words)))
        }
    }
}
