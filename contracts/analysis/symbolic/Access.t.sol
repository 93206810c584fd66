// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice Whoever does not have the role is refused, whatever the arguments, the history and the time, also inside of a multicall.
contract AccessProof is Symbolic {
    bytes32 private constant ADMIN_ROLE = 0;
    bytes32 private constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
    bytes32 private constant FREEZER_ROLE = keccak256("FREEZER_ROLE");
    bytes32 private constant TREASURER_ROLE = keccak256("TREASURER_ROLE");
    bytes32 private constant SUBMITTER_ROLE = keccak256("SUBMITTER_ROLE");

    function check_only_guardian_and_admin_veto(address caller, bytes32 root, uint32 time, uint256 balance) public {
        _without(caller, GUARDIAN_ROLE, ADMIN_ROLE, time, balance);
        _assertRefused(caller, abi.encodeCall(ICustody.vetoRoot, (root)));
    }

    function check_only_the_freezer_freezes(
        address caller,
        address user,
        uint256 until,
        bytes32 reason,
        uint32 time,
        uint256 balance
    ) public {
        _without(caller, FREEZER_ROLE, FREEZER_ROLE, time, balance);
        _assertRefused(caller, abi.encodeCall(ICustody.freeze, (user, until, reason)));
    }

    function check_only_freezer_guardian_and_admin_unfreeze(address caller, address user, uint32 time, uint256 balance)
        public
    {
        _without(caller, GUARDIAN_ROLE, ADMIN_ROLE, time, balance);
        world.assume(!custody.hasRole(FREEZER_ROLE, caller));
        _assertRefused(caller, abi.encodeCall(ICustody.unfreeze, (user)));
    }

    function check_only_guardian_and_admin_cancel_batches(address caller, bytes32 id, uint32 time, uint256 balance)
        public
    {
        _without(caller, GUARDIAN_ROLE, ADMIN_ROLE, time, balance);
        _assertRefused(caller, abi.encodeCall(ICustody.cancelBatch, (id)));
    }

    function check_only_guardian_and_admin_revoke_signers(address caller, address signer, uint32 time, uint256 balance)
        public
    {
        _without(caller, GUARDIAN_ROLE, ADMIN_ROLE, time, balance);
        _assertRefused(caller, abi.encodeCall(ICustody.revokeSigner, (signer)));
    }

    function check_only_guardian_and_admin_lower_the_cap(address caller, uint256 cap, uint32 time, uint256 balance)
        public
    {
        _without(caller, GUARDIAN_ROLE, ADMIN_ROLE, time, balance);
        _assertRefused(caller, abi.encodeCall(ICustody.lowerOutflowCap, (cap)));
    }

    function check_only_guardian_and_admin_pause(address caller, uint32 time, uint256 balance) public {
        _without(caller, GUARDIAN_ROLE, ADMIN_ROLE, time, balance);
        _assertRefused(caller, abi.encodeCall(ICustody.pause, ()));
    }

    function check_only_the_admin_unpauses(address caller, uint32 time, uint256 balance) public {
        _without(caller, ADMIN_ROLE, ADMIN_ROLE, time, balance);
        _assertRefused(caller, abi.encodeCall(ICustody.unpause, ()));
    }

    function check_only_the_treasurer_and_the_admin_operate(
        address caller,
        uint8 kind,
        bytes32 argument,
        uint256 value,
        uint32 time,
        uint256 balance
    ) public {
        world.assume(kind <= uint8(type(ICustody.Operation).max));
        ICustody.Operation operation = ICustody.Operation(kind);
        bytes32 owner = operation == ICustody.Operation.Treasury ? TREASURER_ROLE : ADMIN_ROLE;
        _without(caller, owner, owner, time, balance);
        _assertRefused(caller, abi.encodeCall(ICustody.schedule, (operation, argument, value)));
        world.assume(!custody.hasRole(GUARDIAN_ROLE, caller));
        _assertRefused(caller, abi.encodeCall(ICustody.cancel, (operation, argument, value)));
        // A new admin takes its role itself; an argument that is wider than an address cannot be announced.
        world.assume(operation != ICustody.Operation.TransferAdmin || address(uint160(uint256(argument))) != caller);
        _assertRefused(caller, abi.encodeCall(ICustody.execute, (operation, argument, value)));
    }

    function check_only_the_admin_revokes_roles(
        address caller,
        bytes32 role,
        address holder,
        uint32 time,
        uint256 balance
    ) public {
        _anyState(balance);
        _goTo(time);
        // In a history of this contract the admin of every role is the admin: nothing sets another.
        world.assume(custody.getRoleAdmin(role) == ADMIN_ROLE && !custody.hasRole(ADMIN_ROLE, caller));
        _assertRefused(caller, abi.encodeCall(IAccessControl.revokeRole, (role, holder)));
        world.assume(holder != caller);
        _assertRefused(caller, abi.encodeCall(IAccessControl.renounceRole, (role, holder)));
    }

    /// @dev Not with one value for several calls, and not with none for one that needs it.
    function check_a_multicall_takes_no_money_in(uint96 value, address caller, uint32 time, uint256 balance) public {
        _anyState(balance);
        _goTo(time);
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(ICustody.fund, ());
        world.deal(caller, value);
        world.prank(caller);
        (bool ok,) = address(custody).call{value: value}(abi.encodeCall(ICustody.multicall, (calls)));
        assert(!ok);
    }

    function check_only_a_submitter_publishes(
        address caller,
        ICustody.LiabilitiesRoot calldata root,
        address signer,
        uint32 time,
        uint256 balance
    ) public {
        _without(caller, SUBMITTER_ROLE, SUBMITTER_ROLE, time, balance);
        _assertRefused(caller, abi.encodeCall(ICustody.publishRoot, (root, signer, new bytes(65))));
    }

    function check_only_a_submitter_executes_batches(
        address caller,
        ICustody.PayoutBatch calldata batch,
        bytes32 entry,
        address signer,
        uint32 time,
        uint256 balance
    ) public {
        _without(caller, SUBMITTER_ROLE, SUBMITTER_ROLE, time, balance);
        bytes32[] memory payouts = new bytes32[](1);
        payouts[0] = entry;
        _assertRefused(caller, abi.encodeCall(ICustody.executeBatchPayouts, (batch, payouts, signer, new bytes(65))));
    }

    function _without(address caller, bytes32 role, bytes32 orRole, uint32 time, uint256 balance) private {
        _anyState(balance);
        _goTo(time);
        world.assume(!custody.hasRole(role, caller) && !custody.hasRole(orRole, caller));
    }

    function _assertRefused(address caller, bytes memory call) private {
        world.prank(caller);
        (bool ok,) = address(custody).call(call);
        assert(!ok);
        bytes[] memory calls = new bytes[](1);
        calls[0] = call;
        world.prank(caller);
        (bool inside,) = address(custody).call(abi.encodeCall(ICustody.multicall, (calls)));
        assert(!inside);
    }
}
