// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {Configuration} from "./Configuration.sol";
import {Roles} from "./Roles.sol";

/// @notice Bounds what may leave per day by batches, treasury and claims, whatever was signed.
/// @dev A leaking bucket whose capacity is half the cap and which runs empty within a day. What leaves in any 24 hours is at
/// most what fits at their beginning and what leaks meanwhile, so at most the largest cap in force. Refunds and withdrawals of credit do not
/// count: refunds are the users' own deposits, and credits counted when they were credited.
abstract contract Outflow is Configuration, Roles {
    using SafeCast for uint256;

    uint256 private constant EMPTY_AFTER = 1 days;

    /// @notice Guardian or admin, at once. `WrongValue` with the bound that is broken: not below the present cap, or below the
    /// floor, so that exits cannot be starved.
    function lowerOutflowCap(uint256 cap) external nonReentrant onlyGuardianOrAdmin {
        if (cap >= _outflowCap) revert ICustody.WrongValue(_outflowCap, cap);
        if (cap < OUTFLOW_FLOOR) revert ICustody.WrongValue(OUTFLOW_FLOOR, cap);
        _setOutflowCap(uint96(cap), _presentLevel());
        _record(1, abi.encode(ICustody.OutflowCapLowered.selector, SEQ, cap));
    }

    /// @dev `WrongValue` unless it rises. The bucket is as full as before, in proportion: were it as full in units, a cap that is
    /// lowered and raised again would let more leave in a day than it allows.
    function _raiseOutflowCap(uint256 cap) internal {
        uint256 present = _outflowCap;
        if (cap <= present) revert ICustody.WrongValue(present, cap);
        // By capacities, which are rounded: so one that is full stays full to the unit.
        uint256 level = Math.ceilDiv(_presentLevel() * (cap / 2), _capacity());
        _setOutflowCap(cap.toUint96(), level);
    }

    /// @dev Room for batches and treasury: a quarter of the bucket is kept for claims.
    function _roomForPayments() internal view returns (uint256) {
        uint256 capacity = _capacity();
        (uint256 level,) = _leaked(capacity);
        return _room(_payable(capacity), level);
    }

    function _takeForPayment(uint256 amount) internal {
        uint256 capacity = _capacity();
        _take(amount, capacity, _payable(capacity));
    }

    /// @dev Claims may fill the bucket to the brim.
    function _takeForLeaves(uint256 amount) internal {
        uint256 capacity = _capacity();
        _take(amount, capacity, capacity);
    }

    /// @dev As much as there is room for, of `amount`, which is a part of `due`; `OutflowCapReached` when there is none.
    function _takeForClaim(uint256 due, uint256 amount) internal returns (uint256) {
        uint256 capacity = _capacity();
        (uint256 level, uint256 rest) = _leaked(capacity);
        uint256 room = _room(capacity, level);
        if (room == 0) revert ICustody.OutflowCapReached(due, 0);
        if (amount > room) amount = room;
        _fill(level + amount, rest);
        return amount;
    }

    function _take(uint256 amount, uint256 capacity, uint256 limit) private {
        (uint256 level, uint256 rest) = _leaked(capacity);
        uint256 room = _room(limit, level);
        if (amount > room) revert ICustody.OutflowCapReached(amount, room);
        _fill(level + amount, rest);
    }

    /// @dev Of at most the capacity, which is half of a number of 96 bits.
    function _fill(uint256 level, uint256 rest) private {
        (_level, _levelAt, _leakRest) = (uint96(level), uint32(block.timestamp), uint32(rest));
    }

    /// @dev What leaked until now leaked at the old rate. A bucket that is fuller than the new one holds is just full: it
    /// would take longer than a day to run empty, and nobody could claim meanwhile.
    function _setOutflowCap(uint96 cap, uint256 level) private {
        _fill(Math.min(level, cap / 2), 0);
        _outflowCap = cap;
    }

    function _presentLevel() private view returns (uint256 level) {
        (level,) = _leaked(_capacity());
    }

    function _capacity() private view returns (uint256) {
        return uint256(_outflowCap) / 2;
    }

    function _payable(uint256 capacity) private pure returns (uint256) {
        return capacity * 3 / 4;
    }

    function _room(uint256 limit, uint256 level) private pure returns (uint256) {
        unchecked {
            return level < limit ? limit - level : 0;
        }
    }

    /// @dev Leaks are whole units, rounded down in favour of the bound; what is no whole unit yet is kept, so that frequent payments of
    /// a coarse token do not slow the leak down.
    /// @return level how full the bucket is
    /// @return rest what leaked of a further unit, in parts of a day
    function _leaked(uint256 capacity) private view returns (uint256 level, uint256 rest) {
        level = _level;
        // Numbers of 32 and 95 bits, and a rest below a day.
        unchecked {
            uint256 flow = (block.timestamp - _levelAt) * capacity + _leakRest;
            uint256 leak = flow / EMPTY_AFTER;
            return level > leak ? (level - leak, flow % EMPTY_AFTER) : (0, 0);
        }
    }
}
