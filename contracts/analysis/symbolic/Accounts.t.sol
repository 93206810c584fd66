// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Symbolic} from "./Symbolic.sol";

/// @notice Freezes are bounded, and credit is moved by nobody but its user.
contract AccountsProof is Symbolic {
    uint256 private constant FREEZE_GAP = 60 days;

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
        assert(b.frozenUntil == until && until > time && until <= uint256(time) + 2 days);
        assert(a.frozenUntil == 1 || (a.frozenUntil != 0 && time >= a.frozenUntil + FREEZE_GAP));
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
