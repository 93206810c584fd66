// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {Liabilities} from "./Liabilities.sol";

/// @notice What takes effect only after a delay in which the guardian can cancel it: whatever grants, raises or takes.
/// @dev An operation is its kind, argument and value; the same one can be pending once. The delay is longer than that of roots,
/// so users can claim against the newest root before anything of this happens. Nothing that was announced lies about for ever: it
/// can be carried out for `GRACE` only, and only as long as who announced it has the role.
abstract contract Operations is Liabilities {
    using SafeCast for uint256;

    /// @dev One slot.
    /// @param eta when it can be executed; zero when it was not scheduled
    /// @param treasury whether the announcer is a treasurer, not the admin
    struct Pending {
        uint64 eta;
        address announcer;
        bool treasury;
    }

    uint256 internal constant GRACE = 14 days;

    mapping(bytes32 id => Pending) private _pending;

    /// @notice When an operation can be executed; zero when it was not scheduled, has expired, or who announced it lost the role.
    function operationEta(bytes32 id) external view returns (uint256) {
        Pending memory p = _pending[id];
        return _stands(p) ? p.eta : 0;
    }

    /// @notice Treasurer for the treasury, else admin: announces an operation.
    /// @dev In order: role; what the operation cannot mean (`_checkMeaning`); `AlreadyScheduled`. Also while paused.
    function schedule(ICustody.Operation operation, bytes32 argument, uint256 value) external nonReentrant {
        _checkRole(_ownerOf(operation));
        _checkMeaning(operation, argument, value);
        bytes32 id = _idOf(operation, argument, value);
        if (_stands(_pending[id])) revert ICustody.AlreadyScheduled(id);
        uint256 eta = block.timestamp + OPERATION_DELAY;
        _pending[id] = Pending(uint64(eta), msg.sender, operation == ICustody.Operation.Treasury);
        _record(2, abi.encode(ICustody.OperationScheduled.selector, id, SEQ, operation, argument, value, eta));
    }

    /// @notice Who could schedule it: carries out an operation whose delay is over. Treasury not while paused. `TransferAdmin` is
    /// carried out by the new admin, which shows that its key is in somebody's hands.
    /// @dev In order: role, or `WrongUser` (not the new admin); `NotScheduled` (also after who announced it lost the role);
    /// `TooEarly`; `Expired`; then what the operation itself demands (`_perform`).
    function execute(ICustody.Operation operation, bytes32 argument, uint256 value) external nonReentrant {
        if (operation != ICustody.Operation.TransferAdmin) _checkRole(_ownerOf(operation));
        else if (msg.sender != _addressIn(argument)) revert ICustody.WrongUser(_addressIn(argument), msg.sender);
        bytes32 id = _idOf(operation, argument, value);
        Pending memory p = _pending[id];
        // Nobody announced what was never scheduled, and nobody is the zero address, which has no role.
        if (!hasRole(_ownerOf(operation), p.announcer)) revert ICustody.NotScheduled(id);
        if (block.timestamp < p.eta) revert ICustody.TooEarly(p.eta);
        if (block.timestamp > p.eta + GRACE) revert ICustody.Expired(p.eta + GRACE);
        delete _pending[id];
        _record(2, abi.encode(ICustody.OperationExecuted.selector, id, SEQ, operation, argument, value));
        _perform(operation, argument, value, p.announcer);
    }

    /// @notice Who could schedule it, or a guardian, unless it is the guardian's own removal. `NotScheduled`.
    function cancel(ICustody.Operation operation, bytes32 argument, uint256 value) external nonReentrant {
        bool ownRemoval = operation == ICustody.Operation.RemoveGuardian && _addressIn(argument) == msg.sender;
        if (ownRemoval || !hasRole(GUARDIAN_ROLE, msg.sender)) _checkRole(_ownerOf(operation));
        bytes32 id = _idOf(operation, argument, value);
        if (_pending[id].eta == 0) revert ICustody.NotScheduled(id);
        delete _pending[id];
        _record(2, abi.encode(ICustody.OperationCancelled.selector, id, SEQ));
    }

    /// @dev Each operation has one form, so that it is scheduled once and seen for what it is. An address that is zero
    /// (`ZeroAddress`) or wider than 160 bits, an argument or a value where there is none (`WrongValue`), are refused; so is a
    /// root that is not mature (`RootUnknownOrImmature`), for its users had no time to claim against it.
    function _checkMeaning(ICustody.Operation operation, bytes32 argument, uint256 value) private view {
        if (operation == ICustody.Operation.RaiseOutflowCap) {
            if (argument != 0) revert ICustody.WrongValue(0, uint256(argument));
            return;
        }
        if (operation != ICustody.Operation.Treasury && value != 0) revert ICustody.WrongValue(0, value);
        if (operation == ICustody.Operation.RetireRoot) {
            _matureTotal(argument);
            return;
        }
        if (uint256(argument).toUint160() == 0) revert ICustody.ZeroAddress();
    }

    function _perform(ICustody.Operation operation, bytes32 argument, uint256 value, address announcer) private {
        address who = _addressIn(argument);
        if (operation == ICustody.Operation.Treasury) _payTreasury(who, value);
        else if (operation == ICustody.Operation.RaiseOutflowCap) _raiseOutflowCap(value);
        else if (operation == ICustody.Operation.AddSigner) _addSigner(who);
        else if (operation == ICustody.Operation.AddRootSigner) _addRootSigner(who);
        else if (operation == ICustody.Operation.AddSubmitter) _giveRole(SUBMITTER_ROLE, who);
        else if (operation == ICustody.Operation.AddFreezer) _giveRole(FREEZER_ROLE, who);
        else if (operation == ICustody.Operation.AddTreasurer) _giveRole(TREASURER_ROLE, who);
        else if (operation == ICustody.Operation.AddGuardian) _giveRole(GUARDIAN_ROLE, who);
        else if (operation == ICustody.Operation.RemoveGuardian) _removeGuardian(who);
        else if (operation == ICustody.Operation.RetireRoot) _retireRoot(argument);
        else _transferAdmin(announcer, who);
    }

    /// @dev From surplus only: not what belongs to deposits, credits and published roots.
    function _payTreasury(address to, uint256 amount) private whenNotPaused {
        uint256 spendable = _spendable();
        if (amount > spendable) revert ICustody.InsufficientFunds(amount, spendable);
        _takeForPayment(amount);
        _send(to, amount);
    }

    function _removeGuardian(address guardian) private {
        _checkRole(GUARDIAN_ROLE, guardian);
        _revokeRole(GUARDIAN_ROLE, guardian);
    }

    /// @dev There is one admin.
    function _transferAdmin(address from, address to) private {
        _giveRole(DEFAULT_ADMIN_ROLE, to);
        _revokeRole(DEFAULT_ADMIN_ROLE, from);
    }

    /// @dev Whether it can be executed, now or later.
    function _stands(Pending memory p) private view returns (bool) {
        bytes32 role = p.treasury ? TREASURER_ROLE : DEFAULT_ADMIN_ROLE;
        return block.timestamp <= p.eta + GRACE && hasRole(role, p.announcer);
    }

    function _ownerOf(ICustody.Operation operation) private pure returns (bytes32 role) {
        return operation == ICustody.Operation.Treasury ? TREASURER_ROLE : DEFAULT_ADMIN_ROLE;
    }

    function _addressIn(bytes32 argument) private pure returns (address) {
        return address(uint160(uint256(argument)));
    }

    function _idOf(ICustody.Operation operation, bytes32 argument, uint256 value) private pure returns (bytes32) {
        return keccak256(abi.encode(operation, argument, value));
    }
}
