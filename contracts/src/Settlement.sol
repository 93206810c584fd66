// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {Accounts} from "./Accounts.sol";
import {Liabilities} from "./Liabilities.sol";

/// @notice Signed batches: every entry names a user's new cumulative `paid`, and the contract pays what is missing to it.
/// @dev Whatever was paid meanwhile, by a claim or by another batch, is not paid again. No recipient can fail a batch.
abstract contract Settlement is Accounts, Liabilities {
    using SafeCast for uint256;

    bytes32 internal constant PAYOUT_BATCH_TYPEHASH = keccak256(
        "PayoutBatch(bytes32 batchId,address submitter,uint256 maxTotal,bytes32 manifestHash,uint256 validAfter,uint256 deadline,bytes32[] payouts)"
    );
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
    uint256 internal constant CANCELLED = type(uint64).max;

    /// @dev Number of the journal entry, or `CANCELLED`.
    mapping(bytes32 batchId => uint256) private _batches;

    /// @param paid everything sent or credited
    /// @param credited the part of it that was credited
    struct Outcome {
        uint256 paid;
        uint256 credited;
        bytes32 hash;
    }

    function batchState(bytes32 batchId) external view returns (uint64 seq) {
        return uint64(_batches[batchId]);
    }

    /// @notice Pays each registered user of the list up to the signed target; credits whom it cannot pay.
    /// @dev In order: role; paused; `WrongSubmitter`; window (`NotYetValid`, `Expired`, `LifetimeTooLong`); `BadBatchSize`;
    /// `BatchAlreadyExecuted` (also cancelled); `InvalidSigner`, `InvalidSignature`; `InsufficientFunds` for `maxTotal`; per
    /// entry `BadEntry`, `NotRegistered`, `InsufficientGas`; then `OverMaxTotal`, `OutflowCapReached`.
    function executeBatchPayouts(
        ICustody.PayoutBatch calldata batch,
        bytes32[] calldata payouts,
        address signer,
        bytes calldata signature
    ) external nonReentrant onlyRole(SUBMITTER_ROLE) whenNotPaused {
        if (batch.submitter != address(0) && batch.submitter != msg.sender) {
            revert ICustody.WrongSubmitter(batch.submitter, msg.sender);
        }
        _checkWindow(batch.validAfter, batch.deadline);
        if (payouts.length == 0 || payouts.length > MAX_BATCH) {
            revert ICustody.BadBatchSize(payouts.length, MAX_BATCH);
        }
        _use(batch.batchId, _nextSeq());
        bytes32[] memory words = payouts;
        bytes32 listHash = _hashOf(words);
        _checkAuthorization(keccak256(abi.encode(PAYOUT_BATCH_TYPEHASH, batch, listHash)), signer, signature);
        uint256 spendable = _spendable();
        if (batch.maxTotal > spendable) revert ICustody.InsufficientFunds(batch.maxTotal, spendable);

        Outcome memory outcome = _payAll(batch.batchId, words);
        if (outcome.paid > batch.maxTotal) revert ICustody.OverMaxTotal(outcome.paid, batch.maxTotal);
        _takeForPayment(outcome.paid);
        _pushed += outcome.paid.toUint96();
        if (outcome.credited != 0) _credited += uint96(outcome.credited);
        _closeBatch(batch.batchId, batch.manifestHash, words.length, listHash, outcome);
    }

    /// @notice Admin or guardian: the batch id can never be used. `BatchAlreadyExecuted` when it was, or is cancelled.
    function cancelBatch(bytes32 batchId) external nonReentrant onlyGuardianOrAdmin {
        _use(batchId, CANCELLED);
        uint256 seq = _nextSeq();
        emit ICustody.BatchCancelled(batchId, seq);
        _append(keccak256(abi.encode(ICustody.BatchCancelled.selector, batchId, seq)));
    }

    function _use(bytes32 batchId, uint256 state) private {
        if (_batches[batchId] != 0) revert ICustody.BatchAlreadyExecuted(batchId);
        _batches[batchId] = state;
    }

    /// @dev Pays entry by entry and turns `words` from the signed list into the outcome. Stretches of entries that are simply
    /// paid are in assembly, for they are what a batch costs; every other entry ends a stretch.
    function _payAll(bytes32 batchId, bytes32[] memory words) private returns (Outcome memory outcome) {
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
                    log3(0, 0x20, executed, batchId, user)
                    paid := add(paid, due)
                    previous := user
                }
            }
            if (at == end) break;
            if (user <= previous) _refuseEntry(words, at);
            _settleUnsent(batchId, at, due, outcome);
            previous = user;
            unchecked {
                at += 0x20;
            }
        }
        outcome.paid += paid;
        outcome.hash = _hashOf(words);
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
    function _settleUnsent(bytes32 batchId, uint256 at, int256 due, Outcome memory outcome) private {
        bytes32 entry;
        assembly ("memory-safe") {
            entry := mload(at)
        }
        bytes32 word = _outcomeUnsent(batchId, address(bytes20(entry)), entry, due, outcome);
        assembly ("memory-safe") {
            mstore(at, word)
        }
    }

    /// @return word outcome of an entry that was not simply paid: credited, or nothing was due
    function _outcomeUnsent(bytes32 batchId, address user, bytes32 entry, int256 due, Outcome memory outcome)
        private
        returns (bytes32 word)
    {
        Account storage a = _accounts[user];
        if (a.frozenUntil == 0) revert ICustody.NotRegistered(user);
        word = bytes32(bytes20(user));
        if (due <= 0) {
            emit ICustody.PayoutSkipped(batchId, user);
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
        emit ICustody.PayoutCredited(batchId, user, amount, frozen);
        return word | bytes32(amount | CREDITED_FLAG);
    }

    function _closeBatch(bytes32 batchId, bytes32 manifestHash, uint256 count, bytes32 listHash, Outcome memory outcome)
        private
    {
        uint256 seq = _nextSeq();
        emit ICustody.BatchSettled(
            batchId, seq, count, outcome.paid, outcome.credited, listHash, outcome.hash, manifestHash
        );
        _append(
            keccak256(
                abi.encode(
                    ICustody.BatchSettled.selector,
                    batchId,
                    seq,
                    count,
                    outcome.paid,
                    outcome.credited,
                    listHash,
                    outcome.hash,
                    manifestHash
                )
            )
        );
    }

    /// @dev Without the copy that `abi.encodePacked` would make.
    function _hashOf(bytes32[] memory words) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(words, 0x20), shl(5, mload(words)))
        }
    }
}
