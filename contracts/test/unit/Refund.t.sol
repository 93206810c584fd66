// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyTest} from "../CustodyTest.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {Refuser} from "../Wallets.sol";

contract RefundTest is CustodyTest {
    uint256 private constant UNTIL = START + 14 days;

    function setUp() public override {
        super.setUp();
        _register(_intake(ALICE, "r1"));
    }

    function test_a_refund_returns_the_whole_amount_to_whom_the_user_names() public {
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(ALICE);
        custody.refund("r1", BOB);
        _assertJournal(before, 1);
        assertEq(BOB.balance, PRICE, "received");
        assertEq(address(custody).balance, 0, "balance");
        assertEq(_escrowed(), 0, "escrowed");
        assertEq(custody.bucket(UNTIL / 1 days), 0, "bucket");
        (address user, uint256 amount, uint256 until, bool refunded) = custody.deposit("r1");
        assertEq(user, ALICE, "user stays");
        assertEq(amount, PRICE, "amount stays");
        assertEq(until, UNTIL, "window stays");
        assertTrue(refunded, "refunded");
    }

    function test_it_is_possible_in_the_last_second_and_not_later() public {
        vm.warp(UNTIL + 1);
        _expectRefundRevert(ALICE, "r1", ALICE, abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("r1")));
        vm.warp(UNTIL);
        _refund(ALICE, "r1");
    }

    function test_only_once() public {
        _refund(ALICE, "r1");
        _expectRefundRevert(ALICE, "r1", ALICE, abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("r1")));
    }

    function test_an_unknown_reference_is_not_refundable() public {
        _expectRefundRevert(ALICE, "r2", ALICE, abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("r2")));
    }

    function test_an_unknown_reference_has_no_deposit() public view {
        (address user, uint256 amount, uint256 until, bool refunded) = custody.deposit("r2");
        assertEq(user, address(0), "user");
        assertEq(amount + until, 0, "amount and window");
        assertTrue(!refunded, "refunded");
    }

    function test_only_the_depositor() public {
        address[4] memory others = [BOB, ADMIN, GUARDIAN, signer];
        for (uint256 k; k < 4; ++k) {
            _expectRefundRevert(
                others[k], "r1", others[k], abi.encodeWithSelector(ICustody.WrongUser.selector, ALICE, others[k])
            );
        }
    }

    function test_not_to_nobody() public {
        _expectRefundRevert(ALICE, "r1", address(0), abi.encodeWithSelector(ICustody.ZeroAddress.selector));
    }

    function test_neither_pause_nor_freeze_blocks_it() public {
        _freeze(ALICE, START + MAX_FREEZE);
        vm.prank(GUARDIAN);
        custody.pause();
        _refund(ALICE, "r1");
        assertEq(ALICE.balance, PRICE, "received");
    }

    function test_a_refusing_recipient_fails_the_refund_and_leaves_the_deposit() public {
        address refuser = address(new Refuser());
        bytes memory error_ = abi.encodeWithSelector(ICustody.TransferFailed.selector, refuser, PRICE);
        _expectRefundRevert(ALICE, "r1", refuser, error_);
        // The contract itself takes no payments either.
        error_ = abi.encodeWithSelector(ICustody.TransferFailed.selector, address(custody), PRICE);
        _expectRefundRevert(ALICE, "r1", address(custody), error_);
        _refund(ALICE, "r1");
    }

    function test_every_deposit_has_its_own_window() public {
        vm.warp(START + 10 days);
        _retopup(_intake(ALICE, "t1"));
        vm.warp(UNTIL + 1);
        _expectRefundRevert(ALICE, "r1", ALICE, abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("r1")));
        _refund(ALICE, "t1");
        assertEq(_escrowed(), PRICE, "the first deposit stays in escrow");
    }

    function test_forced_ether_raises_the_balance_and_nothing_else() public {
        // As a self-destructing contract or a block reward would.
        vm.deal(address(custody), PRICE + 5 ether);
        assertEq(address(custody).balance, PRICE + 5 ether, "balance");
        assertEq(_escrowed(), PRICE, "escrowed");
        _refund(ALICE, "r1");
        assertEq(address(custody).balance, 5 ether, "rest");
        assertEq(_escrowed(), 0, "escrowed");
    }

    function _expectRefundRevert(address from, bytes32 ref, address to, bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(from);
        custody.refund(ref, to);
    }
}
