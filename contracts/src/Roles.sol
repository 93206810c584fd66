// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {ICustodyLeaves} from "./interfaces/ICustodyLeaves.sol";
import {Journal} from "./Journal.sol";

/// @notice Who may do what, and the pause. Roles are given at construction and taken at once; nothing is granted directly.
/// @dev The admin is `DEFAULT_ADMIN_ROLE`.
abstract contract Roles is AccessControl, Pausable, ReentrancyGuardTransient, Journal {
    bytes32 internal constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
    bytes32 internal constant FREEZER_ROLE = keccak256("FREEZER_ROLE");
    bytes32 internal constant TREASURER_ROLE = keccak256("TREASURER_ROLE");
    bytes32 internal constant SUBMITTER_ROLE = keccak256("SUBMITTER_ROLE");

    constructor(ICustody.Config memory c) {
        _grantRole(DEFAULT_ADMIN_ROLE, c.admin);
        _grantRole(GUARDIAN_ROLE, c.guardian);
        _grantRole(FREEZER_ROLE, c.freezer);
        _grantRole(TREASURER_ROLE, c.treasurer);
        _grantRole(SUBMITTER_ROLE, c.submitter);
    }

    modifier onlyGuardianOrAdmin() {
        if (!hasRole(GUARDIAN_ROLE, msg.sender)) _checkRole(DEFAULT_ADMIN_ROLE);
        _;
    }

    /// @notice Always reverts with `NotScheduled(role)`: granting is a delayed operation.
    function grantRole(bytes32 role, address) public pure override {
        revert ICustody.NotScheduled(role);
    }

    /// @notice Admin: takes a role at once. Guardian and admin can only be replaced by a delayed operation.
    function revokeRole(bytes32 role, address account) public override nonReentrant onlyRole(getRoleAdmin(role)) {
        _takeRole(role, account);
    }

    /// @notice Gives up the sender's own role at once; not for guardian and admin.
    function renounceRole(bytes32 role, address callerConfirmation) public override nonReentrant {
        if (callerConfirmation != msg.sender) revert AccessControlBadConfirmation();
        _takeRole(role, callerConfirmation);
    }

    /// @notice Stops intake, batches, publication and treasury. Refunds and whatever users may take themselves go on.
    function pause() external nonReentrant onlyGuardianOrAdmin {
        _pause();
        _journalPause(true);
    }

    /// @notice Admin only.
    function unpause() external nonReentrant onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
        _journalPause(false);
    }

    function supportsInterface(bytes4 id) public view virtual override returns (bool) {
        return id == type(ICustody).interfaceId || id == type(ICustodyLeaves).interfaceId || super.supportsInterface(id);
    }

    /// @dev An account without the role: `AccessControlUnauthorizedAccount`, since a call that changes nothing reverts.
    function _takeRole(bytes32 role, address account) private {
        if (role == DEFAULT_ADMIN_ROLE || role == GUARDIAN_ROLE) revert ICustody.NotScheduled(role);
        _checkRole(role, account);
        _revokeRole(role, account);
        _record(3, abi.encode(ICustody.RoleChanged.selector, role, account, SEQ, false));
    }

    /// @dev `WrongUser`, expected is zero, for who has the role already.
    function _giveRole(bytes32 role, address account) internal {
        if (!_grantRole(role, account)) revert ICustody.WrongUser(address(0), account);
    }

    function _journalPause(bool paused_) private {
        _record(1, abi.encode(ICustody.PauseChanged.selector, SEQ, paused_));
    }
}
