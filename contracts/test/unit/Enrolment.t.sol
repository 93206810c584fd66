// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyHarness} from "../CustodyHarness.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Vm} from "../Vm.sol";

/// @notice Users of the contract before this one.
contract EnrolmentTest is SettlementTest {
    CustodyHarness private predecessor;

    function setUp() public override {
        super.setUp();
        predecessor = custody;
        _registered(ALICE);
        ICustody.Config memory c = _config();
        c.predecessor = address(predecessor);
        _redeploy(c);
        _fund(100 ether);
    }

    function test_anybody_enrols_a_user_of_the_predecessor_and_it_is_one_entry() public {
        assertEq(custody.config().predecessor, address(predecessor), "predecessor");
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _enrol(ALICE);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1, "one event");
        assertEq(logs[0].topics[0], ICustody.UserEnrolled.selector, "event");
        assertEq(logs[0].topics[1], _argument(ALICE), "user");
        assertEq(keccak256(logs[0].data), keccak256(abi.encode(before.seq + 1)), "entry");
        _assertAccount(ALICE, 0, 0, 2);
    }

    function test_an_entry_leads_the_journal_on() public {
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _enrol(ALICE);
        _assertJournal(before, 1);
    }

    function test_nothing_but_who_they_are_is_taken_over() public {
        // Paid, credited and frozen there.
        custody = predecessor;
        _fund(10 ether);
        _execute(_batch("b1", 2 ether), _list(ALICE, 2 ether));
        _freeze(ALICE, _now() + MAX_FREEZE);
        _execute(_batch("b2", 1 ether), _list(ALICE, 3 ether));
        ICustody.Config memory c = _config();
        c.predecessor = address(predecessor);
        _redeploy(c);
        _enrol(ALICE);
        _assertAccount(ALICE, 0, 0, 2);
        _fund(10 ether);
        uint256 before = ALICE.balance;
        _execute(_batch("first", 1 ether), _list(ALICE, 1 ether));
        assertEq(ALICE.balance - before, 1 ether, "paid from nothing, and not frozen here");
        (uint256 paid, uint256 credit, uint256 until) = predecessor.account(ALICE);
        assertEq(paid, 3 ether, "paid there");
        assertEq(credit, 1 ether, "credit there");
        assertEq(until, _now() + MAX_FREEZE, "frozen there");
    }

    function test_who_was_unknown_there_is_unknown_here() public {
        _expectEnrolRevert(BOB, abi.encodeWithSelector(ICustody.NotRegistered.selector, BOB));
        _expectEnrolRevert(address(0), abi.encodeWithSelector(ICustody.NotRegistered.selector, address(0)));
        _expectBatchRevert(
            _batch("b1", 1 ether), _list(BOB, 1 ether), abi.encodeWithSelector(ICustody.NotRegistered.selector, BOB)
        );
        // Whoever registers there later can be enrolled, too.
        CustodyHarness here = custody;
        custody = predecessor;
        _registered(BOB);
        custody = here;
        _enrol(BOB);
    }

    function test_without_a_predecessor_nobody_is_enrolled() public {
        _redeploy(_config());
        _expectEnrolRevert(ALICE, abi.encodeWithSelector(ICustody.NotRegistered.selector, ALICE));
    }

    function test_once_and_not_who_is_registered_here() public {
        _enrol(ALICE);
        bytes memory error_ = abi.encodeWithSelector(ICustody.AlreadyRegistered.selector, ALICE);
        _expectEnrolRevert(ALICE, error_);
        _registered(ALICE);
        _expectEnrolRevert(ALICE, error_);
        _freeze(ALICE, _now() + 100);
        _expectEnrolRevert(ALICE, error_);
        vm.warp(_now() + 100);
        _expectEnrolRevert(ALICE, error_);
        _assertAccount(ALICE, 0, 0, _now());
    }

    function test_also_while_paused() public {
        vm.prank(GUARDIAN);
        custody.pause();
        _enrol(ALICE);
    }

    function test_who_is_enrolled_is_paid_by_batch_leaf_and_claim() public {
        _enrol(ALICE);
        _execute(_batch("b1", 1 ether), _list(ALICE, 1 ether));
        assertEq(ALICE.balance, 1 ether, "by batch");
        bytes32 root = _mature(ALICE, 3 ether);
        _claim(ALICE, 3 ether, root);
        assertEq(ALICE.balance, 3 ether, "by claim");
        root = _mature(ALICE, 4 ether);
        custody.settleLeaves(root, _list(ALICE, 4 ether), new ICustody.SumNode[](0));
        assertEq(ALICE.balance, 4 ether, "by leaf");
        _assertAccount(ALICE, 4 ether, 0, 2);
    }

    function test_who_is_enrolled_retops_up_after_registering_only() public {
        _enrol(ALICE);
        _expectRetopupRevert(_intake(ALICE, "t1"), abi.encodeWithSelector(ICustody.NotRegistered.selector, ALICE));
        _execute(_batch("b1", 1 ether), _list(ALICE, 1 ether));
        _registered(ALICE);
        _assertAccount(ALICE, 1 ether, 0, 1);
        _retopup(_intake(ALICE, "t1"));
        _expectRegisterRevert(_intake(ALICE, "r2"), abi.encodeWithSelector(ICustody.AlreadyRegistered.selector, ALICE));
    }

    function test_who_is_enrolled_is_frozen_and_unfrozen_as_others() public {
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotRegistered.selector, ALICE));
        _freeze(ALICE, _now() + 100);
        _enrol(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadFreeze.selector, ALICE, 2));
        vm.prank(FREEZER);
        custody.unfreeze(ALICE);
        // Without waiting for a gap: there was no freeze before.
        _freeze(ALICE, _now() + 100);
        _execute(_batch("b1", 1 ether), _list(ALICE, 1 ether));
        _assertAccount(ALICE, 1 ether, 1 ether, _now() + 100);
        vm.prank(GUARDIAN);
        custody.unfreeze(ALICE);
        _assertAccount(ALICE, 1 ether, 1 ether, _now());
        uint256 until = _now() + 200;
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadFreeze.selector, ALICE, until));
        _freeze(ALICE, until);
    }

    function test_who_was_frozen_before_registering_counts_as_registered() public {
        _enrol(ALICE);
        _freeze(ALICE, _now() + 100);
        vm.warp(_now() + 100);
        // The end of a freeze stands where the contract would see that the user never registered.
        _expectRegisterRevert(_intake(ALICE, "r1"), abi.encodeWithSelector(ICustody.AlreadyRegistered.selector, ALICE));
        _retopup(_intake(ALICE, "t1"));
        assertEq(_escrowed(), PRICE, "in escrow");
    }

    function test_a_predecessor_is_a_contract_that_knows_accounts() public {
        ICustody.Config memory c = _config();
        bytes memory code = _creationCode();
        c.predecessor = STRANGER;
        vm.expectRevert();
        _create(code, c);
        // A contract, but none of these.
        c.predecessor = address(this);
        vm.expectRevert();
        _create(code, c);
    }

    // ------------------------------------------------------------------ tools

    function _enrol(address user) private {
        vm.prank(STRANGER);
        custody.enrol(user);
    }

    function _expectEnrolRevert(address user, bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(STRANGER);
        custody.enrol(user);
    }

    function _assertAccount(address user, uint256 paid, uint256 credit, uint256 frozenUntil) private view {
        (uint256 paid_, uint256 credit_, uint256 frozenUntil_) = custody.account(user);
        assertEq(paid_, paid, "paid");
        assertEq(credit_, credit, "credit");
        assertEq(frozenUntil_, frozenUntil, "frozen until");
    }
}
