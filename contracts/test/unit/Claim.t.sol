// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {Reenterer, Refuser} from "../Wallets.sol";

contract ClaimTest is SettlementTest {
    uint256 private constant FUNDS = 100 ether;

    function setUp() public override {
        super.setUp();
        _fund(FUNDS);
        _registered(ALICE);
        _registered(BOB);
    }

    function test_anybody_claims_for_the_user_and_the_money_goes_to_the_user() public {
        bytes32 root = _mature(ALICE, 30 ether);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _claim(ALICE, 30 ether, root);
        _assertJournal(before, 1);
        assertEq(ALICE.balance, 30 ether, "received");
        assertEq(_paid(ALICE), 30 ether, "paid");
        (uint256 pushed, uint256 claimed,,) = custody.totals();
        assertEq(pushed, 0, "pushed");
        assertEq(claimed, 30 ether, "claimed");
    }

    // ------------------------------------------------------------------ races

    function test_a_batch_after_a_claim_pays_only_the_rest() public {
        bytes32 root = _mature(ALICE, 30 ether);
        _claim(ALICE, 30 ether, root);
        // Signed before the claim, executed after it.
        _execute(_batch("b1", 30 ether), _list(ALICE, 30 ether));
        assertEq(ALICE.balance, 30 ether, "nothing twice");
        _execute(_batch("b2", 10 ether), _list(ALICE, 40 ether));
        assertEq(ALICE.balance, 40 ether, "the rest");
        _expectClaimRevert(ALICE, 30 ether, root, abi.encodeWithSelector(ICustody.NothingDue.selector, ALICE));
    }

    function test_a_claim_after_a_batch_pays_only_the_rest() public {
        bytes32 root = _mature(ALICE, 30 ether);
        _execute(_batch("b1", 20 ether), _list(ALICE, 20 ether));
        _claim(ALICE, 30 ether, root);
        assertEq(ALICE.balance, 30 ether, "batch and claim");
        _expectClaimRevert(ALICE, 30 ether, root, abi.encodeWithSelector(ICustody.NothingDue.selector, ALICE));
    }

    function test_a_claim_against_an_older_root_pays_no_more_than_that_root_says() public {
        bytes32 old = _mature(ALICE, 10 ether);
        bytes32 new_ = _mature(ALICE, 30 ether);
        _claim(ALICE, 10 ether, old);
        assertEq(ALICE.balance, 10 ether, "older root");
        _claim(ALICE, 30 ether, new_);
        assertEq(ALICE.balance, 30 ether, "newer root");
        _expectClaimRevert(ALICE, 10 ether, old, abi.encodeWithSelector(ICustody.NothingDue.selector, ALICE));
    }

    function test_what_a_batch_credited_is_not_claimed_again() public {
        address refuser = address(new Refuser());
        _registered(refuser);
        bytes32 root = _mature(refuser, 10 ether);
        _execute(_batch("b1", 10 ether), _list(refuser, 10 ether));
        _expectClaimRevert(refuser, 10 ether, root, abi.encodeWithSelector(ICustody.NothingDue.selector, refuser));
    }

    /// @dev Trees of operators name each user once; the contract relies on `paid` alone.
    function test_a_user_who_stands_twice_is_paid_the_higher_entitlement() public {
        SumTreeBuilder.Leaf[] memory leaves = new SumTreeBuilder.Leaf[](2);
        leaves[0] = SumTreeBuilder.Leaf(ALICE, 31 ether);
        leaves[1] = SumTreeBuilder.Leaf(ALICE, 35 ether);
        _publish(_rootOf(leaves));
        vm.warp(_now() + 1 days);
        for (uint256 k; k < 2; ++k) {
            (bytes32 root,, ICustody.SumNode[] memory proof) = SumTreeBuilder.build(leaves, k);
            custody.claim(ALICE, leaves[k].entitled, root, proof);
        }
        assertEq(ALICE.balance, 35 ether, "not 66");
    }

    // ------------------------------------------------------------------ when

    function test_from_the_second_in_which_the_root_matures_for_ever_also_while_paused() public {
        bytes32 root = _single(ALICE, 5 ether);
        bytes memory error_ = abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, root);
        _expectClaimRevert(ALICE, 5 ether, root, error_);
        _publish(_rootOf(root, 5 ether));
        vm.warp(START + 1 days - 1);
        _expectClaimRevert(ALICE, 5 ether, root, error_);
        vm.prank(GUARDIAN);
        custody.pause();
        vm.warp(START + 1 days);
        uint256 snapshot = vm.snapshotState();
        _claim(ALICE, 5 ether, root);
        assertTrue(vm.revertToState(snapshot), "back");
        vm.warp(START + 3650 days);
        _claim(ALICE, 5 ether, root);
    }

    function test_not_while_the_user_is_frozen() public {
        bytes32 root = _mature(ALICE, 5 ether);
        _freeze(ALICE, _now() + 100);
        uint256 until = _now() + 100;
        vm.warp(until - 1);
        _expectClaimRevert(ALICE, 5 ether, root, abi.encodeWithSelector(ICustody.UserIsFrozen.selector, ALICE, until));
        vm.warp(until);
        _claim(ALICE, 5 ether, root);
    }

    function test_only_registered_users_claim() public {
        bytes32 root = _mature(STRANGER, 5 ether);
        _expectClaimRevert(STRANGER, 5 ether, root, abi.encodeWithSelector(ICustody.NotRegistered.selector, STRANGER));
    }

    // ------------------------------------------------------------------ parts

    function test_what_is_not_free_stays_due() public {
        bytes32 root = _mature(ALICE, 30 ether);
        // An outside loss: nothing the contract does takes reserved funds.
        vm.deal(address(custody), 2 * PRICE + 12 ether);
        _claim(ALICE, 30 ether, root);
        assertEq(ALICE.balance, 12 ether, "what was free");
        assertEq(_paid(ALICE), 12 ether, "paid");
        _expectClaimRevert(
            ALICE, 30 ether, root, abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 18 ether, 0)
        );
        _fund(50 ether);
        _claim(ALICE, 30 ether, root);
        assertEq(ALICE.balance, 30 ether, "the rest");
    }

    function test_what_the_cap_leaves_unpaid_stays_due_and_claims_fill_the_bucket_to_the_brim() public {
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (40 ether, 1 ether);
        _redeploy(c);
        _fund(FUNDS);
        _registered(ALICE);
        bytes32 root = _mature(ALICE, 30 ether);
        _claim(ALICE, 30 ether, root);
        assertEq(ALICE.balance, 20 ether, "half the cap");
        _expectClaimRevert(
            ALICE, 30 ether, root, abi.encodeWithSelector(ICustody.OutflowCapReached.selector, 10 ether, 0)
        );
        vm.warp(_now() + 6 hours);
        _claim(ALICE, 30 ether, root);
        assertEq(ALICE.balance, 25 ether, "a quarter of a day later");
        vm.warp(_now() + 6 hours);
        _claim(ALICE, 30 ether, root);
        assertEq(ALICE.balance, 30 ether, "all");
    }

    // ------------------------------------------------------------------ sending

    function test_a_user_who_refuses_stays_due() public {
        address refuser = address(new Refuser());
        _registered(refuser);
        bytes32 root = _mature(refuser, 5 ether);
        _expectClaimRevert(
            refuser, 5 ether, root, abi.encodeWithSelector(ICustody.TransferFailed.selector, refuser, 5 ether)
        );
        assertEq(_paid(refuser), 0, "paid");
    }

    function test_nothing_can_be_entered_while_the_money_leaves() public {
        Reenterer user = new Reenterer();
        _registered(address(user));
        bytes32 root = _mature(address(user), 5 ether);
        bytes memory again = abi.encodeCall(custody.claim, (address(user), 5 ether, root, new ICustody.SumNode[](0)));
        user.arm(address(custody), again, 0);
        _claim(address(user), 5 ether, root);
        assertTrue(user.entered() && !user.succeeded(), "the second entry failed");
        assertEq(bytes4(user.result()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "by the guard");
        assertEq(address(user).balance, 5 ether, "paid once");
    }

    // ------------------------------------------------------------------ proofs

    function test_every_leaf_of_a_tree_is_proven_and_nothing_else() public {
        for (uint256 n = 1; n <= 9; ++n) {
            _redeploy(_config());
            _fund(FUNDS);
            SumTreeBuilder.Leaf[] memory leaves = _leaves(n);
            ICustody.LiabilitiesRoot memory r = _rootOf(leaves);
            _publish(r);
            vm.warp(_now() + 1 days);
            for (uint256 k; k < n; ++k) {
                (,, ICustody.SumNode[] memory proof) = SumTreeBuilder.build(leaves, k);
                address user = leaves[k].user;
                uint256 entitled = leaves[k].entitled;
                _expectInvalidProof(user, entitled + 1, r.root, proof);
                _expectInvalidProof(BOB, entitled, r.root, proof);
                if (proof.length > 0) {
                    proof[0].sum += 1;
                    _expectInvalidProof(user, entitled, r.root, proof);
                    proof[0].sum -= 1;
                    proof[0].hash = ~proof[0].hash;
                    _expectInvalidProof(user, entitled, r.root, proof);
                    proof[0].hash = ~proof[0].hash;
                }
                custody.claim(user, entitled, r.root, proof);
                assertEq(user.balance, entitled, "received");
                vm.deal(user, 0);
            }
        }
    }

    /// @dev A root whose total is not that of its tree proves nothing.
    function test_the_total_of_the_root_is_that_of_the_tree() public {
        bytes32 root = _single(ALICE, 5 ether);
        _publish(_rootOf(root, 6 ether));
        vm.warp(_now() + 1 days);
        _expectInvalidProof(ALICE, 5 ether, root, new ICustody.SumNode[](0));
    }

    /// @dev Hashes commit to sums, so no honest tree has two nodes of one hash; the order of their sums is fixed nevertheless.
    function test_of_two_nodes_with_one_hash_the_lower_stands_first() public {
        bytes32 leaf = _single(ALICE, 1 ether);
        bytes32 root = keccak256(abi.encode(leaf, 1 ether, leaf, 2 ether));
        bytes32 other = keccak256(abi.encode(leaf, 2 ether, leaf, 1 ether));
        ICustody.SumNode[] memory proof = new ICustody.SumNode[](1);
        proof[0] = ICustody.SumNode(leaf, 2 ether);
        _publish(_rootOf(other, 3 ether));
        vm.warp(_now() + 1 days);
        _expectInvalidProof(ALICE, 1 ether, other, proof);
        _publish(_rootOf(root, 3 ether));
        vm.warp(_now() + 1 days);
        custody.claim(ALICE, 1 ether, root, proof);
        assertEq(ALICE.balance, 1 ether, "received");
    }

    function test_no_part_of_a_tree_is_larger_than_the_whole() public {
        uint256 wrapping = type(uint256).max - 3 ether + 1;
        // A leaf, and then a sibling, that would be the total if sums wrapped around.
        _expectOversizedPart(wrapping, 8 ether);
        _expectOversizedPart(8 ether, wrapping);
        _expectOversizedPart(5 ether + 1, 0);
        _expectOversizedPart(0, 5 ether + 1);
    }

    function _expectOversizedPart(uint256 entitled, uint256 other) private {
        ICustody.SumNode[] memory proof = new ICustody.SumNode[](1);
        proof[0] = ICustody.SumNode("sibling", other);
        bytes32 leaf = _single(ALICE, entitled);
        bytes32 root = leaf < proof[0].hash
            ? keccak256(abi.encode(leaf, entitled, proof[0].hash, other))
            : keccak256(abi.encode(proof[0].hash, other, leaf, entitled));
        _publish(_rootOf(root, 5 ether));
        vm.warp(_now() + 1 days);
        _expectInvalidProof(ALICE, entitled, root, proof);
    }

    function _leaves(uint256 n) private returns (SumTreeBuilder.Leaf[] memory leaves) {
        leaves = new SumTreeBuilder.Leaf[](n);
        for (uint256 k; k < n; ++k) {
            leaves[k] = SumTreeBuilder.Leaf(address(uint160(0x500000 + k)), (k + 1) * 1 ether);
            _registered(leaves[k].user);
        }
    }

    function _expectInvalidProof(address user, uint256 entitled, bytes32 root, ICustody.SumNode[] memory proof)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidProof.selector));
        custody.claim(user, entitled, root, proof);
    }
}
