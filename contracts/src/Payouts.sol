// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "./interfaces/ICustody.sol";
import {Accounts} from "./Accounts.sol";

/// @notice Pays a list of users what is missing to their cumulative targets. No recipient fails the others.
/// @dev Not responsible for who may ask for it, for funds and for bounds.
abstract contract Payouts is Accounts {
    /// @dev Also in the worst case, a batch stays under the 16,777,216 gas that a transaction may have: 300 recipients that
    /// burn all they are given, or 300 accounts that do not exist yet.
    uint256 internal constant MAX_BATCH = 300;
    /// @dev Enough for the wallets that are contracts, too little to make 300 of them exceed a transaction.
    uint256 internal constant RECIPIENT_GAS = 10_000;
    /// @dev A call never gets more than 63/64 of what is left (EIP-150). Whoever was given less than `RECIPIENT_GAS` leaves
    /// less than this behind, even when it gives all of it back, together with the 2,300 that come with a transfer.
    uint256 internal constant MIN_GAS_AFTER_FAILURE = 12_500;
    /// @dev In an outcome word: credited, not sent. Targets and amounts are below 2^95: more than exists of the asset.
    uint256 internal constant CREDITED_FLAG = 1 << 95;
    uint256 internal constant TARGET_MASK = 0xffffffffffffffffffffffff;
    uint256 internal constant PAID_MASK = 0xffffffffffffffffffffffffffff;

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

    /// @dev `BadBatchSize` for none or too many.
    /// @return words the list, in memory where it can become the outcome
    /// @return outcome count and hash of the list, and nothing paid yet
    function _listOf(bytes32[] calldata list) internal pure returns (bytes32[] memory words, Outcome memory outcome) {
        if (list.length == 0 || list.length > MAX_BATCH) revert ICustody.BadBatchSize(list.length, MAX_BATCH);
        words = list;
        outcome.count = list.length;
        outcome.listHash = _hashOf(words);
    }

    /// @dev Pays entry by entry and turns `words` from the list into the outcome. Stretches of entries that are simply
    /// paid are in assembly, for they are what a batch costs; every other entry ends a stretch.
    function _payAll(bytes32 cause, bytes32[] memory words, Outcome memory outcome) internal {
        bytes32 executed = ICustody.PayoutExecuted.selector;
        uint256 at;
        uint256 end;
        // Memory-safe: addresses of the first word and behind the last one.
        assembly ("memory-safe") {
            at := add(words, 0x20)
            end := add(at, shl(5, mload(words)))
        }
        uint256 paid;
        uint256 previous;
        while (true) {
            uint256 user;
            int256 due;
            // Memory-safe: uses the scratch space and the words from `at` to `end`.
            assembly ("memory-safe") {
                // Account slots are paid112 | credit112 | frozenUntil32, from the lowest bit. Registered and not frozen are
                // those of 0 < slot < (now + 1) << 224, which is slot - 1 < limit.
                let limit := sub(shl(224, add(timestamp(), 1)), 1)
                mstore(0x20, _accounts.slot)
                for {} lt(at, end) { at := add(at, 0x20) } {
                    due := mload(at)
                    user := shr(96, due)
                    mstore(0, user)
                    let slot := keccak256(0, 0x40)
                    let account_ := sload(slot)
                    due := sub(and(due, TARGET_MASK), and(account_, PAID_MASK))
                    if iszero(and(and(gt(user, previous), sgt(due, 0)), lt(sub(account_, 1), limit))) {
                        break
                    }
                    sstore(slot, add(account_, due))
                    if iszero(call(RECIPIENT_GAS, user, due, 0, 0, 0, 0)) { break }
                    mstore(at, or(shl(96, user), due))
                    mstore(0, due)
                    log3(0, 0x20, executed, cause, user)
                    paid := add(paid, due)
                    previous := user
                }
            }
            if (at == end) break;
            if (user <= previous) _refuseEntry(words, at);
            _settleUnsent(cause, at, due, outcome);
            previous = user;
            unchecked {
                at += 0x20;
            }
        }
        outcome.paid += paid;
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

    /// @dev An entry that was not simply paid: credited, or nothing was due. Writes the outcome word at `at`.
    function _settleUnsent(bytes32 cause, uint256 at, int256 due, Outcome memory outcome) private {
        bytes32 entry;
        assembly ("memory-safe") {
            entry := mload(at)
        }
        bytes32 word = _outcomeUnsent(cause, address(bytes20(entry)), entry, due, outcome);
        assembly ("memory-safe") {
            mstore(at, word)
        }
    }

    /// @return word outcome of an entry that was not simply paid: credited, or nothing was due
    function _outcomeUnsent(bytes32 cause, address user, bytes32 entry, int256 due, Outcome memory outcome)
        private
        returns (bytes32 word)
    {
        Account storage a = _accounts[user];
        if (a.frozenUntil == 0) revert ICustody.NotRegistered(user);
        word = bytes32(bytes20(user));
        if (due <= 0) {
            emit ICustody.PayoutSkipped(cause, user);
            return word;
        }
        bool frozen = a.frozenUntil > block.timestamp;
        if (!frozen && gasleft() < MIN_GAS_AFTER_FAILURE) revert ICustody.InsufficientGas();
        uint256 amount = uint256(due);
        // A call that failed was counted as paid before it was made.
        a.paid = uint96(uint256(entry));
        a.credit += uint112(amount);
        outcome.paid += amount;
        outcome.credited += amount;
        emit ICustody.PayoutCredited(cause, user, amount, frozen);
        return word | bytes32(amount | CREDITED_FLAG);
    }

    /// @dev Without the copy that `abi.encodePacked` would make.
    function _hashOf(bytes32[] memory words) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(words, 0x20), shl(5, mload(words)))
        }
    }
}
