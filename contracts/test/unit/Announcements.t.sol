// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";

/// @notice How long an announcement lasts, and whose it is.
contract AnnouncementsTest is SettlementTest {
    uint256 private constant DELAY = 3 days;
    uint256 private constant GRACE = 14 days;
    address private constant NEW = address(0xBEEF);
    address private constant OTHER = address(0xBEE0);

    function setUp() public override {
        super.setUp();
        _fund(100 ether);
    }

    // ------------------------------------------------------------------ in time

    function test_what_expired_is_announced_anew_with_a_delay_of_its_own() public {
        bytes32 id = _announceSigner();
        uint256 last = _now() + DELAY + GRACE;
        vm.warp(last + 1);
        assertEq(custody.operationEta(id), 0, "expired");
        _announceSigner();
        uint256 eta = _now() + DELAY;
        assertEq(custody.operationEta(id), eta, "pending anew");
        _expectExecuteRevert(ADMIN, abi.encodeWithSelector(ICustody.TooEarly.selector, eta));
        vm.warp(eta + GRACE);
        vm.prank(ADMIN);
        custody.execute(ICustody.Operation.AddSigner, _argument(NEW), 0);
        assertTrue(custody.isSigner(NEW), "in its last second");
    }

    /// @dev A key that was stolen for a minute years ago leaves nothing behind.
    function test_years_later_nothing_is_armed() public {
        _schedule(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
        uint256 last = _now() + DELAY + GRACE;
        vm.warp(_now() + 3650 days);
        vm.expectRevert(abi.encodeWithSelector(ICustody.Expired.selector, last));
        vm.prank(TREASURER);
        custody.execute(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
        assertEq(NEW.balance, 0, "nothing left");
    }

    function test_what_expired_can_still_be_cleared_away() public {
        bytes32 id = _announceSigner();
        vm.warp(_now() + DELAY + GRACE + 1);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(GUARDIAN);
        custody.cancel(ICustody.Operation.AddSigner, _argument(NEW), 0);
        _assertJournal(before, 1);
        _expectExecuteRevert(ADMIN, abi.encodeWithSelector(ICustody.NotScheduled.selector, id));
    }

    function test_nothing_is_announced_twice_while_it_stands() public {
        bytes32 id = _announceSigner();
        bytes memory pending = abi.encodeWithSelector(ICustody.AlreadyScheduled.selector, id);
        uint256[3] memory moments = [_now(), _now() + DELAY, _now() + DELAY + GRACE];
        for (uint256 k; k < 3; ++k) {
            vm.warp(moments[k]);
            vm.expectRevert(pending);
            vm.prank(ADMIN);
            custody.schedule(ICustody.Operation.AddSigner, _argument(NEW), 0);
        }
    }

    // ------------------------------------------------------------------ by whom

    function test_another_of_the_same_role_carries_it_out() public {
        _operate(ICustody.Operation.AddTreasurer, _argument(OTHER), 0);
        _schedule(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
        vm.warp(_now() + DELAY);
        vm.prank(OTHER);
        custody.execute(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
        assertEq(NEW.balance, 1 ether, "received");
    }

    function test_what_fell_is_announced_anew_by_another_and_is_then_his() public {
        bytes32 id = _byOther();
        vm.prank(ADMIN);
        custody.revokeRole(TREASURER_ROLE, OTHER);
        assertEq(custody.operationEta(id), 0, "fell");
        _expectTreasuryRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, id));
        vm.warp(_now() + 1 days);
        _schedule(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
        assertEq(custody.operationEta(id), _now() + DELAY, "with a delay of its own");
        _expectTreasuryRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, _now() + DELAY));
        vm.warp(_now() + DELAY);
        vm.prank(TREASURER);
        custody.execute(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
        assertEq(NEW.balance, 1 ether, "received");
    }

    /// @dev Before the role, not after the delay: it falls in the second in which the role is lost.
    function test_it_falls_with_a_role_that_is_given_up() public {
        bytes32 id = _byOther();
        vm.prank(OTHER);
        custody.renounceRole(TREASURER_ROLE, OTHER);
        assertEq(custody.operationEta(id), 0, "fell");
        vm.warp(_now() + DELAY);
        _expectTreasuryRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, id));
        // What lies there can be cleared away, once.
        vm.prank(GUARDIAN);
        custody.cancel(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, id));
        vm.prank(GUARDIAN);
        custody.cancel(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
    }

    /// @dev Whoever gives a role back to the same address gives it what it announced before, as long as that lasts.
    function test_with_the_role_regained_it_stands_again_until_it_expires() public {
        bytes32 id = _byOther();
        uint256 eta = _now() + DELAY;
        vm.prank(ADMIN);
        custody.revokeRole(TREASURER_ROLE, OTHER);
        _operate(ICustody.Operation.AddTreasurer, _argument(OTHER), 0);
        assertEq(custody.operationEta(id), eta, "stands");
        uint256 state = vm.snapshotState();
        vm.prank(OTHER);
        custody.execute(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
        assertEq(NEW.balance, 1 ether, "received");
        assertTrue(vm.revertToState(state), "back");
        // Unless it was cleared away, or is too old.
        vm.prank(GUARDIAN);
        custody.cancel(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
        assertEq(custody.operationEta(id), 0, "cleared away");
        assertTrue(vm.revertToState(state), "back");
        vm.warp(eta + GRACE + 1);
        assertEq(custody.operationEta(id), 0, "too old");
    }

    // ------------------------------------------------------------------ the admin's

    function test_of_two_heirs_the_first_to_come_is_the_admin_and_the_other_is_none() public {
        _schedule(ICustody.Operation.TransferAdmin, _argument(NEW), 0);
        _schedule(ICustody.Operation.TransferAdmin, _argument(OTHER), 0);
        vm.warp(_now() + DELAY);
        vm.prank(OTHER);
        custody.execute(ICustody.Operation.TransferAdmin, _argument(OTHER), 0);
        bytes32 id = _id(ICustody.Operation.TransferAdmin, _argument(NEW), 0);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, id));
        vm.prank(NEW);
        custody.execute(ICustody.Operation.TransferAdmin, _argument(NEW), 0);
        assertTrue(custody.hasRole(ADMIN_ROLE, OTHER), "the admin");
        assertTrue(!custody.hasRole(ADMIN_ROLE, NEW) && !custody.hasRole(ADMIN_ROLE, ADMIN), "and nobody else");
    }

    function test_an_heir_who_does_not_come_leaves_the_admin_where_it_is() public {
        _schedule(ICustody.Operation.TransferAdmin, _argument(NEW), 0);
        uint256 last = _now() + DELAY + GRACE;
        vm.startPrank(NEW);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, last - GRACE));
        custody.execute(ICustody.Operation.TransferAdmin, _argument(NEW), 0);
        vm.warp(last + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.Expired.selector, last));
        custody.execute(ICustody.Operation.TransferAdmin, _argument(NEW), 0);
        vm.stopPrank();
        assertTrue(custody.hasRole(ADMIN_ROLE, ADMIN), "the admin");
    }

    function test_a_guardian_stops_a_hand_over() public {
        _schedule(ICustody.Operation.TransferAdmin, _argument(NEW), 0);
        vm.prank(GUARDIAN);
        custody.cancel(ICustody.Operation.TransferAdmin, _argument(NEW), 0);
        vm.warp(_now() + DELAY);
        bytes32 id = _id(ICustody.Operation.TransferAdmin, _argument(NEW), 0);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, id));
        vm.prank(NEW);
        custody.execute(ICustody.Operation.TransferAdmin, _argument(NEW), 0);
    }

    function test_the_treasurers_announcements_outlive_a_hand_over() public {
        _schedule(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
        _operate(ICustody.Operation.TransferAdmin, _argument(OTHER), 0);
        vm.prank(TREASURER);
        custody.execute(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
        assertEq(NEW.balance, 1 ether, "received");
    }

    // ------------------------------------------------------------------ tools

    function _announceSigner() private returns (bytes32 id) {
        _schedule(ICustody.Operation.AddSigner, _argument(NEW), 0);
        return _id(ICustody.Operation.AddSigner, _argument(NEW), 0);
    }

    /// @dev A payment that a second treasurer announced just now.
    function _byOther() private returns (bytes32 id) {
        _operate(ICustody.Operation.AddTreasurer, _argument(OTHER), 0);
        vm.prank(OTHER);
        custody.schedule(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
        return _id(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
    }

    function _expectExecuteRevert(address sender, bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(sender);
        custody.execute(ICustody.Operation.AddSigner, _argument(NEW), 0);
    }

    function _expectTreasuryRevert(bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(TREASURER);
        custody.execute(ICustody.Operation.Treasury, _argument(NEW), 1 ether);
    }
}
