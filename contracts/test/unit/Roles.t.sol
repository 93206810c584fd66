// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyTest} from "../CustodyTest.sol";
import {JournalReplay} from "../JournalReplay.sol";

contract RolesTest is CustodyTest {
    bytes32 private constant ADMIN_ROLE = bytes32(0);

    function test_construction_grants_each_role_once_and_appends_nothing() public view {
        assertTrue(custody.hasRole(ADMIN_ROLE, ADMIN), "admin");
        assertTrue(custody.hasRole(GUARDIAN_ROLE, GUARDIAN), "guardian");
        assertTrue(custody.hasRole(FREEZER_ROLE, FREEZER), "freezer");
        assertTrue(custody.hasRole(TREASURER_ROLE, TREASURER), "treasurer");
        assertTrue(custody.hasRole(SUBMITTER_ROLE, SUBMITTER), "submitter");
        assertTrue(!custody.hasRole(ADMIN_ROLE, address(this)), "the deployer has none");
        assertTrue(custody.isSigner(signer) && !custody.isRootSigner(signer), "signer");
        address rootSigner = vm.addr(ROOT_SIGNER_KEY);
        assertTrue(custody.isRootSigner(rootSigner) && !custody.isSigner(rootSigner), "root signer");
        (uint64 seq, bytes24 root) = custody.journalHead();
        assertEq(seq, 0, "seq");
        assertEq(root, bytes32(0), "root");
    }

    function test_nobody_grants_a_role_directly() public {
        bytes32[5] memory roles = [ADMIN_ROLE, GUARDIAN_ROLE, FREEZER_ROLE, TREASURER_ROLE, SUBMITTER_ROLE];
        for (uint256 k; k < 5; ++k) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, roles[k]));
            vm.prank(ADMIN);
            custody.grantRole(roles[k], STRANGER);
        }
    }

    function test_the_admin_revokes_at_once_and_it_is_one_entry() public {
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.startPrank(ADMIN);
        custody.revokeRole(FREEZER_ROLE, FREEZER);
        custody.revokeRole(TREASURER_ROLE, TREASURER);
        custody.revokeRole(SUBMITTER_ROLE, SUBMITTER);
        vm.stopPrank();
        _assertJournal(before, 3);
        assertTrue(!custody.hasRole(FREEZER_ROLE, FREEZER), "revoked");
    }

    function test_a_holder_renounces_at_once_and_it_is_one_entry() public {
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(SUBMITTER);
        custody.renounceRole(SUBMITTER_ROLE, SUBMITTER);
        _assertJournal(before, 1);
        assertTrue(!custody.hasRole(SUBMITTER_ROLE, SUBMITTER), "renounced");
    }

    function test_renouncing_for_another_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessControl.AccessControlBadConfirmation.selector));
        vm.prank(STRANGER);
        custody.renounceRole(SUBMITTER_ROLE, SUBMITTER);
    }

    function test_taking_a_role_from_who_has_none_is_refused() public {
        bytes memory error_ = _unauthorized(STRANGER, FREEZER_ROLE);
        vm.expectRevert(error_);
        vm.prank(ADMIN);
        custody.revokeRole(FREEZER_ROLE, STRANGER);
        vm.expectRevert(error_);
        vm.prank(STRANGER);
        custody.renounceRole(FREEZER_ROLE, STRANGER);
    }

    function test_guardian_and_admin_are_never_taken_at_once() public {
        vm.startPrank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, GUARDIAN_ROLE));
        custody.revokeRole(GUARDIAN_ROLE, GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, ADMIN_ROLE));
        custody.revokeRole(ADMIN_ROLE, ADMIN);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, ADMIN_ROLE));
        custody.renounceRole(ADMIN_ROLE, ADMIN);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, GUARDIAN_ROLE));
        vm.prank(GUARDIAN);
        custody.renounceRole(GUARDIAN_ROLE, GUARDIAN);
    }

    function test_only_the_admin_revokes() public {
        address[3] memory others = [GUARDIAN, FREEZER, STRANGER];
        for (uint256 k; k < 3; ++k) {
            vm.expectRevert(_unauthorized(others[k], ADMIN_ROLE));
            vm.prank(others[k]);
            custody.revokeRole(SUBMITTER_ROLE, SUBMITTER);
        }
    }

    function test_guardian_and_admin_revoke_signers_and_nobody_else() public {
        vm.expectRevert(_unauthorized(FREEZER, ADMIN_ROLE));
        vm.prank(FREEZER);
        custody.revokeSigner(signer);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(GUARDIAN);
        custody.revokeSigner(signer);
        vm.prank(ADMIN);
        custody.revokeSigner(vm.addr(ROOT_SIGNER_KEY));
        _assertJournal(before, 2);
        assertTrue(!custody.isSigner(signer), "signer");
        assertTrue(!custody.isRootSigner(vm.addr(ROOT_SIGNER_KEY)), "root signer");
    }

    function test_who_signs_both_is_out_of_both_sets_at_once() public {
        vm.startPrank(ADMIN);
        bytes32 argument = bytes32(uint256(uint160(signer)));
        custody.schedule(ICustody.Operation.AddRootSigner, argument, 0);
        vm.warp(START + 3 days);
        custody.execute(ICustody.Operation.AddRootSigner, argument, 0);
        assertTrue(custody.isSigner(signer) && custody.isRootSigner(signer), "both");
        custody.revokeSigner(signer);
        assertTrue(!custody.isSigner(signer) && !custody.isRootSigner(signer), "none");
        vm.stopPrank();
    }

    function test_who_is_no_signer_cannot_be_revoked() public {
        vm.startPrank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSigner.selector, STRANGER));
        custody.revokeSigner(STRANGER);
        custody.revokeSigner(signer);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSigner.selector, signer));
        custody.revokeSigner(signer);
        vm.stopPrank();
    }

    function test_guardian_and_admin_pause_and_only_the_admin_unpauses() public {
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(GUARDIAN);
        custody.pause();
        assertTrue(custody.paused(), "paused");
        vm.prank(ADMIN);
        custody.unpause();
        assertTrue(!custody.paused(), "unpaused");
        vm.prank(ADMIN);
        custody.pause();
        _assertJournal(before, 3);
        vm.expectRevert(_unauthorized(GUARDIAN, ADMIN_ROLE));
        vm.prank(GUARDIAN);
        custody.unpause();
        vm.expectRevert(_unauthorized(STRANGER, ADMIN_ROLE));
        vm.prank(STRANGER);
        custody.pause();
    }

    function test_a_pause_that_changes_nothing_is_refused() public {
        vm.startPrank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(Pausable.ExpectedPause.selector));
        custody.unpause();
        custody.pause();
        vm.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        custody.pause();
        vm.stopPrank();
    }

    function _unauthorized(address account, bytes32 role) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role);
    }
}
