// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Reenterer} from "../Wallets.sol";

contract MulticallTest is SettlementTest {
    function setUp() public override {
        super.setUp();
        _register(_intake(ALICE, "r1"));
        _retopup(_intake(ALICE, "t1"));
        _retopup(_intake(ALICE, "t2"));
    }

    function test_several_refunds_in_one_transaction_are_an_entry_each() public {
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(ALICE);
        custody.multicall(_refunds("r1", "t1", "t2"));
        _assertJournal(before, 3);
        assertEq(BOB.balance, 3 * PRICE, "received");
        assertEq(_escrowed(), 0, "escrow");
    }

    function test_one_that_fails_fails_all_with_its_error() public {
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("r1")));
        vm.prank(ALICE);
        custody.multicall(_refunds("r1", "t1", "r1"));
        assertEq(BOB.balance, 0, "nothing");
        assertEq(_escrowed(), 3 * PRICE, "escrow");
    }

    function test_each_call_is_the_senders() public {
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongUser.selector, ALICE, STRANGER));
        vm.prank(STRANGER);
        custody.multicall(_refunds("r1", "t1", "t2"));
    }

    function test_none_changes_nothing_and_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadBatchSize.selector, 0, type(uint256).max));
        custody.multicall(new bytes[](0));
    }

    /// @dev It takes no value, so a payable call in it has none, however often it is repeated.
    function test_no_value_is_counted_in_it() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(custody.fund, ());
        calls[1] = calls[0];
        vm.deal(ALICE, 1 ether);
        vm.prank(ALICE);
        (bool ok,) = address(custody).call{value: 1 ether}(abi.encodeCall(custody.multicall, (calls)));
        assertTrue(!ok, "not payable");
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotWholeGwei.selector, 0));
        vm.prank(ALICE);
        custody.multicall(calls);
    }

    function test_nothing_can_be_entered_through_it_while_money_leaves() public {
        Reenterer thief = new Reenterer();
        _register(_intake(address(thief), "r2"));
        bytes[] memory again = new bytes[](1);
        again[0] = abi.encodeCall(custody.refund, ("r2", address(thief)));
        thief.arm(address(custody), abi.encodeCall(custody.multicall, (again)), 0);
        thief.call(address(custody), 0, again[0]);
        assertTrue(thief.entered() && !thief.succeeded(), "the second entry failed");
        assertEq(bytes4(thief.result()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "by the guard");
        assertEq(address(thief).balance, PRICE, "refunded once");
    }

    function _refunds(bytes32 a, bytes32 b, bytes32 c) private view returns (bytes[] memory calls) {
        calls = new bytes[](3);
        calls[0] = abi.encodeCall(custody.refund, (a, BOB));
        calls[1] = abi.encodeCall(custody.refund, (b, BOB));
        calls[2] = abi.encodeCall(custody.refund, (c, BOB));
    }
}
