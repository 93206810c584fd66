// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyTest} from "../CustodyTest.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {Reenterer, Refuser} from "../Wallets.sol";

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
        _freeze(ALICE, START + 2 days);
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

    /// @dev The recipient gets all the gas and tries every state-changing function while the refund is being sent.
    function test_nothing_can_be_entered_again_while_the_money_leaves() public {
        Reenterer user = new Reenterer();
        ICustody.Intake memory i = _intake(address(user), "r2");
        bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
        vm.deal(address(this), 100 * PRICE);
        user.call{value: PRICE}(address(custody), PRICE, abi.encodeCall(custody.register, (i, signer, signature)));
        _register(_intake(BOB, "r3"));
        vm.deal(address(user), 10 * PRICE);
        vm.warp(START + 1 days);

        bytes[23] memory calls = _everyStateChangingCall(user);
        for (uint256 k; k < calls.length; ++k) {
            uint256 value = k == 1 || k == 2 ? PRICE : k == 3 ? 1 gwei : 0;
            user.arm(address(custody), calls[k], value);
            bytes32 ref = bytes32(1000 + k);
            _retopupAs(user, ref);
            user.call(address(custody), 0, abi.encodeCall(custody.refund, (ref, address(user))));
            assertTrue(user.entered() && !user.succeeded(), "the second entry failed");
            assertEq(
                bytes4(user.result()),
                ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector,
                "because of the guard"
            );
        }
        assertEq(address(custody).balance, 3 * PRICE, "balance: three deposits");
        assertEq(_escrowed(), 3 * PRICE, "escrow: three deposits");
    }

    /// @dev Their arguments hardly matter: the guard comes first. A registration and a retopup are at places 1 and 2, `fund`
    /// at 3.
    function _everyStateChangingCall(Reenterer user) private view returns (bytes[23] memory) {
        ICustody.Intake memory again = _intake(address(user), "t2");
        ICustody.PayoutBatch memory batch;
        ICustody.LiabilitiesRoot memory root;
        ICustody.Withdrawal memory withdrawal;
        bytes memory retopup = abi.encodeCall(custody.retopup, (again, signer, _sign(SIGNER_KEY, "Retopup", again)));
        return [
            abi.encodeCall(custody.refund, ("r2", address(user))),
            retopup,
            abi.encodeCall(custody.register, (again, signer, _sign(SIGNER_KEY, "Registration", again))),
            abi.encodeCall(custody.fund, ()),
            abi.encodeCall(custody.sweepMatured, (100)),
            abi.encodeCall(custody.freeze, (BOB, START + 2 days, bytes32(0))),
            abi.encodeCall(custody.unfreeze, (BOB)),
            abi.encodeCall(custody.revokeSigner, (signer)),
            abi.encodeCall(custody.lowerOutflowCap, (1)),
            abi.encodeCall(custody.pause, ()),
            abi.encodeCall(custody.unpause, ()),
            abi.encodeCall(custody.revokeRole, (FREEZER_ROLE, FREEZER)),
            abi.encodeCall(custody.renounceRole, (FREEZER_ROLE, address(user))),
            abi.encodeCall(custody.executeBatchPayouts, (batch, new bytes32[](0), signer, "")),
            abi.encodeCall(custody.cancelBatch, ("b1")),
            abi.encodeCall(custody.publishRoot, (root, signer, "")),
            abi.encodeCall(custody.vetoRoot, ("root")),
            abi.encodeCall(custody.claim, (BOB, 1, "root", new ICustody.SumNode[](0))),
            abi.encodeCall(custody.withdrawCredit, (BOB)),
            abi.encodeCall(custody.withdrawCreditFor, (withdrawal, "")),
            abi.encodeCall(custody.schedule, (ICustody.Operation.Treasury, 0, 1)),
            abi.encodeCall(custody.execute, (ICustody.Operation.Treasury, 0, 1)),
            abi.encodeCall(custody.cancel, (ICustody.Operation.Treasury, 0, 1))
        ];
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

    function _retopupAs(Reenterer user, bytes32 ref) private {
        ICustody.Intake memory i = _intake(address(user), ref);
        bytes memory call = abi.encodeCall(custody.retopup, (i, signer, _sign(SIGNER_KEY, "Retopup", i)));
        user.call{value: PRICE}(address(custody), PRICE, call);
    }

    function _expectRefundRevert(address from, bytes32 ref, address to, bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(from);
        custody.refund(ref, to);
    }
}
