// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Reenterer, Refuser, SigningWallet} from "../Wallets.sol";

contract CreditTest is SettlementTest {
    uint256 private constant KEY = 0xCAFE;
    uint256 private constant CREDIT = 5 ether;
    address private user;

    function setUp() public override {
        super.setUp();
        _fund(100 ether);
        user = vm.addr(KEY);
        _registered(user);
        _give(user, CREDIT);
    }

    function test_the_user_withdraws_the_whole_credit_to_anybody() public {
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(user);
        custody.withdrawCredit(BOB);
        _assertJournal(before, 1);
        assertEq(BOB.balance, CREDIT, "received");
        assertEq(_credit(user), 0, "credit");
        assertEq(_paid(user), CREDIT, "paid stays");
        (uint256 pushed,, uint256 credited,) = custody.totals();
        assertEq(pushed, CREDIT, "pushed stays");
        assertEq(credited, 0, "credited");
        vm.expectRevert(abi.encodeWithSelector(ICustody.NothingDue.selector, user));
        vm.prank(user);
        custody.withdrawCredit(BOB);
    }

    function test_anybody_submits_what_the_user_signed() public {
        ICustody.Withdrawal memory w = _withdrawal();
        w.deadline = START + 3650 days;
        vm.warp(w.deadline);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _submit(w, KEY);
        _assertJournal(before, 1);
        assertEq(BOB.balance, CREDIT, "received");
        assertEq(custody.withdrawalNonce(user), CREDIT, "nonce stays what was paid");
        assertEq(custody.withdrawalNonce(BOB), 0, "another's nonce");
        _expectRevert(w, KEY, abi.encodeWithSelector(ICustody.NothingDue.selector, user));
    }

    function test_a_contract_signs_by_its_own_rules() public {
        address wallet = address(new SigningWallet(vm.addr(KEY)));
        _registered(wallet);
        _give(wallet, CREDIT);
        ICustody.Withdrawal memory w = _withdrawal();
        w.user = wallet;
        _expectRevert(w, 0xBAD, abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        _submit(w, KEY);
        assertEq(BOB.balance, CREDIT, "received");
    }

    function test_neither_pause_nor_cap_blocks_it() public {
        vm.prank(GUARDIAN);
        custody.pause();
        vm.prank(user);
        custody.withdrawCredit(user);
        assertEq(user.balance, CREDIT, "received");
    }

    function test_not_while_frozen() public {
        vm.warp(_now() + 60 days);
        _freeze(user, _now() + 100);
        uint256 until = _now() + 100;
        bytes memory error_ = abi.encodeWithSelector(ICustody.UserIsFrozen.selector, user, until);
        vm.warp(until - 1);
        vm.expectRevert(error_);
        vm.prank(user);
        custody.withdrawCredit(BOB);
        _expectRevert(_withdrawal(), KEY, error_);
        vm.warp(until);
        vm.prank(user);
        custody.withdrawCredit(BOB);
    }

    function test_not_to_nobody() public {
        bytes memory error_ = abi.encodeWithSelector(ICustody.ZeroAddress.selector);
        vm.expectRevert(error_);
        vm.prank(user);
        custody.withdrawCredit(address(0));
        ICustody.Withdrawal memory w = _withdrawal();
        w.to = address(0);
        _expectRevert(w, KEY, error_);
    }

    function test_what_was_signed_is_the_whole_credit_in_time_and_in_turn() public {
        ICustody.Withdrawal memory w = _withdrawal();
        w.deadline = _now() - 1;
        _expectRevert(w, KEY, abi.encodeWithSelector(ICustody.Expired.selector, w.deadline));
        w = _withdrawal();
        w.nonce = CREDIT + 1;
        _expectRevert(w, KEY, abi.encodeWithSelector(ICustody.BadNonce.selector, CREDIT, CREDIT + 1));
        w = _withdrawal();
        w.amount = CREDIT - 1;
        _expectRevert(w, KEY, abi.encodeWithSelector(ICustody.WrongValue.selector, CREDIT, CREDIT - 1));
        w = _withdrawal();
        w.deadline = _now();
        _submit(w, KEY);
        _expectRevert(w, KEY, abi.encodeWithSelector(ICustody.NothingDue.selector, user));
    }

    /// @dev The same amount is credited again after the user withdrew without the signature.
    function test_a_signature_that_was_held_back_takes_no_later_credit() public {
        ICustody.Withdrawal memory w = _withdrawal();
        w.deadline = _now() + 3650 days;
        vm.prank(user);
        custody.withdrawCredit(user);
        vm.warp(_now() + 61 days);
        _freeze(user, _now() + 1);
        _execute(_batch("again", CREDIT), _list(user, 2 * CREDIT));
        vm.warp(_now() + 1);
        assertEq(_credit(user), CREDIT, "as much as before");
        _expectRevert(w, KEY, abi.encodeWithSelector(ICustody.BadNonce.selector, 2 * CREDIT, CREDIT));
    }

    /// @dev Anybody may bring a credit about where a leaf has something due; the user signs again.
    function test_any_later_credit_voids_a_signature() public {
        ICustody.Withdrawal memory w = _withdrawal();
        w.deadline = _now() + 10 days;
        bytes32 root = _mature(user, CREDIT + 1);
        vm.etch(user, hex"fe");
        custody.settleLeaves(root, _list(user, CREDIT + 1), new ICustody.SumNode[](0));
        vm.etch(user, "");
        assertEq(_credit(user), CREDIT + 1, "credited");
        _expectRevert(w, KEY, abi.encodeWithSelector(ICustody.BadNonce.selector, CREDIT + 1, CREDIT));
        (w.amount, w.nonce) = (CREDIT + 1, CREDIT + 1);
        _submit(w, KEY);
        assertEq(BOB.balance, CREDIT + 1, "received");
    }

    function test_a_signature_for_one_wallet_is_nothing_to_another_of_the_same_owner() public {
        address one = address(new SigningWallet(vm.addr(KEY)));
        address other = address(new SigningWallet(vm.addr(KEY)));
        _registered(one);
        _registered(other);
        _give(one, CREDIT);
        _give(other, CREDIT);
        ICustody.Withdrawal memory w = _withdrawal();
        w.user = one;
        bytes memory signature = _signature(w, KEY);
        w.user = other;
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        custody.withdrawCreditFor(w, signature);
        w.user = one;
        custody.withdrawCreditFor(w, signature);
        assertEq(_credit(other), CREDIT, "the other credit stays");
    }

    function test_only_the_users_signature_over_every_field_counts() public {
        bytes memory error_ = abi.encodeWithSelector(ICustody.InvalidSignature.selector);
        ICustody.Withdrawal memory w = _withdrawal();
        _expectRevert(w, SIGNER_KEY, error_);
        bytes memory signature = _signature(w, KEY);
        w.to = STRANGER;
        vm.expectRevert(error_);
        custody.withdrawCreditFor(w, signature);
        w = _withdrawal();
        w.deadline += 1;
        vm.expectRevert(error_);
        custody.withdrawCreditFor(w, signature);
    }

    function test_a_refusing_recipient_leaves_the_credit() public {
        address refuser = address(new Refuser());
        vm.expectRevert(abi.encodeWithSelector(ICustody.TransferFailed.selector, refuser, CREDIT));
        vm.prank(user);
        custody.withdrawCredit(refuser);
        assertEq(_credit(user), CREDIT, "credit");
    }

    function test_nothing_can_be_entered_while_the_money_leaves() public {
        Reenterer thief = new Reenterer();
        _registered(address(thief));
        _give(address(thief), CREDIT);
        bytes memory call = abi.encodeCall(custody.withdrawCredit, (address(thief)));
        thief.arm(address(custody), call, 0);
        thief.call(address(custody), 0, call);
        assertTrue(thief.entered() && !thief.succeeded(), "the second entry failed");
        assertEq(bytes4(thief.result()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "by the guard");
        assertEq(address(thief).balance, CREDIT, "paid once");
    }

    function _withdrawal() private view returns (ICustody.Withdrawal memory) {
        return ICustody.Withdrawal({user: user, to: BOB, amount: CREDIT, nonce: CREDIT, deadline: _now() + 10});
    }

    function _signature(ICustody.Withdrawal memory w, uint256 key) private view returns (bytes memory) {
        return _signHash(key, keccak256(abi.encode(WITHDRAWAL_TYPEHASH, w)));
    }

    function _submit(ICustody.Withdrawal memory w, uint256 key) private {
        bytes memory signature = _signature(w, key);
        vm.prank(STRANGER);
        custody.withdrawCreditFor(w, signature);
    }

    function _expectRevert(ICustody.Withdrawal memory w, uint256 key, bytes memory error_) private {
        bytes memory signature = _signature(w, key);
        vm.expectRevert(error_);
        vm.prank(STRANGER);
        custody.withdrawCreditFor(w, signature);
    }
}
