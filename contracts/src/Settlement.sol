// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {Liabilities} from "./Liabilities.sol";
import {Payouts} from "./Payouts.sol";

/// @notice Signed batches: every entry names a user's new cumulative `paid`, and the contract pays what is missing to it.
/// @dev Whatever was paid meanwhile, by a claim or by another batch, is not paid again. No recipient can fail a batch.
abstract contract Settlement is Payouts, Liabilities {
    using SafeCast for uint256;

    bytes32 internal constant PAYOUT_BATCH_TYPEHASH = keccak256(
        "PayoutBatch(bytes32 batchId,address submitter,uint256 maxTotal,bytes32 manifestHash,uint256 validAfter,uint256 deadline,bytes32[] payouts)"
    );
    uint256 internal constant CANCELLED = type(uint64).max;

    /// @dev Number of the journal entry, or `CANCELLED`, of four batches whose ids differ in the last two bits only: three of four
    /// batches that are numbered one after the other write a slot that is not empty.
    mapping(bytes32 ids => uint256) private _batches;

    function batchState(bytes32 batchId) external view returns (uint64 seq) {
        (bytes32 ids, uint256 shift) = _placeOf(batchId);
        return uint64(_batches[ids] >> shift);
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
        (bytes32[] memory words, Outcome memory outcome) = _listOf(payouts);
        _use(batch.batchId, _nextSeq());
        bytes32 structHash = keccak256(abi.encode(PAYOUT_BATCH_TYPEHASH, batch, outcome.listHash));
        _checkAuthorization(structHash, signer, signature);
        _settle(batch, words, outcome);
    }

    /// @notice Admin or guardian: the batch id can never be used. `BatchAlreadyExecuted` when it was, or is cancelled.
    function cancelBatch(bytes32 batchId) external nonReentrant onlyGuardianOrAdmin {
        _use(batchId, CANCELLED);
        _record(2, abi.encode(ICustody.BatchCancelled.selector, batchId, SEQ));
    }

    function _settle(ICustody.PayoutBatch calldata batch, bytes32[] memory words, Outcome memory outcome) private {
        uint256 spendable = _spendable();
        if (batch.maxTotal > spendable) revert ICustody.InsufficientFunds(batch.maxTotal, spendable);
        _payAll(Cause(batch.batchId, false), words, outcome);
        if (outcome.paid > batch.maxTotal) revert ICustody.OverMaxTotal(outcome.paid, batch.maxTotal);
        _takeForPayment(outcome.paid);
        _pushed += outcome.paid.toUint96();
        if (outcome.credited != 0) _credited += uint96(outcome.credited);
        _record(2, abi.encode(ICustody.BatchSettled.selector, batch.batchId, SEQ, outcome, batch.manifestHash));
    }

    function _use(bytes32 batchId, uint256 state) private {
        (bytes32 ids, uint256 shift) = _placeOf(batchId);
        uint256 states = _batches[ids];
        if (uint64(states >> shift) != 0) revert ICustody.BatchAlreadyExecuted(batchId);
        _batches[ids] = states | (state << shift);
    }

    function _placeOf(bytes32 batchId) private pure returns (bytes32 ids, uint256 shift) {
        return (batchId >> 2, (uint256(batchId) & 3) * 64);
    }
}
