// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyHarness} from "../CustodyHarness.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";

/// @notice A contract whose predecessor has Alice and Bob, of whom Alice is enrolled.
contract EnrolmentTest is SettlementTest {
    uint256 private constant ENROLLED = 2;
    CustodyHarness private predecessor;

    function setUp() public override {
        super.setUp();
        _registered(ALICE);
        _registered(BOB);
        predecessor = custody;
        ICustody.Config memory c = _config();
        c.predecessor = address(custody);
        _redeploy(c);
        custody.enrol(ALICE);
    }

    function test_anybody_enrols_a_user_of_the_predecessor_also_while_paused() public {
        vm.prank(GUARDIAN);
        custody.pause();
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(STRANGER);
        custody.enrol(BOB);
        _assertJournal(before, 1);
        (uint256 paid, uint256 credit, uint256 frozenUntil) = custody.account(BOB);
        assertEq(paid + credit, 0, "nothing was paid here");
        assertEq(frozenUntil, ENROLLED, "enrolled");
        assertEq(custody.config().predecessor, address(predecessor), "predecessor");
    }

    function test_whom_the_predecessor_does_not_know_is_not_enrolled() public {
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotRegistered.selector, STRANGER));
        custody.enrol(STRANGER);
    }

    function test_without_a_predecessor_nobody_is() public {
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotRegistered.selector, STRANGER));
        predecessor.enrol(STRANGER);
    }

    function test_who_is_known_here_is_not_enrolled() public {
        vm.expectRevert(abi.encodeWithSelector(ICustody.AlreadyRegistered.selector, ALICE));
        custody.enrol(ALICE);
        _registered(BOB);
        vm.expectRevert(abi.encodeWithSelector(ICustody.AlreadyRegistered.selector, BOB));
        custody.enrol(BOB);
    }

    function test_an_enrolled_user_is_paid_by_batches_and_claims() public {
        _fund(100 ether);
        _execute(_batch("b1", 3 ether), _list(ALICE, 3 ether));
        bytes32 root = _mature(ALICE, 5 ether);
        _claim(ALICE, 5 ether, root);
        assertEq(ALICE.balance, 5 ether, "received");
    }

    function test_an_enrolled_user_registers_once_and_retops_up_only_then() public {
        _expectRetopupRevert(_intake(ALICE, "t1"), abi.encodeWithSelector(ICustody.NotRegistered.selector, ALICE));
        _register(_intake(ALICE, "r1"));
        (,, uint256 frozenUntil) = custody.account(ALICE);
        assertEq(frozenUntil, 1, "registered");
        _retopup(_intake(ALICE, "t1"));
        _expectRegisterRevert(_intake(ALICE, "r2"), abi.encodeWithSelector(ICustody.AlreadyRegistered.selector, ALICE));
    }

    /// @dev A freeze takes the place of the mark; whoever was frozen is a user like any other.
    function test_an_enrolled_user_is_frozen_as_any_other_and_then_does_not_register() public {
        _freeze(ALICE, _now() + MAX_FREEZE);
        _fund(100 ether);
        _execute(_batch("b1", 3 ether), _list(ALICE, 3 ether));
        assertEq(_credit(ALICE), 3 ether, "credited");
        vm.warp(_now() + MAX_FREEZE);
        _expectRegisterRevert(_intake(ALICE, "r1"), abi.encodeWithSelector(ICustody.AlreadyRegistered.selector, ALICE));
        vm.prank(ALICE);
        custody.withdrawCredit(BOB);
        assertEq(BOB.balance, 3 ether, "withdrawn");
    }

    function test_what_is_no_such_contract_is_no_predecessor() public {
        ICustody.Config memory c = _config();
        c.predecessor = STRANGER;
        _expectDeployRevert(c, "");
    }
}
