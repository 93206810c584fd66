// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {Configuration} from "./Configuration.sol";
import {Roles} from "./Roles.sol";

/// @notice Bounds what may leave per day by batches, treasury and claims, whatever was signed.
/// @dev A leaking bucket whose capacity is half the cap and which runs empty within a day. What leaves in any 24 hours is at
/// most what fits at their beginning and what leaks meanwhile, so at most the cap. Refunds and withdrawals of credit do not
/// count: refunds are the users' own deposits, and credits counted when they were credited.
abstract contract Outflow is Configuration, Roles {
    using SafeCast for uint256;

    uint256 private constant EMPTY_AFTER = 1 days;

    /// @notice Guardian or admin, at once. `WrongValue` with the bound that is broken: not below the present cap, or below the
    /// floor, so that exits cannot be starved.
    function lowerOutflowCap(uint256 cap) external nonReentrant onlyGuardianOrAdmin {
        if (cap >= _outflowCap) revert ICustody.WrongValue(_outflowCap, cap);
        if (cap < OUTFLOW_FLOOR) revert ICustody.WrongValue(OUTFLOW_FLOOR, cap);
        _setOutflowCap(uint96(cap));
        _record(1, abi.encode(ICustody.OutflowCapLowered.selector, SEQ, cap));
    }

    /// @dev `WrongValue` unless it rises.
    function _raiseOutflowCap(uint256 cap) internal {
        if (cap <= _outflowCap) revert ICustody.WrongValue(_outflowCap, cap);
        _setOutflowCap(cap.toUint96());
    }

    /// @dev Room for batches and treasury: a quarter of the bucket is kept for claims.
    function _roomForPayments() internal view returns (uint256) {
        return _room((uint256(_outflowCap) / 2) * 3 / 4);
    }

    function _takeForPayment(uint256 amount) internal {
        _take(amount, _roomForPayments());
    }

    /// @dev Claims may fill the bucket to the brim.
    function _takeForLeaves(uint256 amount) internal {
        _take(amount, _roomForClaims());
    }

    /// @dev As much as there is room for, of `amount`, which is a part of `due`; `OutflowCapReached` when there is none.
    function _takeForClaim(uint256 due, uint256 amount) internal returns (uint256) {
        uint256 room = _roomForClaims();
        if (room == 0) revert ICustody.OutflowCapReached(due, 0);
        if (amount > room) amount = room;
        _fill(amount);
        return amount;
    }

    function _take(uint256 amount, uint256 room) private {
        if (amount > room) revert ICustody.OutflowCapReached(amount, room);
        _fill(amount);
    }

    function _roomForClaims() private view returns (uint256) {
        return _room(uint256(_outflowCap) / 2);
    }

    function _room(uint256 limit) private view returns (uint256) {
        uint256 level = _presentLevel();
        return level < limit ? limit - level : 0;
    }

    function _fill(uint256 amount) private {
        uint96 level = (_presentLevel() + amount).toUint96();
        (_level, _levelAt) = (level, uint32(block.timestamp));
    }

    /// @dev What leaked until now leaked at the old rate. A bucket that is fuller than the new one holds is just full: it
    /// would take longer than a day to run empty, and nobody could claim meanwhile.
    function _setOutflowCap(uint96 cap) private {
        uint256 level = _presentLevel();
        uint96 capacity = cap / 2;
        _level = level < capacity ? uint96(level) : capacity;
        _levelAt = uint32(block.timestamp);
        _outflowCap = cap;
    }

    /// @dev Leaks are rounded down, in favour of the bound.
    function _presentLevel() private view returns (uint256) {
        (uint256 level, uint256 levelAt) = (_level, _levelAt);
        uint256 leaked = (block.timestamp - levelAt) * (uint256(_outflowCap) / 2) / EMPTY_AFTER;
        return level > leaked ? level - leaked : 0;
    }
}
