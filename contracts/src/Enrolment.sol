// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {ICustody} from "./interfaces/ICustody.sol";
import {Accounts} from "./Accounts.sol";

/// @notice Takes over the users of the contract before this one, so that they can be paid here without registering again.
/// @dev Who they are, and nothing else: what the predecessor owes stays there, and so do freezes.
abstract contract Enrolment is Accounts {
    /// @dev Fails for a predecessor that is no such contract.
    constructor() {
        _knownBefore(address(0));
    }

    /// @notice Anybody, also while paused. In order: `NotRegistered` (unknown to the predecessor, or there is none);
    /// `AlreadyRegistered`.
    function enrol(address user) external nonReentrant {
        if (!_knownBefore(user)) revert ICustody.NotRegistered(user);
        if (_account(user).frozenUntil != 0) revert ICustody.AlreadyRegistered(user);
        _account(user).frozenUntil = ENROLLED;
        _record(2, abi.encode(ICustody.UserEnrolled.selector, user, SEQ));
    }

    function _knownBefore(address user) private view returns (bool) {
        if (PREDECESSOR == address(0)) return false;
        (,, uint256 frozenUntil) = ICustody(PREDECESSOR).account(user);
        return frozenUntil != 0;
    }
}
