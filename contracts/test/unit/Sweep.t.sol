// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyTest} from "../CustodyTest.sol";
import {JournalReplay} from "../JournalReplay.sol";

contract SweepTest is CustodyTest {
    uint256 private constant DAY0 = START / 1 days;

    function test_a_day_is_swept_when_it_is_over_and_not_before() public {
        _register(_intake(ALICE, "r1"));
        uint256 day = DAY0 + 14;
        vm.warp((day + 1) * 1 days - 1);
        custody.sweepMatured(100);
        assertEq(_escrowed(), PRICE, "the last refundable day is not over");
        vm.warp((day + 1) * 1 days);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        custody.sweepMatured(100);
        _assertJournal(before, 1);
        assertEq(_escrowed(), 0, "matured");
        assertEq(custody.sweptThrough(), day, "swept through");
        assertEq(custody.bucket(day), 0, "what was swept is not kept");
        assertEq(address(custody).balance, PRICE, "a sweep moves no money out");
    }

    function test_what_is_still_refundable_is_never_swept() public {
        _register(_intake(ALICE, "r1"));
        vm.warp(START + 14 days);
        custody.sweepMatured(type(uint256).max);
        _refund(ALICE, "r1");
        assertEq(_escrowed(), 0, "escrowed");
    }

    function test_at_most_the_given_number_of_days() public {
        _register(_intake(ALICE, "r1"));
        vm.warp(START + 1 days);
        _register(_intake(BOB, "r2"));
        vm.warp(START + 30 days);
        // 14 empty days before the first deposit's, then one day at a time.
        custody.sweepMatured(14);
        assertEq(custody.sweptThrough(), DAY0 + 13, "empty days count");
        assertEq(_escrowed(), 2 * PRICE, "nothing yet");
        custody.sweepMatured(1);
        assertEq(_escrowed(), PRICE, "first day");
        custody.sweepMatured(1);
        assertEq(_escrowed(), 0, "second day");
        custody.sweepMatured(1_000);
        assertEq(custody.sweptThrough(), DAY0 + 29, "never beyond yesterday");
    }

    function test_refunded_deposits_are_not_swept_again() public {
        _register(_intake(ALICE, "r1"));
        _register(_intake(BOB, "r2"));
        _refund(ALICE, "r1");
        vm.warp(START + 16 days);
        custody.sweepMatured(100);
        assertEq(_escrowed(), 0, "escrowed");
        assertEq(address(custody).balance, PRICE, "one of two stays");
    }

    function test_it_reverts_when_no_day_advances() public {
        bytes memory error_ = abi.encodeWithSelector(ICustody.NothingToSweep.selector, DAY0 - 1);
        vm.expectRevert(error_);
        custody.sweepMatured(100);
        vm.warp((DAY0 + 1) * 1 days - 1);
        vm.expectRevert(error_);
        custody.sweepMatured(100);
        vm.warp((DAY0 + 1) * 1 days);
        vm.expectRevert(error_);
        custody.sweepMatured(0);
        custody.sweepMatured(1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NothingToSweep.selector, DAY0));
        custody.sweepMatured(1);
    }

    function test_anybody_may_sweep_also_while_paused() public {
        vm.prank(GUARDIAN);
        custody.pause();
        vm.warp(START + 2 days);
        vm.prank(STRANGER);
        custody.sweepMatured(1);
        assertEq(custody.sweptThrough(), DAY0, "swept through");
    }
}
