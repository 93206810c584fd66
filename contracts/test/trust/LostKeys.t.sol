// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {StolenKeyTest} from "./StolenKeyTest.sol";

/// @notice A key that nobody has any more: what stands still, what users do all the same, and how it is mended. A lost key is one that
/// the test does not use; who else could do its work is asked, too.
contract LostKeysTest is StolenKeyTest {
    uint256 private constant NEW_KEY = 0x6E77;
    address private constant HEIR = address(0xAD00FF);
    address private immutable NEW_SIGNER = vm.addr(NEW_KEY);

    // ------------------------------------------------------------------ admin

    /// @dev While nobody pauses, batches, roots and treasury go on, so the money can still move to a successor.
    function test_without_the_admin_nothing_is_granted_but_batches_roots_and_treasury_go_on() public {
        _assertNobodyElseGrants();
        _execute(_batch("b1", 1 ether), _list(BOB, CREDIT + 1 ether));
        (bytes32 root, uint256 total) = _aliceAndBob(PROMISED, CREDIT + 1 ether);
        _publish(_rootOf(root, total));
        _operate(ICustody.Operation.Treasury, _argument(HEIR), 1 ether);
        assertEq(HEIR.balance, 1 ether, "to a successor, a room at a time");
        _assertAliceGetsHerDues();
        _assertBobsCreditAndAllDeposits();
    }

    /// @dev The worst loss there is: what no mature root promises stays for ever.
    function test_without_the_admin_a_pause_is_for_ever_and_users_leave_all_the_same() public {
        _schedule(ICustody.Operation.Treasury, _argument(HEIR), 1 ether);
        vm.prank(GUARDIAN);
        custody.pause();
        vm.warp(_now() + 3 days);
        vm.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        vm.prank(TREASURER);
        custody.execute(ICustody.Operation.Treasury, _argument(HEIR), 1 ether);
        vm.expectRevert(_unauthorized(GUARDIAN, ADMIN_ROLE));
        vm.prank(GUARDIAN);
        custody.unpause();
        _assertAliceGetsHerDues();
        _assertBobsCreditAndAllDeposits();
        (uint256 funds,) = custody.available();
        assertEq(funds, UNPROMISED, "stays");
    }

    /// @dev A hand-over to a key that nobody has does not come about: the new admin itself carries it out, and until then there is the old one.
    function test_the_admin_cannot_be_handed_to_nobody() public {
        _schedule(ICustody.Operation.TransferAdmin, _argument(HEIR), 0);
        vm.warp(_now() + 3 days);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongUser.selector, HEIR, ADMIN));
        vm.prank(ADMIN);
        custody.execute(ICustody.Operation.TransferAdmin, _argument(HEIR), 0);
        assertTrue(custody.hasRole(ADMIN_ROLE, ADMIN), "the old admin is still there");
        vm.prank(HEIR);
        custody.execute(ICustody.Operation.TransferAdmin, _argument(HEIR), 0);
        assertTrue(custody.hasRole(ADMIN_ROLE, HEIR) && !custody.hasRole(ADMIN_ROLE, ADMIN), "one admin");
    }

    // ------------------------------------------------------------------ guardian

    /// @dev The admin does at once what the guardian would, and names another one. Nobody watches the admin meanwhile.
    function test_without_the_guardian_the_admin_stops_and_vetoes() public {
        (bytes32 root, uint256 total) = _aliceAndBob(PROMISED + 1, CREDIT);
        _publish(_rootOf(root, total));
        vm.startPrank(ADMIN);
        custody.vetoRoot(root);
        custody.lowerOutflowCap(FLOOR);
        custody.cancelBatch("b1");
        custody.pause();
        custody.unpause();
        vm.stopPrank();
        _operate(ICustody.Operation.AddGuardian, _argument(HEIR), 0);
        _operate(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        vm.prank(HEIR);
        custody.pause();
        _assertAliceGetsHerDues();
    }

    // ------------------------------------------------------------------ signers and submitter

    function test_without_the_signer_no_intake_and_no_batch_until_there_is_another() public {
        ICustody.PayoutBatch memory b = _batch("b1", 1 ether);
        bytes32[] memory payouts = _list(BOB, CREDIT + 1 ether);
        bytes memory signature = _signBatch(NEW_KEY, b, payouts);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSigner.selector, NEW_SIGNER));
        vm.prank(SUBMITTER);
        custody.executeBatchPayouts(b, payouts, NEW_SIGNER, signature);
        (bytes32 root, uint256 total) = _aliceAndBob(PROMISED, CREDIT + 1);
        _publish(_rootOf(root, total));
        _operate(ICustody.Operation.AddSigner, _argument(NEW_SIGNER), 0);
        b.deadline = _now() + 10 minutes;
        signature = _signBatch(NEW_KEY, b, payouts);
        vm.prank(SUBMITTER);
        custody.executeBatchPayouts(b, payouts, NEW_SIGNER, signature);
        assertEq(BOB.balance, 1 ether, "paid again, after a delay");
        _assertAliceGetsHerDues();
    }

    function test_without_the_root_signer_no_new_root_but_batches_and_old_roots_go_on() public {
        (bytes32 root, uint256 total) = _aliceAndBob(PROMISED + 1, CREDIT);
        ICustody.LiabilitiesRoot memory r = _rootOf(root, total);
        bytes memory signature = _signRoot(NEW_KEY, r);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSigner.selector, NEW_SIGNER));
        vm.prank(SUBMITTER);
        custody.publishRoot(r, NEW_SIGNER, signature);
        _execute(_batch("b1", 1 ether), _list(BOB, CREDIT + 1 ether));
        _assertAliceGetsHerDues();
        _operate(ICustody.Operation.AddRootSigner, _argument(NEW_SIGNER), 0);
        (r.root, r.total) = _aliceAndBob(PROMISED, CREDIT + 2 ether);
        r.deadline = _now() + 10 minutes;
        signature = _signRoot(NEW_KEY, r);
        vm.prank(SUBMITTER);
        custody.publishRoot(r, NEW_SIGNER, signature);
    }

    function test_without_the_submitter_neither_batches_nor_roots_until_there_is_another() public {
        ICustody.PayoutBatch memory b = _batch("b1", 1 ether);
        bytes32[] memory payouts = _list(BOB, CREDIT + 1 ether);
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        vm.expectRevert(_unauthorized(HEIR, SUBMITTER_ROLE));
        vm.prank(HEIR);
        custody.executeBatchPayouts(b, payouts, signer, signature);
        _assertAliceGetsHerDues();
        _operate(ICustody.Operation.AddSubmitter, _argument(HEIR), 0);
        b.deadline = _now() + 10 minutes;
        signature = _signBatch(SIGNER_KEY, b, payouts);
        vm.prank(HEIR);
        custody.executeBatchPayouts(b, payouts, signer, signature);
        assertEq(BOB.balance, 1 ether, "paid again, after a delay");
    }

    // ------------------------------------------------------------------ treasurer and freezer

    function test_without_the_treasurer_the_surplus_waits_for_another() public {
        vm.expectRevert(_unauthorized(ADMIN, TREASURER_ROLE));
        vm.prank(ADMIN);
        custody.schedule(ICustody.Operation.Treasury, _argument(HEIR), 1 ether);
        _execute(_batch("b1", 1 ether), _list(BOB, CREDIT + 1 ether));
        _operate(ICustody.Operation.AddTreasurer, _argument(HEIR), 0);
        vm.prank(HEIR);
        custody.schedule(ICustody.Operation.Treasury, _argument(HEIR), 1 ether);
        vm.warp(_now() + 3 days);
        vm.prank(HEIR);
        custody.execute(ICustody.Operation.Treasury, _argument(HEIR), 1 ether);
        assertEq(HEIR.balance, 1 ether, "two delays");
        _assertAliceGetsHerDues();
    }

    function test_without_the_freezer_nobody_is_frozen_and_freezes_are_lifted_by_others() public {
        _freeze(ALICE, _now() + MAX_FREEZE);
        vm.expectRevert(_unauthorized(GUARDIAN, FREEZER_ROLE));
        vm.prank(GUARDIAN);
        custody.freeze(BOB, _now() + 1, "");
        vm.prank(GUARDIAN);
        custody.unfreeze(ALICE);
        _assertAliceGetsHerDues();
        _operate(ICustody.Operation.AddFreezer, _argument(HEIR), 0);
        vm.prank(HEIR);
        custody.freeze(BOB, _now() + 1, "");
    }

    /// @dev Every key at once: the contract runs out, and nobody who holds a claim, a credit or a deposit loses it.
    function test_without_any_key_users_leave_with_all_that_is_theirs() public {
        _assertAliceGetsHerDues();
        _assertBobsCreditAndAllDeposits();
        (uint256 funds,) = custody.available();
        assertEq(funds, UNPROMISED, "nobody's");
    }

    // ------------------------------------------------------------------ steps

    function _assertNobodyElseGrants() private {
        address[5] memory others = [GUARDIAN, FREEZER, TREASURER, SUBMITTER, signer];
        for (uint256 k; k < 5; ++k) {
            vm.expectRevert(_unauthorized(others[k], ADMIN_ROLE));
            vm.prank(others[k]);
            custody.schedule(ICustody.Operation.AddSigner, _argument(HEIR), 0);
        }
    }

    function _assertBobsCreditAndAllDeposits() private {
        uint256 before = HEIR.balance;
        vm.prank(BOB);
        custody.withdrawCredit(HEIR);
        assertEq(HEIR.balance - before, CREDIT, "credit");
        // Dues may have taken longer than the cooling-off time.
        (,, uint256 until,) = custody.deposit(keccak256(abi.encode("registration of", ALICE)));
        if (_now() > until) return;
        _refund(ALICE, keccak256(abi.encode("registration of", ALICE)));
        _refund(BOB, keccak256(abi.encode("registration of", BOB)));
        assertEq(_escrowed(), PRICE, "deposits");
    }
}
