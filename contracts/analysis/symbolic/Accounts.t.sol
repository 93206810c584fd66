// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice Freezes are bounded, and credit is moved by nobody but its user.
contract AccountsProof is Symbolic {
    uint256 private constant FREEZE_GAP = 60 days;
    bytes32 private constant WITHDRAWAL_TYPEHASH =
        keccak256("Withdrawal(address user,address to,uint256 amount,uint256 nonce,uint256 deadline)");

    function check_without_a_predecessor_nobody_is_enrolled(address user, uint32 time, address caller, uint256 balance)
        public
    {
        _anyState(balance);
        _goTo(time);
        world.prank(caller);
        (bool ok,) = address(custody).call(abi.encodeCall(ICustody.enrol, (user)));
        assert(!ok);
    }

    function check_a_withdrawal_for_a_user_is_what_the_user_signed(
        ICustody.Withdrawal calldata order,
        Signature calldata signature,
        uint256 balance,
        uint32 time
    ) public {
        _anyState(balance);
        _goTo(time);
        world.assume(order.user.code.length == 0 && order.to.code.length == 0 && order.to.balance < 2 ** 95);
        Account memory a = _account(order.user);
        uint256 before = order.to.balance;
        custody.withdrawCreditFor(order, _bytes(signature));
        assert(_isOf(signature, keccak256(abi.encode(WITHDRAWAL_TYPEHASH, order)), order.user));
        assert(order.amount == a.credit && order.nonce == a.paid && time <= order.deadline);
        assert(a.frozenUntil <= time && order.to != address(0));
        assert(order.to.balance == before + a.credit && address(custody).balance == balance - a.credit);
        Account memory b = _account(order.user);
        assert(b.credit == 0 && b.paid == a.paid && b.frozenUntil == a.frozenUntil);
        (bool again,) = address(custody).call(abi.encodeCall(ICustody.withdrawCreditFor, (order, _bytes(signature))));
        assert(!again);
    }

    function check_a_freeze_is_bounded_and_has_a_gap(
        address user,
        uint256 until,
        uint32 time,
        address caller,
        uint256 balance
    ) public {
        _anyState(balance);
        _goTo(time);
        Account memory a = _account(user);
        world.prank(caller);
        custody.freeze(user, until, "");
        Account memory b = _account(user);
        assert(b.frozenUntil == until && until > time && until <= uint256(time) + MAX_FREEZE);
        assert(a.frozenUntil == 1 || a.frozenUntil == 2 || (a.frozenUntil != 0 && time >= a.frozenUntil + FREEZE_GAP));
        assert(b.paid == a.paid && b.credit == a.credit);
        assert(custody.hasRole(keccak256("FREEZER_ROLE"), caller));
    }

    function check_an_unfreeze_only_ends_a_freeze(address user, uint32 time, address caller, uint256 balance) public {
        _anyState(balance);
        _goTo(time);
        Account memory a = _account(user);
        world.prank(caller);
        custody.unfreeze(user);
        Account memory b = _account(user);
        assert(b.frozenUntil == time && a.frozenUntil > time);
        assert(b.paid == a.paid && b.credit == a.credit);
    }

    function check_a_withdrawal_conserves(address user, address to, uint256 balance, uint32 time) public {
        _anyState(balance);
        _goTo(time);
        world.assume(to.code.length == 0 && to.balance < 2 ** 95);
        Sums memory s = _sums();
        Account memory a = _account(user);
        world.assume(a.credit <= s.credited);
        uint256 before = to.balance;
        world.prank(user);
        custody.withdrawCredit(to);
        Account memory b = _account(user);
        assert(a.credit > 0 && b.credit == 0 && b.paid == a.paid);
        assert(b.frozenUntil == a.frozenUntil && a.frozenUntil <= time);
        assert(to.balance == before + a.credit && address(custody).balance == balance - a.credit);
        Sums memory t = _sums();
        assert(t.credited == s.credited - a.credit && t.escrowed == s.escrowed);
    }
}
