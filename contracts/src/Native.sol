// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {Payouts} from "./Payouts.sol";

/// @notice The asset is the chain's own coin.
abstract contract Native is Payouts {
    /// @dev Also in the worst case, a batch stays under the 16,777,216 gas that a transaction may have: 300 recipients that
    /// burn all they are given, or 300 accounts that do not exist yet.
    uint256 internal constant MAX_BATCH = 300;
    /// @dev Enough for the wallets that are contracts, too little to make 300 of them exceed a transaction.
    uint256 internal constant RECIPIENT_GAS = 10_000;
    /// @dev A call never gets more than 63/64 of what is left (EIP-150). Whoever was given less than `RECIPIENT_GAS` leaves
    /// less than this behind, even when it gives all of it back, together with the 2,300 that come with a transfer.
    uint256 internal constant MIN_GAS_AFTER_FAILURE = 12_500;

    function _maxBatch() internal pure override returns (uint256) {
        return MAX_BATCH;
    }

    function _minGasAfterFailure() internal pure override returns (uint256) {
        return MIN_GAS_AFTER_FAILURE;
    }

    function _unit() internal pure override returns (uint256) {
        return 1 gwei;
    }

    function _balance() internal view override returns (uint256) {
        return address(this).balance;
    }

    function _checkValue(uint256 amount) internal view override {
        if (msg.value != amount) revert ICustody.WrongValue(amount, msg.value);
    }

    function _offered() internal view override returns (uint256) {
        return msg.value;
    }

    /// @dev It came with the call.
    function _collect(uint256) internal override {}

    /// @dev No returned data is copied.
    function _send(address to, uint256 amount) internal override {
        if (!LowLevelCall.callNoReturn(to, amount, "")) revert ICustody.TransferFailed(to, amount);
    }

    function _payAll(bytes32 cause, bytes32[] memory words, Outcome memory outcome) internal override {
        _payList(cause, words, outcome);
    }

    /// @dev In assembly, for it is what a batch costs.
    function _payStretch(bytes32 cause, Progress memory progress) internal override returns (int256 due) {
        bytes32 executed = ICustody.PayoutExecuted.selector;
        // Memory-safe: uses the scratch space, the words from `at` to `end` and the members of `progress`.
        assembly ("memory-safe") {
            let at := mload(progress)
            let end := mload(add(progress, 0x20))
            let previous := mload(add(progress, 0x40))
            let sent := 0
            // Account slots are paid112 | credit112 | frozenUntil32, from the lowest bit. Registered and not frozen are
            // those of 0 < slot < (now + 1) << 224, which is slot - 1 < limit.
            let limit := sub(shl(224, add(timestamp(), 1)), 1)
            mstore(0x20, _accounts.slot)
            for {} lt(at, end) { at := add(at, 0x20) } {
                due := mload(at)
                let user := shr(96, due)
                mstore(0, user)
                let slot := keccak256(0, 0x40)
                let account_ := sload(slot)
                due := sub(and(due, TARGET_MASK), and(account_, PAID_MASK))
                if iszero(and(and(gt(user, previous), sgt(due, 0)), lt(sub(account_, 1), limit))) { break }
                sstore(slot, add(account_, due))
                if iszero(call(RECIPIENT_GAS, user, due, 0, 0, 0, 0)) { break }
                mstore(at, or(shl(96, user), due))
                mstore(0, due)
                log3(0, 0x20, executed, cause, user)
                sent := add(sent, due)
                previous := user
            }
            mstore(progress, at)
            mstore(add(progress, 0x40), previous)
            mstore(add(progress, 0x60), add(mload(add(progress, 0x60)), sent))
        }
    }
}
