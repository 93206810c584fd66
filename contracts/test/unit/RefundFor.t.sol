// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SignedOrders} from "../SignedOrders.sol";
import {Refuser, SigningWallet} from "../Wallets.sol";

/// @notice A refund by the depositor's signature, which somebody else sends.
contract RefundForTest is SignedOrders {
    uint256 private constant UNTIL = START + 14 days;
    address private user;

    function setUp() public override {
        super.setUp();
        user = vm.addr(USER_KEY);
        _register(_intake(user, "r1"));
    }

    function test_anybody_submits_what_the_depositor_signed_and_it_is_one_entry() public {
        ICustody.Refund memory order = _order();
        bytes memory signature = _signedRefund(USER_KEY, order);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _refundBy(signature, order);
        _assertJournal(before, 1);
        assertEq(BOB.balance, PRICE, "received by whom the depositor named");
        assertEq(STRANGER.balance, 0, "the sender has nothing of it");
        assertEq(_escrowed(), 0, "escrowed");
        (address depositor,,, bool refunded) = custody.deposit("r1");
        assertEq(depositor, user, "depositor stays");
        assertTrue(refunded, "refunded");
    }

    function test_a_contract_signs_by_its_own_rules() public {
        address wallet = address(new SigningWallet(user));
        _register(_intake(wallet, "w1"));
        ICustody.Refund memory order = ICustody.Refund("w1", BOB, _now());
        bytes memory invalid = abi.encodeWithSelector(ICustody.InvalidSignature.selector);
        _expectRefundForRevert(order, _signedRefund(0xBAD, order), invalid);
        // Of one owner, two depositors: a signature for the one is nothing to the other.
        address other = address(new SigningWallet(user));
        _register(_intake(other, "w2"));
        bytes memory signature = _signedRefund(USER_KEY, order);
        order.ref = "w2";
        _expectRefundForRevert(order, signature, invalid);
        order.ref = "w1";
        _refundBy(signature, order);
        assertEq(BOB.balance, PRICE, "received");
    }

    function test_only_the_depositors_signature_over_every_field_counts() public {
        bytes memory invalid = abi.encodeWithSelector(ICustody.InvalidSignature.selector);
        ICustody.Refund memory order = _order();
        uint256[3] memory others = [SIGNER_KEY, ROOT_SIGNER_KEY, 0xBAD];
        for (uint256 k; k < 3; ++k) {
            _expectRefundForRevert(order, _signedRefund(others[k], order), invalid);
        }
        bytes memory signature = _signedRefund(USER_KEY, order);
        order.to = STRANGER;
        _expectRefundForRevert(order, signature, invalid);
        order = _order();
        order.deadline += 1;
        _expectRefundForRevert(order, signature, invalid);
        order = _order();
        order.ref = "t1";
        _retopup(_intake(user, "t1"));
        _expectRefundForRevert(order, signature, invalid);
        // Each contract has its own domain.
        _redeploy(_config());
        _register(_intake(user, "r1"));
        _expectRefundForRevert(_order(), signature, invalid);
    }

    function test_through_the_second_of_its_deadline_however_far_that_is() public {
        ICustody.Refund memory order = _order();
        order.deadline = START + 100;
        bytes memory signature = _signedRefund(USER_KEY, order);
        vm.warp(START + 101);
        _expectRefundForRevert(order, signature, abi.encodeWithSelector(ICustody.Expired.selector, START + 100));
        vm.warp(START + 100);
        uint256 state = vm.snapshotState();
        _refundBy(signature, order);
        assertTrue(vm.revertToState(state), "back");
        order.deadline = START + 3650 days;
        _refundBy(_signedRefund(USER_KEY, order), order);
    }

    function test_in_the_window_of_the_deposit_only() public {
        ICustody.Refund memory order = _order();
        order.deadline = START + 3650 days;
        bytes memory signature = _signedRefund(USER_KEY, order);
        vm.warp(UNTIL + 1);
        _expectRefundForRevert(order, signature, abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("r1")));
        vm.warp(UNTIL);
        _refundBy(signature, order);
        assertEq(BOB.balance, PRICE, "in the last second");
    }

    function test_a_signature_refunds_once_and_not_beside_a_refund_by_the_depositor() public {
        ICustody.Refund memory order = _order();
        bytes memory signature = _signedRefund(USER_KEY, order);
        bytes memory over = abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("r1"));
        uint256 state = vm.snapshotState();
        _refundBy(signature, order);
        _expectRefundForRevert(order, signature, over);
        assertTrue(vm.revertToState(state), "back");
        _refund(user, "r1");
        _expectRefundForRevert(order, signature, over);
    }

    function test_neither_pause_nor_freeze_blocks_it() public {
        _freeze(user, START + MAX_FREEZE);
        vm.prank(GUARDIAN);
        custody.pause();
        ICustody.Refund memory order = _order();
        _refundBy(_signedRefund(USER_KEY, order), order);
        assertEq(BOB.balance, PRICE, "received");
    }

    function test_a_refusing_recipient_leaves_deposit_and_signature() public {
        ICustody.Refund memory order = _order();
        order.to = address(new Refuser());
        bytes memory signature = _signedRefund(USER_KEY, order);
        _expectRefundForRevert(
            order, signature, abi.encodeWithSelector(ICustody.TransferFailed.selector, order.to, PRICE)
        );
        vm.etch(order.to, "");
        _refundBy(signature, order);
        assertEq(order.to.balance, PRICE, "received");
    }

    function test_checks_run_in_the_documented_order() public {
        vm.warp(UNTIL + 1);
        ICustody.Refund memory order = ICustody.Refund("unknown", address(0), UNTIL);
        bytes memory none;
        _expectRefundForRevert(order, none, abi.encodeWithSelector(ICustody.Expired.selector, UNTIL));
        order.deadline = _now();
        _expectRefundForRevert(order, none, abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("unknown")));
        order.ref = "r1";
        _expectRefundForRevert(order, none, abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        _expectRefundForRevert(
            order, _signedRefund(USER_KEY, order), abi.encodeWithSelector(ICustody.ZeroAddress.selector)
        );
        order.to = address(new Refuser());
        bytes memory signature = _signedRefund(USER_KEY, order);
        _expectRefundForRevert(order, signature, abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("r1")));
        vm.warp(UNTIL);
        order.deadline = _now();
        signature = _signedRefund(USER_KEY, order);
        _expectRefundForRevert(
            order, signature, abi.encodeWithSelector(ICustody.TransferFailed.selector, order.to, PRICE)
        );
    }

    function _order() private pure returns (ICustody.Refund memory) {
        return ICustody.Refund({ref: "r1", to: BOB, deadline: UNTIL});
    }
}
