// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ICustodyLeaves} from "../../src/interfaces/ICustodyLeaves.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {Vm} from "../Vm.sol";
import {Refuser} from "../Wallets.sol";

/// @notice Every event, topic by topic and word by word, as the interface declares it. Each call logs one that carries `seq`.
contract EventsTest is SettlementTest {
    uint256 private constant KEY = 0xCAFE;
    uint256 private constant UNTIL = START + 14 days;
    address private user;

    function setUp() public override {
        super.setUp();
        user = vm.addr(KEY);
        _fund(1_000 ether);
        _registered(user);
        vm.recordLogs();
    }

    // ------------------------------------------------------------------ intake and escrow

    function test_register_logs_RegistrationAccepted() public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        i.sponsor = BOB;
        _register(i);
        _assertOne(
            4,
            abi.encode(
                ICustody.RegistrationAccepted.selector,
                i.ref,
                ALICE,
                BOB,
                _seq(),
                PRICE,
                UNTIL,
                i.planHash,
                i.disclosureHash
            )
        );
    }

    function test_retopup_logs_RetopupCompleted() public {
        ICustody.Intake memory i = _intake(user, "t1");
        _retopup(i);
        _assertOne(
            3,
            abi.encode(
                ICustody.RetopupCompleted.selector, i.ref, user, _seq(), PRICE, UNTIL, i.planHash, i.disclosureHash
            )
        );
    }

    function test_refund_logs_DepositRefunded() public {
        bytes32 ref = keccak256(abi.encode("registration of", user));
        vm.prank(user);
        custody.refund(ref, BOB);
        _assertOne(3, abi.encode(ICustody.DepositRefunded.selector, ref, user, _seq(), BOB, PRICE));
    }

    function test_sweepMatured_logs_EscrowMatured() public {
        vm.warp(UNTIL + 1 days);
        custody.sweepMatured(3);
        _assertOne(2, abi.encode(ICustody.EscrowMatured.selector, START / 1 days + 2, _seq(), 0));
        custody.sweepMatured(100);
        _assertOne(2, abi.encode(ICustody.EscrowMatured.selector, UNTIL / 1 days, _seq(), PRICE));
    }

    function test_fund_logs_Funded() public {
        _fund(3 ether);
        _assertOne(2, abi.encode(ICustody.Funded.selector, STRANGER, _seq(), 3 ether));
    }

    // ------------------------------------------------------------------ settlement

    function test_executeBatchPayouts_logs_every_entry_and_BatchSettled() public {
        bytes32[] memory payouts = _prepared();
        vm.recordLogs();
        _execute(_batch("b1", 7 ether), payouts);
        (Vm.Log memory last, bytes32[] memory outcome) = _assertEntries("b1", payouts);
        _assertLog(
            last,
            2,
            abi.encode(
                ICustody.BatchSettled.selector,
                bytes32("b1"),
                _seq(),
                4,
                7 ether,
                6 ether,
                keccak256(abi.encodePacked(payouts)),
                keccak256(abi.encodePacked(outcome)),
                bytes32("manifest")
            )
        );
    }

    function test_settleLeaves_logs_every_leaf_and_LeavesSettled() public {
        bytes32[] memory leaves = _prepared();
        ICustody.SumNode memory top = SumTreeBuilder.nodeOf(leaves);
        _publish(_rootOf(top.hash, top.sum));
        vm.warp(_now() + 1 days);
        vm.prank(FREEZER);
        custody.freeze(address(0x100000), _now() + 1, "");
        vm.recordLogs();
        custody.settleLeaves(top.hash, leaves, new ICustody.SumNode[](0));
        (Vm.Log memory last, bytes32[] memory outcome) = _assertLeaves(top.hash, leaves);
        _assertLog(
            last,
            2,
            abi.encode(
                ICustodyLeaves.LeavesSettled.selector,
                top.hash,
                _seq(),
                4,
                6 ether,
                4 ether,
                keccak256(abi.encodePacked(leaves)),
                keccak256(abi.encodePacked(outcome))
            )
        );
    }

    function test_cancelBatch_logs_BatchCancelled() public {
        vm.prank(GUARDIAN);
        custody.cancelBatch("b1");
        _assertOne(2, abi.encode(ICustody.BatchCancelled.selector, bytes32("b1"), _seq()));
    }

    // ------------------------------------------------------------------ exits

    function test_publishRoot_logs_RootPublished_and_vetoRoot_RootVetoed() public {
        ICustody.LiabilitiesRoot memory r = _rootOf("r1", 9 ether);
        r.asOfSeq -= 1;
        _publish(r);
        _assertOne(2, abi.encode(ICustody.RootPublished.selector, r.root, _seq(), 9 ether, _seq() - 2, START + 1 days));
        vm.prank(GUARDIAN);
        custody.vetoRoot("r1");
        _assertOne(2, abi.encode(ICustody.RootVetoed.selector, r.root, _seq()));
    }

    /// @dev Not all that is due is free: what is proven and what is paid differ.
    function test_claim_logs_Claimed() public {
        bytes32 root = _mature(user, 9 ether);
        vm.deal(address(custody), PRICE + 4 ether);
        vm.recordLogs();
        _claim(user, 9 ether, root);
        _assertOne(3, abi.encode(ICustody.Claimed.selector, user, root, _seq(), user, 9 ether, 4 ether));
    }

    function test_both_withdrawals_log_CreditWithdrawn() public {
        _give(user, 5 ether);
        vm.recordLogs();
        vm.prank(user);
        custody.withdrawCredit(BOB);
        _assertOne(3, abi.encode(ICustody.CreditWithdrawn.selector, user, BOB, _seq(), 5 ether));
        vm.warp(_now() + 61 days);
        _give(user, 6 ether);
        ICustody.Withdrawal memory w = ICustody.Withdrawal(user, ALICE, 6 ether, 11 ether, _now());
        bytes memory signature = _signHash(KEY, keccak256(abi.encode(WITHDRAWAL_TYPEHASH, w)));
        vm.recordLogs();
        custody.withdrawCreditFor(w, signature);
        _assertOne(3, abi.encode(ICustody.CreditWithdrawn.selector, user, ALICE, _seq(), 6 ether));
    }

    // ------------------------------------------------------------------ governance

    function test_freeze_logs_UserFrozen_and_unfreeze_UserUnfrozen() public {
        _freeze(user, START + 5);
        _assertOne(2, abi.encode(ICustody.UserFrozen.selector, user, _seq(), START + 5, bytes32("reason")));
        vm.prank(FREEZER);
        custody.unfreeze(user);
        _assertOne(2, abi.encode(ICustody.UserUnfrozen.selector, user, _seq()));
    }

    function test_schedule_execute_and_cancel_log_the_operation() public {
        (ICustody.Operation kind, bytes32 argument) = (ICustody.Operation.Treasury, _argument(BOB));
        bytes32 id = _id(kind, argument, 3);
        _schedule(kind, argument, 3);
        _assertOne(2, abi.encode(ICustody.OperationScheduled.selector, id, _seq(), kind, argument, 3, START + 3 days));
        vm.prank(GUARDIAN);
        custody.cancel(kind, argument, 3);
        _assertOne(2, abi.encode(ICustody.OperationCancelled.selector, id, _seq()));
        _schedule(kind, argument, 3);
        vm.warp(START + 3 days);
        vm.recordLogs();
        _executeOperation(kind, argument, 3);
        _assertOne(2, abi.encode(ICustody.OperationExecuted.selector, id, _seq(), kind, argument, 3));
    }

    function test_revokeSigner_logs_SignerRevoked_and_lowerOutflowCap_OutflowCapLowered() public {
        vm.startPrank(GUARDIAN);
        custody.revokeSigner(signer);
        _assertOne(2, abi.encode(ICustody.SignerRevoked.selector, signer, _seq()));
        custody.lowerOutflowCap(5_000 ether);
        _assertOne(1, abi.encode(ICustody.OutflowCapLowered.selector, _seq(), 5_000 ether));
        vm.stopPrank();
    }

    function test_revokeRole_and_renounceRole_log_RoleChanged() public {
        vm.prank(ADMIN);
        custody.revokeRole(FREEZER_ROLE, FREEZER);
        _assertOne(3, abi.encode(ICustody.RoleChanged.selector, FREEZER_ROLE, FREEZER, _seq(), false));
        vm.prank(TREASURER);
        custody.renounceRole(TREASURER_ROLE, TREASURER);
        _assertOne(3, abi.encode(ICustody.RoleChanged.selector, TREASURER_ROLE, TREASURER, _seq(), false));
    }

    function test_pause_and_unpause_log_PauseChanged() public {
        vm.prank(GUARDIAN);
        custody.pause();
        _assertOne(1, abi.encode(ICustody.PauseChanged.selector, _seq(), true));
        vm.prank(ADMIN);
        custody.unpause();
        _assertOne(1, abi.encode(ICustody.PauseChanged.selector, _seq(), false));
    }

    // ------------------------------------------------------------------ tools

    /// @dev A list of which one is paid, one frozen, one has all, and one refuses.
    function _prepared() private returns (bytes32[] memory words) {
        words = new bytes32[](4);
        for (uint160 k; k < 4; ++k) {
            address who = address(0x100000 + k);
            _registered(who);
            words[k] = _word(who, (k + 1) * 1 ether);
        }
        vm.etch(address(0x100003), address(new Refuser()).code);
        _execute(_batch("before", 3 ether), _list(address(0x100002), 3 ether));
        _freeze(address(0x100001), _now() + MAX_FREEZE);
    }

    /// @return last the closing log
    /// @return outcome words of the list of `_prepared`
    function _assertEntries(bytes32 cause, bytes32[] memory words)
        private
        returns (Vm.Log memory last, bytes32[] memory outcome)
    {
        Vm.Log[] memory all = vm.getRecordedLogs();
        assertEq(all.length, 5, "one log per entry, and the closing one");
        bytes32 executed = ICustody.PayoutExecuted.selector;
        bytes32 credited = ICustody.PayoutCredited.selector;
        _assertLog(all[0], 3, abi.encode(executed, cause, address(0x100000), 1 ether));
        _assertLog(all[1], 3, abi.encode(credited, cause, address(0x100001), 2 ether, true));
        _assertLog(all[2], 3, abi.encode(ICustody.PayoutSkipped.selector, cause, address(0x100002)));
        _assertLog(all[3], 3, abi.encode(credited, cause, address(0x100003), 4 ether, false));
        last = all[4];
        outcome = new bytes32[](4);
        for (uint256 k; k < 4; ++k) {
            outcome[k] = words[k];
        }
        outcome[1] |= bytes32(uint256(1 << 95));
        outcome[2] = _word(address(0x100002), 0);
        outcome[3] |= bytes32(uint256(1 << 95));
    }

    /// @dev Of the same list, after the one who was frozen was freed and the one who was not is frozen.
    function _assertLeaves(bytes32 root, bytes32[] memory words)
        private
        returns (Vm.Log memory last, bytes32[] memory outcome)
    {
        Vm.Log[] memory all = vm.getRecordedLogs();
        assertEq(all.length, 5, "one log per leaf, and the closing one");
        bytes32 skipped = ICustodyLeaves.LeafSkipped.selector;
        _assertLog(all[0], 3, abi.encode(skipped, root, address(0x100000)));
        _assertLog(all[1], 3, abi.encode(ICustodyLeaves.LeafPaid.selector, root, address(0x100001), 2 ether));
        _assertLog(all[2], 3, abi.encode(skipped, root, address(0x100002)));
        _assertLog(all[3], 3, abi.encode(ICustodyLeaves.LeafCredited.selector, root, address(0x100003), 4 ether));
        last = all[4];
        outcome = new bytes32[](4);
        outcome[0] = _word(address(0x100000), 0);
        outcome[1] = words[1];
        outcome[2] = _word(address(0x100002), 0);
        outcome[3] = words[3] | bytes32(uint256(1 << 95));
    }

    /// @dev Besides those of the libraries there is one log since the last look, with this content.
    function _assertOne(uint256 topics, bytes memory entry) private {
        Vm.Log[] memory all = vm.getRecordedLogs();
        uint256 found;
        for (uint256 k; k < all.length; ++k) {
            if (all[k].emitter != address(custody) || JournalReplay.isLibraryEvent(all[k].topics[0])) continue;
            _assertLog(all[k], topics, entry);
            ++found;
        }
        assertEq(found, 1, "logs");
    }

    /// @dev Topics and data together are the encoding of selector and fields: indexed fields come first.
    function _assertLog(Vm.Log memory log, uint256 topics, bytes memory entry) private view {
        assertEq(log.emitter, address(custody), "emitter");
        assertEq(log.topics.length, topics, "topics");
        assertEq(keccak256(bytes.concat(abi.encodePacked(log.topics), log.data)), keccak256(entry), "content");
    }

    function _seq() private view returns (uint256) {
        return _head().seq;
    }
}
