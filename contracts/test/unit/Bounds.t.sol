// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Refuser} from "../Wallets.sol";

/// @notice The last value that is taken and the first one that is not, where the concern's own tests do not show both. Most are out
/// of reach of real money and of this century; they show that nothing wraps around.
contract BoundsTest is SettlementTest {
    uint256 private constant MAX96 = type(uint96).max;
    bytes private constant OVERFLOW = abi.encodeWithSignature("Panic(uint256)", 0x11);

    function setUp() public override {
        super.setUp();
        _registered(ALICE);
        _registered(BOB);
    }

    // ------------------------------------------------------------------ intake

    function test_the_largest_deposit_is_half_of_all_that_exists_and_so_is_all_of_escrow() public {
        ICustody.Intake memory i = _intake(ALICE, "t1");
        i.amount = (uint256(type(uint56).max) + 1) * 1 gwei;
        _expectRetopupRevert(
            i, abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 56, i.amount / 1 gwei)
        );
        uint256 room = uint256(type(uint56).max) * 1 gwei - _escrowed();
        i.amount = room + 1 gwei;
        _expectRetopupRevert(
            i, abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 56, uint256(1) << 56)
        );
        i.amount = room;
        uint256 refused = ALICE.balance;
        _retopup(i);
        _refund(ALICE, "t1");
        assertEq(ALICE.balance, refused + room, "the value that was refused, and the refund");
    }

    function test_the_last_deposit_stops_being_refundable_in_the_last_second_that_fits() public {
        uint256 last = type(uint32).max;
        vm.warp(last - 14 days + 1);
        _expectRetopupRevert(
            _intake(ALICE, "t1"), abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 32, last + 1)
        );
        vm.warp(last - 14 days);
        _retopup(_intake(ALICE, "t1"));
        vm.warp(last);
        _refund(ALICE, "t1");
    }

    function test_the_smallest_funding_is_a_hundredth_of_the_coin_and_the_next_is_a_gwei_more() public {
        uint256 least = 0.01 ether;
        uint256[5] memory values = [least - 1 gwei, least - 1, least, least + 1, least + 1 gwei];
        for (uint256 k; k < 5; ++k) {
            vm.deal(STRANGER, values[k]);
            if (k == 0) vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, least, values[k]));
            if (k % 2 == 1) vm.expectRevert(abi.encodeWithSelector(ICustody.NotWholeGwei.selector, values[k]));
            vm.prank(STRANGER);
            custody.fund{value: values[k]}();
        }
        assertEq(address(custody).balance, 2 * PRICE + 2 * least + 1 gwei, "balance");
    }

    // ------------------------------------------------------------------ batches

    function test_no_batch_pays_so_much_that_its_outcome_would_look_credited() public {
        _widest();
        uint256 room = (MAX96 / 2) * 3 / 4;
        (, uint256 outflow) = custody.available();
        assertEq(outflow, room, "the largest room of all");
        assertTrue(room < 1 << 95, "below the bit that says credited");
        for (uint256 k; k < 3; ++k) {
            uint256 target = k == 0 ? MAX96 : k == 1 ? 1 << 95 : room + 1;
            _expectBatchRevert(
                _batch("b1", MAX96),
                _list(ALICE, target),
                abi.encodeWithSelector(ICustody.OutflowCapReached.selector, target, room)
            );
        }
        _execute(_batch("b1", MAX96), _list(ALICE, room));
        assertEq(ALICE.balance, room, "received");
    }

    function test_sums_of_all_that_was_paid_never_wrap() public {
        _widest();
        uint256 room = (MAX96 / 2) * 3 / 4;
        _execute(_batch("b1", room), _list(ALICE, room));
        vm.warp(_now() + 1 days);
        _execute(_batch("b2", room), _list(BOB, room));
        vm.warp(_now() + 1 days);
        uint256 rest = MAX96 - 2 * room;
        _expectBatchRevert(_batch("b3", room), _list(ALICE, room + rest + 1), OVERFLOW);
        _execute(_batch("b3", room), _list(ALICE, room + rest));
        (uint256 pushed,,,) = custody.totals();
        assertEq(pushed, MAX96, "the largest sum");
    }

    function test_the_largest_target_pays_nothing_beyond_what_was_signed() public {
        _widest();
        _expectBatchRevert(
            _batch("b1", 1 ether),
            _list(ALICE, MAX96),
            abi.encodeWithSelector(ICustody.OverMaxTotal.selector, MAX96, 1 ether)
        );
    }

    function test_what_may_be_spent_bounds_what_is_signed_to_the_last_unit() public {
        vm.deal(address(custody), address(custody).balance + 7 gwei);
        ICustody.PayoutBatch memory b = _batch("b1", 7 gwei + 1);
        _expectBatchRevert(
            b, _list(ALICE, 1), abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 7 gwei + 1, 7 gwei)
        );
        b.maxTotal = type(uint256).max;
        _expectBatchRevert(
            b, _list(ALICE, 1), abi.encodeWithSelector(ICustody.InsufficientFunds.selector, b.maxTotal, 7 gwei)
        );
        b.maxTotal = 7 gwei;
        _execute(b, _list(ALICE, 7 gwei));
    }

    function test_the_smallest_credit_counts_in_the_sums_whether_a_batch_or_leaves_give_it() public {
        _fund(1 ether);
        bytes32 root = _mature(ALICE, 2);
        _freeze(ALICE, _now() + 1);
        _execute(_batch("b1", 1), _list(ALICE, 1));
        _assertCredited(1, 1, 0);
        vm.warp(_now() + 1);
        vm.etch(ALICE, address(new Refuser()).code);
        custody.settleLeaves(root, _list(ALICE, 2), new ICustody.SumNode[](0));
        _assertCredited(2, 1, 1);
        vm.prank(ALICE);
        custody.withdrawCredit(BOB);
        assertEq(BOB.balance, 2, "withdrawn");
        _assertCredited(0, 1, 1);
    }

    /// @dev All credit is Alice's.
    function _assertCredited(uint256 credit, uint256 pushed, uint256 claimed) private view {
        (uint256 pushed_, uint256 claimed_, uint256 credited,) = custody.totals();
        assertEq(_credit(ALICE), credit, "credit");
        assertEq(credited, credit, "sum of credits");
        assertEq(pushed_, pushed, "pushed");
        assertEq(claimed_, claimed, "claimed");
    }

    function test_validity_that_begins_after_it_ended_is_never_valid() public {
        ICustody.PayoutBatch memory b = _batch("b1", 0);
        (b.validAfter, b.deadline) = (START + 2, START + 1);
        for (uint256 k; k < 4; ++k) {
            vm.warp(START + k);
            _expectBatchRevert(
                b,
                _list(ALICE, 0),
                k < 2
                    ? abi.encodeWithSelector(ICustody.NotYetValid.selector, START + 2)
                    : abi.encodeWithSelector(ICustody.Expired.selector, START + 1)
            );
        }
    }

    // ------------------------------------------------------------------ roots and claims

    function test_a_root_is_valid_from_its_first_to_its_last_second_and_for_an_hour() public {
        _fund(10 ether);
        ICustody.LiabilitiesRoot memory r = _rootOf("r1", 1);
        (r.validAfter, r.deadline) = (START + 10, START + 10 + 1 hours);
        vm.warp(START + 9);
        _expectPublishRevert(r, abi.encodeWithSelector(ICustody.NotYetValid.selector, START + 10));
        vm.warp(START + 10);
        uint256 snapshot = vm.snapshotState();
        _publish(r);
        assertTrue(vm.revertToState(snapshot), "back");
        vm.warp(r.deadline);
        _publish(r);
        r = _rootOf("r2", 1);
        vm.warp(_now() + 1 days);
        r.deadline = _now() + 1 hours + 1;
        _expectPublishRevert(r, abi.encodeWithSelector(ICustody.LifetimeTooLong.selector, r.deadline));
        r.deadline = _now() - 1;
        _expectPublishRevert(r, abi.encodeWithSelector(ICustody.Expired.selector, r.deadline));
        r.deadline = _now() + 1 hours;
        _publish(r);
    }

    function test_the_largest_total_fits_and_the_next_does_not() public {
        vm.deal(address(custody), type(uint128).max);
        _expectPublishRevert(
            _rootOf("r1", MAX96 + 1),
            abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 96, MAX96 + 1)
        );
        _expectPublishRevert(
            _rootOf("r1", type(uint256).max),
            abi.encodeWithSelector(
                ICustody.InsufficientFunds.selector, type(uint256).max, uint256(type(uint128).max) - 2 * PRICE
            )
        );
        _publish(_rootOf("r1", MAX96));
    }

    function test_a_root_names_an_entry_of_30_bits_at_most() public {
        uint256 last = type(uint32).max / 4;
        _setSeq(last + 1);
        ICustody.LiabilitiesRoot memory r = _rootOf("r1", 0);
        _expectPublishRevert(
            r, abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 32, (last + 1) * 4 + 1)
        );
        r.asOfSeq = last;
        _publish(r);
        (,, uint256 asOfSeq,) = custody.latestRoot();
        assertEq(asOfSeq, last, "entry");
    }

    function test_the_last_root_matures_in_a_second_of_32_bits() public {
        vm.warp(uint256(type(uint32).max) + 1 - 1 days);
        _expectPublishRevert(
            _rootOf("r1", 0),
            abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 32, uint256(1) << 32)
        );
        // The very last second stands for what is never claimable.
        vm.warp(_now() - 2);
        _publish(_rootOf("r1", 0));
        (, uint256 from) = custody.liabilities("r1");
        assertEq(from, type(uint32).max - 1, "claimable from");
    }

    function test_a_claim_pays_the_last_unit_that_is_free() public {
        _fund(10 ether);
        bytes32 root = _mature(ALICE, 10 ether);
        vm.deal(address(custody), 2 * PRICE + 1);
        _claim(ALICE, 10 ether, root);
        assertEq(ALICE.balance, 1, "one");
        _expectClaimRevert(
            ALICE, 10 ether, root, abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 10 ether - 1, 0)
        );
    }

    function test_a_claim_pays_the_last_unit_that_fits_under_the_cap() public {
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (20 ether, 2);
        _redeploy(c);
        _fund(20 ether);
        _registered(ALICE);
        bytes32 root = _mature(ALICE, 11 ether);
        _execute(_batch("b1", 7.5 ether), _list(ALICE, 7.5 ether));
        _claim(ALICE, 11 ether, root);
        assertEq(ALICE.balance, 10 ether, "the whole bucket");
        vm.warp(_now() + 1);
        // A day has 86,400 seconds, and what leaks in one is rounded down.
        _claim(ALICE, 11 ether, root);
        assertEq(ALICE.balance, 10 ether + uint256(10 ether) / 86_400, "what leaked in a second");
        vm.prank(GUARDIAN);
        custody.lowerOutflowCap(2);
        _expectClaimRevert(
            ALICE,
            11 ether,
            root,
            abi.encodeWithSelector(ICustody.OutflowCapReached.selector, 1 ether - uint256(10 ether) / 86_400, 0)
        );
        // The bucket of the floor holds one unit and is empty after a day.
        vm.warp(_now() + 1 days - 1);
        _expectClaimRevert(
            ALICE,
            11 ether,
            root,
            abi.encodeWithSelector(ICustody.OutflowCapReached.selector, 1 ether - uint256(10 ether) / 86_400, 0)
        );
        vm.warp(_now() + 1);
        _claim(ALICE, 11 ether, root);
        assertEq(ALICE.balance, 10 ether + uint256(10 ether) / 86_400 + 1, "one more");
    }

    // ------------------------------------------------------------------ freezes, cap and withdrawals

    function test_the_shortest_and_the_longest_freeze_and_the_last_second_in_which_it_is_lifted() public {
        _freeze(ALICE, START + 1);
        vm.prank(FREEZER);
        custody.unfreeze(ALICE);
        (,, uint256 until) = custody.account(ALICE);
        assertEq(until, START, "ended");
        _freeze(BOB, START + MAX_FREEZE);
        vm.warp(START + MAX_FREEZE - 1);
        vm.prank(ADMIN);
        custody.unfreeze(BOB);
        (,, until) = custody.account(BOB);
        assertEq(until, START + MAX_FREEZE - 1, "ended");
    }

    function test_the_cap_is_lowered_and_raised_by_the_smallest_step_and_up_to_all_that_fits() public {
        uint256 cap = custody.config().outflowCap;
        vm.startPrank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, cap, cap + 1));
        custody.lowerOutflowCap(cap + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, cap, type(uint256).max));
        custody.lowerOutflowCap(type(uint256).max);
        custody.lowerOutflowCap(cap - 1);
        vm.stopPrank();
        _operate(ICustody.Operation.RaiseOutflowCap, 0, cap);
        _operate(ICustody.Operation.RaiseOutflowCap, 0, MAX96);
        assertEq(custody.config().outflowCap, MAX96, "the largest");
    }

    function test_a_signed_withdrawal_is_of_neither_more_nor_less_than_the_credit() public {
        uint256 key = 0xCAFE;
        address user = vm.addr(key);
        _registered(user);
        _fund(5 ether);
        _give(user, 5 ether);
        uint256[5] memory amounts = [uint256(0), 5 ether - 1, 5 ether + 1, type(uint256).max, 5 ether];
        for (uint256 k; k < 5; ++k) {
            ICustody.Withdrawal memory w = ICustody.Withdrawal(user, BOB, amounts[k], 5 ether, type(uint256).max);
            bytes memory signature = _signHash(key, keccak256(abi.encode(WITHDRAWAL_TYPEHASH, w)));
            if (k < 4) vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, 5 ether, amounts[k]));
            custody.withdrawCreditFor(w, signature);
        }
        assertEq(BOB.balance, 5 ether, "received");
    }

    /// @dev As if so many calls had been made: the journal's head is the slot that says what `journalHead` says.
    function _setSeq(uint256 seq) private {
        (uint64 present, bytes24 root) = custody.journalHead();
        bytes32 head = bytes32(uint256(present) << 192 | uint192(root));
        for (uint256 slot;; ++slot) {
            if (vm.load(address(custody), bytes32(slot)) != head) continue;
            vm.store(address(custody), bytes32(slot), bytes32(seq << 192 | uint192(root)));
            return;
        }
    }

    /// @dev More money than there is, and the widest cap.
    function _widest() private {
        ICustody.Config memory c = _config();
        c.outflowCap = uint96(MAX96);
        _redeploy(c);
        _registered(ALICE);
        _registered(BOB);
        vm.deal(address(custody), type(uint128).max);
    }
}
