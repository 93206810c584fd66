// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {StolenKeyTest} from "./StolenKeyTest.sol";

/// @notice A thief with a key that can only stop: the guardian, a second one, the freezer.
contract StolenGuardTest is StolenKeyTest {
    address private constant SECOND_GUARDIAN = address(0xAD0012);

    // ------------------------------------------------------------------ guardian

    function test_the_guardian_stops_settlement_and_slows_exits_to_the_floor_but_stops_none() public {
        _stopAll();
        _assertDepositsAndCreditsLeave();
        uint256 begin = _now();
        _claimAlice();
        assertEq(_paid(ALICE), FLOOR / 2, "half the floor at once");
        while (_now() < begin + 1 days) {
            vm.warp(_now() + 6 hours);
            _claimAlice();
        }
        assertEq(_paid(ALICE), FLOOR, "the floor in a day");
        _assertRestOfAlice();
    }

    function test_the_guardian_gives_itself_nothing() public {
        vm.startPrank(GUARDIAN);
        vm.expectRevert(_unauthorized(GUARDIAN, ADMIN_ROLE));
        custody.unpause();
        vm.expectRevert(_unauthorized(GUARDIAN, ADMIN_ROLE));
        custody.schedule(ICustody.Operation.AddSigner, _argument(GUARDIAN), 0);
        vm.expectRevert(_unauthorized(GUARDIAN, TREASURER_ROLE));
        custody.schedule(ICustody.Operation.Treasury, _argument(GUARDIAN), 1);
        vm.expectRevert(_unauthorized(GUARDIAN, FREEZER_ROLE));
        custody.freeze(ALICE, _now() + 1, "");
        vm.stopPrank();
    }

    /// @dev Twice the delay: one to remove the guardian, who cancels all else meanwhile, one to bring the signers back.
    function test_one_guardian_holds_up_the_operator_for_two_delays() public {
        uint256 begin = _now();
        _stopAll();
        _schedule(ICustody.Operation.AddSigner, _argument(signer), 0);
        _schedule(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        vm.startPrank(GUARDIAN);
        custody.cancel(ICustody.Operation.AddSigner, _argument(signer), 0);
        vm.expectRevert(_unauthorized(GUARDIAN, ADMIN_ROLE));
        custody.cancel(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        vm.stopPrank();
        vm.warp(_now() + 3 days);
        _executeOperation(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        _operate(ICustody.Operation.AddSigner, _argument(signer), 0);
        vm.prank(ADMIN);
        custody.unpause();
        _execute(_batch("again", 1 ether), _list(BOB, CREDIT + 1 ether));
        assertEq(_now() - begin, 6 days, "two delays");
    }

    /// @dev The price of a second guardian: each cancels the removal of the other, for ever. What no mature root promises stays in
    /// the contract. Users leave all the same.
    function test_two_guardians_together_stop_the_operator_for_ever_but_no_user() public {
        _operate(ICustody.Operation.AddGuardian, _argument(SECOND_GUARDIAN), 0);
        _stopAll();
        for (uint256 k; k < 10; ++k) {
            _schedule(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
            _schedule(ICustody.Operation.RemoveGuardian, _argument(SECOND_GUARDIAN), 0);
            _schedule(ICustody.Operation.AddSigner, _argument(signer), 0);
            vm.prank(SECOND_GUARDIAN);
            custody.cancel(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
            vm.startPrank(GUARDIAN);
            custody.cancel(ICustody.Operation.RemoveGuardian, _argument(SECOND_GUARDIAN), 0);
            custody.cancel(ICustody.Operation.AddSigner, _argument(signer), 0);
            vm.stopPrank();
            vm.warp(_now() + 1 days - 1);
        }
        _assertDepositsAndCreditsLeave();
        _assertRestOfAlice();
        (uint256 funds,) = custody.available();
        assertEq(funds, UNPROMISED, "the rest is nobody's, and stays");
    }

    function test_a_guardian_who_vetoes_every_root_keeps_new_dues_from_being_claimed_but_no_old_ones() public {
        for (uint256 k = 1; k <= 5; ++k) {
            (bytes32 root, uint256 total) = _aliceAndBob(PROMISED + k, CREDIT);
            _publish(_rootOf(root, total));
            vm.warp(_now() + 1 days - 1);
            vm.prank(GUARDIAN);
            custody.vetoRoot(root);
            _expectClaimRevert(
                ALICE, PROMISED + k, root, abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, root)
            );
        }
        _assertAliceGetsHerDues();
    }

    function _stopAll() private {
        vm.startPrank(GUARDIAN);
        custody.pause();
        custody.lowerOutflowCap(FLOOR);
        custody.revokeSigner(signer);
        custody.revokeSigner(vm.addr(ROOT_SIGNER_KEY));
        vm.stopPrank();
    }

    function _assertRestOfAlice() private {
        for (uint256 day; day < 10 && _paid(ALICE) < PROMISED; ++day) {
            vm.warp(_now() + 1 days);
            _claimAlice();
        }
        assertEq(_paid(ALICE), PROMISED, "all dues in the end");
    }

    // ------------------------------------------------------------------ freezer

    function test_the_freezer_delays_each_user_one_freeze_in_sixty_days_and_blocks_no_refund() public {
        uint256 begin = _now();
        uint256 until = begin + MAX_FREEZE;
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadFreeze.selector, ALICE, until + 1));
        vm.prank(FREEZER);
        custody.freeze(ALICE, until + 1, "");
        _freeze(ALICE, until);
        _freeze(BOB, until);
        _refund(ALICE, keccak256(abi.encode("registration of", ALICE)));
        assertEq(ALICE.balance, PRICE, "a refund in spite of the freeze");
        vm.expectRevert(abi.encodeWithSelector(ICustody.UserIsFrozen.selector, BOB, until));
        vm.prank(BOB);
        custody.withdrawCredit(BOB);
        // What a batch would have paid is credited, not lost.
        _execute(_batch("b1", 1 ether), _list(BOB, CREDIT + 1 ether));
        vm.warp(until);
        vm.prank(BOB);
        custody.withdrawCredit(BOB);
        assertEq(BOB.balance, CREDIT + 1 ether, "all of it, when the freeze is over");
        _assertAliceGetsHerDues();
        vm.warp(until + 60 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadFreeze.selector, ALICE, _now() + 1));
        vm.prank(FREEZER);
        custody.freeze(ALICE, _now() + 1, "");
        vm.warp(until + 60 days);
        _freeze(ALICE, _now() + MAX_FREEZE);
    }

    function test_guardian_and_admin_lift_what_the_freezer_did_and_the_admin_takes_the_role() public {
        _freeze(ALICE, _now() + MAX_FREEZE);
        _freeze(BOB, _now() + MAX_FREEZE);
        vm.prank(GUARDIAN);
        custody.unfreeze(ALICE);
        vm.startPrank(ADMIN);
        custody.unfreeze(BOB);
        custody.revokeRole(FREEZER_ROLE, FREEZER);
        vm.stopPrank();
        vm.expectRevert(_unauthorized(FREEZER, FREEZER_ROLE));
        vm.prank(FREEZER);
        custody.freeze(THIEF, _now() + 1, "");
        _assertAliceGetsHerDues();
        _assertDepositsAndCreditsLeave();
    }
}
