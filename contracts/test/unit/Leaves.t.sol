// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ICustodyLeaves} from "../../src/interfaces/ICustodyLeaves.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {LeavesFixture} from "../LeavesFixture.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {Vm} from "../Vm.sol";
import {Choosy, Reenterer, Refuser} from "../Wallets.sol";

/// @notice All users below one node of a published root are paid by one call of anybody.
contract LeavesTest is LeavesFixture {
    using JournalReplay for JournalReplay.Head;

    /// @dev Gas that one transaction may have on the chains the contract is made for (EIP-7825).
    uint256 private constant TRANSACTION_GAS_MAX = 16_777_216;
    /// @dev Intrinsic gas and calldata of 256 words and a proof, rounded up.
    uint256 private constant INTRINSIC_256 = 21_000 + 270 * 32 * 16 + 10_000;

    // ------------------------------------------------------------------ what is paid

    function test_anybody_pays_a_whole_tree_without_a_proof() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(5);
        bytes32 root = _published(leaves);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _settle(root, _wordsOf(leaves, 0, 5), _proof(leaves, 0, 5));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        before.take(address(custody), logs);
        assertEq(before.root, _head().root, "journal from logs");
        assertEq(logs.length, 6, "one event per leaf, and the closing one");
        bytes32[] memory words = _wordsOf(leaves, 0, 5);
        for (uint256 k; k < 5; ++k) {
            assertEq(logs[k].topics[0], ICustodyLeaves.LeafPaid.selector, "paid");
            assertEq(logs[k].topics[1], root, "the root in place of a batch id");
            assertEq(logs[k].topics[2], _argument(leaves[k].user), "in the order of the leaves");
            assertEq(keccak256(logs[k].data), keccak256(abi.encode(leaves[k].entitled)), "amount");
            assertEq(leaves[k].user.balance, leaves[k].entitled, "received");
            assertEq(_paid(leaves[k].user), leaves[k].entitled, "paid");
        }
        bytes32 hash = keccak256(abi.encodePacked(words));
        assertEq(logs[5].topics.length, 2, "topics of the closing event");
        assertEq(logs[5].topics[0], ICustodyLeaves.LeavesSettled.selector, "closing event");
        assertEq(logs[5].topics[1], root, "of the root");
        assertEq(
            keccak256(logs[5].data),
            // Amounts are entitlements here, so the outcome is the list.
            keccak256(abi.encode(uint256(before.seq), 5, 15 ether, 0, hash, hash)),
            "closing event's data"
        );
    }

    function test_it_counts_as_claimed_and_lowers_what_the_root_reserves() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(5);
        bytes32 root = _published(leaves);
        (uint256 before,) = custody.available();
        assertEq(before, FUNDS - 15 ether, "reserved");
        _settle(root, _wordsOf(leaves, 0, 4), _proof(leaves, 0, 4));
        (uint256 pushed, uint256 claimed,,) = custody.totals();
        assertEq(pushed, 0, "pushed");
        assertEq(claimed, 10 ether, "claimed");
        (uint256 funds,) = custody.available();
        assertEq(funds, before, "what was not reserved is as it was");
    }

    function test_every_part_below_a_node_is_paid_and_no_other_stretch_of_leaves() public {
        for (uint256 n = 1; n <= 9; ++n) {
            _redeploy(_config());
            _fund(FUNDS);
            SumTreeBuilder.Leaf[] memory leaves = _leaves(n);
            bytes32 root = _published(leaves);
            for (uint256 from; from < n; ++from) {
                for (uint256 count = 1; from + count <= n; ++count) {
                    _settlePart(root, leaves, from, count);
                }
            }
        }
    }

    /// @dev The contract is as it was afterwards.
    function _settlePart(bytes32 root, SumTreeBuilder.Leaf[] memory leaves, uint256 from, uint256 count) private {
        uint256 state = vm.snapshotState();
        bytes32[] memory words = _wordsOf(leaves, from, count);
        if (_isPart(leaves.length, from, count)) {
            ICustody.SumNode[] memory proof = _proof(leaves, from, count);
            if (proof.length > 0) {
                proof[0].sum += 1;
                _expectRevert(root, words, proof, abi.encodeWithSelector(ICustody.InvalidProof.selector));
                proof[0].sum -= 1;
            }
            words[0] = bytes32(uint256(words[0]) + 1);
            _expectRevert(root, words, proof, abi.encodeWithSelector(ICustody.InvalidProof.selector));
            words[0] = bytes32(uint256(words[0]) - 1);
            _settle(root, words, proof);
            for (uint256 k = from; k < from + count; ++k) {
                assertEq(leaves[k].user.balance, leaves[k].entitled, "received");
            }
        } else {
            // Whatever tail of the way from the first or last leaf is tried as proof.
            for (uint256 skip; skip < 4; ++skip) {
                bytes memory error_ = abi.encodeWithSelector(ICustody.InvalidProof.selector);
                _expectRevert(root, words, _tail(leaves, from, skip), error_);
                _expectRevert(root, words, _tail(leaves, from + count - 1, skip), error_);
            }
        }
        assertTrue(vm.revertToState(state), "as before");
    }

    function test_failing_users_are_credited_and_who_is_frozen_or_has_all_is_left_out() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(4);
        vm.etch(leaves[0].user, type(Refuser).runtimeCode);
        bytes32 root = _published(leaves);
        _freeze(leaves[1].user, _now() + MAX_FREEZE);
        custody.claim(leaves[2].user, leaves[2].entitled, root, _proof(leaves, 2, 1));
        vm.recordLogs();
        _settle(root, _wordsOf(leaves, 0, 4), _proof(leaves, 0, 4));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics[0], ICustodyLeaves.LeafCredited.selector, "failed");
        assertEq(keccak256(logs[0].data), keccak256(abi.encode(1 ether)), "what it refused");
        assertEq(logs[1].topics[0], ICustodyLeaves.LeafSkipped.selector, "frozen");
        assertEq(logs[2].topics[0], ICustodyLeaves.LeafSkipped.selector, "nothing due");
        assertEq(logs[3].topics[0], ICustodyLeaves.LeafPaid.selector, "paid");
        (,, uint256 paid, uint256 credited,, bytes32 outcome) =
            abi.decode(logs[4].data, (uint256, uint256, uint256, uint256, bytes32, bytes32));
        assertEq(paid, 5 ether, "paid in all");
        assertEq(credited, 1 ether, "credited part");
        bytes32[] memory words = _wordsOf(leaves, 0, 4);
        words[0] |= bytes32(uint256(1 << 95));
        words[1] = _word(leaves[1].user, 0);
        words[2] = _word(leaves[2].user, 0);
        assertEq(outcome, keccak256(abi.encodePacked(words)), "outcome");
        (, uint256 claimed, uint256 credits,) = custody.totals();
        assertEq(claimed, 8 ether, "claimed, credits and the single claim included");
        assertEq(credits, 1 ether, "credits");
        assertEq(_paid(leaves[1].user), 0, "nothing to the frozen user");
        bytes memory error_ = abi.encodeWithSelector(ICustody.NothingDue.selector, leaves[1].user);
        _expectRevert(root, _wordsOf(leaves, 1, 1), _proof(leaves, 1, 1), error_);
        vm.warp(_now() + MAX_FREEZE);
        _settle(root, _wordsOf(leaves, 1, 1), _proof(leaves, 1, 1));
        assertEq(leaves[1].user.balance, 2 ether, "afterwards all of it");
    }

    /// @dev Whoever is promised something by mistake is frozen, the root is retired, and nothing of it is left as a credit.
    function test_a_frozen_user_gets_nothing_of_a_root_that_is_retired_in_time() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(2);
        address lucky = leaves[1].user;
        bytes32 root = _published(leaves);
        _schedule(ICustody.Operation.RetireRoot, root, 0);
        uint256 retirement = _now() + 3 days;
        _freeze(lucky, _now() + MAX_FREEZE);
        bytes32[] memory leaf = _wordsOf(leaves, 1, 1);
        ICustody.SumNode[] memory proof = _proof(leaves, 1, 1);
        _expectRevert(root, leaf, proof, abi.encodeWithSelector(ICustody.NothingDue.selector, lucky));
        _settle(root, _wordsOf(leaves, 0, 2), new ICustody.SumNode[](0));
        assertEq(_credit(lucky), 0, "not credited");
        assertEq(_paid(lucky), 0, "nor counted");
        assertEq(leaves[0].user.balance, leaves[0].entitled, "the other one is paid");
        vm.warp(retirement);
        _executeOperation(ICustody.Operation.RetireRoot, root, 0);
        _expectRevert(root, leaf, proof, abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, root));
    }

    /// @dev Not in parts of any size either, in any order, in every hour of the freeze.
    function test_frozen_users_take_nothing_by_leaves_cut_to_size() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(8);
        bytes32 root = _published(leaves);
        for (uint256 k; k < 8; ++k) {
            _freeze(leaves[k].user, _now() + MAX_FREEZE);
        }
        uint256 end = _now() + MAX_FREEZE;
        for (; _now() < end; vm.warp(_now() + 4 hours)) {
            for (uint256 count = 1; count <= 8; count *= 2) {
                for (uint256 from; from < 8; from += count) {
                    bytes memory nothing = abi.encodeWithSelector(ICustody.NothingDue.selector, leaves[from].user);
                    _expectRevert(root, _wordsOf(leaves, from, count), _proof(leaves, from, count), nothing);
                }
            }
        }
        (, uint256 claimed, uint256 credited,) = custody.totals();
        assertEq(claimed + credited, 0, "nothing was paid or credited");
        _settle(root, _wordsOf(leaves, 0, 8), _proof(leaves, 0, 8));
        assertEq(leaves[7].user.balance, leaves[7].entitled, "all of it stayed due");
    }

    function test_whatever_was_paid_meanwhile_is_not_paid_again() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(2);
        bytes32 root = _published(leaves);
        _execute(_batch("b1", 3 ether), _list(leaves[0].user, 5 ether / 10, leaves[1].user, 25 ether / 10));
        _settle(root, _wordsOf(leaves, 0, 2), _proof(leaves, 0, 2));
        assertEq(leaves[0].user.balance, 1 ether, "the rest");
        assertEq(leaves[1].user.balance, 25 ether / 10, "more than the root says, and nothing twice");
        _expectRevert(
            root,
            _wordsOf(leaves, 0, 2),
            _proof(leaves, 0, 2),
            abi.encodeWithSelector(ICustody.NothingDue.selector, leaves[0].user)
        );
    }

    // ------------------------------------------------------------------ when

    function test_from_the_second_in_which_the_root_matures_also_while_paused() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(2);
        ICustody.LiabilitiesRoot memory r = _rootOf(leaves);
        bytes32[] memory words = _wordsOf(leaves, 0, 2);
        bytes memory error_ = abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, r.root);
        _expectRevert(r.root, words, _proof(leaves, 0, 2), error_);
        _publish(r);
        vm.warp(START + 1 days - 1);
        _expectRevert(r.root, words, _proof(leaves, 0, 2), error_);
        vm.warp(START + 1 days);
        vm.prank(GUARDIAN);
        custody.pause();
        _settle(r.root, words, _proof(leaves, 0, 2));
        assertEq(leaves[1].user.balance, 2 ether, "received");
    }

    function test_not_against_a_vetoed_root() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(2);
        ICustody.LiabilitiesRoot memory r = _rootOf(leaves);
        _publish(r);
        vm.prank(GUARDIAN);
        custody.vetoRoot(r.root);
        vm.warp(START + 1 days);
        _expectRevert(
            r.root,
            _wordsOf(leaves, 0, 2),
            _proof(leaves, 0, 2),
            abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, r.root)
        );
    }

    function test_a_large_part_of_a_large_tree_fits_into_a_transaction() public {
        _fund(100_000 ether);
        SumTreeBuilder.Leaf[] memory leaves = _leaves(300);
        bytes32 root = _published(leaves);
        bytes memory call =
            abi.encodeCall(custody.settleLeaves, (root, _wordsOf(leaves, 0, 256), _proof(leaves, 0, 256)));
        (bool ok,) = address(custody).call{gas: TRANSACTION_GAS_MAX - INTRINSIC_256}(call);
        assertTrue(ok, "256 of 300");
        assertEq(leaves[255].user.balance, 256 ether, "the last of them");
    }

    function test_one_leaf_at_least_and_three_hundred_at_most() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(301);
        bytes32 root = _published(leaves);
        _expectRevert(
            root, new bytes32[](0), _proof(leaves, 0, 1), abi.encodeWithSelector(ICustody.BadBatchSize.selector, 0, 300)
        );
        _expectRevert(
            root,
            _wordsOf(leaves, 0, 301),
            new ICustody.SumNode[](0),
            abi.encodeWithSelector(ICustody.BadBatchSize.selector, 301, 300)
        );
        _redeploy(_config());
        _fund(100_000 ether);
        leaves = _leaves(300);
        root = _published(leaves);
        _settle(root, _wordsOf(leaves, 0, 300), _proof(leaves, 0, 300));
        assertEq(leaves[299].user.balance, 300 ether, "the last of 300");
    }

    // ------------------------------------------------------------------ all of it or nothing

    function test_all_of_it_is_free_or_nothing_is_paid() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(3);
        bytes32 root = _published(leaves);
        // Batches never lower the reserve, claims against an older root do: 3 of the 6 ether that are due are left.
        address other = address(0x700000);
        _registered(other);
        bytes32 false_ = _mature(other, FUNDS - 3 ether);
        _claim(other, FUNDS - 3 ether, false_);
        _expectRevert(
            root,
            _wordsOf(leaves, 0, 3),
            _proof(leaves, 0, 3),
            abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 6 ether, 3 ether)
        );
        _settle(root, _wordsOf(leaves, 0, 2), _proof(leaves, 0, 2));
        assertEq(leaves[1].user.balance, 2 ether, "a smaller part");
        _expectRevert(
            root,
            _wordsOf(leaves, 2, 1),
            _proof(leaves, 2, 1),
            abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 3 ether, 0)
        );
    }

    function test_it_has_the_claims_share_of_the_bucket_and_not_a_wei_more() public {
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (uint96(16 ether), 1 ether);
        _redeploy(c);
        _fund(FUNDS);
        SumTreeBuilder.Leaf[] memory leaves = _leaves(3);
        leaves[1].entitled += 1;
        bytes32 root = _published(leaves);
        address other = address(0x700000);
        _registered(other);
        // What batches may fill, less one ether: 3 of 8 ether are left for claims.
        _execute(_batch("b1", 5 ether), _list(other, 5 ether));
        _expectRevert(
            root,
            _wordsOf(leaves, 0, 2),
            _proof(leaves, 0, 2),
            abi.encodeWithSelector(ICustody.OutflowCapReached.selector, 3 ether + 1, 3 ether)
        );
        _settle(root, _wordsOf(leaves, 2, 1), _proof(leaves, 2, 1));
        assertEq(leaves[2].user.balance, 3 ether, "to the brim");
        (, uint256 outflow) = custody.available();
        assertEq(outflow, 0, "full");
        _expectRevert(
            root,
            _wordsOf(leaves, 0, 1),
            _proof(leaves, 0, 1),
            abi.encodeWithSelector(ICustody.OutflowCapReached.selector, 1 ether, 0)
        );
    }

    function test_every_user_of_the_part_is_registered() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(2);
        leaves[1].user = STRANGER;
        (leaves[0], leaves[1]) = (leaves[1], leaves[0]);
        bytes32 root = _published(leaves);
        _expectRevert(
            root,
            _wordsOf(leaves, 0, 2),
            _proof(leaves, 0, 2),
            abi.encodeWithSelector(ICustody.NotRegistered.selector, STRANGER)
        );
    }

    function test_a_tree_whose_leaves_are_not_in_order_is_claimed_one_by_one_only() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(2);
        (leaves[0], leaves[1]) = (leaves[1], leaves[0]);
        bytes32 root = _published(leaves);
        bytes32[] memory words = _wordsOf(leaves, 0, 2);
        _expectRevert(
            root, words, _proof(leaves, 0, 2), abi.encodeWithSelector(ICustody.BadEntry.selector, 1, words[1])
        );
        _settle(root, _wordsOf(leaves, 1, 1), _proof(leaves, 1, 1));
    }

    // ------------------------------------------------------------------ proofs

    /// @dev Two leaves side by side have as many bytes as a node, and one half of a node as many as a leaf.
    function test_leaves_are_not_taken_for_a_node_nor_a_node_for_leaves() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(2);
        bytes32[] memory words = _wordsOf(leaves, 0, 2);
        bytes memory error_ = abi.encodeWithSelector(ICustody.InvalidProof.selector);
        bytes32 pair = keccak256(abi.encode(leaves[0].user, 1 ether, leaves[1].user, 2 ether));
        _publish(_rootOf(pair, 3 ether));
        vm.warp(_now() + 1 days);
        _expectRevert(pair, words, new ICustody.SumNode[](0), error_);
        _expectRevert(pair, _wordsOf(leaves, 0, 1), _node(_argument(leaves[1].user), 2 ether), error_);

        // A root that is the hash of one hash and one sum: only a user with that hash as address would fit.
        bytes32 leaf = _single(leaves[0].user, 1 ether);
        bytes32 half = keccak256(abi.encode(leaf, 3 ether));
        _publish(_rootOf(half, 3 ether));
        vm.warp(_now() + 1 days);
        words = new bytes32[](1);
        words[0] = _word(address(uint160(uint256(leaf))), 3 ether);
        _expectRevert(half, words, new ICustody.SumNode[](0), error_);
    }

    function test_the_total_of_the_root_is_that_of_the_leaves() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(3);
        (bytes32 root,) = SumTreeBuilder.root(leaves);
        _publish(_rootOf(root, 6 ether + 1));
        vm.warp(_now() + 1 days);
        _expectRevert(
            root, _wordsOf(leaves, 0, 3), _proof(leaves, 0, 3), abi.encodeWithSelector(ICustody.InvalidProof.selector)
        );
    }

    function test_no_part_is_larger_than_the_whole() public {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(1);
        // As a sum that wraps around, and as one that is too large alone, the sibling would make the total right.
        uint256[2] memory sums = [type(uint256).max - 0.5 ether + 1, uint256(type(uint128).max)];
        uint256[2] memory totals = [uint256(0.5 ether), 1 ether];
        for (uint256 k; k < 2; ++k) {
            ICustody.SumNode[] memory proof = _node("sibling", sums[k]);
            bytes32 leaf = _single(leaves[0].user, 1 ether);
            bytes32 root = leaf < proof[0].hash
                ? keccak256(abi.encode(leaf, 1 ether, proof[0].hash, sums[k]))
                : keccak256(abi.encode(proof[0].hash, sums[k], leaf, 1 ether));
            _publish(_rootOf(root, totals[k]));
            vm.warp(_now() + 1 days);
            _expectRevert(root, _wordsOf(leaves, 0, 1), proof, abi.encodeWithSelector(ICustody.InvalidProof.selector));
        }
    }

    // ------------------------------------------------------------------ hostile callers and recipients

    function test_it_cannot_be_entered_while_money_leaves() public {
        Reenterer user = new Reenterer();
        _registered(address(user));
        SumTreeBuilder.Leaf[] memory leaves = _leaves(1);
        bytes32 root = _published(leaves);
        bytes32[] memory words = _wordsOf(leaves, 0, 1);
        bytes32 own = _mature(address(user), 5 ether);
        user.arm(address(custody), abi.encodeCall(custody.settleLeaves, (root, words, new ICustody.SumNode[](0))), 0);
        _claim(address(user), 5 ether, own);
        assertTrue(user.entered() && !user.succeeded(), "the second entry failed");
        assertEq(bytes4(user.result()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "by the guard");
        _settle(root, words, new ICustody.SumNode[](0));
    }

    /// @dev The caller chooses the gas. However little it is, a recipient who accepts is not made to fail by it.
    function test_starving_it_reverts_and_never_credits_who_would_accept() public {
        address choosy = address(new Choosy());
        _registered(choosy);
        bytes32 root = _mature(choosy, 1 ether);
        bytes memory call =
            abi.encodeCall(custody.settleLeaves, (root, _list(choosy, 1 ether), new ICustody.SumNode[](0)));
        bool guarded;
        for (uint256 gas_ = 20_000; choosy.balance == 0; gas_ += 97) {
            (bool ok, bytes memory out) = address(custody).call{gas: gas_}(call);
            assertTrue(!ok || choosy.balance == 1 ether, "not credited");
            if (!ok && out.length != 0) {
                assertEq(bytes4(out), ICustody.InsufficientGas.selector, "refused for its gas");
                guarded = true;
            }
            assertTrue(gas_ < 1_000_000, "enough gas");
        }
        assertTrue(guarded, "the guard had something to do");
    }
}
