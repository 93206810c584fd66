// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Vm} from "../Vm.sol";

/// @notice Who may execute which batch, and what it does to the books. Recipients that misbehave: `Recipients.t.sol`.
contract BatchTest is SettlementTest {
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

    using JournalReplay for JournalReplay.Head;

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
}
