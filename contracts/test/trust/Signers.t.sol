// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {StolenKeyTest} from "./StolenKeyTest.sol";

/// @notice A thief with one of the hot keys: the signer of authorizations, the signer of roots, the submitter.
contract StolenSignerTest is StolenKeyTest {
    // ------------------------------------------------------------------ signer of authorizations

    function test_the_signer_alone_moves_nothing() public {
        ICustody.PayoutBatch memory b = _batch("b1", ROOM);
        bytes32[] memory payouts = _list(THIEF, ROOM);
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        vm.expectRevert(_unauthorized(signer, SUBMITTER_ROLE));
        vm.prank(signer);
        custody.executeBatchPayouts(b, payouts, signer, signature);
        ICustody.LiabilitiesRoot memory r = _rootOf("root", FREE + CREDIT);
        bytes memory rootSignature = _signRoot(SIGNER_KEY, r);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSigner.selector, signer));
        vm.prank(SUBMITTER);
        custody.publishRoot(r, signer, rootSignature);
        _assertAliceGetsHerDues();
        _assertDepositsAndCreditsLeave();
    }

    /// @dev The price is what the chain records, so the books of the operator see it.
    function test_the_signer_alone_lets_anybody_in_for_any_price() public {
        ICustody.Intake memory i = _intake(STRANGER, "cheap");
        (i.amount, i.planHash) = (1 gwei, "a plan that nobody checked");
        _register(i);
        (address who, uint256 amount,,) = custody.deposit("cheap");
        assertEq(who, STRANGER, "registered");
        assertEq(amount, 1 gwei, "for next to nothing");
        (uint256 funds,) = custody.available();
        assertEq(funds, UNPROMISED, "and nothing left");
    }

    // ------------------------------------------------------------------ signer of roots

    function test_the_root_signer_alone_moves_nothing() public {
        address rootSigner = vm.addr(ROOT_SIGNER_KEY);
        ICustody.LiabilitiesRoot memory r = _rootOf(_single(THIEF, FREE + CREDIT), FREE + CREDIT);
        bytes memory signature = _signRoot(ROOT_SIGNER_KEY, r);
        vm.expectRevert(_unauthorized(rootSigner, SUBMITTER_ROLE));
        vm.prank(rootSigner);
        custody.publishRoot(r, rootSigner, signature);
        ICustody.PayoutBatch memory b = _batch("b1", ROOM);
        bytes32[] memory payouts = _list(THIEF, ROOM);
        bytes memory batchSignature = _signBatch(ROOT_SIGNER_KEY, b, payouts);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSigner.selector, rootSigner));
        vm.prank(SUBMITTER);
        custody.executeBatchPayouts(b, payouts, rootSigner, batchSignature);
        _assertAliceGetsHerDues();
        _assertDepositsAndCreditsLeave();
    }

    // ------------------------------------------------------------------ submitter

    function test_the_submitter_alone_signs_nothing() public {
        ICustody.PayoutBatch memory b = _batch("b1", ROOM);
        bytes32[] memory payouts = _list(THIEF, ROOM);
        bytes memory signature = _signBatch(0xBAD, b, payouts);
        vm.startPrank(SUBMITTER);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        custody.executeBatchPayouts(b, payouts, signer, signature);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSigner.selector, vm.addr(0xBAD)));
        custody.executeBatchPayouts(b, payouts, vm.addr(0xBAD), signature);
        vm.stopPrank();
    }

    function test_the_submitter_delays_a_batch_by_an_hour_and_then_it_is_void() public {
        ICustody.PayoutBatch memory b = _batch("b1", ROOM);
        b.deadline = _now() + 1 hours;
        vm.warp(b.deadline + 1);
        _expectBatchRevert(b, _list(ALICE, 1), abi.encodeWithSelector(ICustody.Expired.selector, b.deadline));
        // Nobody needs the submitter for what is promised already.
        _assertAliceGetsHerDues();
    }

    function test_the_submitter_gains_nothing_by_order() public {
        ICustody.PayoutBatch memory first = _batch("b1", 10 ether);
        ICustody.PayoutBatch memory second = _batch("b2", 10 ether);
        _execute(second, _list(ALICE, 10 ether));
        _execute(first, _list(ALICE, 4 ether));
        assertEq(_paid(ALICE), 10 ether, "the higher target, once");
    }

    /// @dev Whatever gas the submitter chooses: everybody is paid, or nothing happens. A wallet is never credited for want of gas.
    function test_the_submitter_cannot_starve_a_recipient(uint256 gas_) public {
        gas_ %= 300_000;
        ICustody.PayoutBatch memory b = _batch("b1", 10 ether);
        bytes32[] memory payouts = _list(ALICE, 4 ether, BOB, CREDIT + 4 ether);
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        vm.prank(SUBMITTER);
        try custody.executeBatchPayouts{gas: gas_}(b, payouts, signer, signature) {
            assertEq(ALICE.balance + BOB.balance, 8 ether, "paid");
        } catch {
            assertEq(ALICE.balance + BOB.balance, 0, "nothing");
        }
        assertEq(_credit(ALICE), 0, "no new credit");
        assertEq(_credit(BOB), CREDIT, "no more credit");
    }

    function test_the_submitter_who_leaves_stops_batches_until_the_delay_is_over() public {
        vm.prank(SUBMITTER);
        custody.renounceRole(SUBMITTER_ROLE, SUBMITTER);
        _expectBatchRevert(_batch("b1", 1), _list(ALICE, 1), _unauthorized(SUBMITTER, SUBMITTER_ROLE));
        _assertAliceGetsHerDues();
        _assertDepositsAndCreditsLeave();
        _operate(ICustody.Operation.AddSubmitter, _argument(SUBMITTER), 0);
        _execute(_batch("b1", 1 ether), _list(ALICE, PROMISED + 1 ether));
    }

    function test_both_signers_without_the_submitter_move_nothing() public {
        ICustody.PayoutBatch memory b = _batch("b1", ROOM);
        b.submitter = SUBMITTER;
        bytes32[] memory payouts = _list(THIEF, ROOM);
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        vm.expectRevert(_unauthorized(THIEF, SUBMITTER_ROLE));
        vm.prank(THIEF);
        custody.executeBatchPayouts(b, payouts, signer, signature);
    }

    // ------------------------------------------------------------------ signer and submitter

    function test_signer_and_submitter_take_thirty_at_once_and_seventy_in_a_day_until_revoked() public {
        uint256 begin = _now();
        uint256 taken = _drainUntil(begin);
        assertEq(taken, ROOM, "three quarters of the bucket at once");
        taken += _drainUntil(begin + 1 days);
        assertEq(taken, 70 ether, "seven eighths of the cap in a day");
        vm.prank(GUARDIAN);
        custody.revokeSigner(signer);
        _expectBatchRevert(
            _batch("b99", 1), _list(THIEF, taken + 1), abi.encodeWithSelector(ICustody.InvalidSigner.selector, signer)
        );
        _assertAliceGetsHerDues();
        _assertDepositsAndCreditsLeave();
    }

    function test_signer_and_submitter_never_take_what_is_promised_deposited_or_credited() public {
        _drainUntil(_now() + 6 days);
        assertEq(THIEF.balance, UNPROMISED, "all that was promised to nobody");
        (uint256 funds,) = custody.available();
        assertEq(funds, 0, "nothing else may be spent");
        _assertDepositsAndCreditsLeave();
        _assertAliceGetsHerDues();
    }

    /// @dev Every three hours whatever may be spent, until then.
    function _drainUntil(uint256 end) private returns (uint256 taken) {
        while (_now() <= end) {
            (uint256 funds, uint256 room) = custody.available();
            uint256 amount = funds < room ? funds : room;
            _execute(_batch(keccak256(abi.encode(_now())), amount), _list(THIEF, THIEF.balance + amount));
            taken += amount;
            vm.warp(_now() + 3 hours);
        }
    }

    // ------------------------------------------------------------------ root signer and submitter

    function test_a_false_root_takes_nothing_when_it_is_vetoed_but_stops_batches_meanwhile() public {
        bytes32 root = _publishFalse();
        (uint256 funds,) = custody.available();
        assertEq(funds, 0, "a promise of everything leaves nothing to batches");
        vm.prank(GUARDIAN);
        custody.vetoRoot(root);
        (funds,) = custody.available();
        assertEq(funds, UNPROMISED, "as before");
        vm.prank(GUARDIAN);
        custody.revokeSigner(vm.addr(ROOT_SIGNER_KEY));
        ICustody.LiabilitiesRoot memory r = _rootOf(_single(THIEF, FREE), FREE + CREDIT);
        _expectPublishRevert(r, abi.encodeWithSelector(ICustody.InvalidSigner.selector, vm.addr(ROOT_SIGNER_KEY)));
        _assertAliceGetsHerDues();
        _assertDepositsAndCreditsLeave();
    }

    /// @dev What a veto is for: left alone for the whole delay, a false root spends what others are due and did not claim.
    function test_a_false_root_that_nobody_vetoes_takes_all_free_funds_by_the_cap_and_no_more() public {
        bytes32 root = _publishFalse();
        vm.warp(_now() + 1 days);
        uint256 begin = _now();
        _claimFalse(root);
        assertEq(THIEF.balance, BUCKET, "the bucket at once");
        while (_now() < begin + 1 days) {
            vm.warp(_now() + 3 hours);
            _claimFalse(root);
        }
        assertEq(THIEF.balance, CAP, "the cap in a day");
        for (uint256 day; day < 5; ++day) {
            vm.warp(_now() + 1 days);
            if (THIEF.balance < FREE) _claimFalse(root);
        }
        assertEq(THIEF.balance, FREE, "all free funds, Alice's dues with them");
        _expectClaimRevert(
            THIEF, FREE + CREDIT, root, abi.encodeWithSelector(ICustody.InsufficientFunds.selector, CREDIT, 0)
        );
        _assertDepositsAndCreditsLeave();
    }

    /// @dev The delay is theirs, too: who claims before the false root matures has lost nothing.
    function test_who_claims_before_a_false_root_matures_loses_nothing() public {
        _publishFalse();
        _assertAliceGetsHerDues();
    }

    /// @dev The chain cannot see that a root is complete. But an older one stays good until the admin retires it, after a delay.
    function test_a_root_that_leaves_somebody_out_takes_no_older_root_away() public {
        uint256 total = PROMISED + CREDIT;
        _publish(_rootOf(_single(THIEF, total), total));
        vm.warp(_now() + 1 days);
        _assertAliceGetsHerDues();
    }

    function _publishFalse() private returns (bytes32 root) {
        root = _single(THIEF, FREE + CREDIT);
        _publish(_rootOf(root, FREE + CREDIT));
    }

    function _claimFalse(bytes32 root) private {
        _claim(THIEF, FREE + CREDIT, root);
    }
}
