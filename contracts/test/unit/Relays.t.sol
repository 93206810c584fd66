// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Refuser, SigningWallet} from "../Wallets.sol";

/// @notice What users sign and others send: refunds, and claims to another address.
contract RelaysTest is SettlementTest {
    uint256 private constant KEY = 0xCAFE;
    uint256 private constant DUE = 9 ether;
    bytes32 private constant REF = "their deposit";
    bytes private badSignature = abi.encodeWithSelector(ICustody.InvalidSignature.selector);
    address private user;

    function setUp() public override {
        super.setUp();
        _fund(100 ether);
        user = vm.addr(KEY);
        _register(_intake(user, REF));
    }

    // ------------------------------------------------------------------ refundFor

    function test_anybody_takes_a_deposit_back_to_whom_the_depositor_signed() public {
        vm.prank(GUARDIAN);
        custody.pause();
        _freeze(user, _now() + MAX_FREEZE);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _refundFor(_order(), KEY);
        _assertJournal(before, 1);
        assertEq(BOB.balance, PRICE, "received");
        assertEq(_escrowed(), 0, "escrow");
        _expectRefundRevert(_order(), KEY, abi.encodeWithSelector(ICustody.NotRefundable.selector, REF));
    }

    function test_a_contract_signs_for_its_deposit_by_its_own_rules() public {
        address wallet = address(new SigningWallet(user));
        _register(_intake(wallet, "r2"));
        ICustody.Refund memory order = ICustody.Refund("r2", BOB, _now());
        _expectRefundRevert(order, 0xBAD, badSignature);
        _refundFor(order, KEY);
        assertEq(BOB.balance, PRICE, "received");
    }

    function test_a_refund_by_signature_names_the_first_broken_rule() public {
        address refuser = address(new Refuser());
        ICustody.Refund memory order = ICustody.Refund("unknown", address(0), _now() - 1);
        _expectRefundRevert(order, 0xBAD, abi.encodeWithSelector(ICustody.Expired.selector, _now() - 1));
        order.deadline = _now() + 100 days;
        _expectRefundRevert(order, 0xBAD, abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("unknown")));
        order.ref = REF;
        _expectRefundRevert(order, 0xBAD, badSignature);
        _expectRefundRevert(order, KEY, abi.encodeWithSelector(ICustody.ZeroAddress.selector));
        order.to = refuser;
        vm.warp(START + 14 days);
        _expectRefundRevert(order, KEY, abi.encodeWithSelector(ICustody.TransferFailed.selector, refuser, PRICE));
        vm.warp(START + 14 days + 1);
        _expectRefundRevert(order, KEY, abi.encodeWithSelector(ICustody.NotRefundable.selector, REF));
    }

    function test_the_depositors_signature_covers_every_field_of_a_refund() public {
        _register(_intake(ALICE, "r2"));
        bytes memory signature = _signRefund(_order(), KEY);
        for (uint256 k; k < 3; ++k) {
            ICustody.Refund memory order = _order();
            if (k == 0) order.ref = "r2";
            else if (k == 1) order.to = STRANGER;
            else order.deadline += 1;
            vm.expectRevert(badSignature);
            custody.refundFor(order, signature);
        }
    }

    // ------------------------------------------------------------------ claimTo

    function test_the_user_has_a_claim_paid_to_another_address() public {
        bytes32 root = _mature(user, DUE);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(user);
        custody.claimTo(BOB, DUE, root, _noProof());
        _assertJournal(before, 1);
        assertEq(BOB.balance, DUE, "received");
        assertEq(_paid(user), DUE, "paid");
    }

    function test_nobody_else_has_it_paid_elsewhere_and_nobody_to_no_address() public {
        bytes32 root = _mature(user, DUE);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidProof.selector));
        vm.prank(STRANGER);
        custody.claimTo(STRANGER, DUE, root, _noProof());
        vm.expectRevert(abi.encodeWithSelector(ICustody.ZeroAddress.selector));
        vm.prank(user);
        custody.claimTo(address(0), DUE, root, _noProof());
    }

    // ------------------------------------------------------------------ claimFor

    function test_anybody_sends_a_claim_to_whom_the_user_signed() public {
        ICustody.Claim memory order = _claimOrder();
        vm.prank(GUARDIAN);
        custody.pause();
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _claimFor(order, KEY);
        _assertJournal(before, 1);
        assertEq(BOB.balance, DUE, "received");
        _expectClaimRevert(order, KEY, abi.encodeWithSelector(ICustody.NothingDue.selector, user));
    }

    function test_a_contract_signs_for_its_claim_by_its_own_rules() public {
        address wallet = address(new SigningWallet(user));
        _registered(wallet);
        bytes32 root = _mature(wallet, DUE);
        ICustody.Claim memory order = ICustody.Claim(wallet, BOB, root, DUE, _now());
        _expectClaimRevert(order, 0xBAD, badSignature);
        _claimFor(order, KEY);
        assertEq(BOB.balance, DUE, "received");
    }

    /// @dev The cap leaves room for a part; the same signature takes the rest, and never more than the leaf says.
    function test_a_signature_is_good_until_its_leaf_is_paid_in_full() public {
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (10 ether, 2);
        _redeploy(c);
        _fund(100 ether);
        _register(_intake(user, REF));
        ICustody.Claim memory order = _claimOrder();
        order.deadline = _now() + 10 days;
        _claimFor(order, KEY);
        assertEq(BOB.balance, 5 ether, "a bucket");
        vm.warp(_now() + 2 days);
        _claimFor(order, KEY);
        assertEq(BOB.balance, DUE, "all of it");
        vm.warp(_now() + 2 days);
        _expectClaimRevert(order, KEY, abi.encodeWithSelector(ICustody.NothingDue.selector, user));
    }

    function test_a_claim_by_signature_names_the_first_broken_rule() public {
        ICustody.Claim memory order = _claimOrder();
        bytes32 root = order.root;
        (order.to, order.root, order.deadline) = (address(0), "unknown", _now() - 1);
        _expectClaimRevert(order, 0xBAD, abi.encodeWithSelector(ICustody.Expired.selector, _now() - 1));
        order.deadline = _now();
        _expectClaimRevert(order, 0xBAD, badSignature);
        _expectClaimRevert(order, KEY, abi.encodeWithSelector(ICustody.ZeroAddress.selector));
        order.to = address(new Refuser());
        _expectClaimRevert(
            order, KEY, abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, bytes32("unknown"))
        );
        order.root = root;
        order.entitled += 1;
        _expectClaimRevert(order, KEY, abi.encodeWithSelector(ICustody.InvalidProof.selector));
        order.entitled -= 1;
        _freeze(user, _now() + 1);
        _expectClaimRevert(order, KEY, abi.encodeWithSelector(ICustody.UserIsFrozen.selector, user, _now() + 1));
        vm.prank(FREEZER);
        custody.unfreeze(user);
        _expectClaimRevert(order, KEY, abi.encodeWithSelector(ICustody.TransferFailed.selector, order.to, DUE));
    }

    function test_the_users_signature_covers_every_field_of_a_claim() public {
        bytes32 other = _mature(user, DUE + 1);
        ICustody.Claim memory order = ICustody.Claim(user, BOB, other, DUE + 1, _now());
        bytes memory signature = _signClaim(order, KEY);
        for (uint256 k; k < 5; ++k) {
            ICustody.Claim memory altered = abi.decode(abi.encode(order), (ICustody.Claim));
            if (k == 0) altered.user = ALICE;
            else if (k == 1) altered.to = STRANGER;
            else if (k == 2) altered.root = "other";
            else if (k == 3) altered.entitled -= 1;
            else altered.deadline += 1;
            vm.expectRevert(badSignature);
            custody.claimFor(altered, _noProof(), signature);
        }
    }

    // ------------------------------------------------------------------ tools

    function _order() private view returns (ICustody.Refund memory) {
        return ICustody.Refund(REF, BOB, _now() + 10);
    }

    function _signRefund(ICustody.Refund memory order, uint256 key) private view returns (bytes memory) {
        return _signHash(key, keccak256(abi.encode(REFUND_TYPEHASH, order)));
    }

    function _refundFor(ICustody.Refund memory order, uint256 key) private {
        bytes memory signature = _signRefund(order, key);
        vm.prank(STRANGER);
        custody.refundFor(order, signature);
    }

    function _expectRefundRevert(ICustody.Refund memory order, uint256 key, bytes memory error_) private {
        bytes memory signature = _signRefund(order, key);
        vm.expectRevert(error_);
        custody.refundFor(order, signature);
    }

    function _claimOrder() private returns (ICustody.Claim memory) {
        bytes32 root = _mature(user, DUE);
        return ICustody.Claim(user, BOB, root, DUE, _now() + 10);
    }

    function _signClaim(ICustody.Claim memory order, uint256 key) private view returns (bytes memory) {
        return _signHash(key, keccak256(abi.encode(CLAIM_TYPEHASH, order)));
    }

    function _claimFor(ICustody.Claim memory order, uint256 key) private {
        bytes memory signature = _signClaim(order, key);
        vm.prank(STRANGER);
        custody.claimFor(order, _noProof(), signature);
    }

    function _expectClaimRevert(ICustody.Claim memory order, uint256 key, bytes memory error_) private {
        bytes memory signature = _signClaim(order, key);
        vm.expectRevert(error_);
        custody.claimFor(order, _noProof(), signature);
    }

    function _noProof() private pure returns (ICustody.SumNode[] memory) {
        return new ICustody.SumNode[](0);
    }
}
