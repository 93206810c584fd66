// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyTest} from "../CustodyTest.sol";
import {JournalReplay} from "../JournalReplay.sol";

contract FreezeTest is CustodyTest {
    uint256 private constant LONGEST = MAX_FREEZE;
    uint256 private constant HALF = LONGEST / 2;
    uint256 private constant GAP = 60 days;

    function setUp() public override {
        super.setUp();
        _register(_intake(ALICE, "r1"));
    }

    function test_a_freeze_is_bounded_and_one_entry() public {
        _expectBadFreeze(START);
        _expectBadFreeze(0);
        _expectBadFreeze(START + LONGEST + 1);
        _expectBadFreeze(type(uint256).max);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _freeze(ALICE, START + LONGEST);
        _assertJournal(before, 1);
        (,, uint256 until) = custody.account(ALICE);
        assertEq(until, START + LONGEST, "frozen until");
    }

    function test_an_unknown_user_cannot_be_frozen() public {
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotRegistered.selector, BOB));
        vm.prank(FREEZER);
        custody.freeze(BOB, START + 1, "");
    }

    function test_freezes_are_neither_prolonged_nor_chained() public {
        _freeze(ALICE, START + HALF);
        _expectBadFreeze(START + LONGEST);
        vm.warp(START + HALF + GAP - 1);
        _expectBadFreeze(START + HALF + GAP);
        vm.warp(START + HALF + GAP);
        _freeze(ALICE, START + HALF + GAP + 1);
    }

    /// @dev On a chain whose clock began at zero, too.
    function test_who_was_never_frozen_needs_no_gap() public {
        vm.warp(2 days);
        _redeploy(_config());
        _register(_intake(ALICE, "r1"));
        _freeze(ALICE, 2 days + LONGEST);
        (,, uint256 until) = custody.account(ALICE);
        assertEq(until, 2 days + LONGEST, "frozen until");
    }

    function test_unfreezing_ends_the_freeze_now_and_the_gap_begins_then() public {
        _freeze(ALICE, START + LONGEST);
        vm.warp(START + HALF);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(GUARDIAN);
        custody.unfreeze(ALICE);
        _assertJournal(before, 1);
        (,, uint256 until) = custody.account(ALICE);
        assertEq(until, START + HALF, "ended");
        _retopup(_intake(ALICE, "t1"));
        vm.warp(START + HALF + GAP - 1);
        _expectBadFreeze(START + HALF + GAP);
        vm.warp(START + HALF + GAP);
        _freeze(ALICE, START + LONGEST + GAP);
    }

    function test_who_is_not_frozen_cannot_be_unfrozen() public {
        vm.startPrank(FREEZER);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadFreeze.selector, BOB, 0));
        custody.unfreeze(BOB);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadFreeze.selector, ALICE, 1));
        custody.unfreeze(ALICE);
        custody.freeze(ALICE, START + HALF, "");
        vm.warp(START + HALF);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadFreeze.selector, ALICE, START + HALF));
        custody.unfreeze(ALICE);
        vm.stopPrank();
    }

    function test_only_the_freezer_freezes() public {
        address[4] memory others = [ADMIN, GUARDIAN, SUBMITTER, STRANGER];
        for (uint256 k; k < 4; ++k) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IAccessControl.AccessControlUnauthorizedAccount.selector, others[k], FREEZER_ROLE
                )
            );
            vm.prank(others[k]);
            custody.freeze(ALICE, START + HALF, "");
        }
    }

    function test_freezer_guardian_and_admin_unfreeze_and_nobody_else() public {
        address[3] memory may = [FREEZER, GUARDIAN, ADMIN];
        for (uint256 k; k < 3; ++k) {
            uint256 start = START + k * (GAP + HALF);
            vm.warp(start);
            _freeze(ALICE, start + HALF);
            vm.expectRevert(
                abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, TREASURER, bytes32(0))
            );
            vm.prank(TREASURER);
            custody.unfreeze(ALICE);
            vm.prank(may[k]);
            custody.unfreeze(ALICE);
        }
    }

    function _expectBadFreeze(uint256 until) private {
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadFreeze.selector, ALICE, until));
        vm.prank(FREEZER);
        custody.freeze(ALICE, until, "");
    }
}
