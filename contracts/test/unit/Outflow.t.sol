// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";

contract OutflowTest is SettlementTest {
    uint256 private constant CAP = 80 ether;
    uint256 private constant FLOOR = 8 ether;
    /// @dev Three quarters of half the cap.
    uint256 private constant ROOM = 30 ether;

    function setUp() public override {
        super.setUp();
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (uint96(CAP), uint96(FLOOR));
        _redeploy(c);
        _fund(1_000 ether);
        _registered(ALICE);
        _registered(BOB);
    }

    function test_a_batch_fills_the_bucket_to_three_quarters() public {
        _assertRoom(ROOM);
        _expectBatchRevert(
            _batch("b1", 100 ether),
            _list(ALICE, ROOM + 1),
            abi.encodeWithSelector(ICustody.OutflowCapReached.selector, ROOM + 1, ROOM)
        );
        _execute(_batch("b1", 100 ether), _list(ALICE, ROOM));
        _assertRoom(0);
        _expectBatchRevert(
            _batch("b2", 1), _list(BOB, 1), abi.encodeWithSelector(ICustody.OutflowCapReached.selector, 1, 0)
        );
        // Nothing due fits always.
        _execute(_batch("b2", 0), _list(ALICE, ROOM));
    }

    function test_credited_amounts_count_and_their_withdrawal_does_not() public {
        _freeze(ALICE, START + 1);
        _execute(_batch("b1", ROOM), _list(ALICE, ROOM));
        _assertRoom(0);
        vm.warp(START + 1);
        uint256 room = _room();
        vm.prank(ALICE);
        custody.withdrawCredit(ALICE);
        _assertRoom(room);
    }

    /// @dev 86,399 units leak in a day of 86,400 seconds: one less than a unit in the first second.
    function test_it_is_empty_to_the_unit_and_owes_no_part_of_one() public {
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (172_798, 2);
        _redeploy(c);
        _fund(1 ether);
        _registered(ALICE);
        // A unit, which is gone after two seconds, when nearly another one would be.
        _execute(_batch("b1", 1), _list(ALICE, 1));
        vm.warp(START + 2);
        uint256 room = 64_799;
        _execute(_batch("b2", room), _list(ALICE, 1 + room));
        vm.warp(START + 3);
        _expectBatchRevert(
            _batch("b3", 1), _list(ALICE, 2 + room), abi.encodeWithSelector(ICustody.OutflowCapReached.selector, 1, 0)
        );
        vm.warp(START + 4);
        _execute(_batch("b3", 1), _list(ALICE, 2 + room));
    }

    function test_it_empties_evenly_within_a_day() public {
        _execute(_batch("b1", ROOM), _list(ALICE, ROOM));
        vm.warp(START + 6 hours);
        _assertRoom(10 ether);
        vm.warp(START + 18 hours - 1);
        assertTrue(_room() < ROOM, "not yet");
        vm.warp(START + 18 hours);
        _assertRoom(ROOM);
        vm.warp(START + 30 days);
        _assertRoom(ROOM);
    }

    function test_a_full_bucket_leaves_the_last_quarter_to_claims() public {
        bytes32 root = _mature(BOB, 100 ether);
        _execute(_batch("b1", ROOM), _list(ALICE, ROOM));
        _claim(BOB, 100 ether, root);
        assertEq(BOB.balance, 10 ether, "a quarter of the bucket");
        _assertRoom(0);
        // Until it is below three quarters again, no batch.
        vm.warp(_now() + 6 hours);
        _assertRoom(0);
        vm.warp(_now() + 6 hours);
        _assertRoom(10 ether);
    }

    function test_claims_and_treasury_take_from_the_same_bucket() public {
        _schedule(ICustody.Operation.Treasury, _argument(STRANGER), ROOM);
        _schedule(ICustody.Operation.Treasury, _argument(STRANGER), ROOM + 1);
        bytes32 root = _mature(BOB, 12 ether);
        vm.warp(_now() + 3 days);
        vm.expectRevert(abi.encodeWithSelector(ICustody.OutflowCapReached.selector, ROOM + 1, ROOM));
        vm.prank(TREASURER);
        custody.execute(ICustody.Operation.Treasury, _argument(STRANGER), ROOM + 1);
        _claim(BOB, 12 ether, root);
        _assertRoom(18 ether);
        vm.expectRevert(abi.encodeWithSelector(ICustody.OutflowCapReached.selector, ROOM, 18 ether));
        vm.prank(TREASURER);
        custody.execute(ICustody.Operation.Treasury, _argument(STRANGER), ROOM);
        vm.warp(_now() + 1 days);
        _executeOperation(ICustody.Operation.Treasury, _argument(STRANGER), ROOM);
        _assertRoom(0);
    }

    function test_refunds_do_not_count() public {
        _refund(ALICE, keccak256(abi.encode("registration of", ALICE)));
        _assertRoom(ROOM);
    }

    // ------------------------------------------------------------------ the cap

    function test_guardian_and_admin_lower_the_cap_at_once_down_to_the_floor() public {
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(GUARDIAN);
        custody.lowerOutflowCap(40 ether);
        _assertJournal(before, 1);
        assertEq(custody.config().outflowCap, 40 ether, "cap");
        _assertRoom(15 ether);
        vm.startPrank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, 40 ether, 40 ether));
        custody.lowerOutflowCap(40 ether);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, FLOOR, FLOOR - 1));
        custody.lowerOutflowCap(FLOOR - 1);
        custody.lowerOutflowCap(FLOOR);
        vm.stopPrank();
        _assertRoom(3 ether);
        vm.expectRevert(_unauthorized(TREASURER, ADMIN_ROLE));
        vm.prank(TREASURER);
        custody.lowerOutflowCap(FLOOR);
    }

    function test_lowering_leaves_what_is_in_the_bucket() public {
        _execute(_batch("b1", ROOM), _list(ALICE, ROOM));
        vm.warp(START + 6 hours);
        vm.prank(GUARDIAN);
        custody.lowerOutflowCap(64 ether);
        // 20 of 32 are in it: what left before the change left at the old rate, and 8 leave in 6 hours now.
        _assertRoom(4 ether);
        vm.warp(START + 12 hours);
        _assertRoom(12 ether);
    }

    function test_after_lowering_it_is_empty_within_a_day_however_much_had_left() public {
        bytes32 root = _mature(BOB, 100 ether);
        _claim(BOB, 100 ether, root);
        vm.prank(GUARDIAN);
        custody.lowerOutflowCap(FLOOR);
        _expectClaimRevert(
            BOB, 100 ether, root, abi.encodeWithSelector(ICustody.OutflowCapReached.selector, 60 ether, 0)
        );
        vm.warp(_now() + 12 hours);
        _assertRoom(1 ether);
        _claim(BOB, 100 ether, root);
        assertEq(BOB.balance, 42 ether, "half of the small bucket");
    }

    function test_raising_is_a_delayed_operation() public {
        _execute(_batch("b1", ROOM), _list(ALICE, ROOM));
        _operate(ICustody.Operation.RaiseOutflowCap, 0, 2 * CAP);
        assertEq(custody.config().outflowCap, 2 * CAP, "cap");
        _assertRoom(2 * ROOM);
    }

    function test_raising_raises() public {
        _schedule(ICustody.Operation.RaiseOutflowCap, 0, CAP);
        _schedule(ICustody.Operation.RaiseOutflowCap, 0, 1 << 96);
        vm.warp(_now() + 3 days);
        vm.startPrank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, CAP, CAP));
        custody.execute(ICustody.Operation.RaiseOutflowCap, 0, CAP);
        vm.expectRevert(abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 96, 1 << 96));
        custody.execute(ICustody.Operation.RaiseOutflowCap, 0, 1 << 96);
        vm.stopPrank();
    }

    function _room() private view returns (uint256 room) {
        (, room) = custody.available();
    }

    function _assertRoom(uint256 expected) private view {
        assertEq(_room(), expected, "room");
    }
}
