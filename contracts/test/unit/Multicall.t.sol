// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SignedOrders} from "../SignedOrders.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {Reenterer} from "../Wallets.sol";

/// @notice Several calls in one. Register and retopup in one, in the token form: `TokenEntry.t.sol`.
contract MulticallTest is SignedOrders {
    address private user;

    function setUp() public override {
        super.setUp();
        _fund(100 ether);
        user = vm.addr(USER_KEY);
        _registered(user);
        _registered(BOB);
    }

    function test_each_call_is_the_senders_own_and_an_entry_of_its_own() public {
        _retopup(_intake(user, "t1"));
        _retopup(_intake(user, "t2"));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(custody.refund, ("t1", ALICE));
        calls[1] = abi.encodeCall(custody.refund, ("t2", STRANGER));
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _send(user, calls);
        _assertJournal(before, 2);
        assertEq(ALICE.balance, PRICE, "the first");
        assertEq(STRANGER.balance, PRICE, "the second");
        // Of somebody else they are somebody else's.
        _retopup(_intake(user, "t3"));
        calls[0] = abi.encodeCall(custody.refund, ("t3", BOB));
        _expectSendRevert(BOB, calls, abi.encodeWithSelector(ICustody.WrongUser.selector, user, BOB));
    }

    function test_a_relayer_sends_orders_of_several_users_at_once() public {
        _credited(BOB, 2 ether);
        SumTreeBuilder.Leaf[] memory leaves = new SumTreeBuilder.Leaf[](2);
        leaves[0] = SumTreeBuilder.Leaf(BOB, 7 ether);
        leaves[1] = SumTreeBuilder.Leaf(user, 9 ether);
        _publish(_rootOf(leaves));
        vm.warp(_now() + 1 days);
        (bytes32 root,, ICustody.SumNode[] memory proofOfBob) = SumTreeBuilder.build(leaves, 0);
        (,, ICustody.SumNode[] memory proof) = SumTreeBuilder.build(leaves, 1);
        ICustody.Claim memory claim = ICustody.Claim(user, ALICE, root, 9 ether, _now());
        ICustody.Refund memory refund = ICustody.Refund(keccak256(abi.encode("registration of", user)), ALICE, _now());
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(custody.claimFor, (claim, proof, _signedClaim(USER_KEY, claim)));
        calls[1] = abi.encodeCall(custody.refundFor, (refund, _signedRefund(USER_KEY, refund)));
        calls[2] = abi.encodeCall(custody.claim, (BOB, 7 ether, root, proofOfBob));
        _send(STRANGER, calls);
        assertEq(ALICE.balance, 9 ether + PRICE, "claim and refund");
        assertEq(BOB.balance, 5 ether, "claim of another user");
    }

    function test_the_first_failure_fails_all_with_its_error() public {
        _retopup(_intake(user, "t1"));
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(custody.refund, ("t1", user));
        calls[1] = abi.encodeCall(custody.refund, ("t1", user));
        calls[2] = abi.encodeCall(custody.refund, ("unknown", user));
        JournalReplay.Head memory before = _head();
        _expectSendRevert(user, calls, abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("t1")));
        assertEq(_head().root, before.root, "no entry");
        assertEq(user.balance, 0, "nothing was paid");
        (,,, bool refunded) = custody.deposit("t1");
        assertTrue(!refunded, "the first call did not happen either");
    }

    function test_a_call_of_no_function_fails_all() public {
        bytes[] memory calls = new bytes[](1);
        calls[0] = hex"00000000";
        _expectSendRevert(user, calls, abi.encodeWithSignature("FailedCall()"));
        calls[0] = "";
        _expectSendRevert(user, calls, abi.encodeWithSignature("FailedCall()"));
    }

    function test_none_is_no_call() public {
        bytes memory error_ = abi.encodeWithSelector(ICustody.BadBatchSize.selector, 0, type(uint256).max);
        _expectSendRevert(user, new bytes[](0), error_);
    }

    function test_it_carries_no_value() public {
        ICustody.Intake memory i = _intake(user, "t1");
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(custody.retopup, (i, signer, _sign(SIGNER_KEY, "Retopup", i)));
        i.ref = "t2";
        calls[1] = abi.encodeCall(custody.retopup, (i, signer, _sign(SIGNER_KEY, "Retopup", i)));
        vm.deal(user, 2 * PRICE);
        vm.prank(user);
        (bool ok,) = address(custody).call{value: PRICE}(abi.encodeCall(custody.multicall, (calls)));
        assertTrue(!ok, "value is refused");
        // And what needs value finds none.
        _expectSendRevert(user, calls, abi.encodeWithSelector(ICustody.WrongValue.selector, PRICE, 0));
        calls[0] = abi.encodeCall(custody.fund, ());
        _expectSendRevert(user, calls, abi.encodeWithSelector(ICustody.NotWholeGwei.selector, 0));
        assertEq(_escrowed(), 2 * PRICE, "escrow as before");
    }

    function test_it_gives_no_role() public {
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(custody.pause, ());
        _expectSendRevert(STRANGER, calls, _unauthorized(STRANGER, ADMIN_ROLE));
        calls[0] = abi.encodeCall(custody.freeze, (BOB, _now() + 1, bytes32(0)));
        _expectSendRevert(ADMIN, calls, _unauthorized(ADMIN, FREEZER_ROLE));
        // Of a holder, it does what the role may do.
        bytes[] memory more = new bytes[](2);
        more[0] = abi.encodeCall(custody.pause, ());
        more[1] = abi.encodeCall(custody.lowerOutflowCap, (1_000 ether));
        _send(GUARDIAN, more);
        assertTrue(custody.paused(), "paused");
        assertEq(custody.config().outflowCap, 1_000 ether, "lowered");
    }

    function test_calls_may_be_multicalls() public {
        _retopup(_intake(user, "t1"));
        bytes[] memory inner = new bytes[](1);
        inner[0] = abi.encodeCall(custody.refund, ("t1", ALICE));
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(custody.multicall, (inner));
        _send(user, calls);
        assertEq(ALICE.balance, PRICE, "received");
    }

    function test_a_recipient_enters_nothing_by_it() public {
        Reenterer thief = new Reenterer();
        address who = address(thief);
        _registered(who);
        _retopup(_intake(who, "t1"));
        _retopup(_intake(who, "t2"));
        bytes[] memory again = new bytes[](1);
        again[0] = abi.encodeCall(custody.refund, ("t2", who));
        thief.arm(address(custody), abi.encodeCall(custody.multicall, (again)), 0);
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(custody.refund, ("t1", who));
        _send(who, calls);
        assertTrue(thief.entered() && !thief.succeeded(), "the second entry failed");
        assertEq(bytes4(thief.result()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "by the guard");
        assertEq(who.balance, PRICE, "refunded once");
    }

    // ------------------------------------------------------------------ tools

    function _send(address sender, bytes[] memory calls) private {
        vm.prank(sender);
        custody.multicall(calls);
    }

    function _expectSendRevert(address sender, bytes[] memory calls, bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(sender);
        custody.multicall(calls);
    }
}
