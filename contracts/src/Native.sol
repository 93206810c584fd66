// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

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

    function _leastFunding() internal pure override returns (uint256) {
        return 0.01 ether;
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
    function _collect(address, uint256) internal override {}

    /// @dev No returned data is copied.
    function _send(address to, uint256 amount) internal override {
        if (!LowLevelCall.callNoReturn(to, amount, "")) revert ICustody.TransferFailed(to, amount);
    }

    function _payAll(Cause memory cause, bytes32[] memory words, Outcome memory outcome) internal override {
        _payList(cause, words, outcome);
    }

    /// @dev In assembly, for it is what a batch costs.
    function _payStretch(Cause memory cause, Progress memory progress) internal override returns (int256 due) {
        (bytes32 id, bytes32 paid) = (cause.id, _paidEvent(cause));
        // Memory-safe: uses the scratch space, the words from `at` to the one behind the list and the members of `progress`.
        assembly ("memory-safe") {
            let at := mload(progress)
            // Users stay where they are in their words, in the upper 160 bits, which is the slot of the account, too.
            let previous := shl(96, mload(add(progress, 0x40)))
            let sent := 0
            // Account slots are paid112 | credit112 | frozenUntil32, from the lowest bit. Registered and not frozen are
            // those of 0 < slot < (now + 1) << 224, which is slot - 1 < limit.
            let limit := sub(shl(224, add(timestamp(), 1)), 1)
            let targetMask := TARGET_MASK
            let paidMask := PAID_MASK
            // The word behind the list is zero, so it is not above any other.
            for {} 1 { at := add(at, 0x20) } {
                let user := mload(at)
                due := and(user, targetMask)
                user := xor(user, due)
                let account_ := sload(user)
                due := sub(due, and(account_, paidMask))
                if iszero(and(and(gt(user, previous), sgt(due, 0)), lt(sub(account_, 1), limit))) { break }
                sstore(user, add(account_, due))
                if iszero(call(RECIPIENT_GAS, shr(96, user), due, 0, 0, 0, 0)) { break }
                mstore(0, due)
                log3(0, 0x20, paid, id, shr(96, user))
                mstore(at, or(user, due))
                sent := add(sent, due)
                previous := user
            }
            previous := shr(96, previous)
            mstore(progress, at)
            mstore(add(progress, 0x40), previous)
            mstore(add(progress, 0x60), add(mload(add(progress, 0x60)), sent))
        }
    }
}
