// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Vm} from "../Vm.sol";
import {Reenterer, Refuser, SigningWallet} from "../Wallets.sol";

contract OperationsTest is SettlementTest {
    using JournalReplay for JournalReplay.Head;

    uint256 private constant DELAY = 3 days;
    uint256 private constant KINDS = 11;
    address private constant NEW = address(0xBEEF);

    function setUp() public override {
        super.setUp();
        _fund(100 ether);
        _registered(ALICE);
        // So that there is an older root to retire.
        _mature(ALICE, 1 ether);
        _mature(ALICE, 2 ether);
    }

    // ------------------------------------------------------------------ the way of every operation

    function test_every_kind_is_scheduled_and_executed_in_the_second_its_delay_ends() public {
        for (uint8 k; k < KINDS; ++k) {
            (ICustody.Operation operation, bytes32 argument, uint256 value) = _sample(k);
            bytes32 id = _id(operation, argument, value);
            JournalReplay.Head memory before = _head();
            vm.recordLogs();
            _schedule(operation, argument, value);
            uint256 eta = _now() + DELAY;
            Vm.Log[] memory logs = vm.getRecordedLogs();
            assertEq(logs[0].topics[0], ICustody.OperationScheduled.selector, "scheduled");
            assertEq(logs[0].topics[1], id, "id");
            assertEq(
                keccak256(logs[0].data), keccak256(abi.encode(before.seq + 1, k, argument, value, eta)), "schedule"
            );
            before.take(address(custody), logs);
            assertEq(custody.operationEta(id), eta, "eta");
            vm.warp(eta - 1);
            _expectExecuteRevert(operation, argument, value, abi.encodeWithSelector(ICustody.TooEarly.selector, eta));
            vm.warp(eta);
            vm.recordLogs();
            _executeOperation(operation, argument, value);
            logs = vm.getRecordedLogs();
            assertEq(logs[0].topics[0], ICustody.OperationExecuted.selector, "executed");
            assertEq(logs[0].topics[1], id, "id");
            assertEq(keccak256(logs[0].data), keccak256(abi.encode(before.seq + 1, k, argument, value)), "execution");
            before.take(address(custody), logs);
            assertEq(before.root, _head().root, "one entry each");
            assertEq(custody.operationEta(id), 0, "done");
        }
    }

    function test_every_kind_is_cancelled_by_its_owner_and_by_the_guardian() public {
        for (uint8 k; k < KINDS; ++k) {
            (ICustody.Operation operation, bytes32 argument, uint256 value) = _sample(k);
            bytes32 id = _id(operation, argument, value);
            bool removal = operation == ICustody.Operation.RemoveGuardian;
            for (uint256 by; by < 2; ++by) {
                _schedule(operation, argument, value);
                JournalReplay.Head memory before = _head();
                vm.recordLogs();
                address canceller = by == 0 || removal ? _ownerOf(operation) : GUARDIAN;
                vm.prank(canceller);
                custody.cancel(operation, argument, value);
                _assertJournal(before, 1);
                assertEq(custody.operationEta(id), 0, "cancelled");
                vm.warp(_now() + DELAY);
                bytes memory error_ = abi.encodeWithSelector(ICustody.NotScheduled.selector, id);
                _expectExecuteRevert(operation, argument, value, error_);
                vm.expectRevert(error_);
                vm.prank(canceller);
                custody.cancel(operation, argument, value);
            }
        }
    }

    function test_a_guardian_cannot_cancel_its_own_removal_and_can_cancel_anothers() public {
        _operate(ICustody.Operation.AddGuardian, _argument(NEW), 0);
        _schedule(ICustody.Operation.RemoveGuardian, _argument(NEW), 0);
        vm.expectRevert(_unauthorized(NEW, ADMIN_ROLE));
        vm.prank(NEW);
        custody.cancel(ICustody.Operation.RemoveGuardian, _argument(NEW), 0);
        vm.prank(GUARDIAN);
        custody.cancel(ICustody.Operation.RemoveGuardian, _argument(NEW), 0);
    }

    function test_a_guardian_cancels_whatever_else_concerns_itself() public {
        _schedule(ICustody.Operation.AddFreezer, _argument(GUARDIAN), 0);
        vm.prank(GUARDIAN);
        custody.cancel(ICustody.Operation.AddFreezer, _argument(GUARDIAN), 0);
        assertEq(custody.operationEta(_id(ICustody.Operation.AddFreezer, _argument(GUARDIAN), 0)), 0, "cancelled");
    }

    function test_each_kind_belongs_to_one_role() public {
        for (uint8 k; k < KINDS; ++k) {
            (ICustody.Operation operation, bytes32 argument, uint256 value) = _sample(k);
            bool treasury = operation == ICustody.Operation.Treasury;
            address[5] memory others = [treasury ? ADMIN : TREASURER, GUARDIAN, FREEZER, SUBMITTER, STRANGER];
            bytes32 role = treasury ? TREASURER_ROLE : ADMIN_ROLE;
            _schedule(operation, argument, value);
            for (uint256 j; j < 5; ++j) {
                vm.startPrank(others[j]);
                vm.expectRevert(_unauthorized(others[j], role));
                custody.schedule(operation, argument, value);
                vm.expectRevert(
                    operation == ICustody.Operation.TransferAdmin
                        ? abi.encodeWithSelector(ICustody.WrongUser.selector, NEW, others[j])
                        : _unauthorized(others[j], role)
                );
                custody.execute(operation, argument, value);
                if (others[j] != GUARDIAN) {
                    vm.expectRevert(_unauthorized(others[j], role));
                    custody.cancel(operation, argument, value);
                }
                vm.stopPrank();
            }
        }
    }

    function test_the_same_operation_is_pending_once() public {
        _schedule(ICustody.Operation.AddSigner, _argument(NEW), 0);
        bytes32 id = _id(ICustody.Operation.AddSigner, _argument(NEW), 0);
        _expectScheduleRevert(
            ICustody.Operation.AddSigner,
            _argument(NEW),
            0,
            abi.encodeWithSelector(ICustody.AlreadyScheduled.selector, id)
        );
        _schedule(ICustody.Operation.AddRootSigner, _argument(NEW), 0);
        vm.warp(_now() + DELAY);
        _executeOperation(ICustody.Operation.AddSigner, _argument(NEW), 0);
        _expectExecuteRevert(
            ICustody.Operation.AddSigner, _argument(NEW), 0, abi.encodeWithSelector(ICustody.NotScheduled.selector, id)
        );
        _schedule(ICustody.Operation.AddSigner, _argument(NEW), 0);
    }

    function test_an_operation_has_one_form() public {
        for (uint8 k; k < KINDS; ++k) {
            (ICustody.Operation operation, bytes32 argument, uint256 value) = _sample(k);
            if (operation == ICustody.Operation.RaiseOutflowCap) {
                _expectScheduleRevert(
                    operation, bytes32(uint256(7)), value, abi.encodeWithSelector(ICustody.WrongValue.selector, 0, 7)
                );
                continue;
            }
            if (operation != ICustody.Operation.Treasury) {
                _expectScheduleRevert(
                    operation, argument, 7, abi.encodeWithSelector(ICustody.WrongValue.selector, 0, 7)
                );
            }
            if (operation == ICustody.Operation.RetireRoot) continue;
            _expectScheduleRevert(operation, bytes32(0), value, abi.encodeWithSelector(ICustody.ZeroAddress.selector));
            uint256 wide = uint256(argument) | 1 << 160;
            _expectScheduleRevert(
                operation,
                bytes32(wide),
                value,
                abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 160, wide)
            );
        }
    }

    // ------------------------------------------------------------------ treasury

    function test_the_treasury_pays_from_surplus_but_not_while_paused() public {
        uint256 surplus = 98 ether;
        (ICustody.Operation treasury, bytes32 to) = (ICustody.Operation.Treasury, _argument(NEW));
        _schedule(treasury, to, surplus);
        _schedule(treasury, to, surplus + 1);
        vm.prank(GUARDIAN);
        custody.pause();
        _schedule(treasury, to, 1);
        vm.warp(_now() + DELAY);
        _expectExecuteRevert(treasury, to, surplus, abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        vm.prank(ADMIN);
        custody.unpause();
        _expectExecuteRevert(
            treasury, to, surplus + 1, abi.encodeWithSelector(ICustody.InsufficientFunds.selector, surplus + 1, surplus)
        );
        _executeOperation(treasury, to, surplus);
        assertEq(NEW.balance, surplus, "received");
        assertEq(address(custody).balance, PRICE + 2 ether, "escrow and reserve stay");
        (uint256 pushed, uint256 claimed,,) = custody.totals();
        assertEq(pushed + claimed, 0, "no user was paid");
    }

    function test_a_refusing_treasury_stays_scheduled() public {
        address refuser = address(new Refuser());
        _schedule(ICustody.Operation.Treasury, _argument(refuser), 1 ether);
        vm.warp(_now() + DELAY);
        _expectExecuteRevert(
            ICustody.Operation.Treasury,
            _argument(refuser),
            1 ether,
            abi.encodeWithSelector(ICustody.TransferFailed.selector, refuser, 1 ether)
        );
        bytes32 id = _id(ICustody.Operation.Treasury, _argument(refuser), 1 ether);
        assertTrue(custody.operationEta(id) != 0, "scheduled");
    }

    function test_nothing_can_be_entered_while_the_treasury_is_paid() public {
        Reenterer to = new Reenterer();
        bytes memory again =
            abi.encodeCall(custody.execute, (ICustody.Operation.Treasury, _argument(address(to)), 1 ether));
        to.arm(address(custody), again, 0);
        _operate(ICustody.Operation.Treasury, _argument(address(to)), 1 ether);
        assertTrue(to.entered() && !to.succeeded(), "the second entry failed");
        assertEq(bytes4(to.result()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "by the guard");
    }

    // ------------------------------------------------------------------ signers and roles

    function test_an_added_signer_signs_batches_and_only_batches() public {
        address wallet = address(new SigningWallet(vm.addr(0xC0DE)));
        _operate(ICustody.Operation.AddSigner, _argument(wallet), 0);
        assertTrue(custody.isSigner(wallet) && !custody.isRootSigner(wallet), "a signer of batches");
        ICustody.PayoutBatch memory b = _batch("b1", 1 ether);
        bytes32[] memory payouts = _list(ALICE, 1 ether);
        bytes memory signature = _signBatch(0xC0DE, b, payouts);
        vm.prank(SUBMITTER);
        custody.executeBatchPayouts(b, payouts, wallet, signature);
        assertEq(ALICE.balance, 1 ether, "paid");
        // Old and new overlap until the old one is revoked.
        _execute(_batch("b2", 1 ether), _list(ALICE, 2 ether));
        vm.prank(GUARDIAN);
        custody.revokeSigner(signer);
        _expectBatchRevert(
            _batch("b3", 1 ether),
            _list(ALICE, 3 ether),
            abi.encodeWithSelector(ICustody.InvalidSigner.selector, signer)
        );
    }

    function test_an_added_root_signer_signs_roots_and_only_roots() public {
        address added = vm.addr(0xC0DE);
        _operate(ICustody.Operation.AddRootSigner, _argument(added), 0);
        assertTrue(custody.isRootSigner(added) && !custody.isSigner(added), "a signer of roots");
        ICustody.LiabilitiesRoot memory r = _rootOf("r3", 3 ether);
        bytes memory signature = _signRoot(0xC0DE, r);
        vm.prank(SUBMITTER);
        custody.publishRoot(r, added, signature);
    }

    function test_added_roles_work_and_a_removed_guardian_does_not() public {
        ICustody.Operation[4] memory kinds = [
            ICustody.Operation.AddSubmitter,
            ICustody.Operation.AddFreezer,
            ICustody.Operation.AddTreasurer,
            ICustody.Operation.AddGuardian
        ];
        bytes32[4] memory roles = [SUBMITTER_ROLE, FREEZER_ROLE, TREASURER_ROLE, GUARDIAN_ROLE];
        for (uint256 k; k < 4; ++k) {
            _operate(kinds[k], _argument(NEW), 0);
            assertTrue(custody.hasRole(roles[k], NEW), "granted");
        }
        _operate(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        assertTrue(!custody.hasRole(GUARDIAN_ROLE, GUARDIAN), "removed");
        assertTrue(custody.hasRole(GUARDIAN_ROLE, NEW), "the other stays");
        vm.expectRevert(_unauthorized(GUARDIAN, ADMIN_ROLE));
        vm.prank(GUARDIAN);
        custody.pause();
    }

    function test_what_would_change_nothing_is_refused_when_executed() public {
        bytes memory holds = abi.encodeWithSelector(ICustody.WrongUser.selector, address(0), SUBMITTER);
        _expectNoEffect(ICustody.Operation.AddSubmitter, SUBMITTER, holds);
        holds = abi.encodeWithSelector(ICustody.WrongUser.selector, address(0), ADMIN);
        _expectNoEffect(ICustody.Operation.TransferAdmin, ADMIN, holds);
        holds = abi.encodeWithSelector(ICustody.InvalidSigner.selector, signer);
        _expectNoEffect(ICustody.Operation.AddSigner, signer, holds);
        address rootSigner = vm.addr(ROOT_SIGNER_KEY);
        holds = abi.encodeWithSelector(ICustody.InvalidSigner.selector, rootSigner);
        _expectNoEffect(ICustody.Operation.AddRootSigner, rootSigner, holds);
        _expectNoEffect(ICustody.Operation.RemoveGuardian, NEW, _unauthorized(NEW, GUARDIAN_ROLE));
        assertTrue(custody.hasRole(ADMIN_ROLE, ADMIN), "the admin is still there");
    }

    function test_the_admin_hands_over_and_keeps_nothing() public {
        _schedule(ICustody.Operation.AddFreezer, _argument(NEW), 0);
        _operate(ICustody.Operation.TransferAdmin, _argument(NEW), 0);
        assertTrue(custody.hasRole(ADMIN_ROLE, NEW), "the new admin");
        assertTrue(!custody.hasRole(ADMIN_ROLE, ADMIN), "the old one");
        _expectExecuteRevert(ICustody.Operation.AddFreezer, _argument(NEW), 0, _unauthorized(ADMIN, ADMIN_ROLE));
        // What the old admin announced fell with its role, and can be announced anew.
        bytes32 id = _id(ICustody.Operation.AddFreezer, _argument(NEW), 0);
        assertEq(custody.operationEta(id), 0, "fell");
        vm.startPrank(NEW);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, id));
        custody.execute(ICustody.Operation.AddFreezer, _argument(NEW), 0);
        custody.schedule(ICustody.Operation.AddFreezer, _argument(NEW), 0);
        vm.warp(_now() + DELAY);
        custody.execute(ICustody.Operation.AddFreezer, _argument(NEW), 0);
        vm.stopPrank();
    }

    function test_the_admin_itself_cannot_carry_out_the_hand_over() public {
        _schedule(ICustody.Operation.TransferAdmin, _argument(NEW), 0);
        vm.warp(_now() + DELAY);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongUser.selector, NEW, ADMIN));
        vm.prank(ADMIN);
        custody.execute(ICustody.Operation.TransferAdmin, _argument(NEW), 0);
        assertTrue(custody.hasRole(ADMIN_ROLE, ADMIN), "still the admin");
    }

    function test_a_payment_of_the_treasury_falls_with_its_treasurer() public {
        (ICustody.Operation treasury, bytes32 to) = (ICustody.Operation.Treasury, _argument(NEW));
        _operate(ICustody.Operation.AddTreasurer, _argument(STRANGER), 0);
        vm.prank(STRANGER);
        custody.schedule(treasury, to, 1 ether);
        bytes32 id = _id(treasury, to, 1 ether);
        assertEq(custody.operationEta(id), _now() + DELAY, "pending");
        vm.warp(_now() + DELAY);
        vm.prank(ADMIN);
        custody.revokeRole(TREASURER_ROLE, STRANGER);
        assertEq(custody.operationEta(id), 0, "fell");
        _expectExecuteRevert(treasury, to, 1 ether, abi.encodeWithSelector(ICustody.NotScheduled.selector, id));
        // The other treasurer announces it itself.
        _operate(treasury, to, 1 ether);
        assertEq(NEW.balance, 1 ether, "received");
    }

    function test_an_operation_can_be_carried_out_for_fourteen_days() public {
        for (uint8 k; k < KINDS; ++k) {
            (ICustody.Operation operation, bytes32 argument, uint256 value) = _sample(k);
            bytes32 id = _id(operation, argument, value);
            _schedule(operation, argument, value);
            uint256 last = _now() + DELAY + 14 days;
            vm.warp(last);
            assertEq(custody.operationEta(id), last - 14 days, "pending in the last second");
            uint256 state = vm.snapshotState();
            _executeOperation(operation, argument, value);
            assertTrue(vm.revertToState(state), "back");
            _expectScheduleRevert(
                operation, argument, value, abi.encodeWithSelector(ICustody.AlreadyScheduled.selector, id)
            );
            vm.warp(last + 1);
            assertEq(custody.operationEta(id), 0, "expired");
            _expectExecuteRevert(operation, argument, value, abi.encodeWithSelector(ICustody.Expired.selector, last));
            state = vm.snapshotState();
            vm.prank(_ownerOf(operation));
            custody.cancel(operation, argument, value);
            assertTrue(vm.revertToState(state), "back");
            _schedule(operation, argument, value);
            assertEq(custody.operationEta(id), _now() + DELAY, "announced anew");
        }
    }

    // ------------------------------------------------------------------ tools

    function _sample(uint8 k) private pure returns (ICustody.Operation operation, bytes32 argument, uint256 value) {
        operation = ICustody.Operation(k);
        argument = _argument(NEW);
        if (operation == ICustody.Operation.Treasury) value = 1 ether;
        else if (operation == ICustody.Operation.RaiseOutflowCap) (argument, value) = (0, 20_000_000 ether);
        else if (operation == ICustody.Operation.RemoveGuardian) argument = _argument(GUARDIAN);
        else if (operation == ICustody.Operation.RetireRoot) argument = _single(ALICE, 1 ether);
    }

    function _expectNoEffect(ICustody.Operation operation, address who, bytes memory error_) private {
        _schedule(operation, _argument(who), 0);
        vm.warp(_now() + DELAY);
        _expectExecuteRevert(operation, _argument(who), 0, error_);
    }

    function _expectScheduleRevert(ICustody.Operation operation, bytes32 argument, uint256 value, bytes memory error_)
        private
    {
        vm.expectRevert(error_);
        vm.prank(_ownerOf(operation));
        custody.schedule(operation, argument, value);
    }

    function _expectExecuteRevert(ICustody.Operation operation, bytes32 argument, uint256 value, bytes memory error_)
        private
    {
        vm.expectRevert(error_);
        vm.prank(_executorOf(operation, argument));
        custody.execute(operation, argument, value);
    }
}
