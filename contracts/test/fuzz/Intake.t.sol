// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyTest} from "../CustodyTest.sol";
import {JournalReplay} from "../JournalReplay.sol";

contract IntakeFuzzTest is CustodyTest {
    function testFuzz_an_authorization_is_valid_for_at_most_an_hour_until_its_deadline(uint256 deadline) public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        // Half of the runs near the window, the others anywhere.
        i.deadline = deadline % 2 == 0 ? START - 2 hours + deadline % 4 hours : deadline;
        if (i.deadline < START) {
            _expectRegisterRevert(i, abi.encodeWithSelector(ICustody.Expired.selector, i.deadline));
        } else if (i.deadline > START + 1 hours) {
            _expectRegisterRevert(i, abi.encodeWithSelector(ICustody.LifetimeTooLong.selector, i.deadline));
        } else {
            _register(i);
        }
    }

    function testFuzz_any_amount_is_kept_exactly_or_refused(uint256 amount) public {
        amount = amount % 2 == 0 ? amount % (uint256(type(uint56).max) * 1 gwei * 2) : amount;
        if (amount % 4 == 0) amount = amount / 1 gwei * 1 gwei;
        ICustody.Intake memory i = _intake(ALICE, "r1");
        i.amount = amount;
        if (amount == 0 || amount % 1 gwei != 0) {
            _expectRegisterRevert(i, abi.encodeWithSelector(ICustody.NotWholeGwei.selector, amount));
        } else if (amount / 1 gwei > type(uint56).max) {
            _expectRegisterRevert(
                i, abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 56, amount / 1 gwei)
            );
        } else {
            _register(i);
            (, uint256 kept,,) = custody.deposit("r1");
            assertEq(kept, amount, "deposit");
            assertEq(_escrowed(), amount, "escrow");
            _refund(ALICE, "r1");
            assertEq(ALICE.balance, amount, "refund");
        }
    }

    function testFuzz_a_deposit_is_either_refundable_or_maturing_never_both(
        uint256 start,
        uint256 cooling,
        uint256 wait
    ) public {
        ICustody.Config memory c = _config();
        c.coolingOff = uint32(cooling % (30 days + 1));
        vm.warp(START + start % 10 days);
        _redeploy(c);
        uint256 paidAt = _now();
        _register(_intake(ALICE, "r1"));
        vm.warp(paidAt + wait % 40 days);
        bool refundable = _now() <= paidAt + c.coolingOff;
        if (_now() / 1 days > paidAt / 1 days) custody.sweepMatured(type(uint256).max);
        bool matured = _escrowed() == 0;
        assertTrue(!(refundable && matured), "matured while refundable");
        // At the latest on the day after the window, a sweep releases it.
        assertTrue(matured == (_now() / 1 days > (paidAt + c.coolingOff) / 1 days), "matured on its day");
        vm.prank(ALICE);
        try custody.refund("r1", ALICE) {
            assertTrue(refundable, "refunded too late");
            assertEq(_escrowed(), 0, "escrowed");
        } catch {
            assertTrue(!refundable, "refund refused in time");
        }
    }

    function testFuzz_no_made_up_signature_is_accepted(bytes calldata signature, uint256 key) public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        vm.deal(ALICE, 2 * PRICE);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        vm.prank(ALICE);
        custody.register{value: PRICE}(i, signer, signature);

        key = 1 + key % type(uint128).max;
        vm.assume(key != SIGNER_KEY);
        bytes memory other = _sign(key, "Registration", i);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        vm.prank(ALICE);
        custody.register{value: PRICE}(i, signer, other);
    }

    function testFuzz_sweeping_in_steps_is_sweeping_at_once(uint8[12] calldata gaps, uint8[12] calldata steps) public {
        uint256 total;
        uint256[] memory days_ = new uint256[](12);
        for (uint256 k; k < 12; ++k) {
            vm.warp(_now() + uint256(gaps[k]) * 1 hours);
            ICustody.Intake memory i = _intake(address(uint160(0xB0000 + k)), bytes32(k + 1));
            i.amount = (k + 1) * 1 gwei;
            _register(i);
            days_[k] = (_now() + 14 days) / 1 days;
            total += i.amount;
        }
        uint256 today = (START + 40 days) / 1 days;
        if (_now() < START + 40 days) vm.warp(START + 40 days);
        else today = _now() / 1 days;
        for (uint256 k; k < 12 && custody.sweptThrough() < today - 1; ++k) {
            if (steps[k] != 0) custody.sweepMatured(steps[k]);
            uint256 open;
            for (uint256 j; j < 12; ++j) {
                if (days_[j] > custody.sweptThrough()) open += (j + 1) * 1 gwei;
            }
            assertEq(_escrowed(), open, "escrow after a step");
        }
        assertTrue(custody.sweptThrough() < today, "never today");
        assertEq(address(custody).balance, total, "balance");
    }

    function testFuzz_the_journal_is_recomputable_from_logs(uint256 seed, uint8 calls) public {
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.deal(STRANGER, type(uint128).max);
        uint256 n = calls % 24;
        for (uint256 k; k < n; ++k) {
            seed = uint256(keccak256(abi.encode(seed)));
            ICustody.Intake memory i = _intake(address(uint160(seed >> 96)), bytes32(seed));
            (i.sponsor, i.planHash, i.disclosureHash) = (address(uint160(seed)), bytes32(seed >> 1), bytes32(seed >> 2));
            i.amount = (1 + seed % 1e12) * 1 gwei;
            if (seed % 3 == 0) {
                vm.prank(STRANGER);
                custody.fund{value: 0.01 ether + i.amount}();
            } else {
                _register(i);
            }
        }
        _assertJournal(before, n);
    }

    function testFuzz_a_freeze_is_never_longer_than_allowed(uint256 until, uint256 again) public {
        _register(_intake(ALICE, "r1"));
        until = until % 2 == 0 ? START + until % 5 days : until;
        vm.prank(FREEZER);
        try custody.freeze(ALICE, until, "") {
            assertTrue(until > START && until <= START + MAX_FREEZE, "bounds");
            uint256 next = START + again % 100 days;
            vm.warp(next);
            vm.prank(FREEZER);
            try custody.freeze(ALICE, next + 1, "") {
                assertTrue(next >= until + 60 days, "gap");
            } catch {
                assertTrue(next < until + 60 days, "refused after the gap");
            }
        } catch {
            assertTrue(until <= START || until > START + MAX_FREEZE, "refused within bounds");
        }
    }
}
