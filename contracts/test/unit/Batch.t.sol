// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Vm} from "../Vm.sol";

/// @notice Who may execute which batch, and what it does to the books. Recipients that misbehave: `Recipients.t.sol`.
contract BatchTest is SettlementTest {
    using JournalReplay for JournalReplay.Head;

    uint256 private constant FUNDS = 1_000 ether;

    function setUp() public override {
        super.setUp();
        _fund(FUNDS);
        _registered(ALICE);
        _registered(BOB);
    }

    function test_every_user_is_paid_up_to_the_target_and_the_batch_is_one_entry() public {
        bytes32[] memory payouts = _list(ALICE, 3 ether, BOB, 5 ether);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _execute(_batch("b1", 8 ether), payouts);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        before.take(address(custody), logs);
        assertEq(before.root, _head().root, "journal from logs");

        assertEq(ALICE.balance, 3 ether, "alice");
        assertEq(BOB.balance, 5 ether, "bob");
        assertEq(_paid(ALICE), 3 ether, "alice's paid");
        assertEq(_paid(BOB), 5 ether, "bob's paid");
        assertEq(_credit(ALICE), 0, "alice's credit");
        assertEq(custody.batchState("b1"), _head().seq, "state is the journal entry");
        (uint256 pushed, uint256 claimed, uint256 credited, uint256 escrowed) = custody.totals();
        assertEq(pushed, 8 ether, "pushed");
        assertEq(claimed + credited, 0, "claimed, credited");
        assertEq(escrowed, 2 * PRICE, "escrowed");

        assertEq(logs.length, 3, "logs");
        assertEq(logs[0].topics[0], ICustody.PayoutExecuted.selector, "first");
        assertEq(logs[0].topics[1], "b1", "batch id");
        assertEq(logs[0].topics[2], _argument(ALICE), "user");
        assertEq(abi.decode(logs[0].data, (uint256)), 3 ether, "amount");
        assertEq(logs[1].topics[2], _argument(BOB), "second");
        assertEq(logs[2].topics[0], ICustody.BatchSettled.selector, "closing");
        assertEq(
            keccak256(logs[2].data),
            keccak256(
                abi.encode(
                    before.seq,
                    2,
                    8 ether,
                    0,
                    keccak256(abi.encodePacked(payouts)),
                    keccak256(abi.encodePacked(_word(ALICE, 3 ether), _word(BOB, 5 ether))),
                    bytes32("manifest")
                )
            ),
            "closing data"
        );
    }

    function test_targets_are_cumulative_and_what_was_reached_is_skipped() public {
        _execute(_batch("b1", 3 ether), _list(ALICE, 3 ether));
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _execute(_batch("b2", 7 ether), _list(ALICE, 10 ether, BOB, 0));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(ALICE.balance, 10 ether, "the difference");
        assertEq(logs[1].topics[0], ICustody.PayoutSkipped.selector, "skipped");
        assertEq(logs[1].topics[1], "b2", "batch id");
        assertEq(logs[1].topics[2], _argument(BOB), "user");
        assertEq(logs[1].data.length, 0, "no data");
        (,,,,, bytes32 outcome,) =
            abi.decode(logs[2].data, (uint256, uint256, uint256, uint256, bytes32, bytes32, bytes32));
        assertEq(outcome, keccak256(abi.encodePacked(_word(ALICE, 7 ether), _word(BOB, 0))), "outcome");
        before.take(address(custody), logs);
        assertEq(before.root, _head().root, "journal from logs");

        // A target below what was paid pays nothing and takes nothing back.
        _execute(_batch("b3", 0), _list(ALICE, 1 ether));
        assertEq(_paid(ALICE), 10 ether, "paid stays");
        assertEq(ALICE.balance, 10 ether, "balance stays");
    }

    // ------------------------------------------------------------------ who and when

    function test_only_a_submitter_submits_and_only_the_named_one() public {
        ICustody.PayoutBatch memory b = _batch("b1", 1 ether);
        bytes32[] memory payouts = _list(ALICE, 1 ether);
        address[5] memory others = [ADMIN, GUARDIAN, TREASURER, signer, STRANGER];
        for (uint256 k; k < 5; ++k) {
            _expectRevertFrom(others[k], b, payouts, _unauthorized(others[k], SUBMITTER_ROLE));
        }
        b.submitter = STRANGER;
        _expectBatchRevert(b, payouts, abi.encodeWithSelector(ICustody.WrongSubmitter.selector, STRANGER, SUBMITTER));
        b.submitter = SUBMITTER;
        _execute(b, payouts);
    }

    /// @dev The named one needs the role, too.
    function test_naming_a_submitter_gives_no_role() public {
        ICustody.PayoutBatch memory b = _batch("b1", 1 ether);
        b.submitter = STRANGER;
        _expectRevertFrom(STRANGER, b, _list(ALICE, 1 ether), _unauthorized(STRANGER, SUBMITTER_ROLE));
    }

    function test_not_while_paused() public {
        vm.prank(GUARDIAN);
        custody.pause();
        _expectBatchRevert(
            _batch("b1", 1 ether), _list(ALICE, 1 ether), abi.encodeWithSelector(Pausable.EnforcedPause.selector)
        );
    }

    function test_the_window_includes_its_first_and_its_last_second() public {
        ICustody.PayoutBatch memory b = _batch("b1", 1 ether);
        (b.validAfter, b.deadline) = (START + 10, START + 20);
        bytes32[] memory payouts = _list(ALICE, 1 ether);
        vm.warp(START + 9);
        _expectBatchRevert(b, payouts, abi.encodeWithSelector(ICustody.NotYetValid.selector, START + 10));
        vm.warp(START + 21);
        _expectBatchRevert(b, payouts, abi.encodeWithSelector(ICustody.Expired.selector, START + 20));
        vm.warp(START + 10);
        _execute(b, payouts);
        (b.batchId, payouts[0]) = ("b2", _word(ALICE, 2 ether));
        vm.warp(START + 20);
        _execute(b, payouts);
    }

    function test_it_lives_at_most_an_hour() public {
        ICustody.PayoutBatch memory b = _batch("b1", 1 ether);
        b.deadline = START + 1 hours + 1;
        _expectBatchRevert(
            b, _list(ALICE, 1 ether), abi.encodeWithSelector(ICustody.LifetimeTooLong.selector, b.deadline)
        );
        b.deadline = START + 1 hours;
        _execute(b, _list(ALICE, 1 ether));
    }

    // ------------------------------------------------------------------ the list

    function test_one_to_300_entries() public {
        bytes32[] memory payouts = new bytes32[](301);
        for (uint160 k; k < 301; ++k) {
            address user = address(0x100000 + k);
            _registered(user);
            payouts[k] = _word(user, 1 gwei);
        }
        _expectBatchRevert(
            _batch("b1", 1 ether), payouts, abi.encodeWithSelector(ICustody.BadBatchSize.selector, 301, 300)
        );
        _expectBatchRevert(
            _batch("b1", 1 ether), new bytes32[](0), abi.encodeWithSelector(ICustody.BadBatchSize.selector, 0, 300)
        );
        assembly {
            mstore(payouts, 300)
        }
        _execute(_batch("b1", 300 gwei), payouts);
        assertEq(address(0x100000 + 299).balance, 1 gwei, "the last one");
    }

    /// @dev The list is the last thing in the call, and another entry follows that would be paid if it were in it.
    function test_what_stands_behind_the_list_is_not_paid() public {
        ICustody.PayoutBatch memory b = _batch("b1", 9 ether);
        bytes32[] memory payouts = _list(ALICE, 1 ether);
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        uint256 head = 9 * 0x20;
        uint256 signatureEnd = head + 0x20 + 0x60;
        bytes memory call_ = bytes.concat(
            abi.encodeWithSelector(custody.executeBatchPayouts.selector, b, signatureEnd, signer, head),
            abi.encodePacked(signature.length, signature, new bytes(31)),
            abi.encodePacked(payouts.length, payouts, _word(BOB, 2 ether))
        );
        vm.prank(SUBMITTER);
        (bool ok,) = address(custody).call(call_);
        assertTrue(ok, "executed");
        assertEq(ALICE.balance, 1 ether, "paid");
        assertEq(_paid(BOB), 0, "not in the list");
    }

    function test_entries_ascend_strictly_by_address() public {
        bytes memory error_ = abi.encodeWithSelector(ICustody.BadEntry.selector, 1, _word(ALICE, 2 ether));
        _expectBatchRevert(_batch("b1", 9 ether), _list(BOB, 1 ether, ALICE, 2 ether), error_);
        _expectBatchRevert(_batch("b1", 9 ether), _list(ALICE, 1 ether, ALICE, 2 ether), error_);
        // Also after an entry with nothing due, and for one.
        _expectBatchRevert(_batch("b1", 9 ether), _list(BOB, 0, ALICE, 2 ether), error_);
        error_ = abi.encodeWithSelector(ICustody.BadEntry.selector, 1, _word(ALICE, 0));
        _expectBatchRevert(_batch("b1", 9 ether), _list(BOB, 1 ether, ALICE, 0), error_);
        error_ = abi.encodeWithSelector(ICustody.BadEntry.selector, 0, _word(address(0), 1 ether));
        _expectBatchRevert(_batch("b1", 9 ether), _list(address(0), 1 ether), error_);
    }

    function test_only_registered_users_are_paid() public {
        bytes memory error_ = abi.encodeWithSelector(ICustody.NotRegistered.selector, STRANGER);
        _expectBatchRevert(_batch("b1", 9 ether), _list(ALICE, 1 ether, STRANGER, 1 ether), error_);
        _expectBatchRevert(_batch("b1", 9 ether), _list(ALICE, 1 ether, STRANGER, 0), error_);
        assertEq(ALICE.balance, 0, "nobody was paid");
    }

    // ------------------------------------------------------------------ replay and signature

    function test_a_batch_id_executes_once_whatever_is_in_the_batch() public {
        _execute(_batch("b1", 1 ether), _list(ALICE, 1 ether));
        bytes memory error_ = abi.encodeWithSelector(ICustody.BatchAlreadyExecuted.selector, bytes32("b1"));
        _expectBatchRevert(_batch("b1", 1 ether), _list(ALICE, 1 ether), error_);
        _expectBatchRevert(_batch("b1", 9 ether), _list(BOB, 1 ether), error_);
    }

    function test_a_cancelled_batch_never_executes() public {
        assertEq(custody.batchState("b1"), 0, "unknown");
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(GUARDIAN);
        custody.cancelBatch("b1");
        vm.prank(ADMIN);
        custody.cancelBatch("b2");
        _assertJournal(before, 2);
        assertEq(custody.batchState("b1"), type(uint64).max, "cancelled");
        bytes memory error_ = abi.encodeWithSelector(ICustody.BatchAlreadyExecuted.selector, bytes32("b1"));
        _expectBatchRevert(_batch("b1", 1 ether), _list(ALICE, 1 ether), error_);
        vm.expectRevert(error_);
        vm.prank(GUARDIAN);
        custody.cancelBatch("b1");

        _execute(_batch("b3", 1 ether), _list(ALICE, 1 ether));
        vm.expectRevert(abi.encodeWithSelector(ICustody.BatchAlreadyExecuted.selector, bytes32("b3")));
        vm.prank(GUARDIAN);
        custody.cancelBatch("b3");
        vm.expectRevert(_unauthorized(SUBMITTER, ADMIN_ROLE));
        vm.prank(SUBMITTER);
        custody.cancelBatch("b4");
    }

    function test_ids_are_apart_also_those_that_share_a_slot() public {
        uint256 base = uint256(keccak256("four")) & ~uint256(3);
        for (uint256 k; k < 4; ++k) {
            vm.prank(GUARDIAN);
            custody.cancelBatch(bytes32(base | k));
            for (uint256 other; other < 4; ++other) {
                uint256 state = other <= k ? type(uint64).max : 0;
                assertEq(custody.batchState(bytes32(base | other)), state, "of the four");
            }
        }
        for (uint256 bit = 2; bit < 256; ++bit) {
            assertEq(custody.batchState(bytes32(base ^ 1 << bit)), 0, "of all others");
        }
    }

    function test_only_a_signer_of_batches_signs() public {
        ICustody.PayoutBatch memory b = _batch("b1", 1 ether);
        bytes32[] memory payouts = _list(ALICE, 1 ether);
        address rootSigner = vm.addr(ROOT_SIGNER_KEY);
        bytes memory signature = _signBatch(ROOT_SIGNER_KEY, b, payouts);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSigner.selector, rootSigner));
        vm.prank(SUBMITTER);
        custody.executeBatchPayouts(b, payouts, rootSigner, signature);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        vm.prank(SUBMITTER);
        custody.executeBatchPayouts(b, payouts, signer, signature);
        vm.prank(GUARDIAN);
        custody.revokeSigner(signer);
        _expectBatchRevert(b, payouts, abi.encodeWithSelector(ICustody.InvalidSigner.selector, signer));
    }

    function test_the_signature_covers_every_field_and_every_entry() public {
        ICustody.PayoutBatch memory b = _batch("b1", 2 ether);
        bytes32[] memory payouts = _list(ALICE, 1 ether, BOB, 1 ether);
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        for (uint256 k; k < 8; ++k) {
            ICustody.PayoutBatch memory c = abi.decode(abi.encode(b), (ICustody.PayoutBatch));
            bytes32[] memory other = _list(ALICE, 1 ether, BOB, 1 ether);
            if (k == 0) c.batchId = "b2";
            else if (k == 1) c.submitter = SUBMITTER;
            else if (k == 2) c.maxTotal += 1;
            else if (k == 3) c.manifestHash = "other";
            else if (k == 4) c.validAfter += 1;
            else if (k == 5) c.deadline += 1;
            else if (k == 6) other[1] = _word(BOB, 1 ether + 1);
            else other = _list(ALICE, 1 ether);
            vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
            vm.prank(SUBMITTER);
            custody.executeBatchPayouts(c, other, signer, signature);
        }
        vm.prank(SUBMITTER);
        custody.executeBatchPayouts(b, payouts, signer, signature);
    }

    function test_the_signature_is_bound_to_chain_and_contract() public {
        ICustody.PayoutBatch memory b = _batch("b1", 1 ether);
        bytes32[] memory payouts = _list(ALICE, 1 ether);
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        vm.chainId(block.chainid + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        vm.prank(SUBMITTER);
        custody.executeBatchPayouts(b, payouts, signer, signature);
        vm.chainId(block.chainid - 1);
        _redeploy(_config());
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        vm.prank(SUBMITTER);
        custody.executeBatchPayouts(b, payouts, signer, signature);
    }

    // ------------------------------------------------------------------ bounds

    function test_what_may_be_paid_is_bounded_by_what_was_signed() public {
        _expectBatchRevert(
            _batch("b1", 3 ether - 1),
            _list(ALICE, 1 ether, BOB, 2 ether),
            abi.encodeWithSelector(ICustody.OverMaxTotal.selector, 3 ether, 3 ether - 1)
        );
        _execute(_batch("b1", 3 ether), _list(ALICE, 1 ether, BOB, 2 ether));
    }

    function test_credited_amounts_count_against_what_was_signed() public {
        _freeze(ALICE, START + MAX_FREEZE);
        _expectBatchRevert(
            _batch("b1", 3 ether - 1),
            _list(ALICE, 1 ether, BOB, 2 ether),
            abi.encodeWithSelector(ICustody.OverMaxTotal.selector, 3 ether, 3 ether - 1)
        );
    }

    function test_escrow_and_credits_are_never_spent() public {
        _give(ALICE, 100 ether);
        (uint256 funds,) = custody.available();
        assertEq(funds, FUNDS - 100 ether, "available");
        _expectBatchRevert(
            _batch("b1", funds + 1),
            _list(BOB, 1),
            abi.encodeWithSelector(ICustody.InsufficientFunds.selector, funds + 1, funds)
        );
        _execute(_batch("b1", funds), _list(BOB, funds));
        assertEq(address(custody).balance, 2 * PRICE + 100 ether, "escrow and credit stay");
        _expectBatchRevert(
            _batch("b2", 1), _list(ALICE, 101 ether), abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 1, 0)
        );
    }

    function _expectRevertFrom(
        address from,
        ICustody.PayoutBatch memory b,
        bytes32[] memory payouts,
        bytes memory error_
    ) private {
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        vm.expectRevert(error_);
        vm.prank(from);
        custody.executeBatchPayouts(b, payouts, signer, signature);
    }
}
