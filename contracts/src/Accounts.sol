// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {ICustody} from "./interfaces/ICustody.sol";
import {Configuration} from "./Configuration.sol";
import {Roles} from "./Roles.sol";

/// @notice The slot of each user, and freezes: bounded in time, with gaps between them, lifted at once.
abstract contract Accounts is Configuration, Roles {
    /// @param paid everything ever paid, credited or claimed; only grows
    /// @param credit part of it that is still here
    /// @param frozenUntil 0: unknown user; 1: registered, never frozen; 2: enrolled, and neither registered nor ever frozen; else
    /// end of the last freeze
    struct Account {
        uint112 paid;
        uint112 credit;
        uint32 frozenUntil;
    }

    /// @dev Value of `frozenUntil` that registration writes.
    uint32 internal constant REGISTERED = 1;
    /// @dev Value of `frozenUntil` that enrolment writes.
    uint32 internal constant ENROLLED = 2;
    /// @dev From the end of one freeze to the beginning of the next, so that freezes cannot be chained.
    uint256 internal constant FREEZE_GAP = 60 days;

    function account(address user) external view returns (uint256 paid, uint256 credit, uint256 frozenUntil) {
        Account storage a = _account(user);
        return (a.paid, a.credit, a.frozenUntil);
    }

    /// @notice Freezer: freezes a registered user through the second before `until`.
    /// @dev An enrolled user, too. `BadFreeze` when `until` is not ahead or too far, or less than the gap has passed since the last freeze.
    function freeze(address user, uint256 until, bytes32 reason) external nonReentrant onlyRole(FREEZER_ROLE) {
        uint256 last = _account(user).frozenUntil;
        if (last == 0) revert ICustody.NotRegistered(user);
        if (until <= block.timestamp || until - block.timestamp > MAX_FREEZE) revert ICustody.BadFreeze(user, until);
        if (last > ENROLLED && block.timestamp < last + FREEZE_GAP) revert ICustody.BadFreeze(user, until);
        _account(user).frozenUntil = uint32(until);
        _record(2, abi.encode(ICustody.UserFrozen.selector, user, SEQ, until, reason));
    }

    /// @notice Freezer, guardian or admin: ends a freeze now. `BadFreeze` when the user is not frozen.
    function unfreeze(address user) external nonReentrant {
        if (!hasRole(FREEZER_ROLE, msg.sender) && !hasRole(GUARDIAN_ROLE, msg.sender)) _checkRole(DEFAULT_ADMIN_ROLE);
        uint256 until = _account(user).frozenUntil;
        if (until <= block.timestamp) revert ICustody.BadFreeze(user, until);
        _account(user).frozenUntil = uint32(block.timestamp);
        _record(2, abi.encode(ICustody.UserUnfrozen.selector, user, SEQ));
    }

    /// @dev At slot `user << 96`, which spares a hash for each account. Nothing else lies there: other variables are below 2^96,
    /// and those of mappings at hashes. No user is zero.
    function _account(address user) internal pure returns (Account storage a) {
        assembly ("memory-safe") {
            a.slot := shl(96, user)
        }
    }

    function _checkNotFrozen(address user) internal view {
        uint256 until = _account(user).frozenUntil;
        if (until > block.timestamp) revert ICustody.UserIsFrozen(user, until);
    }
}
