// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SignedOrders} from "../SignedOrders.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {Vm} from "../Vm.sol";
import {Refuser, SigningWallet} from "../Wallets.sol";

/// @notice Claims that are paid to whom the user names: by the user, or by somebody who has the user's signature.
contract ClaimForTest is SignedOrders {
    uint256 private constant DUE = 30 ether;
    address private constant TO = address(0xE0E0);
    address private user;
    bytes32 private root;

    function setUp() public override {
        super.setUp();
        _fund(100 ether);
        user = vm.addr(USER_KEY);
        _registered(user);
        _registered(BOB);
        root = _mature(user, DUE);
    }

    // ------------------------------------------------------------------ claimTo

    function test_the_user_claims_to_anybody_and_it_is_one_entry() public {
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _claimTo(user, TO, DUE, root);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        _assertClaimed(logs[0], before.seq + 1, DUE, DUE);
        assertEq(TO.balance, DUE, "received by whom the user named");
        assertEq(_paid(user), DUE, "counted for the user");
        assertEq(_paid(TO), 0, "and not for the recipient");
        (, uint256 claimed,,) = custody.totals();
        assertEq(claimed, DUE, "claimed");
    }

    function test_nobody_claims_to_another_address_for_the_user() public {
        // The sender is the user of the leaf.
        address[3] memory others = [TO, BOB, ADMIN];
        for (uint256 k; k < 3; ++k) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidProof.selector));
            _claimTo(others[k], others[k], DUE, root);
        }
    }

    function test_a_claim_to_somebody_obeys_the_rules_of_claims() public {
        vm.expectRevert(abi.encodeWithSelector(ICustody.ZeroAddress.selector));
        _claimTo(user, address(0), DUE, "unknown");
        vm.expectRevert(abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, bytes32("unknown")));
        _claimTo(user, TO, DUE, "unknown");
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidProof.selector));
        _claimTo(user, TO, DUE + 1, root);
        uint256 until = _now() + 100;
        _freeze(user, until);
        vm.expectRevert(abi.encodeWithSelector(ICustody.UserIsFrozen.selector, user, until));
        _claimTo(user, TO, DUE, root);
        vm.warp(until);
        address refuser = address(new Refuser());
        vm.expectRevert(abi.encodeWithSelector(ICustody.TransferFailed.selector, refuser, DUE));
        _claimTo(user, refuser, DUE, root);
        _claimTo(user, TO, DUE, root);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NothingDue.selector, user));
        _claimTo(user, TO, DUE, root);
        bytes32 other = _mature(STRANGER, 2 * DUE);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotRegistered.selector, STRANGER));
        _claimTo(STRANGER, TO, 2 * DUE, other);
    }

    function test_who_is_not_frozen_may_be_paid_for_who_is() public {
        // A freeze holds the user, not the recipient that the user names.
        _freeze(BOB, _now() + 100);
        _claimTo(user, BOB, DUE, root);
        assertEq(BOB.balance, DUE, "received");
    }

    // ------------------------------------------------------------------ claimFor

    function test_anybody_submits_what_the_user_signed_and_it_is_one_entry() public {
        ICustody.Claim memory order = _order();
        bytes memory signature = _signedClaim(USER_KEY, order);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _claimBy(signature, order);
        _assertJournal(before, 1);
        assertEq(TO.balance, DUE, "received");
        assertEq(STRANGER.balance, 0, "the sender has nothing of it");
        assertEq(_paid(user), DUE, "paid");
    }

    function test_a_signed_claim_has_the_proof_of_its_leaf() public {
        SumTreeBuilder.Leaf[] memory leaves = new SumTreeBuilder.Leaf[](3);
        leaves[0] = SumTreeBuilder.Leaf(BOB, 5 ether);
        leaves[1] = SumTreeBuilder.Leaf(user, 40 ether);
        leaves[2] = SumTreeBuilder.Leaf(address(type(uint160).max), 6 ether);
        assertTrue(BOB < user, "ascending");
        _publish(_rootOf(leaves));
        vm.warp(_now() + 1 days);
        ICustody.SumNode[] memory proof;
        ICustody.Claim memory order = _order();
        (order.root,, proof) = SumTreeBuilder.build(leaves, 1);
        order.entitled = 40 ether;
        bytes memory signature = _signedClaim(USER_KEY, order);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidProof.selector));
        custody.claimFor(order, new ICustody.SumNode[](0), signature);
        custody.claimFor(order, proof, signature);
        assertEq(TO.balance, 40 ether, "received");
    }

    function test_a_contract_signs_by_its_own_rules() public {
        address wallet = address(new SigningWallet(user));
        _registered(wallet);
        ICustody.Claim memory order = _order();
        (order.user, order.root, order.entitled) = (wallet, _mature(wallet, DUE + 1), DUE + 1);
        _expectClaimForRevert(
            order, _signedClaim(0xBAD, order), abi.encodeWithSelector(ICustody.InvalidSignature.selector)
        );
        _claimBy(_signedClaim(USER_KEY, order), order);
        assertEq(TO.balance, DUE + 1, "received");
    }

    function test_only_the_users_signature_over_every_field_counts() public {
        bytes memory invalid = abi.encodeWithSelector(ICustody.InvalidSignature.selector);
        ICustody.Claim memory order = _order();
        uint256[3] memory others = [SIGNER_KEY, ROOT_SIGNER_KEY, 0xBAD];
        for (uint256 k; k < 3; ++k) {
            _expectClaimForRevert(order, _signedClaim(others[k], order), invalid);
        }
        bytes memory signature = _signedClaim(USER_KEY, order);
        for (uint256 field; field < 5; ++field) {
            order = _order();
            if (field == 0) order.user = BOB;
            else if (field == 1) order.to = STRANGER;
            else if (field == 2) order.root = "another";
            else if (field == 3) order.entitled += 1;
            else order.deadline += 1;
            _expectClaimForRevert(order, signature, invalid);
        }
        _claimBy(signature, _order());
    }

    function test_through_the_second_of_its_deadline_however_far_that_is() public {
        ICustody.Claim memory order = _order();
        order.deadline = _now() + 100;
        bytes memory signature = _signedClaim(USER_KEY, order);
        vm.warp(order.deadline + 1);
        _expectClaimForRevert(order, signature, abi.encodeWithSelector(ICustody.Expired.selector, order.deadline));
        vm.warp(order.deadline);
        uint256 state = vm.snapshotState();
        _claimBy(signature, order);
        assertTrue(vm.revertToState(state), "back");
        order.deadline = _now() + 3650 days;
        _claimBy(_signedClaim(USER_KEY, order), order);
    }

    function test_a_signature_pays_a_part_and_then_the_rest_and_no_more() public {
        ICustody.Claim memory order = _order();
        bytes memory signature = _signedClaim(USER_KEY, order);
        // An outside loss: nothing the contract does takes reserved funds.
        vm.deal(address(custody), _escrowed() + 12 ether);
        _claimBy(signature, order);
        assertEq(TO.balance, 12 ether, "what was free");
        _expectClaimForRevert(
            order, signature, abi.encodeWithSelector(ICustody.InsufficientFunds.selector, DUE - 12 ether, 0)
        );
        _fund(200 ether);
        _claimBy(signature, order);
        assertEq(TO.balance, DUE, "the rest");
        bytes memory nothing = abi.encodeWithSelector(ICustody.NothingDue.selector, user);
        _expectClaimForRevert(order, signature, nothing);
        // What a later root owes to the user is beyond this signature.
        bytes32 later = _mature(user, DUE + 1 ether);
        _expectClaimForRevert(order, signature, nothing);
        order.root = later;
        _expectClaimForRevert(order, signature, abi.encodeWithSelector(ICustody.InvalidSignature.selector));
    }

    /// @dev The cap leaves room for a part; the same signature takes the rest when the bucket has run empty.
    function test_a_signature_is_good_until_its_leaf_is_paid_in_full_under_the_cap() public {
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (40 ether, 2);
        _redeploy(c);
        _fund(100 ether);
        _registered(user);
        root = _mature(user, DUE);
        ICustody.Claim memory order = _order();
        bytes memory signature = _signedClaim(USER_KEY, order);
        _claimBy(signature, order);
        assertEq(TO.balance, 20 ether, "a bucket");
        _expectClaimForRevert(
            order, signature, abi.encodeWithSelector(ICustody.OutflowCapReached.selector, 10 ether, 0)
        );
        vm.warp(_now() + 12 hours);
        _claimBy(signature, order);
        assertEq(TO.balance, DUE, "all of it");
    }

    function test_whatever_was_paid_otherwise_is_not_paid_again_by_a_signature() public {
        ICustody.Claim memory order = _order();
        bytes memory signature = _signedClaim(USER_KEY, order);
        _execute(_batch("b1", 10 ether), _list(user, 10 ether));
        uint256 state = vm.snapshotState();
        _claimBy(signature, order);
        assertEq(TO.balance, DUE - 10 ether, "the rest");
        assertTrue(vm.revertToState(state), "back");
        _claim(user, DUE, root);
        _expectClaimForRevert(order, signature, abi.encodeWithSelector(ICustody.NothingDue.selector, user));
        assertEq(user.balance, DUE, "once");
    }

    function test_also_while_paused_and_not_while_frozen() public {
        vm.prank(GUARDIAN);
        custody.pause();
        ICustody.Claim memory order = _order();
        bytes memory signature = _signedClaim(USER_KEY, order);
        uint256 until = _now() + 100;
        _freeze(user, until);
        _expectClaimForRevert(order, signature, abi.encodeWithSelector(ICustody.UserIsFrozen.selector, user, until));
        vm.warp(until);
        _claimBy(signature, order);
        assertEq(TO.balance, DUE, "received");
    }

    function test_a_signature_falls_with_its_root() public {
        ICustody.Claim memory order = _order();
        bytes memory signature = _signedClaim(USER_KEY, order);
        _operate(ICustody.Operation.RetireRoot, root, 0);
        _expectClaimForRevert(order, signature, abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, root));
    }

    function test_checks_run_in_the_documented_order() public {
        ICustody.Claim memory order = ICustody.Claim(BOB, address(0), "unknown", DUE + 1, _now() - 1);
        bytes memory none;
        _expectClaimForRevert(order, none, abi.encodeWithSelector(ICustody.Expired.selector, _now() - 1));
        order.deadline = _now();
        _expectClaimForRevert(order, none, abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        order.user = user;
        _expectSigned(order, abi.encodeWithSelector(ICustody.ZeroAddress.selector));
        order.to = address(new Refuser());
        _expectSigned(order, abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, bytes32("unknown")));
        order.root = root;
        _freeze(user, _now() + 1);
        _expectSigned(order, abi.encodeWithSelector(ICustody.InvalidProof.selector));
        order.entitled = DUE;
        _expectSigned(order, abi.encodeWithSelector(ICustody.UserIsFrozen.selector, user, _now() + 1));
        vm.warp(_now() + 1);
        order.deadline = _now();
        _expectSigned(order, abi.encodeWithSelector(ICustody.TransferFailed.selector, order.to, DUE));
    }

    // ------------------------------------------------------------------ tools

    function _order() private view returns (ICustody.Claim memory) {
        return ICustody.Claim({user: user, to: TO, root: root, entitled: DUE, deadline: START + 365 days});
    }

    function _claimTo(address sender, address to, uint256 entitled, bytes32 of_) private {
        vm.prank(sender);
        custody.claimTo(to, entitled, of_, new ICustody.SumNode[](0));
    }

    function _expectSigned(ICustody.Claim memory order, bytes memory error_) private {
        _expectClaimForRevert(order, _signedClaim(USER_KEY, order), error_);
    }

    function _assertClaimed(Vm.Log memory log, uint256 seq, uint256 entitled, uint256 amount) private view {
        assertEq(log.topics[0], ICustody.Claimed.selector, "event");
        assertEq(log.topics[1], _argument(user), "user");
        assertEq(log.topics[2], root, "root");
        assertEq(keccak256(log.data), keccak256(abi.encode(seq, TO, entitled, amount)), "data");
    }
}
