// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SettlementTest} from "../SettlementTest.sol";

/// @notice What a stolen key, or two, can do at most. Escrow and credits are out of reach of all of them.
contract WorstCaseTest is SettlementTest {
    uint256 private constant CAP = 80 ether;
    uint256 private constant FUNDS = 200 ether;
    uint256 private constant CREDIT = 5 ether;
    /// @dev Registered by the thief, who paid the price for it.
    address private constant THIEF = address(0x7417EF);

    function setUp() public override {
        super.setUp();
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (uint96(CAP), 10 ether);
        _redeploy(c);
        _fund(FUNDS);
        _registered(ALICE);
        _registered(BOB);
        _registered(THIEF);
        _mature(ALICE, 30 ether);
        _give(BOB, CREDIT);
        // The bucket is empty again.
        vm.warp(_now() + 1 days);
    }

    function test_the_signer_alone_can_do_nothing() public {
        ICustody.PayoutBatch memory b = _batch("b1", 30 ether);
        bytes32[] memory payouts = _list(THIEF, 30 ether);
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        vm.expectRevert(_unauthorized(signer, SUBMITTER_ROLE));
        vm.prank(signer);
        custody.executeBatchPayouts(b, payouts, signer, signature);
    }

    function test_signer_and_submitter_take_unreserved_funds_up_to_the_cap_until_they_are_stopped() public {
        uint256 taken;
        for (uint256 hour; hour <= 24; ++hour) {
            (uint256 funds, uint256 room) = custody.available();
            uint256 amount = funds < room ? funds : room;
            _execute(_batch(bytes32(hour + 1), amount), _list(THIEF, taken + amount));
            taken += amount;
            if (hour == 0) assertEq(taken, 30 ether, "three quarters of the bucket at once");
            vm.warp(_now() + 1 hours);
        }
        assertTrue(taken <= CAP, "the cap in a day");
        vm.prank(GUARDIAN);
        custody.revokeSigner(signer);
        _expectBatchRevert(
            _batch("b99", 1), _list(THIEF, taken + 1), abi.encodeWithSelector(ICustody.InvalidSigner.selector, signer)
        );
        _assertUntouched();
        _claim(ALICE, 30 ether, _single(ALICE, 30 ether));
    }

    function test_signer_and_submitter_never_take_what_is_reserved() public {
        uint256 taken;
        for (uint256 day; day < 20; ++day) {
            (uint256 funds, uint256 room) = custody.available();
            uint256 amount = funds < room ? funds : room;
            _execute(_batch(bytes32(day + 1), amount), _list(THIEF, taken + amount));
            taken += amount;
            vm.warp(_now() + 1 days);
        }
        assertEq(taken, FUNDS - CREDIT - 30 ether, "all that was not reserved");
        _assertUntouched();
        _claim(ALICE, 30 ether, _single(ALICE, 30 ether));
        assertEq(ALICE.balance, 30 ether, "the promise is kept");
    }

    /// @dev The one thing that a veto is for: a false root, left alone for the whole delay, spends what others are due.
    function test_a_false_root_that_nobody_vetoes_exposes_unclaimed_dues_and_nothing_else() public {
        uint256 all = FUNDS - CREDIT;
        // It counts what was credited, too, as every root does.
        bytes32 root = _single(THIEF, all + CREDIT);
        _publish(_rootOf(root, all + CREDIT));
        vm.warp(_now() + 1 days);
        for (uint256 day; day < 20 && THIEF.balance < all; ++day) {
            _claim(THIEF, all + CREDIT, root);
            vm.warp(_now() + 1 days);
        }
        assertEq(THIEF.balance, all, "all free funds");
        _expectClaimRevert(
            THIEF, all + CREDIT, root, abi.encodeWithSelector(ICustody.InsufficientFunds.selector, CREDIT, 0)
        );
        _assertUntouched();
    }

    function test_the_submitter_alone_delays_at_most() public {
        ICustody.PayoutBatch memory b = _batch("b1", 1 ether);
        bytes32[] memory payouts = _list(THIEF, 1 ether);
        bytes memory signature = _signBatch(0xBAD, b, payouts);
        vm.startPrank(SUBMITTER);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        custody.executeBatchPayouts(b, payouts, signer, signature);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSigner.selector, vm.addr(0xBAD)));
        custody.executeBatchPayouts(b, payouts, vm.addr(0xBAD), signature);
        vm.stopPrank();
    }

    function test_the_guardian_stops_settlement_and_new_roots_but_no_exit() public {
        vm.startPrank(GUARDIAN);
        custody.pause();
        custody.lowerOutflowCap(10 ether);
        custody.revokeSigner(signer);
        custody.revokeSigner(vm.addr(ROOT_SIGNER_KEY));
        vm.stopPrank();
        _refund(ALICE, keccak256(abi.encode("registration of", ALICE)));
        vm.prank(BOB);
        custody.withdrawCredit(BOB);
        bytes32 root = _single(ALICE, 30 ether);
        for (uint256 day; day < 6; ++day) {
            _claim(ALICE, 30 ether, root);
            vm.warp(_now() + 1 days);
        }
        assertEq(ALICE.balance, PRICE + 30 ether, "refund and claims, by the floor of the cap");
        assertEq(BOB.balance, CREDIT, "credit");
        vm.expectRevert(_unauthorized(GUARDIAN, ADMIN_ROLE));
        vm.prank(GUARDIAN);
        custody.unpause();
    }

    function test_the_admin_becomes_signer_and_submitter_after_the_delay_unless_the_guardian_cancels() public {
        bytes32 argument = _argument(ADMIN);
        _schedule(ICustody.Operation.AddSubmitter, argument, 0);
        _schedule(ICustody.Operation.AddSigner, argument, 0);
        _schedule(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        vm.startPrank(GUARDIAN);
        custody.cancel(ICustody.Operation.AddSigner, argument, 0);
        vm.expectRevert(_unauthorized(GUARDIAN, ADMIN_ROLE));
        custody.cancel(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        vm.stopPrank();
        vm.warp(_now() + 3 days);
        _executeOperation(ICustody.Operation.AddSubmitter, argument, 0);
        _executeOperation(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        // From here on without a veto, but still with a delay, in which users leave.
        _operate(ICustody.Operation.AddSigner, argument, 0);
        assertTrue(custody.isSigner(ADMIN), "signer");
        _assertUntouched();
    }

    function _assertUntouched() private view {
        (,, uint256 credited, uint256 escrowed) = custody.totals();
        assertEq(escrowed, 3 * PRICE, "escrow");
        assertEq(credited, CREDIT, "credits");
        assertTrue(address(custody).balance >= escrowed + credited, "backed");
    }
}
