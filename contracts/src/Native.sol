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

    /// @dev In assembly, for it is what a batch costs; and a function of its own, which `leave` keeps from being merged into its
    /// callers, where so many variables would be alive that the compiler computes some of them again and again.
    function _payStretch(Cause memory cause, Progress memory progress) internal override returns (int256 due) {
        (bytes32 id, bytes32 paid) = (cause.id, _paidEvent(cause));
        // Memory-safe: uses the scratch space, the words from `at` to the one behind the list and the members of `progress`.
        assembly ("memory-safe") {
            function pay(at, previous, id_, paid_) -> to, last, sent, due_ {
                to := at
                last := previous
                // Account slots are paid112 | credit112 | frozenUntil32, from the lowest bit. Registered and not frozen are
                // those of 0 < slot < (now + 1) << 224, which is slot - 1 < limit.
                let limit := sub(shl(224, add(timestamp(), 1)), 1)
                // Made of the word that is always zero: constants would be computed again for every entry. As a number, -1.
                let ones := not(mload(0x60))
                let targetMask := shr(160, ones)
                let paidMask := shr(144, ones)
                // The word behind the list is zero, so it is not above any other.
                for {} 1 { to := add(to, 0x20) } {
                    let slot := mload(to)
                    due_ := and(slot, targetMask)
                    slot := xor(slot, due_)
                    let user := shr(96, slot)
                    let account_ := sload(slot)
                    due_ := sub(due_, and(account_, paidMask))
                    if iszero(and(and(gt(user, last), sgt(due_, 0)), lt(add(account_, ones), limit))) {
                        leave
                    }
                    sstore(slot, add(account_, due_))
                    if iszero(call(RECIPIENT_GAS, user, due_, 0, 0, 0, 0)) { leave }
                    mstore(0, due_)
                    log3(0, 0x20, paid_, id_, user)
                    mstore(to, or(slot, due_))
                    sent := add(sent, due_)
                    last := user
                }
            }
            let at, last, sent
            at, last, sent, due := pay(mload(progress), mload(add(progress, 0x40)), id, paid)
            mstore(progress, at)
            mstore(add(progress, 0x40), last)
            mstore(add(progress, 0x60), add(mload(add(progress, 0x60)), sent))
        }
    }
}
