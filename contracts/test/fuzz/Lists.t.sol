// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {Vm} from "../Vm.sol";
import {Refuser} from "../Wallets.sol";

/// @notice Lists of up to 300 users, for batches and for leaves: some are frozen, some refuse, some have been paid before.
contract ListsFuzzTest is SettlementTest {
    uint256 private constant USERS = 300;
    uint256 private constant FIRST = 0x100000;
    uint256 private constant FUNDS = 1_000_000 ether;

    /// @dev Every seventh user refuses, every fifteenth is frozen.
    function setUp() public override {
        super.setUp();
        _fund(FUNDS);
        bytes memory refuser = address(new Refuser()).code;
        for (uint256 k; k < USERS; ++k) {
            _registered(_user(k));
            if (k % 7 == 3) vm.etch(_user(k), refuser);
            if (k % 15 == 4) _freeze(_user(k), START + MAX_FREEZE);
        }
    }

    function testFuzz_every_entry_ends_as_the_books_say(uint256 seed, uint256 size, uint256 first) public {
        bytes32[] memory before = _listOf(seed, size, first);
        bytes32[] memory payouts = _listOf(uint256(keccak256(abi.encode(seed))), size, first);
        _execute(_batch("before", FUNDS / 2), before);
        (uint256 paid, uint256 credited, bytes32 outcomeHash) = _expected(payouts);
        ICustody.PayoutBatch memory b = _batch("b1", paid);
        if (paid > 0) {
            b.maxTotal = paid - 1;
            _expectBatchRevert(b, payouts, abi.encodeWithSelector(ICustody.OverMaxTotal.selector, paid, paid - 1));
            b.maxTotal = paid;
        }
        vm.recordLogs();
        _execute(b, payouts);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        (, uint256 count, uint256 paidInAll, uint256 creditedInAll,, bytes32 outcome,) =
            abi.decode(logs[logs.length - 1].data, (uint256, uint256, uint256, uint256, bytes32, bytes32, bytes32));
        assertEq(count, payouts.length, "count");
        assertEq(paidInAll, paid, "paid in all");
        assertEq(creditedInAll, credited, "credited in all");
        assertEq(outcome, outcomeHash, "outcome");
        assertEq(logs.length, payouts.length + 1, "one event each");
        for (uint256 k; k < payouts.length; ++k) {
            address user = address(bytes20(payouts[k]));
            uint256 target = uint96(uint256(payouts[k]));
            uint256 target_ = uint96(uint256(before[k]));
            assertEq(_paid(user), target > target_ ? target : target_, "the higher target");
            assertEq(user.balance + _credit(user), _paid(user), "sent or credited");
        }
    }

    function testFuzz_an_entry_out_of_order_is_named(uint256 seed, uint256 size, uint256 at, bool twice) public {
        bytes32[] memory payouts = _listOf(seed, 1 + size % (USERS - 1), 0);
        at = 1 + at % (payouts.length - 1);
        if (twice) payouts[at] = payouts[at - 1];
        else (payouts[at], payouts[at - 1]) = (payouts[at - 1], payouts[at]);
        _expectBatchRevert(
            _batch("b1", FUNDS / 2), payouts, abi.encodeWithSelector(ICustody.BadEntry.selector, at, payouts[at])
        );
    }

    function testFuzz_a_user_who_is_not_registered_fails_the_batch(
        uint256 seed,
        uint256 size,
        uint256 at,
        uint96 target
    ) public {
        bytes32[] memory payouts = _listOf(seed, size, 0);
        at %= payouts.length;
        // Between two registered users.
        address unknown = address(uint160(_user(at)) + 1);
        payouts[at] = _word(unknown, target);
        _expectBatchRevert(
            _batch("b1", FUNDS / 2), payouts, abi.encodeWithSelector(ICustody.NotRegistered.selector, unknown)
        );
    }

    function testFuzz_any_number_of_entries_but_1_to_300_is_refused(uint256 size) public {
        size = size % 2 == 0 ? 0 : 301 + size % 1_000;
        bytes32[] memory payouts = new bytes32[](size);
        _expectBatchRevert(_batch("b1", 0), payouts, abi.encodeWithSelector(ICustody.BadBatchSize.selector, size, 300));
    }

    function testFuzz_every_part_of_a_tree_is_settled_once_and_nothing_else_is(
        uint256 seed,
        uint256 size,
        uint256 level,
        uint256 index,
        uint256 wrong
    ) public {
        bytes32[] memory words = _listOf(seed, size, 0);
        uint256 nodes = words.length;
        uint256 width = 1;
        for (level %= 10; level > 0 && nodes > 1; --level) {
            nodes = (nodes + 1) / 2;
            width *= 2;
        }
        uint256 from = index % nodes * width;
        uint256 count = words.length - from < width ? words.length - from : width;
        ICustody.SumNode memory top = SumTreeBuilder.nodeOf(words);
        _publish(_rootOf(top.hash, top.sum));
        vm.warp(START + 1 days);
        bytes32[] memory part = new bytes32[](count);
        for (uint256 k; k < count; ++k) {
            part[k] = words[from + k];
        }
        ICustody.SumNode[] memory proof = SumTreeBuilder.proofOf(words, from, count);
        (uint256 paid, uint256 credited,) = _expected(part);
        // One wei more for somebody.
        part[wrong % count] = bytes32(uint256(part[wrong % count]) + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidProof.selector));
        custody.settleLeaves(top.hash, part, proof);
        part[wrong % count] = bytes32(uint256(part[wrong % count]) - 1);
        if (paid == 0) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.NothingDue.selector, address(bytes20(part[0]))));
        }
        custody.settleLeaves(top.hash, part, proof);
        (uint256 pushed, uint256 claimed, uint256 credits,) = custody.totals();
        assertEq(claimed, paid, "claimed");
        assertEq(credits, credited, "credited");
        assertEq(pushed, 0, "pushed");
        vm.expectRevert(abi.encodeWithSelector(ICustody.NothingDue.selector, address(bytes20(part[0]))));
        custody.settleLeaves(top.hash, part, proof);
    }

    // ------------------------------------------------------------------ tools

    function _user(uint256 k) private pure returns (address) {
        return address(uint160(FIRST + 3 * k));
    }

    /// @dev 1 to 300 users that follow each other. A quarter of the targets is zero, others are a few units or up to
    /// some ether.
    function _listOf(uint256 seed, uint256 size, uint256 first) private pure returns (bytes32[] memory payouts) {
        size = 1 + size % USERS;
        first %= USERS - size + 1;
        payouts = new bytes32[](size);
        for (uint256 k; k < size; ++k) {
            uint256 random = uint256(keccak256(abi.encode(seed, k)));
            uint256 target = random % 4 == 0 ? 0 : random % 4 == 1 ? random >> 248 : (random >> 128) % 50 ether;
            payouts[k] = _word(_user(first + k), target);
        }
    }

    /// @dev What a list pays and credits now, and the hash of its outcome.
    function _expected(bytes32[] memory payouts) private view returns (uint256 paid, uint256 credited, bytes32 hash) {
        bytes32[] memory outcome = new bytes32[](payouts.length);
        for (uint256 k; k < payouts.length; ++k) {
            address user = address(bytes20(payouts[k]));
            (uint256 before,, uint256 frozenUntil) = custody.account(user);
            uint256 target = uint96(uint256(payouts[k]));
            uint256 due = target > before ? target - before : 0;
            bool unsent = due > 0 && (frozenUntil > _now() || user.code.length > 0);
            paid += due;
            if (unsent) credited += due;
            outcome[k] = _word(user, unsent ? due | 1 << 95 : due);
        }
        hash = keccak256(abi.encodePacked(outcome));
    }
}
