// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {Refuser} from "../Wallets.sol";

/// @notice The order of checks that each function documents: everything is wrong at first, and each step mends what the error named.
/// That of intake: `Intake.t.sol`.
contract PrecedenceTest is SettlementTest {
    function setUp() public override {
        super.setUp();
        _fund(100 ether);
        _registered(ALICE);
        _registered(BOB);
    }

    function test_a_refund_names_the_first_broken_rule() public {
        _retopup(_intake(ALICE, "t1"));
        address refuser = address(new Refuser());
        vm.warp(START + 14 days + 1);
        _refundFails(
            BOB, "unknown", address(0), abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("unknown"))
        );
        _refundFails(BOB, "t1", address(0), abi.encodeWithSelector(ICustody.WrongUser.selector, ALICE, BOB));
        _refundFails(ALICE, "t1", address(0), abi.encodeWithSelector(ICustody.ZeroAddress.selector));
        _refundFails(ALICE, "t1", refuser, abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("t1")));
        vm.warp(START + 14 days);
        _refundFails(ALICE, "t1", refuser, abi.encodeWithSelector(ICustody.TransferFailed.selector, refuser, PRICE));
    }

    function test_a_batch_names_the_first_broken_rule() public {
        vm.prank(GUARDIAN);
        custody.cancelBatch("b1");
        vm.prank(GUARDIAN);
        custody.pause();
        ICustody.PayoutBatch memory b = _batch("b1", 101 ether);
        (b.submitter, b.validAfter, b.deadline) = (STRANGER, START + 2 hours, START - 1);
        bytes32[] memory payouts = new bytes32[](0);
        _batchFails(STRANGER, b, payouts, STRANGER, _unauthorized(STRANGER, SUBMITTER_ROLE));
        _batchFails(SUBMITTER, b, payouts, STRANGER, abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        vm.prank(ADMIN);
        custody.unpause();
        bytes memory error_ = abi.encodeWithSelector(ICustody.WrongSubmitter.selector, STRANGER, SUBMITTER);
        _batchFails(SUBMITTER, b, payouts, STRANGER, error_);
        b.submitter = address(0);
        error_ = abi.encodeWithSelector(ICustody.NotYetValid.selector, START + 2 hours);
        _batchFails(SUBMITTER, b, payouts, STRANGER, error_);
        b.validAfter = 0;
        _batchFails(SUBMITTER, b, payouts, STRANGER, abi.encodeWithSelector(ICustody.Expired.selector, START - 1));
        b.deadline = START + 2 hours;
        error_ = abi.encodeWithSelector(ICustody.LifetimeTooLong.selector, START + 2 hours);
        _batchFails(SUBMITTER, b, payouts, STRANGER, error_);
        b.deadline = START;
        error_ = abi.encodeWithSelector(ICustody.BadBatchSize.selector, 0, 300);
        _batchFails(SUBMITTER, b, payouts, STRANGER, error_);
        // The second entry is not above the first, and of nobody who is registered.
        payouts = _list(STRANGER, 1 ether, address(1), 1 ether);
        error_ = abi.encodeWithSelector(ICustody.BatchAlreadyExecuted.selector, bytes32("b1"));
        _batchFails(SUBMITTER, b, payouts, STRANGER, error_);
        b.batchId = "b2";
        error_ = abi.encodeWithSelector(ICustody.InvalidSigner.selector, STRANGER);
        _batchFails(SUBMITTER, b, payouts, STRANGER, error_);
        _batchFails(SUBMITTER, b, payouts, signer, abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        error_ = abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 101 ether, 100 ether);
        _expectBatchRevert(b, payouts, error_);
        b.maxTotal = 1;
        // Per entry: the first is not registered, so the order of the second is not reached.
        error_ = abi.encodeWithSelector(ICustody.NotRegistered.selector, STRANGER);
        _expectBatchRevert(b, payouts, error_);
        payouts = _list(BOB, 1 ether, ALICE, 1 ether);
        error_ = abi.encodeWithSelector(ICustody.BadEntry.selector, 1, _word(ALICE, 1 ether));
        _expectBatchRevert(b, payouts, error_);
        vm.prank(GUARDIAN);
        custody.lowerOutflowCap(1_000 ether);
        vm.deal(address(custody), 10_000 ether);
        payouts = _list(ALICE, 400 ether, BOB, 1 ether);
        error_ = abi.encodeWithSelector(ICustody.OverMaxTotal.selector, 401 ether, 1);
        _expectBatchRevert(b, payouts, error_);
        b.maxTotal = 401 ether;
        error_ = abi.encodeWithSelector(ICustody.OutflowCapReached.selector, 401 ether, 375 ether);
        _expectBatchRevert(b, payouts, error_);
    }

    function test_a_publication_names_the_first_broken_rule() public {
        address rootSigner = vm.addr(ROOT_SIGNER_KEY);
        _publish(_rootOf("r1", 2 ether));
        vm.prank(GUARDIAN);
        custody.pause();
        ICustody.LiabilitiesRoot memory r = _rootOf("r1", 1 ether);
        (r.validAfter, r.deadline) = (START + 2 hours, START - 1);
        _publicationFails(STRANGER, r, STRANGER, _unauthorized(STRANGER, SUBMITTER_ROLE));
        _publicationFails(SUBMITTER, r, STRANGER, abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        vm.prank(ADMIN);
        custody.unpause();
        _publicationFails(
            SUBMITTER, r, STRANGER, abi.encodeWithSelector(ICustody.NotYetValid.selector, START + 2 hours)
        );
        r.validAfter = 0;
        _publicationFails(SUBMITTER, r, STRANGER, abi.encodeWithSelector(ICustody.Expired.selector, START - 1));
        r.deadline = START + 2 hours;
        _publicationFails(SUBMITTER, r, STRANGER, abi.encodeWithSelector(ICustody.LifetimeTooLong.selector, r.deadline));
        r.deadline = START + 1 hours;
        bytes memory error_ = abi.encodeWithSelector(ICustody.RootVetoedOrKnown.selector, bytes32("r1"));
        _publicationFails(SUBMITTER, r, STRANGER, error_);
        r.root = "r2";
        error_ = abi.encodeWithSelector(ICustody.RootPending.selector, START + 1 days);
        _publicationFails(SUBMITTER, r, STRANGER, error_);
        vm.warp(START + 1 days);
        r.deadline = _now();
        _publicationFails(SUBMITTER, r, STRANGER, abi.encodeWithSelector(ICustody.InvalidSigner.selector, STRANGER));
        _publicationFails(SUBMITTER, r, rootSigner, abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        _expectPublishRevert(r, abi.encodeWithSelector(ICustody.RootNotMonotone.selector));
        // More than is free, and beyond the present entry.
        (r.total, r.asOfSeq) = (101 ether, _head().seq + 1);
        _expectPublishRevert(r, abi.encodeWithSelector(ICustody.RootNotMonotone.selector));
        r.asOfSeq -= 1;
        _expectPublishRevert(r, abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 101 ether, 100 ether));
    }

    function test_a_claim_names_the_first_broken_rule() public {
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (2, 2);
        _redeploy(c);
        _fund(5 ether);
        Refuser user = new Refuser();
        bytes32 root = _single(address(user), 5 ether);
        _publish(_rootOf(root, 5 ether));
        bytes memory error_ = abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, root);
        _expectClaimRevert(address(user), 6 ether, root, error_);
        vm.warp(START + 1 days);
        _expectClaimRevert(address(user), 6 ether, root, abi.encodeWithSelector(ICustody.InvalidProof.selector));
        error_ = abi.encodeWithSelector(ICustody.NotRegistered.selector, address(user));
        _expectClaimRevert(address(user), 5 ether, root, error_);
        _registered(address(user));
        // Paid up to 1 of 5, by crediting; frozen; nothing free; and a bucket that holds one unit.
        _freeze(address(user), _now() + 1 hours);
        _execute(_batch("b1", 0), _list(address(user), 0));
        vm.deal(address(custody), PRICE);
        error_ = abi.encodeWithSelector(ICustody.UserIsFrozen.selector, address(user), _now() + 1 hours);
        _expectClaimRevert(address(user), 5 ether, root, error_);
        vm.warp(_now() + 1 hours);
        error_ = abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 5 ether, 0);
        _expectClaimRevert(address(user), 5 ether, root, error_);
        vm.deal(address(custody), PRICE + 5 ether);
        error_ = abi.encodeWithSelector(ICustody.TransferFailed.selector, address(user), 1);
        _expectClaimRevert(address(user), 5 ether, root, error_);
    }

    function test_settling_leaves_names_the_first_broken_rule() public {
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (4, 2);
        _redeploy(c);
        _fund(5 ether);
        // Not in order, and of nobody who is registered.
        bytes32[] memory leaves = _list(BOB, 2 ether, ALICE, 3 ether);
        ICustody.SumNode memory top = SumTreeBuilder.nodeOf(leaves);
        _publish(_rootOf(top.hash, top.sum));
        bytes memory error_ = abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, top.hash);
        _leavesFail(top.hash, new bytes32[](0), error_);
        vm.warp(START + 1 days);
        _leavesFail(top.hash, new bytes32[](0), abi.encodeWithSelector(ICustody.BadBatchSize.selector, 0, 300));
        _leavesFail(top.hash, _list(ALICE, 1), abi.encodeWithSelector(ICustody.InvalidProof.selector));
        _leavesFail(top.hash, leaves, abi.encodeWithSelector(ICustody.NotRegistered.selector, BOB));
        _registered(BOB);
        error_ = abi.encodeWithSelector(ICustody.BadEntry.selector, 1, _word(ALICE, 3 ether));
        _leavesFail(top.hash, leaves, error_);

        leaves = _list(ALICE, 2 ether, BOB, 3 ether);
        top = SumTreeBuilder.nodeOf(leaves);
        _publish(_rootOf(top.hash, top.sum));
        vm.warp(_now() + 1 days);
        _registered(ALICE);
        vm.deal(address(custody), 2 * PRICE + 4 ether);
        error_ = abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 5 ether, 4 ether);
        _leavesFail(top.hash, leaves, error_);
        vm.deal(address(custody), 2 * PRICE + 5 ether);
        _leavesFail(top.hash, leaves, abi.encodeWithSelector(ICustody.OutflowCapReached.selector, 5 ether, 2));

        leaves = _list(ALICE, 0, BOB, 0);
        top = SumTreeBuilder.nodeOf(leaves);
        _redeploy(c);
        _publish(_rootOf(top.hash, 0));
        vm.warp(_now() + 1 days);
        _registered(ALICE);
        _registered(BOB);
        // Nothing free and nothing due: what is due comes first.
        _leavesFail(top.hash, leaves, abi.encodeWithSelector(ICustody.NothingDue.selector, ALICE));
    }

    function test_a_signed_withdrawal_names_the_first_broken_rule() public {
        uint256 key = 0xCAFE;
        address user = vm.addr(key);
        address refuser = address(new Refuser());
        _registered(user);
        ICustody.Withdrawal memory w = ICustody.Withdrawal(user, address(0), 7, 1, START - 1);
        _withdrawalFails(w, 1, abi.encodeWithSelector(ICustody.Expired.selector, START - 1));
        w.deadline = START + 365 days;
        _withdrawalFails(w, 1, abi.encodeWithSelector(ICustody.BadNonce.selector, 0, 1));
        w.nonce = 0;
        _withdrawalFails(w, 1, abi.encodeWithSelector(ICustody.ZeroAddress.selector));
        w.to = refuser;
        _withdrawalFails(w, 1, abi.encodeWithSelector(ICustody.NothingDue.selector, user));
        _freeze(user, START + MAX_FREEZE);
        // Who is frozen and has no credit learns of the credit first.
        _withdrawalFails(w, 1, abi.encodeWithSelector(ICustody.NothingDue.selector, user));
        _execute(_batch("b1", 5 ether), _list(user, 5 ether));
        _withdrawalFails(w, 1, abi.encodeWithSelector(ICustody.BadNonce.selector, 5 ether, 0));
        w.nonce = 5 ether;
        _withdrawalFails(w, 1, abi.encodeWithSelector(ICustody.UserIsFrozen.selector, user, START + MAX_FREEZE));
        vm.warp(START + MAX_FREEZE);
        _withdrawalFails(w, 1, abi.encodeWithSelector(ICustody.WrongValue.selector, 5 ether, 7));
        w.amount = 5 ether;
        _withdrawalFails(w, 1, abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        _withdrawalFails(w, key, abi.encodeWithSelector(ICustody.TransferFailed.selector, refuser, 5 ether));
        assertEq(custody.withdrawalNonce(user), 5 ether, "what was paid");
    }

    function test_an_operation_names_the_first_broken_rule() public {
        ICustody.Operation add = ICustody.Operation.AddSigner;
        bytes32 argument = _argument(signer);
        bytes32 id = _id(add, argument, 0);
        vm.expectRevert(_unauthorized(STRANGER, ADMIN_ROLE));
        vm.prank(STRANGER);
        custody.schedule(add, 0, 7);
        vm.startPrank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, 0, 7));
        custody.schedule(add, 0, 7);
        vm.expectRevert(abi.encodeWithSelector(ICustody.ZeroAddress.selector));
        custody.schedule(add, 0, 0);
        custody.schedule(add, argument, 0);
        vm.expectRevert(abi.encodeWithSelector(ICustody.AlreadyScheduled.selector, id));
        custody.schedule(add, argument, 0);
        vm.stopPrank();
        vm.expectRevert(_unauthorized(STRANGER, ADMIN_ROLE));
        vm.prank(STRANGER);
        custody.execute(add, "other", 0);
        vm.startPrank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, _id(add, "other", 0)));
        custody.execute(add, "other", 0);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, START + 3 days));
        custody.execute(add, argument, 0);
        vm.warp(START + 3 days);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSigner.selector, signer));
        custody.execute(add, argument, 0);
        assertEq(custody.operationEta(id), START + 3 days, "what failed stays pending");
        vm.warp(START + 17 days + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.Expired.selector, START + 17 days));
        custody.execute(add, argument, 0);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------ tools

    function _refundFails(address from, bytes32 ref, address to, bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(from);
        custody.refund(ref, to);
    }

    function _batchFails(
        address from,
        ICustody.PayoutBatch memory b,
        bytes32[] memory payouts,
        address by,
        bytes memory error_
    ) private {
        vm.expectRevert(error_);
        vm.prank(from);
        custody.executeBatchPayouts(b, payouts, by, new bytes(65));
    }

    function _publicationFails(address from, ICustody.LiabilitiesRoot memory r, address by, bytes memory error_)
        private
    {
        vm.expectRevert(error_);
        vm.prank(from);
        custody.publishRoot(r, by, new bytes(65));
    }

    function _leavesFail(bytes32 root, bytes32[] memory leaves, bytes memory error_) private {
        vm.expectRevert(error_);
        custody.settleLeaves(root, leaves, new ICustody.SumNode[](0));
    }

    function _withdrawalFails(ICustody.Withdrawal memory w, uint256 key, bytes memory error_) private {
        bytes memory signature = _signHash(key, keccak256(abi.encode(WITHDRAWAL_TYPEHASH, w)));
        vm.expectRevert(error_);
        custody.withdrawCreditFor(w, signature);
    }
}
